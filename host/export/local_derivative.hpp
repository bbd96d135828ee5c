#pragma once
// Derivatives of noisy samples by least-squares polynomials (Savitzky and Golay 1964, doi:10.1021/ac60214a047), with one-sided windows at the ends of a stretch.

#include <cstddef>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace spikemass::handover {

/// Bins [first, last) in which the input does not jump.
struct Stretch {
    std::size_t first = 0, last = 0;
    bool operator==(const Stretch&) const = default;
};

class LocalDerivative {
public:
    /// order >= 1; window odd, > order: bins that a polynomial is fitted to.  spacing: of the samples, the unit of time of the result.
    LocalDerivative(int order, int window, double spacing);

    /// dy/dt of samples y [bin], exact for polynomials of the order.  The window never leaves a stretch: near its ends it is moved inwards, in a short one it is
    /// the whole stretch.  NaN in stretches of `order` bins or fewer and outside of all.
    std::vector<double> operator()(std::span<const double> y, std::span<const Stretch> stretches) const;

    /// Weights of `bins` neighbouring samples whose sum is the derivative at the one numbered `at`, times spacing.
    static std::vector<double> weights(int order, std::size_t bins, std::size_t at);

private:
    std::size_t order_, window_;
    double spacing_;
};

}  // namespace spikemass::handover
