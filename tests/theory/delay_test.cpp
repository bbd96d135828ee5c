// The delay rule: a spike of step n acts, on average, exactly m steps later; before time zero the sources fire at `initial.rate`.

#include <span>

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "kernels/parameters.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

/// Mean lag of the effect of one spike behind the centre of its step.  The source fires once, the target rests at V = -5, where a small
/// kick decays as exp(-10 t): its centre of mass is 1/10 later (plus tau_s).  Kicks up and down: half the difference is linear in the kick.
double measured_lag(double dt, std::int64_t delay_steps, Synapse synapse) {
    Network network;
    network.dt = dt;
    network.populations.resize(2);
    Population &source = network.populations[0], &target = network.populations[1];
    source.name = "source";
    source.size = 1;
    source.eta = {Distribution::constant, 0.01, 0.0, Draw::midpoint_quantiles};
    source.initial = {InitialKind::lorentzian, 5.0, 0.0, 0.0, Branch::low};   // spikes at 10 atan(0.1/5) = 0.2, again after 31
    target.name = "target";
    target.size = 1;
    target.eta = {Distribution::constant, -25.0, 0.0, Draw::midpoint_quantiles};
    network.projections = {projection("kick", 0, 1, 0.1, TopologyKind::all_to_all, 1.0)};
    network.projections[0].delay_steps = delay_steps;
    network.projections[0].synapse = synapse;

    std::vector<std::int64_t> spikes;
    SimulationOptions options;
    options.spikes = [&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
        if (population == 0) spikes.insert(spikes.end(), ids.size(), step);
    };
    const RunPlan every_step = plan(dt, 0, 3.0, dt, true);
    const std::vector<double> up = run_spiking(network, every_step, options).populations[1].v;
    network.projections[0].strength *= -1.0;
    const std::vector<double> down = run_spiking(network, every_step, {}).populations[1].v;
    EXPECT_EQ(spikes.size(), 1u);
    double area = 0.0, moment = 0.0;
    for (std::size_t k = 0; k < up.size(); ++k) {
        area += up[k] - down[k];
        moment += (up[k] - down[k]) * static_cast<double>(k) * dt;
    }
    EXPECT_NEAR(area * dt / 2.0, 0.1 / 10.0, 1e-5);   // the kick is J/K
    return moment / area - static_cast<double>(spikes.at(0)) * dt - 0.1 - synapse.tau;
}

TEST(Delay, EffectLagsTheStepOfTheSpikeByTheDelay) {
    constexpr double dt = 0.01;
    for (const Synapse& synapse : {Synapse{SynapseKind::delta, 0.0}, Synapse{SynapseKind::exponential, 0.05}})
        for (const std::int64_t m : {1, 2, 7, 80}) {
            const double lag = measured_lag(dt, m, synapse) / dt;
            std::printf("  %-11s m = %2d: lag %.4f steps\n", synapse.kind == SynapseKind::delta ? "delta" : "exponential", static_cast<int>(m), lag);
            EXPECT_NEAR(lag, static_cast<double>(m), 0.01);
        }
}

