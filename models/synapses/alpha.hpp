#pragma once
// Alpha synapse of unit area: a(t) = t exp(-t/tau)/tau^2, two first-order stages of the same time constant.

#include "models/synapses/cascade.hpp"

namespace spikemass::models {

struct Alpha {
    static constexpr const char* name = "alpha";
    static constexpr int stages = 2;
    static Cascade cascade(double dt, double tau, double) { return Cascade::two_stages(dt, tau, tau); }
    static double gain(double weight, double tau_target, double) { return weight * tau_target; }
};

}  // namespace spikemass::models
