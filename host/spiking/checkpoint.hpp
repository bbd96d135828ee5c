#pragma once
// State of a running network, free of backend, threads and formats; a checkpoint file is its bytes.

#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

#include "kernels/network.hpp"

namespace spikemass::spiking {

struct Checkpoint {
    struct PopulationPart {
        std::vector<std::vector<float>> columns;          ///< [column of the model][neuron]
        std::vector<std::vector<std::uint32_t>> spikes;   ///< [age - 1]: ids that fired `age` steps ago, ascending; ages 1 to the longest delay
    };
    std::int64_t step = 0;
    std::uint32_t digest_low = 0, digest_high = 0;
    std::uint64_t spikes = 0;
    std::vector<PopulationPart> populations;              ///< file order
    std::vector<std::vector<float>> traces;               ///< [projection, file order][stage of the synapse][target]; one number per stage where all targets share it; empty: no trace
};

/// What a checkpoint belongs to: names, sizes, models, projections, graphs, seeds, dt; not the order of the file.
std::uint64_t checkpoint_identity(const Network&, std::span<const std::uint64_t> graph_checksums);

/// Errors: IoError (disk full).
void write_checkpoint(std::ostream&, const Network&, std::uint64_t identity, const Checkpoint&);
/// `expected`: shapes of columns, ages and traces.  Errors: IoError for a damaged file, ConfigurationError for another network's.
Checkpoint read_checkpoint(std::istream&, const Network&, std::uint64_t identity, const Checkpoint& expected);

}  // namespace spikemass::spiking
