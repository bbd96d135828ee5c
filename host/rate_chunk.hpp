#pragma once
// What a run gives away while it goes on.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/observables.hpp"

namespace spikemass {

/// Bins [first_bin, first_bin + bins) of one run.  Those of one run come in order and without gaps.
struct RateChunk {
    bool reference = false;                     ///< a run of an all-to-all reference: `point` counts those
    std::int64_t point = 0, trial = 0;          ///< as output::TrialId has them
    bool forget = false;                        ///< no bins: what has come of this run is void.  It failed, was stopped, or begins again
    std::int64_t first_bin = 0, bins = 0;
    std::vector<std::vector<double>> rate, v;   ///< [population][bin]; 1/time unit, dimensionless; v empty where not recorded, or that of a population that has none
};

/// The last n bins of every population.
inline RateChunk last_bins(const std::vector<PopulationBins>& populations, std::int64_t n) {
    RateChunk chunk;
    chunk.first_bin = static_cast<std::int64_t>(populations.front().rate.size()) - n;
    chunk.bins = n;
    const bool any_v = std::any_of(populations.begin(), populations.end(), [](const PopulationBins& p) { return !p.v.empty(); });
    for (const PopulationBins& p : populations) {
        chunk.rate.emplace_back(p.rate.end() - n, p.rate.end());
        if (any_v) chunk.v.emplace_back(p.v.end() - (p.v.empty() ? 0 : n), p.v.end());
    }
    return chunk;
}

}  // namespace spikemass
