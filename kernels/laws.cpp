#include "kernels/laws.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/parameters.hpp"
#include "models/base/error.hpp"
#include "models/base/math.hpp"

namespace spikemass::kernels {

namespace {

/// floor(c 2^64) for a cumulative probability c in [0, 1].
std::uint64_t threshold_of(double c) {
    if (!(c > 0.0)) return 0;
    return c >= 1.0 ? ~0ull : static_cast<std::uint64_t>(c * 0x1p64);
}

}  // namespace

QuantileTable binomial_table(std::int64_t n, double p) {
    if (p <= 0.0 || n <= 0) return {0, {}};
    if (p >= 1.0) return {n, {}};
    const double odds = p / (1.0 - p);
    const auto mode = std::min(n, static_cast<std::int64_t>(static_cast<double>(n + 1) * p));
    constexpr double negligible = 1e-22;
    std::vector<double> below, above;                     // weights relative to the mode's
    double w = 1.0;
    for (std::int64_t k = mode; k > 0 && w > negligible; --k) below.push_back(w *= static_cast<double>(k) / (static_cast<double>(n - k + 1) * odds));
    w = 1.0;
    for (std::int64_t k = mode; k < n && w > negligible; ++k) above.push_back(w *= static_cast<double>(n - k) * odds / static_cast<double>(k + 1));
    std::vector<double> weight(below.rbegin(), below.rend());
    weight.push_back(1.0);
    weight.insert(weight.end(), above.begin(), above.end());
    double total = 0.0;
    for (double x : weight) total += x;
    QuantileTable table{mode - static_cast<std::int64_t>(below.size()), {}};
    double cumulative = 0.0;
    for (std::size_t i = 0; i + 1 < weight.size(); ++i) {
        cumulative += weight[i];
        table.threshold.push_back(threshold_of(cumulative / total));
    }
    return table;
}

QuantileTable lorentzian_table(double k, double hwhm, std::int64_t k_max) {
    const auto top = std::min(k_max, static_cast<std::int64_t>(2.0 * k));
    const double inverse_pi = 0.31830988618379067154;
    const auto cdf = [&](double x) { return 0.5 + math::atan((x - k) / hwhm) * inverse_pi; };
    const double low = cdf(-0.5), total = cdf(static_cast<double>(top) + 0.5) - low;
    QuantileTable table{0, {}};
    for (std::int64_t i = 0; i < top; ++i) table.threshold.push_back(threshold_of((cdf(static_cast<double>(i) + 0.5) - low) / total));
    return table;
}

std::int64_t fixed_degree(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, bool same_population) {
    const std::int64_t self = same_population && !p.topology.self_connections ? 1 : 0;
    const bool by_source = p.topology.kind == TopologyKind::fixed_outdegree;
    const double k = p.topology.mean_indegree;
    const auto degree = static_cast<std::int64_t>(std::llround(by_source ? k * static_cast<double>(n_targets) / static_cast<double>(n_sources) : k));
    if (degree > (by_source ? n_targets : n_sources) - self)
        throw ConfigurationError("projection." + p.name + ": " + std::to_string(std::llround(k)) + " distinct partners asked for where only " +
                                 std::to_string(n_sources - self) +
                                 " exist. mean_indegree must not exceed the number of other neurons: lower it, or use all_to_all.");
    return degree;
}

std::vector<std::int32_t> gaussian_table() {
    std::vector<std::int32_t> table(4096);
    for (int i = 0; i < 4096; ++i) {
        const double z = gaussian_quantile(2 * i + 1 - 4096, 4096) * 0x1p24;
        table[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(z < 0 ? z - 0.5 : z + 0.5);
    }
    return table;
}

QuantileTable power_law_table(double exponent, double mean, double cutoff) {
    const auto top = static_cast<std::int64_t>(cutoff * mean);
    if (top < 1 || mean > static_cast<double>(top)) return {};
    // Sums over k = at + 1 .. top of k^-exponent (n) and k^(1 - exponent) (m), from above, until k = at as a whole takes the mean to `mean` or below.
    double n = 0.0, m = 0.0;
    for (std::int64_t at = top; at >= 1; --at) {
        const double k = static_cast<double>(at), p = math::pow(k, -exponent);
        if (m + k * p > mean * (n + p)) {
            n += p;
            m += k * p;
            continue;
        }
        // A share f of k = at: (m + f k p)/(n + f p) = mean.
        const double f = at == top ? 1.0 : (m - mean * n) / (p * (mean - k));
        QuantileTable table{at, {}};
        double cumulative = f * p;
        const double total = n + f * p;
        for (std::int64_t i = at; i < top; ++i) {
            table.threshold.push_back(threshold_of(cumulative / total));
            cumulative += math::pow(static_cast<double>(i + 1), -exponent);
        }
        return table;
    }
    return {};
}

Moments moments(const QuantileTable& table) {
    double below = 0.0, mean = 0.0, square = 0.0;
    for (std::size_t i = 0; i <= table.threshold.size(); ++i) {
        const double c = i < table.threshold.size() ? static_cast<double>(table.threshold[i]) * 0x1p-64 : 1.0, k = static_cast<double>(table.first) + static_cast<double>(i);
        mean += (c - below) * k;
        square += (c - below) * k * k;
        below = c;
    }
    return {mean, square - mean * mean};
}

}  // namespace spikemass::kernels
