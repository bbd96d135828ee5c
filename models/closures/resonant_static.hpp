#pragma once

#include "models/closures/indegree_lorentzian.hpp"
#include "models/closures/source_mixture.hpp"
#include "models/closures/two_cumulant.hpp"

namespace spikemass::closures {

/// Stationary W_2 of one projection: shot noise, quenched spread of the sources' rates, and the resonance between regular sources and
/// their targets, evaluated at the actual (r, v) of both.
///   W_2 = A M(W, W_source) + (c J^2 (1 - K/N)/K) rho_source^2/(4 W^2),  M: source_mixture.hpp;  annealed: the shot noise alone.
/// With one population and delta synapses this is (J^2/K)(1 - K/N) g(x), x = v/(pi rho).
template <class S, class T>
Complex<T> stationary_resonance(const BasicAfferent<S>& a, const Complex<T>& w, const Complex<T>& source) {
    const T source_rate = source.re * std::numbers::inv_pi;
    if (a.annealed) return stationary_shot_noise(a, w, source_rate);
    const Complex<T> mixture = source_mixture(w, source, a.synapse_tau, a.tail_log);
    const Complex<T> equal = reciprocal(w * w) * (source_rate * source_rate * (0.25 * a.equal_indegree_strength()));
    return mixture * a.noise_strength() + equal;
}

/// (p, q) = sum over projections of the stationary W_2 at the actual (r, v), plus the q of `indegree_lorentzian` where in-degrees are
/// Lorentzian.  First order in the variance of the recurrent fluctuations, for quenched sparse graphs of Lorentzian neurons; right for
/// steady states and folds, not for transients, in which the resonance needs several cycles to build up.
struct ResonantStatic {
    static constexpr std::string_view name = "resonant_static";
    static constexpr bool uses_ratio = true, degree_classes = false;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A>) const { return 0; }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A> afferents, const Complex<T>& w, const Presynaptic<T>* presynaptic, const T*, T*) const {
        const Complex<T> target = clip_ratio(w);
        Complex<T> w2{};
        for (std::size_t i = 0; i < afferents.size(); ++i) {
            if (afferents[i].noise_strength() == 0.0) continue;
            w2 = w2 + stationary_resonance(afferents[i], target, clip_ratio(presynaptic[i].w));
        }
        return {w2.re, w2.im + lorentzian_indegree_width(afferents, presynaptic)};
    }
};
static_assert(Closure<ResonantStatic>);

}  // namespace spikemass::closures
