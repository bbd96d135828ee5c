#pragma once
// Small kernels that use every part of arch.hpp; run by the shim, compiled by nvcc.

#include <cstdint>

#include "kernels/device/arch.hpp"

namespace spikemass::device_test {

using namespace arch;
using u16 = std::uint16_t;
using u32 = std::uint32_t;

SPIKEMASS_HD u32 scramble(u32 x) {
    x = (x ^ (x >> 16)) * 0x9e3779b1u;
    return (x ^ (x >> 13)) * 0x85ebca6bu;
}
/// Who speaks in step t, and to whom, in the networks below.
SPIKEMASS_HD bool speaks(u32 state) { return state % 5 == 0; }
SPIKEMASS_HD u32 listener(u32 speaker, u32 k, u32 n) { return (speaker * 7 + k * k * 13 + k) % n; }
SPIKEMASS_HD u32 next_state(u32 state, u32 heard) { return scramble(state + 3 * heard + 1); }
constexpr u32 listeners = 11;

/// out[block] = sum of the block's part of x; total[0] += it; total[1] = largest x, total[2] = bits that occur.
struct BlockSum {
    static constexpr const char* name = "block_sum";
    static constexpr unsigned max_threads = 1024;
    Global<const u32> x;
    Global<u32> out, total;

    struct Layout {
        Shared<u32> partial, bits;
        SPIKEMASS_HD explicit Layout(Carve& carve) : partial(carve.array<u32>(32)), bits(carve.array<u32>(2)) {}
    };
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const Layout mine(carve);
        if (thread_index() < 2) mine.bits.write(thread_index(), 0);
        sync_block();
        u32 sum = 0;
        for (u32 i = block_index() * block_size() + thread_index(); i < x.size(); i += grid_size() * block_size()) {
            const u32 value = x.read(i);
            sum += value;
            mine.bits.or_(0, value);
            mine.bits.max(1, value);
        }
        for (u32 d = warp_size / 2; d > 0; d /= 2) sum += shuffle_down(sum, d);
        if (lane() == 0) mine.partial.write(warp(), sum);
        sync_block();
        if (warp() == 0) {
            u32 all = lane() < block_size() / warp_size ? mine.partial.read(lane()) : 0;
            for (u32 m = warp_size / 2; m > 0; m /= 2) all += shuffle_xor(all, m);
            if (lane() == 0) {
                out.write(block_index(), all);
                total.red_add(0, all);
                total.atomic_max(1, mine.bits.read(1));
                total.atomic_or(2, mine.bits.read(0));
            }
        }
    }
};

/// Ids i with x[i] % 3 == 0, each once, in any order; count[0] = how many, count[1] = sum over warps of the exclusive prefix sums of lanes
/// (a constant, by shuffle_up).
struct AppendList {
    static constexpr const char* name = "append_list";
    static constexpr unsigned max_threads = 1024;
    Global<const u32> x;
    Global<u32> list, count;

    struct Layout {
        Shared<u32> counters;
        Shared<u16> ids;
        SPIKEMASS_HD Layout(Carve& carve, unsigned n) : counters(carve.array<u32>(2)), ids(carve.array<u16>(n)) {}
    };
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto n = static_cast<u32>(x.size());
        const Layout mine(carve, n);
        if (thread_index() < 2) mine.counters.write(thread_index(), 0);
        sync_block();
        const u32 stride = grid_size() * block_size(), turns = (n + stride - 1) / stride;
        for (u32 turn = 0; turn < turns; ++turn) {
            const u32 i = turn * stride + block_index() * block_size() + thread_index();
            const bool wanted = i < n && x.read(i) % 3 == 0;
            const u32 mask = ballot(wanted);
            u32 base = 0;
            if (mask != 0 && lane() == 0) base = mine.counters.add(0, popcount(mask));
            base = shuffle(base, 0);
            if (wanted) mine.ids.write(base + popcount(mask & ((1u << lane()) - 1)), static_cast<u16>(i));
        }
        u32 prefix = lane();
        for (u32 d = 1; d < warp_size; d *= 2) {
            const u32 below = shuffle_up(prefix, d);
            if (lane() >= d) prefix += below;
        }
        if (lane() == warp_size - 1) mine.counters.add(1, prefix);
        sync_block();
        const u32 found = mine.counters.read(0);
        u32 first = 0;
        if (thread_index() == 0) {
            first = atomic_add(count.data(), found);
            count.red_add(1, mine.counters.read(1));
        }
        // the block's place in the list, through shared memory
        sync_block();
        if (thread_index() == 0) mine.counters.write(0, first);
        sync_block();
        first = mine.counters.read(0);
        for (u32 j = thread_index(); j < found; j += block_size()) list.write(first + j, mine.ids.read(j));
    }
};

enum class Barrier { cluster, block };

/// A network of n nodes on one cluster: each block keeps the state of a tile and writes who speaks into the list of the step's parity;
/// after one cluster barrier every block reads all lists.  `between`: the barrier after the lists; only Barrier::cluster is right.
template <Barrier between>
struct ClusterExchange {
    static constexpr const char* name = "cluster_exchange";
    static constexpr unsigned max_threads = 1024;
    Global<u32> state;              // [node]
    u32 steps;

