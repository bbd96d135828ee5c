#pragma once
// Laws on integers as tables of u64 thresholds, for hosts and devices alike (kernels/recipes.hpp makes them).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "models/base/host_device.hpp"

namespace spikemass::kernels {

/// A table in whatever memory: value = first + number of thresholds <= u.
struct QuantileView {
    std::int64_t first = 0;
    const std::uint64_t* threshold = nullptr;   ///< [size], ascending
    std::size_t size = 0;

    SPIKEMASS_HD std::int64_t sample(std::uint64_t u) const {
        std::size_t at = 0;
        for (std::size_t n = size; n > 0;) {   // upper bound, without unpredictable branches
            const std::size_t half = n / 2;
            const bool right = threshold[at + half] <= u;
            at = right ? at + half + 1 : at;
            n = right ? n - half - 1 : half;
        }
        return first + static_cast<std::int64_t>(at);
    }
};

/// Inverse-CDF table of a law on the integers first, first + 1, ...
struct QuantileTable {
    std::int64_t first = 0;
    std::vector<std::uint64_t> threshold;

    QuantileView view() const { return {first, threshold.data(), threshold.size()}; }
    std::int64_t sample(std::uint64_t u) const { return view().sample(u); }
    std::int64_t largest() const { return first + static_cast<std::int64_t>(threshold.size()); }
};

}  // namespace spikemass::kernels
