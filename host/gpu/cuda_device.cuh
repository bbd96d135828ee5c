#pragma once
// A CUDA device for host/gpu/reference_engine.hpp: memory, launches and copies in one stream, copies of records in a second one beside them, every call checked.

#include <cuda_runtime.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "host/cuda_check.hpp"
#include "host/gpu/graph_builder.hpp"
#include "host/gpu/layout.hpp"
#include "kernels/device/launch.cuh"

namespace spikemass::gpu {

struct DestroyStream {
    void operator()(cudaStream_t s) const { cudaStreamDestroy(s); }   // what stands in it is still done
};
using CudaStream = std::unique_ptr<std::remove_pointer_t<cudaStream_t>, DestroyStream>;
inline CudaStream make_stream() {
    cudaStream_t s = nullptr;
    check(cudaStreamCreateWithFlags(&s, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
    return CudaStream(s);
}

struct DestroyEvent {
    void operator()(cudaEvent_t e) const { cudaEventDestroy(e); }
};
using CudaEvent = std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent>;
/// Who waits for it sleeps.
inline CudaEvent make_event() {
    cudaEvent_t e = nullptr;
    check(cudaEventCreateWithFlags(&e, cudaEventDisableTiming | cudaEventBlockingSync), "cudaEventCreateWithFlags");
    return CudaEvent(e);
}

class CudaDevice {
public:
    /// Errors: ConfigurationError for a layout that no launch takes.
    explicit CudaDevice(int ordinal, const GpuLayout& layout = {}) : ordinal_(ordinal), layout_(checked(layout)) {
        use();
        stream_ = make_stream();
        copies_ = make_stream();
        queued_ = make_event();
        cudaDeviceProp properties;
        check(cudaGetDeviceProperties(&properties, ordinal), "cudaGetDeviceProperties");
        name_ = properties.name;
        multiprocessors_ = static_cast<unsigned>(properties.multiProcessorCount);
        max_blocks_ = layout_.max_blocks != 0 ? layout_.max_blocks : multiprocessors_ * 8;
        shared_limit_ = properties.sharedMemPerBlockOptin;
    }
    CudaDevice(const CudaDevice&) = delete;
    CudaDevice& operator=(const CudaDevice&) = delete;

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
            check(cudaMemsetAsync(p, 0, n * sizeof(T), device.stream_.get()), "cudaMemsetAsync");
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

    /// Memory of the host that copies reach without the host's help, and the event after the last copy.
    template <class T>
    class Pinned {
    public:
        Pinned() = default;
        Pinned(CudaDevice& device, std::size_t n) {
            if (n == 0) return;
            device.use();
            copied_ = make_event();
            void* p = nullptr;
            check(cudaHostAlloc(&p, n * sizeof(T), cudaHostAllocDefault), "cudaHostAlloc of " + std::to_string(n * sizeof(T)) + " bytes of pinned memory");
            data_ = static_cast<T*>(p);
        }
        Pinned(Pinned&& o) noexcept : copied_(std::move(o.copied_)), data_(std::exchange(o.data_, nullptr)) {}
        Pinned& operator=(Pinned&& o) noexcept {
            std::swap(copied_, o.copied_);
            std::swap(data_, o.data_);
            return *this;
        }
        ~Pinned() {
            if (!data_) return;
            cudaEventSynchronize(copied_.get());   // a copy may still be on its way
            cudaFreeHost(data_);
        }
        const T* data() const { return data_; }

    private:
        friend class CudaDevice;
        CudaEvent copied_;
        T* data_ = nullptr;
    };

    template <class T>
    void zero(Array<T>& to, std::size_t n) {
        if (n == 0) return;
        use();
        check(cudaMemsetAsync(to.data_, 0, n * sizeof(T), stream_.get()), "cudaMemsetAsync");
    }
    /// By way of two pinned buffers in turn: the host waits only for the upload before the last one.
    template <class T>
    void upload_later(Array<T>& to, const T* from, std::size_t n) {
        const std::size_t bytes = n * sizeof(T);
        if (bytes == 0) return;
        use();
        next_stage_ = 1 - next_stage_;
        Pinned<unsigned char>& stage = stages_[next_stage_];
        if (stage_bytes_[next_stage_] < bytes) {
            stage_bytes_[next_stage_] = 0;
            stage = Pinned<unsigned char>(*this, bytes);
            stage_bytes_[next_stage_] = bytes;
        } else {
            wait(stage);
        }
        std::memcpy(stage.data_, from, bytes);
        check(cudaMemcpyAsync(to.data_, stage.data_, bytes, cudaMemcpyHostToDevice, stream_.get()), "cudaMemcpyAsync");
        check(cudaEventRecord(stage.copied_.get(), stream_.get()), "cudaEventRecord");
    }
    template <class T>
    void download_later(const Array<T>& from, Pinned<T>& to, std::size_t n) {
        if (n == 0) return;
        use();
        check(cudaEventRecord(queued_.get(), stream_.get()), "cudaEventRecord");
        check(cudaStreamWaitEvent(copies_.get(), queued_.get(), 0), "cudaStreamWaitEvent");
        check(cudaMemcpyAsync(to.data_, from.data_, n * sizeof(T), cudaMemcpyDeviceToHost, copies_.get()), "cudaMemcpyAsync");
        check(cudaEventRecord(to.copied_.get(), copies_.get()), "cudaEventRecord");
    }
    template <class T>
    void wait(Pinned<T>& p) {
        if (!p.data_) return;
        use();
        check(cudaEventSynchronize(p.copied_.get()), "waiting for kernels and the copy of what they left (cudaEventSynchronize)");
    }
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
        put(kernel, {blocks, layout_.block, 1, 0, false});
    }
    /// One block per piece of work, as many as are resident at once.
    template <class Kernel>
    void launch_blocks(const Kernel& kernel, std::size_t blocks, std::size_t shared_bytes) {
        use();
        const std::size_t per_multiprocessor = shared_bytes * 2 + 4096 < shared_limit_ ? 2 : 1;
        put(kernel, {static_cast<unsigned>(std::min<std::size_t>(blocks, multiprocessors_ * per_multiprocessor)), std::min(layout_.ensemble_block, Kernel::max_threads), 1, shared_bytes, false});
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
    std::int64_t chunk_steps() const { return layout_.chunk_steps; }
    std::size_t shared_limit() const { return shared_limit_; }
    const std::string& name() const { return name_; }

private:
    void use() const { check(cudaSetDevice(ordinal_), "cudaSetDevice"); }
    /// A launch is refused too when a kernel before it failed: then that is the error.
    template <class Kernel>
    void put(const Kernel& kernel, const arch::Dims& dims) {
        try {
            arch::launch(kernel, dims, stream_.get());
        } catch (const Error&) {
            check(cudaStreamSynchronize(stream_.get()), std::string("a kernel before ") + Kernel::name + " (cudaStreamSynchronize)");
            throw;
        }
    }
    void copy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
        if (bytes == 0) return;
        use();
        check(cudaMemcpyAsync(to, from, bytes, kind, stream_.get()), "cudaMemcpyAsync");
        check(cudaStreamSynchronize(stream_.get()), "cudaStreamSynchronize");
    }

    int ordinal_;
    GpuLayout layout_;
    unsigned multiprocessors_ = 1, max_blocks_ = 1;
    std::size_t shared_limit_ = 0;
    std::string name_;
    CudaStream stream_, copies_;
    CudaEvent queued_;   ///< what was in stream_ when a copy was asked for
    std::array<Pinned<unsigned char>, 2> stages_;   // last: they wait for copies in the streams
    std::array<std::size_t, 2> stage_bytes_{};
    std::size_t next_stage_ = 0;
};

}  // namespace spikemass::gpu
