#pragma once
// The CUDA backend's door: plain C++, no CUDA headers.  Built where a toolkit is found (SPIKEMASS_HAS_CUDA).

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "host/gpu/layout.hpp"
#include "kernels/engine.hpp"

namespace spikemass {

struct CudaOptions {
    int device = 0;   ///< as CUDA counts them
    GpuLayout layout;
};

/// Builds on a GPU: the same spikes as make_cpu_engine.  Errors: CapacityError (device memory), DeviceError, ConfigurationError.
std::unique_ptr<Engine> make_cuda_engine(const Network&, const CudaOptions& = {});

/// Many different networks on one GPU, stepped together in one launch (strategy A: one block per network).
class Ensemble {
public:
    virtual ~Ensemble() = default;
    /// The engine belongs to the ensemble; it can also be stepped on its own.
    virtual Engine& add(const Network&) = 0;
    /// Steps every network and appends to out [network][population] what its engine's `record` would give, bit for bit.
    /// Errors: CapacityError for a network that does not fit into the shared memory of a block.
    virtual void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags&, std::vector<std::vector<PopulationBins>>& out) = 0;
    virtual std::string strategy() const = 0;
};
std::unique_ptr<Ensemble> make_cuda_ensemble(const CudaOptions& = {});

/// What an engine takes whatever its network is: the context's own, small tables.
constexpr double device_context_bytes = 64e6;
/// Part of a device's free memory that is counted on: the rest is fragments, and what the driver takes with every allocation.
constexpr double usable_device_part = 0.95;
/// Device memory that the network takes there, bytes: state, graphs with the least that building them takes, lists of spikes.
/// Errors: those of plan_graph (host/gpu/graph_plan.hpp).
double estimate_network_memory(const Network&);
/// And what the record of its steps takes: both halves of the ring.
double estimate_record_memory(const Network&, std::int64_t steps_per_bin, const RecordFlags&);
/// All of strategy R, whatever is recorded.
double estimate_device_memory(const Network&);

/// Device memory of one projection, bytes.
struct ProjectionMemory {
    double graph = 0, targets = 0;   ///< kept: its graph; counts, gains, traces
    double building = 0;             ///< the least that building the graph takes beside it
};
ProjectionMemory estimate_projection_memory(const Network&, const Projection&);
/// What recording v and the order parameter takes of every neuron, bytes.
constexpr double recorder_bytes = 12;

/// Shared memory of a block in strategy A: counts of 4-byte words.
struct BlockMemory {
    std::size_t state = 0, counts = 0, populations = 0, scalars = 0;

    explicit BlockMemory(const Network&);
    void widen(const BlockMemory&);   ///< blocks of one launch have the largest of each
    std::size_t bytes() const;
};

}  // namespace spikemass
