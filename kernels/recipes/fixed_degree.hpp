#pragma once
// Distinct partners in a number that is fixed or drawn: fixed_outdegree by source; fixed_indegree and lorentzian_indegree by target.

#include "kernels/laws.hpp"
#include "kernels/recipes/setting.hpp"

namespace spikemass::kernels {

struct FixedOutdegree {
    std::int64_t k = 0, n_targets = 0;
    bool skip_self = false;
    RandomKey picks;

    explicit FixedOutdegree(const Setting&);
    void prepare(Scratch& s) const { s.picks.reserve(n_targets); }
    std::int64_t degree(std::int64_t) const { return k; }
    template <class F>
    void targets(Scratch& s, std::int64_t row, F&& f) const {
        const bool skip = skip_self;
        distinct_picks(s.picks, picks, row, 0, k, n_targets - (skip ? 1 : 0), [&](std::uint32_t x) { f(static_cast<std::uint32_t>(skip && x >= row ? x + 1 : x)); });
    }
};

struct IndegreeRows {
    std::int64_t fixed = -1;   ///< -1: by the law
    QuantileTable law;
    std::int64_t n_sources = 0;
    bool skip_self = false;
    RandomKey degrees, picks;

    explicit IndegreeRows(const Setting&);
    void prepare(Scratch& s) const { s.picks.reserve(n_sources); }
    std::int64_t degree(std::int64_t target) const { return fixed >= 0 ? fixed : law.sample(degrees.draw64(static_cast<std::uint64_t>(target), 0, 0)); }
    /// Sources of a target, in any order, into out [degree].
    void sources(Scratch& s, std::int64_t target, std::int64_t degree, std::uint32_t* out) const {
        distinct_picks_in_any_order(s.picks, picks, target, 0, degree, n_sources - (skip_self ? 1 : 0), out);
        if (skip_self)
            for (std::int64_t i = 0; i < degree; ++i) out[i] += out[i] >= target ? 1u : 0u;
    }
};

}  // namespace spikemass::kernels
