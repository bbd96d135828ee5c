#include "host/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <exception>
#include <span>

#include "host/mass/mass.hpp"

namespace spikemass {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

void check_capped(const Engine& engine, const Network& network) {
    if (engine.capped_fraction() <= 0.02 || network.allow_capped) return;
    throw ConfigurationError(fmt::format(
        "run.dt = {}: {:.1f} % of the neurons have an input above 9.8 (tau/dt)^2 and would fire once per step, which loses up to {:.3g} "
        "spikes per time unit and neuron. At most 2 % may be capped: use a smaller dt (half of it caps about a quarter as many), or set "
        "run.allow_capped = true.",
        network.dt, 100.0 * engine.capped_fraction(), engine.capped_rate_bound()));
}

/// Chunks of about 0.1 s: long enough to cost nothing, short enough to stop and to report.
class Chunks {
public:
    explicit Chunks(std::int64_t first) : size_(std::max<std::int64_t>(1, first)) {}
    std::int64_t size() const { return size_; }
    void took(double seconds) {
        const double grow = std::clamp(0.1 / std::max(seconds, 1e-6), 0.5, 8.0);
        size_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(static_cast<double>(size_) * grow));
    }

private:
    std::int64_t size_;
};

}  // namespace

double recording_bytes(const Network& network, const RunPlan& plan) {
    const double per_bin = 16 + (plan.record.v ? 8 : 0) + (plan.record.order_parameter ? 16 : 0);   // counts and rate are always there
    constexpr double copies = 3;                                                                    // growing vectors, and the copy that is written
    return copies * per_bin * static_cast<double>(plan.bins) * static_cast<double>(network.populations.size());
}

void check_recording(const Network& network, const RunPlan& plan, double limit) {
    const double need = recording_bytes(network, plan), have = limit > 0 ? limit : available_memory();
    if (need <= have) return;
    throw CapacityError(fmt::format("memory: {} recorded bins of {} population{} need about {:.2f} GiB and {:.2f} GiB are free. Use a larger run.bin or a smaller run.duration.",
                                    plan.bins, network.populations.size(), network.populations.size() == 1 ? "" : "s", need / 0x1p30, have / 0x1p30));
}

void check_memory(const Network& network, const RunPlan& plan, int threads, double limit) {
    const double have = limit > 0 ? limit : available_memory();
    check_recording(network, plan, have);
    MemoryEstimate need = estimate_memory(network, {threads, ""});
    need.bytes += recording_bytes(network, plan);
    if (need.bytes <= have) return;
    throw CapacityError(fmt::format("memory: the network needs about {:.2f} GiB ({:.3g} synapses) and {:.2f} GiB are free. It must fit into memory before "
                                    "it is built: use fewer neurons or a smaller mean_indegree, or a machine with more memory.",
                                    need.bytes / 0x1p30, need.synapses, have / 0x1p30));
}

RunResult run_spiking(Network network, const RunPlan& plan, const SimulationOptions& options) {
    check_memory(network, plan, options.threads, options.memory_limit);
    mass::resolve_initial(network);
    const auto start = Clock::now();
    const auto engine = make_cpu_engine(network, {options.threads, options.format});
    check_capped(*engine, network);

    RunResult result;
    result.build_seconds = seconds_since(start);
    const std::int64_t total = plan.warmup_steps + plan.bins * plan.steps_per_bin;
    const auto begin = Clock::now();
    std::exception_ptr sink_failure;   // an exception must not leave the engine's threads
    const auto between = [&] {
        if (sink_failure) std::rethrow_exception(sink_failure);
        if (options.progress) options.progress(engine->step(), total, engine->spikes());
        if (options.stop && options.stop->load(std::memory_order_relaxed) != 0)
            throw Stopped(static_cast<ExitCode>(options.stop->load()), "stopped on request at step " + std::to_string(engine->step()) + " of " + std::to_string(total));
    };
    Chunks steps(64);
    for (std::int64_t left = plan.warmup_steps; left > 0;) {
        const std::int64_t n = std::min(left, steps.size());
        const auto t = Clock::now();
        engine->advance(n);
        left -= n;
        steps.took(seconds_since(t));
        between();
    }
    if (options.spikes)
        engine->set_spike_sink([&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
            if (sink_failure) return;
            try {
                options.spikes(population, step, ids);
            } catch (...) {
                sink_failure = std::current_exception();
            }
        });
    Chunks bins(std::max<std::int64_t>(1, steps.size() / plan.steps_per_bin));
    for (std::int64_t left = plan.bins; left > 0;) {
        const std::int64_t n = std::min(left, bins.size());
        const auto t = Clock::now();
        engine->record(n, plan.steps_per_bin, plan.record, result.populations);
        left -= n;
        bins.took(seconds_since(t));
        between();
    }
    result.wall_seconds = seconds_since(begin);
    result.strategy = engine->strategy();
    result.digest = engine->digest();
    result.steps = engine->step();
    result.spikes = engine->spikes();
    result.projections = engine->projections();
    for (const ProjectionFacts& p : result.projections) result.synapses += p.synapses;
    result.capped_fraction = engine->capped_fraction();
    result.capped_rate_bound = engine->capped_rate_bound();
    if (result.capped_fraction > 0.001)
        result.warnings.push_back(fmt::format("{:.2f} % of the neurons fire at most once per step because their input is above 9.8 (tau/dt)^2; the rate is too low by up to "
                                              "{:.3g} per time unit. Use a smaller dt.",
                                              100.0 * result.capped_fraction, result.capped_rate_bound));
    return result;
}

double estimate_seconds(const Network& network, const RunPlan& plan) {
    constexpr double per_update = 0.6e-9, per_observation = 4e-9, per_event = 1.3e-9, per_synapse = 12e-9, per_step = 1e-6, per_neuron = 80e-9;
    const auto steps = static_cast<double>(plan.warmup_steps + plan.bins * plan.steps_per_bin);
    const double recorded = steps > 0 ? static_cast<double>(plan.bins * plan.steps_per_bin) / steps : 0;
    const int observables = (plan.record.v ? 1 : 0) + (plan.record.order_parameter ? 1 : 0);
    double seconds = steps * per_step;
    for (const Population& p : network.populations) {
        const auto n = static_cast<double>(p.size);
        seconds += n * (per_neuron + steps * (per_update + recorded * observables * per_observation));
    }
    for (const Projection& p : network.projections) {
        if (p.topology.kind == TopologyKind::all_to_all) continue;
        const Population &source = network.populations[p.source], &target = network.populations[p.target];
        const double synapses = p.topology.mean_indegree * static_cast<double>(target.size);
        // Rates are not known beforehand: that of the uncoupled centre, or the initial one.
        const double w = std::max(0.0, source.eta.center);
        const double rate = std::max({0.1, source.initial.rate, std::sqrt(std::sqrt(w * w + source.eta.width * source.eta.width) + w) / 4.44}) / source.tau;
        const bool annealed = p.topology.kind == TopologyKind::annealed;
        seconds += (annealed ? 0 : synapses * per_synapse) + synapses * rate * network.dt * steps * per_event * (annealed ? 5 : 1);
    }
    return seconds;
}

}  // namespace spikemass
