#pragma once
// Fixed-step fourth-order Runge-Kutta for the mass's delay differential equations.

#include <cstdint>
#include <span>
#include <vector>

#include "host/mass/mass_model.hpp"

namespace spikemass::mass {

/// Integrates one mass in network steps of dt, each split into equal sub-steps, with the input constant over the network step as the
/// network has it.  Delayed rates come from a ring of (r, r') by cubic Hermite interpolation: global order 4 with delays too.
/// Before time zero every population's rate is constant (`rates_before`).
class Integrator {
public:
    /// Means over the last network step; shapes [population].  They are quadratures of the same order as the solution.
    struct StepMeans {
        std::vector<double> rate, v, z_re, z_im;
    };

    /// `model` must outlive the integrator.  `substeps` >= 1, and dt/substeps not above any delay that is not 0.
    Integrator(const MassModel& model, double dt, std::int64_t substeps, std::vector<double> state, std::vector<double> rates_before);

    /// One network step at the input [population].  Throws DivergenceError when a state leaves the finite numbers, r < 0 or |v| > 1e6.
    void step(std::span<const double> input);

    double time() const { return static_cast<double>(substep_) * h_; }
    const std::vector<double>& state() const { return y_; }
    double rate(std::size_t population) const { return model_.rate(y_.data(), population); }
    double v(std::size_t population) const { return model_.v(y_.data(), population); }
    const StepMeans& means() const { return means_; }
    void record_order_parameter(bool on) { order_parameter_ = on; }

private:
    struct StepLag {                  ///< delay in sub-steps: whole + fraction
        double weight = 1.0;
        std::int64_t whole = 0;
        double fraction = 0.0;
        bool none = true;
    };
    void fill_delayed(const double* y, double theta);
    double past_rate(std::size_t population, std::int64_t interval, double theta) const;
    void add_means(const double* y, double weight);
    void check() const;
    std::size_t slot(std::int64_t point, std::size_t population) const {
        return static_cast<std::size_t>(point % ring_) * model_.populations().size() + population;
    }

    const MassModel& model_;
    double h_;
    std::int64_t substeps_, substep_ = 0, ring_ = 2;
    std::vector<double> y_, rates_before_;
    std::vector<double> ring_rate_, ring_slope_;              // [point mod ring, population]
    std::vector<StepLag> lag_;                                // those of the first projection, of the second, ...
    std::vector<std::size_t> lag_end_;                        // [projection]
    std::vector<double> delayed_, stage_, k1_, k2_, k3_, k4_;
    StepMeans means_;
    bool order_parameter_ = false;
    MassModel::Workspace<double> workspace_;
};

/// Sub-steps per network step of dt that resolve the membrane (h <= tau/200), the synapses (h <= tau_s/20), the oscillation of the
/// fastest neurons that matter (h <= 0.025 tau/sqrt(|eta| + Delta + largest_input)) and every delay (h <= delay).
/// Throws ConfigurationError when an ideal delay would need more than 10000.
std::int64_t choose_substeps(const MassModel& model, double dt, double largest_input);

}  // namespace spikemass::mass
