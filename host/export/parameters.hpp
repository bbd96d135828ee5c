#pragma once
// The numbers of a network that its mass, or a closure, depends on.

#include <string>
#include <vector>

#include "kernels/network.hpp"

namespace spikemass::handover {

struct NamedParameter {
    std::string name, units, meaning;
    double value = 0.0;
};

/// The same names in the same order for every point of a sweep: of every population NAME eta_NAME, Delta_NAME, tau_NAME, N_NAME; of every projection J_, K_, var_K_, A_, delay_, tau_s_, tau_rise_.
std::vector<NamedParameter> parameters_of(const Network& network, const std::string& time_unit);

}  // namespace spikemass::handover
