#pragma once
// The comparisons of a sweep's points as arrays of the dataset and as rows of a table.

#include <string>
#include <vector>

#include "host/analysis/comparison.hpp"
#include "host/analysis/table.hpp"
#include "host/output/dataset.hpp"

namespace spikemass {

/// "eta_center = -5, mean_indegree = 30"; empty where nothing is swept.
std::string point_name(const output::Dataset& dataset, std::size_t point);

/// Index of the longest stationary window of a point, -1 without one.
int longest_window(const analysis::PointComparison& point);

/// A metric over all windows where there is such, else in the longest stationary one; nullptr without either.
const analysis::Metric* find_metric(const analysis::PointComparison& point, const std::string& name, const std::string& level, std::size_t population);

/// /compare: every metric as an array [level][point][population], rates in the units of the file.
output::Group compare_arrays(const output::Dataset& dataset, const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points);

/// True if the effect of sparsity itself, network - all-to-all network, was measured at every point that has stationary means.
bool has_shifts(const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points);

/// One row per point and population, in the longest stationary window: numeric axes label rows, words make groups.  `of_shift`: errors of the
/// predicted effect of sparsity instead of those of the means.
std::vector<analysis::TableRow> table_rows(const output::Dataset& dataset, const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points, bool of_shift);

/// Label, levels and unit of the rate for those rows.
analysis::TableOptions table_options(const output::Dataset& dataset, const std::vector<std::string>& levels);

}  // namespace spikemass
