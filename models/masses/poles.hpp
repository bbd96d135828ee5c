#pragma once
// The exact mass of QIF neurons whose eta has a rational density: one complex variable per pole in the upper half plane.
// Klinshov, Kirillov, Nekorkin 2021, doi:10.1103/PhysRevE.103.L040302; Pyragas, Pyragas 2022, doi:10.1103/PhysRevE.105.044402.
// Neurons of one eta have w' = -i (eta + input) + i w^2, and w(eta) is analytic in the upper half plane, so the population's
// W = pi rho - i v = int h(eta) w(eta) d eta is a sum over the poles zeta = shift + i width of its density h.  Dimensionless, as mpr.hpp.
// Arithmetic of spikemass::math: rates before time zero, which feed spikes, are made from it.

#include <array>
#include <numbers>

#include "models/base/math.hpp"
#include "models/masses/mpr.hpp"

namespace spikemass::models {

/// Products and quotients from explicit fma where bits are promised: GCC 12's vectoriser makes one vfmsubadd of a plain complex product, whatever -ffp-contract says.
template <class T>
Complex<T> times(const Complex<T>& a, const Complex<T>& b) { return a * b; }
template <class T>
Complex<T> quotient(const Complex<T>& a, const Complex<T>& b) { return a / b; }
inline Complex<double> times(const Complex<double>& a, const Complex<double>& b) { return {math::fma(a.re, b.re, -(a.im * b.im)), math::fma(a.re, b.im, a.im * b.re)}; }
inline Complex<double> quotient(const Complex<double>& a, const Complex<double>& b) { return times(a, conj(b)) * (1.0 / math::fma(b.re, b.re, b.im * b.im)); }

/// Poles of a density of half width 1 at half maximum, centred at 0, and what each has in W.  Weights sum to 1 (chain: the first is 1).
///   simple poles (chain = false): w_k' = width_k - i (shift_k + input) + i w_k^2,   W = sum c_k w_k
///   one pole of order `size` (chain): w_k is the k-th Taylor coefficient of w at zeta = i width (1 + e) in e,
///     w_k' = width (d_k0 + d_k1) - i input d_k0 + i sum_j w_j w_(k-j),   W = sum c_k w_k
/// size = 0: not a density of this kind.  A Lorentzian strength or Cauchy noise of half width `extra` moves all poles up by it: it is added to w_0' (chain) or to all.
template <class S>
struct BasicPoles {
    static constexpr int most = 32;
    int size = 0;
    bool chain = false;
    std::array<S, most> shift{}, width{};
    std::array<Complex<double>, most> weight{};

