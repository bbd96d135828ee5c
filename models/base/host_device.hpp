#pragma once
// What lets one body run in g++, clang++ and nvcc with the same bits.

#include <bit>
#include <cstdint>

#ifdef __FAST_MATH__
#error "Spikemass promises the same spikes everywhere: do not build it with -ffast-math or -Ofast."
#endif

#if defined(__CUDACC__)
#define SPIKEMASS_HD __host__ __device__ __forceinline__
#define SPIKEMASS_H __host__ __forceinline__
#else
/// always_inline also keeps code that was compiled for a wider instruction set from being linked into the baseline.
#define SPIKEMASS_HD inline __attribute__((always_inline))
#define SPIKEMASS_H SPIKEMASS_HD
#endif
