#pragma once
// What the mass of a sparse network adds to the exact one: the second pseudo-cumulant W_2 = p + i q of the membrane potentials,
//   tau r' = (Delta + q)/(pi tau) + 2 r v,   tau v' = v^2 + eta + I + sum_p J_p tau s_p - (pi tau r)^2 + p.
// One closure = one header.  All quantities are dimensionless in the target's time: t/tau, rho = tau r, W = pi rho - i v.

#include <concepts>
#include <cstddef>
#include <numbers>
#include <span>
#include <string_view>
#include <vector>

#include "models/masses/complex.hpp"

namespace spikemass::closures {

using models::Complex;

/// Law of the number of inputs per target neuron.
enum class InDegrees { fixed, binomial, lorentzian };

/// What a closure may know of one projection onto its population.  S: double, or dual numbers where fits differentiate by these parameters.
template <class S>
struct BasicAfferent {
    S coupling{};                     ///< J: the mean input is J * drive
    S coupling_sd{};                  ///< standard deviation of J over synapses
    S coupling_half_width{};          ///< half width of J over targets (Lorentzian): adds its share of the drive to Delta
    double mean_indegree = 0.0;       ///< K
    double candidates = 0.0;          ///< N: neurons that a target may have as sources, K <= N
    InDegrees in_degrees = InDegrees::fixed;
    double indegree_variance = 0.0;   ///< Var K_i
    double indegree_half_width = 0.0; ///< Delta_k, half width at half maximum (lorentzian only)
    bool annealed = false;            ///< targets redrawn at every spike, with replacement
    S synapse_tau{};                  ///< exponential synapse, in units of the target's tau; 0 = delta
    double tail_log = 0.0;            ///< ln of the source population's tail constant (source_mixture.hpp)

    /// 1 - K/N: a target that hears every neuron sees no fluctuation.  Redrawn targets are independent whatever K/N is.
    double finite_source_factor() const { return annealed ? 1.0 : 1.0 - mean_indegree / candidates; }
    /// A = <J^2>/K: per unit of source rate, the variance of the pulses in a target's input around the population's mean input.
    S noise_strength() const {
        return (coupling * coupling * finite_source_factor() + coupling_sd * coupling_sd) / mean_indegree;
    }
    /// c J^2 (1 - K/N)/K: what equal in-degrees take away from the quenched variance, c = 1 (fixed, lorentzian) or 0 (binomial).
    S equal_indegree_strength() const {
        const bool binomial = in_degrees == InDegrees::binomial;
        return binomial || annealed ? S(0.0) : S(coupling * coupling * finite_source_factor() / mean_indegree);
    }
    /// The same numbers, constants to differentiation.
    template <class R>
    BasicAfferent<R> as() const {
        return {R(coupling), R(coupling_sd), R(coupling_half_width), mean_indegree, candidates, in_degrees, indegree_variance, indegree_half_width, annealed, R(synapse_tau), tail_log};
    }
};
using Afferent = BasicAfferent<double>;

/// The momentary state of one projection's source, seen from the target.
template <class T>
struct Presynaptic {
    T rate{};      ///< tau r_source(t - delay)
    T drive{};     ///< tau s(t): the rate after the synapse
    Complex<T> w;  ///< W of the source population at t, times tau_target/tau_source
};

template <class T>
struct Correction {
    T p{}, q{};
};
template <class T>
Correction<T>& operator+=(Correction<T>& a, const Correction<T>& b) {
    a.p = a.p + b.p;
    a.q = a.q + b.q;
    return a;
}

/// A closure: `name`; `hidden_size(afferents)` hidden states of a population, all 0 at t = 0 (voltages drawn from a Lorentzian have
/// W_2 = 0); `eval(afferents, w, presynaptic[afferent], hidden, d_hidden)` returns (p, q) and writes the derivatives by t/tau.
/// `eval` allocates nothing and takes any scalar type with + - * / and, found by name lookup, sqrt, abs, log, atan2; the afferents' may be that type or double.
/// Contributions of the projections add.  `uses_ratio`: it depends on x = v/(pi rho), clipped to [lowest_ratio, highest_ratio].
/// `degree_classes`: the mass is split into classes of in-degree.
template <class C>
concept Closure = requires(const C c, std::span<const Afferent> afferents, const Complex<double> w,
                           const Presynaptic<double>* presynaptic, const double* hidden, double* d_hidden) {
    { C::name } -> std::convertible_to<std::string_view>;
    { C::uses_ratio } -> std::convertible_to<bool>;
    { C::degree_classes } -> std::convertible_to<bool>;
    { c.hidden_size(afferents) } -> std::same_as<std::size_t>;
    { c.eval(afferents, w, presynaptic, hidden, d_hidden) } -> std::same_as<Correction<double>>;
};

/// Closures whose first hidden state is the p of white noise: noise of intensity D from outside adds 2 D to its derivative.
template <class C>
inline constexpr bool takes_noise = requires { C::white_noise_state; };

/// Range of x = v/(pi rho) in which the resonance of the sources is defined (x < 0) and was compared with networks.
inline constexpr double lowest_ratio = -20.0, highest_ratio = -0.02;

/// W with its ratio clipped to that range and rho kept positive.
template <class T>
Complex<T> clip_ratio(const Complex<T>& w) {
    constexpr double smallest = 1e-9;
    const T re = w.re < smallest ? T(smallest) : w.re;
    const T x = -w.im / re;
    if (x < lowest_ratio) return {re, re * -lowest_ratio};
    if (x > highest_ratio) return {re, re * -highest_ratio};
    return {re, w.im};
}

/// Keeps the effective half width Delta + q positive: the identity above a tenth of Delta, twice continuously differentiable.
template <class D, class T>
T positive_width(const D& delta, const T& q) {
    const T width = delta + q;
    const D knee = delta > 0.0 ? D(0.1 * delta) : D(1e-9);
    if (width >= knee) return width;
    const T u = (width - knee) / knee;
    return knee / (1.0 - u + u * u);
}

}  // namespace spikemass::closures
