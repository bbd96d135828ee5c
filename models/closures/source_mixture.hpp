#pragma once
// Second pseudo-cumulant caused by quenched sources that fire regularly, in closed form.

#include <array>
#include <cmath>
#include <numbers>

#include <boost/math/quadrature/gauss.hpp>

#include "models/closures/closure.hpp"

namespace spikemass::closures {

/// A neuron with eta_j > 0 fires regularly at rate r_j = sqrt(eta_j)/pi, so a target hears lines at the multiples of r_j:
///   W_2 = (i/2W) C,   C = A [ i <r^2>/(2W) + (iW/pi^2) sum_{n>=1} <eta/((W^2 - n^2 eta)(1 + 4 n^2 tau_s^2 eta))> ],
/// which without synapse (tau_s = 0) is the cotangent average A (i/2) <r cot(W/r)>.  The average runs over eta > 0 of the source's
/// effective Lorentzian, centre and width (Re, Im) z, z = W_source^2.  Each average is of a rational function and thus exact:
///   G(w) = int_0^inf L(eta)/(w - eta) d eta,  w = W^2/n^2;   H(s) = int_0^inf L(eta)/(eta + s) d eta,  s = 1/(4 n^2 tau_s^2);
///   <...>_n = [w G(w) - s H(s)] / (n^2 (1 + 4 tau_s^2 W^2)),   s H(s) -> P = Prob(eta > 0) for tau_s = 0.
/// Only <r^2> = (1/N) sum_j (eta_j)_+/pi^2 depends on the number of neurons, through the fastest ones; for quantiles the sum is
///   pi^2 <r^2> = P Re z + (Im z/pi) ln(c N Im z/|z|),   tail constant c: see `tail_constant`.
/// Against the sum over N neurons the result is right to 1e-3 for N >= 100 and to 1e-5 for N >= 1e4 (tested).

/// The constant c of the extreme quantiles k = 0, 1, ...: eta_k = N Delta/(pi f(k)) with f = k + 1/2 (midpoint, also used for random
/// draws, whose own mean diverges), k + 1 (MPR 2015), or the square mean root over the bin (compensated).
struct TailConstant {
    static constexpr double euler_gamma = std::numbers::egamma;
    /// sum_k 1/f(k) up to M terms is ln M + constant: psi(1/2) = -gamma - 2 ln 2, psi(1) = -gamma.
    static double midpoint() { return 4.0 * std::exp(euler_gamma) * std::numbers::inv_pi; }
    static double mpr() { return std::exp(euler_gamma) * std::numbers::inv_pi; }
    /// sum_k [4 (sqrt(k+1) - sqrt(k))^2 - 1/(k + 1/2)] = 2.02711064...
    static double compensated() { return midpoint() * std::exp(2.0271106404857); }
};

/// Harmonics as a quadrature in t = 1/n: n = 1 .. 16 one by one, the rest as an integral over t in (0, 1/16.5).
struct HarmonicNodes {
    static constexpr int single = 16, tail = 7, size = single + tail;
    std::array<double, size> t{}, log_t{}, weight{};

    HarmonicNodes() {
        int i = 0;
        for (int n = 1; n <= single; ++n, ++i) set(i, 1.0 / n, 1.0 / (double(n) * n));
        using Rule = boost::math::quadrature::gauss<double, tail>;
        const double half = 0.5 / (single + 0.5);
        for (int k = 0; k <= tail / 2; ++k) {
            const double x = Rule::abscissa()[k], w = Rule::weights()[k];
            set(i++, half * (1.0 + x), half * w);
            if (x != 0.0) set(i++, half * (1.0 - x), half * w);
        }
    }

private:
    void set(int i, double node, double w) { t[i] = node, log_t[i] = std::log(node), weight[i] = w; }
};
inline const HarmonicNodes harmonic_nodes;

/// W_2/A.  `w`, `source`: W of target and source in the target's time, both with ratio in range (clip_ratio); tau_s in that time too.
/// `tail_log` = ln(c N) of the source population.
template <class T, class S>
Complex<T> source_mixture(const Complex<T>& w, const Complex<T>& source, const S& tau_s, double tail_log) {
    using std::atan2;
    using std::log;
    constexpr double pi = std::numbers::pi, inv_pi = std::numbers::inv_pi;
    const Complex<T> z = source * source, w_squared = w * w;
    const T z_norm = norm(z), w_norm = norm(w_squared);
    const T log_z = 0.5 * log(z_norm), log_w = 0.5 * log(w_norm);
    const T z_angle = 2.0 * arg(source), w_angle = 2.0 * arg(w);      // in (0, pi)
    const T above_threshold = 1.0 - z_angle * inv_pi;
    const T square_rate = (z.re * above_threshold + z.im * inv_pi * (log(z.im) - log_z + tail_log)) * (inv_pi * inv_pi);

    Complex<T> sum{};
    for (int i = 0; i < HarmonicNodes::size; ++i) {
        const double t = harmonic_nodes.t[i], t2 = t * t;
        const Complex<T> wn = w_squared * t2;
        const T log_ratio = log_z - log_w - 2.0 * harmonic_nodes.log_t[i];        // ln|z/wn|
        // [ln(-z) - ln(-wn)]/(wn - z) has a removable singularity at the resonance wn = z.
        const Complex<T> distance = wn - z;
        Complex<T> near;
        if (norm(distance) > 1e-6 * norm(wn)) {
            near = Complex<T>{log_ratio, z_angle - w_angle} / distance;
        } else {
            const Complex<T> d = -(distance / wn);
            const Complex<T> one{T(1.0), T(0.0)};
            near = -((one - d * (one * 0.5 - d * (one * (1.0 / 3.0) - d * (one * 0.25 - d * 0.2)))) / wn);
        }
        const Complex<T> far = Complex<T>{log_ratio, 2.0 * pi - z_angle - w_angle} / (wn - conj(z));
        const Complex<T> difference = far - near;
        const Complex<T> g{difference.im * (0.5 * inv_pi), -difference.re * (0.5 * inv_pi)};   // /(2 pi i)
        Complex<T> term = wn * g;
        if (tau_s > 0.0) {
            const S s = t2 / (4.0 * tau_s * tau_s);
            const Complex<T> ln{log_z - log(s), z_angle - pi};
            const Complex<T> shifted{z.re + s, z.im};
            term.re = term.re + s * inv_pi * (ln / shifted).im;
        } else {
            term.re = term.re - above_threshold;
        }
        sum = sum + term * harmonic_nodes.weight[i];
    }
    if (tau_s > 0.0) {
        const S four = 4.0 * tau_s * tau_s;
        sum = sum / Complex<T>{1.0 + four * w_squared.re, four * w_squared.im};
    }
    return -(reciprocal(w_squared) * (0.25 * square_rate)) - sum * (0.5 * inv_pi * inv_pi);
}

}  // namespace spikemass::closures
