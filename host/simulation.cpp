#include "host/simulation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <span>

#include "host/mass/mass.hpp"
#include "host/spike_statistics.hpp"

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

/// step(n) until `left` of them are done, between() after each; returns the last chunk's size.
template <class Step, class Between>
std::int64_t in_chunks(std::int64_t left, Chunks chunks, Step&& step, Between&& between) {
    while (left > 0) {
        const std::int64_t n = std::min(left, chunks.size());
        const auto t = Clock::now();
        step(n);
        left -= n;
        chunks.took(seconds_since(t));
        between();
    }
    return chunks.size();
}

std::int64_t steps_of(const RunPlan& plan) { return plan.warmup_steps + plan.bins * plan.steps_per_bin; }

/// Between chunks: reports, and throws Stopped where that was asked for.  total = 0: still building.
void look_around(const SimulationOptions& options, std::int64_t step, std::int64_t total, std::uint64_t spikes) {
    if (options.progress && total > 0) options.progress(step, total, spikes);
    if (options.stop && options.stop->load(std::memory_order_relaxed) != 0)
        throw Stopped(static_cast<ExitCode>(options.stop->load()), "stopped on request at step " + std::to_string(step) + " of " + std::to_string(total));
}

/// What the engine knows at the end.
void finish(RunResult& result, const Engine& engine, const Backend& backend) {
    result.backend = backend.name;
    result.digest = engine.digest();
    result.steps = engine.step();
    result.spikes = engine.spikes();
    result.projections = engine.projections();
    for (const ProjectionFacts& p : result.projections) result.synapses += p.synapses;
    result.capped_fraction = engine.capped_fraction();
    result.capped_rate_bound = engine.capped_rate_bound();
    if (result.capped_fraction > 0.001)
        result.warnings.push_back(fmt::format("{:.2f} % of the neurons fire at most once per step because their input is above 9.8 (tau/dt)^2; the rate is too low by up to "
                                              "{:.3g} per time unit. Use a smaller dt.",
                                              100.0 * result.capped_fraction, result.capped_rate_bound));
}

}  // namespace

double recording_bytes(const Network& network, const RunPlan& plan) {
    const double per_bin = 16 + (plan.record.v ? 8 : 0) + (plan.record.order_parameter ? 16 : 0);   // counts and rate are always there
    constexpr double copies = 3;                                                                    // growing vectors, and the copy that is written
    return copies * per_bin * static_cast<double>(plan.bins) * static_cast<double>(network.populations.size()) + (plan.record.statistics ? SpikeStatisticsRecorder::bytes(network, plan) : 0);
}

void check_recording(const Network& network, const RunPlan& plan, double limit) {
    const double need = recording_bytes(network, plan), have = limit > 0 ? limit : available_memory();
    if (need <= have) return;
    throw CapacityError(fmt::format("memory: {} recorded bins of {} population{}{} need about {:.2f} GiB and {:.2f} GiB are free. Use a larger run.bin or a smaller run.duration{}.",
                                    plan.bins, network.populations.size(), network.populations.size() == 1 ? "" : "s", plan.record.statistics ? " and statistics of their spikes" : "",
                                    need / 0x1p30, have / 0x1p30, plan.record.statistics ? ", a smaller run.statistics_sample, or no statistics (64 bytes per neuron)" : ""));
}

void check_memory(const Network& network, const RunPlan& plan, const Backend& backend, int threads, double limit) {
    const double have = limit > 0 ? limit : available_memory();
    check_recording(network, plan, have);
    MemoryEstimate need = estimate_memory(network, backend, threads);
    need.bytes += recording_bytes(network, plan);
    if (need.bytes <= have) return;
    throw CapacityError(fmt::format("memory: the network needs about {:.2f} GiB ({:.3g} synapses) and {:.2f} GiB are free. It must fit into memory before "
                                    "it is built: use fewer neurons or a smaller mean_indegree, or a machine with more memory.",
                                    need.bytes / 0x1p30, need.synapses, have / 0x1p30));
}

