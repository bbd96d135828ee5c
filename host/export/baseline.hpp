#pragma once
// The exact mass beside the data: its own trajectory, and its right-hand side at the measured state.

#include <optional>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"

namespace spikemass::handover {

/// States of all populations: [bin][2 population] is tau r, [bin][2 population + 1] is v.
using StateSeries = std::vector<double>;

/// Bin means of the exact mass under the point's input, from its own initial state, with the network's own delays.  Nothing, and why, where it diverges.
std::optional<StateSeries> mass_trajectory(const Configuration& configuration, std::string& why);

/// tau dx/dt of the exact mass at the bin means `x` and the inputs `u` [bin][population].  Delayed rates are interpolated between bin centres, synapses that are not delta
/// follow the measured rate from its first bin's value on.  Nothing, and why, where eta has poles: its mass has more states than r and v.
std::optional<StateSeries> mass_right_hand_side(const Configuration& configuration, const StateSeries& x, const std::vector<double>& u, std::string& why);

}  // namespace spikemass::handover
