#pragma once
// Fixed-step fourth-order Runge-Kutta for the mass's delay differential equations.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <type_traits>
#include <vector>

#include "host/mass/mass_model.hpp"

namespace spikemass::mass {

/// Integrates one mass in network steps of dt, each split into equal sub-steps, with the input constant over the network step as the
/// network has it.  Delayed rates come from a ring of (r, r') by cubic Hermite interpolation: global order 4 with delays too.
/// Before time zero every population's rate is constant (`rates_before`).
/// T: double (Integrator), or dual numbers: then it integrates the derivatives by whatever the parameters and the state depend on, delays included.
template <class T>
class BasicIntegrator {
public:
    /// Means over the last network step; shapes [population].  They are quadratures of the same order as the solution.
    struct StepMeans {
        std::vector<T> rate, v, z_re, z_im;
    };

    /// `model` must outlive the integrator.  `substeps` >= 1, and dt/substeps not above any delay that is not 0.
    BasicIntegrator(const BasicMassModel<T>& model, double dt, std::int64_t substeps, std::vector<T> state, std::vector<T> rates_before);
    /// Goes on from where another one stands; what it has done is constant to differentiation.
    template <class R>
        requires(!std::is_same_v<R, T>)
    BasicIntegrator(const BasicMassModel<T>& model, const BasicIntegrator<R>& at);

    /// One network step at the input [population].  Throws DivergenceError when a state leaves the finite numbers, r < 0 or |v| > 1e6.
    void step(std::span<const T> input);
    /// Another state from here on; the history of the rates stays.
    void restart(std::vector<T> state) { y_ = std::move(state); }

    double time() const { return static_cast<double>(substep_) * h_; }
    const std::vector<T>& state() const { return y_; }
    T rate(std::size_t population) const { return model_.rate(y_.data(), population); }
    T v(std::size_t population) const { return model_.v(y_.data(), population); }
    const StepMeans& means() const { return means_; }
    void record_order_parameter(bool on) { order_parameter_ = on; }

private:
    struct StepLag {                  ///< delay in sub-steps: whole + fraction
        double weight = 1.0;
        std::int64_t whole = 0;
        T fraction{};
        bool none = true;
    };
    static double number(const T& x) {
        if constexpr (std::is_same_v<T, double>) return x;
        else return x.a;
    }
    void set_lags();
    void fill_delayed(const T* y, double theta);
    T past_rate(std::size_t population, std::int64_t interval, const T& theta) const;
    void add_means(const T* y, double weight);
    void check() const;
    std::size_t slot(std::int64_t point, std::size_t population) const {
        return static_cast<std::size_t>(point % ring_) * model_.populations().size() + population;
    }

    const BasicMassModel<T>& model_;
    double h_;
    std::int64_t substeps_, substep_ = 0, ring_ = 2;
    std::vector<T> y_, rates_before_;
    std::vector<T> ring_rate_, ring_slope_;                   // [point mod ring, population]
    std::vector<StepLag> lag_;                                // those of the first projection, of the second, ...
    std::vector<std::size_t> lag_end_;                        // [projection]
    std::vector<T> delayed_, stage_, k1_, k2_, k3_, k4_;
    StepMeans means_;
    bool order_parameter_ = false;
    typename BasicMassModel<T>::template Workspace<T> workspace_;

