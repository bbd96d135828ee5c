#pragma once
// Elementary functions in float64, the same bits on every machine: quantiles, initial states, propagators, stimuli.
// A NaN argument gives a NaN.  Errors are measured maxima in units in the last place, over millions of
// random arguments per range (tests/models/math_test.cpp).

#include "models/base/arithmetic.hpp"

namespace spikemass::math {

namespace detail {

/// An unevaluated sum hi + lo, |lo| <= ulp(hi)/2.
struct DoubleDouble { double hi, lo; };

/// a + b exactly, for |a| >= |b| or a = 0.
SPIKEMASS_HD DoubleDouble quick_two_sum(double a, double b) { const double s = a + b; return {s, (a - s) + b}; }

/// e^(x + x_lo), |x_lo| << 1.
SPIKEMASS_HD double exp_of_sum(double x, double x_lo) {
    constexpr double shift = 0x1.8p52;                             // adding it rounds to an integer, kept in the low bits
    const double y = clamp(x, -746.0, 710.0);
    const double shifted = fma(y, 0x1.71547652b82fep+0, shift);    // 1/ln 2
    const std::int64_t n = static_cast<std::int64_t>(bits(shifted) - bits(shift));
    const double n_double = shifted - shift;
    const double coarse = fma(n_double, -0x1.62e42fefa39efp-1, y);  // ln 2 in two parts; the first product is exact
    const double fine = fma(n_double, -0x1.abc9e3b39803fp-56, coarse);
    const double fine_lo = fma(n_double, -0x1.abc9e3b39803fp-56, coarse - fine) + x_lo;
    const double r = fine + fine_lo, r_lo = (fine - r) + fine_lo;
    double p = 0x1.1f8d4d394c852p-29;                              // (e^r - 1 - r - r^2/2) / r^3 on [-0.35, 0.35]: 2^-63
    p = fma(p, r, 0x1.af717e34249b3p-26);
    p = fma(p, r, 0x1.27e4cb5435e90p-22);
    p = fma(p, r, 0x1.71ddecf49f9a2p-19);
    p = fma(p, r, 0x1.a01a01adbcf39p-16);
    p = fma(p, r, 0x1.a01a01b4be162p-13);
    p = fma(p, r, 0x1.6c16c16c14f95p-10);
    p = fma(p, r, 0x1.111111110e939p-7);
    p = fma(p, r, 0x1.5555555555558p-5);
    p = fma(p, r, 0x1.555555555555cp-3);
    p = fma(p, r, 0.5);
    const DoubleDouble sum = quick_two_sum(1.0, r);
    p = sum.hi + (sum.lo + fma(p, r * r, r_lo));
    const std::int64_t half = n >> 1;                              // two exact factors reach the subnormals and infinity
    return p * power_of_two(half) * power_of_two(n - half);
}

/// x = 2^e m for positive finite x, m in [sqrt(1/2), sqrt(2)).
struct Parts { double e, m; };
SPIKEMASS_HD Parts split(double x) {
    constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdu;
    const bool subnormal = x < 0x1p-1022;
    const std::uint64_t b = bits(subnormal ? x * 0x1p54 : x);
    const std::int64_t e = static_cast<std::int64_t>(b - sqrt_half) >> 52;
    return {static_cast<double>(static_cast<std::int32_t>(subnormal ? e - 54 : e)), from_bits(b - (static_cast<std::uint64_t>(e) << 52))};
}

inline constexpr double ln2_short = 0x1.62e42fefa3800p-1, ln2_rest = 0x1.ef35793c76730p-45;  // e ln2_short is exact

/// ln(x) of a positive finite x to a relative 2^-64.
SPIKEMASS_HD DoubleDouble log_extended(double x) {
    const Parts parts = split(x);
    const double f = parts.m - 1.0, d = 2.0 + f, d_lo = f - (d - 2.0);
    const double s = f / d, s_lo = (fma(-s, d, f) - s * d_lo) / d;    // ln m = 2 artanh s
    const double z = s * s, z_lo = fma(s, s, -z) + 2.0 * s * s_lo;
    double t = 0x1.eb2e3cf13bed7p-4;                                  // (2 artanh(s)/s - 2 - 2/3 z) / z^2: 2^-73
    t = fma(t, z, 0x1.de318bb40119ep-4);
    t = fma(t, z, 0x1.1120b4ed9cc54p-3);
    t = fma(t, z, 0x1.3b13632649922p-3);
    t = fma(t, z, 0x1.745d182e9c1e6p-3);
    t = fma(t, z, 0x1.c71c71c58e038p-3);
    t = fma(t, z, 0x1.2492492492f7cp-2);
    t = fma(t, z, 0x1.9999999999996p-2);
    const DoubleDouble c = quick_two_sum(0x1.5555555555555p-1, t * z);                // 2/3 + ...
    const double c_lo = c.lo + 0x1.5555555555555p-55;
    const double cube = s * z, cube_lo = fma(s, z, -cube) + (s * z_lo + s_lo * z);
    const double p = cube * c.hi, p_lo = fma(cube, c.hi, -p) + (cube * c_lo + cube_lo * c.hi);
    const DoubleDouble first = quick_two_sum(parts.e * ln2_short, 2.0 * s), second = quick_two_sum(first.hi, p);
    return quick_two_sum(second.hi, first.lo + second.lo + (p_lo + 2.0 * s_lo + parts.e * ln2_rest));
}

/// ISO C's special cases of x^y, given |x|^y for finite x, y other than zero.
template <class T> SPIKEMASS_HD T power_of_signed(T x, T y, T magnitude) {
    const bool whole = round(y) == y, odd = whole && round(T(0.5) * y) != T(0.5) * y;
    const bool negative = (bits(x) >> (8 * sizeof(T) - 1)) != 0;
    T result = negative && odd ? -magnitude : magnitude;
    result = x < T(0) && x > -infinity<T>() && !whole ? quiet_nan<T>() : result;
    result = x == x && y == y && result == result ? result : quiet_nan<T>();
    const bool one = y == T(0) || x == T(1) || (x == T(-1) && abs(y) == infinity<T>());
    return one ? T(1) : result;
}

}  // namespace detail

/// e^x; 0.66 ulp, 0.8 ulp in the subnormals; above 709.79 infinity, below -745.14 zero.
SPIKEMASS_HD double exp(double x) {
    const double result = detail::exp_of_sum(x, 0.0);
    return x == x ? result : quiet_nan<double>();
}

/// Natural logarithm; 0.85 ulp, subnormals included; log(0) = -infinity, log(x < 0) = NaN, log(infinity) = infinity.
SPIKEMASS_HD double log(double x) {
    const detail::Parts parts = detail::split(x);
    const double f = parts.m - 1.0, s = f / (2.0 + f), z = s * s, half_square = 0.5 * f * f;
    double p = 0x1.2f0f269d00c37p-3;                                  // (2 artanh(s)/s - 2) / z: 2^-59
    p = fma(p, z, 0x1.39a0e3e9c2292p-3);
    p = fma(p, z, 0x1.746645c3efd8bp-3);
    p = fma(p, z, 0x1.c71c51f0606d1p-3);
    p = fma(p, z, 0x1.2492494202ff3p-2);
    p = fma(p, z, 0x1.999999997fdafp-2);
    p = fma(p, z, 0x1.5555555555592p-1);
    const double tail = fma(s, fma(p, z, half_square), parts.e * detail::ln2_rest);
    double result = parts.e * detail::ln2_short + (f - (half_square - tail));
    result = x < infinity<double>() ? result : x;
    result = x > 0.0 ? result : quiet_nan<double>();
    return x == 0.0 ? -infinity<double>() : result;
}

/// log(1 + x) without cancellation; 1.5 ulp.
SPIKEMASS_HD double log1p(double x) {
    const double u = 1.0 + x, lost = abs(x) < 1.0 ? (1.0 - u) + x : (x - u) + 1.0;
    const double result = log(u) + (u > 0.0 && u < infinity<double>() ? lost / u : 0.0);
    return x == 0.0 ? x : result;
}

/// x^y with the special cases of ISO C; 0.7 ulp where the result is normal.
SPIKEMASS_HD double pow(double x, double y) {
    const double a = abs(x);
    const detail::DoubleDouble l = detail::log_extended(clamp(a, 0x1p-1074, 0x1.fffffffffffffp1023));
    const double p = y * l.hi, p_lo = fma(y, l.hi, -p) + y * l.lo;
    const bool ordinary = abs(p) < 800.0 && a > 0.0 && a < infinity<double>();
    const double extreme = a > 0.0 ? (a < infinity<double>() ? p : (y < 0.0 ? -800.0 : 800.0)) : (y < 0.0 ? 800.0 : -800.0);
    return detail::power_of_signed(x, y, detail::exp_of_sum(ordinary ? p : extreme, ordinary ? p_lo : 0.0));
}

}  // namespace spikemass::math
