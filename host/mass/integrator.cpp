#include "host/mass/integrator.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "models/base/error.hpp"

namespace spikemass::mass {

namespace {

constexpr double largest_v = 1e6;

std::string describe(const MassModel& model, std::size_t population) {
    const MassModel::PopulationLayout& a = model.populations()[population];
    std::string text = fmt::format("eta = {}, Delta = {}, tau = {}", a.eta, a.spread(), a.tau);
    for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j)
        text += fmt::format("; from {}: J = {}, K = {}", model.populations()[model.projections()[j].source].name,
                            model.afferents()[j].coupling, model.afferents()[j].mean_indegree);
    return text;
}

}  // namespace

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

Integrator::Integrator(const MassModel& model, double dt, std::int64_t substeps, std::vector<double> state,
                       std::vector<double> rates_before)
    : model_(model), h_(dt / static_cast<double>(substeps)), substeps_(substeps), y_(std::move(state)),
      rates_before_(std::move(rates_before)), delayed_(model.projections().size()), stage_(y_.size()), k1_(y_.size()), k2_(y_.size()),
      k3_(y_.size()), k4_(y_.size()), workspace_(model) {
    for (const auto& projection : model.projections()) {
        for (const auto& asked : projection.lags) {
            StepLag lag;
            lag.weight = asked.weight;
            if (asked.delay > 0.0) {
                const double steps = asked.delay / h_;
                lag.none = false;
                lag.whole = static_cast<std::int64_t>(std::floor(steps * (1.0 + 1e-9)));
                lag.fraction = std::max(0.0, steps - static_cast<double>(lag.whole));
                if (lag.fraction < 1e-9 * steps) lag.fraction = 0.0;
                ring_ = std::max(ring_, lag.whole + 3);
            }
            lag_.push_back(lag);
        }
        lag_end_.push_back(lag_.size());
    }
    const std::size_t n = model.populations().size();
    ring_rate_.assign(static_cast<std::size_t>(ring_) * n, 0.0);
    ring_slope_ = ring_rate_;
    means_ = {std::vector<double>(n), std::vector<double>(n), std::vector<double>(n), std::vector<double>(n)};
}

/// Rate at theta in [0, 1] of the interval between the points `interval` and `interval` + 1.
double Integrator::past_rate(std::size_t population, std::int64_t interval, double theta) const {
    if (interval < 0) return rates_before_[population];
    const std::size_t a = slot(interval, population);
    if (theta == 0.0) return ring_rate_[a];
    const std::size_t b = slot(interval + 1, population);
    if (theta == 1.0) return ring_rate_[b];
    const double u = 1.0 - theta;
    return ring_rate_[a] * u * u * (1.0 + 2.0 * theta) + ring_rate_[b] * theta * theta * (1.0 + 2.0 * u) +
           h_ * theta * u * (ring_slope_[a] * u - ring_slope_[b] * theta);
}

/// Source rates of all projections at theta of the current sub-step.  A lag of whole sub-steps stays within one interval, so that the
/// jump between the rate before time zero and the initial state falls between sub-steps.
void Integrator::fill_delayed(const double* y, double theta) {
    for (std::size_t j = 0, k = 0; j < delayed_.size(); ++j) {
        const std::size_t source = model_.projections()[j].source;
        delayed_[j] = 0.0;
        for (; k < lag_end_[j]; ++k) {
            const StepLag& lag = lag_[k];
            if (lag.none) {
                delayed_[j] += lag.weight * model_.rate(y, source);
                continue;
            }
            std::int64_t interval = substep_ - lag.whole;
            double position = theta - lag.fraction;
            if (position < 0.0) {
                position += 1.0;
                interval -= 1;
            }
            delayed_[j] += lag.weight * past_rate(source, interval, position);
        }
    }
}

void Integrator::add_means(const double* y, double weight) {
    for (std::size_t i = 0; i < model_.populations().size(); ++i) {
        means_.rate[i] += weight * model_.rate(y, i);
        means_.v[i] += weight * model_.v(y, i);
        if (!order_parameter_) continue;
        const auto z = model_.order_parameter(y, i);
        means_.z_re[i] += weight * z.re;
        means_.z_im[i] += weight * z.im;
    }
}

void Integrator::step(std::span<const double> input) {
    const std::size_t n = y_.size(), populations = model_.populations().size();
    for (auto* mean : {&means_.rate, &means_.v, &means_.z_re, &means_.z_im}) std::fill(mean->begin(), mean->end(), 0.0);
    const double sixth = 1.0 / (6.0 * static_cast<double>(substeps_));
    const auto move = [&](const std::vector<double>& k, double by) {
        for (std::size_t i = 0; i < n; ++i) stage_[i] = y_[i] + by * k[i];
    };
    for (std::int64_t sub = 0; sub < substeps_; ++sub) {
        for (std::size_t i = 0; i < populations; ++i) ring_rate_[slot(substep_, i)] = model_.rate(y_.data(), i);
        fill_delayed(y_.data(), 0.0);
        model_.derivative(y_.data(), delayed_.data(), input.data(), k1_.data(), workspace_);
        for (std::size_t i = 0; i < populations; ++i) ring_slope_[slot(substep_, i)] = model_.rate(k1_.data(), i);
        add_means(y_.data(), sixth);

        move(k1_, 0.5 * h_);
        fill_delayed(stage_.data(), 0.5);
        model_.derivative(stage_.data(), delayed_.data(), input.data(), k2_.data(), workspace_);
        add_means(stage_.data(), 2.0 * sixth);

        move(k2_, 0.5 * h_);
        fill_delayed(stage_.data(), 0.5);
        model_.derivative(stage_.data(), delayed_.data(), input.data(), k3_.data(), workspace_);
        add_means(stage_.data(), 2.0 * sixth);

        move(k3_, h_);
        fill_delayed(stage_.data(), 1.0);
        model_.derivative(stage_.data(), delayed_.data(), input.data(), k4_.data(), workspace_);
        add_means(stage_.data(), sixth);

        for (std::size_t i = 0; i < n; ++i) y_[i] += h_ / 6.0 * (k1_[i] + 2.0 * (k2_[i] + k3_[i]) + k4_[i]);
        ++substep_;
        check();
    }
}

void Integrator::check() const {
    for (std::size_t i = 0; i < model_.populations().size(); ++i) {
        const auto& a = model_.populations()[i];
        for (std::size_t k = 0; k < a.hidden - a.first; k += 2) {
            const double rho = y_[a.first + k], v = y_[a.first + k + 1];
            if ((rho >= 0.0 || k >= 2 * a.densities()) && std::isfinite(rho) && std::abs(v) <= largest_v) continue;
            throw DivergenceError(fmt::format(
                "The mass of population \"{}\" with closure {} left its range at t = {:.6g}: tau r = {:.6g}, v = {:.6g}; r >= 0 and "
                "|v| <= {:g} is required ({}). Use a smaller dt, a larger K, or another closure.",
                a.name, model_.closure_name(), time(), rho, v, largest_v, describe(model_, i)));
        }
    }
}

}  // namespace spikemass::mass
