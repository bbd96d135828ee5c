#include "host/mass/integrator.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/base/error.hpp"

namespace spikemass::mass {

std::string describe(const MassModel& model, std::size_t population) {
    const MassModel::PopulationLayout& a = model.populations()[population];
    std::string text = fmt::format("eta = {}, Delta = {}, tau = {}", a.eta, a.spread(), a.tau);
    for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j)
        text += fmt::format("; from {}: J = {}, K = {}", model.populations()[model.projections()[j].source].name,
                            model.afferents()[j].coupling, model.afferents()[j].mean_indegree);
    return text;
}

void throw_divergence(std::string_view population, std::string_view closure, double time, double rho, double v, const std::string& parameters) {
    throw DivergenceError(fmt::format(
        "The mass of population \"{}\" with closure {} left its range at t = {:.6g}: tau r = {:.6g}, v = {:.6g}; r >= 0 and "
        "|v| <= {:g} is required ({}). Use a smaller dt, a larger K, or another closure.", population, closure, time, rho, v, largest_v, parameters));
}

std::int64_t choose_substeps(const MassModel& model, double dt, double largest_input) {
    double h = dt, shortest_delay = dt;
    for (const auto& a : model.populations()) {
        const double scale = std::max(std::abs(a.eta) + a.spread() + largest_input, 1e-6);
        h = std::min({h, 5e-3 * a.tau, 0.025 * a.tau / std::sqrt(scale)});
    }
    for (const auto& projection : model.projections()) {
        if (projection.synapse_tau > 0.0) h = std::min(h, 0.05 * projection.synapse_tau);
        if (projection.synapse_rise > 0.0) h = std::min(h, 0.05 * projection.synapse_rise);
        for (const auto& lag : projection.lags)
            if (lag.delay > 0.0) shortest_delay = std::min(shortest_delay, lag.delay);
    }
    if (shortest_delay < dt / 10000.0)
        throw ConfigurationError(fmt::format("A projection's delay of {} is not 0 but below dt/10000 (dt = {}); the mass would need more "
                                             "than 10000 sub-steps. Use delay 0, or the network's own delay (no --ideal-delay).",
                                             shortest_delay, dt));
    h = std::min(h, shortest_delay);
    return static_cast<std::int64_t>(std::ceil(dt / h * (1.0 - 1e-12)));
}

template class BasicIntegrator<double>;

}  // namespace spikemass::mass
