#pragma once
// What a population is born with: neuron parameters and initial states.  Only spikemass::math, so every machine draws the
// same bits, and only (seed, population key, local index), so the order of the network file does not matter.

#include <cstdint>
#include <vector>

#include "kernels/network.hpp"

namespace spikemass {

/// Values of a neuron parameter, shape [size], in its own unit.  Quantiles (all draws but `random`) are shuffled by Fisher
/// and Yates's algorithm with integer draws, so that they carry no trace of the index.
/// Lorentzian, i = 0..N-1 (theory: Montbrio, Pazo, Roxin 2015, doi:10.1103/PhysRevX.5.021028):
///   midpoint      center + width tan(pi ((i + 1/2)/N - 1/2))
///   mpr           center + width tan(pi/2 (2i + 1 - N)/(N + 1))
///   compensated   center +- width m_i^2, m_i the mean of sqrt|tan(pi (u - 1/2))| over u in [i/N, (i + 1)/N]: the mean of the
///                 firing rates sqrt(eta - center) is then that of the continuous distribution; centre bin of odd N: no offset
///   random        center + width tan(pi (u - 1/2)), u uniform in (0, 1)
/// Gaussian: center + width z, z the normal quantile at (i + 1/2)/N, at (i + 1)/(N + 1), or at u.
/// q_gaussian, rational, uniform (kernels/distributions.hpp): center + width x, x the standard quantile at the same probabilities.
/// Throws ConfigurationError: size < 0, width < 0 or not finite, centre not finite, shape out of range, compensated quantiles of any but a Lorentzian.
std::vector<double> draw_parameter(const Parameter& parameter, std::int64_t size, std::uint64_t seed_init, std::uint64_t population_key);

/// Phases of the oscillation, uniform in (0, 1), shape [size].
std::vector<double> initial_phases(std::int64_t size, std::uint64_t seed_init, std::uint64_t population_key);

/// Membrane potential (dimensionless QIF units) at phase u of (0, 1).
/// asynchronous, fixed_point: stationary at constant input I = `input`: -sqrt(I) cot(pi u) for I > 0, else the stable -sqrt|I|.
/// lorentzian: center + half_width tan(pi (u - 1/2)).
double initial_v(const InitialState& state, double input, double u);

// ---- standard quantiles (centre 0, width 1) ------------------------------------------------------------------------

/// Lorentzian quantile at probability (1 + numerator/denominator)/2 = tan(pi/2 numerator/denominator), relative error
/// below 4e-16 also in the far tails; exactly antisymmetric.  |numerator| < denominator <= 2^52.
double lorentzian_quantile(std::int64_t numerator, std::int64_t denominator);
/// Lorentzian offset of compensated bin i of n; exactly antisymmetric.
double lorentzian_compensated(std::int64_t i, std::int64_t n);
/// Normal quantile at probability (1 + numerator/denominator)/2, relative error below 1e-15; exactly antisymmetric.
double gaussian_quantile(std::int64_t numerator, std::int64_t denominator);
/// The same at probability u in (0, 1).
double gaussian_quantile(double u);

}  // namespace spikemass
