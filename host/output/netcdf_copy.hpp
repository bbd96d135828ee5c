#pragma once
// Copies parts of netCDF files in our own storage policy.  Private to host/output.

#include <string>
#include <vector>

#include "host/output/netcdf.hpp"

namespace spikemass::output::nc {

/// Defines a variable like `source` in group `to` (dimensions found there by name), and copies attributes and values, one chunk at a time.
void copy_variable(int from, const Variable& source, int to);

/// Copies a group's dimensions, attributes, variables and the groups below it, except direct children named in `without`.
void copy_content(int from, int to, const std::vector<std::string>& without = {});

}  // namespace spikemass::output::nc
