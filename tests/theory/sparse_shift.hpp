#pragma once
// What sparseness does to a stationary network: (p, q) = W_2 measured from (r, v), and its theories.

#include <complex>
#include <random>

#include "host/mass/afferents.hpp"
#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "models/closures/resonant_static.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/finite_set.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {

struct Shift {
    analysis::Estimate r, v;     ///< of the sparse network
    analysis::Estimate dr, dv;   ///< sparse minus all-to-all, same eta set and initial state
    analysis::Estimate p, q;     ///< p = pi^2 r^2 - v^2 - eta - J r, q = -Delta - 2 pi r v, as differences to all-to-all
    std::complex<double> w() const { return {std::numbers::pi * r.value, -v.value}; }
};

/// Runs `graphs` sparse networks and their all-to-all twins.
inline Shift measure_shift(const Network& sparse_network, int graphs, double warmup, double duration) {
    constexpr double pi = std::numbers::pi;
    const double strength = sparse_network.projections[0].strength;
    std::vector<double> x[6];
    for (auto& values : x) values.resize(static_cast<std::size_t>(graphs));
    for_each_trial(graphs, [&](int t) {
        Network network = sparse_network;
        network.seeds = seeds_of(static_cast<std::uint64_t>(t));
        Network twin = network;
        const auto size = static_cast<double>(network.populations[0].size);
        twin.projections = {projection("EE", 0, 0, strength, TopologyKind::all_to_all, size)};
        const RunPlan p = plan(network.dt, warmup, duration, duration, true);
        const PopulationBins a = run_spiking(network, p, {}).populations[0], b = run_spiking(twin, p, {}).populations[0];
        const double r = a.rate[0], v = a.v[0], r0 = b.rate[0], v0 = b.v[0];
        const double values[] = {r, v, r - r0, v - v0, pi * pi * (r * r - r0 * r0) - (v * v - v0 * v0) - strength * (r - r0), -2.0 * pi * (r * v - r0 * v0)};
        for (int i = 0; i < 6; ++i) x[i][static_cast<std::size_t>(t)] = values[i];
    });
    const auto mean = [&](int i) { return analysis::mean_over_trials(x[i]); };
    return {mean(0), mean(1), mean(2), mean(3), mean(4), mean(5)};
}

/// W_2 of the closure `resonant_static` (or of shot noise alone, annealed) at the measured W.
inline std::complex<double> first_order(const Network& network, const Shift& measured) {
    const closures::Complex<double> w{measured.w().real(), measured.w().imag()};
    const auto w2 = closures::stationary_resonance(mass::make_afferent(network, network.projections[0]), w, w);
    return {w2.re, w2.im};
}

/// The same physics with the quenched part to all orders, for fixed in-degrees.  A neuron's K sources give it the constant input
/// zeta = (J/K) sum_j r_j - J <r>, whose law has a heavy tail (Lorentzian eta); to first order only its variance enters,
/// W_2 = -<zeta^2>/(4 W^2), which fails when <zeta^2> is no longer small against |W|^2.  Exactly, W = <sqrt(A + T + zeta)> with
/// A = eta + J r + i Delta and T the fluctuating part of W_2 (shot noise and resonance, first order; sum over the finite set), and
/// W_2 = W^2 - A.  The mean over zeta is taken over drawn sets of sources; the orders zeta and zeta^2 are known and not sampled.
inline std::complex<double> quenched_to_all_orders(const Network& network, const Shift& measured) {
    constexpr std::complex<double> i(0.0, 1.0);
    constexpr int samples = 40000;
    const Population& population = network.populations[0];
    const double strength = network.projections[0].strength, k = network.projections[0].topology.mean_indegree, n = static_cast<double>(population.size);
    const std::complex<double> w = measured.w();
    const FiniteSet set(population, seeds_of(0).init, network.dt);
    std::vector<double> rate;
    std::complex<double> cotangent;   // (i/2) <r_j cot(W/r_j)>
    double mean = 0.0, square = 0.0;
    for (const double eta : set.eta()) {
        const double r = std::sqrt(std::max(0.0, eta + strength * measured.r.value)) * std::numbers::inv_pi;
        rate.push_back(r);
        mean += r / n;
        square += r * r / n;
        if (r == 0.0) continue;
        const std::complex<double> e = std::exp(2.0 * i * w / r);   // |e| < 1: Im W = -v > 0
        cotangent += 0.5 * i * r * i * (e + 1.0) / (e - 1.0) / n;
    }
    const double a = strength * strength / k * (1.0 - k / n), variance = a * (square - mean * mean);
    const std::complex<double> all = 0.5 * i / w * a * (cotangent - 0.5 * i * mean * mean / w), quenched = -variance / (4.0 * w * w);
    const std::complex<double> base = population.eta.center + strength * measured.r.value + i * population.eta.width, shifted = base + all - quenched;
    const std::complex<double> root = std::sqrt(shifted);
    std::mt19937_64 random(1);
    std::complex<double> rest;
    const auto sources = static_cast<std::size_t>(k);
    for (int s = 0; s < samples; ++s) {
        double zeta = -strength * mean;
        for (std::size_t j = 0; j < sources; ++j) {   // the first K of a shuffle
            std::swap(rate[j], rate[j + random() % (rate.size() - j)]);
            zeta += strength / k * rate[j];
        }
        rest += std::sqrt(shifted + zeta) - root - zeta / (2.0 * root) + zeta * zeta / (8.0 * root * root * root);
    }
    const std::complex<double> average = root - variance / (8.0 * root * root * root) + rest / static_cast<double>(samples);
    return average * average - base;
}

