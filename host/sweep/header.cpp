#include "host/sweep/header.hpp"

#include <fstream>

#include "host/config/fingerprint.hpp"
#include "host/config/schema.hpp"
#include "host/output/layout.hpp"
#include "host/version.hpp"
#include "kernels/recipes.hpp"
#include "kernels/stimulus.hpp"

namespace spikemass {

namespace {

std::string processor_name() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown processor";
}

/// Mean input of every population over every recorded bin: [population][bin]; empty without stimuli.
std::vector<std::vector<double>> stimulus_means(const Network& network, const RunPlan& plan) {
    std::vector<std::vector<double>> means;
    if (network.stimuli.empty()) return means;
    for (std::size_t p = 0; p < network.populations.size(); ++p) {
        auto& bins = means.emplace_back(static_cast<std::size_t>(plan.bins), 0.0);
        std::int64_t step = plan.warmup_steps;
        for (double& b : bins) {
            for (std::int64_t k = 0; k < plan.steps_per_bin; ++k) b += mean_input(network, p, step++);
            b /= static_cast<double>(plan.steps_per_bin);
        }
    }
    return means;
}

output::SweepHeader base_header(const NetworkFile& file, const Configuration& c) {
    output::SweepHeader h;
    h.network_toml = file.text();
    h.time_unit = c.run.time_unit;
    h.dt = c.run.dt;
    h.bin = c.run.bin;
    h.warmup = c.run.warmup;
    h.duration = c.run.duration;
    h.record = c.run.record;
    for (const Population& p : c.network.populations) {
        h.populations.push_back(p.name);
        if (h.time_unit == "ms") h.tau_ms.push_back(p.tau);
    }
    for (const Projection& p : c.network.projections) h.projections.push_back(p.name);
    h.provenance = provenance();
    return h;
}

std::string unit_of(config::Quantity quantity, const std::string& time_unit) {
    using output::layout::Unit;
    switch (quantity) {
        case config::Quantity::one: return unit_name(Unit::one, time_unit);
        case config::Quantity::time: return unit_name(Unit::time, time_unit);
        case config::Quantity::rate: return unit_name(Unit::rate, time_unit);
        case config::Quantity::ms: return "ms";
    }
    return {};
}

std::vector<std::int64_t> sizes(const Network& n) {
    std::vector<std::int64_t> s;
    for (const Population& p : n.populations) s.push_back(p.size);
    return s;
}

}  // namespace

output::Provenance provenance(const std::string& backend) { return {version, git_commit, backend, processor_name(), compiler, kernels::graph_recipe}; }

void name_backend(output::Provenance& provenance, const Backend& backend) {
    provenance.backend = backend.name;
    if (backend.on_device()) provenance.device = backend.device_names();
}

output::SweepHeader sweep_header(const NetworkFile& file, const SweepPlan& plan) {
    const Configuration first = plan.configuration(plan.points.front());
    output::SweepHeader h = base_header(file, first);
    h.resolved = plan.resolved;
    h.sha256 = plan.sha256;
    h.axes = plan.axes;
    for (const std::string& path : plan.axes) h.axis_units.push_back(unit_of(config::quantity_of(path), h.time_unit));
    h.trials = plan.trials;
    bool one_stimulus = true;
    std::vector<std::vector<std::vector<double>>> stimulus;
    for (std::size_t i = 0; i < plan.points.size(); ++i) {
        const SweepPoint& p = plan.points[i];
        const Configuration c = plan.configuration(p);
        h.points.push_back(p.values);
        h.n_neurons.push_back(sizes(c.network));
        h.same_as.push_back(p.same_as >= 0 ? p.same_as : static_cast<std::int64_t>(i));
        if (!plan.references.empty()) h.reference_index.push_back(p.reference);
        one_stimulus = one_stimulus && c.network.stimuli == first.network.stimuli && c.network.dt == first.network.dt;
    }
    if (one_stimulus) {
        if (auto means = stimulus_means(first.network, first.plan); !means.empty()) stimulus.push_back(std::move(means));
    } else {
        for (const SweepPoint& p : plan.points) {
            const Configuration c = plan.configuration(p);
            auto means = stimulus_means(c.network, c.plan);
            if (means.empty()) means.assign(c.network.populations.size(), std::vector<double>(static_cast<std::size_t>(c.plan.bins), 0.0));
            stimulus.push_back(std::move(means));
        }
    }
    h.stimulus = std::move(stimulus);
    return h;
}

output::SweepHeader run_header(const NetworkFile& file, const Configuration& c, std::int64_t trial) {
    output::SweepHeader h = base_header(file, c);
    h.resolved = c.resolved;
    h.sha256 = sha256(c.resolved.dump());
    h.points.push_back({});
    h.first_trial = trial;
    h.n_neurons.push_back(sizes(c.network));
    if (auto means = stimulus_means(c.network, c.plan); !means.empty()) h.stimulus.push_back(std::move(means));
    return h;
}

}  // namespace spikemass
