// The shim's race detector catches planted races, under every schedule, and lets the corrected kernels pass.
#include "tests/device/faults.hpp"
#include "tests/device/kernels.hpp"

namespace spikemass::device_test {
namespace {

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
    EXPECT_TRUE(has(message, "race: ") && has(message, "races_test.cpp:") && has(message, " of block ") && has(message, "in line ")) << message;
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

}  // namespace
}  // namespace spikemass::device_test