/// How many graphs each state takes: the p of (5, -10) is small beside its noise.
struct GraphNumbers {
    int excitatory, inhibitory, strongly_inhibitory;
};

/// fixed_indegree at K in three states, N = 1e4.  K p/J^2 and K q/J^2 against two theories, both at the measured W:
///   first order (resonant_static): q within 15 %, p within 30 %, plus chance; p only where J^2/(K pi^2 r^2) < 1, the range of the expansion
///   (at eta = 20, J = -40, K = 300 it is 2.6 and the first-order p is 40 % too small);
///   quenched part to all orders: q within 10 %, p within 15 %, plus chance, everywhere.
/// Chance: Student t for 24 questions; 4.7 s.e. of 32 graphs are 2.3 s.e. of 8.  The second line is the power: how far the shot noise of
/// Poisson sources would be off, in tolerances.
inline void expect_fixed_indegree(double k, GraphNumbers graphs) {
    constexpr double dt = 0.01;
    const struct {
        double eta, strength;
        int graphs;
    } states[] = {{-5, 15, graphs.excitatory}, {5, -10, graphs.inhibitory}, {20, -40, graphs.strongly_inhibitory}};
    for (const auto& state : states) {
        const Network network = sparse(10000, state.eta, state.strength, dt, TopologyKind::fixed_indegree, k);
        const double errors = allowed_errors(static_cast<std::size_t>(state.graphs), 24);
        const Shift shift = measure_shift(network, state.graphs, 20, 40);
        const std::complex<double> first = first_order(network, shift), all = quenched_to_all_orders(network, shift);
        const double strength2 = state.strength * state.strength, scale = k / strength2;
        const std::complex<double> poisson = std::complex<double>(0.0, 0.25 * strength2 / k * (1.0 - k / 1e4) * shift.r.value) / shift.w();
        const double expansion = strength2 / (k * std::pow(std::numbers::pi * shift.r.value, 2));
        std::printf("eta = %g, J = %g, K = %g: dr = %.5f (s.e. %.1g), dv = %.5f (s.e. %.1g), x = %.3f, J^2/(K pi^2 r^2) = %.2f\n", state.eta, state.strength, k,
                    shift.dr.value, shift.dr.standard_error, shift.dv.value, shift.dv.standard_error, shift.v.value / (std::numbers::pi * shift.r.value), expansion);
        const auto expect = [&](const char* what, const analysis::Estimate& measured, double theory, double white, double margin) {
            analysis::Estimate scaled = measured;
            scaled.value *= scale;
            scaled.standard_error *= scale;
            expect_theory(what, scaled, scale * theory, errors, margin * std::abs(scale * theory));
            std::printf("  %36s Poisson sources would be off by %.1f times what is allowed\n", "",
                        std::abs(white - theory) / (errors * measured.standard_error + margin * std::abs(theory)));
        };
        expect("K q/J^2, first order", shift.q, first.imag(), poisson.imag(), 0.15);
        if (expansion < 1.0) expect("K p/J^2, first order", shift.p, first.real(), poisson.real(), 0.30);
        expect("K q/J^2, quenched to all orders", shift.q, all.imag(), poisson.imag(), 0.10);
        expect("K p/J^2, quenched to all orders", shift.p, all.real(), poisson.real(), 0.15);
    }
}

}  // namespace spikemass::theory
