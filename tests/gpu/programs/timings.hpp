#pragma once
// How long steps take, beside a copy bandwidth of the same run: medians, with every single time in the JSON.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

struct Timing {
    std::string name;
    Network network;
    std::size_t copies = 1;              ///< > 1: strategy A with that many networks of different seeds; 1: strategy R
    double bytes_per_neuron_step = 0;    ///< > 0: what the update must move; its share of the copy bandwidth is reported
};

struct TimingPlan {
    int repeats = 5;                     ///< runs per median
    std::int64_t warmup = 50;            ///< steps before
    double seconds_per_run = 0.05;       ///< steps double until a run takes so long; strategy A, whose tables are uploaded in every run: twenty times that
    double seconds = 80;                 ///< of all cases: a case whose graph cannot be built before is left out, which is said and makes the result false
    std::function<double()> copy_bandwidth;   ///< bytes read + written per second, measured when called
    std::function<Json()> facts;              ///< clock and so on at the moment of the call
};

/// Update alone (all-to-all, N = 1e6 and 1e7); R at N = 1e5 and 1e6, K = 1000; A with 264 networks of N = 1e4, K = 1000.
std::vector<Timing> timings();

/// One row per case.  Every run must have spikes and every network its own digest.  True if every case ran.
bool run_timings(const Backend& backend, const std::vector<Timing>& cases, const TimingPlan& plan, Json& out);

}  // namespace spikemass::programs
