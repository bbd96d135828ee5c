#pragma once
// The only place that launches kernels on a GPU.

#include <cuda_runtime.h>

#include <string>

#include "kernels/device/arch.hpp"
#include "models/base/error.hpp"

namespace spikemass::arch {

template <class Kernel>
    requires(resident_blocks<Kernel> == 0)
__global__ void __launch_bounds__(Kernel::max_threads) entry(const __grid_constant__ Kernel kernel) {
    kernel();
}
template <class Kernel>
    requires(resident_blocks<Kernel> != 0)
__global__ void __launch_bounds__(Kernel::max_threads, resident_blocks<Kernel>) entry(const __grid_constant__ Kernel kernel) {
    kernel();
}

/// Puts the kernel into the stream; a grid of 0 blocks does nothing.  Throws Error when CUDA refuses the launch, and also
/// reports an error that an earlier launch left behind; what goes wrong while the kernel runs shows when the stream is synchronised.
template <class Kernel>
void launch(const Kernel& kernel, const Dims& dims, cudaStream_t stream) {
    const auto check = [&](cudaError_t status, const char* call) {
        if (status == cudaSuccess) return;
        int device = -1;
        cudaGetDevice(&device);
        throw Error(ExitCode::runtime,
                    std::string("kernel ") + Kernel::name + " on CUDA device " + std::to_string(device) + ": " + call + ": " + cudaGetErrorString(status) +
                        " (grid " + std::to_string(dims.grid) + ", block " + std::to_string(dims.block) + ", cluster " + std::to_string(dims.cluster) +
                        ", shared memory " + std::to_string(dims.shared_bytes) + " bytes)");
    };
    if (dims.grid == 0) return;
    if (dims.block == 0 || dims.block % warp_size != 0 || dims.block > Kernel::max_threads || dims.cluster == 0 || dims.grid % dims.cluster != 0)
        check(cudaErrorInvalidConfiguration, "launch");
    const auto function = reinterpret_cast<const void*>(&entry<Kernel>);
    // Above 48 KiB and 8 blocks the hardware wants to be asked.
    if (dims.shared_bytes > 48 * 1024)
        check(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(dims.shared_bytes)), "cudaFuncSetAttribute");
    if (dims.cluster > 8) check(cudaFuncSetAttribute(function, cudaFuncAttributeNonPortableClusterSizeAllowed, 1), "cudaFuncSetAttribute");

    cudaLaunchAttribute attributes[2];
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(dims.grid);
    config.blockDim = dim3(dims.block);
    config.dynamicSmemBytes = dims.shared_bytes;
    config.stream = stream;
    config.attrs = attributes;
    if (dims.cluster > 1) {
        cudaLaunchAttribute& a = attributes[config.numAttrs++];
        a.id = cudaLaunchAttributeClusterDimension;
        a.val.clusterDim.x = dims.cluster;
        a.val.clusterDim.y = a.val.clusterDim.z = 1;
    }
    if (dims.cooperative) {
        cudaLaunchAttribute& a = attributes[config.numAttrs++];
        a.id = cudaLaunchAttributeCooperative;
        a.val.cooperative = 1;
    }
    check(cudaLaunchKernelEx(&config, entry<Kernel>, kernel), "cudaLaunchKernelEx");
}

}  // namespace spikemass::arch
