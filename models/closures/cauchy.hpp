#pragma once

#include "models/closures/closure.hpp"

namespace spikemass::closures {

/// q = sum_p gamma_factor J_p^2 (1 - K/N)/K, p = 0: the recurrent fluctuations as white Cauchy noise of that scale, which adds to Delta
/// exactly.  Clusella, Montbrio 2024 (doi:10.1103/PhysRevE.109.014229); Pietras, Cestnik, Pikovsky 2023 (arXiv:2209.00922).
/// No theorem ties the scale to K: the default 1/(4 pi) is shot noise's q at v = 0.
struct Cauchy {
    static constexpr std::string_view name = "cauchy";
    static constexpr bool uses_ratio = false, degree_classes = false;
    double gamma_factor = 0.25 * std::numbers::inv_pi;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A>) const { return 0; }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A> afferents, const Complex<T>&, const Presynaptic<T>*, const T*, T*) const {
        Correction<T> sum;
        for (const auto& a : afferents) sum.q = sum.q + T(gamma_factor * a.noise_strength());
        return sum;
    }
};
static_assert(Closure<Cauchy>);

}  // namespace spikemass::closures
