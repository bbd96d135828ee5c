#pragma once
// By source, independent synapses: of one probability (erdos_renyi), or of one within and one between modules.

#include "kernels/recipes/cells.hpp"
#include "kernels/recipes/setting.hpp"

namespace spikemass::kernels {

struct ErdosRenyiRows {
    ErdosRenyi er;
    RandomKey binomial, picks;

    explicit ErdosRenyiRows(const Setting&);
    void prepare(Scratch& s) const { s.picks.reserve(er.width < er.n_targets ? er.width : er.n_targets); }
    std::int64_t degree(std::int64_t row) const { return er.degree(binomial, row, row, 0); }
    template <class F>
    void targets(Scratch& s, std::int64_t row, F&& f) const { er.targets(s.picks, binomial, picks, row, row, 0, f); }
};

/// Modules are equal shares of both populations, by index.  Two Erdos-Renyi graphs in one: a row's own module, whose cells are numbered first, and all other
/// targets, numbered without that module.
struct Modular {
    std::int64_t n_targets = 0, sources = 0, targets_each = 0;   ///< of a module
    ErdosRenyi own, others;
    RandomKey binomial, picks;

    explicit Modular(const Setting&);
    std::int64_t first_target(std::int64_t row) const { return row / sources * targets_each; }
    void prepare(Scratch& s) const {
        const std::int64_t width = own.width > others.width ? own.width : others.width;
        s.picks.reserve(width < n_targets ? width : n_targets);
    }
    std::int64_t degree(std::int64_t row) const { return own.degree(binomial, row, row % sources, 0) + others.degree(binomial, row, 0, own.cells); }
    template <class F>
    void targets(Scratch& s, std::int64_t row, F&& f) const {
        const auto first = static_cast<std::uint32_t>(first_target(row)), size = static_cast<std::uint32_t>(targets_each);
        s.list.clear();
        own.targets(s.picks, binomial, picks, row, row % sources, 0, [&](std::uint32_t x) { s.list.push_back(first + x); });
        bool after = false;
        const auto emit_own = [&] {
            after = true;
            for (std::uint32_t t : s.list) f(t);
        };
        others.targets(s.picks, binomial, picks, row, 0, own.cells, [&](std::uint32_t x) {
            if (x < first) return f(x);
            if (!after) emit_own();
            f(x + size);
        });
        if (!after) emit_own();
    }
};

}  // namespace spikemass::kernels
