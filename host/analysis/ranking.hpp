#pragma once
// Which level comes closest over the points of a sweep.

#include <string>
#include <vector>

#include "host/analysis/comparison.hpp"

namespace spikemass::analysis {

struct PointScores {
    std::vector<LevelScore> levels;
    bool excluded = false;               ///< flagged: trials on different branches, too many capped neurons, failed
    bool transients_excluded = false;
};

/// Means over the points that are not excluded.  `*_net`: sqrt(mean E^2 - mean noise^2) over points, 0 where noise explains it all: the
/// noise of the spiking network taken off the average, never off one point.
struct RankedLevel {
    std::string level;
    double steady, shift, transient;     ///< mean E_W; NaN where no point has it
    double steady_net, shift_net, transient_net;
    double score;                        ///< what the order is by: root mean square of shift (without a reference: steady) and transient, where they exist
    std::size_t points = 0, missing = 0; ///< points in the mean; points where the level has no finite value (diverged)
    bool rate_only = false;
};

PointScores scores_of(const PointComparison& comparison, bool flagged = false);

/// Best first.  Levels that are missing at some point come after all complete ones: a mean over the easy points does not win.
std::vector<RankedLevel> rank_levels(const std::vector<PointScores>& points);

}  // namespace spikemass::analysis
