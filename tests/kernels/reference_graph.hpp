#pragma once
// The graph recipes as docs/numerics.md words them, in the plainest code: sets, no bitmaps, no blocks.  And edges out of built graphs.

#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "host/cpu/graph.hpp"
#include "kernels/recipes.hpp"

namespace spikemass::reference {

struct Edge {
    std::uint32_t source, target;
    std::int16_t weight = 0;
    auto operator<=>(const Edge&) const = default;
};

/// k distinct of n: the first k distinct values of mulhi64(draw j, n); beyond n/2 the complement.
inline std::vector<std::uint32_t> picks(const RandomKey& key, std::uint64_t row, std::uint64_t cell, std::int64_t k, std::int64_t n) {
    const bool complement = k > n / 2;
    std::set<std::uint32_t> chosen;
    for (std::uint32_t j = 0; static_cast<std::int64_t>(chosen.size()) < (complement ? n - k : k); ++j)
        chosen.insert(static_cast<std::uint32_t>(mulhi64(key.draw64(row, cell, j), static_cast<std::uint64_t>(n))));
    std::vector<std::uint32_t> out;
    for (std::uint32_t x = 0; x < n; ++x)
        if (chosen.contains(x) != complement) out.push_back(x);
    return out;
}

/// Independent synapses of one row in cells, as erdos_renyi has them; `self`: the target that is the row itself, or -1.
inline std::vector<std::int64_t> cells(const RandomKey& binomial, const RandomKey& pick, std::int64_t row, std::int64_t self, std::int64_t first_cell, double p, std::int64_t nt) {
    std::vector<std::int64_t> out;
    std::int64_t width = 4096;
    while (static_cast<double>(width) * p < 4.0 && width < (std::int64_t{1} << 40)) width *= 2;
    for (std::int64_t first = 0, cell = first_cell; first < nt; first += width, ++cell) {
        const std::int64_t size = std::min(width, nt - first);
        const bool own = self >= first && self < first + size;
        const std::int64_t n = size - (own ? 1 : 0);
        const std::int64_t count = kernels::binomial_table(n, p).sample(binomial.draw64(static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(cell), 0));
        for (std::uint32_t x : picks(pick, static_cast<std::uint64_t>(row), static_cast<std::uint64_t>(cell), count, n)) out.push_back(own && first + x >= self ? first + x + 1 : first + x);
    }
    return out;
}

/// Recipes of fixed_total, small_world, chung_lu, spatial and modular.  Tables and shells are the program's own; their laws have tests of their own.
inline std::vector<Edge> more_edges(const Projection& p, const Seeds& seeds, std::int64_t ns, std::int64_t nt, bool same) {
    const Topology& t = p.topology;
    const bool skip = same && !t.self_connections;
    const auto key = [&](Stream s) { return random_key(seeds.graph, name_key(p.name), s); };
    const auto u = [](std::int64_t x) { return static_cast<std::uint64_t>(x); };
    std::vector<Edge> out;
    const auto add = [&](std::int64_t s, std::int64_t to) { out.push_back({static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(to)}); };
    const kernels::Setting setting{p, seeds, ns, nt, same};
    if (t.kind == TopologyKind::fixed_total) {
        const auto total = static_cast<std::int64_t>(t.mean_indegree * static_cast<double>(nt) + 0.5);
        for (std::int64_t e = 0; e < total; ++e) {
            const auto j = static_cast<std::uint32_t>(2 * (e % 65536));
            const std::uint64_t s = mulhi64(key(Stream::synapse).draw64(u(e / 65536), 0, j), u(ns)), x = mulhi64(key(Stream::synapse).draw64(u(e / 65536), 0, j + 1), u(nt - skip));
            add(static_cast<std::int64_t>(s), static_cast<std::int64_t>(skip && x >= s ? x + 1 : x));
        }
    } else if (t.kind == TopologyKind::small_world) {
        const auto k = static_cast<std::int64_t>(t.mean_indegree);
        for (std::int64_t to = 0; to < nt; ++to) {
            std::set<std::int64_t> chosen;
            const std::int64_t place = same ? to : to * ns / nt;
            for (std::int64_t i = 0; i < k; ++i) {
                const std::int64_t step = same && i >= k / 2 ? i - k / 2 + 1 : i - k / 2;
                const std::uint32_t word = key(Stream::rewire).block(u(to), 0, static_cast<std::uint32_t>(i / 4)).word[i % 4];
                if (static_cast<double>(word) >= t.rewiring * 0x1p32) chosen.insert((place + step + ns) % ns);
            }
            for (std::uint32_t j = 0; static_cast<std::int64_t>(chosen.size()) < k; ++j) {
                const auto x = static_cast<std::int64_t>(mulhi64(key(Stream::picks).draw64(u(to), 0, j), u(ns - skip)));
                chosen.insert(skip && x >= to ? x + 1 : x);
            }
            for (std::int64_t s : chosen) add(s, to);
        }
    } else if (t.kind == TopologyKind::chung_lu) {
        const kernels::ChungLu recipe(setting);
        for (std::int64_t s = 0; s < ns; ++s) {
            std::uint64_t rank = key(Stream::degree).draw64(u(s), 0, 0);
            const std::uint64_t in = key(Stream::in_weight).draw64(u(s), 0, 0), choice = key(Stream::degree).draw64(u(s), 0, 1);
            if (static_cast<double>(choice) * 0x1p-64 < std::abs(t.correlation)) rank = t.correlation > 0 ? in : ~in;
            const auto k = static_cast<std::size_t>(kernels::power_law_table(t.exponent_out, t.mean_indegree * static_cast<double>(nt) / static_cast<double>(ns), t.cutoff).sample(rank));
            std::set<std::uint32_t> chosen;
            for (std::uint32_t j = 0; chosen.size() < k; ++j) {
                const unsigned __int128 product = static_cast<unsigned __int128>(key(Stream::picks).draw64(u(s), 0, j)) * u(nt);
                const auto column = static_cast<std::uint32_t>(product >> 64);
                const std::uint32_t to = static_cast<std::uint32_t>(static_cast<std::uint64_t>(product) >> 32) < recipe.alias[column].threshold ? column : recipe.alias[column].alias;
                if (!skip || to != s) chosen.insert(to);
            }
            for (std::uint32_t to : chosen) add(s, to);
        }
    } else if (t.kind == TopologyKind::spatial) {
        const kernels::Spatial recipe(setting);
        const bool torus = t.geometry == Geometry::torus;
        const auto side = [](std::int64_t n) { return static_cast<std::int64_t>(std::sqrt(static_cast<double>(n)) + 0.5); };
        for (std::int64_t s = 0; s < ns; ++s)
            for (std::size_t i = 0; i < recipe.shells.size(); ++i) {
                const auto& shell = recipe.shells[i];
                const std::int64_t k = kernels::binomial_table(shell.size, shell.p).sample(key(Stream::binomial).draw64(u(s), i, 0));
                for (std::uint32_t x : picks(key(Stream::picks), u(s), i, k, shell.size)) {
                    const std::int64_t offset = recipe.offsets[static_cast<std::size_t>(shell.first) + x], a = side(ns), b = side(nt);
                    add(s, torus ? (s / a * b / a + offset / 65536) % b * b + (s % a * b / a + offset % 65536) % b : (s * nt / ns + offset) % nt);
                }
            }
    } else {
        const std::int64_t sources = ns / t.modules, targets = nt / t.modules;
        const double own = t.within * t.mean_indegree / static_cast<double>(sources - skip), others = (1.0 - t.within) * t.mean_indegree / static_cast<double>(ns - sources);
        std::int64_t own_cells = 0, width = 4096;
        while (static_cast<double>(width) * own < 4.0 && width < (std::int64_t{1} << 40)) width *= 2;
        own_cells = (targets + width - 1) / width;
        for (std::int64_t s = 0; s < ns; ++s) {
            const std::int64_t first = s / sources * targets;
            for (std::int64_t x : cells(key(Stream::binomial), key(Stream::picks), s, skip ? s - first : -1, 0, own, targets)) add(s, first + x);
            for (std::int64_t x : cells(key(Stream::binomial), key(Stream::picks), s, -1, own_cells, others, nt - targets)) add(s, x < first ? x : x + targets);
        }
    }
    std::sort(out.begin(), out.end());
    return out;
}

inline std::vector<Edge> edges(const Projection& p, const Seeds& seeds, std::int64_t ns, std::int64_t nt, bool same) {
    if (p.topology.kind > TopologyKind::annealed) return more_edges(p, seeds, ns, nt, same);
    const bool skip = same && !p.topology.self_connections;
    const std::uint64_t name = name_key(p.name);
    const RandomKey pick = random_key(seeds.graph, name, Stream::picks), degree = random_key(seeds.graph, name, Stream::degree), binomial = random_key(seeds.graph, name, Stream::binomial);
    const auto shifted = [&](std::int64_t x, std::int64_t self) { return static_cast<std::uint32_t>(skip && x >= self ? x + 1 : x); };
    const double k = p.topology.mean_indegree;
    std::vector<Edge> out;
    if (p.topology.kind == TopologyKind::fixed_indegree || p.topology.kind == TopologyKind::lorentzian_indegree) {
        const auto table = kernels::lorentzian_table(k, p.topology.half_width > 0 ? p.topology.half_width : 1.0, ns - (skip ? 1 : 0));
        for (std::int64_t t = 0; t < nt; ++t) {
            const std::int64_t d = p.topology.kind == TopologyKind::fixed_indegree ? static_cast<std::int64_t>(k) : table.sample(degree.draw64(static_cast<std::uint64_t>(t), 0, 0));
            for (std::uint32_t s : picks(pick, static_cast<std::uint64_t>(t), 0, d, ns - (skip ? 1 : 0))) out.push_back({shifted(s, t), static_cast<std::uint32_t>(t)});
        }
    } else if (p.topology.kind == TopologyKind::fixed_outdegree) {
        const auto d = static_cast<std::int64_t>(k * static_cast<double>(nt) / static_cast<double>(ns) + 0.5);
        for (std::int64_t s = 0; s < ns; ++s)
            for (std::uint32_t t : picks(pick, static_cast<std::uint64_t>(s), 0, d, nt - (skip ? 1 : 0))) out.push_back({static_cast<std::uint32_t>(s), shifted(t, s)});
    } else {
        const double probability = k / static_cast<double>(ns - (skip ? 1 : 0));
        for (std::int64_t s = 0; s < ns; ++s)
            for (std::int64_t t : cells(binomial, pick, s, skip ? s : -1, 0, probability, nt)) out.push_back({static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(t)});
    }
    std::sort(out.begin(), out.end());
    return out;
}

inline std::vector<Edge> edges(const cpu::Graph& g) {
    std::vector<Edge> out;
    const auto all = [&](const auto& rows) {
        for (std::int64_t s = 0; s < g.n_sources; ++s)
            for (std::size_t b = 0; b < rows.blocks; ++b) {
                const std::size_t segment = static_cast<std::size_t>(s) * rows.blocks + b;
                for (std::uint64_t e = rows.start(segment); e < rows.start(segment + 1); ++e)
                    out.push_back({static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(b * static_cast<std::size_t>(rows.width) + rows.index[e]),
                                   rows.weight.size() ? rows.weight[e] : std::int16_t{0}});
            }
    };
    all(g.rows16);
    all(g.rows32);
    if (g.format == cpu::Format::bit_rows)
        for (std::int64_t s = 0; s < g.n_sources; ++s)
            for (std::int64_t t = 0; t < (g.n_targets + 511) / 512 * 512; ++t)
                if ((g.bits[static_cast<std::size_t>(((t / 512) * g.n_sources + s) * 8 + (t % 512) / 64)] >> (t & 63)) & 1)
                    out.push_back({static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(t)});
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace spikemass::reference
