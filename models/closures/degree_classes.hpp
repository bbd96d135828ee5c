#pragma once

#include "models/closures/closure.hpp"

namespace spikemass::closures {

/// One exact mass per class of in-degree, coupled by their mean rate (neutral network: in- and out-degrees independent):
///   rho_k' = Delta/pi + 2 rho_k v_k,  v_k' = v_k^2 + eta + I + sum_p J_p (k_p/K_p) drive_p - pi^2 rho_k^2,  rho = sum_k P_k rho_k.
/// Laing, Blasche 2020 (arXiv:2004.00240).  No temporal fluctuations, so p = q = 0 in each class.
/// Classes: 20 Gauss-Hermite nodes for binomial in-degrees (normal with their variance), 48 Gauss-Legendre nodes in the quantile for
/// truncated Lorentzian ones, the product of half as many each if a population has both, one class otherwise.
/// Several binomial projections share their axis: the deviation of the total input has sd^2 = sum_p (J_p drive_p)^2 Var K/K^2, exact for
/// steady drives; several Lorentzian ones too, with widths adding (the sum of Lorentzians is one).
struct DegreeClasses {
    static constexpr std::string_view name = "degree_classes";
    static constexpr bool uses_ratio = false, degree_classes = true;
    static constexpr std::size_t hermite_nodes = 20, quantile_nodes = 48;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A>) const { return 0; }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A>, const Complex<T>&, const Presynaptic<T>*, const T*, T*) const { return {}; }
};
static_assert(Closure<DegreeClasses>);

}  // namespace spikemass::closures
