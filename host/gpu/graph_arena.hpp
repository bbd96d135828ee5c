#pragma once
// Temporary memory of a device-side build: one allocation, handed out and taken back like a stack, Thrust's own temporaries included.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace spikemass::gpu {

/// Counts what is allocated at the same time.
template <class System>
class Memory {
public:
    std::uint64_t peak() const { return peak_; }
    void* allocate(std::uint64_t bytes) {
        void* p = System::allocate(bytes);
        now_ += bytes;
        peak_ = now_ > peak_ ? now_ : peak_;
        return p;
    }
    void release(void* p, std::uint64_t bytes) {
        System::release(p);
        now_ -= bytes;
    }

private:
    std::uint64_t now_ = 0, peak_ = 0;
};

/// An allocator in Thrust's sense.  What does not fit is allocated beside it, and counted: only draws beyond the reserved round can come to that.
template <class System>
class Arena {
public:
    using value_type = char;

    Arena(Memory<System>& memory, std::uint64_t bytes) : memory_(memory), bytes_(bytes), base_(static_cast<char*>(memory.allocate(bytes))) {}
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;
    ~Arena() { memory_.release(base_, bytes_); }

    char* allocate(std::ptrdiff_t size) {
        const std::uint64_t bytes = (static_cast<std::uint64_t>(size) + 255) / 256 * 256;
        if (top_ + bytes > bytes_) return static_cast<char*>(memory_.allocate(bytes));
        blocks_.push_back({top_, true});
        top_ += bytes;
        return base_ + blocks_.back().at;
    }
    void deallocate(char* p, std::size_t size) {
        if (p < base_ || p >= base_ + bytes_) return memory_.release(p, (size + 255) / 256 * 256);
        for (std::size_t i = blocks_.size(); i-- > 0;)
            if (base_ + blocks_[i].at == p && blocks_[i].live) {
                blocks_[i].live = false;
                break;
            }
        for (; !blocks_.empty() && !blocks_.back().live; blocks_.pop_back()) top_ = blocks_.back().at;
    }

private:
    struct Block {
        std::uint64_t at;
        bool live;
    };
    Memory<System>& memory_;
    std::uint64_t bytes_, top_ = 0;
    char* base_;
    std::vector<Block> blocks_;   // ascending
};

/// An uninitialised array in an arena.
template <class T, class System>
class Local {
public:
    Local(Arena<System>& arena, std::uint64_t size) : arena_(arena), size_(size), data_(reinterpret_cast<T*>(arena.allocate(static_cast<std::ptrdiff_t>(size * sizeof(T))))) {}
    Local(const Local&) = delete;
    Local& operator=(const Local&) = delete;
    ~Local() { arena_.deallocate(reinterpret_cast<char*>(data_), size_ * sizeof(T)); }
    T* get() const { return data_; }

private:
    Arena<System>& arena_;
    std::uint64_t size_;
    T* data_;
};

}  // namespace spikemass::gpu
