#pragma once
// Nonlinear least squares of one or many points that share their parameters (Ceres Solver, Levenberg-Marquardt with bounds).

#include <atomic>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "host/fit/shooting.hpp"
#include "host/fit/uncertainty.hpp"

namespace spikemass::fit {

struct SolveOptions {
    ShootingOptions shooting;
    int starts = 1;              ///< the given one and starts - 1 drawn around it
    std::uint64_t seed = 1;      ///< of those
    int threads = 1;             ///< points side by side
    int iterations = 200;
    const std::atomic<bool>* stop = nullptr;   ///< true ends the fit; it has then not converged
};

struct Estimate {
    Parameter parameter;
    double value = 0.0;
    double standard_error = std::numeric_limits<double>::infinity(), low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();   ///< 95 % interval; infinite: not identifiable; NaN: at a bound
    std::string at_bound;        ///< "lower", "upper" or ""
};

struct Misfit {
    std::size_t population = 0;
    bool is_v = false;
    double rms = 0.0, noise = 0.0, scale = 0.0;   ///< of all points
};

struct Solution {
    bool converged = false;
    double cost = 0.0;                         ///< half the sum of squared residuals
    int iterations = 0, shortened = 0;         ///< steps that would have left the mass's range, of all starts
    int converged_starts = 0, starts = 0;
    std::string failure;                       ///< why no start converged
    std::string shortened_where;               ///< the first of them
    std::vector<Estimate> estimates;
    Eigen::MatrixXd correlation;               ///< [parameter][parameter]; NaN where there is none
    std::vector<Misfit> misfit;                ///< [series]
    std::vector<std::string> warnings;
    std::vector<std::vector<double>> states;   ///< [point][state]: at the starts of segments
};

/// `parameters`: free ones, with starts and bounds.  Recordings have the same populations.  The result depends on neither threads nor their order in time.
/// Throws ConfigurationError as Shooting does.  A fit that does not converge is no exception: Solution::failure.
Solution solve(const std::vector<const Recording*>& recordings, const std::vector<Parameter>& parameters, const SolveOptions& options);

}  // namespace spikemass::fit
