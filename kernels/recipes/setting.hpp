#pragma once
// What every recipe is made from, and what it needs while rows are drawn.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/network.hpp"
#include "kernels/picks.hpp"

namespace spikemass::kernels {

struct Setting {
    const Projection& projection;
    const Seeds& seeds;
    std::int64_t n_sources, n_targets;
    bool same_population;

    bool skip_self() const { return same_population && !projection.topology.self_connections; }
    std::int64_t available_sources() const { return n_sources - (skip_self() ? 1 : 0); }
    std::int64_t available_targets() const { return n_targets - (skip_self() ? 1 : 0); }
    double mean_outdegree() const { return projection.topology.mean_indegree * static_cast<double>(n_targets) / static_cast<double>(n_sources); }
    RandomKey key(Stream stream) const { return random_key(seeds.graph, name_key(projection.name), stream); }
    /// ConfigurationError "projection.NAME: what".
    [[noreturn]] void refuse(const std::string& what) const;
};

/// One per thread.
struct Scratch {
    PickSet picks, row;   ///< of a segment; of a whole row that is drawn in no order
    std::vector<std::uint32_t> list;
};

/// x n / m for neurons of populations of m and n on one ring.
SPIKEMASS_HD std::int64_t same_place(std::int64_t x, std::int64_t m, std::int64_t n) {
    if (m == n) return x;
#if defined(__CUDA_ARCH__)
    return x * n / m;   // both are below 2^32 there
#else
    return static_cast<std::int64_t>(static_cast<__int128>(x) * n / m);
#endif
}

}  // namespace spikemass::kernels