/// The other half of the rule: a spike belongs to the step that contains its exact time, wherever in the step it falls, so that the mean
/// lag behind the spikes themselves is m dt too.  Exact times at constant input: phase u, then every pi/sqrt(eta).
TEST(Delay, SpikesBelongToTheStepThatContainsThem) {
    constexpr double dt = 0.01, duration = 5.0;
    constexpr std::int64_t size = 20001;
    Network network = all_to_all(size, 3.0, 0.0, dt);
    network.seeds = seeds_of(0);
    std::vector<std::vector<std::int64_t>> measured(size);
    SimulationOptions options;
    options.spikes = [&](std::size_t, std::int64_t step, std::span<const std::uint32_t> ids) {
        for (const std::uint32_t i : ids) measured[i].push_back(step);
    };
    run_spiking(network, plan(dt, 0, duration, duration), options);
    const Population& p = network.populations[0];
    const auto eta = draw_parameter(p.eta, size, network.seeds.init, name_key(p.name));
    const auto phase = initial_phases(size, network.seeds.init, name_key(p.name));
    double spikes = 0.0, wrong = 0.0, offset = 0.0;
    for (std::size_t i = 0; i < eta.size(); ++i) {
        if (eta[i] <= 0.0 || eta[i] * dt * dt > 1.0) continue;   // the flow is exact to 1e-5 per step below x = 1
        const double period = std::numbers::pi / std::sqrt(eta[i]);
        std::size_t k = 0;
        for (double t = (1.0 - phase[i]) * period; t < duration; t += period, ++k) {
            spikes += 1.0;
            offset += t / dt - std::floor(t / dt) - 0.5;
            wrong += k >= measured[i].size() || measured[i][k] != static_cast<std::int64_t>(t / dt);
        }
    }
    const double mean_offset = offset / spikes, sd = 1.0 / std::sqrt(12.0 * spikes);
    std::printf("  %.0f spikes, %.2g of them in another step than theory; mean position behind the step's centre %.4f steps (sd %.4f)\n", spikes,
                wrong / spikes, mean_offset, sd);
    EXPECT_LT(wrong / spikes, 2e-3);
    EXPECT_LT(std::abs(mean_offset), 5.0 * sd);
}

/// Started at the mass's fixed point, the rate stays there from the first bin on, although for half a tau nothing but spikes from before
/// time zero arrives.  Without them the same network starts with an input that is off by J r = 15 and leaves its state.
TEST(Delay, InputFromBeforeTimeZero) {
    constexpr double dt = 0.01, duration = 1.0, bin = 0.05;
    constexpr int trials = 8;
    for (const Synapse& synapse : {Synapse{SynapseKind::delta, 0.0}, Synapse{SynapseKind::exponential, 0.3}}) {
        Network network = all_to_all(100000, -5, 15, dt, Draw::compensated_quantiles);
        network.projections[0].delay_steps = 50;
        network.projections[0].synapse = synapse;
        const auto bins = static_cast<std::size_t>(steps(duration, bin));
        std::vector<std::vector<double>> rate(bins, std::vector<double>(trials));
        for_each_trial(trials, [&](int t) {
            Network trial = network;
            trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
            const PopulationBins p = run_spiking(trial, plan(dt, 0, duration, bin), {}).populations[0];
            for (std::size_t b = 0; b < bins; ++b) rate[b][static_cast<std::size_t>(t)] = p.rate[b];
        });
        Network resolved = network;
        mass::resolve_initial(resolved);
        const double fixed = resolved.populations[0].initial.rate;
        const double errors = allowed_errors(trials, static_cast<int>(2 * bins));
        double worst = 0.0, largest_error = 0.0;
        for (std::size_t b = 0; b < bins; ++b) {
            const analysis::Estimate r = analysis::mean_over_trials(rate[b]);
            EXPECT_LE(std::abs(r.value - fixed), errors * r.standard_error + 5e-4 * fixed) << "bin " << b;
            worst = std::max(worst, std::abs(r.value - fixed));
            largest_error = std::max(largest_error, r.standard_error);
        }
        resolved.populations[0].initial.kind = InitialKind::lorentzian;   // the stationary density, but a silent past
        resolved.populations[0].initial.center = -1.0 / (2.0 * std::numbers::pi * fixed);
        resolved.populations[0].initial.half_width = std::numbers::pi * fixed;
        resolved.populations[0].initial.rate = 0.0;
        resolved.seeds = seeds_of(0);
        const std::vector<double> silent = run_spiking(resolved, plan(dt, 0, duration, bin), {}).populations[0].rate;
        double off = 0.0;
        for (const double r : silent) off = std::max(off, std::abs(r - fixed));
        std::printf("  r* = %.5f: largest |r - r*| in %zu bins %.4f (s.e. <= %.4f); with a silent past %.4f\n", fixed, bins, worst, largest_error, off);
        EXPECT_LT(largest_error, 0.02);
        EXPECT_GT(off, 0.3);
    }
}

}  // namespace
}  // namespace spikemass::theory
