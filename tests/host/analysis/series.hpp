#pragma once
// Random series with known statistics, the same on every run.

#include <cmath>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace spikemass::analysis::test {

/// Standard normal numbers by Box and Muller: the same for every standard library.
class Normal {
public:
    explicit Normal(std::uint64_t seed) : engine_(seed) {}
    double operator()() {
        const double u = (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53, w = (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53;
        return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * w);
    }
private:
    std::mt19937_64 engine_;
};

/// x_(i+1) = phi x_i + sqrt(1 - phi^2) normal: stationary from the start, variance 1, correlation phi^k (Ornstein-Uhlenbeck, sampled).
inline std::vector<double> autoregressive(std::size_t n, double phi, Normal& normal) {
    std::vector<double> x(n);
    double state = normal();
    for (double& value : x) {
        value = state;
        state = phi * state + std::sqrt(1.0 - phi * phi) * normal();
    }
    return x;
}

/// Second-order autoregression with poles rho exp(+-i omega): a noisy oscillation, started after a burn-in.
inline std::vector<double> noisy_oscillation(std::size_t n, double rho, double omega, Normal& normal) {
    std::vector<double> x(n);
    double a = 0.0, b = 0.0;
    const auto next = [&] {
        const double c = 2.0 * rho * std::cos(omega) * a - rho * rho * b + normal();
        b = a;
        a = c;
        return c;
    };
    for (int i = 0; i < 2000; ++i) next();
    for (double& value : x) value = next();
    return x;
}

}  // namespace spikemass::analysis::test
