#pragma once
// `spikemass fit`: parameters of a mass from the rates of a dataset's points, all together or one by one; `--live fit=mpr` is the same, point by point.

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/fit/solve.hpp"
#include "host/output/dataset.hpp"

namespace spikemass::fit {

struct FitOptions {
    mass::MassOptions mass;
    std::vector<std::string> free;                              ///< as choose_parameters
    std::map<std::string, double> start;                        ///< by path
    std::map<std::string, std::pair<double, double>> bounds;    ///< by path
    std::string level = "spiking";                              ///< of the dataset: or "mass", "mass.two_cumulant", ...
    bool each = false;                                          ///< every point has parameters of its own
    SolveOptions solve;                                         ///< threads are for points side by side
};

/// "name=value" and "name=low,high" of options.  Throws ConfigurationError.
std::pair<std::string, double> parse_start(const std::string& text);
std::pair<std::string, std::pair<double, double>> parse_bounds(const std::string& text);
/// The closure that a model's name stands for: mpr is none.  Throws ConfigurationError for what is neither.
std::string closure_of_model(const std::string& model);

struct Fit {
    std::vector<std::int64_t> points;
    std::string name;                                           ///< of the points, for people
    Solution solution;
    std::string error;                                          ///< why there is no fit
    bool unusable = false;                                      ///< ... because of the data or the configuration
};

struct FitReport {
    std::string closure, level, time_unit;
    bool each = false, from_network = false;
    std::vector<std::string> populations;
    std::vector<Fit> fits;                                      ///< one, or one per point
    std::vector<std::string> warnings;
    bool any_converged() const;
};

/// "point 3 (projection.EE.strength = 5)".
std::string name_of_point(const output::SweepHeader& header, std::int64_t point);

/// The ok trials of every point; points with equal networks once.  `configurations` of the dataset's points (configurations_of).  A recording may lack trials: fits then leave it out.
/// Throws ConfigurationError: no such level.
std::vector<Recording> recordings_of(const output::Dataset& dataset, const std::vector<Configuration>& configurations, const std::string& level = "spiking");

/// Throws ConfigurationError: unknown names, a free path that `axes` of the sweep vary where points share it, nothing to fit.
FitReport fit(std::vector<Recording> recordings, const std::vector<std::string>& axes, const FitOptions& options);

/// One point by itself: what `fit` with `each` does for each of them, and the live consumer.
Fit fit_one(Recording recording, const FitOptions& options);

nlohmann::ordered_json to_json(const Fit& fit, const std::vector<std::string>& populations);
nlohmann::ordered_json to_json(const FitReport& report);
/// Table for a terminal.
std::string to_text(const FitReport& report);
/// A layer of a network file that extends `base` with the values of a fit; `dt` rounds delays to whole steps.
std::string network_layer(const Fit& fit, const std::string& base, double dt);

}  // namespace spikemass::fit
