#include "host/costs.hpp"

#include <algorithm>
#include <cmath>

#include "host/gpu/engine.hpp"

namespace spikemass {

const Costs cpu_costs = {.step = 1e-6, .launch = 0, .neuron = 80e-9, .synapse = 12e-9, .update = 0.6e-9, .observation = 4e-9, .event = 1.3e-9, .annealed_event = 6.5e-9};

// Alone: 2.5 us of the host per launch; 20 B of a neuron's state and 8 B of an observation at 3.4 TB/s with room for what is not streamed; events by global atomics at 83 G/s.
// In a block: 2.1 us of barriers and dependent reads per step; 38 instructions of an update at 0.8 of 128 lanes and 1.75 GHz, twice that with state in shared memory; 4.5 shared
// atomics per clock, half of it.  Neurons are drawn by the host; synapses are sorted on the device, in about ten passes of 16 B each way.
const DeviceCosts predicted_device_costs = {.start = 0.5,
                                            .alone = {.step = 0, .launch = 2.5e-6, .neuron = 90e-9, .synapse = 0.5e-9, .update = 8e-12, .observation = 4e-12, .event = 1.2e-11, .annealed_event = 2.5e-11},
                                            .block = {.step = 2.1e-6, .launch = 0, .neuron = 90e-9, .synapse = 0.5e-9, .update = 4e-10, .observation = 8e-10, .event = 2.5e-10, .annealed_event = 2e-9},
                                            .multiprocessors = 132,
                                            .measured = false};

Work& Work::operator+=(const Work& o) {
    steps += o.steps;
    launches += o.launches;
    neurons += o.neurons;
    synapses += o.synapses;
    updates += o.updates;
    observations += o.observations;
    events += o.events;
    annealed_events += o.annealed_events;
    return *this;
}

Work& Work::operator*=(double times) {
    for (double* x : {&steps, &launches, &neurons, &synapses, &updates, &observations, &events, &annealed_events}) *x *= times;
    return *this;
}

Workload& Workload::operator*=(double trials) {
    alone *= trials;
    together *= trials;
    networks *= trials;
    return *this;
}

Workload& Workload::operator+=(const Workload& o) {
    alone += o.alone;
    together += o.together;
    networks += o.networks;
    return *this;
}

Work Workload::all() const {
    Work w = alone;
    return w += together;
}

double Costs::of_building(const Work& w) const { return neuron * w.neurons + synapse * w.synapses; }

double Costs::of_stepping(const Work& w) const {
    return step * w.steps + launch * w.launches + update * w.updates + observation * w.observations + event * w.events + annealed_event * w.annealed_events;
}

double DeviceCosts::of(const Workload& w, double resident, double multiprocessors_there) const {
    const double faster = multiprocessors_there / multiprocessors, side_by_side = std::max(1.0, std::min(w.networks, resident));
    Costs there = alone;
    for (double* c : {&there.synapse, &there.update, &there.observation, &there.event, &there.annealed_event}) *c /= faster;
    return start + there.of(w.alone) + there.of_building(w.together) + block.of_stepping(w.together) / side_by_side;
}

Work estimate_work(const Network& network, const RunPlan& plan) {
    Work work;
    work.steps = static_cast<double>(plan.warmup_steps + plan.bins * plan.steps_per_bin);
    const double recorded = static_cast<double>(plan.bins * plan.steps_per_bin);
    const int observables = (plan.record.v ? 1 : 0) + (plan.record.order_parameter ? 1 : 0);
    double launches = 2 + static_cast<double>(network.populations.size());   // begin, end, an update for each
    for (const Population& p : network.populations) {
        const auto n = static_cast<double>(p.size);
        work.neurons += n;
        work.updates += n * work.steps;
        work.observations += n * recorded * observables;
    }
    for (const Projection& p : network.projections) {
        if (p.topology.kind == TopologyKind::all_to_all) continue;
        ++launches;
        const Population &source = network.populations[p.source], &target = network.populations[p.target];
        const double synapses = p.topology.mean_indegree * static_cast<double>(target.size);
        // Rates are not known beforehand: that of the uncoupled centre, or the initial one.
        const double w = std::max(0.0, source.eta.center);
        const double rate = std::max({0.1, source.initial.rate, std::sqrt(std::sqrt(w * w + source.eta.width * source.eta.width) + w) / 4.44}) / source.tau;
        const double events = synapses * rate * network.dt * work.steps;
        if (p.topology.kind == TopologyKind::annealed) {
            work.annealed_events += events;
        } else {
            work.synapses += synapses;
            work.events += events;
        }
    }
    work.launches = launches * work.steps;
    return work;
}

Workload estimate_workload(const Network& network, const RunPlan& plan, bool alone) {
    Workload w;
    alone |= BlockMemory(network).bytes() > least_block_bytes;
    (alone ? w.alone : w.together) = estimate_work(network, plan);
    w.networks = alone ? 0 : 1;
    return w;
}

double estimate_seconds(const Network& network, const RunPlan& plan) { return cpu_costs.of(estimate_work(network, plan)); }

}  // namespace spikemass
