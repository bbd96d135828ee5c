#include <algorithm>

#include "host/cpu/graph.hpp"
#include "host/gpu/engine.hpp"
#include "host/spiking/setup.hpp"

namespace spikemass {

double estimate_device_memory(const Network& network) {
    double bytes = 64e6;   // context's own, small tables
    const auto ring = static_cast<double>(spiking::longest_delay(network));
    for (const Population& p : network.populations) bytes += static_cast<double>(p.size) * (8 + 4 + 12 + 4 * ring);   // columns, eta, recorder, spike lists
    for (const Projection& p : network.projections) {
        const Population &s = network.populations[p.source], &t = network.populations[p.target];
        if (p.topology.kind != TopologyKind::all_to_all && p.topology.kind != TopologyKind::annealed)
            bytes += p.topology.mean_indegree * static_cast<double>(t.size) * (p.strength_sd > 0 ? 6 : 4) + static_cast<double>(s.size) * 8;
        bytes += static_cast<double>(t.size) * 12;   // counts, gains, trace
    }
    return bytes;
}

}  // namespace spikemass
