#pragma once
// Order-free graph checksum: the sum of these hashes over all synapses, mod 2^64 (docs/numerics.md, "Graphs").

#include "models/base/random.hpp"

namespace spikemass::kernels {

SPIKEMASS_HD std::uint64_t row_hash(std::uint64_t source, std::uint64_t delay_steps) { return mix64(mix64(delay_steps) + source); }
SPIKEMASS_HD std::uint64_t synapse_hash(std::uint64_t row, std::uint64_t target) { return mix64(row + target); }
/// `weight` is the fixed-point weight of a projection that has more than one.
SPIKEMASS_HD std::uint64_t synapse_hash(std::uint64_t row, std::uint64_t target, std::int32_t weight) {
    return mix64(mix64(row + target) + static_cast<std::uint32_t>(weight));
}

}  // namespace spikemass::kernels
