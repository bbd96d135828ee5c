#pragma once
// What a fit is made to: rates and v of one point, trial by trial, their mean and its noise.

#include <cstdint>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"

namespace spikemass::fit {

/// Bins of one trial.  Shapes: [population][bin]; rates 1/time unit.  v of a population: empty where it was not recorded.
struct Trial {
    std::vector<std::vector<double>> rate, v;
};

/// One variable of one population.
struct Series {
    std::size_t population = 0;
    bool is_v = false;
    std::vector<double> mean;                  ///< [bin], over trials
    double noise = 0.0;                        ///< standard deviation of `mean` in one bin: from the spread of trials, of one trial from second differences
    double scale = 0.0;                        ///< root mean square of `mean`
    double weight = 0.0;                       ///< of a residual: 1/sqrt(noise^2 + (1e-4 scale)^2)
};

/// One point.
struct Recording {
    std::int64_t point = 0;
    std::string name;                          ///< for messages: "point 3 (projection.EE.strength = 5)"
    Configuration configuration;               ///< initial states resolved
    std::vector<Trial> trials;                 ///< those that are ok, in their order
    std::size_t left_out = 0;                  ///< trials that are not
    std::vector<Series> series;                ///< rate and v of population 0, of population 1, ...
    bool has_v = true;                         ///< of every population
    std::size_t bins() const { return series.front().mean.size(); }
};

/// Fills `series` from `trials`.  Throws ConfigurationError: no trial, a number of bins other than the configuration's, values that are not numbers.
void summarise(Recording& recording);

}  // namespace spikemass::fit
