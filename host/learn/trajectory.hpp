#pragma once
// Trajectories of a form and their forward sensitivities: the derivatives of every bin by theta, stage by stage through the Runge-Kutta steps.

#include <span>
#include <vector>

#include "host/learn/form.hpp"

namespace spikemass::learn {

/// A stretch of the recorded time of one point: what is integrated and compared.  Units of tau; shapes [bin].
struct Segment {
    Point point;
    double bin = 0.1;                       ///< width
    double start_r = 0.0, start_v = 0.0;    ///< measured just before the first bin
    std::vector<double> input;              ///< constant over each bin
    std::vector<double> r, v;               ///< measured, mean over trials
    std::vector<double> weight;             ///< of the bin's residual; 0 leaves it out
    double scale = 1.0;                     ///< rms |W| of the segment
    double noise = 0.0;                     ///< of (pi r, v), trial mean, relative to scale
    std::vector<std::pair<int, int>> steady;   ///< [first, last) bins whose mean is compared as a steady state
    std::string name;                       ///< for messages
};

/// Bin means of the model; shapes r, v [bin], by_theta [bin][P] (empty where not asked for).
struct Trajectory {
    std::vector<double> r, v, r_by_theta, v_by_theta;
    int bins = 0;                           ///< that were reached: fewer than asked for where it left its range
};

inline constexpr double largest_step = 0.025;   ///< of the integration, tau
inline constexpr double highest_v = 80.0, highest_r = 40.0, lowest_r = 1e-3;

/// State before the first bin: measured (r, v); hidden p + i q = i D/(2 W), D = A r/2.
std::vector<double> start_state(const Form& form, const Segment& segment);
/// RK4 with equal steps <= largest_step; bin means by the trapezoidal rule.  Stops where |v| > highest_v, r > highest_r or a number is not finite.
Trajectory integrate(const Form& form, const Segment& segment, std::span<const double> theta, bool sensitivities);

}  // namespace spikemass::learn
