#pragma once
// The host side of arch.hpp: every function asks the shim, which runs the kernel's threads as fibers.  Included by arch.hpp without nvcc.

#include <bit>
#include <cstdint>
#include <cstring>

namespace spikemass::shim {

/// A place in the source.
struct Where {
    const char* file;
    int line;
};

enum class Access : std::uint8_t { read, write, atomic };
enum class Collective : std::uint8_t { sync, ballot, shuffle };

// What the running kernel thread asks of the shim (shim.cpp); outside of a launch these throw std::logic_error.

/// Where the running thread stands.
struct Position {
    unsigned thread, block, block_size, grid_size, cluster_rank, cluster_size;
};
const Position& position();

void sync_block(Where);
void sync_cluster(Where);
/// Rendezvous of all blocks; counts in state[0] as the device does.
bool sync_grid(std::uint32_t* state, Where);
/// Rendezvous of a warp: every lane hands in x and sees what all lanes handed in.
const std::uint32_t* warp_exchange(Collective, std::uint32_t x, Where);
/// Before something that other threads may see: the scheduler may let others run first.
void may_yield();
void spin_yield(Where);

unsigned char* shared_memory();
unsigned char* cluster_map(unsigned char* p, unsigned rank, Where);
void shared_access(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Access, Where);
/// An atomic on a bare pointer: checked as shared_access if it points into shared memory.
void atomic_access(const void* p, Where);
void check_global(std::uint64_t index, std::uint64_t size, Where);
void check_load16(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Where);
void check_part(std::uint64_t first, std::uint64_t size, std::uint64_t whole, Where);
/// Does nothing where memory is null (a layout computed on the host).
void check_carve(const unsigned char* memory, std::size_t used, Where);

}  // namespace spikemass::shim

namespace spikemass::arch {

#define SPIKEMASS_HERE shim::Where at = {__builtin_FILE(), __builtin_LINE()}

inline unsigned thread_index() { return shim::position().thread; }
inline unsigned block_index() { return shim::position().block; }
inline unsigned block_size() { return shim::position().block_size; }
inline unsigned grid_size() { return shim::position().grid_size; }
inline unsigned cluster_rank() { return shim::position().cluster_rank; }
inline unsigned cluster_size() { return shim::position().cluster_size; }
inline unsigned lane() { return thread_index() % warp_size; }
inline unsigned warp() { return thread_index() / warp_size; }

inline void sync_block(SPIKEMASS_HERE) { shim::sync_block(at); }
inline void sync_cluster(SPIKEMASS_HERE) { shim::sync_cluster(at); }
inline void sync_warp(SPIKEMASS_HERE) { shim::warp_exchange(shim::Collective::sync, 0, at); }

inline std::uint32_t ballot(bool p, SPIKEMASS_HERE) {
    const std::uint32_t* x = shim::warp_exchange(shim::Collective::ballot, p, at);
    std::uint32_t bits = 0;
    for (unsigned i = 0; i < warp_size; ++i) bits |= x[i] << i;
    return bits;
}
template <class T>
T shuffle(T x, unsigned from, SPIKEMASS_HERE) {
    static_assert(sizeof(T) == 4);
    return std::bit_cast<T>(shim::warp_exchange(shim::Collective::shuffle, std::bit_cast<std::uint32_t>(x), at)[from % warp_size]);
}
// A lane whose source would lie outside the warp keeps its own x.
template <class T>
T shuffle_up(T x, unsigned distance, SPIKEMASS_HERE) { return shuffle(x, distance <= lane() ? lane() - distance : lane(), at); }
template <class T>
T shuffle_down(T x, unsigned distance, SPIKEMASS_HERE) { return shuffle(x, distance < warp_size - lane() ? lane() + distance : lane(), at); }
template <class T>
T shuffle_xor(T x, unsigned mask, SPIKEMASS_HERE) { return shuffle(x, (lane() ^ mask) < warp_size ? lane() ^ mask : lane(), at); }

inline unsigned popcount(std::uint32_t x) { return static_cast<unsigned>(std::popcount(x)); }
inline unsigned leading_zeros(std::uint32_t x) { return static_cast<unsigned>(std::countl_zero(x)); }
inline unsigned find_first_set(std::uint32_t x) { return x == 0 ? 0u : static_cast<unsigned>(std::countr_zero(x)) + 1; }
inline std::uint32_t mul_high(std::uint32_t a, std::uint32_t b) { return static_cast<std::uint32_t>((std::uint64_t{a} * b) >> 32); }

// One fiber runs at a time: an atomic is a plain operation before which others may have run.
template <class T>
T raw_atomic_add(T* p, T x) {
    static_assert(std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::int32_t>);
    shim::may_yield();
    const T old = *p;
    *p = static_cast<T>(static_cast<std::uint32_t>(old) + static_cast<std::uint32_t>(x));
    return old;
}
inline std::uint32_t raw_atomic_or(std::uint32_t* p, std::uint32_t x) {
    shim::may_yield();
    const std::uint32_t old = *p;
    *p = old | x;
    return old;
}
inline std::uint32_t raw_atomic_max(std::uint32_t* p, std::uint32_t x) {
    shim::may_yield();
    const std::uint32_t old = *p;
    *p = old < x ? x : old;
    return old;
}

inline std::uint32_t atomic_add(std::uint32_t* p, std::uint32_t x, SPIKEMASS_HERE) { shim::atomic_access(p, at); return raw_atomic_add(p, x); }
inline std::int32_t atomic_add(std::int32_t* p, std::int32_t x, SPIKEMASS_HERE) { shim::atomic_access(p, at); return raw_atomic_add(p, x); }
inline std::uint32_t atomic_or(std::uint32_t* p, std::uint32_t x, SPIKEMASS_HERE) { shim::atomic_access(p, at); return raw_atomic_or(p, x); }
inline std::uint32_t atomic_max(std::uint32_t* p, std::uint32_t x, SPIKEMASS_HERE) { shim::atomic_access(p, at); return raw_atomic_max(p, x); }
inline void red_add(std::uint32_t* p, std::uint32_t x) { raw_atomic_add(p, x); }
inline void red_add(std::int32_t* p, std::int32_t x) { raw_atomic_add(p, x); }
inline void red_release_add(std::uint32_t* p, std::uint32_t x) { raw_atomic_add(p, x); }
inline std::uint32_t load_acquire(const std::uint32_t* p) {
    shim::may_yield();
    return *p;
}
inline void store_release(std::uint32_t* p, std::uint32_t x) {
    shim::may_yield();
    *p = x;
}

inline void prefetch_l2(const void*) {}
inline Quad load16(const void* p) {
    Quad q;
    std::memcpy(&q, p, sizeof q);
    return q;
}
inline void spin_yield(SPIKEMASS_HERE) { shim::spin_yield(at); }
inline unsigned char* shared_memory() { return shim::shared_memory(); }
template <class T>
T* cluster_map(T* p, unsigned rank, SPIKEMASS_HERE) {
    return reinterpret_cast<T*>(shim::cluster_map(reinterpret_cast<unsigned char*>(p), rank, at));
}

}  // namespace spikemass::arch
