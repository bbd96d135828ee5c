// Every detector of the shim catches a planted fault, under every schedule, and lets the corrected kernel pass.
#include <gtest/gtest.h>

#include <vector>

#include "kernels/device/shim.hpp"
#include "tests/device/kernels.hpp"

namespace spikemass::device_test {
namespace {

using shim::Fault;
using shim::FaultKind;
using shim::Options;
using shim::Order;

std::vector<Options> schedules() {
    std::vector<Options> all{{.order = Order::round_robin, .max_spins = 500}, {.order = Order::reverse, .max_spins = 500}};
    for (unsigned seed = 1; seed <= 10; ++seed) all.push_back({.seed = seed, .max_spins = 500});
    return all;
}

/// The message of the fault; every schedule must find it and call it the same.
template <class Kernel>
std::string fault_of(FaultKind kind, const Dims& dims, Kernel kernel = {}) {
    std::string message;
    for (const Options& options : schedules()) {
        std::vector<u32> memory(256);
        kernel.out = {memory.data(), memory.size()};
        try {
            shim::launch(kernel, dims, options);
            ADD_FAILURE() << Kernel::name << ": nothing found with order " << static_cast<int>(options.order) << ", seed " << options.seed;
        } catch (const Fault& fault) {
            EXPECT_EQ(fault.kind, kind) << fault.what();
            message = fault.what();
            EXPECT_EQ(message.rfind(std::string("kernel ") + Kernel::name, 0), 0u) << message;
        }
    }
    return message;
}
template <class Kernel>
void expect_fine(const Dims& dims, Kernel kernel = {}) {
    for (const Options& options : schedules()) {
        std::vector<u32> memory(256);
        kernel.out = {memory.data(), memory.size()};
        EXPECT_NO_THROW(shim::launch(kernel, dims, options)) << Kernel::name;
    }
}
bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

#define KERNEL(NAME)                          \
    static constexpr const char* name = NAME; \
    static constexpr unsigned max_threads = 1024; \
    Global<u32> out {}

// Races.

template <bool right>
struct Rotate {
    KERNEL("rotate");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(block_size());
        a.write(thread_index(), thread_index());
        sync_block();
        const u32 x = a.read((thread_index() + 40) % block_size());
        if (right) sync_block();
        a.write(thread_index(), x);
    }
};
TEST(Races, MissingBlockBarrier) {
    const Dims dims{.grid = 2, .block = 96, .shared_bytes = 384};
    const auto message = fault_of<Rotate<false>>(FaultKind::race, dims);
    EXPECT_TRUE(has(message, "race: ") && has(message, "faults_test.cpp:") && has(message, " of block ") && has(message, "in line ")) << message;
    expect_fine<Rotate<true>>(dims);
}

enum class Between { nothing, ballot, sync_warp };
template <Between between>
struct Lanes {
    KERNEL("lanes");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(32);
        a.write(lane(), 0);
        sync_block();
        if (lane() == 3) a.write(5, 1);
        if (between == Between::ballot) ballot(true);
        if (between == Between::sync_warp) sync_warp();
        if (lane() == 4) out.write(0, a.read(5));
    }
};
TEST(Races, MissingWarpSync) {
    const Dims dims{.shared_bytes = 128};
    fault_of<Lanes<Between::nothing>>(FaultKind::race, dims);
    fault_of<Lanes<Between::ballot>>(FaultKind::race, dims);          // a ballot orders no memory
    expect_fine<Lanes<Between::sync_warp>>(dims);
}

template <bool right>
struct TwoWarps {
    KERNEL("two_warps");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(1);
        if (thread_index() == 0) a.write(0, 7);
        sync_warp();                // not enough for the other warp
        if (right) sync_block();
        if (thread_index() == 32) a.write(0, 8);
    }
};
TEST(Races, WarpSyncIsNoBlockBarrier) {
    fault_of<TwoWarps<false>>(FaultKind::race, {.block = 64, .shared_bytes = 16});
    expect_fine<TwoWarps<true>>({.block = 64, .shared_bytes = 16});
}

template <bool right>
struct CountAndRead {
    KERNEL("count_and_read");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(1);
        if (thread_index() == 0) a.write(0, 0);
        sync_block();
        a.add(0, 1);
        atomic_add(a.data(), 1u);   // atomics do not race with each other
        if (right) sync_block();
        out.write(thread_index(), a.read(0));
    }
};
TEST(Races, AtomicsAgainstPlainReads) {
    fault_of<CountAndRead<false>>(FaultKind::race, {.block = 64, .shared_bytes = 16});
    expect_fine<CountAndRead<true>>({.block = 64, .shared_bytes = 16});
}

