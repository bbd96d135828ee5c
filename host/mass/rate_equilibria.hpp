#pragma once
// Steady states of the exact mass (closure none) from + - * / sqrt alone, in a fixed order: their rates feed the spikes of networks
// that start at a fixed point, so they must be the same bits for every compiler and machine.

#include <cstddef>
#include <vector>

#include "kernels/network.hpp"
#include "models/masses/poles.hpp"

namespace spikemass::mass {

/// What eta follows beside its centre and common half width: poles, or a uniform law of this half width, or (neither) nothing more.
struct RateLaw {
    models::Poles poles;
    double uniform = 0.0;
    bool plain() const { return poles.size == 0 && uniform == 0.0; }
};

/// rho_a = Phi_a(eta_a + sum_b coupling_ab rho_b, delta_a + sum_b spread_ab rho_b), Phi(I, Delta) = Re sqrt(I + i Delta)/pi, averaged over the law.
/// Shapes: law, eta, delta [a], coupling, spread [a * size + b]; dimensionless (rho = tau r).  spread: half widths of strengths over targets; empty: none.
struct RateSystem {
    std::vector<double> eta, delta, coupling, spread = {};
    std::vector<RateLaw> law = std::vector<RateLaw>(eta.size());
    std::size_t size() const { return eta.size(); }
    double width(std::size_t a, const std::vector<double>& rho) const {
        double sum = delta[a];
        for (std::size_t b = 0; b < rho.size() && !spread.empty(); ++b) sum += spread[a * size() + b] * rho[b];
        return sum;
    }
};

/// The steady states of `network` are those of this system, whatever its synapses and delays.
RateSystem rate_system(const Network& network, double input = 0.0);

/// All steady rates that are found, [solution][a], by ascending total.  One population: all there are (with spread or a law: all that are a hundredth apart).
std::vector<std::vector<double>> rate_equilibria(const RateSystem& system);

/// Saddle-nodes of one population with delta > 0: eta(rho) = pi^2 rho^2 - delta^2/(4 pi^2 rho^2) - J rho has its extrema there.
struct Folds {
    bool exist = false;
    double rho_low = 0.0, rho_high = 0.0;
};
Folds saddle_nodes(double coupling, double delta);
double eta_of_rate(double rho, double coupling, double delta);

/// The undelayed exact mass, with its synapses, is linearly stable at these rates (rho = tau r).  Where some eta is uniform there is no finite mass: then
/// what is stable under rho' = Phi - rho, which is necessary only.  With poles, what neither grows nor decays to rounding counts as stable.
bool is_stable(const Network& network, const std::vector<double>& rho);

}  // namespace spikemass::mass
