#pragma once
// Rows of spiking sources against products with the whole matrix: what a step of synapses costs when everything is touched whatever the activity
// (cuSPARSE: SpMV for one network, SpMM for several trials on one graph), beside our scatter of the rows that have a spike.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/gpu/measure.hpp"
#include "bench/gpu/ways.hpp"

namespace spikemass::bench {

/// Every source has `outdegree` targets: the engine's own graph builder on so many threads.
BaselineGraph baseline_graph(std::int64_t neurons, std::int64_t outdegree, int threads);

/// round(activity n) neurons out of n, at least one; another set for every `trial`.  Not sorted.
std::vector<std::uint32_t> spikes_at(double activity, std::int64_t neurons, std::uint32_t trial);

struct BaselineWay {
    std::string name;
    std::function<std::unique_ptr<Way>(const BaselineGraph&)> make;
};

struct BaselinePlan {
    std::vector<std::pair<std::int64_t, std::int64_t>> graphs = {{10'000, 1000}, {100'000, 1000}};   ///< neurons, out-degree
    std::vector<double> activities = {1e-4, 1e-3, 1e-2, 1e-1, 1.0};
    MeasurePlan measure;
    int threads = 1;                     ///< for the graph
    double seconds = 25;                 ///< of the whole: a point that would begin later is left out, which is said and makes the result false
};

/// One row per graph and activity; in it one entry per way, seconds per step and network.  The first way is what the others are compared with (`over_NAME`).
/// Before its time is taken, and after every run, a way's counts are compared with those of plain loops over the rows.  True if all were measured and right.
bool run_baseline(const std::vector<BaselineWay>& ways, const BaselinePlan& plan, Json& out);

}  // namespace spikemass::bench
