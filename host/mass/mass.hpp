#pragma once
// Level `mass`: Montbrio-Pazo-Roxin masses of any number of populations and projections, with delays, synapses and closures.
// The time unit is the network's; rates are in its inverse; v and inputs are dimensionless.

#include <complex>
#include <string>
#include <vector>

#include "kernels/network.hpp"
#include "kernels/observables.hpp"

namespace spikemass::mass {

struct MassOptions {
    std::string closure = "none";   ///< a name of models/closures/registry.hpp
    bool ideal_delay = false;       ///< projection.delay as asked for instead of the network's own delay_steps * dt
};

/// Runs the mass of `network` under its stimuli (their mean over each step) and averages over the same bins as the spiking run: rate and
/// v always, the order parameter of a Lorentzian voltage density where the plan records it.  Level "mass" or "mass.<closure>".
/// Throws ConfigurationError (no exact mass: eta is neither Lorentzian nor constant nor of poles; unknown closure), DivergenceError.
RunResult run_mass(const Network& network, const RunPlan& plan, const MassOptions& options = {});

/// Rate (1/time unit) and v of one population.
struct MassState {
    double rate = 0.0, v = 0.0;
};

/// Mean of the mass over `average` after `time` of constant extra `input` [population] when it starts at `from` [population]: its steady state on that branch, if there is one, else of its oscillation.
/// Closures start without hidden states; stimuli other than noise are left out.  Throws as run_mass.
std::vector<MassState> relax(const Network& network, const MassOptions& options, const std::vector<MassState>& from, const std::vector<double>& input, double time, double average);

/// Shapes: r, v [population], s [projection] (synaptic activation, a rate); eigenvalues: as many as the mass has state variables, the
/// rightmost first; with a delay the rightmost of infinitely many.  `stable`: all real parts are negative.
struct FixedPoint {
    std::vector<double> r, v, s;
    std::vector<std::complex<double>> eigenvalues;
    bool stable = false;
};

/// Fixed points at the constant extra current `input` to every population (stimuli are left out), sorted by total rate; residual of the
/// dimensionless equations <= 1e-12.  One population without closure: all there are; otherwise all that Newton's method finds from many
/// starts.  Throws ConfigurationError as run_mass.
std::vector<FixedPoint> fixed_points(const Network& network, const MassOptions& options = {}, double input = 0.0);

/// Fills `initial.rate` of every population whose initial.kind is fixed_point with its rate at the exact mass's lowest (branch low) or
/// highest (high) stable fixed point by total rate, rounded to 40 bits.  The rate feeds spikes, so it comes from + - * / sqrt alone.
/// Throws ConfigurationError when such a population has no exact mass or no stable fixed point.
void resolve_initial(Network& network);

}  // namespace spikemass::mass
