#pragma once
// Distance-dependent synapses on a ring or a torus, by source: p = p0 exp(-d^2/2 sigma^2) up to d = 6 sigma.  The lattice looks the same from everywhere, so
// offsets from a source to its targets are sorted by distance once and cut into shells of sigma/8; per (row, shell) a binomial number, then as many
// distinct offsets of the shell, with the mean p of the shell.

#include <vector>

#include "kernels/laws.hpp"
#include "kernels/recipes/setting.hpp"

namespace spikemass::kernels {

/// Plain data, for hosts and devices.
struct Lattice {
    Geometry geometry = Geometry::ring;
    std::int64_t n_sources = 0, n_targets = 0, source_side = 0, target_side = 0;   ///< sides: torus only

    struct Place { std::int64_t x = 0, y = 0; };
    /// Where a source is among the targets.
    SPIKEMASS_HD Place place(std::int64_t source) const {
        if (geometry == Geometry::ring) return {same_place(source, n_sources, n_targets), 0};
        return {same_place(source % source_side, source_side, target_side), same_place(source / source_side, source_side, target_side)};
    }
    /// Offsets count to the right, on a torus in the low 16 bits, and down in the high ones; all modulo the lattice.
    SPIKEMASS_HD std::uint32_t target(const Place& from, std::uint32_t offset) const {
        if (geometry == Geometry::ring) {
            const std::int64_t t = from.x + offset;
            return static_cast<std::uint32_t>(t >= n_targets ? t - n_targets : t);
        }
        std::int64_t x = from.x + (offset & 0xffff), y = from.y + (offset >> 16);
        if (x >= target_side) x -= target_side;
        if (y >= target_side) y -= target_side;
        return static_cast<std::uint32_t>(y * target_side + x);
    }
};

struct Spatial {
    static constexpr double longest = 6.0, shells_per_sigma = 8.0;
    struct Shell {
        std::int64_t first = 0, size = 0;   ///< into offsets
        double p = 0.0;
        QuantileTable law;
    };
    Lattice lattice;
    std::vector<std::uint32_t> offsets;   ///< by distance
    std::vector<Shell> shells;
    RandomKey binomial, picks;

    explicit Spatial(const Setting&);
    void prepare(Scratch& s) const {
        std::int64_t largest = 0;
        for (const Shell& shell : shells) largest = shell.size > largest ? shell.size : largest;
        s.picks.reserve(largest);
        s.row.reserve(lattice.n_targets);
    }
    template <class F>
    void counts(std::int64_t row, F&& f) const {
        for (std::size_t first = 0; first < shells.size(); first += batch_blocks) {
            std::uint64_t u[batch_blocks];
            draw_steps(binomial, static_cast<std::uint64_t>(row), first, u);
            const std::size_t end = first + batch_blocks < shells.size() ? first + batch_blocks : shells.size();
            for (std::size_t i = first; i < end; ++i) f(i, shells[i].law.sample(u[i - first]));
        }
    }
    std::int64_t degree(std::int64_t row) const {
        std::int64_t n = 0;
        counts(row, [&](std::size_t, std::int64_t k) { n += k; });
        return n;
    }
    template <class F>
    void targets(Scratch& s, std::int64_t row, F&& f) const {
        s.list.clear();
        counts(row, [&](std::size_t i, std::int64_t k) {
            if (k == 0) return;
            const Shell& shell = shells[i];
            distinct_picks(s.picks, picks, row, static_cast<std::int64_t>(i), k, shell.size, [&](std::uint32_t x) {
                s.list.push_back(static_cast<std::uint32_t>(shell.first) + x);
                __builtin_prefetch(offsets.data() + s.list.back());   // the table may be larger than the cache
            });
        });
        const Lattice::Place place = lattice.place(row);
        for (std::uint32_t x : s.list) s.row.insert(lattice.target(place, offsets[x]));
        s.row.drain(f);
    }
};

/// Side of a square lattice of n neurons; 0 if n is no square.
std::int64_t square_side(std::int64_t n);

}  // namespace spikemass::kernels
