// Every other detector of the shim catches a planted fault, under every schedule, and lets the corrected kernel pass.
#include "tests/device/faults.hpp"

namespace spikemass::device_test {
namespace {

template <bool right>
struct LeavesEarly {
    KERNEL("leaves_early");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(32);
        a.write(lane(), lane());
        sync_cluster();
        if (cluster_rank() == 1) {
            if (!right)
                for (unsigned turn = 0; turn < 200; ++turn) spin_yield();        // while block 0 leaves
            out.write(lane(), a.in_block(0).read(lane()));
        }
        if (right) sync_cluster();
    }
};
TEST(OutOfBounds, MemoryOfABlockThatHasLeft) {
    fault_of<LeavesEarly<false>>(FaultKind::out_of_bounds, {.grid = 2, .cluster = 2, .shared_bytes = 128});
    expect_fine<LeavesEarly<true>>({.grid = 2, .cluster = 2, .shared_bytes = 128});
}

// Divergence.

enum class Divergence { none, some_leave, two_places, other_collective, other_scope };
template <Divergence how>
struct DivergentBarrier {
    KERNEL("divergent_barrier");
    SPIKEMASS_DEVICE void operator()() const {
        const bool first = thread_index() < 40;
        if (how == Divergence::none) sync_block();
        if (how == Divergence::some_leave && first) sync_block();
        if (how == Divergence::two_places) {
            if (first) sync_block();
            else
                sync_block();
        }
        if (how == Divergence::other_scope) {
            if (first) sync_block();
            else sync_cluster();
        }
    }
};
TEST(Divergence, BlockBarrier) {
    const Dims dims{.grid = 2, .block = 64, .cluster = 2};
    const auto message = fault_of<DivergentBarrier<Divergence::some_leave>>(FaultKind::divergent_barrier, dims);
    EXPECT_TRUE(has(message, "block barrier") && has(message, "thread") && (has(message, "has left") || has(message, "leaves"))) << message;
    fault_of<DivergentBarrier<Divergence::two_places>>(FaultKind::divergent_barrier, dims);
    fault_of<DivergentBarrier<Divergence::other_scope>>(FaultKind::divergent_barrier, dims);
    expect_fine<DivergentBarrier<Divergence::none>>(dims);
}

template <Divergence how>
struct DivergentBallot {
    KERNEL("divergent_ballot");
    SPIKEMASS_DEVICE void operator()() const {
        const bool first = lane() < 16;
        if (how == Divergence::none || first) ballot(first);
        else if (how == Divergence::other_collective) shuffle(1u, 0);
        else if (how == Divergence::two_places) ballot(false);
        if (how != Divergence::some_leave) sync_block();
    }
};
TEST(Divergence, WarpCollective) {
    const Dims dims{.block = 64};
    const auto message = fault_of<DivergentBallot<Divergence::some_leave>>(FaultKind::divergent_collective, dims);
    EXPECT_TRUE(has(message, "warp collective") && has(message, "faults_test.cpp:")) << message;
    fault_of<DivergentBallot<Divergence::two_places>>(FaultKind::divergent_collective, dims);
    fault_of<DivergentBallot<Divergence::other_collective>>(FaultKind::divergent_collective, dims);
    fault_of<DivergentBallot<Divergence::other_scope>>(FaultKind::divergent_collective, dims);     // the others go to sync_block
    expect_fine<DivergentBallot<Divergence::none>>(dims);
}

template <Divergence how>
struct DivergentCluster {
    KERNEL("divergent_cluster");
    SPIKEMASS_DEVICE void operator()() const {
        if (how == Divergence::none || cluster_rank() == 0) sync_cluster();
        else sync_block();
    }
};
TEST(Divergence, ClusterBarrier) {
    fault_of<DivergentCluster<Divergence::some_leave>>(FaultKind::divergent_barrier, {.grid = 2, .block = 64, .cluster = 2});
    expect_fine<DivergentCluster<Divergence::none>>({.grid = 4, .block = 64, .cluster = 2});
}

template <bool right>
struct GridBarrierMissed {
    KERNEL("grid_barrier_missed");
    SPIKEMASS_DEVICE void operator()() const {
        if (!right && block_index() == 1) return;
        sync_grid({out});
    }
};
TEST(Divergence, GridBarrierThatABlockNeverReaches) {
    const Dims dims{.grid = 3, .block = 64, .cooperative = true};
    const auto message = fault_of<GridBarrierMissed<false>>(FaultKind::divergent_barrier, dims);
    EXPECT_TRUE(has(message, "grid barrier") && has(message, "block 1")) << message;
    expect_fine<GridBarrierMissed<true>>(dims);
    fault_of<GridBarrierMissed<true>>(FaultKind::launch, {.grid = 3, .block = 64});               // not cooperative
}

// Bounds.

enum class Beyond { nothing, shared_read, shared_write, shared_add, part, carve, rank, no_memory, global_read, global_write, global_add, load16_end, load16_align };
template <Beyond how>
struct OutOfBounds {
    KERNEL("out_of_bounds");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(how == Beyond::carve ? 65 : 48);
        const auto b = carve.array<u16>(8);
        if (thread_index() < 48) a.write(thread_index(), 1);
        sync_block();
        if (block_index() != 1 || thread_index() != 33) return;
        if (how == Beyond::nothing) out.write(out.size() - 1, a.read(47) + a.add(47, 1) + a.in_block(0).read(47) + out.load16(out.size() - 4).word[3] + b.part(4, 4).size());
        if (how == Beyond::shared_read) a.read(48);
        if (how == Beyond::shared_write) a.write(48, 1);
        if (how == Beyond::shared_add) a.add(0u - 1u, 1);
        if (how == Beyond::part) b.part(4, 5);
        if (how == Beyond::rank) a.in_block(1);
        if (how == Beyond::no_memory) Shared<u32>(out.data(), 4).read(2);
        if (how == Beyond::global_read) out.read(out.size());
        if (how == Beyond::global_write) out.write(out.size(), 0);
        if (how == Beyond::global_add) out.red_add(~std::uint64_t{0}, 0);
        if (how == Beyond::load16_end) out.load16(out.size() - 3);
        if (how == Beyond::load16_align) out.load16(1);
    }
};
const Dims bounds_dims{.grid = 2, .block = 64, .shared_bytes = 256};
template <Beyond... all>
void expect_out_of_bounds() {
    (
        [] {
            const auto message = fault_of<OutOfBounds<all>>(FaultKind::out_of_bounds, bounds_dims);
            if (all == Beyond::carve) EXPECT_TRUE(has(message, "carves 260 bytes out of 256")) << message;
            else
                EXPECT_TRUE(has(message, "block 1, thread 33 (faults_test.cpp:")) << message;
        }(),
        ...);
}
TEST(OutOfBounds, SharedAndGlobal) {
    expect_fine<OutOfBounds<Beyond::nothing>>(bounds_dims);
    using enum Beyond;
    expect_out_of_bounds<shared_read, shared_write, shared_add, part, carve, rank, no_memory, global_read, global_write, global_add, load16_end, load16_align>();
}

