// Excitation and inhibition on a limit cycle: the spiking network against the mass with the same delay.

#include <complex>

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

struct Cycle {
    double period, mean, first, second;   ///< first, second: amplitudes of the fundamental and of its first overtone
    int cycles;
};

/// Period from upward crossings of the mean, interpolated, each after a visit to below mean - sd/2; Fourier coefficients over whole
/// cycles, because extremes of a noisy trace are biased.
Cycle cycle_of(const std::vector<double>& x, double bin) {
    const double mean = analysis::mean(x), low = mean - 0.5 * std::sqrt(analysis::variance(x));
    std::vector<double> crossing;
    bool armed = false;
    for (std::size_t b = 1; b < x.size(); ++b) {
        armed = armed || x[b] < low;
        if (!armed || x[b] < mean) continue;
        crossing.push_back(static_cast<double>(b) - (x[b] - mean) / (x[b] - x[b - 1]));
        armed = false;
    }
    const auto n = static_cast<int>(crossing.size()) - 1;
    const double period = (crossing.back() - crossing.front()) / n;   // in bins
    const auto from = static_cast<std::size_t>(crossing.front() + 0.5), to = static_cast<std::size_t>(crossing.back() + 0.5);
    std::complex<double> harmonic[3];
    for (std::size_t b = from; b < to; ++b)
        for (int k = 0; k < 3; ++k) harmonic[k] += x[b] * std::polar(1.0, -2.0 * std::numbers::pi * k * static_cast<double>(b) / period);
    const auto bins = static_cast<double>(to - from);
    return {period * bin, harmonic[0].real() / bins, 2.0 * std::abs(harmonic[1]) / bins, 2.0 * std::abs(harmonic[2]) / bins, n};
}

/// The set ee = 10, ei = -12, ie = 14, ii = -8, eta = (2, 0), Delta = 1: without delay the mass has a cycle of period 2.4108 with r_e in
/// [0.16230, 0.57435].
TEST(Populations, ExcitatoryInhibitoryLimitCycle) {
    constexpr double dt = 2e-3, bin = 0.05, warmup = 25.0, duration = 40.0;
    constexpr std::int64_t size = 40000;
    constexpr int trials = 8;
    Network network;
    network.dt = dt;
    network.populations = {lorentzian("E", size, 2, 1, Draw::compensated_quantiles), lorentzian("I", size, 0, 1, Draw::compensated_quantiles)};
    for (Population& p : network.populations) p.initial = {InitialKind::asynchronous, 0.0, 1.0, 0.3, Branch::low};
    network.projections = {projection("EE", 0, 0, 10, TopologyKind::all_to_all, size), projection("EI", 1, 0, -12, TopologyKind::all_to_all, size),
                           projection("IE", 0, 1, 14, TopologyKind::all_to_all, size), projection("II", 1, 1, -8, TopologyKind::all_to_all, size)};

    const RunPlan p = plan(dt, warmup, duration, bin);
    std::vector<double> period[2], mean[2], first[2], second[2];
    for (auto* x : {period, mean, first, second})
        for (int a = 0; a < 2; ++a) x[a].resize(trials);
    for_each_trial(trials, [&](int t) {
        Network trial = network;
        trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
        const RunResult result = run_spiking(trial, p, {});
        for (std::size_t a = 0; a < 2; ++a) {
            const Cycle c = cycle_of(result.populations[a].rate, bin);
            const auto i = static_cast<std::size_t>(t);
            period[a][i] = c.period;
            mean[a][i] = c.mean;
            first[a][i] = c.first;
            second[a][i] = c.second;
        }
    });
    const RunResult theory = mass::run_mass(network, p), undelayed = mass::run_mass(network, p, {"none", true});
    for (std::size_t a = 0; a < 2; ++a) {
        const Cycle c = cycle_of(theory.populations[a].rate, bin), u = cycle_of(undelayed.populations[a].rate, bin);
        std::printf("%s, %d cycles; without delay period %.4f, amplitudes %.4f, %.4f\n", network.populations[a].name.c_str(), c.cycles, u.period, u.first, u.second);
        expect_theory("period", analysis::mean_over_trials(period[a]), c.period, 0.0, 0.005 * c.period);
        expect_theory("mean rate", analysis::mean_over_trials(mean[a]), c.mean, 0.0, 0.005 * c.mean);
        // Finite-size noise makes the phase diffuse, which takes 1 and 2 % of the coherent amplitudes; s.e. 0.4 and 1 %.
        expect_theory("amplitude", analysis::mean_over_trials(first[a]), c.first, 0.0, 0.03 * c.first);
        expect_theory("amplitude of the overtone", analysis::mean_over_trials(second[a]), c.second, 0.0, 0.06 * c.second);
    }
}

}  // namespace
}  // namespace spikemass::theory
