#pragma once
// What datasets and live files have in common: attributes, dimensions, coordinates.  Private to host/output.

#include "host/output/netcdf.hpp"
#include "host/output/records.hpp"

namespace spikemass::output {

/// Root attributes, dimensions, coordinates, swept values; returns the dimension `point`.
nc::Dimension define_frame(int root, const SweepHeader& header);
/// The group of the all-to-all references with its dimension and coordinates; returns its id.
int define_reference_frame(int root, const SweepHeader& header, const nc::Dimension& point);

}  // namespace spikemass::output
