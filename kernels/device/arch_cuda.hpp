#pragma once
// The device side of arch.hpp: intrinsics and, here alone, inline PTX.  sm_80 and later; included by arch.hpp under nvcc.

#include <cstdint>

namespace spikemass::arch {

constexpr unsigned full_warp = 0xffffffffu;

SPIKEMASS_DEVICE unsigned thread_index() { return threadIdx.x; }
SPIKEMASS_DEVICE unsigned block_index() { return blockIdx.x; }
SPIKEMASS_DEVICE unsigned block_size() { return blockDim.x; }
SPIKEMASS_DEVICE unsigned grid_size() { return gridDim.x; }
SPIKEMASS_DEVICE unsigned lane() { return threadIdx.x % warp_size; }
SPIKEMASS_DEVICE unsigned warp() { return threadIdx.x / warp_size; }

SPIKEMASS_DEVICE void sync_block() { __syncthreads(); }
SPIKEMASS_DEVICE void sync_warp() { __syncwarp(full_warp); }
SPIKEMASS_DEVICE std::uint32_t ballot(bool p) { return __ballot_sync(full_warp, p); }

template <class T>
SPIKEMASS_DEVICE T shuffle(T x, unsigned from) {
    static_assert(sizeof(T) == 4);
    return __shfl_sync(full_warp, x, static_cast<int>(from));
}
template <class T>
SPIKEMASS_DEVICE T shuffle_up(T x, unsigned distance) {
    static_assert(sizeof(T) == 4);
    return __shfl_up_sync(full_warp, x, distance);
}
template <class T>
SPIKEMASS_DEVICE T shuffle_down(T x, unsigned distance) {
    static_assert(sizeof(T) == 4);
    return __shfl_down_sync(full_warp, x, distance);
}
template <class T>
SPIKEMASS_DEVICE T shuffle_xor(T x, unsigned mask) {
    static_assert(sizeof(T) == 4);
    return __shfl_xor_sync(full_warp, x, static_cast<int>(mask));
}

SPIKEMASS_DEVICE unsigned popcount(std::uint32_t x) { return static_cast<unsigned>(__popc(x)); }
SPIKEMASS_DEVICE unsigned leading_zeros(std::uint32_t x) { return static_cast<unsigned>(__clz(static_cast<int>(x))); }
SPIKEMASS_DEVICE unsigned find_first_set(std::uint32_t x) { return static_cast<unsigned>(__ffs(static_cast<int>(x))); }
SPIKEMASS_DEVICE std::uint32_t mul_high(std::uint32_t a, std::uint32_t b) { return __umulhi(a, b); }

SPIKEMASS_DEVICE std::uint32_t atomic_add(std::uint32_t* p, std::uint32_t x) { return atomicAdd(p, x); }
SPIKEMASS_DEVICE std::int32_t atomic_add(std::int32_t* p, std::int32_t x) { return atomicAdd(p, x); }
SPIKEMASS_DEVICE std::uint32_t atomic_or(std::uint32_t* p, std::uint32_t x) { return atomicOr(p, x); }
SPIKEMASS_DEVICE std::uint32_t atomic_max(std::uint32_t* p, std::uint32_t x) { return atomicMax(p, x); }
template <class T>
SPIKEMASS_DEVICE T raw_atomic_add(T* p, T x) { return atomicAdd(p, x); }
SPIKEMASS_DEVICE std::uint32_t raw_atomic_or(std::uint32_t* p, std::uint32_t x) { return atomicOr(p, x); }
SPIKEMASS_DEVICE std::uint32_t raw_atomic_max(std::uint32_t* p, std::uint32_t x) { return atomicMax(p, x); }

SPIKEMASS_DEVICE void red_add(std::uint32_t* p, std::uint32_t x) {
    asm volatile("red.relaxed.gpu.global.add.u32 [%0], %1;" ::"l"(__cvta_generic_to_global(p)), "r"(x) : "memory");
}
SPIKEMASS_DEVICE void red_add(std::int32_t* p, std::int32_t x) {
    asm volatile("red.relaxed.gpu.global.add.s32 [%0], %1;" ::"l"(__cvta_generic_to_global(p)), "r"(x) : "memory");
}
SPIKEMASS_DEVICE void red_release_add(std::uint32_t* p, std::uint32_t x) {
    asm volatile("red.release.gpu.global.add.u32 [%0], %1;" ::"l"(__cvta_generic_to_global(p)), "r"(x) : "memory");
}
/// For sync_grid: releases what the block wrote before its sync_block, and returns the count before.
SPIKEMASS_DEVICE std::uint32_t add_release(std::uint32_t* p, std::uint32_t x) {
    std::uint32_t old;
    asm volatile("atom.acq_rel.gpu.global.add.u32 %0, [%1], %2;" : "=r"(old) : "l"(__cvta_generic_to_global(p)), "r"(x) : "memory");
    return old;
}
SPIKEMASS_DEVICE std::uint32_t load_acquire(const std::uint32_t* p) {
    std::uint32_t x;
    asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(x) : "l"(__cvta_generic_to_global(p)) : "memory");
    return x;
}
SPIKEMASS_DEVICE void store_release(std::uint32_t* p, std::uint32_t x) {
    asm volatile("st.release.gpu.global.u32 [%0], %1;" ::"l"(__cvta_generic_to_global(p)), "r"(x) : "memory");
}

SPIKEMASS_DEVICE void prefetch_l2(const void* p) { asm volatile("prefetch.global.L2 [%0];" ::"l"(__cvta_generic_to_global(p))); }
SPIKEMASS_DEVICE Quad load16(const void* p) {
    Quad q;
    asm volatile("ld.global.nc.v4.u32 {%0, %1, %2, %3}, [%4];"
                 : "=r"(q.word[0]), "=r"(q.word[1]), "=r"(q.word[2]), "=r"(q.word[3])
                 : "l"(__cvta_generic_to_global(p)));
    return q;
}
SPIKEMASS_DEVICE void spin_yield() { __nanosleep(32); }

SPIKEMASS_DEVICE unsigned char* shared_memory() {
    extern __shared__ __align__(128) unsigned char spikemass_shared_memory[];
    return spikemass_shared_memory;
}

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900

SPIKEMASS_DEVICE unsigned cluster_rank() {
    unsigned x;
    asm("mov.u32 %0, %%cluster_ctarank;" : "=r"(x));
    return x;
}
SPIKEMASS_DEVICE unsigned cluster_size() {
    unsigned x;
    asm("mov.u32 %0, %%cluster_nctarank;" : "=r"(x));
    return x;
}
SPIKEMASS_DEVICE void sync_cluster() {
    asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
    asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
}
template <class T>
SPIKEMASS_DEVICE T* cluster_map(T* p, unsigned rank) {
    std::uint64_t there;
    asm("mapa.u64 %0, %1, %2;" : "=l"(there) : "l"(reinterpret_cast<std::uint64_t>(p)), "r"(rank));
    return reinterpret_cast<T*>(there);
}

#else

SPIKEMASS_DEVICE unsigned cluster_rank() { return 0; }
SPIKEMASS_DEVICE unsigned cluster_size() { return 1; }
SPIKEMASS_DEVICE void sync_cluster() { __syncthreads(); }
template <class T>
SPIKEMASS_DEVICE T* cluster_map(T* p, unsigned) { return p; }

#endif

}  // namespace spikemass::arch
