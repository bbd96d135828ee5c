#include <algorithm>
#include <numeric>

#include "host/mass/afferents.hpp"
#include "host/mass/linear_stability.hpp"
#include "host/mass/steady_states.hpp"

namespace spikemass::mass {

FixedPoint describe(const MassModel& model, const std::vector<double>& y, std::span<const double> input) {
    FixedPoint point;
    for (std::size_t i = 0; i < model.populations().size(); ++i) {
        point.r.push_back(model.rate(y.data(), i));
        point.v.push_back(model.v(y.data(), i));
    }
    point.s.resize(model.projections().size());
    for (const auto& projection : model.projections())
        point.s[projection.index] = projection.synapse_tau > 0.0 ? y[projection.synapse] : point.r[projection.source];
    point.eigenvalues = eigenvalues(model, linearise(model, y, input));
    point.stable = !point.eigenvalues.empty() && point.eigenvalues.front().real() < 0.0;
    return point;
}

std::vector<FixedPoint> fixed_points(const Network& network, const MassOptions& options, double input) {
    for (const Population& population : network.populations) require_exact_mass(population);
    const MassModel model(network, options);
    const std::vector<double> inputs(network.populations.size(), input);
    std::vector<FixedPoint> points;
    for (const auto& y : steady_states(network, model, input)) points.push_back(describe(model, y, inputs));
    const auto total = [](const FixedPoint& point) { return std::accumulate(point.r.begin(), point.r.end(), 0.0); };
    std::sort(points.begin(), points.end(), [&](const auto& x, const auto& y) { return total(x) < total(y); });
    return points;
}

}  // namespace spikemass::mass