template <bool right>
struct Uninitialised {
    KERNEL("uninitialised");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(64);
        if (right || thread_index() != 50) a.write(thread_index(), 0);
        sync_block();
        if (block_index() == 1) a.add(63 - thread_index(), 1);
    }
};
TEST(Uninitialised, SharedMemoryThatNobodyWrote) {
    // 40 blocks of 64 run in two waves: what the first wrote does not count for the second
    const Dims dims{.grid = 40, .block = 64, .shared_bytes = 256};
    EXPECT_TRUE(has(fault_of<Uninitialised<false>>(FaultKind::uninitialised, dims), "element 50 of 64"));
    expect_fine<Uninitialised<true>>(dims);
}

template <bool right>
struct WaitsForAFlag {
    KERNEL("waits_for_a_flag");
    SPIKEMASS_DEVICE void operator()() const {
        if (block_index() == 1 && thread_index() == 0 && right) out.store_release(0, 1);
        if (block_index() == 0 && thread_index() == 3)
            while (out.load_acquire(0) == 0) spin_yield();
        sync_block();
    }
};
TEST(Progress, ASpinThatNeverEnds) {
    const auto message = fault_of<WaitsForAFlag<false>>(FaultKind::no_progress, {.grid = 2, .block = 32});
    EXPECT_TRUE(has(message, "block 0, thread 3") && has(message, "spins") && has(message, "waits at a block barrier")) << message;
    expect_fine<WaitsForAFlag<true>>({.grid = 2, .block = 32});
}

/// Not a detector: a race on global memory shows as results that differ between seeds.
template <bool right>
struct Increment {
    KERNEL("increment");
    SPIKEMASS_DEVICE void operator()() const {
        for (unsigned i = 0; i < 10; ++i) {
            if (right) out.red_add(0, 1);
            else out.store_release(0, out.load_acquire(0) + 1);
        }
    }
};
template <class Kernel>
unsigned schedules_that_lose_counts() {
    unsigned lost = 0;
    for (const Options& options : schedules()) {
        std::vector<u32> memory(1);
        Kernel kernel;
        kernel.out = {memory.data(), 1};
        shim::launch(kernel, {.grid = 2, .block = 64}, options);
        lost += memory[0] != 2 * 64 * 10;
    }
    return lost;
}
TEST(Interleaving, IsSeenByGlobalMemory) {
    EXPECT_EQ(schedules_that_lose_counts<Increment<true>>(), 0u);
    EXPECT_EQ(schedules_that_lose_counts<Increment<false>>(), 10u);      // every seed
}

TEST(Launches, DimsThatNoGpuTakes) {
    using Kernel = GridBarrierMissed<true>;
    for (const Dims& dims : {Dims{.block = 33}, Dims{.block = 0}, Dims{.block = 2048}, Dims{.grid = 3, .cluster = 2}, Dims{.cluster = 0},
                             Dims{.shared_bytes = 300'000}, Dims{.grid = 1000, .block = 1024, .cooperative = true}})
        fault_of<Kernel>(FaultKind::launch, dims);
}

/// What a kernel throws comes out; what stands on the other threads' stacks is destroyed.
struct Alive {
    static inline int count = 0;
    Alive() { ++count; }
    ~Alive() { --count; }
};
struct Throws {
    KERNEL("throws");
    SPIKEMASS_DEVICE void operator()() const {
        const Alive alive;
        sync_block();
        if (thread_index() == 17) throw std::runtime_error("seventeen");
        sync_block();
    }
};
TEST(Launches, AnExceptionUnwindsEveryThread) {
    for (const Options& options : schedules()) {
        EXPECT_THROW(shim::launch(Throws{}, {.grid = 4, .block = 64}, options), std::runtime_error);
        EXPECT_EQ(Alive::count, 0);
    }
    expect_fine<Uninitialised<true>>({.grid = 3, .block = 64, .shared_bytes = 256});      // and the next launch is sound
}

}  // namespace
}  // namespace spikemass::device_test
