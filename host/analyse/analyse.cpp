#include "host/analyse/analyse.hpp"

#include <fmt/format.h>

#include "host/config/wording.hpp"
#include "host/mass/closure_file.hpp"
#include "host/mass/mass_model.hpp"
#include "models/base/error.hpp"

namespace spikemass {

namespace {

void require_disjoint(const RealKey& a, const RealKey& b) {
    if (a.path == b.path) throw config::problem(fmt::format("--across {}: this is the parameter of --along. Choose another one.", b.path));
}

mass::NetworkAt networks_of(const NetworkFile& file, const RealKey& along, const std::optional<RealKey>& across) {
    return [file, along = along.path, across = across ? across->path : ""](std::span<const double> values) {
        std::vector<Assignment> assignments{{along, values[0]}};
        if (values.size() > 1) assignments.push_back({across, values[1]});
        return file.resolve(assignments).network;
    };
}

}  // namespace

Analysis analyse(const NetworkFile& file, const AnalyseOptions& options) {
    mass::find_closure(options.closure);
    if (!options.across.empty() && options.along.empty()) throw ConfigurationError("--across: curves in the plane of two parameters start from the folds and Hopf points along one. Add --along PATH LOW HIGH.");
    Analysis result{file.resolve(), options, {}, {}, {}, {}, {}, {}};
    const Network& network = result.configuration.network;
    const mass::MassOptions mass_options{options.closure, options.ideal_delay};
    if (!options.along.empty()) result.along = make_real_key(file, result.configuration, "--along", options.along);
    if (!options.across.empty()) result.across = make_real_key(file, result.configuration, "--across", options.across);
    if (result.across) require_disjoint(*result.along, *result.across);
    if (result.across && !result.across->range.contains(result.across->value))
        throw config::problem(fmt::format("--across {} {} {}: the file's own value {} is outside, and the curves start from there. Widen the range, or move the value with --set {}=...",
                                          result.across->path, options.across[1], options.across[2], result.across->value, result.across->path));
    result.fixed_points = mass::fixed_points(network, mass_options);
    const mass::MassModel model(network, mass_options);
    result.delays.resize(network.projections.size());
    for (const auto& projection : model.projections()) result.delays[projection.index] = projection.mean_delay();
    if (!network.stimuli.empty()) result.warnings.push_back("Stimuli are left out: the analysis is that of the network without them. A constant current is the same as a larger eta.");
    if (!result.along) return result;
    const auto networks = networks_of(file, *result.along, result.across);
    try {
        if (result.across)
            result.diagram = mass::continue_bifurcations(networks, mass_options, result.along->range, result.along->value, result.across->range, result.across->value);
        else
            result.diagram.steady = mass::continue_steady_states(networks, mass_options, result.along->range, result.along->value);
    } catch (const ConfigurationError& e) {
        throw config::problem(fmt::format("--along {} {} {}: {}", result.along->path, options.along[1], options.along[2], e.what()));
    }
    result.warnings.insert(result.warnings.end(), result.diagram.steady.warnings.begin(), result.diagram.steady.warnings.end());
    if (result.across && result.diagram.curves.empty()) result.warnings.push_back(fmt::format("Along {} there is neither a fold nor a Hopf point, so there is nothing to follow.", result.along->path));
    return result;
}

}  // namespace spikemass
