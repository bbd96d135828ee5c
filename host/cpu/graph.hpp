#pragma once
// The stored synapses of one projection, in the format that propagates fastest (docs/architecture.md, "Formats").

#include <cstdint>
#include <limits>
#include <vector>

#include "host/cpu/buffer.hpp"
#include "host/cpu/isa.hpp"
#include "kernels/network.hpp"

namespace spikemass::cpu {

/// Thresholds, measured by bench/propagate: each is one constant.
namespace tuning {
constexpr std::int64_t l1_block = 16384;        ///< rows16: the counts of a block stay in L1 ...
constexpr double l1_segment = 50.0;            ///< ... from this mean number of synapses of a row in a block
constexpr std::int64_t l2_block = 65536;        ///< the counts of a block stay in L2 ...
constexpr double l2_segment = 22.0;             ///< ... from this mean; rows win from 13 on, but below 20 offsets take more than a tenth of the memory
constexpr double min_density = 1.0 / 24.0;      ///< K/N from which bit rows win
constexpr std::int64_t chunk_targets = 512;     ///< bit rows: targets of one chunk
}  // namespace tuning

enum class Format { none, rows16, rows32, bit_rows };
const char* format_name(Format);

/// Rows of all sources, one after the other.  Targets ascend in a row, so that every block of `width` targets is a segment of it:
/// a block's counts stay in the cache while a whole row is one stretch of memory.
template <class Index>
struct Rows {
    std::int64_t width = 0;           ///< targets of a block; indices count from its first
    std::size_t blocks = 0;
    Buffer<std::uint32_t> start32;    ///< [n_sources x blocks + 1]: where the segment (source, block) starts; it ends where the next one does
    Buffer<std::uint64_t> start64;    ///< instead, where there may be 2^32 synapses
    Buffer<Index> index;              ///< [synapses]
    Buffer<std::int16_t> weight;      ///< [synapses]; empty when all weights are equal
    Buffer<std::uint16_t> delay;      ///< [synapses] steps; empty when all delays are

    std::uint64_t start(std::size_t segment) const { return start32.size() ? start32[segment] : start64[segment]; }
    void set_start(std::size_t segment, std::uint64_t x) { start32.size() ? void(start32[segment] = static_cast<std::uint32_t>(x)) : void(start64[segment] = x); }
    RowsView<Index> view() const { return {start64.data(), start32.data(), blocks, static_cast<std::size_t>(width), index.data(), weight.data(), delay.data()}; }
    std::size_t bytes() const { return start32.bytes() + start64.bytes() + index.bytes() + weight.bytes() + delay.bytes(); }
};

struct Graph {
    Format format = Format::none;    ///< none: all_to_all and annealed, which store nothing
    std::int64_t n_sources = 0, n_targets = 0;
    Rows<std::uint16_t> rows16;
    Rows<std::uint32_t> rows32;      ///< one block
    Buffer<std::uint64_t> bits;      ///< [chunk][source][8 words]
    std::vector<std::uint32_t> indegree;   ///< [target]; empty for format none
    std::uint64_t synapses = 0, checksum = 0;
    std::uint32_t max_indegree = 0;
    double weight_unit = 1.0;        ///< of fixed-point weights, a power of two
    double k_mean = 0, k_var = 0;
    double degree_correlation = std::numeric_limits<double>::quiet_NaN();   ///< ProjectionFacts
    std::size_t bytes() const;       ///< of stored synapses with their offsets
};

/// Sums over the neurons of a population: integers, so that every builder finds the same correlation.
struct DegreeSums {
    std::uint64_t synapses = 0, in_squares = 0, out_squares = 0, products = 0;
    double correlation(std::int64_t neurons) const;   ///< NaN where all in-degrees, or all out-degrees, are equal
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
