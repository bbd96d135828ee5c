#pragma once
// The CUDA backend's door: plain C++, no CUDA headers.  Built where a toolkit is found (SPIKEMASS_HAS_CUDA).

#include <memory>

#include "kernels/engine.hpp"

namespace spikemass {

struct CudaOptions {
    int device = 0;   ///< as CUDA counts them
};

/// Builds on a GPU: the same spikes as make_cpu_engine.  Errors: CapacityError (device memory), DeviceError, ConfigurationError.
std::unique_ptr<Engine> make_cuda_engine(const Network&, const CudaOptions& = {});

/// Device memory that the network takes there, bytes (strategy R).
double estimate_device_memory(const Network&);

}  // namespace spikemass
