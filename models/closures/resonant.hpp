#pragma once

#include "models/closures/resonant_static.hpp"

namespace spikemass::closures {

/// `two_cumulant` for the shot noise plus a slow part R for the resonance, which needs several cycles to build up:
///   W_2 = W_2(two_cumulant) + R,   R' = lambda (R* - R),   R* = stationary resonance - stationary shot noise at the actual (r, v),
/// lambda = 0.3 per tau.  0 for annealed graphs.  Hidden states: those of `two_cumulant`, then Re R, Im R.
struct Resonant {
    static constexpr std::string_view name = "resonant";
    static constexpr bool uses_ratio = true, degree_classes = false;
    static constexpr bool white_noise_state = true;
    double lambda = 0.3;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A> afferents) const { return TwoCumulant{}.hidden_size(afferents) + 2; }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A> afferents, const Complex<T>& w, const Presynaptic<T>* presynaptic, const T* hidden,
                       T* d_hidden) const {
        Correction<T> sum = TwoCumulant{}.eval(afferents, w, presynaptic, hidden, d_hidden);
        const Complex<T> target = clip_ratio(w);
        Complex<T> goal{};
        for (std::size_t i = 0; i < afferents.size(); ++i) {
            const auto& a = afferents[i];
            if (a.annealed || a.noise_strength() == 0.0) continue;
            const Complex<T> source = clip_ratio(presynaptic[i].w);
            goal = goal + stationary_resonance(a, target, source) -
                   stationary_shot_noise(a, target, T(source.re * std::numbers::inv_pi));
        }
        const std::size_t last = hidden_size(afferents) - 2;
        d_hidden[last] = (goal.re - hidden[last]) * lambda;
        d_hidden[last + 1] = (goal.im - hidden[last + 1]) * lambda;
        sum.p = sum.p + hidden[last];
        sum.q = sum.q + hidden[last + 1];
        return sum;
    }
};
static_assert(Closure<Resonant>);

}  // namespace spikemass::closures
