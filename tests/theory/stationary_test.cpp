// Stationary all-to-all networks against the mean field of their own finite set of neurons.

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/finite_set.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

struct Case {
    double eta, strength;
    Branch branch;
    NeuronKind model;
};
const Case high{-5, 15, Branch::high, NeuronKind::qif};
const Case driven{1, 15, Branch::high, NeuronKind::qif};

constexpr int trials = 4;
constexpr double dt = 0.02;

struct Stationary {
    analysis::Estimate rate, v;
    double rate_theory, v_theory;
};

Stationary run(const Case& c, std::int64_t size, double warmup, double duration, bool with_v) {
    Network network = all_to_all(size, c.eta, c.strength, dt);
    network.populations[0].model = c.model;
    network.populations[0].initial.branch = c.branch;
    std::vector<double> rate(trials), v(trials);
    for_each_trial(trials, [&](int t) {
        Network trial = network;
        trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
        const RunResult result = run_spiking(trial, plan(dt, warmup, duration, duration, with_v), {});
        rate[static_cast<std::size_t>(t)] = result.populations[0].rate[0];
        if (with_v) v[static_cast<std::size_t>(t)] = result.populations[0].v[0];
    });
    const FiniteSet set(network.populations[0], seeds_of(0).init, dt);
    mass::resolve_initial(network);
    const double r = set.self_consistent_rate(c.strength, network.populations[0].initial.rate);
    return {analysis::mean_over_trials(rate), analysis::mean_over_trials(v), r, set.v(c.strength * r)};
}

/// 0.05 % of the rate.  Its s.e. is below 0.003 % (printed): the margin is for the time step, not for chance.
void expect_rate(const char* what, const Stationary& s) { expect_theory(what, s.rate, s.rate_theory, 0.0, 5e-4 * s.rate_theory); }

TEST(Stationary, RateOfTheFiniteSet) {
    expect_rate("rate, eta = -5, high state", run(high, 100000, 40, 60, false));
    expect_rate("rate, eta = 1", run(driven, 100000, 40, 60, false));
    expect_rate("rate, eta = 5, J = -10", run({5, -10, Branch::high, NeuronKind::qif}, 100000, 40, 60, false));
}

TEST(Stationary, RateOfThetaNeurons) {
    Case c = high;
    c.model = NeuronKind::theta;
    expect_rate("theta: rate, eta = -5, high state", run(c, 100000, 20, 20, false));
    c = driven;
    c.model = NeuronKind::theta;
    expect_rate("theta: rate, eta = 1", run(c, 100000, 20, 20, false));
}

/// Absolute 1e-3; s.e. about 5e-5.
void expect_v(const char* what, const Stationary& s) { expect_theory(what, s.v, s.v_theory, 0.0, 1e-3); }

TEST(Stationary, PrincipalValueOfTheFiniteSet) {
    expect_v("v, eta = -5, high state", run(high, 10000, 40, 100, true));
    expect_v("v, eta = 1", run(driven, 10000, 40, 100, true));
    Case c = high;
    c.model = NeuronKind::theta;
    expect_v("theta: v, eta = -5, high state", run(c, 10000, 30, 50, true));
    c = driven;
    c.model = NeuronKind::theta;
    expect_v("theta: v, eta = 1", run(c, 10000, 30, 50, true));
}

}  // namespace
}  // namespace spikemass::theory
