#pragma once
// Points that fill a box: samples of sweep designs.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace spikemass::config {

/// Points in [0, 1)^axes as [axis][point]; the same for the same arguments on every machine.
/// "latin_hypercube": every axis has one point in each n-th of it, at a random place, in a random order.
/// "sobol": the first n of the Sobol sequence (Joe and Kuo's direction numbers), shifted bit by bit by the seed; 0 shifts nothing.
std::vector<std::vector<double>> unit_points(const std::string& kind, std::size_t n, std::size_t axes, std::uint64_t seed);

/// What Sobol sequences are tabulated for.
constexpr std::size_t most_sobol_axes = 3667;

/// u in [0, 1) on [low, high]; `whole`: on the whole numbers from low to high, each as likely as the others on the scale.
double scaled(double u, double low, double high, bool logarithmic, bool whole);

}  // namespace spikemass::config
