#pragma once
// Elementary functions in float32: branch-free, so loops over them vectorise, and the same bits on every machine.
// A NaN argument gives a NaN.  Errors are maxima over all arguments (pow: random ones), in units in the last place; exp, log and atan never
// fall from one argument to the next (every float was tried once; tests/models/math_test.cpp keeps a sample).

#include "models/base/arithmetic.hpp"
#include "models/base/math_f64.hpp"

namespace spikemass::math {

/// e^x; 1.03 ulp, rounded once into the subnormals; above 88.73 infinity, below -103.98 zero.
SPIKEMASS_HD float exp(float x) {
    constexpr float shift = 0x1.8p23f;                             // adding it rounds to an integer, kept in the low bits
    const float y = clamp(x, -104.0f, 89.0f);
    const float shifted = fma(y, 0x1.715476p+0f, shift);           // 1/ln 2
    const std::int32_t n = static_cast<std::int32_t>(bits(shifted) - bits(shift));
    const float n_float = shifted - shift;
    float r = fma(n_float, -0x1.62e430p-1f, y);                    // ln 2 in two parts
    r = fma(n_float, 0x1.05c610p-29f, r);
    float p = 0x1.6d56f2p-10f;                                     // (e^r - 1 - r - r^2/2) / r^3 on [-0.35, 0.35]: 2^-28
    p = fma(p, r, 0x1.124414p-7f);
    p = fma(p, r, 0x1.5554e0p-5f);
    p = fma(p, r, 0x1.555482p-3f);
    p = fma(p, r, 0.5f);
    p = fma(p, r * r, r) + 1.0f;
    const std::int32_t half = n >> 1;                              // two exact factors reach the subnormals and infinity
    const float result = p * power_of_two(half) * power_of_two(n - half);
    return x == x ? result : quiet_nan<float>();
}

namespace detail {
/// ln(2^e m), m in [sqrt(1/2), sqrt(2)).
SPIKEMASS_HD float log_of_parts(float e, float m) {
    const float f = m - 1.0f;
    float p = -0x1.39fda6p-4f;                                     // (log(1 + f) - f + f^2/2) / f^3: 2^-27
    p = fma(p, f, 0x1.060198p-3f);
    p = fma(p, f, -0x1.0d92d2p-3f);
    p = fma(p, f, 0x1.22c0aap-3f);
    p = fma(p, f, -0x1.546e0ep-3f);
    p = fma(p, f, 0x1.99a13cp-3f);
    p = fma(p, f, -0x1.00023cp-2f);
    p = fma(p, f, 0x1.555552p-2f);
    p = fma(p, f, -0.5f);
    const float tail = fma(p, f * f, e * -0x1.05c610p-29f);        // ln 2 in two parts
    return fma(e, 0x1.62e430p-1f, f + tail);
}
}  // namespace detail

/// Natural logarithm of a positive normal float, for hot loops: same bits as log() there; any other argument gives some
/// float without meaning (zero: about -88; never undefined behaviour).
SPIKEMASS_HD float log_positive_normal(float x) {
    constexpr std::uint32_t sqrt_half = 0x3f3504f3u;
    const std::uint32_t b = bits(x);
    const std::int32_t e = static_cast<std::int32_t>(b - sqrt_half) >> 23;
    return detail::log_of_parts(static_cast<float>(e), from_bits(b - (static_cast<std::uint32_t>(e) << 23)));
}

/// Natural logarithm; 0.89 ulp, subnormals included; log(0) = -infinity, log(x < 0) = NaN, log(infinity) = infinity.
SPIKEMASS_HD float log(float x) {
    constexpr std::uint32_t sqrt_half = 0x3f3504f3u;
    const bool subnormal = x < 0x1p-126f;
    const std::uint32_t b = bits(subnormal ? x * 0x1p24f : x);
    const std::int32_t e = static_cast<std::int32_t>(b - sqrt_half) >> 23;
    const float m = from_bits(b - (static_cast<std::uint32_t>(e) << 23));
    float result = detail::log_of_parts(static_cast<float>(subnormal ? e - 24 : e), m);
    result = x < infinity<float>() ? result : x;
    result = x > 0.0f ? result : quiet_nan<float>();
    return x == 0.0f ? -infinity<float>() : result;
}

namespace detail {
/// Sine and cosine of r, |x| = n pi/2 + r, |r| <= pi/4, for |x| <= 2^17.
struct QuadrantF32 { std::uint32_t n; float sin, cos; };
SPIKEMASS_HD QuadrantF32 reduce(float absolute_x) {
    constexpr float shift = 0x1.8p23f;
    const float shifted = fma(absolute_x, 0x1.45f306p-1f, shift);  // 2/pi
    const float n = shifted - shift;
    float r = fma(n, -0x1.921fb6p+0f, absolute_x);                 // pi/2 in three parts; the first product is exact
    r = fma(n, 0x1.777a5cp-25f, r);
    r = fma(n, 0x1.ee59dap-50f, r);
    const float z = r * r;
    float s = -0x1.99540p-13f;                                     // (sin r - r) / r^3: 2^-28
    s = fma(s, z, 0x1.110778p-7f);
    s = fma(s, z, -0x1.555546p-3f);
    float c = 0x1.99dfecp-16f;                                     // (cos r - 1 + r^2/2) / r^4: 2^-33
    c = fma(c, z, -0x1.6c0c18p-10f);
    c = fma(c, z, 0x1.55554ap-5f);
    return {bits(shifted), fma(s, z * r, r), fma(c, z * z, fma(z, -0.5f, 1.0f))};
}
SPIKEMASS_HD float flip(float x, bool negate) { return from_bits(bits(x) ^ (negate ? sign_bit_f32 : 0u)); }
inline constexpr float angle_limit_f32 = 0x1p17f;
}  // namespace detail

/// Sine; 1.57 ulp for |x| <= 2^17, NaN beyond (where float32 phases carry no information).
SPIKEMASS_HD float sin(float x) {
    const float a = abs(x);
    const auto q = detail::reduce(a);
    const float y = detail::flip((q.n & 1u) ? q.cos : q.sin, ((q.n & 2u) != 0) != (x < 0.0f));
    return a <= detail::angle_limit_f32 ? (x == 0.0f ? x : y) : quiet_nan<float>();
}
/// Cosine; 1.57 ulp for |x| <= 2^17, NaN beyond.
SPIKEMASS_HD float cos(float x) {
    const float a = abs(x);
    const auto q = detail::reduce(a);
    const float y = detail::flip((q.n & 1u) ? q.sin : q.cos, ((q.n + 1u) & 2u) != 0);
    return a <= detail::angle_limit_f32 ? y : quiet_nan<float>();
}
/// Tangent; 3.7 ulp for |x| <= 2^17, NaN beyond.
SPIKEMASS_HD float tan(float x) {
    const float a = abs(x);
    const auto q = detail::reduce(a);
    const std::uint32_t odd = 0u - (q.n & 1u), swapped = (bits(q.sin) ^ bits(q.cos)) & odd;   // a mask: g++ branches on a select here
    const float ratio = from_bits(bits(q.sin) ^ swapped) / from_bits(bits(q.cos) ^ swapped);
    const float y = detail::flip(ratio, (odd != 0) != (x < 0.0f));
    return a <= detail::angle_limit_f32 ? (x == 0.0f ? x : y) : quiet_nan<float>();
}

/// Arc tangent in [-pi/2, pi/2]; 1.82 ulp; atan(+-infinity) = +-pi/2.
SPIKEMASS_HD float atan(float x) {
    const float a = abs(x);
    const bool steep = a > 1.0f;
    const float t = (steep ? 1.0f : a) / (steep ? a : 1.0f), z = t * t;
    float p = -0x1.d954c0p-10f;                                    // (atan t - t) / t^3 on [0, 1]: 2^-28
    p = fma(p, z, 0x1.677c84p-7f);
    p = fma(p, z, -0x1.004ef0p-5f);
    p = fma(p, z, 0x1.dbbee8p-5f);
    p = fma(p, z, -0x1.58813ep-4f);
    p = fma(p, z, 0x1.c0b682p-4f);
    p = fma(p, z, -0x1.2424bap-3f);
    p = fma(p, z, 0x1.999250p-3f);
    p = fma(p, z, -0x1.555540p-2f);
    p = fma(p, z * t, t);
    const float y = steep ? 0x1.921fb6p+0f - p : p;
    return x == x ? with_sign(y, x) : quiet_nan<float>();
}

/// x^y with the special cases of ISO C; computed in float64, 0.51 ulp.
SPIKEMASS_HD float pow(float x, float y) {
    const double log_x = log(static_cast<double>(abs(x)));
    const float result = static_cast<float>(detail::power_of_signed<double>(x, y, exp(static_cast<double>(y) * log_x)));
    return result == result ? result : quiet_nan<float>();
}

}  // namespace spikemass::math
