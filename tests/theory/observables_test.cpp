// Order parameter and exponential synapses against the exact mass and the mean field of the finite set.

#include <complex>

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/finite_set.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

constexpr double pi = std::numbers::pi;

struct OrderParameterCase {
    double eta, strength;
    const char* name;
};

/// The map Z = (1 - W)/(1 + W), W = pi r - i v, holds for a Lorentzian voltage density.  Three theories: the finite set (no margin), the
/// mass, and the map applied to the measured r and v of the same runs.  Compensated quantiles take the finite set to within 2e-4 of the mass.
TEST(OrderParameter, LorentzianNetwork) {
    const OrderParameterCase cases[] = {{-5, 15, "eta = -5, J = 15"}, {5, -10, "eta = 5, J = -10"}, {1, 0, "eta = 1, J = 0"}};
    constexpr int trials = 8;
    constexpr double dt = 5e-3;
    const double errors = allowed_errors(trials, 18);
    for (const OrderParameterCase& c : cases) {
        const Network network = all_to_all(20000, c.eta, c.strength, dt, Draw::compensated_quantiles);
        std::vector<double> re(trials), im(trials), re_of_map(trials), im_of_map(trials), rate(trials);
        for_each_trial(trials, [&](int t) {
            Network trial = network;
            trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
            const PopulationBins bins = run_spiking(trial, plan(dt, 20, 30, 30, true, true), {}).populations[0];
            const std::complex<double> w(pi * bins.rate[0], -bins.v[0]), z = (1.0 - w) / (1.0 + w);
            const auto i = static_cast<std::size_t>(t);
            re[i] = bins.z_re[0];
            im[i] = bins.z_im[0];
            re_of_map[i] = bins.z_re[0] - z.real();
            im_of_map[i] = bins.z_im[0] - z.imag();
            rate[i] = bins.rate[0];
        });
        const mass::FixedPoint state = mass::fixed_points(network).back();
        const FiniteSet set(network.populations[0], seeds_of(0).init, dt);
        const std::complex<double> finite = set.order_parameter(c.strength * set.self_consistent_rate(c.strength, state.r[0]));
        const std::complex<double> w(pi * state.r[0], -state.v[0]), exact = (1.0 - w) / (1.0 + w);
        std::printf("%s: |Z| = %.4f\n", c.name, std::abs(exact));
        expect_theory("Re Z, finite set", analysis::mean_over_trials(re), finite.real(), errors);
        expect_theory("Im Z, finite set", analysis::mean_over_trials(im), finite.imag(), errors);
        expect_theory("Re Z, mass", analysis::mean_over_trials(re), exact.real(), errors, 2e-4);
        expect_theory("Im Z, mass", analysis::mean_over_trials(im), exact.imag(), errors, 2e-4);
        expect_theory("Re Z - map of measured (r, v)", analysis::mean_over_trials(re_of_map), 0.0, errors, 2e-4);
        expect_theory("Im Z - map of measured (r, v)", analysis::mean_over_trials(im_of_map), 0.0, errors, 2e-4);
    }
}

/// A synapse of unit area leaves the stationary rate alone.
TEST(ExponentialSynapse, StationaryRateOfOnePopulation) {
    constexpr int trials = 8;
    constexpr double dt = 0.01, strength = -10;
    Network network = all_to_all(50000, 5, strength, dt);
    network.projections[0].synapse = {SynapseKind::exponential, 0.1};
    std::vector<double> rate(trials), v(trials);
    for_each_trial(trials, [&](int t) {
        Network trial = network;
        trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
        const PopulationBins bins = run_spiking(trial, plan(dt, 20, 30, 30, true), {}).populations[0];
        rate[static_cast<std::size_t>(t)] = bins.rate[0];
        v[static_cast<std::size_t>(t)] = bins.v[0];
    });
    const FiniteSet set(network.populations[0], seeds_of(0).init, dt);
    const double r = set.self_consistent_rate(strength, mass::fixed_points(network).back().r[0]);
    // margins: 0.05 % of r and 1e-3 in v, as for instantaneous synapses
    expect_theory("r", analysis::mean_over_trials(rate), r, 0.0, 5e-4 * r);
    expect_theory("v", analysis::mean_over_trials(v), set.v(strength * r), 0.0, 1e-3);
}

/// Excitation and inhibition with their own synaptic times, delays and a theta population.
TEST(ExponentialSynapse, StationaryRatesOfTwoPopulations) {
    constexpr int trials = 8;
    constexpr double dt = 0.01;
    constexpr std::int64_t size[] = {40000, 20000};
    const double strength[2][2] = {{5, -6}, {7, -4}}, tau_s[2][2] = {{0.3, 0.7}, {0.2, 0.1}};
    Network network;
    network.dt = dt;
    network.populations = {lorentzian("E", size[0], 2), lorentzian("I", size[1], 0)};
    network.populations[1].model = NeuronKind::theta;
    const char* names[2][2] = {{"EE", "EI"}, {"IE", "II"}};
    for (std::size_t target = 0; target < 2; ++target)
        for (std::size_t source = 0; source < 2; ++source) {
            Projection p = projection(names[target][source], source, target, strength[target][source], TopologyKind::all_to_all, static_cast<double>(size[source]));
            p.synapse = {SynapseKind::exponential, tau_s[target][source]};
            p.delay_steps = 1 + static_cast<std::int64_t>(3 * target + source);
            network.projections.push_back(p);
        }
    std::vector<double> rate[2] = {std::vector<double>(trials), std::vector<double>(trials)};
    for_each_trial(trials, [&](int t) {
        Network trial = network;
        trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
        const RunResult result = run_spiking(trial, plan(dt, 20, 40, 40), {});
        for (std::size_t a = 0; a < 2; ++a) rate[a][static_cast<std::size_t>(t)] = result.populations[a].rate[0];
    });
    const mass::FixedPoint state = mass::fixed_points(network).back();
    ASSERT_TRUE(state.stable);
    const FiniteSet set[2] = {{network.populations[0], seeds_of(0).init, dt}, {network.populations[1], seeds_of(0).init, dt}};
    double r[2] = {state.r[0], state.r[1]};
    for (int i = 0; i < 400; ++i) {   // damped iteration of the mean field
        const double e = set[0].rate(strength[0][0] * r[0] + strength[0][1] * r[1]), inhibitory = set[1].rate(strength[1][0] * r[0] + strength[1][1] * r[1]);
        r[0] += 0.2 * (e - r[0]);
        r[1] += 0.2 * (inhibitory - r[1]);
    }
    ASSERT_NEAR(set[0].rate(strength[0][0] * r[0] + strength[0][1] * r[1]), r[0], 1e-10);
    expect_theory("r of E", analysis::mean_over_trials(rate[0]), r[0], 0.0, 5e-4 * r[0]);
    expect_theory("r of I", analysis::mean_over_trials(rate[1]), r[1], 0.0, 5e-4 * r[1]);
}

}  // namespace
}  // namespace spikemass::theory
