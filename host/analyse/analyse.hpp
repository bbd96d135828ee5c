#pragma once
// Bifurcation analysis of a network file's mass: fixed points, branches along a key, curves in the plane of two keys.

#include <optional>
#include <string>
#include <vector>

#include "host/analyse/real_key.hpp"
#include "host/config/configuration.hpp"
#include "host/mass/continuation.hpp"
#include "host/output/dataset.hpp"

namespace spikemass {

struct AnalyseOptions {
    std::string closure = "none";
    bool ideal_delay = false;
    std::vector<std::string> along, across;   ///< PATH LOW HIGH, or empty
};

/// Rates are in 1/time unit.
struct Analysis {
    Configuration configuration;
    AnalyseOptions options;
    std::optional<RealKey> along, across;
    std::vector<mass::FixedPoint> fixed_points;   ///< at the file's own values
    mass::BifurcationDiagram diagram;             ///< empty without `along`
    std::vector<double> delays;                   ///< [projection] of the mass, time units; 0 = none
    std::vector<std::string> warnings;
};

/// Throws ConfigurationError: those of the network file, of make_real_key, of the mass (no exact mass, unknown closure); `across` without
/// `along`; a parameter that the mass does not depend on.
Analysis analyse(const NetworkFile& file, const AnalyseOptions& options);

/// One object, as `analyse --json` prints it.  Rates in "1/tau" or "Hz"; eigenvalues, omega in 1/time unit.
nlohmann::ordered_json to_json(const Analysis& analysis);

/// Tables for people.
std::string to_text(const Analysis& analysis);

/// Group "analysis" of a dataset (docs/dataset.md).
output::Group to_group(const Analysis& analysis);

}  // namespace spikemass
