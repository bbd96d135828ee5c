#pragma once
// A device made of fibers: runs the kernels' own source without a GPU (kernels/device/shim.hpp).  For tests.
// Launches end before they return, but what download_later copies arrives at the wait, and until then the host sees poison.  So does it afterwards where the array
// was changed in between: a GPU might have copied what was there before, or after.

#include <algorithm>
#include <cstdint>
#include <limits>
#include <cstring>
#include <span>
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
        std::int64_t chunk_steps = 4096;
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
    class Pinned {
    public:
        Pinned() = default;
        Pinned(ShimDevice&, std::size_t n) : data_(n) { poison(data_); }
        const T* data() const { return data_.data(); }

    private:
        friend class ShimDevice;
        static void poison(std::span<T> x) { std::memset(x.data(), 0xa5, x.size_bytes()); }
        std::vector<T> data_, before_;   ///< before_: what was there when the copy was queued
        const T* from_ = nullptr;        ///< null: nothing is on its way
    };

    template <class T>
    void zero(Array<T>& to, std::size_t n) { std::fill_n(to.data_.begin(), n, T{}); }
    template <class T>
    void upload_later(Array<T>& to, const T* from, std::size_t n) { upload(to, from, n); }
    template <class T>
    void download_later(const Array<T>& from, Pinned<T>& to, std::size_t n) {
        to.poison(to.data_);
        to.from_ = from.data_.data();
        to.before_.assign(to.from_, to.from_ + n);
    }
    template <class T>
    void wait(Pinned<T>& p) {
        if (!p.from_) return;
        for (std::size_t i = 0; i < p.before_.size(); ++i)
            if (std::memcmp(&p.before_[i], &p.from_[i], sizeof(T)) == 0) p.data_[i] = p.from_[i];
        p.from_ = nullptr;
    }
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
    /// As many blocks as there is work for.
    template <class Kernel>
    void launch_blocks(const Kernel& kernel, std::size_t blocks, std::size_t shared_bytes) {
        const cpu::FloatingPointGuard guard;
        ++options_.seed;
        shim::launch(kernel, {static_cast<unsigned>(std::min<std::size_t>(blocks, layout_.blocks)), layout_.block_threads, 1, shared_bytes, false}, options_);
    }
    /// Graphs are built on the host: target spikemass_graph_host.
    const GraphBuilder& graphs() const { return host_graph_builder(); }
    std::uint64_t free_memory() const { return std::numeric_limits<std::uint64_t>::max(); }
    std::int64_t chunk_steps() const { return layout_.chunk_steps; }
    std::size_t shared_limit() const { return 227 * 1024; }
    std::string name() const { return "shim"; }

private:
    Layout layout_;
    shim::Options options_;
};

}  // namespace spikemass::gpu
