#pragma once
// Mean field of a finite set of neurons: exact for that set when phases are uniform, free of the bias of its quantiles.

#include <cmath>
#include <complex>
#include <numbers>
#include <utility>
#include <vector>

#include "kernels/parameters.hpp"
#include "models/base/random.hpp"

namespace spikemass::theory {

class FiniteSet {
public:
    /// Values of eta in units of the membrane time; `dt` caps the rate at one spike per step.
    FiniteSet(const Population& population, std::uint64_t seed_init, double dt)
        : eta_(draw_parameter(population.eta, population.size, seed_init, name_key(population.name))), cap_(1.0 / dt) {}

    /// (1/N) sum_j min(sqrt((eta_j + input)_+)/pi, 1/dt)
    double rate(double input) const {
        double sum = 0.0;
        for (const double eta : eta_)
            if (eta + input > 0.0) sum += std::min(std::sqrt(eta + input) * std::numbers::inv_pi, cap_);
        return sum / size();
    }
    /// Principal value of the mean potential: (1/N) sum_j -sqrt((-(eta_j + input))_+)
    double v(double input) const {
        double sum = 0.0;
        for (const double eta : eta_)
            if (eta + input < 0.0) sum -= std::sqrt(-(eta + input));
        return sum / size();
    }
    /// (1/N) sum_j <exp(i theta_j)>: a neuron at input I has W = sqrt(I), Re W >= 0, and <exp(i theta)> = (1 - W)/(1 + W).
    std::complex<double> order_parameter(double input) const {
        std::complex<double> sum;
        for (const double eta : eta_) {
            const std::complex<double> w = std::sqrt(std::complex<double>(eta + input, 0.0));
            sum += (1.0 - w) / (1.0 + w);
        }
        return sum / size();
    }
    /// Root of r = rate(strength r) within 20 % of `guess`, which must be the only one there.
    double self_consistent_rate(double strength, double guess) const {
        const auto excess = [&](double r) { return rate(strength * r) - r; };
        double low = 0.8 * guess, high = 1.2 * guess;
        const bool rising = excess(low) < 0.0;
        if (rising == (excess(high) < 0.0)) return std::nan("");
        for (int i = 0; i < 50; ++i) {
            const double middle = 0.5 * (low + high);
            ((excess(middle) < 0.0) == rising ? low : high) = middle;
        }
        return 0.5 * (low + high);
    }
    const std::vector<double>& eta() const { return eta_; }
    double size() const { return static_cast<double>(eta_.size()); }

private:
    std::vector<double> eta_;
    double cap_;
};

}  // namespace spikemass::theory
