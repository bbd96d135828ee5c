// Accuracy against 80-bit libm (its own error is below 0.001 ulp of float64), special values, exact cases, monotony.
// The bounds are the ones stated in the headers.

#include "models/base/math.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <random>

namespace spikemass {
namespace {

using Reference = std::function<long double(long double)>;
using Draw = std::function<double(std::mt19937_64&)>;

static_assert(std::numeric_limits<long double>::digits >= 64);
const long double pi = std::acos(-1.0L);
const double infinity = std::numeric_limits<double>::infinity();

/// Distance in units in the last place of the reference, a subnormal's being the smallest number.
template <class T> double ulps(T result, long double reference) {
    int exponent = 0;
    if (reference != 0) std::frexp(reference, &exponent);
    exponent = std::max(exponent, std::numeric_limits<T>::min_exponent);
    return static_cast<double>(std::fabs(static_cast<long double>(result) - reference) / std::ldexp(1.0L, exponent - std::numeric_limits<T>::digits));
}

Draw uniform(double lo, double hi) {
    return [=](std::mt19937_64& g) { return std::uniform_real_distribution<double>(lo, hi)(g); };
}
/// Either sign, magnitude uniform in the exponent.
Draw wide(double lo_exponent, double hi_exponent) {
    return [=](std::mt19937_64& g) { return std::copysign(std::exp2(uniform(lo_exponent, hi_exponent)(g)), uniform(-1, 1)(g)); };
}
Draw magnitude(Draw draw) {
    return [=](std::mt19937_64& g) { return std::fabs(draw(g)); };
}

template <class T, class F> void expect_accurate(const char* what, F function, const Reference& reference, const Draw& draw, double bound, int n = 300'000) {
    std::mt19937_64 generator(12345);
    double worst = 0.0;
    T at = 0;
    for (int i = 0; i < n; ++i) {
        const T x = static_cast<T>(draw(generator));
        const long double exact = reference(x);
        if (std::fabs(exact) > std::numeric_limits<T>::max()) continue;
        const double error = ulps(function(x), exact);
        if (!(error <= worst)) worst = error, at = x;
    }
    EXPECT_LE(worst, bound) << what << " at " << at;
}

// Both precisions of a function against its long double namesake.
#define F32(f) [](float x) { return math::f(x); }
#define F64(f) [](double x) { return math::f(x); }
#define LIBM(f) [](long double x) { return std::f(x); }

TEST(Math, Float32IsAccurate) {
    expect_accurate<float>("exp", F32(exp), LIBM(exp), uniform(-104, 88.72), 1.03);
    expect_accurate<float>("exp", F32(exp), LIBM(exp), wide(-30, 0), 1.03);
    expect_accurate<float>("log", F32(log), LIBM(log), magnitude(wide(-149, 128)), 0.89);
    expect_accurate<float>("log", F32(log), LIBM(log), uniform(0.5, 2), 0.89);
    for (const Draw& draw : {uniform(-10, 10), uniform(-0x1p17, 0x1p17), wide(-140, 17)}) {
        expect_accurate<float>("sin", F32(sin), LIBM(sin), draw, 1.57);
        expect_accurate<float>("cos", F32(cos), LIBM(cos), draw, 1.57);
        expect_accurate<float>("tan", F32(tan), LIBM(tan), draw, 3.7);
    }
    expect_accurate<float>("atan", F32(atan), LIBM(atan), wide(-140, 127), 1.82);
    expect_accurate<float>("atan", F32(atan), LIBM(atan), uniform(-3, 3), 1.82);
}

TEST(Math, Float64IsAccurate) {
    expect_accurate<double>("exp", F64(exp), LIBM(exp), uniform(-745, 709.78), 0.8);
    expect_accurate<double>("exp", F64(exp), LIBM(exp), wide(-60, 0), 0.66);
    expect_accurate<double>("log", F64(log), LIBM(log), magnitude(wide(-1074, 1024)), 0.85);
    expect_accurate<double>("log", F64(log), LIBM(log), uniform(0.5, 2), 0.85);
    expect_accurate<double>("log1p", F64(log1p), LIBM(log1p), wide(-1074, -0.01), 1.5);
    expect_accurate<double>("log1p", F64(log1p), LIBM(log1p), magnitude(wide(0, 1024)), 1.5);
    for (const Draw& draw : {uniform(-10, 10), uniform(-1e5, 1e5), wide(-1074, 30)}) {
        expect_accurate<double>("sin", F64(sin), LIBM(sin), draw, 0.72);
        expect_accurate<double>("cos", F64(cos), LIBM(cos), draw, 0.72);
        expect_accurate<double>("tan", F64(tan), LIBM(tan), draw, 0.85);
    }
    expect_accurate<double>("atan", F64(atan), LIBM(atan), wide(-1074, 1023), 0.6);
    expect_accurate<double>("atan", F64(atan), LIBM(atan), uniform(-3, 3), 0.6);
}

/// tan(pi u) with an exact reduction, so that nothing is lost at the poles.
long double tan_half_turns(long double u) {
    u -= std::rint(u);
    if (std::fabs(u) <= 0.25L) return std::tan(pi * u);
    return std::copysign(1 / std::tan(pi * (0.5L - std::fabs(u))), u);
}
long double sin_half_turns(long double u) {
    u -= 2 * std::rint(u / 2);
    const long double a = std::fabs(u), b = a > 0.5L ? 1 - a : a;
    return std::copysign(b > 0.25L ? std::cos(pi * (0.5L - b)) : std::sin(pi * b), u);
}

TEST(Math, HalfTurnsAreAccurateUpToThePoles) {
    const Draw near_pole = [](std::mt19937_64& g) { return 0.5 - std::exp2(uniform(-53, -2)(g)); };
    for (const Draw& draw : {uniform(-0.5, 0.5), wide(-900, 40), near_pole}) {
        expect_accurate<double>("sinpi", F64(sinpi), sin_half_turns, draw, 0.72);
        expect_accurate<double>("cospi", F64(cospi), [](long double u) { return sin_half_turns(0.5L - std::fabs(u - 2 * std::rint(u / 2))); }, draw, 0.72);
        expect_accurate<double>("tanpi", F64(tanpi), tan_half_turns, draw, 0.85);
        expect_accurate<double>("cotpi", F64(cotpi), [](long double u) { return 1 / tan_half_turns(u); }, draw, 0.85);
    }
}

TEST(Math, FunctionsOfTwoArgumentsAreAccurate) {
    std::mt19937_64 g(7);
    double worst_atan2 = 0, worst_pow = 0, worst_pow32 = 0;
    for (int i = 0; i < 500'000; ++i) {
        const double y = wide(-3, 3)(g), x = wide(-3, 3)(g);
        worst_atan2 = std::max(worst_atan2, ulps(math::atan2(y, x), std::atan2(static_cast<long double>(y), static_cast<long double>(x))));
        const double base = i % 2 ? uniform(0.5, 2)(g) : magnitude(wide(-300, 300))(g);
        const double exponent = i % 2 ? uniform(-1000, 1000)(g) : uniform(-3, 3)(g);
        const long double power = std::pow(static_cast<long double>(base), static_cast<long double>(exponent));
        if (power > 1e-307L && power < 1e308L) worst_pow = std::max(worst_pow, ulps(math::pow(base, exponent), power));
        const float base32 = static_cast<float>(magnitude(wide(-20, 20))(g)), exponent32 = static_cast<float>(uniform(-8, 8)(g));
        const long double power32 = std::pow(static_cast<long double>(base32), static_cast<long double>(exponent32));
        if (power32 < 3e38L) worst_pow32 = std::max(worst_pow32, ulps(math::pow(base32, exponent32), power32));
    }
    EXPECT_LE(worst_atan2, 0.6);
    EXPECT_LE(worst_pow, 0.7);
    EXPECT_LE(worst_pow32, 0.501);
}

TEST(Math, ExactCases) {
    EXPECT_EQ(math::exp(0.0), 1.0);
    EXPECT_EQ(math::exp(0.0f), 1.0f);
    EXPECT_EQ(math::log(1.0), 0.0);
    EXPECT_EQ(math::log(1.0f), 0.0f);
    for (int k = -8; k <= 8; ++k) {
        const double whole = k;
        EXPECT_EQ(math::sinpi(whole), 0.0);
        EXPECT_EQ(math::cospi(whole), k % 2 ? -1.0 : 1.0);
        EXPECT_EQ(math::cospi(whole + 0.5), 0.0);
        EXPECT_EQ(math::sinpi(whole + 0.5), k % 2 ? -1.0 : 1.0);
        EXPECT_EQ(math::tanpi(whole), 0.0);
        EXPECT_EQ(math::cotpi(whole + 0.5), 0.0);
        EXPECT_EQ(math::tanpi(whole + 0.25), 1.0);
        EXPECT_EQ(math::cotpi(whole - 0.25), -1.0);
        EXPECT_EQ(math::tanpi(whole + 0.5), whole + 0.5 > 0 ? infinity : -infinity);
        EXPECT_EQ(math::pow(2.0, whole), std::ldexp(1.0, k));
        EXPECT_EQ(math::pow(2.0f, static_cast<float>(k)), std::ldexp(1.0f, k));
        EXPECT_EQ(math::power_of_two(std::int32_t{k}), std::ldexp(1.0f, k));
        EXPECT_EQ(math::power_of_two(std::int64_t{k}), std::ldexp(1.0, k));
    }
    EXPECT_EQ(math::pow(3.0, 4.0), 81.0);
    EXPECT_EQ(math::pow(-3.0, 3.0), -27.0);
    EXPECT_EQ(math::pow(10.0, 15.0), 1e15);
    EXPECT_EQ(math::atan(1.0), 0.25 * 0x1.921fb54442d18p+1);
    EXPECT_EQ(math::atan(infinity), 0.5 * 0x1.921fb54442d18p+1);
    EXPECT_EQ(math::atan(-std::numeric_limits<float>::infinity()), -0x1.921fb6p+0f);
    EXPECT_EQ(math::fma(0x1p30, 0x1p30, -0x1p60), 0.0);
    EXPECT_EQ(math::fma(1.0f + 0x1p-23f, 1.0f - 0x1p-23f, -1.0f), -0x1p-46f);
}

template <class T> void special_values() {
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN(), tiny = std::numeric_limits<T>::denorm_min();
    EXPECT_EQ(math::exp(inf), inf);
    EXPECT_EQ(math::exp(-inf), T(0));
    EXPECT_EQ(math::exp(T(1000)), inf);
    EXPECT_EQ(math::exp(T(-1000)), T(0));
    EXPECT_EQ(math::log(T(0)), -inf);
    EXPECT_EQ(math::log(-T(0)), -inf);
    EXPECT_EQ(math::log(inf), inf);
    EXPECT_TRUE(std::isnan(math::log(T(-1))));
    EXPECT_TRUE(std::isnan(math::log(-tiny)));
    EXPECT_TRUE(std::isnan(math::log(-inf)));
    EXPECT_LE(ulps(math::log(tiny), std::log(static_cast<long double>(tiny))), 0.9);
    for (const T x : {tiny, std::numeric_limits<T>::min(), T(1e-20)}) {   // odd functions keep tiny arguments and signs
        EXPECT_EQ(math::sin(x), x);
        EXPECT_EQ(math::sin(-x), -x);
        EXPECT_EQ(math::tan(-x), -x);
        EXPECT_EQ(math::atan(-x), -x);
        EXPECT_EQ(math::cos(x), T(1));
    }
    EXPECT_TRUE(std::signbit(math::sin(-T(0))));
    EXPECT_TRUE(std::signbit(math::tan(-T(0))));
    EXPECT_TRUE(std::signbit(math::atan(-T(0))));
    for (const T beyond : {T(2e9), inf, -inf, nan}) {
        EXPECT_TRUE(std::isnan(math::sin(beyond)));
        EXPECT_TRUE(std::isnan(math::cos(beyond)));
        EXPECT_TRUE(std::isnan(math::tan(beyond)));
    }
    EXPECT_TRUE(std::isnan(math::exp(nan)));
    EXPECT_TRUE(std::isnan(math::log(nan)));
    EXPECT_TRUE(std::isnan(math::atan(nan)));
    EXPECT_TRUE(std::isnan(math::sqrt(T(-1))));
}

TEST(Math, SpecialValues) {
    special_values<float>();
    special_values<double>();
    EXPECT_EQ(math::log1p(-1.0), -infinity);
    EXPECT_EQ(math::log1p(infinity), infinity);
    EXPECT_TRUE(std::isnan(math::log1p(-2.0)));
    EXPECT_TRUE(std::signbit(math::log1p(-0.0)));
    EXPECT_EQ(math::cotpi(0.0), infinity);
    EXPECT_EQ(math::cotpi(-0.0), -infinity);
    EXPECT_TRUE(std::isnan(math::sinpi(0x1p51)));
    const float least_normal = std::numeric_limits<float>::min();
    for (const float x : {least_normal, 0.3f, 1.0f, std::numeric_limits<float>::max()}) EXPECT_EQ(math::log_positive_normal(x), math::log(x));
    EXPECT_TRUE(std::isfinite(math::log_positive_normal(0.0f)));
}

// ISO C leaves no freedom in these: the library's own functions are the reference.
template <class T> void two_argument_special_values() {
    const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
    const T values[] = {T(0), -T(0), T(1), T(-1), T(0.5), T(-0.5), T(2), T(-2), T(3), T(-3), T(2.5), T(-2.5), T(1e30), T(-1e30), inf, -inf, nan};
    for (const T x : values)
        for (const T y : values) {
            const auto expect_same = [&](T result, T exact, const char* what) {
                EXPECT_EQ(std::isnan(result), std::isnan(exact)) << what << " " << x << " " << y;
                if (std::isnan(exact)) return;
                if (std::isinf(exact) || exact == 0) EXPECT_EQ(result, exact) << what << " " << x << " " << y;
                else EXPECT_LE(ulps(result, exact), 1.6) << what << " " << x << " " << y;
                EXPECT_EQ(std::signbit(result), std::signbit(exact)) << what << " " << x << " " << y;
            };
            expect_same(math::pow(x, y), std::pow(x, y), "pow");
            if constexpr (sizeof(T) == 8) expect_same(math::atan2(x, y), std::atan2(x, y), "atan2");
        }
}

TEST(Math, SpecialValuesOfTwoArguments) {
    two_argument_special_values<float>();
    two_argument_special_values<double>();
    for (const double y : {1e-310, 1e-300, 1.0, 1e300, 1e308})
        for (const double x : {1e-310, 1e-300, 1.0, 1e300, 1e308}) EXPECT_LE(ulps(math::atan2(y, x), std::atan2((long double)y, (long double)x)), 0.7) << y << " " << x;
}

TEST(Math, IntegersAreClamped) {
    EXPECT_EQ(math::to_int(1.9f), 1);
    EXPECT_EQ(math::to_int(-1.9f), -1);
    EXPECT_EQ(math::to_int(1e20f), 2147483520);
    EXPECT_EQ(math::to_int(-1e20f), std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(math::to_int(std::nanf("")), std::numeric_limits<std::int32_t>::min());
    EXPECT_EQ(math::to_int(-1.9), -1);
    EXPECT_EQ(math::to_int(1e30), 9223372036854774784);
    EXPECT_EQ(math::to_int(-1e30), std::numeric_limits<std::int64_t>::min());
    for (const double x : {0.5, 1.5, 2.5, -0.5, -1.5, 0.49999999999999994, 1e300, -4503599627370495.5, 0x1p52 + 1.0}) {
        EXPECT_EQ(math::round(x), std::nearbyint(x)) << x;
        EXPECT_EQ(math::floor(x), std::floor(x)) << x;
    }
    for (const float x : {0.5f, 1.5f, 2.5f, -0.5f, 0.49999997f, 1e30f, -8388607.5f, 0x1p23f + 1.0f}) {
        EXPECT_EQ(math::round(x), std::nearbyint(x)) << x;
        EXPECT_EQ(math::floor(x), std::floor(x)) << x;
    }
    EXPECT_EQ(math::clamp(std::nan(""), 1.0, 2.0), 1.0);
    EXPECT_EQ(math::min(std::nan(""), 1.0), 1.0);
    EXPECT_EQ(math::max(std::nan(""), 1.0), 1.0);
}

/// f never falls from one float to the next (all 2^32 were checked once; this is a sample of runs of neighbours).
template <class T, class F> void expect_monotone(const char* what, F f, const Draw& draw) {
    std::mt19937_64 generator(99);
    for (int run = 0; run < 3000; ++run) {
        T x = static_cast<T>(draw(generator)), y = f(x);
        for (int k = 0; k < 200; ++k) {
            x = std::nextafter(x, std::numeric_limits<T>::infinity());
            const T next = f(x);
            ASSERT_GE(next, y) << what << " at " << x;
            y = next;
        }
    }
}

TEST(Math, MonotoneFunctionsNeverFall) {
    expect_monotone<float>("exp", F32(exp), uniform(-104, 89));
    expect_monotone<float>("log", F32(log), magnitude(wide(-149, 127)));
    expect_monotone<float>("atan", F32(atan), uniform(-4, 4));
    expect_monotone<double>("exp", F64(exp), uniform(-746, 710));
    expect_monotone<double>("log", F64(log), uniform(0, 4));
    expect_monotone<double>("atan", F64(atan), uniform(-4, 4));
    expect_monotone<double>("tanpi", F64(tanpi), uniform(-0.49, 0.49));
}

}  // namespace
}  // namespace spikemass
