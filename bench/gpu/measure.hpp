#pragma once
// How the programs of this folder measure: calls in runs of a least length, several runs, all of their times in the JSON, and where they were measured.

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "tests/gpu/programs/program.hpp"

namespace spikemass::bench {

using programs::Json;

struct MeasurePlan {
    int repeats = 5;                  ///< runs
    double seconds_per_run = 0.02;    ///< calls double until a run takes so long
    std::int64_t most_calls = 1 << 20;
};

struct Sample {
    std::int64_t calls = 1;           ///< in each run
    std::vector<double> seconds;      ///< per call, [run]
    double median() const;
    double least() const;
    double most() const;
};

/// `seconds(calls)` makes so many calls and returns the seconds of all.  One call first, which is not counted.
Sample measure(const std::function<double(std::int64_t calls)>& seconds, const MeasurePlan& plan = {});

/// {"median": ..., "least": ..., "most": ..., "calls": ..., "runs": [...]}, seconds divided by `per`.
Json json(const Sample&, double per = 1.0);

/// Seconds of a call by the host's clock.
template <class Call>
double seconds_of(Call&& call) {
    const auto start = std::chrono::steady_clock::now();
    call();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The processor's name, its cores, compiler and flags of this build, and the commit that scripts/gpu_check.sh names ($SPIKEMASS_COMMIT, else "unknown").
Json machine();

}  // namespace spikemass::bench
