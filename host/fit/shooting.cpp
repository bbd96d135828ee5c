#include "host/fit/shooting.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <ceres/jet.h>

#include "kernels/stimulus.hpp"
#include "models/base/error.hpp"

namespace spikemass::fit {

namespace {

constexpr int strip = 8;   // derivatives per run
using Dual = ceres::Jet<double, strip>;
constexpr std::int64_t most_substeps = 20;   // times those of the network's own values
constexpr double prior_share = 0.01;   // of a bin's weight: keeps hidden states that the data do not feel, and is nothing beside those that they do

}  // namespace

Shooting::Shooting(const Recording& recording, const std::vector<Parameter>& parameters, const ShootingOptions& options)
    : recording_(recording), parameters_(parameters), options_(options), model_(recording.configuration.network, options.mass) {
    const Configuration& c = recording.configuration;
    const Network& n = c.network;
    std::size_t per_segment = recording.bins();
    if (options.segment > 0.0 && !options.from_network) {
        per_segment = static_cast<std::size_t>(std::max<long long>(1, std::llround(options.segment / c.run.bin)));
        if (std::abs(static_cast<double>(per_segment) * c.run.bin - options.segment) > 1e-6 * c.run.bin)
            throw ConfigurationError(fmt::format("--segment {}: segments must be a whole number of bins of {} long. Use {}.", options.segment, c.run.bin, static_cast<double>(per_segment) * c.run.bin));
    }
    for (std::size_t b = 0; b < recording.bins(); b += per_segment)
        if (b == 0 || 2 * (recording.bins() - b) > per_segment) first_bin_.push_back(b);   // what is left over joins the last
    for (const auto& a : model_.populations())
        if (a.classes() > 1 && !options.from_network)
            throw ConfigurationError(fmt::format("{}: the mass of population \"{}\" has {} classes, whose states at the start of the recording its rates do not tell. Use --initial network, which integrates from the network file's own initial state through the warm-up.",
                                                 recording.name, a.name, a.classes()));
    for (const auto& p : model_.projections())
        for (const auto& lag : p.lags) lags_ |= lag.delay > 0.0;
    first_step_ = options.from_network ? 0 : c.plan.warmup_steps;
    last_step_ = c.plan.warmup_steps + c.plan.bins * c.plan.steps_per_bin;
    std::vector<Network> raised;   // by one unit of an amplitude
    for (std::size_t k = 0; k < parameters_.size(); ++k)
        if (parameters_[k].kind == Parameter::Kind::amplitude) {
            amplitude_.push_back(k);
            unit_.emplace_back();
            raised.push_back(n);
            raised.back().stimuli[parameters_[k].index].amplitude += 1.0;
        }
    for (std::int64_t step = first_step_; step < last_step_; ++step) {
        for (std::size_t i = 0; i < n.populations.size(); ++i) {
            input_.push_back(n.stimuli.empty() ? 0.0 : mean_input(n, i, step));
            largest_input_ = std::max(largest_input_, std::abs(input_.back()));
        }
        for (std::size_t a = 0; a < amplitude_.size(); ++a) {
            const std::size_t target = n.stimuli[parameters_[amplitude_[a]].index].target;
            unit_[a].push_back(mean_input(raised[a], target, step) - input_[input_.size() - n.populations.size() + target]);
        }
    }
    // What a jump of a state weighs: as much as the same relative error of the rate.
    state_weight_.assign(model_.size(), 0.0);
    for (const Series& s : recording.series) {
        const auto& a = model_.populations()[s.population];
        if (s.is_v) state_weight_[a.first + 1] = s.weight;
        else state_weight_[a.first] = s.weight / a.tau;
    }
    prior_.assign(states(), 0.0);
    prior_weight_.assign(states(), 0.0);
    rows_ = data_rows() + (options.continuity > 0.0 ? (segments() - 1) * model_.size() : 0) + states();
}

bool Shooting::measured(std::size_t state) const {
    for (const auto& a : model_.populations())
        if (state == a.first || state == a.first + 1) return true;
    return false;
}

bool Shooting::non_negative(std::size_t state) const {
    for (const auto& a : model_.populations())
        if (state % model_.size() == a.first) return true;
    return false;
}

std::size_t Shooting::bin_of(std::size_t row) const {
    if (is_data(row)) return row / recording_.series.size();
    row -= data_rows();
    const std::size_t jumps = options_.continuity > 0.0 ? (segments() - 1) * model_.size() : 0;
    return row < jumps ? first_bin_[row / model_.size() + 1] : first_bin_[(row - jumps) / model_.size()];
}

template <class T>
mass::BasicMassModel<T> Shooting::model_at(const T* theta) const {
    if constexpr (std::is_same_v<T, double>) {
        mass::MassModel model = model_;
        set_parameters(model, recording_.configuration.network, parameters_, theta);
        return model;
    } else {
        mass::BasicMassModel<T> model(model_);
        set_parameters(model, recording_.configuration.network, parameters_, theta);
        return model;
    }
}

template <class T>
mass::BasicIntegrator<T> Shooting::begin(const mass::BasicMassModel<T>& model, const std::vector<std::vector<T>>& starts) const {
    const Network& n = recording_.configuration.network;
    if (options_.from_network)
        return {model, n.dt, substeps_, model.initial_state_of(n), std::vector<T>(model.rates_before().begin(), model.rates_before().end())};
    std::vector<T> before;
    for (std::size_t i = 0; i < n.populations.size(); ++i) before.push_back(model.rate(starts[0].data(), i));
    return {model, n.dt, substeps_, starts[0], before};
}

template <class T>
void Shooting::fill_input(const T* theta, std::int64_t step, std::vector<T>& input) const {
    const auto at = static_cast<std::size_t>(step - first_step_);
    for (std::size_t i = 0; i < input.size(); ++i) input[i] = T(input_[at * input.size() + i]);
    for (std::size_t a = 0; a < amplitude_.size(); ++a) {
        const Parameter& p = parameters_[amplitude_[a]];
        T& x = input[recording_.configuration.network.stimuli[p.index].target];
        x += unit_[a][at] * (theta[amplitude_[a]] - p.value);
    }
}

template <class T, class Put, class Reached>
void Shooting::integrate(mass::BasicIntegrator<T>& integrator, const T* theta, const std::vector<std::vector<T>>& starts, std::size_t segment, std::size_t last, Put&& put, Reached&& reached) const {
    const RunPlan& plan = recording_.configuration.plan;
    const std::size_t populations = model_.populations().size(), series = recording_.series.size();
    std::vector<T> input(populations), rate(populations), v(populations);
    if (segment == 0)
        for (std::int64_t step = first_step_; step < plan.warmup_steps; ++step) {
            fill_input(theta, step, input);
            integrator.step(input);
        }
    const double share = 1.0 / static_cast<double>(plan.steps_per_bin);
    for (std::size_t k = segment; k <= last; ++k) {
        reached(k);
        for (std::size_t b = first_bin_[k]; b < last_bin(k); ++b) {
            std::fill(rate.begin(), rate.end(), T(0.0));
            std::fill(v.begin(), v.end(), T(0.0));
            for (std::int64_t s = 0; s < plan.steps_per_bin; ++s) {
                fill_input(theta, plan.warmup_steps + static_cast<std::int64_t>(b) * plan.steps_per_bin + s, input);
                integrator.step(input);
                for (std::size_t i = 0; i < populations; ++i) {
                    rate[i] += share * integrator.means().rate[i];
                    v[i] += share * integrator.means().v[i];
                }
            }
            for (std::size_t s = 0; s < series; ++s) {
                const Series& x = recording_.series[s];
                put(b * series + s, T(((x.is_v ? v : rate)[x.population] - x.mean[b]) * x.weight));
            }
        }
        if (k + 1 == segments()) return;
        for (std::size_t i = 0; i < model_.size() && options_.continuity > 0.0; ++i)
            put(data_rows() + k * model_.size() + i, T((integrator.state()[i] - starts[k + 1][i]) * (options_.continuity * state_weight_[i])));
        integrator.restart(starts[k + 1]);
    }
}

Shooting::Values Shooting::evaluate(const double* theta, const double* states, bool derivatives) const {
    Values out;
    out.residuals = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(rows_));
    const std::size_t n = model_.size(), count = parameters(), columns = count + this->states();
    const auto starts_of = [&]<class T>(T, std::size_t first_column) {
        std::vector<std::vector<T>> starts(options_.from_network ? 0 : segments(), std::vector<T>(n));
        for (std::size_t i = 0; i < this->states(); ++i) {
            T& y = starts[i / n][i % n] = T(states[i]);
            if constexpr (!std::is_same_v<T, double>)
                if (const std::size_t column = count + i; column >= first_column && column < first_column + strip) y.v[static_cast<Eigen::Index>(column - first_column)] = 1.0;
        }
        return starts;
    };
    try {
        const mass::MassModel model = model_at(theta);
        const auto starts = starts_of(double{}, 0);
        auto integrator = begin(model, starts);
        std::vector<mass::Integrator> at;   // as it stands at the starts of segments
        integrate(integrator, theta, starts, 0, segments() - 1, [&](std::size_t row, double x) { out.residuals[static_cast<Eigen::Index>(row)] = x; },
                  [&](std::size_t) { if (derivatives) at.push_back(integrator); });
        const std::size_t first_prior = rows_ - this->states();
        for (std::size_t i = 0; i < this->states(); ++i) out.residuals[static_cast<Eigen::Index>(first_prior + i)] = (states[i] - prior_[i]) * prior_weight_[i];
        if (derivatives) {
            out.jacobian = Matrix::Zero(static_cast<Eigen::Index>(rows_), static_cast<Eigen::Index>(columns));
            for (std::size_t first = 0; first < columns; first += strip) {
                std::vector<Dual> dual_theta;
                for (std::size_t k = 0; k < count; ++k) {
                    dual_theta.emplace_back(theta[k]);
                    if (k >= first && k < first + strip) dual_theta.back().v[static_cast<Eigen::Index>(k - first)] = 1.0;
                }
                const auto dual_starts = starts_of(Dual{}, first);
                const auto dual_model = model_at(dual_theta.data());
                const std::size_t segment = first < count ? 0 : (first - count) / n, end = std::min(columns, first + strip);
                const std::size_t last = lags_ || first < count ? segments() - 1 : (end - 1 - count) / n;
                auto run = segment == 0 ? begin(dual_model, dual_starts) : mass::BasicIntegrator<Dual>(dual_model, at[segment]);
                if (segment > 0) run.restart(dual_starts[segment]);
                integrate(run, dual_theta.data(), dual_starts, segment, last, [&](std::size_t row, const Dual& x) {
                    for (std::size_t k = first; k < end; ++k) out.jacobian(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(k)) = x.v[static_cast<Eigen::Index>(k - first)];
                }, [](std::size_t) {});
                if (segment > 0 && options_.continuity > 0.0)   // the jump onto the first of these states
                    for (std::size_t k = std::max(first, count + segment * n); k < std::min(end, count + (segment + 1) * n); ++k) {
                        const std::size_t i = (k - count) % n;
                        out.jacobian(static_cast<Eigen::Index>(data_rows() + (segment - 1) * n + i), static_cast<Eigen::Index>(k)) = -options_.continuity * state_weight_[i];
                    }
            }
            for (std::size_t i = 0; i < this->states(); ++i) out.jacobian(static_cast<Eigen::Index>(first_prior + i), static_cast<Eigen::Index>(count + i)) = prior_weight_[i];
        }
    } catch (const DivergenceError& e) {
        const std::string what = e.what();
        out.diverged = what.substr(0, what.rfind(". Use "));   // its remedy is for runs
        return out;
    }
    if (options_.robust > 0.0)
        for (Eigen::Index row = 0; row < static_cast<Eigen::Index>(data_rows()); ++row) {   // f^2 = 2 k^2 (sqrt(1 + (r/k)^2) - 1)
            const double r = out.residuals[row], root = std::sqrt(1.0 + r * r / (options_.robust * options_.robust)), f = r * std::sqrt(2.0 / (1.0 + root));
            out.residuals[row] = f;
            if (derivatives) out.jacobian.row(row) *= std::sqrt(0.5 * (1.0 + root)) / root;
        }
    if (!out.residuals.allFinite() || (derivatives && !out.jacobian.allFinite())) out.diverged = recording_.name + ": the mass or its derivatives left the finite numbers.";
    return out;
}

