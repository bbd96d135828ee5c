#pragma once
// Bodies of the device-side graph build, each a function of one index.  Positions within a slab are 32-bit, in the graph 64-bit.

#include <cstdint>

#include "host/gpu/graph_recipe.hpp"
#include "kernels/delays.hpp"
#include "kernels/synapse_hash.hpp"
#include "kernels/weights.hpp"

namespace spikemass::gpu::body {

/// Number of elements of the ascending a [n] that are <= x.
template <class T>
SPIKEMASS_HD std::uint64_t upper_bound(const T* a, std::uint64_t n, std::uint64_t x) {
    std::uint64_t at = 0;
    while (n > 0) {
        const std::uint64_t half = n / 2;
        const bool right = static_cast<std::uint64_t>(a[at + half]) <= x;
        at = right ? at + half + 1 : at;
        n = right ? n - half - 1 : half;
    }
    return at;
}

/// Returns the number before.
SPIKEMASS_HD std::uint64_t take_one(std::uint64_t* n) {
#if defined(__CUDA_ARCH__)
    return atomicAdd(reinterpret_cast<unsigned long long*>(n), 1ull);
#else
    return __atomic_fetch_add(n, std::uint64_t{1}, __ATOMIC_RELAXED);
#endif
}

/// Sums of integers commute: who comes first does not matter.
SPIKEMASS_HD void count_one(std::uint32_t* n) {
#if defined(__CUDA_ARCH__)
    atomicAdd(n, 1u);
#else
    __atomic_fetch_add(n, 1u, __ATOMIC_RELAXED);
#endif
}
SPIKEMASS_HD void count_one(std::uint64_t* n) {
#if defined(__CUDA_ARCH__)
    atomicAdd(reinterpret_cast<unsigned long long*>(n), 1ull);
#else
    __atomic_fetch_add(n, std::uint64_t{1}, __ATOMIC_RELAXED);
#endif
}

/// Targets in their final place.
struct Targets {
    std::uint16_t* narrow = nullptr;
    std::uint32_t* wide = nullptr;
    SPIKEMASS_HD void set(std::uint64_t at, std::uint32_t target) const {
        if (narrow) narrow[at] = static_cast<std::uint16_t>(target);
        else wide[at] = target;
    }
    SPIKEMASS_HD std::uint32_t get(std::uint64_t at) const { return narrow ? narrow[at] : wide[at]; }
};

/// Partners of a whole row.
struct RowDegree {
    GraphRecipe recipe;
    SPIKEMASS_HD std::uint64_t operator()(std::int64_t row) const {
        std::uint64_t n = 0;
        n += static_cast<std::uint64_t>(recipe.undrawn(row));
        for (std::int64_t cell = 0; cell < recipe.cells; ++cell) n += static_cast<std::uint64_t>(recipe.degree(row, cell));
        return n;
    }
};

/// One segment: which, how many of how many.
struct Segment {
    std::int64_t row, cell, degree, range, wanted;
    SPIKEMASS_HD bool complement() const { return degree > range / 2; }
};

/// Segments of the rows from `first_row` on, numbered through rows and cells.
struct Slab {
    GraphRecipe recipe;
    std::int64_t first_row = 0;
    SPIKEMASS_HD Segment segment(std::uint32_t s) const {
        const std::int64_t row = first_row + s / recipe.cells, cell = s % recipe.cells;
        const std::int64_t degree = recipe.degree(row, cell), range = recipe.range(row, cell);
        return {row, cell, degree, range, wanted_values(degree, range)};
    }
};

struct SegmentDegree {
    Slab slab;
    SPIKEMASS_HD std::uint64_t operator()(std::uint32_t s) const { return static_cast<std::uint64_t>(slab.segment(s).degree); }
};

struct SegmentDraws {
    Slab slab;
    std::int64_t round = 0;
    SPIKEMASS_HD std::uint64_t operator()(std::uint32_t s) const {
        const Segment g = slab.segment(s);
        return static_cast<std::uint64_t>(slab.recipe.draws(g.row, g.wanted, g.range, round));
    }
};

/// One round: draws for the segments ids [count], and which of them stay.  Draws are numbered through the list; those of its i-th segment start at
/// 2 start[i], two to a random block.  A draw's sort key is (i, value, number of the draw within the segment).
struct Round {
    Slab slab;
    std::int64_t number = 0;
    std::uint32_t count = 0;
    const std::uint32_t* ids = nullptr;
    std::uint32_t* start = nullptr;       ///< [count + 1]
    std::uint32_t* kept = nullptr;        ///< [count + 1]: values of a complete segment, 0 for one that fell short; then where they start
    std::uint32_t* made = nullptr;        ///< [count + 1]: the same for its synapses
    int value_bits = 0, draw_bits = 0;
    std::uint64_t* keys = nullptr;        ///< [draws]: as drawn, sorted, and at last `dropped` where the draw is not kept
    std::uint32_t* rank = nullptr;        ///< [draws + 1]: 1 where a draw is the first of its value, summed up; at last the same for keys that are kept
    std::uint32_t* values = nullptr;      ///< [kept]: of the draws that are kept, ascending in each segment

