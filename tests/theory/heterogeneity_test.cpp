// Networks whose eta is not Lorentzian: against the exact masses of laws with poles, and against the closed forms of stationary rates.

#include <cmath>
#include <numbers>

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "kernels/distributions.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

Network of_law(std::int64_t size, Distribution law, double n, double eta, double strength, double half_width, double dt) {
    Network network = all_to_all(size, eta, strength, dt);
    network.populations[0].eta = {law, eta, half_width, Draw::midpoint_quantiles, n};
    return network;
}

/// From the fixed point, I = 3 on [0.5, 2).  Besides chance (errors of the mean over trials) the bound has 0.4 % of the largest rate: bins of 0.1 = 20 steps, and the bias of
/// 200,000 quantiles, which is smaller for these laws than for the Lorentzian: their tails are thinner.  The mass of another law must fail.
TEST(PoleMass, TransientOfTheNetwork) {
    constexpr int trials = 24;
    constexpr double dt = 5e-3;
    for (const Distribution law : {Distribution::rational, Distribution::q_gaussian})
        for (const int n : {2, 3}) {
            Network network = of_law(200000, law, n, 1, 6, 1, dt), other = of_law(200000, Distribution::lorentzian, 1, 1, 6, 1, dt);
            Stimulus step;
            step.name = "step";
            step.start = 0.5;
            step.stop = 2.0;
            step.amplitude = 3.0;
            network.stimuli = other.stimuli = {step};
            const RunPlan p = plan(dt, 0, 4, 0.1);
            const auto bins = static_cast<std::size_t>(p.bins);
            const std::vector<double> mass = mass::run_mass(network, p).populations[0].rate, far = mass::run_mass(other, p).populations[0].rate;
            std::vector<std::vector<double>> rate(bins, std::vector<double>(trials));
            for_each_trial(trials, [&](int t) {
                Network trial = network;
                trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
                const PopulationBins b = run_spiking(trial, p, {}).populations[0];
                for (std::size_t k = 0; k < bins; ++k) rate[k][static_cast<std::size_t>(t)] = b.rate[k];
            });
            const double errors = allowed_errors(trials, static_cast<int>(bins)), largest = *std::max_element(mass.begin(), mass.end());
            double worst = 0, error = 0;
            int refused = 0;
            for (std::size_t k = 0; k < bins; ++k) {
                const analysis::Estimate r = analysis::mean_over_trials(rate[k]);
                const double bound = errors * r.standard_error + 4e-3 * largest;
                EXPECT_LE(std::abs(r.value - mass[k]), bound) << facts_of(law).name << n << ", bin " << k;
                refused += std::abs(r.value - far[k]) > bound;
                worst = std::max(worst, std::abs(r.value - mass[k]));
                error = std::max(error, r.standard_error);
            }
            std::printf("  %s n = %d: largest rate %.3f, off the mass by %.4f at most (s.e. <= %.4f); the Lorentzian mass is refused in %d of %zu bins\n", facts_of(law).name, n, largest, worst, error, refused, bins);
            EXPECT_GE(refused, 5);
        }
}

/// Mean rate of a network that started at its stationary rate.
analysis::Estimate stationary(const Network& network) {
    constexpr int trials = 4;
    std::vector<double> rate(trials);
    for_each_trial(trials, [&](int t) {
        Network trial = network;
        trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
        rate[static_cast<std::size_t>(t)] = run_spiking(trial, plan(network.dt, 20, 40, 40), {}).populations[0].rate[0];
    });
    return analysis::mean_over_trials(rate);
}

/// r = ((I + w)^(3/2) - (I - w)^(3/2))/(3 pi w), I = eta + J r; 0.1 % for the time step and 20,000 quantiles.
TEST(Uniform, StationaryRateOfTheNetwork) {
    for (const double strength : {-4.0, 1.0}) {
        const Network network = of_law(20000, Distribution::uniform, 1, 1.5, strength, 2.0, 0.02);
        const auto power = [](double x) { return x > 0 ? x * std::sqrt(x) : 0.0; };
        double low = 0, high = 10;
        for (int k = 0; k < 80; ++k) {
            const double r = 0.5 * (low + high), input = 1.5 + strength * r;
            ((power(input + 2) - power(input - 2)) / (6 * std::numbers::pi) > r ? low : high) = r;
        }
        expect_theory("rate, uniform eta", stationary(network), low, 0.0, 1e-3 * low);
    }
}

/// q = 1.03125, n = 32: the network has the rate of its mass; a network with a Gaussian eta of the same half width is 3 % or less away, the Lorentzian far.
TEST(QGaussian, StationaryRateNearTheGaussian) {
    const Network network = of_law(20000, Distribution::q_gaussian, 32, 0.5, -3, 1.5, 0.02);
    const double r = mass::fixed_points(network).front().r[0];
    expect_theory("rate, q = 1.03125", stationary(network), r, 0.0, 1e-3 * r);
    Network gaussian = network;
    gaussian.populations[0].eta = {Distribution::gaussian, 0.5, 1.5 / std::sqrt(2 * std::numbers::ln2)};
    gaussian.populations[0].initial.kind = InitialKind::asynchronous;
    gaussian.populations[0].initial.rate = r;
    expect_theory("rate, Gaussian eta", stationary(gaussian), r, 0.0, 0.03 * r);
    const double lorentzian = mass::fixed_points(of_law(20000, Distribution::lorentzian, 1, 0.5, -3, 1.5, 0.02)).front().r[0];
    EXPECT_GT(std::abs(lorentzian - r), 0.1 * r);
}

}  // namespace
}  // namespace spikemass::theory