/// One thread counts, another looks or writes: which comes first depends on the schedule, that it is a race does not.
template <bool right, bool writes>
struct OneCounts {
    KERNEL("one_counts");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<std::int32_t>(1);
        if (thread_index() == 0) a.write(0, 0);
        sync_block();
        if (thread_index() == 40) a.add(0, -1);
        if (right) sync_block();
        if (thread_index() == 3 && writes) a.write(0, 5);
        if (thread_index() == 3 && !writes) a.read(0);
    }
};
TEST(Races, OneAtomicAgainstOnePlainAccess) {
    const Dims dims{.block = 64, .shared_bytes = 16};
    fault_of<OneCounts<false, false>>(FaultKind::race, dims);
    fault_of<OneCounts<false, true>>(FaultKind::race, dims);
    expect_fine<OneCounts<true, false>>(dims);
    expect_fine<OneCounts<true, true>>(dims);
}

/// The same bytes as u32 and as u16: the upper half of the one is the second of the other.
template <bool right>
struct TwoViews {
    KERNEL("two_views");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto whole = carve.array<u32>(2);
        const Shared<u16> halves(reinterpret_cast<u16*>(whole.data()), 4);
        if (thread_index() == 0) whole.write(0, 1);
        if (thread_index() == 40) halves.write(right ? 2 : 1, 1);
    }
};
TEST(Races, TwoViewsOfTheSameBytes) {
    fault_of<TwoViews<false>>(FaultKind::race, {.block = 64, .shared_bytes = 16});
    expect_fine<TwoViews<true>>({.block = 64, .shared_bytes = 16});
}

/// Block 1 looks at what block 0 writes; barriers of the blocks, however many, do not part the two.
template <bool right>
struct OtherBlock {
    KERNEL("other_block");
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u32>(1);
        if (thread_index() == 0) a.write(0, 0);
        sync_cluster();
        if (cluster_rank() == 0 && thread_index() == 0) a.write(0, 1);
        for (unsigned i = 0; i < 5; ++i) sync_block();
        if (right) sync_cluster();
        if (cluster_rank() == 1 && thread_index() == 5) a.in_block(0).read(0);
        sync_cluster();
    }
};
TEST(Races, BlockBarriersDoNotJoinBlocks) {
    const Dims dims{.grid = 4, .cluster = 2, .shared_bytes = 16};
    fault_of<OtherBlock<false>>(FaultKind::race, dims);
    expect_fine<OtherBlock<true>>(dims);
}

/// Many read, one writes: the reader that matters may have come first, last or in the middle.
template <bool right>
struct ManyReaders {
    KERNEL("many_readers");
    u32 writer = 0;
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto a = carve.array<u16>(3);
        if (thread_index() < 3) a.write(thread_index(), 1);
        sync_block();
        a.read(1);
        if (right) sync_block();
        else sync_warp();
        if (thread_index() == writer) a.write(1, 2);
    }
};
TEST(Races, OneWriterAmongManyReaders) {
    for (const u32 writer : {0u, 31u, 40u, 95u}) {
        fault_of(FaultKind::race, {.block = 96, .shared_bytes = 16}, ManyReaders<false>{.writer = writer});
        expect_fine({.block = 96, .shared_bytes = 16}, ManyReaders<true>{.writer = writer});
    }
}

TEST(Races, BlockBarrierWhereAClusterBarrierIsNeeded) {
    for (const Options& options : schedules()) {
        std::vector<u32> state(203);
        for (u32 i = 0; i < state.size(); ++i) state[i] = scramble(i);
        using Kernel = ClusterExchange<Barrier::block>;
        Carve carve;
        const Kernel::Layout layout(carve, Kernel::tile(203, 4));
        try {
            shim::launch(Kernel{{state.data(), state.size()}, 20}, {.grid = 4, .block = 64, .cluster = 4, .shared_bytes = carve.bytes()}, options);
            ADD_FAILURE() << "nothing found with seed " << options.seed;
        } catch (const Fault& fault) {
            EXPECT_EQ(fault.kind, FaultKind::race) << fault.what();
        }
    }
}

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
