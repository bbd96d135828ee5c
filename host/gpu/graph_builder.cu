// The device-side graph build on a GPU.

#include <thrust/system/cuda/execution_policy.h>

#include "host/gpu/graph_builder.inl.hpp"

namespace spikemass::gpu {

namespace {

void check(cudaError_t error, const char* call, std::size_t bytes) {
    if (error == cudaSuccess) return;
    cudaGetLastError();   // not to be found by the next call
    if (error == cudaErrorMemoryAllocation) throw std::bad_alloc();
    throw DeviceError("building a graph: " + std::string(call) + " of " + std::to_string(bytes) + " bytes failed: " + cudaGetErrorString(error) +
                      ". See nvidia-smi, or use the CPU backend.");
}

struct CudaSystem {
    static void* allocate(std::uint64_t bytes) {
        void* p = nullptr;
        check(cudaMalloc(&p, bytes), "cudaMalloc", bytes);
        return p;
    }
    static void release(void* p) { cudaFree(p); }
    static void upload(void* to, const void* from, std::size_t bytes) { check(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "cudaMemcpy to the device", bytes); }
    static void download(void* to, const void* from, std::size_t bytes) { check(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy to the host", bytes); }
    template <class A>
    static auto policy(A& allocator) { return thrust::cuda::par(allocator); }
};

}  // namespace

const GraphBuilder graph_builder_cuda{"cuda", build_graph_on<CudaSystem>, CudaSystem::download};

}  // namespace spikemass::gpu
