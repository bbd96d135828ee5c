#pragma once
// Exactly rounded building blocks: the only operations that model code may use besides + - * / and integers.
// They compile to the same bits in g++, clang++ and nvcc (docs/numerics.md, rule 1).

#include <cstdint>

#include "models/base/host_device.hpp"

namespace spikemass::math {

// ---- bit patterns -------------------------------------------------------------------------------------------------

SPIKEMASS_HD std::uint32_t bits(float x) {
#if defined(__CUDA_ARCH__)
    return __float_as_uint(x);
#else
    return __builtin_bit_cast(std::uint32_t, x);
#endif
}
SPIKEMASS_HD std::uint64_t bits(double x) {
#if defined(__CUDA_ARCH__)
    return static_cast<std::uint64_t>(__double_as_longlong(x));
#else
    return __builtin_bit_cast(std::uint64_t, x);
#endif
}
SPIKEMASS_HD float from_bits(std::uint32_t b) {
#if defined(__CUDA_ARCH__)
    return __uint_as_float(b);
#else
    return __builtin_bit_cast(float, b);
#endif
}
SPIKEMASS_HD double from_bits(std::uint64_t b) {
#if defined(__CUDA_ARCH__)
    return __longlong_as_double(static_cast<long long>(b));
#else
    return __builtin_bit_cast(double, b);
#endif
}

/// Compilers fold selects between NaNs and machines differ in their signs and payloads: never look at the bits of a NaN.
template <class T> SPIKEMASS_HD T quiet_nan();
template <> SPIKEMASS_HD float quiet_nan<float>() { return from_bits(std::uint32_t{0x7fc00000u}); }
template <> SPIKEMASS_HD double quiet_nan<double>() { return from_bits(std::uint64_t{0x7ff8000000000000u}); }

template <class T> SPIKEMASS_HD T infinity();
template <> SPIKEMASS_HD float infinity<float>() { return from_bits(std::uint32_t{0x7f800000u}); }
template <> SPIKEMASS_HD double infinity<double>() { return from_bits(std::uint64_t{0x7ff0000000000000u}); }

inline constexpr std::uint32_t sign_bit_f32 = 0x80000000u;
inline constexpr std::uint64_t sign_bit_f64 = 0x8000000000000000u;

SPIKEMASS_HD float abs(float x) { return from_bits(bits(x) & ~sign_bit_f32); }
SPIKEMASS_HD double abs(double x) { return from_bits(bits(x) & ~sign_bit_f64); }

/// `magnitude` (>= 0) with the sign of `sign`.
SPIKEMASS_HD float with_sign(float magnitude, float sign) { return from_bits(bits(magnitude) | (bits(sign) & sign_bit_f32)); }
SPIKEMASS_HD double with_sign(double magnitude, double sign) { return from_bits(bits(magnitude) | (bits(sign) & sign_bit_f64)); }

// ---- exactly rounded operations -----------------------------------------------------------------------------------

/// a b + c with one rounding.
SPIKEMASS_HD float fma(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
    return __fmaf_rn(a, b, c);
#else
    return __builtin_fmaf(a, b, c);
#endif
}
SPIKEMASS_HD double fma(double a, double b, double c) {
#if defined(__CUDA_ARCH__)
    return __fma_rn(a, b, c);
#else
    return __builtin_fma(a, b, c);
#endif
}

/// Correctly rounded; NaN (of no fixed sign) below zero.
SPIKEMASS_HD float sqrt(float x) {
#if defined(__CUDA_ARCH__)
    return __fsqrt_rn(x);
#else
    return __builtin_sqrtf(x);
#endif
}
SPIKEMASS_HD double sqrt(double x) {
#if defined(__CUDA_ARCH__)
    return __dsqrt_rn(x);
#else
    return __builtin_sqrt(x);
#endif
}

// ---- selects ------------------------------------------------------------------------------------------------------

/// a < b ? a : b.  A NaN in either place gives b; to get the same zero everywhere keep b away from zero.
template <class T> SPIKEMASS_HD constexpr T min(T a, T b) { return a < b ? a : b; }
/// a > b ? a : b, with the same rules.
template <class T> SPIKEMASS_HD constexpr T max(T a, T b) { return a > b ? a : b; }
/// x held within [lo, hi]; a NaN becomes lo.
template <class T> SPIKEMASS_HD constexpr T clamp(T x, T lo, T hi) { return min(max(x, lo), hi); }

// ---- to and from integers -----------------------------------------------------------------------------------------

/// Truncates towards zero after clamping to the largest range that is exact in T (x86 and CUDA differ outside it); NaN
/// becomes the lower end.  float: [-2^31, 2^31 - 128]; double: [-2^63, 2^63 - 1024].  Do not turn the result straight back
/// into the same floating type: g++ 12 with -fno-trapping-math makes that a truncation, whose -0.0 should have been +0.0.
SPIKEMASS_HD std::int32_t to_int(float x) { return static_cast<std::int32_t>(clamp(x, -0x1p31f, 0x1.fffffep30f)); }
SPIKEMASS_HD std::int64_t to_int(double x) { return static_cast<std::int64_t>(clamp(x, -0x1p63, 0x1.fffffffffffffp62)); }

/// Nearest integer, ties to even.  Keeps infinities and values of 2^52 and more (2^23 in float) as they are.
SPIKEMASS_HD float round(float x) {
    const float a = abs(x), r = (a + 0x1p23f) - 0x1p23f;
    return with_sign(a < 0x1p23f ? r : a, x);
}
SPIKEMASS_HD double round(double x) {
    const double a = abs(x), r = (a + 0x1p52) - 0x1p52;
    return with_sign(a < 0x1p52 ? r : a, x);
}
/// Largest integer that is not above x.
SPIKEMASS_HD float floor(float x) { const float r = round(x); return r > x ? r - 1.0f : r; }
SPIKEMASS_HD double floor(double x) { const double r = round(x); return r > x ? r - 1.0 : r; }

/// 2^n for n in [-126, 127] (float), [-1022, 1023] (double).
SPIKEMASS_HD float power_of_two(std::int32_t n) { return from_bits(static_cast<std::uint32_t>(n + 127) << 23); }
SPIKEMASS_HD double power_of_two(std::int64_t n) { return from_bits(static_cast<std::uint64_t>(n + 1023) << 52); }

}  // namespace spikemass::math
