#pragma once

#include <cmath>

#include "models/closures/closure.hpp"

namespace spikemass::closures {

/// q = sum_p |J_p| drive_p Delta_k/K, p = 0: in-degrees as if Lorentzian, no temporal fluctuations, all sources equivalent.
/// di Volo, Torcini 2018 (arXiv:1809.00507); several projections: Bi, di Volo, Torcini 2021 (arXiv:2108.13666).
/// Delta_k is the graph's own for lorentzian in-degrees; for binomial ones Delta_k = Delta_0 sqrt(Var K_i), Delta_0 = 1, the
/// substitution of that literature (Var K_i = K (1 - K/N)); 0 where every neuron has the same in-degree.
struct IndegreeLorentzian {
    static constexpr std::string_view name = "indegree_lorentzian";
    static constexpr bool uses_ratio = false, degree_classes = false;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A>) const { return 0; }

    template <class S>
    static double relative_half_width(const BasicAfferent<S>& a) {
        switch (a.in_degrees) {
            case InDegrees::lorentzian: return a.indegree_half_width / a.mean_indegree;
            case InDegrees::binomial: return std::sqrt(a.indegree_variance) / a.mean_indegree;
            case InDegrees::fixed: break;
        }
        return 0.0;
    }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A> afferents, const Complex<T>&, const Presynaptic<T>* presynaptic, const T*, T*) const {
        using std::abs;
        Correction<T> sum;
        for (std::size_t i = 0; i < afferents.size(); ++i)
            sum.q = sum.q + presynaptic[i].drive * (abs(afferents[i].coupling) * relative_half_width(afferents[i]));
        return sum;
    }
};
static_assert(Closure<IndegreeLorentzian>);

/// The part of it that is exact for (untruncated) Lorentzian in-degrees, which other closures add to theirs.
template <class A = const Afferent, class T>
T lorentzian_indegree_width(std::span<A> afferents, const Presynaptic<T>* presynaptic) {
    using std::abs;
    T q{};
    for (std::size_t i = 0; i < afferents.size(); ++i)
        if (afferents[i].in_degrees == InDegrees::lorentzian)
            q = q + presynaptic[i].drive * (abs(afferents[i].coupling) * IndegreeLorentzian::relative_half_width(afferents[i]));
    return q;
}

}  // namespace spikemass::closures
