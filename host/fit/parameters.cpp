#include "host/fit/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/config/wording.hpp"
#include "models/base/error.hpp"

namespace spikemass::fit {

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
using Kind = Parameter::Kind;

/// `path` without the last word where that is what the table before it stands for.
std::string shortened(std::string path) {
    for (const std::string& scalar : {std::string(".strength.mean"), std::string(".delay.mean")})
        if (path.ends_with(scalar)) path.resize(path.size() - 5);
    return path;
}

}  // namespace

std::vector<Parameter> parameters_of(const Configuration& c) {
    const Network& n = c.network;
    const std::string time = c.run.time_unit;
    std::vector<Parameter> list;
    const auto add = [&](const std::string& path, Kind kind, std::size_t index, double value, double lower, double upper, const std::string& units = "1") {
        list.push_back({path, kind, index, value, value, lower, upper, units});
    };
    /// Time constants: the integration's step is made for them, so they stay within a decade below and two above.
    const auto add_time = [&](const std::string& path, Kind kind, std::size_t index, double value) { add(path, kind, index, value, 0.1 * value, 100.0 * value, time); };
    for (std::size_t i = 0; i < n.populations.size(); ++i) {
        const Population& p = n.populations[i];
        const std::string path = "population." + p.name + ".params.";
        add(path + "eta.center", Kind::eta_center, i, p.eta.center, -infinity, infinity);
        if (p.eta.distribution == Distribution::lorentzian || mass::poles_of(p).size > 0) add(path + "eta.half_width", Kind::eta_half_width, i, p.eta.width, 1e-6, infinity);
        if (time == "ms") add_time(path + "tau_ms", Kind::tau, i, p.tau);
    }
    for (std::size_t j = 0; j < n.projections.size(); ++j) {
        const Projection& p = n.projections[j];
        const std::string path = "projection." + p.name + ".";
        const bool lorentzian = p.strength_half_width > 0.0, cut = p.strength_law == WeightLaw::truncated_gaussian && p.strength_sd > 0.0;
        if (!cut) add(path + (lorentzian ? "strength.center" : "strength"), Kind::strength, j, p.topology.file ? p.topology.weight_factor : p.strength, -infinity, infinity);
        if (!cut && !p.topology.file && p.strength_sd > 0.0) add(path + "strength.sd", Kind::strength_sd, j, p.strength_sd, 0.0, infinity);
        if (lorentzian) add(path + "strength.half_width", Kind::strength_half_width, j, p.strength_half_width, 0.0, infinity);
        if (p.synapse.kind != SynapseKind::delta) add_time(path + "synapse.tau", Kind::synapse_tau, j, p.synapse.tau);
        if (p.synapse.kind == SynapseKind::double_exponential) add_time(path + "synapse.tau_rise", Kind::synapse_rise, j, p.synapse.tau_rise);
        if (p.delay_law == DelayLaw::constant) {
            const double delay = static_cast<double>(p.delay_steps) * n.dt;
            add(path + "delay", Kind::delay, j, delay, n.dt, std::max(10.0 * delay, 2.0 * n.populations[p.target].tau), time);
        }
    }
    for (std::size_t s = 0; s < n.stimuli.size(); ++s) {
        const StimulusKind k = n.stimuli[s].kind;
        if (k == StimulusKind::step || k == StimulusKind::pulse_train || k == StimulusKind::ramp || k == StimulusKind::sine || k == StimulusKind::chirp)
            add("stimulus." + n.stimuli[s].name + ".amplitude", Kind::amplitude, s, n.stimuli[s].amplitude, -infinity, infinity);
    }
    return list;
}

bool means(const Parameter& p, std::string path) { return shortened(std::move(path)) == p.path || p.path == path + ".center"; }

std::vector<Parameter> choose_parameters(const std::vector<Parameter>& all, const std::vector<std::string>& names, const std::string& option) {
    std::vector<bool> chosen(all.size(), false);
    for (std::size_t i = 0; names.empty() && i < all.size(); ++i) chosen[i] = all[i].kind == Kind::eta_center || all[i].kind == Kind::eta_half_width || all[i].kind == Kind::strength;
    for (const std::string& name : names) {
        bool found = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const std::string& path = all[i].path;
            if (means(all[i], name) || path.ends_with("." + shortened("." + name).substr(1)) || (name == "eta" && path.find(".params.eta.") != std::string::npos)) chosen[i] = found = true;
        }
        if (found) continue;
        std::vector<std::string> known;
        for (const Parameter& p : all) known.push_back(p.path);
        throw ConfigurationError(fmt::format("{} {}: this is no real parameter of the dataset's mass. {} The end of a path names all that end so, as strength.", option, config::shorten(name), config::suggestion(name, known, "Parameters")));
    }
    std::vector<Parameter> list;
    for (std::size_t i = 0; i < all.size(); ++i)
        if (chosen[i]) list.push_back(all[i]);
    return list;
}

}  // namespace spikemass::fit
