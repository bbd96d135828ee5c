#pragma once
// The machine's own memory bandwidth, a = b + s c (McCalpin's STREAM triad), to be run in turns with what is measured.

#include <array>
#include <algorithm>
#include <vector>

#include "bench/harness.hpp"
#include "bench/loops.hpp"
#include "host/cpu/buffer.hpp"

namespace spikemass::bench {

/// Three arrays of n floats.  Bytes are counted as in STREAM: 12 per element, without the line that a store may load first.
class Triad {
public:
    /// Working sets: every array in the first-level cache, the second-level cache, or memory.
    static std::int64_t l1() { return 4096; }
    static std::int64_t l2() { return 65536; }
    static std::int64_t dram() { return sized<std::int64_t>(64 << 20, 1 << 16); }

    explicit Triad(std::int64_t n) : a_(static_cast<std::size_t>(n)), b_(static_cast<std::size_t>(n)), c_(static_cast<std::size_t>(n)), n_(n) {
        for (std::int64_t i = 0; i < n; ++i) b_[static_cast<std::size_t>(i)] = c_[static_cast<std::size_t>(i)] = static_cast<float>(i & 1023);
        repeats_ = std::max<std::int64_t>(1, (1 << 18) / n);
    }
    /// One call per instruction set of this machine, each of `elements()` elements.
    std::vector<Call> calls() {
        std::vector<Call> all;
        for (const Loops* l : all_loops)
            if (runs_here(*l))
                all.push_back([this, l] {
                    for (std::int64_t k = 0; k < repeats_; ++k) l->triad(a_.data(), b_.data(), c_.data(), 0.5f, n_);
                });
        return all;
    }
    double elements() const { return static_cast<double>(n_ * repeats_); }
    /// GB/s of the fastest.
    double gbs(const double* seconds, std::size_t count) const { return 12e-9 * elements() / *std::min_element(seconds, seconds + count); }

    static bool runs_here(const Loops& l) { return &l == &loops_v3 || &cpu::best_isa() == &cpu::isa_v4; }

private:
    cpu::Buffer<float> a_, b_, c_;
    std::int64_t n_, repeats_;
};

}  // namespace spikemass::bench
