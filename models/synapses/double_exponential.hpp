#pragma once
// Double exponential synapse of unit area: a(t) = (exp(-t/tau) - exp(-t/tau_rise))/(tau - tau_rise).  Two first-order stages:
// tau_rise x' = -x + spikes, tau s' = -s + x; which of the two times is the longer does not matter.

#include "models/synapses/cascade.hpp"

namespace spikemass::models {

struct DoubleExponential {
    static constexpr const char* name = "double_exponential";
    static constexpr int stages = 2;
    static Cascade cascade(double dt, double tau, double tau_rise) { return Cascade::two_stages(dt, tau_rise, tau); }
    static double gain(double weight, double tau_target, double) { return weight * tau_target; }
};

}  // namespace spikemass::models
