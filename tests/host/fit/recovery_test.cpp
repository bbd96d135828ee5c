// Parameters come back from trajectories that they have made.

#include <gtest/gtest.h>

#include "host/simulation.hpp"
#include "models/closures/registry.hpp"
#include "tests/host/fit/support.hpp"

namespace spikemass::fit {
namespace {

/// Starts a fifth off; every parameter to 1e-6 of its scale.
void expect_recovery(const Configuration& c, const std::vector<std::string>& free, const SolveOptions& options, double tolerance = 1e-6) {
    const Recording recording = recording_of(c, options.shooting.mass);
    std::vector<Parameter> parameters = chosen(c, free);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        Parameter& p = parameters[k];
        p.start = p.kind == Parameter::Kind::delay ? p.value * 1.37 : p.value + 0.2 * std::max(0.3, std::abs(p.value)) * (k % 2 ? -1.0 : 1.0);
    }
    const Solution s = solve({&recording}, parameters, options);
    ASSERT_TRUE(s.converged) << s.failure;
    for (const Estimate& e : s.estimates) EXPECT_NEAR(e.value, e.parameter.value, tolerance * std::max(1.0, std::abs(e.parameter.value))) << e.parameter.path;
}

TEST(Recovery, OfEtaDeltaAndJ) {
    const Configuration c = configuration(mass::one_population(-1.0, 8.0, 1.0));
    expect_recovery(c, {}, {});
    expect_recovery(c, {}, {.shooting = {.segment = 5.0}});
    expect_recovery(c, {"eta", "strength", "amplitude"}, {.shooting = {.from_network = true}});
}

TEST(Recovery, OfDelaysAndTimeConstants) {
    Network n = mass::one_population(-1.0, 8.0, 1.0);
    n.projections[0].delay_steps = 30;
    n.populations[0].initial.kind = InitialKind::fixed_point;   // no jump of the rate at time zero, which would fall into a step for other delays
    mass::synapse(n, 0.4);
    expect_recovery(configuration(n), {"eta", "strength", "delay", "synapse.tau"}, {.shooting = {.from_network = true}});
}

TEST(Recovery, OfTwoPopulations) {
    Network n = mass::excitation_inhibition();
    Configuration c = configuration(n);
    Stimulus other = c.network.stimuli[0];
    other.name = "other";
    other.target = 1;
    other.start = 20.0;
    other.stop = 26.0;
    c.network.stimuli.push_back(other);
    expect_recovery(c, {}, {});
}

TEST(Recovery, WithEveryClosure) {
    for (const auto name : closures::closure_names) {
        SCOPED_TRACE(std::string(name));
        const bool classes = name == "degree_classes";
        expect_recovery(configuration(mass::sparse_population(-1.0, 8.0, 1.0, TopologyKind::erdos_renyi, 60.0), classes ? 16.0 : 25.0), {}, {.shooting = {.mass = {std::string(name), false}, .from_network = classes}}, name == "resonant" ? 1e-5 : 1e-6);
    }
}

TEST(Recovery, OfParametersThatManyPointsShare) {
    std::vector<Recording> recordings;
    for (const double strength : {4.0, 8.0, 12.0}) {
        const Configuration c = configuration(mass::one_population(-1.0, strength, 1.0), 16.0);
        recordings.push_back(recording_of(c));
        recordings.back().configuration = c;
    }
    std::vector<Parameter> parameters = chosen(recordings[0].configuration, {"eta"});
    for (Parameter& p : parameters) p.start = p.value + 0.3;
    const std::vector<const Recording*> list{&recordings[0], &recordings[1], &recordings[2]};
    Solution results[2];
    for (int threads : {1, 2}) results[threads - 1] = solve(list, parameters, {.shooting = {.segment = 4.0}, .threads = threads});
    ASSERT_TRUE(results[0].converged);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        EXPECT_NEAR(results[0].estimates[k].value, parameters[k].value, 1e-6);
        EXPECT_EQ(results[0].estimates[k].value, results[1].estimates[k].value);   // threads change nothing
        EXPECT_EQ(results[0].estimates[k].low, results[1].estimates[k].low);
    }
}

TEST(Recovery, OfASpikingNetwork) {
    // All-to-all, compensated quantiles: no bias of finite size, so what is left is noise, and the intervals must hold the truth.
    Configuration c = configuration(mass::one_population(-1.0, 8.0, 1.0), 30.0);
    c.network.populations[0].size = 4000;
    c.network.populations[0].eta.draw = Draw::compensated_quantiles;
    c.network.projections[0].topology.mean_indegree = 4000.0;
    c.network.dt = c.run.dt = 2e-3;
    c.plan.warmup_steps = 2500;
    c.plan.steps_per_bin = 50;
    Recording r;
    r.name = "point 0";
    r.configuration = c;
    for (std::uint64_t trial = 0; trial < 3; ++trial) {
        Network n = c.network;
        n.seeds = {trial + 1, trial + 100, trial + 200};
        const RunResult result = run_spiking(n, c.plan, {});
        r.trials.push_back({{result.populations[0].rate}, {result.populations[0].v}});
    }
    summarise(r);
    std::vector<Parameter> parameters = chosen(c, {});
    for (Parameter& p : parameters) p.start = p.value * 1.2;
    const Solution s = solve({&r}, parameters, {});
    ASSERT_TRUE(s.converged) << s.failure;
    for (const Estimate& e : s.estimates) {
        EXPECT_LT(e.low, e.parameter.value) << e.parameter.path << " " << e.value;
        EXPECT_GT(e.high, e.parameter.value) << e.parameter.path << " " << e.value;
        EXPECT_LT(e.high - e.low, 0.3 * std::max(1.0, std::abs(e.parameter.value))) << e.parameter.path;
        std::printf("%s: %.4f [%.4f, %.4f], true %.4f\n", e.parameter.path.c_str(), e.value, e.low, e.high, e.parameter.value);
    }
}

}  // namespace
}  // namespace spikemass::fit
