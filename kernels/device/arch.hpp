#pragma once
// The one door between kernels and the machine: indices, barriers, warp collectives, atomics, clusters, views of memory.
//
// A kernel is a struct whose plain-data members are its parameters:
//
//     struct Scale {
//         static constexpr const char* name = "scale";
//         static constexpr unsigned max_threads = 256;      // launch bound
//         Global<float> x;
//         SPIKEMASS_DEVICE void operator()() const { ... }   // what one thread does
//     };
//
// nvcc compiles it for the GPU (arch_cuda.hpp; launched by launch.cuh), g++ and clang++ for the shim (arch_host.hpp, shim.hpp), which runs
// every thread as a fiber and checks what it does.  Kernels use nothing of CUDA but what is named here (tests/check_kernels.py).
//
// Everything is one-dimensional, all warps are whole (block sizes are multiples of 32), every collective wants all 32 lanes, every barrier
// all threads of its scope, from one place in the source.
//
//     thread_index() block_index() block_size() grid_size() [blocks]     lane() warp()     cluster_rank() cluster_size() [blocks]
//     sync_block()  sync_warp()  sync_cluster()      order memory too; ballot and shuffles do not
//     sync_grid(barrier) -> bool                     see GridBarrier
//     ballot(p)  shuffle(x, lane)  shuffle_up(x, d)  shuffle_down(x, d)  shuffle_xor(x, mask)       any 32-bit x
//     popcount(x)  leading_zeros(x) [0: 32]  find_first_set(x) [from 1; 0: 0]  mul_high(a, b)       u32
//     atomic_add(p, x) -> old [u32, i32]  atomic_or, atomic_max(p, x) -> old [u32]                  relaxed; global or shared memory
//     red_add(p, x) [u32, i32]                                                                      relaxed, no result; global memory
//     load_acquire(p)  store_release(p, x)  red_release_add(p, x)                                   u32, scope: the GPU
//     prefetch_l2(p)   load16(p) -> Quad: 16 aligned bytes of memory that nobody writes during the launch
//     shared_memory()  the block's only buffer;  cluster_map(p, rank): the same place in another block of the cluster
//     spin_yield()     once per turn of every loop that waits for another thread
//
// Before sm_90 a block is a cluster of its own.  `using namespace arch` inside namespace spikemass only: CUDA has a global ballot.

#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "models/base/host_device.hpp"

#if defined(__CUDACC__)
#define SPIKEMASS_DEVICE __device__ __forceinline__
#else
#define SPIKEMASS_DEVICE inline
#endif

namespace spikemass::arch {

constexpr unsigned warp_size = 32;

/// Blocks that must fit onto a multiprocessor at once, where a kernel says so (a specialisation): the compiler then takes all the registers that this leaves, instead of
/// spilling for the sake of more threads.  0: its choice.
template <class Kernel>
inline constexpr unsigned resident_blocks = 0;

/// Shape of a launch.  block: threads, a multiple of 32, at most the kernel's max_threads; cluster: blocks, a divisor of grid;
/// cooperative: all blocks run at the same time, or the launch fails.
struct Dims {
    unsigned grid = 1, block = 32, cluster = 1;
    std::size_t shared_bytes = 0;
    bool cooperative = false;
};

struct alignas(16) Quad {
    std::uint32_t word[4];
};

}  // namespace spikemass::arch

#if defined(__CUDACC__)
#include "kernels/device/arch_cuda.hpp"
#else
#include "kernels/device/arch_host.hpp"
#endif

namespace spikemass::arch {

// The shim is told of every access, and where in the source it is made; nvcc sees none of that.
#if defined(__CUDACC__)
#define SPIKEMASS_AT
#define SPIKEMASS_CHECKED(call)
#define SPIKEMASS_CHECKED_AT
#else
#define SPIKEMASS_AT , SPIKEMASS_HERE
#define SPIKEMASS_CHECKED(call) shim::call
#define SPIKEMASS_CHECKED_AT , at
#endif

/// An array in shared memory; made by Carve.  A handle: copies mean the same memory.
template <class T>
class Shared {
    static_assert(std::is_trivially_copyable_v<T>);
public:
    Shared() = default;
    SPIKEMASS_HD Shared(T* data, unsigned size) : data_(data), size_(size) {}
    SPIKEMASS_HD unsigned size() const { return size_; }
    SPIKEMASS_HD T* data() const { return data_; }

