#pragma once
// What a row of a graph contains, as functions for hosts and devices: the recipes of docs/numerics.md ("Graphs") without any container.
// A row is a source (erdos_renyi, fixed_outdegree) or a target (fixed_indegree, lorentzian_indegree).  It is cut into cells (one, except in
// erdos_renyi); a segment is one cell of one row and holds `degree` distinct of `range` partners.

#include <cstdint>

#include "kernels/quantiles.hpp"
#include "models/base/arithmetic.hpp"
#include "models/base/random.hpp"

namespace spikemass::gpu {

struct GraphRecipe {
    std::int64_t rows = 0, partners = 0;      ///< partners: neurons on the other side
    std::int64_t width = 1, cells = 1;        ///< partners are cut into `cells` cells of `width`
    std::int64_t fixed = -1;                  ///< degree of every row; -1: by law
    bool skip_self = false;
    RandomKey degrees, picks;
    /// [4], in the memory where the recipe is used: degree in a cell, in the cell that holds the row's own neuron, the same two for the last cell.
    const kernels::QuantileView* law = nullptr;

    SPIKEMASS_HD bool is_own(std::int64_t row, std::int64_t cell) const { return skip_self && row / width == cell; }
    SPIKEMASS_HD std::int64_t range(std::int64_t row, std::int64_t cell) const {
        return (cell + 1 == cells ? partners - cell * width : width) - (is_own(row, cell) ? 1 : 0);
    }
    SPIKEMASS_HD std::int64_t degree(std::int64_t row, std::int64_t cell) const {
        if (fixed >= 0) return fixed;
        const int i = (cell + 1 == cells ? 2 : 0) + (is_own(row, cell) ? 1 : 0);
        return law[i].sample(degrees.draw64(static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(cell), 0));
    }
    /// The neuron that pick x of a segment stands for.
    SPIKEMASS_HD std::uint32_t partner(std::int64_t row, std::int64_t cell, std::int64_t x) const {
        const std::int64_t t = cell * width + x;
        return static_cast<std::uint32_t>(is_own(row, cell) && t >= row ? t + 1 : t);
    }
};

/// Distinct values that are drawn for `degree` of `range`: beyond half of them, those that are left out.
SPIKEMASS_HD std::int64_t wanted_values(std::int64_t degree, std::int64_t range) { return degree > range / 2 ? range - degree : degree; }

/// Draws (an even number) made at once in hope of `wanted` <= n/2 distinct values below n: their mean number, and 2, 4, 6, ... of its standard
/// deviations in rounds 0, 1, 2, ...  Which draws count does not depend on it.
SPIKEMASS_HD std::int64_t draws_of(std::int64_t wanted, std::int64_t n, std::int64_t round) {
    if (wanted == 0) return 0;
    const double w = static_cast<double>(wanted), x = w / static_cast<double>(n), repeats = 0.5 * w * x;
    const double mean = repeats * (1.0 + 0.67 * x / (1.0 - 0.75 * x)), spread = math::sqrt(repeats * (1.0 + 3.0 * x));   // of draws that repeat a value
    const std::int64_t c = wanted + math::to_int(mean + 2.0 * static_cast<double>(round + 1) * spread) + 2 * round;
    return c + (c & 1);
}

}  // namespace spikemass::gpu