    void scale(const S& factor) {
        for (int k = 0; k < size; ++k) shift[k] *= factor, width[k] *= factor;
    }
    template <class R>
    BasicPoles<R> as() const {
        BasicPoles<R> p{.size = size, .chain = chain, .weight = weight};
        for (int k = 0; k < size; ++k) p.shift[k] = R(shift[k]), p.width[k] = R(width[k]);
        return p;
    }
    double reach() const {   ///< largest |zeta|, for scales
        double most_far = 0.0;
        for (int k = 0; k < size; ++k) most_far = math::max(most_far, math::abs(shift[k]) + width[k]);
        return most_far;
    }
};
using Poles = BasicPoles<double>;

/// h ~ 1/(1 + x^(2n)), 1 <= n <= most: poles on the unit circle.  n = 1: Lorentzian; n large: uniform on (-1, 1).
inline Poles rational_poles(int n) {
    Poles p{.size = n};
    const double part = 0.5 / n, unit = math::sinpi(part);
    for (int k = 0; k < n; ++k) {
        const double sin = math::sinpi((2 * k + 1) * part), cos = math::sinpi((n - 1 - 2 * k) * part);
        p.shift[k] = cos;
        p.width[k] = sin;
        p.weight[k] = {unit * sin, -unit * cos};
    }
    return p;
}

/// Distance of the q-Gaussian's poles in units of its half width at half maximum: (1 + x^2/b^2)^-n = 1/2 at x = 1.
inline double q_gaussian_scale(double n) { return 1.0 / math::sqrt(math::pow(2.0, 1.0 / n) - 1.0); }

/// h ~ (1 + x^2/b^2)^-n, the q-Gaussian of q = 1 + 1/n, 1 <= n <= most: one pole of order n.  n = 1: Lorentzian; n large: Gaussian.
inline Poles q_gaussian_poles(int n) {
    Poles p{.size = n, .chain = true};
    // c_k = (-2)^k binomial(2n - 2 - k, n - 1)/binomial(2n - 2, n - 1)
    double c = 1.0;
    for (int k = 0; k < n; ++k) {
        p.width[k] = q_gaussian_scale(n);
        p.weight[k] = {c, 0.0};
        if (k + 1 < n) c *= -2.0 * (n - 1 - k) / (2 * n - 2 - k);
    }
    return p;
}

/// dy/dt in units of 1/tau.  Shapes: y, dy [2 size], pairs (rho_k, v_k), w_k = pi rho_k - i v_k.
template <class S, class T>
void pole_derivative(const BasicPoles<S>& p, const T* y, const T& extra, const T& input, T* dy) {
    for (int k = 0; k < p.size; ++k) {
        if (!p.chain || k == 0) {
            const auto d = mpr(y[2 * k], y[2 * k + 1], T(extra + p.width[k]), T(input + p.shift[k]));
            dy[2 * k] = d.rho;
            dy[2 * k + 1] = d.v;
            continue;
        }
        T rho = k == 1 ? T(p.width[k] * std::numbers::inv_pi) : T(0.0), v{};   // i w_j w_l: 2 rho_j v_l to rho', v_j v_l - pi^2 rho_j rho_l to v', over all j + l = k
        for (int j = 0; j <= k; ++j) {
            const T *a = y + 2 * j, *b = y + 2 * (k - j);
            rho = rho + 2.0 * a[0] * b[1];
            v = v + a[1] * b[1] - (a[0] * b[0]) * (std::numbers::pi * std::numbers::pi);
        }
        dy[2 * k] = rho;
        dy[2 * k + 1] = v;
    }
}

/// Stationary w_k at constant input.  Shape: w [size].
template <class S>
void pole_asynchronous(const BasicPoles<S>& p, const S& input, const S& extra, Complex<S>* w) {
    for (int k = 0; k < p.size; ++k) {
        if (!p.chain || k == 0) {
            w[k] = mpr_asynchronous(S(input + p.shift[k]), S(extra + p.width[k]));
            continue;
        }
        Complex<S> sum{S(0.0), k == 1 ? p.width[k] : S(0.0)};                // w^2 = input + i extra + i width (1 + e)
        for (int j = 1; j < k; ++j) sum = sum - times(w[j], w[k - j]);
        w[k] = quotient(sum, w[0] * 2.0);
    }
}

/// sum c_k of the derivatives of stationary w_k by the input, 1/(2 w); the derivative by `extra` is i times it.
inline Complex<double> pole_slope(const Poles& p, const Complex<double>* w) {
    Complex<double> sum{};
    std::array<Complex<double>, Poles::most> g{};
    for (int k = 0; k < p.size; ++k) {
        if (!p.chain || k == 0) {
            g[k] = quotient({1.0, 0.0}, w[k] * 2.0);
        } else {
            for (int j = 1; j <= k; ++j) g[k] = g[k] - times(w[j], g[k - j]);
            g[k] = quotient(g[k], w[0]);
        }
        sum = sum + times(p.weight[k], g[k]);
    }
    return sum;
}

/// Kuramoto order parameter: sum c_k (1 - w_k)/(1 + w_k); chain: Taylor coefficients of (1 - w)/(1 + w).
inline Complex<double> pole_kuramoto(const Poles& p, const double* y) {
    Complex<double> sum{};
    std::array<Complex<double>, Poles::most> z{};
    const auto w = [&](int k) { return Complex<double>{y[2 * k] * std::numbers::pi, -y[2 * k + 1]}; };
    for (int k = 0; k < p.size; ++k) {
        if (!p.chain || k == 0) {
            z[k] = kuramoto(y[2 * k], y[2 * k + 1]);
        } else {
            z[k] = -w(k);
            for (int j = 0; j < k; ++j) z[k] = z[k] - z[j] * w(k - j);
            z[k] = z[k] / (w(0) + Complex<double>{1.0, 0.0});
        }
        sum = sum + p.weight[k] * z[k];
    }
    return sum;
}

/// Stationary W of eta uniform on (-half_width, half_width), half_width > 0: int sqrt(input + x + i extra) dx/(2 half_width).  There is no mass of finitely many variables.
inline Complex<double> uniform_asynchronous(double half_width, double input, double extra) {
    const Complex<double> a = mpr_asynchronous(input + half_width, extra), b = mpr_asynchronous(input - half_width, extra);
    return (times(times(a, a), a) - times(times(b, b), b)) * (1.0 / (3.0 * half_width));
}
/// Its derivative by the input.
inline Complex<double> uniform_slope(double half_width, double input, double extra) {
    return (mpr_asynchronous(input + half_width, extra) - mpr_asynchronous(input - half_width, extra)) * (0.5 / half_width);
}

}  // namespace spikemass::models