    SPIKEMASS_DEVICE T read(unsigned i SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(shared_access(data_, i, size_, sizeof(T), shim::Access::read, at));
        return data_[i];
    }
    SPIKEMASS_DEVICE void write(unsigned i, T x SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(shared_access(data_, i, size_, sizeof(T), shim::Access::write, at));
        data_[i] = x;
    }
    /// Atomic; returns what was there before.  T: u32 or i32; or_ and max: u32.
    SPIKEMASS_DEVICE T add(unsigned i, T x SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(shared_access(data_, i, size_, sizeof(T), shim::Access::atomic, at));
        return raw_atomic_add(data_ + i, x);
    }
    SPIKEMASS_DEVICE T or_(unsigned i, T x SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(shared_access(data_, i, size_, sizeof(T), shim::Access::atomic, at));
        return raw_atomic_or(data_ + i, x);
    }
    SPIKEMASS_DEVICE T max(unsigned i, T x SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(shared_access(data_, i, size_, sizeof(T), shim::Access::atomic, at));
        return raw_atomic_max(data_ + i, x);
    }
    /// The same array of another block of the cluster.
    SPIKEMASS_DEVICE Shared in_block(unsigned rank SPIKEMASS_AT) const { return Shared(cluster_map(data_, rank SPIKEMASS_CHECKED_AT), size_); }
    /// Elements [first, first + size) as an array of their own.
    SPIKEMASS_DEVICE Shared part(unsigned first, unsigned size SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(check_part(first, size, size_, at));
        return Shared(data_ + first, size);
    }

private:
    T* data_ = nullptr;
    unsigned size_ = 0;
};

/// An array in global memory; a plain-data member of kernels.  A handle: copies mean the same memory.
template <class T>
class Global {
    static_assert(std::is_trivially_copyable_v<T>);
    using Value = std::remove_const_t<T>;
public:
    Global() = default;
    SPIKEMASS_HD Global(T* data, std::uint64_t size) : data_(data), size_(size) {}
    /// What is written elsewhere may be read here.
    template <class U>
        requires std::is_same_v<const U, T>
    SPIKEMASS_HD Global(const Global<U>& other) : data_(other.data()), size_(other.size()) {}
    SPIKEMASS_HD std::uint64_t size() const { return size_; }
    SPIKEMASS_HD T* data() const { return data_; }

