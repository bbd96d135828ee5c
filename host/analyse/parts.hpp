#pragma once
// What the forms of an analysis share.  Private to host/analyse.

#include <cstdint>
#include <string>
#include <vector>

#include "host/analyse/analyse.hpp"

namespace spikemass {

/// All special points: of branches (curve = -1), then of curves (branch = -1).
struct Special {
    const mass::SpecialPoint* point;
    std::int64_t branch, curve;
};
std::vector<Special> all_special(const Analysis& analysis);

/// From 1/time unit to what the dataset's rates are in.
double rate_scale(const Analysis& analysis);

/// The mass's delays in words.
std::string delay_text(const Analysis& analysis);

}  // namespace spikemass
