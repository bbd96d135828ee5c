#pragma once
// What a row of a graph contains, as functions for hosts and devices: the recipes of docs/numerics.md ("Graphs") without any container.
// A row is a source or, where the recipe goes by target, a target.  It is cut into cells; a segment is one cell of one row and holds `degree` distinct of `range` values,
// each of which stands for a partner.

#include <cstdint>

#include "kernels/quantiles.hpp"
#include "kernels/recipes/chung_lu.hpp"
#include "kernels/recipes/fixed_total.hpp"
#include "kernels/recipes/small_world.hpp"
#include "kernels/recipes/spatial.hpp"
#include "models/base/arithmetic.hpp"
#include "models/base/random.hpp"

namespace spikemass::gpu {

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

/// How values become partners.
enum class Shape {
    cells,     ///< cells of `width` partners, the row's own neuron left out
    modules,   ///< cells of the row's module, then cells of all other partners (kernels/recipes/erdos_renyi.hpp)
    shells,    ///< a shell of offsets each (spatial.hpp)
    ring,      ///< beside the ring sources that stay (small_world.hpp)
    weights    ///< values are partners, drawn with weights (chung_lu.hpp)
};

struct GraphRecipe {
    struct Shell { std::int64_t first = 0, size = 0; };

    Shape shape = Shape::cells;
    std::int64_t rows = 0, partners = 0;      ///< partners: neurons on the other side
    std::int64_t width = 1, cells = 1;        ///< partners are cut into `cells` cells of `width`
    std::int64_t fixed = -1;                  ///< degree of every row; -1: by law
    bool skip_self = false;
    RandomKey degrees, picks;
    /// In the memory where the recipe is used: degree in a cell, in the cell that holds the row's own neuron, the same two for the last cell; modules: these for
    /// the own module and for the others, without own neurons; shells: one each.
    const kernels::QuantileView* law = nullptr;

    std::int64_t own_cells = 0, own_width = 1, module_rows = 1, module_partners = 0;   ///< modules; `width` is that of the others
    kernels::Lattice lattice;
    const Shell* shell = nullptr;             ///< [cells]
    const std::uint32_t* offsets = nullptr;
    kernels::SmallWorldRing ring;
    const std::uint32_t* replaced = nullptr;  ///< [rows]: ring sources that do not stay
    kernels::CorrelatedDegrees correlated;
    const kernels::AliasColumn* alias = nullptr;   ///< [partners]

    /// The cell `cell` of `n` partners in cells of `w`, of which there are `all`; `self`: the row's own number among them.
    struct Cell {
        std::int64_t self, cell, all, w, n;
        bool skip;
        SPIKEMASS_HD bool own() const { return skip && self / w == cell; }
        SPIKEMASS_HD bool last() const { return cell + 1 == all; }
        SPIKEMASS_HD std::int64_t range() const { return (last() ? n - cell * w : w) - (own() ? 1 : 0); }
        SPIKEMASS_HD std::int64_t partner(std::int64_t x) const {
            const std::int64_t t = cell * w + x;
            return own() && t >= self ? t + 1 : t;
        }
        SPIKEMASS_HD int law() const { return (last() ? 2 : 0) + (own() ? 1 : 0); }
    };
    SPIKEMASS_HD Cell cell_of(std::int64_t row, std::int64_t cell) const {
        if (shape != Shape::modules) return {row, cell, cells, width, partners, skip_self};
        if (cell < own_cells) return {row % module_rows, cell, own_cells, own_width, module_partners, skip_self};
        return {0, cell - own_cells, cells - own_cells, width, partners - module_partners, false};
    }

    SPIKEMASS_HD std::int64_t range(std::int64_t row, std::int64_t cell) const {
        if (shape == Shape::shells) return shell[cell].size;
        return shape == Shape::weights ? partners : cell_of(row, cell).range();
    }
    SPIKEMASS_HD std::int64_t degree(std::int64_t row, std::int64_t cell) const {
        if (shape == Shape::ring) return replaced[row];
        if (fixed >= 0) return fixed;
        if (shape == Shape::weights) return law[0].sample(correlated.out_rank(row));
        const int i = shape == Shape::shells ? static_cast<int>(cell) : cell_of(row, cell).law() + (shape == Shape::modules && cell >= own_cells ? 4 : 0);
        return law[i].sample(degrees.draw64(static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(cell), 0));
    }
    /// Synapses of a row beside those that are drawn.
    SPIKEMASS_HD std::int64_t undrawn(std::int64_t row) const { return shape == Shape::ring ? ring.k - replaced[row] : 0; }
    /// The value of a draw.
    SPIKEMASS_HD std::uint32_t value(std::int64_t row, std::int64_t cell, std::uint64_t u) const {
        if (shape == Shape::weights) return kernels::alias_pick(alias, static_cast<std::uint64_t>(partners), u);
        return static_cast<std::uint32_t>(mulhi64(u, static_cast<std::uint64_t>(range(row, cell))));
    }
    /// Values that count.
    SPIKEMASS_HD bool accepts(std::int64_t row, std::uint32_t x) const {
        if (shape == Shape::weights) return !skip_self || x != row;
        if (shape != Shape::ring) return true;
        const std::int64_t i = ring.index(row, ring.drawn(row, x));
        return i < 0 || !ring.stays(row, i);
    }
    /// Draws to be made at once for `wanted` values (draws_of).
    SPIKEMASS_HD std::int64_t draws(std::int64_t row, std::int64_t wanted, std::int64_t n, std::int64_t round) const {
        const std::int64_t c = draws_of(wanted, n, round);
        if (shape == Shape::cells || shape == Shape::modules || shape == Shape::shells || c == 0) return c;
        double more = 0.25 * static_cast<double>((round + 1) * c) + 16.0;   // weights: repeats are as frequent as weights are unequal
        if (shape == Shape::ring) {   // some values are on the ring: kept <= n/2
            const double kept = static_cast<double>(undrawn(row)), x = kept / (static_cast<double>(n) - kept) * static_cast<double>(c);
            more = x + 2.0 * static_cast<double>(round + 1) * math::sqrt(x) + 2.0;
        }
        const std::int64_t all = c + math::to_int(more);
        return all + (all & 1);
    }
    /// The neuron that value x of a segment stands for.
    SPIKEMASS_HD std::uint32_t partner(std::int64_t row, std::int64_t cell, std::int64_t x) const {
        if (shape == Shape::weights) return static_cast<std::uint32_t>(x);
        if (shape == Shape::shells) return lattice.target(lattice.place(row), offsets[shell[cell].first + x]);
        const std::int64_t t = cell_of(row, cell).partner(x);
        if (shape != Shape::modules) return static_cast<std::uint32_t>(t);
        const std::int64_t first = row / module_rows * module_partners;
        return static_cast<std::uint32_t>(cell < own_cells ? first + t : t < first ? t : t + module_partners);
    }
};

}  // namespace spikemass::gpu
