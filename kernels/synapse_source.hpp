#pragma once
// Synapses that come from outside the program (topology from_file): the engine asks for them in blocks and knows no file format.

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace spikemass {

/// Synapses in any order: one element each.
struct SynapseBlock {
    std::span<const std::uint32_t> source, target;
    std::span<const double> weight;   ///< empty where the file has no weights
};

/// What was found when the file was checked, and a way to read it again.  Sources and targets are in range, weights are finite.
struct SynapseSource {
    virtual ~SynapseSource() = default;
    /// Calls f in this thread with all synapses, block by block, in the order of the file; every time the same.  Throws IoError.
    virtual void read(const std::function<void(const SynapseBlock&)>& f) const = 0;

    std::string name;                ///< for messages
    std::uint64_t synapses = 0;
    std::uint64_t checksum = 0;      ///< of what was read
    bool weighted = false;           ///< weights differ
    bool sorted = false;             ///< by source, then by target
    double mean_weight = 1.0, weight_sd = 0.0, largest_weight = 1.0;   ///< largest: of |w|
    double largest_sum = 0.0;        ///< of |w| over the synapses of a target
    double indegree_variance = 0.0;
    std::vector<std::uint32_t> indegree;   ///< [target]
};

}  // namespace spikemass
