#pragma once
// Shared memory of the blocks that are alive, and who touched which byte of it when.
//
// Time is the number of barriers completed so far.  An access happened before another of the same warp, block, cluster or grid if a
// barrier of that scope completed between the two; accesses of two threads that no barrier parts are a race unless both are reads or
// both are atomics.  Per byte it is enough to keep the last write, and two reads and two atomics as far apart as there were.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "kernels/device/arch.hpp"

namespace spikemass::shim {

/// One access: 0 = none since the block began.  Threads are numbered through all that are alive.
struct Trace {
    std::uint32_t time = 0;
    std::uint16_t thread = 0, line = 0;
};

struct ByteHistory {
    Trace write, read[2], atomic[2];
};

class SharedMemory {
public:
    static constexpr std::size_t alignment = 128;

    SharedMemory(unsigned blocks, std::size_t bytes)
        : bytes_(bytes), stride_((bytes + 2 * alignment) / alignment * alignment), memory_(blocks * stride_ + alignment), history_(blocks * bytes) {}

    std::size_t bytes() const { return bytes_; }
    unsigned char* block(unsigned slot) { return first() + slot * stride_; }
    /// Forgets the block that was here; what it leaves behind looks like nothing in particular.
    void begin_block(unsigned slot) {
        std::memset(block(slot), 0xa5, stride_);
        std::fill_n(history_.begin() + static_cast<std::ptrdiff_t>(slot * bytes_), bytes_, ByteHistory{});
    }
    bool holds(const void* p) {
        const auto* at = static_cast<const unsigned char*>(p);
        return at >= first() && at < memory_.data() + memory_.size();
    }
    unsigned slot_of(const void* p) { return static_cast<unsigned>((static_cast<const unsigned char*>(p) - first()) / static_cast<std::ptrdiff_t>(stride_)); }
    /// Bytes from the start of the block's memory; beyond bytes() is padding.
    std::size_t offset_of(const void* p) { return static_cast<std::size_t>(static_cast<const unsigned char*>(p) - first()) % stride_; }
    ByteHistory* history(const void* p) { return history_.data() + slot_of(p) * bytes_ + offset_of(p); }

private:
    unsigned char* first() {
        const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
        return memory_.data() + (alignment - address % alignment) % alignment;
    }
    std::size_t bytes_, stride_;
    std::vector<unsigned char> memory_;
    std::vector<ByteHistory> history_;
};

}  // namespace spikemass::shim
