#include "host/cuda_check.hpp"

namespace spikemass::gpu {

/// Never launched: built like every kernel of this program, so whether it has code for a device says so for all of them.
__global__ void probe() {}

cudaError_t probe_kernel_image() {
    cudaFuncAttributes attributes{};
    return cudaFuncGetAttributes(&attributes, probe);
}

}  // namespace spikemass::gpu
