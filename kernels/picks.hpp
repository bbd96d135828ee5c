#pragma once
// k distinct of n on a CPU: a bitmap makes picks distinct and drains them in order.

#include <bit>
#include <cstdint>
#include <vector>

#include "kernels/draw_batch.hpp"
#include "models/base/random.hpp"

namespace spikemass::kernels {

/// A set of integers below n, filled in any order and drained in ascending order.
/// A bitmap with one summary bit per 64 words: cheap for a handful of picks of millions as well as for dense rows.
class PickSet {
public:
    void reserve(std::int64_t n) {
        if (static_cast<std::size_t>((n + 63) / 64) > words_.size()) {
            words_.assign(static_cast<std::size_t>((n + 63) / 64), 0);
            summary_.assign((words_.size() + 63) / 64, 0);
            live_.assign(words_.size() + group, 0);
        }
    }
    /// True if x was not there.
    bool insert(std::uint64_t x) {
        std::uint64_t& w = words_[x >> 6];
        const std::uint64_t bit = 1ull << (x & 63);
        const bool fresh = (w & bit) == 0;
        w |= bit;
        summary_[x >> 12] |= 1ull << ((x >> 6) & 63);
        return fresh;
    }
    /// The same for sets that are emptied by erase_word only, not drained.
    bool mark(std::uint64_t x) {
        std::uint64_t& w = words_[x >> 6];
        const std::uint64_t bit = 1ull << (x & 63);
        const bool fresh = (w & bit) == 0;
        w |= bit;
        return fresh;
    }
    /// Forgets x and its neighbours.
    void erase_word(std::uint64_t x) { words_[x >> 6] = 0; }
    /// Calls f(x) in ascending order and leaves the set empty.  Words that hold something are listed first, in groups, without a
    /// branch on how many a summary has: sparse sets would mispredict it every time.
    template <class F>
    void drain(F&& f) {
        std::uint32_t* end = live_.data();
        for (std::size_t s = 0; s < summary_.size(); ++s) {
            std::uint64_t live = summary_[s];
            summary_[s] = 0;
            const int n = std::popcount(live);
            int i = 0;
            do {
                for (int k = 0; k < group; ++k, live &= live - 1) end[i + k] = static_cast<std::uint32_t>(64 * s) + static_cast<std::uint32_t>(std::countr_zero(live));
                i += group;
            } while (i < n);
            end += n;
        }
        for (const std::uint32_t* w = live_.data(); w < end; ++w) {
            std::uint64_t bits = words_[*w];
            words_[*w] = 0;
            do {
                f(64 * *w + static_cast<std::uint32_t>(std::countr_zero(bits)));
                bits &= bits - 1;
            } while (bits != 0);
        }
    }
    /// Calls f(x) for every x < n that is not in the set, ascending, and leaves the set empty.
    template <class F>
    void drain_complement(std::int64_t n, F&& f) {
        for (std::int64_t w = 0; w * 64 < n; ++w) {
            const std::int64_t left = n - w * 64;
            const std::uint64_t valid = left >= 64 ? ~0ull : (1ull << left) - 1;
            for (std::uint64_t bits = ~words_[static_cast<std::size_t>(w)] & valid; bits != 0; bits &= bits - 1)
                f(static_cast<std::uint32_t>(w * 64 + std::countr_zero(bits)));
            words_[static_cast<std::size_t>(w)] = 0;
        }
        for (std::uint64_t& s : summary_) s = 0;
    }

private:
    static constexpr int group = 2;
    std::vector<std::uint64_t> words_, summary_;
    std::vector<std::uint32_t> live_;   // words that are not 0, while draining
};

/// k <= 16 distinct of n < 2^31, ascending in out [16]; false if two draws are equal, and then out is void.
inline bool few_picks(const RandomKey& key, std::uint64_t row, std::uint64_t cell, int k, std::int64_t n, std::int32_t* out) {
    alignas(64) std::uint32_t draw[16];
    alignas(64) std::int32_t x[16], rank[16];
    draw_below(key, row, cell, 0, static_cast<std::uint64_t>(n), draw);
    for (int i = 0; i < 16; ++i) {
        x[i] = i < k ? static_cast<std::int32_t>(draw[i]) : 0x7fffffff;
        rank[i] = 0;
    }
    for (int j = 0; j < k; ++j) {
        const std::int32_t y = x[j];
        for (int i = 0; i < 16; ++i) rank[i] += x[i] > y ? 1 : 0;
    }
    int sum = 0;   // ranks of distinct numbers are 0, 1, ..., k - 1; equal ones share the lower
    for (int j = 0; j < k; ++j) {
        out[rank[j]] = x[j];
        sum += rank[j];
    }
    return sum == k * (k - 1) / 2;
}

/// k distinct of n, uniform: the first k distinct values of mulhi64(draw j, n), j = 0, 1, ...; for k > n/2 the complement
/// of n - k such values.  f is called with each, ascending.
template <class F>
void distinct_picks(PickSet& set, const RandomKey& key, std::int64_t row, std::int64_t cell, std::int64_t k, std::int64_t n, F&& f) {
    const bool complement = k > n / 2;
    const std::int64_t wanted = complement ? n - k : k;
    const std::uint64_t entity = static_cast<std::uint64_t>(row), step = static_cast<std::uint64_t>(cell);
    if (!complement && wanted <= 16 && n < 0x7fffffff) {
        std::int32_t x[16];
        if (few_picks(key, entity, step, static_cast<int>(wanted), n, x)) {
            for (std::int64_t i = 0; i < wanted; ++i) f(static_cast<std::uint32_t>(x[i]));
            return;
        }
    }
    constexpr std::int64_t per_batch = 2 * batch_blocks;
    std::uint32_t draw[4 * per_batch];
    std::int64_t used = 0, drawn = 0, have = 0;
    for (std::uint32_t block = 0; have < wanted;) {
        if (used == drawn)
            for (used = drawn = 0; drawn < 4 * per_batch && drawn < wanted - have; drawn += per_batch, block += batch_blocks)
                draw_below(key, entity, step, block, static_cast<std::uint64_t>(n), draw + drawn);
        const std::int64_t last = used + (drawn - used < wanted - have ? drawn - used : wanted - have);
        for (; used < last; ++used) have += set.insert(draw[used]);
    }
    if (complement)
        set.drain_complement(n, f);
    else
        set.drain(f);
}

/// The same values in any order, as out [k]; cheaper where what is built does not depend on the order.
inline void distinct_picks_in_any_order(PickSet& set, const RandomKey& key, std::int64_t row, std::int64_t cell, std::int64_t k, std::int64_t n, std::uint32_t* out) {
    if (k > n / 2) {
        distinct_picks(set, key, row, cell, k, n, [&](std::uint32_t x) { *out++ = x; });
        return;
    }
    const std::uint64_t entity = static_cast<std::uint64_t>(row), step = static_cast<std::uint64_t>(cell);
    std::int64_t have = 0;
    for (std::uint32_t block = 0; have < k; block += batch_blocks) {
        std::uint32_t draw[2 * batch_blocks];
        draw_below(key, entity, step, block, static_cast<std::uint64_t>(n), draw);
        for (int j = 0; j < 2 * batch_blocks && have < k; ++j) {
            out[have] = draw[j];   // stays if it is new
            have += set.mark(draw[j]);
        }
    }
    for (std::int64_t i = 0; i < k; ++i) set.erase_word(out[i]);
}

}  // namespace spikemass::kernels
