#pragma once
// States of a mass at which it rests: the search that fixed points and continuation start from.

#include <span>
#include <vector>

#include <Eigen/Core>

#include "host/mass/mass_model.hpp"

namespace spikemass::mass {

/// Factors that make the equations dimensionless (units of 1/tau), in which residuals are bounded.  Shape [model.size()].
Eigen::VectorXd time_scales(const MassModel& model);

/// All rates are >= 0.
bool physical(const MassModel& model, const std::vector<double>& y);

/// Damped Newton on the steady-state equations from y; true when the residual vanishes (to the rounding of the largest current) and all
/// rates are >= 0.
bool settle(const MassModel& model, std::span<const double> input, std::vector<double>& y);

/// The states that Newton's method finds from many starts, each once; the exact mass of one population: all there are.
/// `model` is the mass of `network`; `input`: constant extra current to every population.
std::vector<std::vector<double>> steady_states(const Network& network, const MassModel& model, double input = 0.0);

/// What people read of a state: rates, potentials, eigenvalues.
FixedPoint describe(const MassModel& model, const std::vector<double>& y, std::span<const double> input);

}  // namespace spikemass::mass
