#pragma once
// Graphs built where they are used: the recipes of the CPU builder as sorts and scans (docs/architecture.md, "Graphs on the device").

#include <cstddef>
#include <cstdint>
#include <limits>
#include <limits>
#include <memory>
#include <vector>

#include "kernels/network.hpp"

namespace spikemass::gpu {

/// An array in the memory of the system that built it; copies share it.
template <class T>
struct DeviceArray {
    T* data = nullptr;
    std::size_t size = 0;
    std::shared_ptr<void> owner;
};

/// The synapses of one projection by source, targets ascending in each row.
struct DeviceGraph {
    std::int64_t n_sources = 0, n_targets = 0;
    DeviceArray<std::uint64_t> offsets;     ///< [n_sources + 1]; this and the following are empty for all_to_all and annealed
    DeviceArray<std::uint16_t> targets16;   ///< [synapses] where there are at most 65,536 targets ...
    DeviceArray<std::uint32_t> targets32;   ///< ... [synapses] otherwise
    DeviceArray<std::int16_t> weights;      ///< [synapses] in units of weight_unit; empty when all weights are equal
    DeviceArray<std::uint16_t> delays;      ///< [synapses] steps; empty when all delays are equal
    DeviceArray<std::uint32_t> indegree;    ///< [n_targets]
    std::uint64_t synapses = 0, checksum = 0;   ///< the checksum of the CPU builder
    std::uint32_t max_indegree = 0;
    double weight_unit = 1.0, k_mean = 0, k_var = 0, degree_correlation = std::numeric_limits<double>::quiet_NaN();
    std::uint64_t peak_bytes = 0;           ///< of memory while it was built, the result included
    std::int64_t slabs = 0;                 ///< parts that it was built in

    bool stored() const { return offsets.size != 0; }
    bool narrow() const { return n_targets <= 65536; }
};

/// What a graph will take, before it is built.
struct DeviceGraphEstimate {
    double synapses = 0;
    std::uint64_t bytes = 0;        ///< of the result: what no graph of this projection exceeds, in practice (8 standard deviations)
    std::uint64_t least_bytes = 0;  ///< smallest budget, the result included
    std::uint64_t full_bytes = 0;   ///< beyond this budget nothing is gained
};

DeviceGraphEstimate estimate_device_graph(const Projection&, const Seeds&, std::int64_t n_sources, std::int64_t n_targets, bool same_population);

/// One of Thrust's systems.  Memory is that of the current device and work is done on its default stream; calls return when it is done, so that any stream may go on with it.
struct GraphBuilder {
    const char* system;   ///< "cpp", "omp", "cuda"; "plain": no Thrust, the CPU builder's graph in memory of the host
    /// `budget`: bytes that may be allocated at the same time.
    /// Errors: CapacityError (budget or memory too small, with numbers), ConfigurationError (degrees that cannot be realised), DeviceError.
    DeviceGraph (*build)(const Projection&, const Seeds&, std::int64_t n_sources, std::int64_t n_targets, bool same_population, std::uint64_t budget);
    void (*copy_to_host)(void* to, const void* from, std::size_t bytes);
};

extern const GraphBuilder graph_builder_cpp, graph_builder_omp;   ///< target spikemass_graph_host, where there is Thrust: the same code without a device
extern const GraphBuilder graph_builder_plain;                    ///< target spikemass_graph_host
const GraphBuilder& host_graph_builder();                         ///< target spikemass_graph_host: cpp, or plain where there is no Thrust
extern const GraphBuilder graph_builder_cuda;                     ///< target spikemass_graph_cuda

template <class T>
std::vector<T> to_host(const GraphBuilder& builder, const DeviceArray<T>& array) {
    std::vector<T> out(array.size);
    if (array.size) builder.copy_to_host(out.data(), array.data, array.size * sizeof(T));
    return out;
}

}  // namespace spikemass::gpu
