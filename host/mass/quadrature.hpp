#pragma once
// Gauss rules by Golub and Welsch 1969 (doi:10.1090/S0025-5718-69-99647-1).

#include <cstddef>
#include <vector>

namespace spikemass::mass {

struct Quadrature {
    std::vector<double> node, weight;   ///< ascending; the weights sum to 1
};

/// Exact for polynomials up to degree 2n - 1 under the standard normal density.
Quadrature gauss_hermite(std::size_t n);
/// The same under the uniform density on (0, 1).
Quadrature gauss_legendre(std::size_t n);

}  // namespace spikemass::mass
