#pragma once
// An independent answer to "how many spikes arrive at each target": cuSPARSE multiplies the matrix of synapses with vectors of spikes.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace spikemass::testing {

/// A graph by target: the sources of target t are sources[row_start[t] .. row_start[t + 1]), repeated where there are several synapses.
struct GraphByTarget {
    std::int64_t n_sources = 0;
    std::vector<std::int32_t> row_start;   ///< [n_targets + 1]
    std::vector<std::int32_t> sources;     ///< [n_synapses]; below 2^31 synapses
    std::int64_t n_targets() const { return static_cast<std::int64_t>(row_start.size()) - 1; }
};

/// Spikes that arrive at each target, [column][target]; `spiked` [column][source] holds how often each source is in a list (0 or 1, more are allowed).
/// Columns are steps, or trials of networks that share the graph.  Plain loops on the host.
inline std::vector<std::uint32_t> counts_on_host(const GraphByTarget& graph, const std::vector<std::uint8_t>& spiked, std::size_t columns = 1) {
    const auto targets = static_cast<std::size_t>(graph.n_targets()), sources = static_cast<std::size_t>(graph.n_sources);
    std::vector<std::uint32_t> counts(columns * targets, 0);
    for (std::size_t c = 0; c < columns; ++c)
        for (std::size_t t = 0; t < targets; ++t)
            for (auto e = graph.row_start[t]; e < graph.row_start[t + 1]; ++e) counts[c * targets + t] += spiked[c * sources + static_cast<std::size_t>(graph.sources[static_cast<std::size_t>(e)])];
    return counts;
}

/// The same by cuSPARSE on the current device: a CSR matrix of ones in f32 times one vector (cusparseSpMV) or several (cusparseSpMM, row-major, its
/// algorithm for that).  Sums of integers below 2^24 are exact in f32 in any order, so this is no approximation.
/// Errors: DeviceError where a call fails or there is no device, CapacityError where memory is too small.
class CusparseProduct {
public:
    CusparseProduct(const GraphByTarget& graph, std::size_t columns);
    ~CusparseProduct();
    CusparseProduct(const CusparseProduct&) = delete;
    CusparseProduct& operator=(const CusparseProduct&) = delete;
    /// [column][source]
    void set(const std::vector<std::uint8_t>& spiked);
    /// So many products, all the same; returns when they are done.
    void run(std::int64_t times = 1);
    /// Of the last product, [column][target].  Errors: DeviceError where an answer is no integer below 2^24.
    std::vector<std::uint32_t> counts() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

inline std::vector<std::uint32_t> counts_by_cusparse(const GraphByTarget& graph, const std::vector<std::uint8_t>& spiked, std::size_t columns = 1) {
    CusparseProduct product(graph, columns);
    product.set(spiked);
    product.run();
    return product.counts();
}

}  // namespace spikemass::testing
