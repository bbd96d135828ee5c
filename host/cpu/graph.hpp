#pragma once
// The stored synapses of one projection, in the format that propagates fastest (docs/architecture.md, "Formats").

#include <cstdint>
#include <vector>

#include "host/cpu/buffer.hpp"
#include "host/cpu/isa.hpp"
#include "kernels/network.hpp"

namespace spikemass::cpu {

/// Thresholds, measured by bench/propagate: each is one constant.
namespace tuning {
constexpr std::int64_t block_targets = 65536;   ///< 16-bit local indices; the counts of a block stay in L2
constexpr double min_segment = 30.0;            ///< mean synapses of a row in a block, below which plain rows win
constexpr double min_density = 1.0 / 16.0;      ///< K/N from which bit rows win
constexpr std::int64_t chunk_targets = 512;     ///< bit rows: targets of one chunk
}  // namespace tuning

enum class Format { none, rows16, rows32, bit_rows };
const char* format_name(Format);

/// Targets [first, first + size) of one projection.
template <class Index>
struct RowBlock {
    std::int64_t first = 0, size = 0;
    Buffer<std::uint32_t> start32;   ///< [n_sources + 1], or start64 when the block has 2^32 synapses or more
    Buffer<std::uint64_t> start64;
    Buffer<Index> index;             ///< targets relative to `first`, ascending in a row
    Buffer<std::int16_t> weight;     ///< empty when all weights are equal

    std::uint64_t start(std::size_t row) const { return start32.size() ? start32[row] : start64[row]; }
    RowsView<Index> view() const {
        return {start64.size() ? start64.data() : nullptr, start32.size() ? start32.data() : nullptr, index.data(), weight.size() ? weight.data() : nullptr};
    }
};

struct Graph {
    Format format = Format::none;    ///< none: all_to_all and annealed, which store nothing
    std::int64_t n_sources = 0, n_targets = 0;
    std::vector<RowBlock<std::uint16_t>> blocks16;
    std::vector<RowBlock<std::uint32_t>> blocks32;
    Buffer<std::uint64_t> bits;      ///< [chunk][source][8 words]
    std::vector<std::uint32_t> indegree;   ///< [target]; empty for format none
    std::uint64_t synapses = 0, checksum = 0;
    std::uint32_t max_indegree = 0;
    double weight_unit = 1.0;        ///< of fixed-point weights, a power of two
    double k_mean = 0, k_var = 0;
    std::size_t bytes() const;       ///< of stored synapses with their offsets
};

/// What a graph will take, before it is built.
struct GraphEstimate {
    Format format = Format::none;
    double synapses = 0, bytes = 0, build_bytes = 0;   ///< build_bytes: the peak while building, the result included
};

struct GraphOptions {
    int threads = 1;
    Format force = Format::none;     ///< benchmarks and tests: this format instead of the measured choice
};

GraphEstimate estimate_graph(const Projection&, std::int64_t n_sources, std::int64_t n_targets, bool same_population, const GraphOptions& = {});

/// Builds by the integer recipes of kernels/recipes.hpp.  Errors: CapacityError; ConfigurationError for degrees that cannot be realised.
Graph build_graph(const Projection&, const Seeds&, std::int64_t n_sources, std::int64_t n_targets, bool same_population, const Isa&, const GraphOptions& = {});

}  // namespace spikemass::cpu
