#pragma once
// The front door: a resolved network in, a result out, at the spiking or the mass level.

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/backend.hpp"
#include "host/rate_chunk.hpp"
#include "kernels/engine.hpp"
#include "models/base/error.hpp"
#include "kernels/network.hpp"
#include "kernels/observables.hpp"

namespace spikemass {

/// Set by a signal handler or another thread: 0 = go on, else the exit code to stop with (75 or 130).
using StopFlag = std::atomic<int>;

struct SimulationOptions {
    int threads = 1;
    const StopFlag* stop = nullptr;
    /// Called between chunks of about 0.1 s, from the thread that called.
    std::function<void(std::int64_t steps_done, std::int64_t steps_total, std::uint64_t spikes)> progress;
    SpikeSink spikes;                   ///< recorded interval only
    double memory_limit = 0;            ///< bytes; 0 = what the machine has left
    std::string format;                 ///< see CpuOptions
    Backend backend;
    /// Gets the recorded bins of every chunk as they are finished, from the thread that called, which waits for it; `run` counts the networks of an ensemble.
    /// What the run is called (RateChunk::reference, point, trial) is left to it.
    std::function<void(std::size_t run, RateChunk chunk)> rates;
};

/// Runs the network, on the backend's first device.  Populations with initial kind fixed_point get their rate from the mass first.
/// Errors: CapacityError before anything is allocated, ConfigurationError (too many capped neurons), Stopped.
RunResult run_spiking(Network network, const RunPlan& plan, const SimulationOptions& options);

/// Runs networks of one plan side by side in an ensemble of options.backend: each result is what run_spiking gives, but for strategy and times (equal shares of the stepping).
/// options.spikes must be empty and plan.record.statistics off: an ensemble does not say who fired.  The first error ends all of them.
std::vector<RunResult> run_spiking_together(std::vector<Network> networks, const RunPlan& plan, const SimulationOptions& options);
/// Device memory that a network takes in an ensemble, bytes.
double estimate_ensemble_memory(const Network& network, const RunPlan& plan);

/// Bytes that the recorded bins of a run take, with what is needed to store them, and statistics of spikes.
double recording_bytes(const Network& network, const RunPlan& plan);

/// Throws CapacityError if the recorded bins alone, or the network with them, need more than `limit` bytes (0: than the machine has left).
void check_recording(const Network& network, const RunPlan& plan, double limit = 0);
void check_memory(const Network& network, const RunPlan& plan, const Backend& backend, int threads, double limit = 0);

}  // namespace spikemass
