#pragma once
// Laws of degrees and weights as integer tables, made by arithmetic that is the same everywhere.

#include <cstdint>
#include <vector>

#include "kernels/network.hpp"
#include "kernels/quantiles.hpp"

namespace spikemass::kernels {

/// Binomial(n, p), exact to 2^-53, by recurrence from the mode: no logarithms.
QuantileTable binomial_table(std::int64_t n, double p);
/// Lorentzian of centre k and half width hwhm, rounded to integers, conditioned on [0, min(2k, k_max)].
QuantileTable lorentzian_table(double k, double hwhm, std::int64_t k_max);
/// Partners of every row of fixed_indegree and fixed_outdegree.  ConfigurationError where there are not as many.
std::int64_t fixed_degree(const Projection&, std::int64_t n_sources, std::int64_t n_targets, bool same_population);
/// Gaussian quantiles z at (i + 1/2)/4096 in units of 2^-24, for weights.
std::vector<std::int32_t> gaussian_table();

/// Integers k of a power law k^-exponent on [k_min, k_max], the smallest with a share of its probability such that the mean is `mean`:
/// k_max = floor(cutoff mean).  An empty table where no k_min >= 1 gives that mean.
QuantileTable power_law_table(double exponent, double mean, double cutoff);
/// Mean and variance of a table's law.
struct Moments { double mean = 0, variance = 0; };
Moments moments(const QuantileTable&);

}  // namespace spikemass::kernels
