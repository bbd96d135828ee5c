#pragma once
// What the masses need to know of a projection.

#include <string>
#include <string_view>
#include <vector>

#include "kernels/coupling.hpp"
#include "kernels/network.hpp"
#include "models/closures/closure.hpp"
#include "models/masses/poles.hpp"

namespace spikemass::mass {

/// Var K_i of the graph recipe.
double indegree_variance(const Network& network, const Projection& projection);

/// Throws ConfigurationError where a projection's in-degrees follow no law that closures (beside "none") are made for.
void require_closure(const Network& network, std::string_view closure);

/// Everything a closure may know; times in units of the target's tau.
closures::Afferent make_afferent(const Network& network, const Projection& projection);

/// Time constants of a synapse's stages, time units; 0 = no such stage: delta {0, 0}, exponential {tau, 0}, alpha {tau, tau}.
struct SynapseTimes {
    double tau = 0.0, rise = 0.0;
};
SynapseTimes synapse_times(const Synapse& synapse);

/// What part of a projection's synapses has which delay, time units: one delay, the network's delay_steps * dt or the delay as asked for; where delays are drawn,
/// at most 16 classes of neighbouring steps, each at its mean.
template <class S>
struct BasicLag {
    S delay{};
    double weight = 1.0;
    bool operator==(const BasicLag&) const = default;
};
using Lag = BasicLag<double>;
std::vector<Lag> mass_lags(const Network& network, const Projection& projection, bool ideal);

/// Poles of the law of eta where it is rational, in its units; none where it is Lorentzian or constant.
models::Poles poles_of(const Population& population);

/// Throws ConfigurationError unless eta is Lorentzian, constant or of poles: no other distribution has an exact mass of finitely many variables.
void require_exact_mass(const Population& population);

/// The same, but a uniform eta will do: its stationary rates are known.
void require_stationary_rates(const Population& population);

/// Half width that all neurons have in common: of a Lorentzian eta (0 for other laws) plus white Cauchy noise, which is the same to the mass (Pietras, Cestnik, Pikovsky 2023, arXiv:2209.00922).
double half_width(const Network& network, std::size_t population);

/// Intensity D of the white Gaussian noise from outside: of white_noise, and weight^2 rate tau/2 of Poisson stimuli (whose mean is a common input).
double noise_intensity(const Network& network, std::size_t population);

/// Throws ConfigurationError where a mass cannot follow a stimulus: white noise or Poisson fluctuations that do not act from the start to the end.
void require_lasting_noise(const Network& network);

/// What the mass of this closure does not know of the noise of its stimuli; one sentence for each population concerned.
std::vector<std::string> noise_warnings(const Network& network, std::string_view closure, bool takes_noise);

}  // namespace spikemass::mass
