#pragma once
// What a run gives away while it goes on.

#include <cstdint>
#include <vector>

namespace spikemass {

/// Bins [first_bin, first_bin + bins) of one run.  Those of one run come in order and without gaps.
struct RateChunk {
    bool reference = false;                     ///< a run of an all-to-all reference: `point` counts those
    std::int64_t point = 0, trial = 0;          ///< as output::TrialId has them
    bool forget = false;                        ///< no bins: what has come of this run is void.  It failed, was stopped, or begins again
    std::int64_t first_bin = 0, bins = 0;
    std::vector<std::vector<double>> rate, v;   ///< [population][bin]; 1/time unit, dimensionless; v empty where not recorded
};

}  // namespace spikemass