    static constexpr std::uint64_t dropped = ~std::uint64_t{0};
    SPIKEMASS_HD std::uint32_t list_index(std::uint64_t key) const { return static_cast<std::uint32_t>(key >> draw_bits >> value_bits); }
    SPIKEMASS_HD std::uint32_t value(std::uint64_t key) const { return static_cast<std::uint32_t>((key >> draw_bits) & ((std::uint64_t{1} << value_bits) - 1)); }
    SPIKEMASS_HD std::uint32_t position(std::uint64_t key) const {
        return 2 * start[list_index(key)] + static_cast<std::uint32_t>(key & ((std::uint64_t{1} << draw_bits) - 1));
    }
};

struct CountBlocks {   // -> start
    Round r;
    SPIKEMASS_HD std::uint32_t operator()(std::uint32_t i) const {
        const std::uint64_t draws = SegmentDraws{r.slab, r.number}(r.ids[i]), most = std::uint64_t{1} << r.draw_bits;
        return static_cast<std::uint32_t>((draws < most ? draws : most) / 2);
    }
};

struct DrawBlock {   // block b of all -> two keys
    Round r;
    SPIKEMASS_HD void operator()(std::uint32_t b) const {
        const auto i = static_cast<std::uint32_t>(upper_bound(r.start, r.count + 1, b) - 1);
        const std::uint32_t own = b - r.start[i];
        const std::int64_t s = r.ids[i], row = r.slab.first_row + s / r.slab.recipe.cells, cell = s % r.slab.recipe.cells;
        const RandomKey::Block w = r.slab.recipe.picks.block(static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(cell), own);
        for (std::uint32_t half = 0; half < 2; ++half) {
            const std::uint64_t u = static_cast<std::uint64_t>(w.word[2 * half + 1]) << 32 | w.word[2 * half];
            r.keys[2 * static_cast<std::uint64_t>(b) + half] = ((static_cast<std::uint64_t>(i) << r.value_bits | r.slab.recipe.value(row, cell, u)) << r.draw_bits) | (2 * own + half);
        }
    }
};

struct MarkFirst {   // sorted position -> rank
    Round r;
    SPIKEMASS_HD void operator()(std::uint32_t p) const {
        const std::uint64_t key = r.keys[p];
        const std::int64_t row = r.slab.first_row + r.ids[r.list_index(key)] / r.slab.recipe.cells;
        r.rank[r.position(key)] = (p == 0 || r.keys[p - 1] >> r.draw_bits != key >> r.draw_bits) && r.slab.recipe.accepts(row, r.value(key)) ? 1 : 0;
    }
};

struct CountKept {   // -> kept, made
    Round r;
    SPIKEMASS_HD void operator()(std::uint32_t i) const {
        const Segment g = r.slab.segment(r.ids[i]);
        const bool complete = static_cast<std::int64_t>(r.rank[2 * r.start[i + 1]] - r.rank[2 * r.start[i]]) >= g.wanted;
        r.kept[i] = complete ? static_cast<std::uint32_t>(g.wanted) : 0;
        r.made[i] = complete ? static_cast<std::uint32_t>(g.degree) : 0;
    }
};

struct Drop {   // sorted position -> its key, before kept is summed up
    Round r;
    SPIKEMASS_HD void operator()(std::uint32_t p) const {
        const std::uint64_t key = r.keys[p];
        const std::uint32_t i = r.list_index(key), at = r.position(key), before = r.rank[at];
        if (r.rank[at + 1] == before || before - r.rank[2 * r.start[i]] >= r.kept[i]) r.keys[p] = Round::dropped;
    }
};

struct IsShort {   // before kept is summed up: what wanted values has drawn
    Round r;
    SPIKEMASS_HD bool operator()(std::uint32_t i) const { return r.kept[i] == 0 && r.start[i + 1] != r.start[i]; }
};

struct MarkKept {   // sorted position -> rank
    Round r;
    SPIKEMASS_HD std::uint32_t operator()(std::uint32_t p) const { return r.keys[p] != Round::dropped ? 1 : 0; }
};

struct KeepValue {   // sorted position -> values
    Round r;
    SPIKEMASS_HD void operator()(std::uint32_t p) const {
        if (r.keys[p] != Round::dropped) r.values[r.rank[p]] = r.value(r.keys[p]);
    }
};

/// Synapse e of the round's complete segments -> sink(position in the slab, row, partner).
template <class Sink>
struct Emit {
    Round r;
    const std::uint32_t* slab_start;   ///< [segments + 1]: where a segment's synapses start in the slab
    Sink sink;
    SPIKEMASS_HD void operator()(std::uint32_t e) const {
        const auto i = static_cast<std::uint32_t>(upper_bound(r.made, r.count + 1, e) - 1);
        const std::uint32_t s = r.ids[i], own = e - r.made[i];
        const Segment g = r.slab.segment(s);
        const std::uint32_t* picked = r.values + r.kept[i];
        std::uint32_t x = own;
        if (g.complement()) {   // the own-th value that is not picked: own + number of picks before it
            std::uint32_t at = 0;
            for (auto n = static_cast<std::uint32_t>(g.wanted); n > 0;) {
                const std::uint32_t half = n / 2;
                const bool right = picked[at + half] - (at + half) <= own;
                at = right ? at + half + 1 : at;
                n = right ? n - half - 1 : half;
            }
            x = own + at;
        } else {
            x = picked[own];
        }
        sink(slab_start[s] + own, g.row, r.slab.recipe.partner(g.row, g.cell, x));
    }
};

struct ToRows {   // rows are sources
    Targets targets;
    std::uint64_t first;   ///< synapse of the slab's first row
    std::uint32_t* indegree;
    SPIKEMASS_HD void operator()(std::uint32_t at, std::int64_t, std::uint32_t target) const {
        targets.set(first + at, target);
        count_one(indegree + target);
    }
};

struct ToOutDegrees {   // rows are targets: first pass of several slabs
    std::uint64_t* outdegree;
    SPIKEMASS_HD void operator()(std::uint32_t, std::int64_t, std::uint32_t source) const { count_one(outdegree + source); }
};

struct ToPairs {   // (source, target) as a sort key
    std::uint64_t* pairs;
    bool by_target;
    SPIKEMASS_HD void operator()(std::uint32_t at, std::int64_t row, std::uint32_t partner) const {
        const auto r = static_cast<std::uint64_t>(row), p = static_cast<std::uint64_t>(partner);
        pairs[at] = by_target ? p << 32 | r : r << 32 | p;
    }
};

constexpr std::uint64_t no_pair = ~std::uint64_t{0};   // comes last

struct RingPair {   // ring source i of target i / k -> its pair, where it stays
    kernels::SmallWorldRing ring;
    std::int64_t first_row;
    SPIKEMASS_HD std::uint64_t operator()(std::uint32_t i) const {
        const std::int64_t target = first_row + i / ring.k, number = i % ring.k;
        return ring.stays(target, number) ? static_cast<std::uint64_t>(ring.source(target, number)) << 32 | static_cast<std::uint32_t>(target) : no_pair;
    }
};

struct CountRing {
    RingPair ring;
    std::uint64_t* outdegree;
    SPIKEMASS_HD void operator()(std::uint32_t i) const {
        const std::uint64_t pair = ring(i);
        if (pair != no_pair) count_one(outdegree + (pair >> 32));
    }
};

struct CountReplaced {   // target -> ring sources that do not stay
    kernels::SmallWorldRing ring;
    SPIKEMASS_HD std::uint32_t operator()(std::uint32_t target) const {
        std::uint32_t n = 0;
        for (std::int64_t i = 0; i < ring.k; i += 4) {
            const RandomKey::Block b = ring.rewire.block(target, 0, static_cast<std::uint32_t>(i >> 2));
            for (std::int64_t j = 0; j < 4 && i + j < ring.k; ++j) n += b.word[j] < ring.beta ? 1 : 0;
        }
        return n;
    }
};

struct WriteSorted {   // sorted pairs of whole rows, by source -> rows
    const std::uint64_t* pairs;
    std::uint64_t first;   ///< synapse of the slab's first row
    Targets targets;
    std::uint32_t* indegree;   ///< null: is known
    SPIKEMASS_HD void operator()(std::uint32_t i) const {
        const auto target = static_cast<std::uint32_t>(pairs[i]);
        targets.set(first + i, target);
        if (indegree) count_one(indegree + target);
    }
};

/// Both ends of synapse e of fixed_total.
struct EdgeEnds {
    kernels::FixedTotal edges;
    SPIKEMASS_HD std::uint64_t operator()(std::uint64_t e) const {
        const RandomKey::Block b = edges.ends.block(e >> kernels::FixedTotal::row_bits, 0, static_cast<std::uint32_t>(e & ((1u << kernels::FixedTotal::row_bits) - 1)));
        const std::uint32_t source = edges.source(static_cast<std::uint64_t>(b.word[1]) << 32 | b.word[0]);
        return static_cast<std::uint64_t>(source) << 32 | edges.target(static_cast<std::uint64_t>(b.word[3]) << 32 | b.word[2], source);
    }
};

struct CountEdge {
    EdgeEnds ends;
    std::uint64_t* outdegree;
    std::uint32_t* indegree;
    SPIKEMASS_HD void operator()(std::uint64_t e) const {
        const std::uint64_t pair = ends(e);
        count_one(outdegree + (pair >> 32));
        count_one(indegree + static_cast<std::uint32_t>(pair));
    }
};

struct PlaceEdge {   // in no order within a row
    EdgeEnds ends;
    std::uint64_t* next;   ///< [n_sources]
    Targets targets;
    SPIKEMASS_HD void operator()(std::uint64_t e) const {
        const std::uint64_t pair = ends(e);
        targets.set(take_one(next + (pair >> 32)), static_cast<std::uint32_t>(pair));
    }
};

struct FirstPair {   // source -> first of its pairs
    const std::uint64_t* pairs;
    std::uint32_t n;
    SPIKEMASS_HD std::uint32_t operator()(std::uint64_t source) const {
        return source == 0 ? 0 : static_cast<std::uint32_t>(upper_bound(pairs, n, (source << 32) - 1));
    }
};

struct Place {   // sorted pairs -> rows
    const std::uint64_t* pairs;
    const std::uint32_t* begin;   ///< [n_sources + 1]
    const std::uint64_t* next;    ///< [n_sources]: where this slab's synapses of a source go
    Targets targets;
    SPIKEMASS_HD void operator()(std::uint32_t i) const {
        const auto source = static_cast<std::uint32_t>(pairs[i] >> 32);
        targets.set(next[source] + (i - begin[source]), static_cast<std::uint32_t>(pairs[i]));
    }
};

struct Advance {
    const std::uint32_t* begin;
    std::uint64_t* next;
    SPIKEMASS_HD void operator()(std::uint32_t source) const { next[source] += begin[source + 1] - begin[source]; }
};

/// Synapses of the graph as (source, target, weight).
struct Synapses {
    const std::uint64_t* offsets;
    std::uint64_t n_sources;
    Targets targets;
    std::int16_t* weights;   ///< null: all are equal
    std::uint16_t* delays;   ///< null: all are equal
    SPIKEMASS_HD std::uint64_t source(std::uint64_t e) const { return upper_bound(offsets, n_sources + 1, e) - 1; }
    /// Synapses of the same pair that come before synapse e.
    SPIKEMASS_HD std::uint32_t before(std::uint64_t e, std::uint64_t source) const {
        std::uint32_t n = 0;
        while (e > offsets[source] + n && targets.get(e - n - 1) == targets.get(e)) ++n;
        return n;
    }
};

struct PairOfSynapse {   // synapse first + i -> its pair
    Synapses s;
    std::uint64_t first;
    SPIKEMASS_HD std::uint64_t operator()(std::uint32_t i) const { return s.source(first + i) << 32 | s.targets.get(first + i); }
};

struct SetWeight {
    Synapses s;
    kernels::WeightView weight;
    SPIKEMASS_HD void operator()(std::uint64_t e) const {
        const std::uint64_t source = s.source(e);
        s.weights[e] = weight(static_cast<std::int64_t>(source), s.targets.get(e), s.before(e, source));
    }
};

struct SetDelay {
    Synapses s;
    kernels::DelayView delay;
    SPIKEMASS_HD void operator()(std::uint64_t e) const {
        const std::uint64_t source = s.source(e);
        s.delays[e] = delay(static_cast<std::int64_t>(source), s.targets.get(e), s.before(e, source));
    }
};

struct Hash {
    Synapses s;
    std::uint64_t delay_steps;
    SPIKEMASS_HD std::uint64_t operator()(std::uint64_t e) const {
        const std::uint64_t row = kernels::row_hash(s.source(e), s.delays ? s.delays[e] : delay_steps);
        return s.weights ? kernels::synapse_hash(row, s.targets.get(e), s.weights[e]) : kernels::synapse_hash(row, s.targets.get(e));
    }
};

struct Square {
    SPIKEMASS_HD std::uint64_t operator()(std::uint32_t k) const { return static_cast<std::uint64_t>(k) * k; }
};

/// Of a neuron that is source and target.
struct OutSquare {
    const std::uint64_t* offsets;
    SPIKEMASS_HD std::uint64_t operator()(std::int64_t i) const { return (offsets[i + 1] - offsets[i]) * (offsets[i + 1] - offsets[i]); }
};
struct DegreeProduct {
    const std::uint64_t* offsets;
    const std::uint32_t* indegree;
    SPIKEMASS_HD std::uint64_t operator()(std::int64_t i) const { return (offsets[i + 1] - offsets[i]) * indegree[i]; }
};

struct Gather {
    const std::uint32_t* from;
    SPIKEMASS_HD std::uint32_t operator()(std::uint32_t i) const { return from[i]; }
};

}  // namespace spikemass::gpu::body
