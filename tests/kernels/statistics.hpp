#pragma once
// Chi-square tests of integer laws against samples.

#include <cmath>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "kernels/quantiles.hpp"

namespace spikemass::reference {

/// P(value = first + i) of a table, from its thresholds.
inline std::vector<double> probabilities(const kernels::QuantileTable& t) {
    std::vector<double> p;
    double below = 0;
    for (std::uint64_t x : t.threshold) {
        p.push_back(static_cast<double>(x) * 0x1p-64 - below);
        below = static_cast<double>(x) * 0x1p-64;
    }
    p.push_back(1.0 - below);
    return p;
}

/// Upper 1e-4 quantile of chi-square (Wilson, Hilferty 1931): the seeds are fixed, so a failure means a wrong law.
inline double chi_square_limit(double nu) {
    const double a = 2.0 / (9.0 * nu);
    return nu * std::pow(1.0 - a + 3.719 * std::sqrt(a), 3);
}

struct ChiSquare {
    double value = 0, degrees = 0;
    bool fits() const { return degrees >= 1 && value < chi_square_limit(degrees); }
};

/// Samples against P(value = first + i) = p[i], in cells with at least 10 expected.
inline ChiSquare chi_square(std::span<const std::uint32_t> samples, std::int64_t first, const std::vector<double>& p) {
    std::map<std::int64_t, double> histogram;
    for (std::uint32_t x : samples) ++histogram[x];
    ChiSquare c;
    const auto n = static_cast<double>(samples.size());
    double seen = 0, expected = 0, all_seen = 0, all_expected = 0, cells = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        expected += p[i] * n;
        const auto it = histogram.find(first + static_cast<std::int64_t>(i));
        seen += it == histogram.end() ? 0 : it->second;
        if (expected >= 10 && n - all_expected - expected >= 10) {
            c.value += (seen - expected) * (seen - expected) / expected;
            all_seen += seen;
            all_expected += expected;
            ++cells;
            seen = expected = 0;
        }
    }
    seen = n - all_seen;   // the upper tail, with whatever lies outside the law
    expected = n - all_expected;
    c.value += (seen - expected) * (seen - expected) / expected;
    c.degrees = cells;
    return c;
}

}  // namespace spikemass::reference