    template <class>
    friend class BasicIntegrator;
};

using Integrator = BasicIntegrator<double>;

/// What left its range where: the message of a DivergenceError.
[[noreturn]] void throw_divergence(std::string_view population, std::string_view closure, double time, double rho, double v, const std::string& parameters);
std::string describe(const MassModel& model, std::size_t population);
inline constexpr double largest_v = 1e6;

/// Sub-steps per network step of dt that resolve the membrane (h <= tau/200), the synapses (h <= tau_s/20), the oscillation of the
/// fastest neurons that matter (h <= 0.025 tau/sqrt(|eta| + Delta + largest_input)) and every delay (h <= delay).
/// Throws ConfigurationError when an ideal delay would need more than 10000.
std::int64_t choose_substeps(const MassModel& model, double dt, double largest_input);

template <class T>
BasicIntegrator<T>::BasicIntegrator(const BasicMassModel<T>& model, double dt, std::int64_t substeps, std::vector<T> state, std::vector<T> rates_before)
    : model_(model), h_(dt / static_cast<double>(substeps)), substeps_(substeps), y_(std::move(state)),
      rates_before_(std::move(rates_before)), delayed_(model.projections().size()), stage_(y_.size()), k1_(y_.size()), k2_(y_.size()),
      k3_(y_.size()), k4_(y_.size()), workspace_(model) {
    set_lags();
    const std::size_t n = model.populations().size();
    ring_rate_.assign(static_cast<std::size_t>(ring_) * n, T(0.0));
    ring_slope_ = ring_rate_;
    means_ = {std::vector<T>(n), std::vector<T>(n), std::vector<T>(n), std::vector<T>(n)};
}

template <class T>
template <class R>
    requires(!std::is_same_v<R, T>)
BasicIntegrator<T>::BasicIntegrator(const BasicMassModel<T>& model, const BasicIntegrator<R>& at)
    : BasicIntegrator(model, at.h_ * static_cast<double>(at.substeps_), at.substeps_, std::vector<T>(at.y_.begin(), at.y_.end()), std::vector<T>(at.rates_before_.begin(), at.rates_before_.end())) {
    substep_ = at.substep_;
    ring_ = at.ring_;
    ring_rate_ = std::vector<T>(at.ring_rate_.begin(), at.ring_rate_.end());
    ring_slope_ = std::vector<T>(at.ring_slope_.begin(), at.ring_slope_.end());
}

template <class T>
void BasicIntegrator<T>::set_lags() {
    for (const auto& projection : model_.projections()) {
        for (const auto& asked : projection.lags) {
            StepLag lag;
            lag.weight = asked.weight;
            if (asked.delay > 0.0) {
                const T steps = asked.delay / h_;
                lag.none = false;
                lag.whole = static_cast<std::int64_t>(std::floor(number(steps) * (1.0 + 1e-9)));
                lag.fraction = steps - static_cast<double>(lag.whole);
                if (lag.fraction < 1e-9 * number(steps)) lag.fraction -= number(lag.fraction);   // the derivative stays
                ring_ = std::max(ring_, lag.whole + 3);
            }
            lag_.push_back(lag);
        }
        lag_end_.push_back(lag_.size());
    }
}

/// Rate at theta in [0, 1] of the interval between the points `interval` and `interval` + 1.
template <class T>
T BasicIntegrator<T>::past_rate(std::size_t population, std::int64_t interval, const T& theta) const {
    if (interval < 0) return rates_before_[population];
    const std::size_t a = slot(interval, population);
    if constexpr (std::is_same_v<T, double>)
        if (theta == 0.0) return ring_rate_[a];
    const std::size_t b = slot(interval + 1, population);
    if constexpr (std::is_same_v<T, double>)
        if (theta == 1.0) return ring_rate_[b];
    const T u = 1.0 - theta;
    return ring_rate_[a] * u * u * (1.0 + 2.0 * theta) + ring_rate_[b] * theta * theta * (1.0 + 2.0 * u) +
           h_ * theta * u * (ring_slope_[a] * u - ring_slope_[b] * theta);
}

/// Source rates of all projections at theta of the current sub-step.  A lag of whole sub-steps stays within one interval, so that the
/// jump between the rate before time zero and the initial state falls between sub-steps.
template <class T>
void BasicIntegrator<T>::fill_delayed(const T* y, double theta) {
    for (std::size_t j = 0, k = 0; j < delayed_.size(); ++j) {
        const std::size_t source = model_.projections()[j].source;
        delayed_[j] = T(0.0);
        for (; k < lag_end_[j]; ++k) {
            const StepLag& lag = lag_[k];
            if (lag.none) {
                delayed_[j] += lag.weight * model_.rate(y, source);
                continue;
            }
            std::int64_t interval = substep_ - lag.whole;
            T position = theta - lag.fraction;
            if (position < 0.0) {
                position += 1.0;
                interval -= 1;
            }
            delayed_[j] += lag.weight * past_rate(source, interval, position);
        }
    }
}

template <class T>
void BasicIntegrator<T>::add_means(const T* y, double weight) {
    for (std::size_t i = 0; i < model_.populations().size(); ++i) {
        means_.rate[i] += weight * model_.rate(y, i);
        means_.v[i] += weight * model_.v(y, i);
        if constexpr (std::is_same_v<T, double>) {
            if (!order_parameter_) continue;
            const auto z = model_.order_parameter(y, i);
            means_.z_re[i] += weight * z.re;
            means_.z_im[i] += weight * z.im;
        }
    }
}

template <class T>
void BasicIntegrator<T>::step(std::span<const T> input) {
    const std::size_t n = y_.size(), populations = model_.populations().size();
    for (auto* mean : {&means_.rate, &means_.v, &means_.z_re, &means_.z_im}) std::fill(mean->begin(), mean->end(), T(0.0));
    const double sixth = 1.0 / (6.0 * static_cast<double>(substeps_));
    const auto move = [&](const std::vector<T>& k, double by) {
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

template <class T>
void BasicIntegrator<T>::check() const {
    using std::abs, std::isfinite;
    for (std::size_t i = 0; i < model_.populations().size(); ++i) {
        const auto& a = model_.populations()[i];
        for (std::size_t k = 0; k < a.hidden - a.first; k += 2) {
            const T &rho = y_[a.first + k], &v = y_[a.first + k + 1];
            if ((rho >= 0.0 || k >= 2 * a.densities()) && isfinite(rho) && abs(v) <= largest_v) continue;
            std::string parameters;
            if constexpr (std::is_same_v<T, double>) parameters = describe(model_, i);
            throw_divergence(a.name, model_.closure_name(), time(), number(rho), number(v), parameters);
        }
    }
}

extern template class BasicIntegrator<double>;

}  // namespace spikemass::mass
