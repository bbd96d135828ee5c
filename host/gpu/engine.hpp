#pragma once
// The CUDA backend's door: plain C++, no CUDA headers.  Built where a toolkit is found (SPIKEMASS_HAS_CUDA).

#include <memory>

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
};
std::unique_ptr<Ensemble> make_cuda_ensemble(const CudaOptions& = {});

/// Device memory that the network takes there, bytes (strategy R).
double estimate_device_memory(const Network&);

}  // namespace spikemass
