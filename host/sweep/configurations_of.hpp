#pragma once
// The configurations that the points of a dataset were run with, from the network file that it carries.

#include <vector>

#include "host/config/configuration.hpp"
#include "host/output/dataset.hpp"

namespace spikemass {

/// One per point, initial states resolved.  ConfigurationError where this version resolves the file to something else.
std::vector<Configuration> configurations_of(const output::Dataset&);

}  // namespace spikemass
