#pragma once
// How long a run will take, from its description alone: for --backend auto, scheduling and --dry-run.  Estimates, not promises.

#include <cstddef>

#include "kernels/network.hpp"

namespace spikemass {

/// What has to be done; rates, and so events, are guessed.
struct Work {
    double steps = 0, launches = 0;                   ///< of a network's own launches on a device: several in each step
    double neurons = 0, synapses = 0;                 ///< to be built; stored synapses only
    double updates = 0, observations = 0;             ///< neurons x steps; the same for each recorded mean
    double events = 0, annealed_events = 0;           ///< spikes x targets

    Work& operator+=(const Work& o);
    Work& operator*=(double times);
};

/// Seconds per unit of work.
struct Costs {
    double step = 0, launch = 0, neuron = 0, synapse = 0, update = 0, observation = 0, event = 0, annealed_event = 0;

    double of_building(const Work& work) const;
    double of_stepping(const Work& work) const;
    double of(const Work& work) const { return of_building(work) + of_stepping(work); }
};
/// One core of a current machine, measured (bench/results).
extern const Costs cpu_costs;

/// Of one run, or of a sweep, whose small networks share the launches of a device.
struct Workload {
    Work alone, together;
    double networks = 0;                              ///< of `together`

    Workload& operator+=(const Workload& o);
    Workload& operator*=(double trials);              ///< the networks are as large as before
    Work all() const;
};

/// A GPU: whole for a network of its own, one block of it for one of many.
struct DeviceCosts {
    double start = 0;                                 ///< context and first allocations, seconds
    Costs alone;                                      ///< strategy R
    Costs block;                                      ///< strategy A; building costs what it does alone
    double multiprocessors = 1;                       ///< of the device that the figures are for
    bool measured = false;                            ///< else they are predictions

    /// together: networks that are resident at once at most.  Another device is taken to be faster by its multiprocessors; a launch and a step cost the same on all.
    double of(const Workload& work, double together, double multiprocessors_there) const;
};
/// An H200 as predicted from its data sheet and published measurements of its kind (docs/gpu.md, "Choosing a backend"); nobody has measured this program on one.
extern const DeviceCosts predicted_device_costs;

/// Strategy A: shared memory that a network may take on every GPU that the program is built for, bytes (compute capability 8.0).
constexpr std::size_t least_block_bytes = 163 * 1024;

Work estimate_work(const Network& network, const RunPlan& plan);
/// `alone`: it cannot share a launch, whatever its size.
Workload estimate_workload(const Network& network, const RunPlan& plan, bool alone);
/// Seconds on one core.
double estimate_seconds(const Network& network, const RunPlan& plan);

}  // namespace spikemass
