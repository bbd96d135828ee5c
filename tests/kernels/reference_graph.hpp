#pragma once
// The graph recipes as docs/numerics.md words them, in the plainest code: sets, no bitmaps, no blocks.  And edges out of built graphs.

#include <algorithm>
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

inline std::vector<Edge> edges(const Projection& p, const Seeds& seeds, std::int64_t ns, std::int64_t nt, bool same) {
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
        std::int64_t width = 4096;
        while (static_cast<double>(width) * probability < 4.0) width *= 2;
        for (std::int64_t s = 0; s < ns; ++s)
            for (std::int64_t first = 0, cell = 0; first < nt; first += width, ++cell) {
                const std::int64_t size = std::min(width, nt - first);
                const bool own = skip && s >= first && s < first + size;
                const std::int64_t n = size - (own ? 1 : 0);
                const std::int64_t count = kernels::binomial_table(n, probability).sample(binomial.draw64(static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(cell), 0));
                for (std::uint32_t x : picks(pick, static_cast<std::uint64_t>(s), static_cast<std::uint64_t>(cell), count, n)) {
                    const std::int64_t t = first + x;
                    out.push_back({static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(own && t >= s ? t + 1 : t)});
                }
            }
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
