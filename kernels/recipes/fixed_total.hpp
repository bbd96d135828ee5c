#pragma once
// A fixed number of synapses, each with both ends drawn from all neurons: pairs may have several (multapses).

#include "kernels/recipes/setting.hpp"

namespace spikemass::kernels {

/// Plain data, for hosts and devices.
struct FixedTotal {
    std::uint64_t synapses = 0, n_sources = 0, n_targets = 0;
    bool skip_self = false;
    RandomKey ends;

    FixedTotal() = default;
    explicit FixedTotal(const Setting&);
    static constexpr int row_bits = 16;   ///< synapses that share an entity of the random numbers
    SPIKEMASS_HD std::uint32_t source(std::uint64_t u) const { return static_cast<std::uint32_t>(mulhi64(u, n_sources)); }
    SPIKEMASS_HD std::uint32_t target(std::uint64_t u, std::uint32_t source) const {
        const auto t = static_cast<std::uint32_t>(mulhi64(u, n_targets - (skip_self ? 1 : 0)));
        return skip_self && t >= source ? t + 1 : t;
    }
    /// The synapses [first, first + 8), first a multiple of 8.
    void eight(std::uint64_t first, std::uint32_t* from, std::uint32_t* to) const {
        std::uint64_t u[2 * batch_blocks];
        draw_all(ends, first >> row_bits, 0, static_cast<std::uint32_t>(first & ((1u << row_bits) - 1)), u);
        for (int i = 0; i < batch_blocks; ++i) {
            from[i] = source(u[2 * i]);
            to[i] = target(u[2 * i + 1], from[i]);
        }
    }
};

}  // namespace spikemass::kernels
