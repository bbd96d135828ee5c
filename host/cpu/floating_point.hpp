#pragma once
// Sets the floating-point environment of the calling thread to IEEE defaults and restores it: a foreign library built with
// -ffast-math may have switched on flush-to-zero, which would change spikes.

#include <xmmintrin.h>

namespace spikemass::cpu {

class FloatingPointGuard {
public:
    FloatingPointGuard() : saved_(_mm_getcsr()) { _mm_setcsr(0x1f80); }
    ~FloatingPointGuard() { _mm_setcsr(saved_); }
    FloatingPointGuard(const FloatingPointGuard&) = delete;
    FloatingPointGuard& operator=(const FloatingPointGuard&) = delete;

private:
    unsigned saved_;
};

}  // namespace spikemass::cpu
