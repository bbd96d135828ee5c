#include "tests/gpu/programs/cuda_sweeps.hpp"

#include "host/gpu/cuda_device.cuh"

namespace spikemass::numerics {

std::vector<Sweep> cuda_sweeps() { return device_sweeps(std::make_shared<gpu::CudaDevice>(0)); }

}  // namespace spikemass::numerics
