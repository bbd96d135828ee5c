// The shim runs right kernels rightly: whatever the interleaving and the layout, the same result.
#include "kernels/device/shim.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "tests/device/kernels.hpp"

namespace spikemass::device_test {
namespace {

using shim::Options;
using shim::Order;

template <class T>
Global<T> view(std::vector<std::remove_const_t<T>>& v) { return {v.data(), v.size()}; }

std::vector<u32> numbers(u32 n) {
    std::vector<u32> x(n);
    for (u32 i = 0; i < n; ++i) x[i] = scramble(i + 1);
    return x;
}

/// Both fixed orders and a few seeds.
std::vector<Options> schedules(unsigned seeds = 4) {
    std::vector<Options> all{{.order = Order::round_robin}, {.order = Order::reverse}};
    for (unsigned seed = 1; seed <= seeds; ++seed) all.push_back({.seed = seed});
    return all;
}

TEST(Shim, BlockSum) {
    auto x = numbers(2011);
    u32 sum = 0, largest = 0, bits = 0;
    for (const u32 v : x) sum += v, largest = std::max(largest, v), bits |= v;
    for (const Options& options : schedules())
        for (const auto& [grid, block] : {std::pair{1u, 32u}, {1u, 1024u}, {8u, 128u}, {3u, 96u}, {40u, 64u}}) {      // 40 x 64: in two waves
            std::vector<u32> out(grid), total(3);
            Carve carve;
            const BlockSum::Layout layout(carve);
            shim::launch(BlockSum{view<const u32>(x), view<u32>(out), view<u32>(total)}, {.grid = grid, .block = block, .shared_bytes = carve.bytes()}, options);
            EXPECT_EQ(std::accumulate(out.begin(), out.end(), 0u), sum) << grid << " x " << block;
            EXPECT_EQ(total, (std::vector<u32>{sum, largest, bits})) << grid << " x " << block;
        }
}

TEST(Shim, AppendListInAnyOrder) {
    auto x = numbers(1013);
    std::vector<u32> expected;
    for (u32 i = 0; i < x.size(); ++i)
        if (x[i] % 3 == 0) expected.push_back(i);
    std::set<std::vector<u32>> orders;
    for (const Options& options : schedules(6))
        for (const auto& [grid, block] : {std::pair{1u, 128u}, {5u, 64u}, {2u, 1024u}}) {
            std::vector<u32> list(expected.size()), count(2);
            Carve carve;
            const AppendList::Layout layout(carve, static_cast<unsigned>(x.size()));
            shim::launch(AppendList{view<const u32>(x), view<u32>(list), view<u32>(count)}, {.grid = grid, .block = block, .shared_bytes = carve.bytes()}, options);
            EXPECT_EQ(count, (std::vector<u32>{static_cast<u32>(expected.size()), 31 * 32 / 2 * grid * block / warp_size}));
            if (block == 128) orders.insert(list);
            std::sort(list.begin(), list.end());
            EXPECT_EQ(list, expected) << grid << " x " << block;
        }
    EXPECT_GE(orders.size(), 6u) << "schedules hardly differ: the tests above are weaker than they look";
}

/// The network of ClusterExchange and GridPingPong in plain code.
std::vector<u32> network(std::vector<u32> state, u32 steps) {
    const auto n = static_cast<u32>(state.size());
    std::vector<u32> heard(n), next(n);
    for (u32 t = 0; t < steps; ++t, heard.swap(next)) {
        std::fill(next.begin(), next.end(), 0);
        for (u32 i = 0; i < n; ++i) {
            state[i] = next_state(state[i], heard[i]);
            if (speaks(state[i]))
                for (u32 k = 0; k < listeners; ++k) ++next[listener(i, k, n)];
        }
    }
    return state;
}

TEST(Shim, ClusterExchange) {
    constexpr u32 n = 203, steps = 20;
    const auto expected = network(numbers(n), steps);
    for (const Options& options : schedules(3))
        for (const unsigned cluster : {1u, 2u, 3u, 8u})
            for (const unsigned block : {32u, 128u}) {
                auto state = numbers(n);
                using Kernel = ClusterExchange<Barrier::cluster>;
                Carve carve;
                const Kernel::Layout layout(carve, Kernel::tile(n, cluster));
                shim::launch(Kernel{view<u32>(state), steps}, {.grid = cluster, .block = block, .cluster = cluster, .shared_bytes = carve.bytes()}, options);
                EXPECT_EQ(state, expected) << "cluster of " << cluster << " x " << block;
            }
}

TEST(Shim, GridPingPong) {
    constexpr u32 n = 203, steps = 20;
    const auto expected = network(numbers(n), steps);
    for (const Options& options : schedules(3))
        for (const auto& [grid, block] : {std::pair{1u, 32u}, {1u, 1024u}, {3u, 64u}, {8u, 128u}}) {
            auto state = numbers(n);
            std::vector<u32> heard(3 * n), barrier(2);
            shim::launch(GridPingPong{view<u32>(state), view<u32>(heard), steps, {view<u32>(barrier)}}, {.grid = grid, .block = block, .cooperative = true}, options);
            EXPECT_EQ(state, expected) << grid << " x " << block;
            EXPECT_EQ(barrier, (std::vector<u32>{steps * grid, 0}));
        }
}

TEST(Shim, FlagAndCopy) {
    auto x = numbers(404);
    x[7] = 0;
    for (const Options& options : schedules()) {
        alignas(16) std::vector<u32> to(x.size()), flag(2);
        shim::launch(FlagAndCopy{view<const u32>(x), view<u32>(to), view<u32>(flag), 12345, 10'000}, {.grid = 3, .block = 64}, options);
        for (u32 i = 0; i < x.size(); ++i) {
            const auto first_set = static_cast<u32>(__builtin_ffs(static_cast<int>(x[i])));
            const u32 zeros = x[i] == 0 ? 32 : static_cast<u32>(__builtin_clz(x[i]));
            ASSERT_EQ(to[i], static_cast<u32>((std::uint64_t{x[i]} * 12345) >> 32) + zeros + first_set) << i;
        }
        EXPECT_EQ(flag[0], 4u);
    }
}

/// Lanes that a shuffle cannot reach keep their own value; u16 neighbours and signed sums are no races.
struct Edges {
    static constexpr const char* name = "edges";
    static constexpr unsigned max_threads = 32;
    Global<u32> out;                // [4][32]
    Global<std::int32_t> sum;
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto halves = carve.array<u16>(32);
        const auto bytes = carve.array<unsigned char>(32);
        const auto total = carve.array<std::int32_t>(1);
        if (lane() == 0) total.write(0, 5);
        out.write(lane(), shuffle_up(lane(), 3));
        out.write(32 + lane(), shuffle_down(lane(), 30));
        out.write(64 + lane(), static_cast<u32>(shuffle(static_cast<float>(lane()), lane() + 33)));
        halves.write(lane(), static_cast<u16>(lane()));
        bytes.write(lane(), static_cast<unsigned char>(lane()));
        sync_warp();
        out.write(96 + lane(), halves.read(31 - lane()) + 100u * bytes.read(31 - lane()));
        total.add(0, -static_cast<std::int32_t>(lane()));
        sync_warp();
        sum.atomic_add(0, total.read(0));
    }
};
TEST(Shim, Edges) {
    for (const Options& options : schedules()) {
        std::vector<u32> out(128);
        std::vector<std::int32_t> sum(1);
        shim::launch(Edges{view<u32>(out), view<std::int32_t>(sum)}, {.shared_bytes = 128}, options);
        EXPECT_EQ(sum[0], 32 * (5 - 496));
        for (u32 i = 0; i < 32; ++i) {
            EXPECT_EQ(out[i], i < 3 ? i : i - 3);
            EXPECT_EQ(out[32 + i], i < 2 ? i + 30 : i);
            EXPECT_EQ(out[64 + i], (i + 1) % 32);
            EXPECT_EQ(out[96 + i], 101 * (31 - i));
        }
    }
}

TEST(Shim, AGridOfNothing) {
    shim::launch(Edges{}, {.grid = 0});
}

TEST(Shim, NothingOutsideOfALaunch) {
    EXPECT_THROW(arch::thread_index(), std::logic_error);
    EXPECT_THROW(arch::sync_block(), std::logic_error);
}

}  // namespace
}  // namespace spikemass::device_test
