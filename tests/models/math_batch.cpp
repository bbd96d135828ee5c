// One copy of the loops per set of flags: MATH_BATCH names it.  Nothing but always-inline functions is used here, so that
// code for a wide instruction set cannot reach the rest of the program.

#include "tests/models/math_batch.hpp"

#include "models/base/math.hpp"

namespace spikemass::math_batch::MATH_BATCH {
namespace {

#define LOOP(name, type, expression)                                                            \
    void name([[maybe_unused]] const type* __restrict__ a, [[maybe_unused]] const type* __restrict__ b, type* __restrict__ out, long n) { \
        _Pragma("omp simd") for (long i = 0; i < n; ++i) out[i] = expression;                   \
    }
#define BOTH(f, expression) LOOP(f##_f32, float, expression) LOOP(f##_f64, double, expression)

BOTH(exp, math::exp(a[i]))
BOTH(log, math::log(a[i]))
BOTH(sin, math::sin(a[i]))
BOTH(cos, math::cos(a[i]))
BOTH(tan, math::tan(a[i]))
BOTH(atan, math::atan(a[i]))
BOTH(pow, math::pow(a[i], b[i]))
BOTH(round, math::round(a[i]))
BOTH(floor, math::floor(a[i]))
LOOP(clamp_f32, float, math::clamp(a[i], -2.5f, 1e6f))
LOOP(log_positive_normal_f32, float, math::log_positive_normal(a[i]))
LOOP(to_int_f32, float, math::from_bits(static_cast<std::uint32_t>(math::to_int(a[i]))))
LOOP(to_int_f64, double, math::from_bits(static_cast<std::uint64_t>(math::to_int(a[i]))))
LOOP(log1p_f64, double, math::log1p(a[i]))
LOOP(atan2_f64, double, math::atan2(a[i], b[i]))
LOOP(sinpi_f64, double, math::sinpi(a[i]))
LOOP(cospi_f64, double, math::cospi(a[i]))
LOOP(tanpi_f64, double, math::tanpi(a[i]))
LOOP(cotpi_f64, double, math::cotpi(a[i]))
LOOP(sqrt_f32, float, math::sqrt(a[i]))
LOOP(sqrt_f64, double, math::sqrt(a[i]))

constexpr Function table[] = {
#include "tests/models/math_hashes.inc"
};
static_assert(sizeof table / sizeof table[0] == function_count);

}  // namespace

const Function* functions() { return table; }

}  // namespace spikemass::math_batch::MATH_BATCH
