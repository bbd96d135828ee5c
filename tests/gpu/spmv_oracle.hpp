#pragma once
// An independent answer to "how many spikes arrive at each target": cuSPARSE multiplies the matrix of synapses with the vector of spikes.

#include <cstdint>
#include <vector>

namespace spikemass::testing {

/// A graph by target: the sources of target t are sources[row_start[t] .. row_start[t + 1]), repeated where there are several synapses.
struct GraphByTarget {
    std::int64_t n_sources = 0;
    std::vector<std::int32_t> row_start;   ///< [n_targets + 1]
    std::vector<std::int32_t> sources;     ///< [n_synapses]; below 2^31 synapses
    std::int64_t n_targets() const { return static_cast<std::int64_t>(row_start.size()) - 1; }
};

/// Spikes that arrive at each target, [n_targets]; `spiked` [n_sources] holds how often each source is in the step's list (0 or 1, more are allowed).
/// Plain loops on the host.
inline std::vector<std::uint32_t> counts_on_host(const GraphByTarget& graph, const std::vector<std::uint8_t>& spiked) {
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(graph.n_targets()), 0);
    for (std::size_t t = 0; t < counts.size(); ++t)
        for (auto e = graph.row_start[t]; e < graph.row_start[t + 1]; ++e) counts[t] += spiked[static_cast<std::size_t>(graph.sources[static_cast<std::size_t>(e)])];
    return counts;
}

/// The same by cusparseSpMV on the current device: a CSR matrix of ones in f32.  Sums of integers below 2^24 are exact in f32 in any order, so this is no
/// approximation; throws DeviceError where an answer is no such integer, where a call fails, or where there is no device.
std::vector<std::uint32_t> counts_by_cusparse(const GraphByTarget& graph, const std::vector<std::uint8_t>& spiked);

}  // namespace spikemass::testing
