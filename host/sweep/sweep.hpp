#pragma once
// All points x trials of a network file, into a folder.

#include <filesystem>
#include <optional>

#include "host/config/configuration.hpp"
#include "host/config/sweep_plan.hpp"
#include "host/simulation.hpp"

namespace spikemass {

struct SweepOptions {
    std::filesystem::path out;
    int threads = 1;
    bool resume = false;
    bool spikes = false;                        ///< SONATA files in out/spikes
    bool quiet = false;
    std::optional<double> max_wall_seconds;     ///< stop, resumable, after this long
    int shard = 1, shards = 1;                  ///< this process does every shards-th run
    StopFlag* stop = nullptr;
    Backend backend;                            ///< small networks of a device run side by side in ensembles, large ones one by one
};

struct SweepOutcome {
    std::int64_t planned = 0, done = 0, failed = 0, missing = 0;
    ExitCode code = ExitCode::ok;               ///< ok, failed_points, resumable or interrupted
    double wall_seconds = 0;
    std::string message;                        ///< why it ended where nobody asked it to: a device that is lost
};

/// What a sweep will cost: for --dry-run and for the check before it starts.
struct SweepEstimate {
    std::int64_t points = 0, runs = 0;
    double synapses = 0;                        ///< of the largest run
    double memory_bytes = 0;                    ///< of the largest run
    double device_bytes = 0;                    ///< of the largest run; 0 on the CPU
    double disk_bytes = 0, core_seconds = 0;
};
/// Refuses what run_sweep would refuse for the network's sake: ConfigurationError, and CapacityError where not even the plan fits.
SweepEstimate estimate_sweep(const NetworkFile& file, const SweepPlan& plan, int threads, const Backend& backend = {});
/// Of all points, references and trials.
Workload estimate_workload(const SweepPlan& plan);

/// Runs what is missing, writes one transaction per finished run and the dataset at the end.  Small networks run side by side,
/// large ones with all threads.  A run that fails is a result and the sweep goes on; only a lost device ends it, resumable.  Errors before anything is written: ConfigurationError, CapacityError, IoError.
SweepOutcome run_sweep(const NetworkFile& file, const SweepPlan& plan, const SweepOptions& options);

}  // namespace spikemass
