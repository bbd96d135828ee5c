#pragma once
// Small world (Watts, Strogatz 1998), directed, by target: K sources around the target's place on the ring, each replaced with probability beta.
// The replacements are the first distinct values of draws j = 0, 1, ... below the number of possible sources that no ring source has which stays.

#include "kernels/recipes/setting.hpp"

namespace spikemass::kernels {

/// Plain data, for hosts and devices.
struct SmallWorldRing {
    std::int64_t n_sources = 0, n_targets = 0, k = 0;
    std::uint64_t beta = 0;      ///< a ring source goes where its random word is below: beta 2^32
    bool same = false, skip_self = false;
    RandomKey rewire;

    /// Ring source i of a target: within a population K/2 on each side without the neuron itself, between two the K nearest places.
    SPIKEMASS_HD std::uint32_t source(std::int64_t target, std::int64_t i) const {
        std::int64_t s = same_place(target, n_targets, n_sources) - k / 2 + i;
        if (same && i >= k / 2) ++s;
        if (s < 0) s += n_sources;
        if (s >= n_sources) s -= n_sources;
        return static_cast<std::uint32_t>(s);
    }
    /// Its number, or -1 if `s` is none.
    SPIKEMASS_HD std::int64_t index(std::int64_t target, std::int64_t s) const {
        std::int64_t i = s - same_place(target, n_targets, n_sources) + k / 2;
        if (i < 0) i += n_sources;
        if (i >= n_sources) i -= n_sources;
        if (same) {
            if (i == k / 2) return -1;
            if (i > k / 2) --i;
        }
        return i < k ? i : -1;
    }
    SPIKEMASS_HD bool stays(std::int64_t target, std::int64_t i) const {
        return rewire.block(static_cast<std::uint64_t>(target), 0, static_cast<std::uint32_t>(i >> 2)).word[i & 3] >= beta;
    }
    /// The source that draw x below the number of possible sources stands for.
    SPIKEMASS_HD std::uint32_t drawn(std::int64_t target, std::uint32_t x) const { return skip_self && x >= target ? x + 1 : x; }
};

struct SmallWorld {
    SmallWorldRing ring;
    RandomKey picks;

    explicit SmallWorld(const Setting&);
    void prepare(Scratch& s) const { s.picks.reserve(ring.n_sources); }
    std::int64_t degree(std::int64_t) const { return ring.k; }
    void sources(Scratch& s, std::int64_t target, std::int64_t k, std::uint32_t* out) const {
        std::int64_t have = 0;
        constexpr std::int64_t per_batch = 4 * batch_blocks;
        std::uint32_t word[per_batch];
        for (std::int64_t i = 0; i < k; ++i) {
            if (i % per_batch == 0) draw_words(ring.rewire, static_cast<std::uint64_t>(target), 0, static_cast<std::uint32_t>(i / 4), word);
            if (word[i % per_batch] < ring.beta) continue;
            out[have] = ring.source(target, i);
            s.picks.mark(out[have++]);
        }
        const auto n = static_cast<std::uint64_t>(ring.n_sources - (ring.skip_self ? 1 : 0));
        for (std::uint32_t block = 0; have < k; block += batch_blocks) {
            std::uint32_t draw[2 * batch_blocks];
            draw_below(picks, static_cast<std::uint64_t>(target), 0, block, n, draw);
            for (int j = 0; j < 2 * batch_blocks && have < k; ++j) {
                out[have] = ring.drawn(target, draw[j]);   // stays if it is new
                have += s.picks.mark(out[have]);
            }
        }
        for (std::int64_t i = 0; i < k; ++i) s.picks.erase_word(out[i]);
    }
};

}  // namespace spikemass::kernels
