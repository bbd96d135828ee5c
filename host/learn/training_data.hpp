#pragma once
// From the runs of a sweep to what a form is trained on: steady windows, segments around the steps of the input, whole recordings (theory note 4, section 3).

#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/learn/train.hpp"
#include "host/output/dataset.hpp"

namespace spikemass::learn {

/// Points whose swept value of `path` lies in [low, high].
struct PointRange {
    std::string path;
    double low = 0.0, high = 0.0;
};

struct DataOptions {
    std::vector<double> only_indegrees;   ///< empty: all
    double control_indegree = 0.0;        ///< of all_to_all, K that the learned part is told, with 1 - K/N = 1: what it finds should be 0
    std::vector<PointRange> within;       ///< points outside any of these are left out
};

struct DataSummary {
    std::size_t points = 0, used = 0;
    std::vector<double> indegrees;                    ///< that were used, ascending
    std::vector<std::string> left_out;                ///< one sentence per point or window: failed runs, graphs that disagree
};

/// `configurations`: of the dataset's points.  Means are over the trials that are ok.
/// Errors: ConfigurationError where the network is not one population of qif or theta neurons with Lorentzian eta and one projection onto itself by delta synapses, where v was not recorded,
/// where bins are unequal or not those of the configuration, where numbers are missing in runs that are ok, or where nothing is left.
TrainingData training_data(const output::Dataset& dataset, const std::vector<Configuration>& configurations, const DataOptions& options, DataSummary& summary);

}  // namespace spikemass::learn
