#pragma once
// One variable of a group into a netCDF file.  Private to host/output.

#include "host/output/dataset.hpp"
#include "host/output/netcdf.hpp"

namespace spikemass::output {

/// Dimensions are found by name; `point_coordinates` becomes the attribute `coordinates` of variables along `point`.
void write_variable(int group, const std::string& group_name, const GroupVariable&, const std::string& point_coordinates);
void write_attributes(int group, const Group&);
/// Upper bound on what its variables take on the disk.
std::uint64_t size_bound(const Group&);

}  // namespace spikemass::output
