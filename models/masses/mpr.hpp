#pragma once
// The exact neural mass of QIF neurons with Lorentzian eta: Montbrio, Pazo, Roxin 2015, doi:10.1103/PhysRevX.5.021028.
// Everything is dimensionless: rho = tau r, time in units of tau.  Complex state W = pi rho - i v.

#include <cmath>
#include <numbers>

#include "models/masses/complex.hpp"

namespace spikemass::models {

/// Time derivatives of one mass, in units of 1/tau.
template <class T>
struct MprDerivative {
    T rho, v;
};

/// rho' = width/pi + 2 rho v,  v' = v^2 + input - pi^2 rho^2.
/// `width` = Delta + q and `input` = eta + I + sum_p J_p tau s_p + p, where (p, q) is the second pseudo-cumulant of the voltages:
/// with the true (p, q) both equations are exact for any recurrent fluctuations; the exact mass of an all-to-all network has none.
template <class T>
MprDerivative<T> mpr(const T& rho, const T& v, const T& width, const T& input) {
    const T pi_rho = rho * std::numbers::pi;
    return {width * std::numbers::inv_pi + 2.0 * rho * v, v * v + input - pi_rho * pi_rho};
}

/// W = sqrt(input + i Delta), Re W >= 0: the asynchronous state at constant input (centre of the Lorentzian), Delta >= 0.
template <class T>
Complex<T> mpr_asynchronous(const T& input, const T& delta) {
    using std::sqrt;
    const T modulus = sqrt(input * input + delta * delta);
    if (input >= 0.0) {
        const T re = sqrt(0.5 * (modulus + input));
        return {re, re > 0.0 ? T(0.5 * delta / re) : T(0.0)};
    }
    const T im = sqrt(0.5 * (modulus - input));   // > 0; the other root would cancel
    return {0.5 * delta / im, im};
}

inline Complex<double> mpr_asynchronous(double input, double delta) { return mpr_asynchronous<double>(input, delta); }

/// Kuramoto order parameter <exp(i theta)>, theta = 2 atan V, of a Lorentzian voltage density: Z = (1 - W)/(1 + W).
template <class T>
Complex<T> kuramoto(const T& rho, const T& v) {
    const Complex<T> w{rho * std::numbers::pi, -v};
    const Complex<T> above{1.0 - w.re, -w.im}, below{1.0 + w.re, w.im};
    return above / below;
}

}  // namespace spikemass::models