    SPIKEMASS_DEVICE Value read(std::uint64_t i SPIKEMASS_AT) const { return *place(i SPIKEMASS_CHECKED_AT); }
    SPIKEMASS_DEVICE void write(std::uint64_t i, Value x SPIKEMASS_AT) const { *place(i SPIKEMASS_CHECKED_AT) = x; }
    SPIKEMASS_DEVICE void red_add(std::uint64_t i, Value x SPIKEMASS_AT) const { arch::red_add(place(i SPIKEMASS_CHECKED_AT), x); }
    /// Atomic; these return what was there before.
    SPIKEMASS_DEVICE Value atomic_add(std::uint64_t i, Value x SPIKEMASS_AT) const { return arch::atomic_add(place(i SPIKEMASS_CHECKED_AT), x); }
    SPIKEMASS_DEVICE Value atomic_or(std::uint64_t i, Value x SPIKEMASS_AT) const { return arch::atomic_or(place(i SPIKEMASS_CHECKED_AT), x); }
    SPIKEMASS_DEVICE Value atomic_max(std::uint64_t i, Value x SPIKEMASS_AT) const { return arch::atomic_max(place(i SPIKEMASS_CHECKED_AT), x); }
    SPIKEMASS_DEVICE Value load_acquire(std::uint64_t i SPIKEMASS_AT) const { return arch::load_acquire(place(i SPIKEMASS_CHECKED_AT)); }
    SPIKEMASS_DEVICE void store_release(std::uint64_t i, Value x SPIKEMASS_AT) const { arch::store_release(place(i SPIKEMASS_CHECKED_AT), x); }
    SPIKEMASS_DEVICE void red_release_add(std::uint64_t i, Value x SPIKEMASS_AT) const { arch::red_release_add(place(i SPIKEMASS_CHECKED_AT), x); }
    SPIKEMASS_DEVICE void prefetch_l2(std::uint64_t i SPIKEMASS_AT) const { arch::prefetch_l2(place(i SPIKEMASS_CHECKED_AT)); }
    /// The 16 bytes that begin with element i, which must be aligned to 16.
    SPIKEMASS_DEVICE Quad load16(std::uint64_t i SPIKEMASS_AT) const {
        static_assert(sizeof(T) <= 16);
        SPIKEMASS_CHECKED(check_load16(data_, i, size_, sizeof(T), at));
        return arch::load16(data_ + i);
    }

private:
    SPIKEMASS_DEVICE T* place(std::uint64_t i SPIKEMASS_AT) const {
        SPIKEMASS_CHECKED(check_global(i, size_, at));
        return data_ + i;
    }
    T* data_ = nullptr;
    std::uint64_t size_ = 0;
};

/// Carves arrays out of shared memory, one after another.  `Carve carve(shared_memory())` in a kernel; `Carve carve;` on the host gives
/// the same layout without memory, whose bytes() is the launch's shared_bytes.  Write the layout once:
///
///     struct Layout {
///         Shared<std::uint32_t> counts; Shared<std::uint16_t> list;
///         SPIKEMASS_HD Layout(Carve& carve, unsigned n) : counts(carve.array<std::uint32_t>(n)), list(carve.array<std::uint16_t>(n)) {}
///     };
class Carve {
public:
    Carve() = default;
    SPIKEMASS_HD explicit Carve(unsigned char* memory) : memory_(memory) {}

    /// n elements, aligned to 16 bytes.
    template <class T>
    SPIKEMASS_HD Shared<T> array(unsigned n SPIKEMASS_AT) {
        static_assert(alignof(T) <= 16);
        const std::size_t first = (used_ + 15) & ~std::size_t{15};
        used_ = first + n * sizeof(T);
        SPIKEMASS_CHECKED(check_carve(memory_, used_, at));
        return {memory_ ? reinterpret_cast<T*>(memory_ + first) : nullptr, n};
    }
    SPIKEMASS_HD std::size_t bytes() const { return used_; }

private:
    unsigned char* memory_ = nullptr;
    std::size_t used_ = 0;
};

/// State of a barrier over all blocks of a cooperative launch: two words of global memory, both 0 at the launch.
/// state[0] counts arrivals (at most 2^32 per launch); state[1] is set when a block has looked `bound` times in vain.
struct GridBarrier {
    Global<std::uint32_t> state;
    std::uint32_t bound = 1u << 24;
};

/// A barrier over all blocks, which orders memory as sync_block does.  false, in every thread and for good: somebody gave up, and the
/// kernel has to leave.  The host finds state[1] != 0.
SPIKEMASS_DEVICE bool sync_grid(const GridBarrier& barrier SPIKEMASS_AT);

#if defined(__CUDACC__)

SPIKEMASS_DEVICE bool sync_grid(const GridBarrier& barrier) {
    bool failed = false;
    __syncthreads();
    if (thread_index() == 0) {
        std::uint32_t* const count = barrier.state.data();
        const std::uint32_t ticket = add_release(count, 1);
        const std::uint32_t round = ticket - ticket % grid_size() + grid_size();
        for (std::uint32_t turn = 0; static_cast<std::int32_t>(load_acquire(count) - round) < 0 && !failed; ++turn) {
            if (turn == barrier.bound) atomic_or(count + 1, 1u);
            failed = load_acquire(count + 1) != 0;
            spin_yield();
        }
        failed = failed || load_acquire(count + 1) != 0;
    }
    return !__syncthreads_or(failed);
}

#else

inline bool sync_grid(const GridBarrier& barrier, shim::Where at) {
    shim::check_global(1, barrier.state.size(), at);
    return shim::sync_grid(barrier.state.data(), at);
}

#endif

}  // namespace spikemass::arch
