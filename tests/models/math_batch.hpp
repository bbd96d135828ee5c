#pragma once
// Every function of models/base/math.hpp as a loop over arrays, compiled several times with different flags.

#include <cstdint>

namespace spikemass::math_batch {

/// Exactly one of f32 and f64 is set; b is the second argument, unused by unary functions.  Shapes: a, b, out [n].
struct Function {
    const char* name;
    void (*f32)(const float* a, const float* b, float* out, long n);
    void (*f64)(const double* a, const double* b, double* out, long n);
    double low, high;                ///< where half of the hashed inputs lie; the others are random bit patterns
    std::uint64_t hash;              ///< committed, over `inputs` inputs
};

inline constexpr int function_count = 30;
inline constexpr long inputs = 1L << 22;

namespace O0_v3 { const Function* functions(); }
namespace scalar_v3 { const Function* functions(); }
namespace O3_v3 { const Function* functions(); }
namespace O3_v4 { const Function* functions(); }

}  // namespace spikemass::math_batch