std::vector<double> Shooting::guess(const std::vector<double>& theta) {
    if (options_.from_network) return {};
    const Configuration& c = recording_.configuration;
    const mass::MassModel model = model_at(theta.data());
    const std::size_t n = model.size();
    std::vector<double> guess(states(), 0.0), square(n, 0.0);
    /// rho and v of the data at the start of a bin.
    const auto lead = [&](std::vector<double>& y, std::size_t bin) {
        std::vector<bool> has_v(model.populations().size(), false);
        for (const Series& s : recording_.series) {
            const auto& a = model.populations()[s.population];
            const double x = bin == 0 ? s.mean[0] : 0.5 * (s.mean[bin - 1] + s.mean[bin]);
            if (s.is_v) y[a.first + 1] = x;
            else y[a.first] = std::max({x, 1e-3 * s.scale, 1e-9}) * a.tau;
            has_v[s.population] = has_v[s.population] || s.is_v;
        }
        for (std::size_t i = 0; i < has_v.size(); ++i)
            if (const auto& a = model.populations()[i]; !has_v[i]) y[a.first + 1] = -a.delta / (2.0 * std::numbers::pi * y[a.first]);   // where the rate stands still
    };
    const auto keep = [&](const std::vector<double>& y, std::size_t bin) {
        for (std::size_t i = 0; i < n; ++i) square[i] += y[i] * y[i] / static_cast<double>(recording_.bins());
        for (std::size_t k = 0; k < segments(); ++k)
            if (first_bin_[k] == bin) std::copy(y.begin(), y.end(), guess.begin() + static_cast<std::ptrdiff_t>(k * n));
    };
    std::vector<double> y(n, 0.0);
    lead(y, 0);
    double settle = 0.0;   // how long hidden states take to follow, time units
    for (const auto& a : model.populations())
        if (a.hidden_size > 0) settle = std::max(settle, 10.0 * a.tau);
    for (const auto& p : model.projections()) settle = std::max(settle, 10.0 * std::max(p.synapse_tau, p.synapse_rise));
    for (const auto& p : model.projections()) {
        if (p.synapse_tau > 0.0) y[p.synapse] = model.rate(y.data(), p.source);
        if (p.synapse_rise > 0.0) y[p.synapse + 1] = model.rate(y.data(), p.source);
    }
    std::vector<double> before, input(model.populations().size());
    for (std::size_t i = 0; i < input.size(); ++i) before.push_back(model.rate(y.data(), i));
    mass::Integrator integrator(model, c.network.dt, substeps_, y, before);
    try {
        for (std::int64_t s = 0; s < std::llround(settle / c.network.dt); ++s) {
            fill_input(theta.data(), first_step_, input);
            integrator.step(input);
            y = integrator.state();
            lead(y, 0);
            integrator.restart(y);
        }
        for (std::size_t b = 0; b < recording_.bins(); ++b) {
            y = integrator.state();
            lead(y, b);
            integrator.restart(y);
            keep(y, b);
            for (std::int64_t s = 0; s < c.plan.steps_per_bin && settle > 0.0; ++s) {
                fill_input(theta.data(), first_step_ + static_cast<std::int64_t>(b) * c.plan.steps_per_bin + s, input);
                integrator.step(input);
            }
        }
    } catch (const DivergenceError&) {   // as far as it came; rho and v are the data's anyway
        for (std::size_t b = 0; b < recording_.bins(); ++b) {
            lead(y, b);
            keep(y, b);
        }
    }
    std::vector<double> precision(model.populations().size(), 1.0);   // 1/relative error of a bin's rate
    for (const Series& s : recording_.series)
        if (!s.is_v) precision[s.population] = std::max(1.0, s.scale * s.weight);
    const auto weigh = [&](std::size_t state, std::size_t population) {
        const double scale = std::sqrt(square[state]) + 1e-3;
        if (state_weight_[state] == 0.0) state_weight_[state] = precision[population] / scale;
        if (measured(state)) return;
        for (std::size_t k = 0; k < (options_.continuity > 0.0 ? 1 : segments()); ++k) {
            prior_[k * n + state] = guess[k * n + state];
            prior_weight_[k * n + state] = prior_share / scale;
        }
    };
    for (std::size_t i = 0; i < input.size(); ++i) {
        const auto& a = model.populations()[i];
        weigh(a.first + 1, i);
        for (std::size_t h = 0; h < a.hidden_size; ++h) weigh(a.hidden + h, i);
    }
    for (const auto& p : model.projections())
        for (std::size_t s = 0; s < p.stages(); ++s) weigh(p.synapse + s, p.source);
    return guess;
}

std::int64_t Shooting::substeps(const std::vector<double>& theta) const {
    mass::MassModel model = model_at(theta.data());
    double input = largest_input_;
    for (std::size_t a = 0; a < amplitude_.size(); ++a) {
        const double extra = std::abs(theta[amplitude_[a]] - parameters_[amplitude_[a]].value);
        double unit = 0.0;
        for (const double u : unit_[a]) unit = std::max(unit, std::abs(u));
        input += extra * unit;
    }
    // Not without end for values that are far off: a mass that needs more leaves its range, and is told to have.
    return std::min(mass::choose_substeps(model, recording_.configuration.network.dt, input), most_substeps * mass::choose_substeps(model_, recording_.configuration.network.dt, largest_input_));
}

}  // namespace spikemass::fit
