// The device-side graph build on a GPU.

#include <thrust/system/cuda/execution_policy.h>
#include <thrust/system_error.h>

#include "host/cuda_check.hpp"
#include "host/gpu/graph_builder.inl.hpp"

namespace spikemass::gpu {

namespace {

struct CudaSystem {
    static void* allocate(std::uint64_t bytes) {
        void* p = nullptr;
        const cudaError_t error = cudaMalloc(&p, bytes);
        if (error == cudaErrorMemoryAllocation) {
            cudaGetLastError();   // not to be found by the next call
            throw std::bad_alloc();
        }
        check(error, "cudaMalloc of " + std::to_string(bytes) + " bytes for a graph");
        return p;
    }
    static void release(void* p) { cudaFree(p); }
    static void upload(void* to, const void* from, std::size_t bytes) { check(cudaMemcpy(to, from, bytes, cudaMemcpyHostToDevice), "cudaMemcpy to the device"); }
    static void download(void* to, const void* from, std::size_t bytes) { check(cudaMemcpy(to, from, bytes, cudaMemcpyDeviceToHost), "cudaMemcpy to the host"); }
    /// Streams made with cudaStreamNonBlocking do not wait for the default stream: what is built must be there when build returns.
    static void finish() { check(cudaStreamSynchronize(cudaStreamLegacy), "cudaStreamSynchronize after building a graph"); }
    static bool ends_context(const std::exception& e) {
        const auto* error = dynamic_cast<const thrust::system_error*>(&e);
        return error && is_sticky(static_cast<cudaError_t>(error->code().value()));
    }
    template <class A>
    static auto policy(A& allocator) { return thrust::cuda::par(allocator); }
};

}  // namespace

const GraphBuilder graph_builder_cuda{"cuda", build_graph_on<CudaSystem>, CudaSystem::download};

}  // namespace spikemass::gpu
