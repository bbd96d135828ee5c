#pragma once
// All points x trials of a network file, into a folder.

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/config/sweep_plan.hpp"
#include "host/live/consumer.hpp"
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
    Backend backend;                            ///< all its devices take runs from one queue: small networks side by side in ensembles, large ones one by one
    std::vector<std::string> live;              ///< names of host/live/consumers.hpp
    std::vector<std::shared_ptr<LiveConsumer>> consumers;   ///< others that read the runs while they go on
};

struct SweepOutcome {
    std::int64_t planned = 0, done = 0, failed = 0, missing = 0;
    ExitCode code = ExitCode::ok;               ///< ok, failed_points, resumable or interrupted
    double wall_seconds = 0;
    std::string message;                        ///< devices that were lost, and whether that ended the sweep
    std::vector<std::string> warnings;          ///< of live consumers; the sweep itself is not touched by them
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
/// Throws CapacityError if one of its networks fits into none of the devices.
void check_device_memory(const SweepPlan& plan, std::span<const Device> devices);

/// Runs what is missing, writes one transaction per finished run and the dataset at the end.  Small networks run side by side,
/// large ones with all threads; on devices one thread per device takes runs from one queue.  A run that fails is a result and the sweep goes on; only the loss of every device that
/// could go on ends it, resumable.  Live consumers get the bins of every run, first those of the runs that --resume finds finished.  Errors before anything is written: ConfigurationError, CapacityError, IoError.
SweepOutcome run_sweep(const NetworkFile& file, const SweepPlan& plan, const SweepOptions& options);

}  // namespace spikemass
