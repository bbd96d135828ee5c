#include "kernels/delays.hpp"

#include "models/base/math.hpp"

namespace spikemass::kernels {

namespace {

/// Normal distribution function to 1e-15 absolute: 1/2 + density (x + x^3/3 + x^5/15 + ...).
double normal_cdf(double x) {
    if (x < -8.0) return 0.0;
    if (x > 8.0) return 1.0;
    double term = x, sum = x;
    for (int k = 1; k < 400 && math::abs(term) > 1e-18; ++k) sum += term *= x * x / (2 * k + 1);
    return 0.5 + sum * math::exp(-0.5 * x * x) * 0.39894228040143267794;
}

/// Distribution function of the law, in steps, before it is cut.
double cdf(const Projection& p, double x) {
    const double mean = p.delay_mean, sd = p.delay_sd;
    switch (p.delay_law) {
        case DelayLaw::constant: break;
        case DelayLaw::uniform: return (x - static_cast<double>(p.shortest_delay) + 0.5) / static_cast<double>(p.delay_steps - p.shortest_delay + 1);
        case DelayLaw::gaussian: return normal_cdf((x - mean) / sd);
        case DelayLaw::lognormal: {
            const double variance = math::log1p(sd / mean * (sd / mean));
            return x > 0.0 ? normal_cdf((math::log(x / mean) + 0.5 * variance) / math::sqrt(variance)) : 0.0;
        }
        case DelayLaw::exponential: return x > 0.0 ? 1.0 - math::exp(-x / mean) : 0.0;
    }
    return 0.0;
}

/// A whole number of steps stands for what is at most half a step away.
QuantileTable delay_table(const Projection& p) {
    const double before = cdf(p, static_cast<double>(p.shortest_delay) - 0.5), total = cdf(p, static_cast<double>(p.delay_steps) + 0.5) - before;
    QuantileTable table{p.shortest_delay, {}};
    std::uint64_t last = 0;
    for (std::int64_t k = p.shortest_delay; k < p.delay_steps; ++k) {
        const double c = (cdf(p, static_cast<double>(k) + 0.5) - before) / total;
        const std::uint64_t threshold = !(c > 0.0) ? 0 : c >= 1.0 ? ~std::uint64_t{0} : static_cast<std::uint64_t>(c * 0x1p64);
        table.threshold.push_back(last = threshold > last ? threshold : last);
    }
    return table;
}

}  // namespace

Delays::Delays(const Projection& p, const Seeds& seeds) : drawn_(p.delay_law != DelayLaw::constant) {
    if (!drawn_) return;
    key_ = random_key(seeds.graph, name_key(p.name), Stream::delay);
    table_ = delay_table(p);
}

double kept_delays(const Projection& p) {
    return p.delay_law == DelayLaw::constant ? 1.0 : cdf(p, static_cast<double>(p.delay_steps) + 0.5) - cdf(p, static_cast<double>(p.shortest_delay) - 0.5);
}

std::vector<double> delay_probabilities(const Projection& p) {
    if (p.delay_law == DelayLaw::constant) return {1.0};
    const QuantileTable table = delay_table(p);
    std::vector<double> out;
    double below = 0.0;
    for (const std::uint64_t threshold : table.threshold) {
        const double c = static_cast<double>(threshold) * 0x1p-64;
        out.push_back(c - below);
        below = c;
    }
    out.push_back(1.0 - below);
    return out;
}

double mean_delay_steps(const Projection& p) {
    if (p.delay_law == DelayLaw::constant) return static_cast<double>(p.delay_steps);
    const std::vector<double> probability = delay_probabilities(p);
    double mean = 0.0;
    for (std::size_t k = 0; k < probability.size(); ++k) mean += probability[k] * (static_cast<double>(p.shortest_delay) + static_cast<double>(k));
    return mean;
}

}  // namespace spikemass::kernels
