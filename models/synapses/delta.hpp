#pragma once
// Instantaneous synapse: a spike adds w = J/norm to V of its target.  Delivered as the constant current w count tau/dt
// over one step (docs/numerics.md, "Delays"): its mean lag is exactly the projection's delay.

#include "models/base/host_device.hpp"
#include "models/base/math.hpp"
#include "models/synapses/cascade.hpp"

namespace spikemass::models {

struct Delta {
    static constexpr const char* name = "delta";
    static constexpr int stages = 0;
    static Cascade cascade(double, double, double) { return {}; }
    /// Unit of the gain: current per count.
    static double gain(double weight, double tau_target, double dt) { return weight * tau_target / dt; }
};

}  // namespace spikemass::models
