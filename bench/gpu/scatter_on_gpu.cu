#include "bench/gpu/ways.hpp"
#include "host/gpu/cuda_device.cuh"

namespace spikemass::bench {

std::unique_ptr<Way> scatter_on_gpu(const BaselineGraph& g) { return std::make_unique<ScatterWay<gpu::CudaDevice>>(std::make_shared<gpu::CudaDevice>(0), g); }

}  // namespace spikemass::bench
