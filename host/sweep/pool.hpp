#pragma once
// Who computes the runs of a sweep: threads of the processor, or one thread per device, all from one queue.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "host/config/sweep_plan.hpp"
#include "host/live/feed.hpp"
#include "host/output/journal.hpp"
#include "host/sweep/progress.hpp"
#include "host/sweep/sweep.hpp"

namespace spikemass {

/// One run and what it takes.
struct Job {
    output::TrialId id;
    double seconds = 0, bytes = 0, record_bytes = 0;      ///< on one core; here; of them, for its bins
    bool large = false;                                   ///< on the CPU: worth all threads
    RunPlan plan;
    double device_bytes = 0, ensemble_bytes = 0;          ///< there, alone and in an ensemble
    std::optional<BlockMemory> block;                     ///< of a run that may share a launch with others
    int losses = 0;                                       ///< devices that were lost under it
};

const SweepPoint& point_of(const SweepPlan& plan, const output::TrialId& id);
/// Trials of a point cost the same.  memory: bytes that the whole sweep may take here.
Job make_job(const SweepPlan& plan, const output::TrialId& id, const SweepOptions& options, double memory);

/// Takes jobs, largest first, as long as their memory fits; progress, results and failures meet here.
/// A device that waits takes an ensemble: as many runs as fit into its blocks, its memory and the memory here, but not more than its share among the devices that wait.
/// A device that is lost ends its own thread; what was in flight on it goes to the end of the queue for the others.
class Pool {
public:
    Pool(const SweepPlan& plan, const SweepOptions& options, output::Journal& journal, LiveFeed& live, std::vector<Job> jobs, double memory);

    /// Until all is done or somebody stopped it.  Rethrows errors of the journal; no run's own error leaves it.
    void run();

    /// The devices that were lost, in words; empty: none.
    const std::string& lost() const { return lost_; }
    /// Lost devices ended it: what is left fits none of the others, or there are none.
    bool ended_early() const { return ended_early_; }

private:
    using Clock = std::chrono::steady_clock;

    /// What of a run, or of an ensemble, stands in the progress so far; taken back where it comes to nothing.
    struct Share {
        double seconds = 0, done = 0;
        std::uint64_t spikes = 0;
    };

    void work(const Device* device);
    std::vector<Job> take(const Device* device);
    std::size_t ensemble_from(std::size_t first, const Device& device) const;
    bool together(std::span<Job> jobs, const Device& device);
    bool alone(Job& job, const Device* device, int threads, bool reporting);
    void give_back(std::span<const Job> jobs);
    bool lose(const std::exception& e, const Device* device);
    void store(const output::TrialRecord& record);
    void forget(std::span<const Job> jobs);
    void push(const Job& job, RateChunk chunk);
    SimulationOptions simulation_options(Share& share, const Device* device, bool reporting);
    void revoke(Share& share);
    void finish(Share& share);
    bool stopping();
    void tell_failure(const output::TrialId& id, const char* why);
    void report();

    const SweepPlan& plan_;
    const SweepOptions& options_;
    output::Journal& journal_;
    LiveFeed& live_;
    double memory_;
    Clock::time_point start_ = Clock::now();
    ProgressLine progress_;
    std::mutex mutex_;                                    // of all below
    std::condition_variable changed_;
    std::deque<Job> waiting_;
    std::size_t planned_, running_ = 0, active_ = 0, alive_, finished_ = 0, failures_ = 0;
    double total_ = 0, done_ = 0, in_use_ = 0;
    std::uint64_t spikes_ = 0;
    std::exception_ptr fatal_;
    std::string lost_;
    bool ended_early_ = false;
};

}  // namespace spikemass
