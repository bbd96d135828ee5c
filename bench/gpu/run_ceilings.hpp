#pragma once
// Points of ceilings.hpp, measured into JSON.

#include "bench/gpu/ceilings.hpp"
#include "bench/gpu/measure.hpp"

namespace spikemass::bench {

/// One row per point: parameters, seconds of a call, operations per second (median).  A point that would begin after `seconds` is left out, which is said
/// and makes the result false, as an error does.
bool run_ceilings(const std::vector<Point>& points, const MeasurePlan& plan, double seconds, Json& out);

}  // namespace spikemass::bench
