#pragma once
// Trigonometric functions in float64; include models/base/math.hpp.

#include "models/base/arithmetic.hpp"
#include "models/base/math_f64.hpp"

namespace spikemass::math {

namespace detail {

/// Sine and cosine of a reduced angle, each an unevaluated sum, in quadrant n (mod 4).
struct QuadrantF64 { std::uint64_t n; DoubleDouble sin, cos; };

/// For r + r_lo, |r| <= pi/4.
SPIKEMASS_HD QuadrantF64 sin_cos(std::uint64_t n, double r, double r_lo) {
    const double z = r * r, z_lo = fma(r, r, -z);
    double s = -0x1.9fd3ffd0d1a87p-41;                             // (sin r - r) / r^3: 2^-63
    s = fma(s, z, 0x1.61096990bf421p-33);
    s = fma(s, z, -0x1.ae642bcfe6645p-26);
    s = fma(s, z, 0x1.71de3a3346933p-19);
    s = fma(s, z, -0x1.a01a019ffe119p-13);
    s = fma(s, z, 0x1.1111111111068p-7);
    s = fma(s, z, -0x1.5555555555555p-3);
    double c = 0x1.9b762a512731dp-45;                              // (cos r - 1 + r^2/2) / r^4: 2^-69
    c = fma(c, z, -0x1.936fa2215645cp-37);
    c = fma(c, z, 0x1.1eed6bab885bcp-29);
    c = fma(c, z, -0x1.27e4fb571f9a2p-22);
    c = fma(c, z, 0x1.a01a019ffa7b6p-16);
    c = fma(c, z, -0x1.6c16c16c16b26p-10);
    c = fma(c, z, 0x1.5555555555555p-5);
    const DoubleDouble one = quick_two_sum(1.0, -0.5 * z);
    return {n, quick_two_sum(r, fma(s, z * r, fma(-0.5 * z, r_lo, r_lo))),
            quick_two_sum(one.hi, one.lo + fma(c, z * z, -(0.5 * z_lo + r * r_lo)))};
}

/// |x| = n pi/2 + r for |x| <= 2^30.
SPIKEMASS_HD QuadrantF64 reduce_radians(double absolute_x) {
    constexpr double shift = 0x1.8p52;
    const double shifted = fma(absolute_x, 0x1.45f306dc9c883p-1, shift);  // 2/pi
    const double n = shifted - shift;
    const double coarse = fma(n, -0x1.921fb54442d18p+0, absolute_x);      // pi/2 in three parts; the first product is exact
    const double middle = fma(n, -0x1.1a62633145c07p-54, coarse);
    const double rest = fma(n, 0x1.f1976b7ed8fbcp-110, fma(n, -0x1.1a62633145c07p-54, coarse - middle));
    const DoubleDouble r = quick_two_sum(middle, rest);
    return sin_cos(bits(shifted), r.hi, r.lo);
}

/// pi |u| = n pi/2 + r for |u| <= 2^50, exact up to the final product with pi.
SPIKEMASS_HD QuadrantF64 reduce_half_turns(double absolute_u) {
    constexpr double shift = 0x1.8p52;
    const double shifted = 2.0 * absolute_u + shift;
    const double f = fma(shifted - shift, -0.5, absolute_u);
    const double r = f * 0x1.921fb54442d18p+1;
    return sin_cos(bits(shifted), r, fma(f, 0x1.1a62633145c07p-53, fma(f, 0x1.921fb54442d18p+1, -r)));
}

SPIKEMASS_HD double flip(double x, bool negate) { return from_bits(bits(x) ^ (negate ? sign_bit_f64 : 0u)); }
SPIKEMASS_HD double sin_of(const QuadrantF64& q, bool negative) {
    return flip((q.n & 1u) ? q.cos.hi : q.sin.hi, ((q.n & 2u) != 0) != negative);
}
SPIKEMASS_HD double cos_of(const QuadrantF64& q) { return flip((q.n & 1u) ? q.sin.hi : q.cos.hi, ((q.n + 1u) & 2u) != 0); }
SPIKEMASS_HD double quotient(DoubleDouble a, DoubleDouble b) {
    const double q = a.hi / b.hi;
    const double refined = q + (fma(-q, b.hi, a.hi) + (a.lo - q * b.lo)) / b.hi;
    return b.hi == 0.0 ? abs(q) : refined;                         // a pole: +infinity
}
SPIKEMASS_HD double tan_of(const QuadrantF64& q, bool negative) {
    const bool odd = (q.n & 1u) != 0;
    const DoubleDouble a{odd ? q.cos.hi : q.sin.hi, odd ? q.cos.lo : q.sin.lo};
    const DoubleDouble b{odd ? -q.sin.hi : q.cos.hi, odd ? -q.sin.lo : q.cos.lo};
    return flip(quotient(a, b), negative);
}
SPIKEMASS_HD double cot_of(const QuadrantF64& q, bool negative) {
    const bool odd = (q.n & 1u) != 0;
    const DoubleDouble a{odd ? -q.sin.hi : q.cos.hi, odd ? -q.sin.lo : q.cos.lo};
    const DoubleDouble b{odd ? q.cos.hi : q.sin.hi, odd ? q.cos.lo : q.sin.lo};
    return flip(quotient(a, b), negative);
}

inline constexpr double radian_limit = 0x1p30, half_turn_limit = 0x1p50;
SPIKEMASS_HD double within(double a, double limit, double y) { return a <= limit ? y : quiet_nan<double>(); }

/// Angle in [0, pi] of the point (x, y), y >= 0, from p = min, q = max of |x| and y; `steep`: y > |x|; `left`: x negative.
SPIKEMASS_HD double angle(double p, double q, bool steep, bool left) {
    // p/q in [0, 1] is moved by tan 0, 53/128 or 1 to |t| <= 0.2: atan(p/q) = atan(c) + atan(t).
    const bool low = p < 0.198 * q, high = p > 0.669 * q;
    const double c = low ? 0.0 : (high ? 1.0 : 0x1.a8p-2);
    const double base_hi = low ? 0.0 : (high ? 0x1.921fb54442d18p-1 : 0x1.91fde7cd0c662p-2), base_lo = low ? 0.0 : (high ? 0x1.1a62633145c07p-55 : 0x1.1074188054b53p-56);
    const double cq = c * q, a = p - cq, b = fma(c, p, q);         // numerator and denominator, then their rounding errors
    const double used = a - p, a_lo = ((p - (a - used)) - (cq + used)) - fma(c, q, -cq), b_lo = fma(c, p, q - b);
    const double t = a / b, t_lo = (fma(-t, b, a) + (a_lo - t * b_lo)) / b, z = t * t;
    double s = -0x1.4eb76d544750bp-5;                              // (atan t - t) / t^3 on [0, 0.2]: 2^-66
    s = fma(s, z, 0x1.d77e459316814p-5);
    s = fma(s, z, -0x1.10c373e21f4b7p-4);
    s = fma(s, z, 0x1.3b110411775bdp-4);
    s = fma(s, z, -0x1.745d08f113a50p-4);
    s = fma(s, z, 0x1.c71c71994f111p-4);
    s = fma(s, z, -0x1.2492492469404p-3);
    s = fma(s, z, 0x1.999999999975dp-3);
    s = fma(s, z, -0x1.5555555555555p-2);
    const double rest = fma(s, z * t, t_lo);
    // 0 + atan, pi/2 - atan, pi/2 + atan or pi - atan.
    const double quarter_turns = steep ? 1.0 : (left ? 2.0 : 0.0), sign = steep != left ? -1.0 : 1.0;
    const DoubleDouble outer = quick_two_sum(quarter_turns * 0x1.921fb54442d18p+0, sign * base_hi);
    const DoubleDouble sum = quick_two_sum(outer.hi, sign * t);
    return sum.hi + (sum.lo + outer.lo + (quarter_turns * 0x1.1a62633145c07p-54 + sign * (base_lo + rest)));
}

}  // namespace detail

/// Sine; 0.72 ulp for |x| <= 2^30, NaN beyond.
SPIKEMASS_HD double sin(double x) {
    const double a = abs(x), y = detail::sin_of(detail::reduce_radians(a), x < 0.0);
    return detail::within(a, detail::radian_limit, x == 0.0 ? x : y);
}
/// Cosine; 0.72 ulp for |x| <= 2^30, NaN beyond.
SPIKEMASS_HD double cos(double x) {
    const double a = abs(x);
    return detail::within(a, detail::radian_limit, detail::cos_of(detail::reduce_radians(a)));
}
/// Tangent; 0.85 ulp for |x| <= 2^30, NaN beyond.
SPIKEMASS_HD double tan(double x) {
    const double a = abs(x), y = detail::tan_of(detail::reduce_radians(a), x < 0.0);
    return detail::within(a, detail::radian_limit, x == 0.0 ? x : y);
}

/// sin(pi u); exact at multiples of 1/2; 0.72 ulp for |u| <= 2^50, NaN beyond.
SPIKEMASS_HD double sinpi(double u) {
    const double a = abs(u), y = detail::sin_of(detail::reduce_half_turns(a), u < 0.0);
    return detail::within(a, detail::half_turn_limit, u == 0.0 ? u : y);
}
/// cos(pi u); exact at multiples of 1/2; 0.72 ulp for |u| <= 2^50, NaN beyond.
SPIKEMASS_HD double cospi(double u) {
    const double a = abs(u);
    return detail::within(a, detail::half_turn_limit, detail::cos_of(detail::reduce_half_turns(a)));
}
/// tan(pi u); 0.85 ulp for |u| <= 2^50, infinity of u's sign at odd multiples of 1/2, NaN beyond.
SPIKEMASS_HD double tanpi(double u) {
    const double a = abs(u), y = detail::tan_of(detail::reduce_half_turns(a), u < 0.0);
    return detail::within(a, detail::half_turn_limit, u == 0.0 ? u : y);
}
/// cot(pi u); 0.85 ulp for |u| <= 2^50, infinity of u's sign at integers, NaN beyond.
SPIKEMASS_HD double cotpi(double u) {
    const double a = abs(u);
    return detail::within(a, detail::half_turn_limit, detail::cot_of(detail::reduce_half_turns(a), (bits(u) & sign_bit_f64) != 0));
}

/// Angle of the point (x, y) in [-pi, pi] with the special cases of ISO C; 0.6 ulp.
SPIKEMASS_HD double atan2(double y, double x) {
    const double ay = abs(y), ax = abs(x);
    const bool steep = ay > ax;
    const double least = steep ? ax : ay, greatest = steep ? ay : ax;
    const double scale = greatest > 0x1p900 ? 0x1p-512 : (greatest < 0x1p-900 ? 0x1p512 : 1.0);   // no overflow or underflow below
    const bool unbounded = greatest == infinity<double>();
    const double p = unbounded ? (least == greatest ? 1.0 : 0.0) : least * scale;
    const double q = unbounded || greatest == 0.0 ? 1.0 : greatest * scale;
    const double result = with_sign(detail::angle(p, q, steep, (bits(x) & sign_bit_f64) != 0), y);
    return x == x && y == y ? result : quiet_nan<double>();
}

/// Arc tangent in [-pi/2, pi/2]; 0.6 ulp; atan(+-infinity) = +-pi/2.
SPIKEMASS_HD double atan(double x) {
    const double a = min(abs(x), 0x1p600);
    const bool steep = a > 1.0;
    const double result = with_sign(detail::angle(steep ? 1.0 : a, steep ? a : 1.0, steep, false), x);
    return x == x ? result : quiet_nan<double>();
}

}  // namespace spikemass::math
