#pragma once
// What the masses need to know of a projection.

#include <vector>

#include "kernels/coupling.hpp"
#include "kernels/network.hpp"
#include "models/closures/closure.hpp"

namespace spikemass::mass {

/// Var K_i of the graph recipe: K (1 - K/N) (erdos_renyi, fixed_outdegree), of the Lorentzian truncated to [0, 2K], else 0.
double indegree_variance(const Network& network, const Projection& projection);

/// Everything a closure may know; times in units of the target's tau.
closures::Afferent make_afferent(const Network& network, const Projection& projection);

/// Time constants of a synapse's stages, time units; 0 = no such stage: delta {0, 0}, exponential {tau, 0}, alpha {tau, tau}.
struct SynapseTimes {
    double tau = 0.0, rise = 0.0;
};
SynapseTimes synapse_times(const Synapse& synapse);

/// What part of a projection's synapses has which delay, time units: one delay, the network's delay_steps * dt or the delay as asked for; where delays are drawn,
/// at most 16 classes of neighbouring steps, each at its mean.
struct Lag {
    double delay = 0.0, weight = 1.0;
};
std::vector<Lag> mass_lags(const Network& network, const Projection& projection, bool ideal);

/// Throws ConfigurationError unless eta is Lorentzian or constant: no other distribution has an exact mass of two variables.
void require_exact_mass(const Population& population);

/// Half width of eta: 0 when constant.
double eta_half_width(const Population& population);

}  // namespace spikemass::mass