    struct Layout {
        Shared<u32> heard, states, count;
        Shared<u16> list;           // [parity][tile]
        SPIKEMASS_HD Layout(Carve& carve, unsigned tile)
            : heard(carve.array<u32>(tile)), states(carve.array<u32>(tile)), count(carve.array<u32>(2)), list(carve.array<u16>(2 * tile)) {}
    };
    SPIKEMASS_HD static unsigned tile(u32 n, unsigned blocks) { return (n + blocks - 1) / blocks; }

    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto n = static_cast<u32>(state.size());
        const u32 width = tile(n, cluster_size()), first = cluster_rank() * width, nodes = first >= n ? 0 : (n - first < width ? n - first : width);
        const Layout mine(carve, width);
        for (u32 i = thread_index(); i < nodes; i += block_size()) {
            mine.states.write(i, state.read(first + i));
            mine.heard.write(i, 0);
        }
        for (u32 i = thread_index(); i < 2 * width; i += block_size()) mine.list.write(i, 0);
        if (thread_index() < 2) mine.count.write(thread_index(), 0);
        sync_cluster();
        for (u32 t = 0; t < steps; ++t) {
            const u32 parity = t & 1u;
            for (u32 i = thread_index(); i < nodes; i += block_size()) {
                const u32 s = next_state(mine.states.read(i), mine.heard.read(i));
                mine.states.write(i, s);
                mine.heard.write(i, 0);
                if (speaks(s)) mine.list.write(parity * width + mine.count.add(parity, 1), static_cast<u16>(first + i));
            }
            if (between == Barrier::cluster) sync_cluster();
            else sync_block();
            for (u32 turn = 0; turn < cluster_size(); ++turn) {
                const u32 rank = (cluster_rank() + turn) % cluster_size();
                const Shared<u16> list = mine.list.in_block(rank).part(parity * width, width);
                const u32 speakers = mine.count.in_block(rank).read(parity);
                for (u32 j = thread_index(); j < speakers * listeners; j += block_size()) {
                    const u32 target = listener(list.read(j / listeners), j % listeners, n);
                    if (target - first < nodes) mine.heard.add(target - first, 1);
                }
            }
            // The other list was read before this step's barrier; its count may start again.
            if (thread_index() == 0) mine.count.write(parity ^ 1u, 0);
            sync_block();
        }
        sync_cluster();             // nobody leaves while others read its lists
        for (u32 i = thread_index(); i < nodes; i += block_size()) state.write(first + i, mine.states.read(i));
    }
};

/// The same network on a cooperative grid: node i belongs to thread i mod (all threads), counts go through global memory, which alternates.
struct GridPingPong {
    static constexpr const char* name = "grid_ping_pong";
    static constexpr unsigned max_threads = 1024;
    Global<u32> state;              // [node]
    Global<u32> heard;              // [3][node], zero
    u32 steps;
    GridBarrier barrier;

    SPIKEMASS_DEVICE void operator()() const {
        const auto n = static_cast<u32>(state.size());
        const u32 stride = grid_size() * block_size();
        for (u32 t = 0; t < steps; ++t) {
            const u32 now = t % 3 * n, next = (t + 1) % 3 * n, later = (t + 2) % 3 * n;
            for (u32 i = block_index() * block_size() + thread_index(); i < n; i += stride) {
                const u32 s = next_state(state.read(i), heard.read(now + i));
                state.write(i, s);
                heard.write(later + i, 0);
                if (speaks(s))
                    for (u32 k = 0; k < listeners; ++k) heard.red_add(next + listener(i, k, n), 1);
            }
            if (!sync_grid(barrier)) return;
        }
    }
};

/// Block 0 hands `value` to all others by a flag; copies 4 words at a time.
struct FlagAndCopy {
    static constexpr const char* name = "flag_and_copy";
    static constexpr unsigned max_threads = 256;
    Global<const u32> from;
    Global<u32> to, flag;           // flag [2], zero
    u32 value, bound;

    SPIKEMASS_DEVICE void operator()() const {
        if (block_index() == 0 && thread_index() == 0) {
            flag.write(1, value);
            flag.store_release(0, 1);
        }
        if (thread_index() == 0)
            for (u32 turn = 0; turn < bound && flag.load_acquire(0) == 0; ++turn) spin_yield();
        sync_block();
        const u32 seen = flag.read(1);
        for (u32 i = 4 * (block_index() * block_size() + thread_index()); i + 4 <= from.size(); i += 4 * grid_size() * block_size()) {
            from.prefetch_l2(i);
            const Quad q = from.load16(i);
            for (u32 j = 0; j < 4; ++j) to.write(i + j, mul_high(q.word[j], seen) + leading_zeros(q.word[j]) + find_first_set(q.word[j]));
        }
        if (thread_index() == 0) flag.red_release_add(0, 1);
    }
};

}  // namespace spikemass::device_test
