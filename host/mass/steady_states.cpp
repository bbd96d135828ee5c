#include "host/mass/steady_states.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include <Eigen/LU>

#include "host/mass/linear_stability.hpp"
#include "host/mass/rate_equilibria.hpp"

namespace spikemass::mass {

namespace {

/// The state with these rates rho [population], its neurons in the exact mass's steady state, and hidden states 0.
std::vector<double> start_at(const MassModel& model, const std::vector<double>& rho, double input) {
    std::vector<double> y(model.size(), 0.0);
    for (std::size_t i = 0; i < rho.size(); ++i) {
        const auto& a = model.populations()[i];
        const double rate = std::max(rho[i], 1e-9);
        double width = a.delta, total = a.eta + input;
        for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j) {
            const std::size_t source = model.projections()[j].source;
            const double arriving = rho[source] * a.tau / model.populations()[source].tau;
            width += model.afferents()[j].coupling_half_width * arriving;
            total += model.afferents()[j].coupling * arriving;
        }
        if (a.poles.size > 0) {
            std::array<models::Complex<double>, models::Poles::most> w;
            models::pole_asynchronous(a.poles, total, width, w.data());
            for (std::size_t k = 0; k < a.classes(); ++k) {
                y[a.first + 2 * k] = w[k].re * std::numbers::inv_pi;
                y[a.first + 2 * k + 1] = -w[k].im;
            }
            continue;
        }
        for (std::size_t k = 0; k < a.classes(); ++k) {
            y[a.first + 2 * k] = rate;
            y[a.first + 2 * k + 1] = -0.5 * width / (std::numbers::pi * rate);
        }
    }
    for (const auto& projection : model.projections()) {
        const double rate = rho[projection.source] / model.populations()[projection.source].tau;
        if (projection.synapse_tau > 0.0) y[projection.synapse] = rate;
        if (projection.synapse_rise > 0.0) y[projection.synapse + 1] = rate;
    }
    return y;
}

/// Without heterogeneity a silent population sits at v = -sqrt(-input), which no division by rho gives.
void place_silent_populations(const MassModel& model, const std::vector<double>& rho, double input, std::vector<double>& y) {
    for (std::size_t i = 0; i < rho.size(); ++i) {
        const auto& a = model.populations()[i];
        if (a.spread() > 0.0 || rho[i] > 0.0) continue;
        double total = a.eta + input;
        for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j) {
            const std::size_t source = model.projections()[j].source;
            total += model.afferents()[j].coupling * rho[source] * a.tau / model.populations()[source].tau;
        }
        for (std::size_t k = 0; k < a.classes(); ++k) {
            y[a.first + 2 * k] = 0.0;
            y[a.first + 2 * k + 1] = -std::sqrt(std::max(0.0, -total));
        }
    }
}

/// Rates to start from: the exact mass's own steady states, then a grid of levels.
std::vector<std::vector<double>> starting_rates(const RateSystem& system, bool exact) {
    std::vector<std::vector<double>> starts = rate_equilibria(system);
    if (exact) return starts;
    double scale = 1.0;
    for (std::size_t a = 0; a < system.size(); ++a)
        scale = std::max(scale, std::sqrt(std::abs(system.eta[a]) + system.delta[a]) / std::numbers::pi);
    const std::size_t n = system.size(), levels = n == 1 ? 24 : n == 2 ? 6 : n == 3 ? 4 : 2;
    std::size_t total = 1;
    for (std::size_t a = 0; a < n && total < 128; ++a) total *= levels;
    for (std::size_t start = 0; start < std::min<std::size_t>(total, 128); ++start) {
        std::vector<double> rho(n);
        std::size_t digits = start;
        for (std::size_t a = 0; a < n; ++a, digits /= levels)   // logarithmic from 0.02 to 2
            rho[a] = 0.02 * scale * std::pow(100.0, static_cast<double>(digits % levels) / static_cast<double>(levels - 1));
        starts.push_back(std::move(rho));
    }
    return starts;
}

bool is_new(const std::vector<std::vector<double>>& found, const std::vector<double>& y) {
    return std::none_of(found.begin(), found.end(), [&](const auto& other) {
        double distance = 0.0;
        for (std::size_t i = 0; i < y.size(); ++i)
            distance = std::max(distance, std::abs(y[i] - other[i]) / (1e-3 + std::abs(y[i]) + std::abs(other[i])));
        return distance < 1e-6;
    });
}

}  // namespace

Eigen::VectorXd time_scales(const MassModel& model) {
    Eigen::VectorXd scale = Eigen::VectorXd::Ones(static_cast<Eigen::Index>(model.size()));
    for (const auto& a : model.populations())
        for (std::size_t i = a.first; i < a.hidden + a.hidden_size; ++i) scale[static_cast<Eigen::Index>(i)] = a.tau;
    for (const auto& projection : model.projections()) {   // s is a rate: s' tau_s tau is dimensionless
        const double tau = model.populations()[projection.source].tau;
        if (projection.synapse_tau > 0.0) scale[static_cast<Eigen::Index>(projection.synapse)] = projection.synapse_tau * tau;
        if (projection.synapse_rise > 0.0) scale[static_cast<Eigen::Index>(projection.synapse) + 1] = projection.synapse_rise * tau;
    }
    return scale;
}

bool physical(const MassModel& model, const std::vector<double>& y) {
    for (const auto& a : model.populations())
        for (std::size_t k = 0; k < a.densities(); ++k)
            if (!(y[a.first + 2 * k] >= 0.0)) return false;
    return true;
}

bool settle(const MassModel& model, std::span<const double> input, std::vector<double>& y) {
    const Eigen::VectorXd scale = time_scales(model);
    double tolerance = 1e-12;   // times the largest current, whose rounding bounds the residual
    for (const auto& a : model.populations()) tolerance = std::max(tolerance, 1e-14 * (std::abs(a.eta) + a.spread()));
    const auto residual_at = [&](const Linearisation& at) { return at.value.cwiseProduct(scale).cwiseAbs().maxCoeff(); };
    Linearisation at = linearise(model, y, input);
    double residual = residual_at(at);
    for (int iteration = 0; iteration < 80 && std::isfinite(residual); ++iteration) {
        const Eigen::VectorXd step = Eigen::PartialPivLU<Eigen::MatrixXd>(steady_jacobian(model, at)).solve(at.value);
        double fraction = 1.0;
        bool better = false;
        for (int halving = 0; halving < 20 && !better; ++halving, fraction *= 0.5) {
            std::vector<double> trial = y;
            for (std::size_t i = 0; i < y.size(); ++i) trial[i] -= fraction * step[static_cast<Eigen::Index>(i)];
            if (!physical(model, trial)) continue;
            const Linearisation there = linearise(model, trial, input);
            const double reached = residual_at(there);
            if (!(reached < residual)) continue;
            y = trial, at = there, residual = reached, better = true;
        }
        if (!better) break;
    }
    return residual <= tolerance && physical(model, y);
}

std::vector<std::vector<double>> steady_states(const Network& network, const MassModel& model, double input) {
    const std::vector<double> inputs(network.populations.size(), input);
    std::vector<std::vector<double>> found;
    for (const auto& rho : starting_rates(rate_system(network, input), model.closure_name() == closures::None::name)) {
        std::vector<double> y = start_at(model, rho, input);
        place_silent_populations(model, rho, input, y);
        if (settle(model, inputs, y) && is_new(found, y)) found.push_back(std::move(y));
    }
    return found;
}

}  // namespace spikemass::mass