RunResult run_spiking(Network network, const RunPlan& plan, const SimulationOptions& options) {
    check_memory(network, plan, options.backend, options.threads, options.memory_limit);
    if (options.backend.on_device()) check_device_memory(network, {&options.backend.devices.front(), 1});
    mass::resolve_initial(network);
    const auto start = Clock::now();
    const auto engine = make_engine(options.backend, network, {options.threads, options.format});
    check_capped(*engine, network);

    RunResult result;
    result.build_seconds = seconds_since(start);
    const std::int64_t total = steps_of(plan);
    const auto begin = Clock::now();
    std::exception_ptr sink_failure;   // an exception must not leave the engine's threads
    const auto between = [&] {
        if (sink_failure) std::rethrow_exception(sink_failure);
        look_around(options, engine->step(), total, engine->spikes());
    };
    const std::int64_t steps = in_chunks(plan.warmup_steps, Chunks(64), [&](std::int64_t n) { engine->advance(n); }, between);
    std::optional<SpikeStatisticsRecorder> statistics;
    if (plan.record.statistics) statistics.emplace(network, plan);
    if (options.spikes || statistics)
        engine->set_spike_sink([&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
            if (sink_failure) return;
            try {
                if (statistics) statistics->add(population, ids);
                if (options.spikes) options.spikes(population, step, ids);
            } catch (...) {
                sink_failure = std::current_exception();
            }
        });
    in_chunks(plan.bins, Chunks(steps / plan.steps_per_bin), [&](std::int64_t n) {
        engine->record(n, plan.steps_per_bin, plan.record, result.populations);
        if (options.rates) options.rates(0, last_bins(result.populations, n));
    }, between);
    result.wall_seconds = seconds_since(begin);
    if (statistics) result.statistics = statistics->result();
    result.strategy = engine->strategy();
    finish(result, *engine, options.backend);
    return result;
}

double estimate_ensemble_memory(const Network& network, const RunPlan& plan) {
    constexpr double small_tables = 0.25e6;
    const double stimuli = 4.0 * static_cast<double>(GpuLayout{}.chunk_steps) * static_cast<double>(std::min(network.stimuli.size(), network.populations.size()));   // of populations that have any
    return estimate_network_memory(network) + estimate_record_memory(network, plan.steps_per_bin, plan.record) + stimuli + small_tables;
}

std::vector<RunResult> run_spiking_together(std::vector<Network> networks, const RunPlan& plan, const SimulationOptions& options) {
    const auto ensemble = options.backend.devices.front().ensemble();
    std::vector<RunResult> results(networks.size());
    std::vector<Engine*> engines;
    for (std::size_t i = 0; i < networks.size(); ++i) {
        check_memory(networks[i], plan, options.backend, 1, options.memory_limit);
        mass::resolve_initial(networks[i]);
        const auto start = Clock::now();
        engines.push_back(&ensemble->add(networks[i]));
        check_capped(*engines.back(), networks[i]);
        results[i].build_seconds = seconds_since(start);
        look_around(options, 0, 0, 0);
    }
    const auto begin = Clock::now();
    const std::int64_t total = steps_of(plan);
    const auto between = [&] {
        std::uint64_t spikes = 0;
        for (const Engine* e : engines) spikes += e->spikes();
        look_around(options, engines.front()->step(), total, spikes);
    };
    std::vector<std::vector<PopulationBins>> out;
    in_chunks(plan.warmup_steps, Chunks(64), [&](std::int64_t n) {
        std::vector<std::vector<PopulationBins>> unused;
        ensemble->record(1, n, {}, unused);
    }, between);
    in_chunks(plan.bins, Chunks(64 / plan.steps_per_bin), [&](std::int64_t n) {
        ensemble->record(n, plan.steps_per_bin, plan.record, out);
        for (std::size_t i = 0; options.rates && i < out.size(); ++i) options.rates(i, last_bins(out[i], n));
    }, between);
    const double seconds = seconds_since(begin) / static_cast<double>(networks.size());
    for (std::size_t i = 0; i < networks.size(); ++i) {
        if (!out.empty()) results[i].populations = std::move(out[i]);
        results[i].wall_seconds = seconds;
        results[i].strategy = ensemble->strategy();
        finish(results[i], *engines[i], options.backend);
    }
    return results;
}

}  // namespace spikemass
