#pragma once

#include "models/closures/indegree_lorentzian.hpp"

namespace spikemass::closures {

/// Recurrent input as Poisson shot noise, taken as Gaussian, closed at the second pseudo-cumulant:
///   p' = 2 D + 4 (p v - pi rho q),   q' = 4 (pi rho p + q v),   D = sum_p A_p rate_p/2,  A = J^2 (1 - K/N)/K,
/// that is W_2' = 4 i W W_2 + 2 B with B = D; plus the q of `indegree_lorentzian` where in-degrees are Lorentzian.
/// Goldobin, di Volo, Torcini 2021 (arXiv:2101.11679).
/// Exponential synapse: the noise is an Ornstein-Uhlenbeck process x.  To second order in x, for Lorentzian eta, the response w to one x
/// obeys w' = 2 i W w - i x and W_2 = -<w^2>; the moments close with S = <x^2> tau_s and B = i <x w>:
///   S' = 2 (D - S)/tau_s,   B' = S/tau_s + (2 i W - 1/tau_s) B,
/// stationary W_2 = i D/(2 W (1 - 2 i W tau_s)); tau_s -> 0 gives the white noise.
/// White Gaussian noise from outside adds its intensity to D.  Hidden states: p, q, then S, Re B, Im B for every afferent with an exponential synapse.
struct TwoCumulant {
    static constexpr std::string_view name = "two_cumulant";
    static constexpr bool uses_ratio = false, degree_classes = false;
    static constexpr bool white_noise_state = true;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A> afferents) const {
        std::size_t n = 2;
        for (const auto& a : afferents) n += a.synapse_tau > 0.0 ? 3 : 0;
        return n;
    }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A> afferents, const Complex<T>& w, const Presynaptic<T>* presynaptic, const T* hidden,
                       T* d_hidden) const {
        Complex<T> drive{};
        const T* h = hidden + 2;
        T* d = d_hidden + 2;
        for (std::size_t i = 0; i < afferents.size(); ++i) {
            const auto& a = afferents[i];
            const T intensity = presynaptic[i].rate * (0.5 * a.noise_strength());
            if (a.synapse_tau > 0.0) {
                const auto rate = 1.0 / a.synapse_tau;
                const Complex<T> b{h[1], h[2]};
                const Complex<T> turn = times_i(w * b) * 2.0;
                d[0] = (intensity - h[0]) * (2.0 * rate);
                d[1] = (h[0] - b.re) * rate + turn.re;
                d[2] = turn.im - b.im * rate;
                drive = drive + b;
                h += 3;
                d += 3;
            } else {
                drive.re = drive.re + intensity;
            }
        }
        const Complex<T> w2{hidden[0], hidden[1]};
        const Complex<T> turn = times_i(w * w2) * 4.0;
        d_hidden[0] = 2.0 * drive.re + turn.re;
        d_hidden[1] = 2.0 * drive.im + turn.im;
        return {w2.re, w2.im + lorentzian_indegree_width(afferents, presynaptic)};
    }
};
static_assert(Closure<TwoCumulant>);

/// Its stationary W_2 at given W and source rate, for one afferent: i D/(2 W (1 - 2 i W tau_s)), without the Lorentzian q.
template <class S, class T>
Complex<T> stationary_shot_noise(const BasicAfferent<S>& a, const Complex<T>& w, const T& source_rate) {
    const T half_intensity = source_rate * (0.25 * a.noise_strength());
    const Complex<T> filter{1.0 + 2.0 * w.im * a.synapse_tau, -2.0 * w.re * a.synapse_tau};
    return times_i(reciprocal(w * filter)) * half_intensity;
}

}  // namespace spikemass::closures
