#pragma once
// A device made of fibers: runs the kernels' own source without a GPU (kernels/device/shim.hpp).  For tests.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "host/cpu/floating_point.hpp"
#include "host/gpu/graph_builder.hpp"
#include "kernels/device/shim.hpp"

namespace spikemass::gpu {

class ShimDevice {
public:
    struct Layout {
        unsigned blocks = 2, block_threads = 64;
    };
    explicit ShimDevice(Layout layout, shim::Options options = {}) : layout_(layout), options_(options) {}

    template <class T>
    class Array {
    public:
        Array() = default;
        Array(ShimDevice&, std::size_t n) : data_(n) {}
        arch::Global<T> view() { return {data_.data(), data_.size()}; }
        std::size_t size() const { return data_.size(); }

    private:
        friend class ShimDevice;
        std::vector<T> data_;
    };

    template <class T>
    void upload(Array<T>& to, const T* from, std::size_t n, std::size_t first = 0) { std::copy_n(from, n, to.data_.begin() + static_cast<std::ptrdiff_t>(first)); }
    template <class T>
    void download(const Array<T>& from, T* to, std::size_t n, std::size_t first = 0) { std::copy_n(from.data_.begin() + static_cast<std::ptrdiff_t>(first), n, to); }
    template <class Kernel>
    void launch(const Kernel& kernel, std::uint64_t threads) {
        const cpu::FloatingPointGuard guard;
        const auto blocks = static_cast<unsigned>(std::clamp<std::uint64_t>((threads + layout_.block_threads - 1) / layout_.block_threads, 1, layout_.blocks));
        ++options_.seed;   // every launch another interleaving
        shim::launch(kernel, {threads == 1 ? 1 : blocks, layout_.block_threads, 1, 0, false}, options_);
    }
    /// As many blocks as there is work for; block_warps(): warps of such a block.
    template <class Kernel>
    void launch_blocks(const Kernel& kernel, std::size_t blocks, std::size_t shared_bytes) {
        const cpu::FloatingPointGuard guard;
        ++options_.seed;
        shim::launch(kernel, {static_cast<unsigned>(std::min<std::size_t>(blocks, layout_.blocks)), layout_.block_threads, 1, shared_bytes, false}, options_);
    }
    /// Graphs are built on the host: target spikemass_graph_host.
    const GraphBuilder& graphs() const { return host_graph_builder(); }
    std::uint64_t free_memory() const { return std::numeric_limits<std::uint64_t>::max(); }
    std::size_t block_warps() const { return layout_.block_threads / arch::warp_size; }
    std::size_t shared_limit() const { return 227 * 1024; }
    std::size_t warps() const { return std::size_t{layout_.blocks} * layout_.block_threads / arch::warp_size; }
    std::string name() const { return "shim"; }

private:
    Layout layout_;
    shim::Options options_;
};

}  // namespace spikemass::gpu
