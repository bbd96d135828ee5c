#pragma once
// Input currents: exact means over time steps (spiking level) and values at a time (continuous integrators).

#include <cstddef>
#include <cstdint>

#include "kernels/network.hpp"

namespace spikemass {

/// Throws ConfigurationError, naming the stimulus, if its numbers do not describe one: stop < start, pulse_train without
/// 0 <= width <= period and period > 0, ramp or chirp without a finite stop > start, samples without interval > 0, a number that is
/// not finite.  The functions below need a stimulus that passes.
void check_stimulus(const Stimulus& stimulus);

/// Exact mean over [step dt, (step + 1) dt), in the unit of the input.  Edges within 1e-9 dt (or rounding) of a step boundary
/// are taken to lie on it: a step that is wholly inside or outside gets exactly the amplitude or 0.
/// Reproducible arithmetic: the same bits on every machine.
double step_mean(const Stimulus& stimulus, double dt, std::int64_t step);

/// Value at time t, right-continuous; edges within rounding of t (relative 2^-44) count as reached.
double value(const Stimulus& stimulus, double t);

/// Sum of step_mean over the stimuli of a population, added in order of their name keys (never of the file).  Noise counts as 0: it differs between neurons.
double input_mean(const Network& network, std::size_t population, std::int64_t step);
/// Sum of value over the stimuli of a population, in the same order.
double input_value(const Network& network, std::size_t population, double t);
/// As input_mean, and the mean of noise: rate weight tau of a Poisson stimulus (dimensionless neurons).
double mean_input(const Network& network, std::size_t population, std::int64_t step);

}  // namespace spikemass
