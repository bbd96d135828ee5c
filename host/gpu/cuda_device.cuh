#pragma once
// A CUDA device for host/gpu/reference_engine.hpp: memory, copies and launches in one stream, every call checked.

#include <cuda_runtime.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "host/cuda_check.hpp"
#include "host/gpu/graph_builder.hpp"
#include "host/gpu/layout.hpp"
#include "kernels/device/launch.cuh"

namespace spikemass::gpu {

class CudaDevice {
public:
    /// Errors: ConfigurationError for a layout that no launch takes.
    explicit CudaDevice(int ordinal, const GpuLayout& layout = {}) : ordinal_(ordinal), layout_(checked(layout)) {
        use();
        check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
        cudaDeviceProp properties;
        check(cudaGetDeviceProperties(&properties, ordinal), "cudaGetDeviceProperties");
        name_ = properties.name;
        multiprocessors_ = static_cast<unsigned>(properties.multiProcessorCount);
        max_blocks_ = layout_.max_blocks != 0 ? layout_.max_blocks : multiprocessors_ * 8;
        shared_limit_ = properties.sharedMemPerBlockOptin;
    }
    CudaDevice(CudaDevice&& o) noexcept : ordinal_(o.ordinal_), layout_(o.layout_), multiprocessors_(o.multiprocessors_), max_blocks_(o.max_blocks_), shared_limit_(o.shared_limit_), stream_(std::exchange(o.stream_, nullptr)), name_(std::move(o.name_)) {}
    CudaDevice& operator=(CudaDevice&&) = delete;
    ~CudaDevice() {
        if (stream_) cudaStreamDestroy(stream_);
    }

    /// Device memory, zeroed; freed with the object.
    template <class T>
    class Array {
    public:
        Array() = default;
        Array(CudaDevice& device, std::size_t n) : size_(n) {
            if (n == 0) return;
            device.use();
            void* p = nullptr;
            check(cudaMalloc(&p, n * sizeof(T)), "cudaMalloc of " + std::to_string(n * sizeof(T)) + " bytes");
            data_ = static_cast<T*>(p);
            check(cudaMemsetAsync(p, 0, n * sizeof(T), device.stream_), "cudaMemsetAsync");
        }
        Array(Array&& o) noexcept : data_(std::exchange(o.data_, nullptr)), size_(std::exchange(o.size_, 0)) {}
        Array& operator=(Array&& o) noexcept {
            std::swap(data_, o.data_);
            std::swap(size_, o.size_);
            return *this;
        }
        ~Array() {
            if (data_) cudaFree(data_);
        }
        arch::Global<T> view() { return {data_, size_}; }
        std::size_t size() const { return size_; }

    private:
        friend class CudaDevice;
        T* data_ = nullptr;
        std::size_t size_ = 0;
    };

    template <class T>
    void upload(Array<T>& to, const T* from, std::size_t n, std::size_t first = 0) {
        copy(to.data_ + first, from, n * sizeof(T), cudaMemcpyHostToDevice);
    }
    template <class T>
    void download(const Array<T>& from, T* to, std::size_t n, std::size_t first = 0) {
        copy(to, from.data_ + first, n * sizeof(T), cudaMemcpyDeviceToHost);
    }
    template <class Kernel>
    void launch(const Kernel& kernel, std::uint64_t threads) {
        use();
        const auto blocks = static_cast<unsigned>(std::clamp<std::uint64_t>((threads + layout_.block - 1) / layout_.block, 1, max_blocks_));
        arch::launch(kernel, {blocks, layout_.block, 1, 0, false}, stream_);
    }
    /// One block per piece of work, as many as are resident at once; block_warps(): warps of such a block.
    template <class Kernel>
    void launch_blocks(const Kernel& kernel, std::size_t blocks, std::size_t shared_bytes) {
        use();
        const std::size_t per_multiprocessor = shared_bytes * 2 + 4096 < shared_limit_ ? 2 : 1;
        arch::launch(kernel, {static_cast<unsigned>(std::min<std::size_t>(blocks, multiprocessors_ * per_multiprocessor)), layout_.ensemble_block, 1, shared_bytes, false}, stream_);
    }
    /// Builds on this device from the calling thread, on the default stream, which our stream neither waits for nor holds up: graphs touch nothing that launches
    /// of ours use, and are there when build returns.
    const GraphBuilder& graphs() const {
        use();
        return graph_builder_cuda;
    }
    std::uint64_t free_memory() const {
        use();
        std::size_t free = 0, total = 0;
        check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
        return free;
    }
    std::size_t block_warps() const { return layout_.ensemble_block / arch::warp_size; }
    std::size_t shared_limit() const { return shared_limit_; }
    std::size_t warps() const { return std::size_t{max_blocks_} * layout_.block / arch::warp_size; }
    const std::string& name() const { return name_; }

private:
    void use() const { check(cudaSetDevice(ordinal_), "cudaSetDevice"); }
    void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
        if (bytes == 0) return;
        use();
        check(cudaMemcpyAsync(to, from, bytes, kind, stream_), "cudaMemcpyAsync");
        check(cudaStreamSynchronize(stream_), "cudaStreamSynchronize");
    }

    int ordinal_;
    GpuLayout layout_;
    unsigned multiprocessors_ = 1, max_blocks_ = 1;
    std::size_t shared_limit_ = 0;
    cudaStream_t stream_ = nullptr;
    std::string name_;
};

}  // namespace spikemass::gpu
