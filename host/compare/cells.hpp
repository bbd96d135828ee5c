#pragma once
// The cells of a sweep's points (host/analysis/cells.hpp): steady states, onsets, late responses and varying stimuli.

#include <string>
#include <vector>

#include "host/analysis/cells.hpp"
#include "host/analysis/comparison.hpp"
#include "host/config/configuration.hpp"
#include "host/mass/mass.hpp"

namespace spikemass {

/// `data`: the point's records, levels as in `closures`.  `name`: of the point, for messages.  Needs v; no cells without it.
std::vector<analysis::Cell> cells_of(const analysis::PointData& data, const Configuration& configuration, const std::vector<std::string>& closures, bool ideal_delay, const std::string& name);

}  // namespace spikemass
