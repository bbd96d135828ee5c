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
constexpr std::int64_t l1_block = 16384;        ///< rows16: the counts of a block stay in L1 ...
constexpr double l1_segment = 100.0;            ///< ... from this mean number of synapses of a row in a block
constexpr std::int64_t l2_block = 65536;        ///< the counts of a block stay in L2 ...
constexpr double l2_segment = 55.0;             ///< ... from this mean; below, plain rows win
constexpr double min_density = 1.0 / 16.0;      ///< K/N from which bit rows win
constexpr std::int64_t chunk_targets = 512;     ///< bit rows: targets of one chunk
}  // namespace tuning

enum class Format { none, rows16, rows32, bit_rows };
const char* format_name(Format);

/// Targets [first, first + size) of one projection.  Offsets of all blocks stand side by side for each source, so that the blocks
/// after the first find them in the cache.
template <class Index>
struct RowBlock {
    std::int64_t first = 0, size = 0;
    std::uint32_t* start32 = nullptr;   ///< [(n_sources + 1) x stride] in Graph::starts32, or start64 where a block may have 2^32 synapses
    std::uint64_t* start64 = nullptr;
    std::size_t stride = 1;
    Buffer<Index> index;                ///< targets relative to `first`, ascending in a row
    Buffer<std::int16_t> weight;        ///< empty when all weights are equal

    std::uint64_t start(std::size_t row) const { return start32 ? start32[row * stride] : start64[row * stride]; }
    void set_start(std::size_t row, std::uint64_t x) { start32 ? void(start32[row * stride] = static_cast<std::uint32_t>(x)) : void(start64[row * stride] = x); }
    RowsView<Index> view() const { return {start64, start32, stride, index.data(), weight.size() ? weight.data() : nullptr}; }
};

struct Graph {
    Format format = Format::none;    ///< none: all_to_all and annealed, which store nothing
    std::int64_t n_sources = 0, n_targets = 0;
    std::vector<RowBlock<std::uint16_t>> blocks16;
    std::vector<RowBlock<std::uint32_t>> blocks32;
    Buffer<std::uint32_t> starts32;
    Buffer<std::uint64_t> starts64;
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
