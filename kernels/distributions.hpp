#pragma once
// The laws that a neuron parameter may have over a population: one entry of one list each.  Names, keys and draws of the network file follow from it.

#include <array>
#include <cstddef>

#include "kernels/network.hpp"

namespace spikemass {

/// `width_key`: what Parameter::width is called in a network file; `shape_key`: what Parameter::shape comes from; "": none.  `draws`: names of Draw, in words.
struct DistributionFacts {
    Distribution distribution;
    const char *name, *width_key, *shape_key;
    const char* draws;
    const char* noun;   ///< "eta is ..." of messages
};

inline constexpr const char* quantiles_or_random = "midpoint_quantiles random";
inline constexpr std::array<DistributionFacts, 6> distributions{{
    {Distribution::constant, "constant", "", "", "", "constant"},
    {Distribution::lorentzian, "lorentzian", "half_width", "", "midpoint_quantiles compensated_quantiles mpr_quantiles random", "Lorentzian"},
    {Distribution::gaussian, "gaussian", "sd", "", quantiles_or_random, "Gaussian"},
    {Distribution::q_gaussian, "q_gaussian", "half_width", "q", quantiles_or_random, "q-Gaussian"},
    {Distribution::rational, "rational", "half_width", "n", quantiles_or_random, "rational"},
    {Distribution::uniform, "uniform", "half_width", "", quantiles_or_random, "uniform"},
}};
static_assert([] {
    for (std::size_t i = 0; i < distributions.size(); ++i)
        if (distributions[i].distribution != static_cast<Distribution>(i)) return false;
    return true;
}());
inline const DistributionFacts& facts_of(Distribution d) { return distributions[static_cast<std::size_t>(d)]; }

/// Poles that masses and quantiles of `rational` allow, and the largest n = 1/(q - 1) of a q-Gaussian's quantiles.
inline constexpr int most_poles = 32;
inline constexpr double most_q_gaussian_n = 1000.0;

/// n = 1/(q - 1) of a q-Gaussian, q > 1; the whole number where q is 1 + 1/n to 1e-6 and n <= most_poles: those densities are rational.
double q_gaussian_order(double q);
inline bool is_rational_order(double n) { return n >= 1.0 && n <= most_poles && n == static_cast<double>(static_cast<int>(n)); }

/// Quantiles of a symmetric law of half width 1 at half maximum around 0.
///   q_gaussian  h ~ (1 + (2^(1/n) - 1) x^2)^-n     rational  h ~ 1/(1 + x^(2n))     uniform  on (-1, 1)
/// The distribution function comes from a continued fraction (q_gaussian: incomplete beta function) or an alternating series (rational), on the side
/// of the median or of the tail, whichever loses nothing; it is inverted by Newton's method, which converges from one side: both sides are concave.
class StandardLaw {
public:
    /// `shape` = n.  Only for the three laws above.
    StandardLaw(Distribution distribution, double shape);
    /// At probability 1/2 + from_median, with `tail` = the smaller of it and its complement, both exact to rounding; relative error below 1e-13.
    double quantile(double from_median, double tail) const;

private:
    struct Part { double value, slope; };
    Part core(double x) const;       ///< integral from 0 to x, its derivative
    Part log_tail(double x) const;   ///< ln of the integral from x, and its derivative by -ln x

    Distribution distribution_;
    double n_, half_ = 1.0, split_ = 1.0, core_share_ = 0.0, unit_ = 1.0;   // integral over x > 0; where core ends and tail begins; x in units of the half width
};

}  // namespace spikemass
