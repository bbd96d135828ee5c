#pragma once
// One kernel per ceiling of the machine.  Each adds up what it did in sum[0] (modulo 2^32), which the host knows by plain loops (ceilings.hpp).

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "kernels/device/reference.hpp"
#include "models/base/random.hpp"

namespace spikemass::bench {

using namespace arch;
using device::all_threads;
using device::global_thread;
using device::warp_sum;
using u32 = std::uint32_t;
using u64 = std::uint64_t;

/// Pseudo-random place among n.
SPIKEMASS_HD u64 place(u64 i, u64 n) { return mulhi64(mix64(i), n); }
SPIKEMASS_HD u32 next_random(u32 r) { return r * 1664525u + 1013904223u; }

/// Every lane's x, once per warp.
SPIKEMASS_DEVICE void add_up(const Global<u32>& sum, u32 x) {
    x = warp_sum(x);
    if (lane() == 0) sum.red_add(0, x);
}

#define SPIKEMASS_CEILING(NAME, THREADS)        \
    static constexpr const char* name = NAME;   \
    static constexpr unsigned max_threads = THREADS

/// x[i] = 4i, 4i + 1, ...
struct WriteAll {
    SPIKEMASS_CEILING("write_all", 256);
    Global<Quad> x;
    SPIKEMASS_DEVICE void operator()() const {
        for (u64 i = global_thread(); i < x.size(); i += all_threads()) {
            const u32 w = static_cast<u32>(4 * i);
            x.write(i, {{w, w + 1, w + 2, w + 3}});
        }
    }
};
struct ReadAll {
    SPIKEMASS_CEILING("read_all", 256);
    Global<const Quad> x;
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        u32 own = 0;
        for (u64 i = global_thread(); i < x.size(); i += all_threads()) {
            const Quad q = x.read(i);
            own += q.word[0] + q.word[1] + q.word[2] + q.word[3];
        }
        add_up(sum, own);
    }
};
struct CopyAll {
    SPIKEMASS_CEILING("copy_all", 256);
    Global<const Quad> x;
    Global<Quad> y;
    SPIKEMASS_DEVICE void operator()() const {
        for (u64 i = global_thread(); i < x.size(); i += all_threads()) y.write(i, x.read(i));
    }
};
/// Pieces of `quads` x 16 bytes (2, 4, 8 or a multiple of 32), at random places of that alignment; a group of lanes reads `each` of them.
struct RandomRead {
    SPIKEMASS_CEILING("random_read", 256);
    Global<const Quad> x;
    u32 quads = 2, each = 1;
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        const u32 group = quads < warp_size ? quads : warp_size;
        const u64 pieces = x.size() / quads, me = global_thread() / group;
        u32 own = 0;
        for (u32 k = 0; k < each; ++k) {
            const u64 first = place(me * each + k, pieces) * quads;
            for (u32 j = lane() % group; j < quads; j += group) own += x.read(first + j).word[0];
        }
        add_up(sum, own);
    }
};
/// One thread follows a chain: every read needs the one before.
struct Chase {
    SPIKEMASS_CEILING("chase", 32);
    Global<const u32> next;
    u32 steps = 1;
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        if (global_thread() != 0) return;
        u32 i = 0;
        for (u32 k = 0; k < steps; ++k) i = next.read(i);
        sum.red_add(0, i + 1);
    }
};
/// red.add of 1 to one of `places` words, `spacing` words apart.
struct RandomRed {
    SPIKEMASS_CEILING("random_red", 256);
    Global<u32> counts;
    u64 places = 1, spacing = 1;
    u32 each = 1;
    SPIKEMASS_DEVICE void operator()() const {
        for (u32 k = 0; k < each; ++k) counts.red_add(place(global_thread() * each + k, places) * spacing, 1u);
    }
};
enum class SharedForm : u32 { one, weight, packed };   ///< += 1; += w; += 1 in one of the halves of a word
/// Adds to random words of a block's shared memory.
template <SharedForm form>
struct SharedAdd {
    SPIKEMASS_CEILING("shared_add", 1024);
    u32 words = 1, each = 1, weight = 1;
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto counts = carve.array<u32>(words);
        for (u32 i = thread_index(); i < words; i += block_size()) counts.write(i, 0);
        sync_block();
        u32 r = static_cast<u32>(mix64(global_thread()));
        for (u32 k = 0; k < each; ++k) {
            r = next_random(r);
            counts.add(mul_high(r, words), form == SharedForm::one ? 1u : form == SharedForm::weight ? weight : 1u << (r & 16u));
        }
        sync_block();
        u32 own = 0;
        for (u32 i = thread_index(); i < words; i += block_size()) own += counts.read(i);
        add_up(sum, own);
    }
};
/// Barriers of a scope, one after the other; what a block says before, its neighbour hears after.
struct GridSync {
    SPIKEMASS_CEILING("grid_sync", 1024);
    GridBarrier barrier;
    u32 rounds = 1;
    Global<u32> said, sum;   ///< said: [2][block]
    SPIKEMASS_DEVICE void operator()() const {
        u32 own = 0;
        for (u32 r = 0; r < rounds; ++r) {
            const u64 page = u64{r % 2} * grid_size();
            if (thread_index() == 0) said.store_release(page + block_index(), r + block_index());
            if (!sync_grid(barrier)) return;
            if (thread_index() == 0) own += said.load_acquire(page + (block_index() + 1) % grid_size());
        }
        add_up(sum, own);
    }
};
struct ClusterSync {
    SPIKEMASS_CEILING("cluster_sync", 1024);
    u32 rounds = 1;
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto said = carve.array<u32>(2);
        u32 own = 0;
        for (u32 r = 0; r < rounds; ++r) {
            if (thread_index() == 0) said.write(r % 2, r + cluster_rank());
            sync_cluster();
            if (thread_index() == 0) own += said.in_block((cluster_rank() + 1) % cluster_size()).read(r % 2);
        }
        sync_cluster();   // nobody leaves while its memory may be read
        add_up(sum, own);
    }
};
/// A number from one thread to all of its block, `rounds` times.
struct BlockSync {
    SPIKEMASS_CEILING("block_sync", 1024);
    u32 rounds = 1;
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto said = carve.array<u32>(2);
        u32 x = 0;
        for (u32 r = 0; r < rounds; ++r) {
            if (thread_index() == r % block_size()) said.write(r % 2, x + r);
            sync_block();
            x = said.read(r % 2);
        }
        add_up(sum, x);
    }
};
/// Ballot of a random bit in 32, a place in a list for those who have it, a barrier.
struct Append {
    SPIKEMASS_CEILING("append", 1024);
    u32 rounds = 1;
    Global<u32> sum;
    static SPIKEMASS_HD bool has(u64 thread, u32 r) { return mix64(thread << 32 | r) % 32 == 0; }
    SPIKEMASS_DEVICE void operator()() const {
        Carve carve(shared_memory());
        const auto size = carve.array<u32>(1);
        if (thread_index() == 0) size.write(0, 0);
        sync_block();
        for (u32 r = 0; r < rounds; ++r) {
            const u32 mask = ballot(has(global_thread(), r));
            if (lane() == 0 && mask != 0) size.add(0, popcount(mask));
            sync_block();
        }
        add_up(sum, thread_index() == 0 ? size.read(0) : 0);
    }
};
/// What a launch alone costs: one thread says that it was there.
struct Node {
    SPIKEMASS_CEILING("node", 1024);
    Global<u32> sum;
    SPIKEMASS_DEVICE void operator()() const {
        if (global_thread() == 0) sum.red_add(0, 1u);
    }
};
struct Philox {
    SPIKEMASS_CEILING("philox", 256);
    RandomKey key;
    u32 each = 1;
    Global<u32> sum;
    static SPIKEMASS_HD u32 words(const RandomKey& key, u64 thread, u32 k) {
        const auto b = key.block(thread, 0, k);
        return b.word[0] + b.word[1] + b.word[2] + b.word[3];
    }
    SPIKEMASS_DEVICE void operator()() const {
        u32 own = 0;
        for (u32 k = 0; k < each; ++k) own += words(key, global_thread(), k);
        add_up(sum, own);
    }
};
/// 4 distinct of 4096, in the order of drawing (docs/numerics.md): the inner loop of sparse graphs.
struct Picks {
    SPIKEMASS_CEILING("picks", 256);
    RandomKey key;
    u32 each = 1;
    Global<u32> sum;
    static SPIKEMASS_HD u32 four(const RandomKey& key, u64 row, u32 cell) {
        u32 got[4] = {4096, 4096, 4096, 4096}, n = 0;
        for (u32 j = 0; n < 4; ++j) {
            const u32 x = static_cast<u32>(mulhi64(key.draw64(row, cell, j), 4096));
            const bool known = x == got[0] || x == got[1] || x == got[2] || x == got[3];
            if (!known) {   // constant places, so that they stay in registers
                if (n == 0) got[0] = x;
                if (n == 1) got[1] = x;
                if (n == 2) got[2] = x;
                if (n == 3) got[3] = x;
                ++n;
            }
        }
        return got[0] + 3 * got[1] + 5 * got[2] + 7 * got[3];
    }
    SPIKEMASS_DEVICE void operator()() const {
        u32 own = 0;
        for (u32 k = 0; k < each; ++k) own += four(key, global_thread(), k);
        add_up(sum, own);
    }
};
/// x = 1 + c/x, IEEE; the sum of whole parts of 2^20 x.
struct Divide {
    SPIKEMASS_CEILING("divide", 256);
    u32 each = 1;
    Global<u32> sum;
    static SPIKEMASS_HD u32 chain(u64 thread, u32 each) {
        float x = 1.0f;
        const float c = 0.5f + static_cast<float>(thread % 1024) / 1024.0f;
        for (u32 k = 0; k < each; ++k) x = 1.0f + c / x;
        return static_cast<u32>(x * 0x1p20f);
    }
    SPIKEMASS_DEVICE void operator()() const { add_up(sum, chain(global_thread(), each)); }
};

#undef SPIKEMASS_CEILING

}  // namespace spikemass::bench
