#pragma once
// Exponential synapse, tau_s ds/dt = -s + sum of spikes: unit area.  Exact for arrivals spread evenly over the step.

#include "models/base/host_device.hpp"
#include "models/base/math.hpp"
#include "models/synapses/cascade.hpp"

namespace spikemass::models {

struct Exponential {
    static constexpr const char* name = "exponential";
    static constexpr int stages = 1;
    /// s in counts per time unit.  Over a step with c arrivals (rate a = c/dt): s' = E s + (1 - E) a, and the mean of s
    /// over the step, which is the neuron's constant input, is A s + (1 - A) a, with E = exp(-dt/tau_s), A = (1 - E) tau_s/dt.
    using Step = Stage;
    static Step prepare(double dt, double tau_s) {
        const double e = math::exp(-dt / tau_s), a = (1.0 - e) * tau_s / dt;
        return {static_cast<float>(e), static_cast<float>((1.0 - e) / dt), static_cast<float>(a), static_cast<float>((1.0 - a) / dt)};
    }
    static Cascade cascade(double dt, double tau, double) { return {prepare(dt, tau)}; }
    static double gain(double weight, double tau_target, double) { return weight * tau_target; }

    /// Mean of s over the step; s is advanced.
    SPIKEMASS_HD static float advance(const Step& k, float& s, float count) { return Stage::advance(k, s, count); }
};

}  // namespace spikemass::models
