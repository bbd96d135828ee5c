#pragma once
// Memory of the CPU backend: zeroed, aligned to a page, huge pages where the kernel gives them.

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "models/base/error.hpp"

namespace spikemass::cpu {

template <class T>
class Buffer {
public:
    Buffer() = default;
    /// Zeroed; pages are taken from the machine when first touched.
    explicit Buffer(std::size_t size) : size_(size) {
        if (size == 0) return;
        // Random access wants large pages; they need an aligned start.
        const std::size_t wanted = size * sizeof(T) + slack, page = wanted >= large_page / 2 ? large_page : 4096;
        bytes_ = (wanted + page - 1) / page * page + (page == large_page ? large_page : 0);
        void* p = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED)
            throw CapacityError("memory: the machine refused " + std::to_string(bytes_ >> 20) +
                                " MiB for the network. The network must fit into free memory: use fewer neurons or a smaller mean_indegree.");
        base_ = p;
        const auto address = (reinterpret_cast<std::uintptr_t>(p) + page - 1) / page * page;
        data_ = reinterpret_cast<T*>(address);
        if (page == large_page) madvise(data_, bytes_ - large_page, MADV_HUGEPAGE);
    }
    Buffer(Buffer&& o) noexcept { swap(o); }
    Buffer& operator=(Buffer&& o) noexcept {
        swap(o);
        return *this;
    }
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() {
        if (base_) munmap(base_, bytes_);
    }

    T* data() { return data_; }
    const T* data() const { return data_; }
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return size_ * sizeof(T); }
    T& operator[](std::size_t i) { return data_[i]; }
    const T& operator[](std::size_t i) const { return data_[i]; }
    /// Gives the large pages inside the elements [from, to) back to the machine (they read as zero from then on).  Returns from
    /// where on elements are still there.
    std::size_t release(std::size_t from, std::size_t to) {
        const std::size_t begin = (from * sizeof(T) + large_page - 1) / large_page * large_page, end = to * sizeof(T) / large_page * large_page;
        if (end <= begin || reinterpret_cast<std::uintptr_t>(data_) % large_page != 0) return from;
        madvise(reinterpret_cast<char*>(data_) + begin, end - begin, MADV_DONTNEED);
        return end / sizeof(T);
    }
    std::span<T> span() { return {data_, size_}; }
    std::span<const T> span() const { return {data_, size_}; }

private:
    static constexpr std::size_t slack = 128;   // vector loads may read past the end
    static constexpr std::size_t large_page = std::size_t{2} << 20;
    void swap(Buffer& o) noexcept {
        std::swap(base_, o.base_);
        std::swap(data_, o.data_);
        std::swap(size_, o.size_);
        std::swap(bytes_, o.bytes_);
    }
    void* base_ = nullptr;
    T* data_ = nullptr;
    std::size_t size_ = 0, bytes_ = 0;
};

}  // namespace spikemass::cpu
