#include "host/sweep/configurations_of.hpp"

#include <fmt/format.h>

#include "host/config/sweep_plan.hpp"
#include "host/mass/mass.hpp"
#include "models/base/error.hpp"

namespace spikemass {

std::vector<Configuration> configurations_of(const output::Dataset& dataset) {
    std::vector<Configuration> configurations;
    const NetworkFile network = NetworkFile::from_toml(dataset.header.network_toml, dataset.path.string() + " (attribute network_file)");
    if (!dataset.header.axes.empty() || (network.has_sweep() && dataset.header.resolved.contains("sweep"))) {
        const SweepPlan plan = network.sweep();
        if (plan.sha256 != dataset.header.sha256)
            throw ConfigurationError(fmt::format("{}: this version of the program resolves its network file to another configuration than the dataset was made with. "
                                                 "Use the version that wrote it ({}).", dataset.path.string(), dataset.header.provenance.program_version));
        for (const SweepPoint& p : plan.points) configurations.push_back(plan.configuration(p));
    } else {
        configurations.push_back(network.resolve(static_cast<std::uint64_t>(dataset.header.first_trial)));
    }
    for (Configuration& c : configurations) mass::resolve_initial(c.network);
    return configurations;
}

}  // namespace spikemass
