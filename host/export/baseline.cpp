#include "host/export/baseline.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/mass/mass.hpp"
#include "host/mass/mass_model.hpp"
#include "models/base/error.hpp"

namespace spikemass::handover {

std::optional<StateSeries> mass_trajectory(const Configuration& c, std::string& why) {
    try {
        const RunResult r = mass::run_mass(c.network, c.plan);
        const std::size_t bins = static_cast<std::size_t>(c.plan.bins), populations = c.network.populations.size();
        StateSeries x(bins * 2 * populations);
        for (std::size_t a = 0; a < populations; ++a)
            for (std::size_t b = 0; b < bins; ++b) {
                x[(b * populations + a) * 2] = r.populations[a].rate[b] * c.network.populations[a].tau;
                x[(b * populations + a) * 2 + 1] = r.populations[a].v[b];
            }
        return x;
    } catch (const DivergenceError& e) {
        why = e.what();
        return std::nullopt;
    }
}

namespace {

/// A series of bin means at bin position `at` (centres are whole numbers), constant before the first.
double interpolated(const std::vector<double>& series, double at) {
    if (at <= 0.0) return series.front();
    const auto b = std::min(static_cast<std::size_t>(at), series.size() - 1);
    const double share = at - static_cast<double>(b);
    return b + 1 < series.size() ? (1.0 - share) * series[b] + share * series[b + 1] : series[b];
}

/// Bin means of s in tau s' = input - s, the input constant within a bin.
std::vector<double> filtered(const std::vector<double>& input, double tau, double bin) {
    std::vector<double> mean;
    const double kept = std::exp(-bin / tau);
    double s = input.front();
    for (const double x : input) {
        mean.push_back(x + (s - x) * (1.0 - kept) * tau / bin);
        s = x + (s - x) * kept;
    }
    return mean;
}

}  // namespace

std::optional<StateSeries> mass_right_hand_side(const Configuration& c, const StateSeries& x, const std::vector<double>& u, std::string& why) {
    const mass::MassModel model(c.network);
    const auto& populations = model.populations();
    const auto& projections = model.projections();
    for (const auto& p : populations)
        if (p.poles.size > 0) {
            why = fmt::format("eta of population \"{}\" has poles, and its mass more states than r and v", p.name);
            return std::nullopt;
        }
    const std::size_t bins = static_cast<std::size_t>(c.plan.bins), n = populations.size();
    const double bin = static_cast<double>(c.plan.steps_per_bin) * c.network.dt;
    std::vector<std::vector<double>> arriving, stage, drive;   // [projection][bin], 1/time unit: delayed rates, and what the synapse makes of them
    for (const auto& p : projections) {
        std::vector<double> rate(bins), late(bins, 0.0);
        for (std::size_t b = 0; b < bins; ++b) rate[b] = x[(b * n + p.source) * 2] / populations[p.source].tau;
        for (const mass::Lag& lag : p.lags)
            for (std::size_t b = 0; b < bins; ++b) late[b] += lag.weight * interpolated(rate, static_cast<double>(b) - lag.delay / bin);
        stage.push_back(p.synapse_rise > 0.0 ? filtered(late, p.synapse_rise, bin) : late);
        drive.push_back(p.synapse_tau > 0.0 ? filtered(stage.back(), p.synapse_tau, bin) : stage.back());
        arriving.push_back(std::move(late));
    }
    StateSeries rhs(x.size());
    std::vector<double> y(model.size()), dy(model.size()), delayed(projections.size()), input(n);
    mass::MassModel::Workspace<double> workspace(model);
    for (std::size_t b = 0; b < bins; ++b) {
        for (std::size_t a = 0; a < n; ++a) {
            y[populations[a].first] = x[(b * n + a) * 2];
            y[populations[a].first + 1] = x[(b * n + a) * 2 + 1];
            input[a] = u[b * n + a];
        }
        for (std::size_t j = 0; j < projections.size(); ++j) {
            delayed[j] = arriving[j][b];
            if (projections[j].synapse_tau > 0.0) y[projections[j].synapse] = drive[j][b];
            if (projections[j].synapse_rise > 0.0) y[projections[j].synapse + 1] = stage[j][b];
        }
        model.derivative(y.data(), delayed.data(), input.data(), dy.data(), workspace);
        for (std::size_t a = 0; a < n; ++a) {
            rhs[(b * n + a) * 2] = dy[populations[a].first] * populations[a].tau;
            rhs[(b * n + a) * 2 + 1] = dy[populations[a].first + 1] * populations[a].tau;
        }
    }
    return rhs;
}

}  // namespace spikemass::handover
