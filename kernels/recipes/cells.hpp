#pragma once
// Independent synapses of one probability: per (row, cell of targets) a binomial number of distinct picks.

#include <cstdint>

#include "kernels/laws.hpp"
#include "kernels/picks.hpp"

namespace spikemass::kernels {

/// Erdos-Renyi cells: targets are cut into cells of `width`, independent of tiles and blocks.
struct ErdosRenyi {
    std::int64_t n_targets = 0, width = 4096, cells = 1;
    bool skip_self = false;
    QuantileTable full, full_own, last, last_own;         ///< own: the cell holds the source itself
    double p = 0.0;

    ErdosRenyi() = default;
    ErdosRenyi(std::int64_t n_sources, std::int64_t n_targets, double mean_indegree, bool skip_self);

    std::int64_t cell_size(std::int64_t cell) const { return cell + 1 == cells ? n_targets - cell * width : width; }
    bool is_own(std::int64_t self, std::int64_t cell) const { return skip_self && self / width == cell; }
    /// Numbers of targets of `row` in all cells, f(cell, k), in order.  `self`: the target that is the row itself, where that is skipped;
    /// `first_step`: cells count from it in the random numbers.
    template <class F>
    void counts(const RandomKey& binomial, std::int64_t row, std::int64_t self, std::int64_t first_step, F&& f) const {
        const std::int64_t own = skip_self ? self / width : -1;
        for (std::int64_t first = 0; first < cells; first += batch_blocks) {
            std::uint64_t u[batch_blocks];
            draw_steps(binomial, static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(first_step + first), u);
            const std::int64_t end = first + batch_blocks < cells ? first + batch_blocks : cells;
            for (std::int64_t cell = first; cell < end; ++cell) {
                const QuantileTable& t = cell + 1 == cells ? (cell == own ? last_own : last) : (cell == own ? full_own : full);
                f(cell, t.sample(u[cell - first]));
            }
        }
    }
    /// Number of targets of `row`.
    std::int64_t degree(const RandomKey& binomial, std::int64_t row, std::int64_t self, std::int64_t first_step) const {
        std::int64_t n = 0;
        counts(binomial, row, self, first_step, [&](std::int64_t, std::int64_t k) { n += k; });
        return n;
    }
    /// Targets of `row`, ascending.
    template <class F>
    void targets(PickSet& set, const RandomKey& binomial, const RandomKey& picks, std::int64_t row, std::int64_t self, std::int64_t first_step, F&& f) const {
        counts(binomial, row, self, first_step, [&](std::int64_t cell, std::int64_t k) {
            if (k == 0) return;
            const bool own = is_own(self, cell);
            const std::int64_t first = cell * width;
            distinct_picks(set, picks, row, first_step + cell, k, cell_size(cell) - (own ? 1 : 0), [&](std::uint32_t x) {
                const std::int64_t t = first + x;
                f(static_cast<std::uint32_t>(own && t >= self ? t + 1 : t));
            });
        });
    }
};

}  // namespace spikemass::kernels
