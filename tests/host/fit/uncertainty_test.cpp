// Intervals hold the truth as often as they say, with coloured noise and with what is quenched in a trial; what the data do not see is named.

#include <gtest/gtest.h>

#include "models/base/random.hpp"
#include "tests/host/fit/support.hpp"

namespace spikemass::fit {
namespace {

/// Adds noise of relative size `size` that forgets with `memory` per bin to every series of `trials` copies, and to each trial an offset of its own.
Recording noisy(const Recording& exact, std::uint64_t seed, int trials, double size, double memory, double offset) {
    Recording r = exact;
    const Trial clean = exact.trials.front();
    r.trials.clear();
    Normal normal(seed * 1000003);
    for (int t = 0; t < trials; ++t) {
        Trial trial = clean;
        for (auto* variable : {&trial.rate, &trial.v})
            for (std::size_t p = 0; p < variable->size(); ++p) {
                const double scale = size * exact.series[2 * p + (variable == &trial.v)].scale;
                double x = normal();
                const double constant = offset * normal();
                for (double& y : (*variable)[p]) {
                    y += scale * (x + constant);
                    x = memory * x + std::sqrt(1.0 - memory * memory) * normal();
                }
            }
        r.trials.push_back(std::move(trial));
    }
    summarise(r);
    return r;
}

double coverage(int trials, double memory, double offset, int fits) {
    const Recording exact = recording_of(configuration(mass::one_population(-1.0, 8.0, 1.0), 20.0));
    int inside = 0, all = 0;
    for (int k = 0; k < fits; ++k) {
        const Recording r = noisy(exact, static_cast<std::uint64_t>(k) + 1, trials, 0.03, memory, offset);
        const Solution s = solve({&r}, chosen(r.configuration, {}), {});
        EXPECT_TRUE(s.converged) << s.failure;
        for (const Estimate& e : s.estimates) {
            inside += e.low < e.parameter.value && e.parameter.value < e.high;
            ++all;
        }
    }
    std::printf("trials %d, memory %.2f, offset %.1f: %d of %d intervals hold the truth\n", trials, memory, offset, inside, all);
    return static_cast<double>(inside) / all;
}

TEST(Intervals, HoldTheTruthInWhiteNoise) {
    const double c = coverage(1, 0.0, 0.0, 60);
    EXPECT_GT(c, 0.90);
    EXPECT_LT(c, 0.995);
}

TEST(Intervals, HoldTheTruthInColouredNoise) {
    const double c = coverage(1, 0.8, 0.0, 60);
    EXPECT_GT(c, 0.88);
    EXPECT_LT(c, 0.995);
}

TEST(Intervals, HoldTheTruthWhereTrialsDiffer) { EXPECT_GT(coverage(5, 0.5, 1.0, 40), 0.88); }

TEST(Identifiability, StationaryRatesSeeACombination) {
    Network n = mass::one_population(-1.0, 8.0, 1.0);
    n.populations[0].initial.kind = InitialKind::fixed_point;
    n.populations[0].initial.branch = Branch::high;
    const Recording r = noisy(recording_of(configuration(n, 20.0, false)), 3, 1, 0.02, 0.5, 0.0);
    const Solution s = solve({&r}, chosen(r.configuration, {}), {});
    std::string all;
    for (const std::string& w : s.warnings) all += w + "\n";
    EXPECT_NE(all.find("population.E.params.eta.center and projection.EE.strength cannot be told apart"), std::string::npos) << s.failure << all;
    EXPECT_NE(all.find("step of the input"), std::string::npos) << all;
    const Recording moved = noisy(recording_of(configuration(mass::one_population(-1.0, 8.0, 1.0), 20.0)), 3, 1, 0.02, 0.5, 0.0);
    for (const std::string& w : solve({&moved}, chosen(moved.configuration, {}), {}).warnings) ADD_FAILURE() << w;
}

TEST(Identifiability, WhatDoesNothingIsNamed) {
    Configuration c = configuration(mass::one_population(-1.0, 8.0, 1.0), 10.0);
    c.network.stimuli.push_back(c.network.stimuli[0]);
    c.network.stimuli[1].name = "late";
    c.network.stimuli[1].start = 1000.0;
    c.network.stimuli[1].stop = 1001.0;
    const Recording r = noisy(recording_of(c), 5, 1, 0.02, 0.0, 0.0);
    const Solution s = solve({&r}, chosen(c, {"eta", "late.amplitude"}), {});
    ASSERT_TRUE(s.converged) << s.failure;
    ASSERT_FALSE(s.warnings.empty());
    EXPECT_NE(s.warnings[0].find("stimulus.late.amplitude: the data do not depend on it"), std::string::npos) << s.warnings[0];
    EXPECT_TRUE(std::isinf(s.estimates[2].high));
    EXPECT_TRUE(std::isfinite(s.estimates[0].high));
}

TEST(Bounds, AreKeptAndTold) {
    const Recording r = noisy(recording_of(configuration(mass::one_population(-1.0, 8.0, 1.0), 20.0)), 7, 1, 0.02, 0.0, 0.0);
    std::vector<Parameter> parameters = chosen(r.configuration, {});
    parameters[2].upper = 7.0;
    parameters[2].start = 5.0;
    const Solution s = solve({&r}, parameters, {});
    ASSERT_TRUE(s.converged) << s.failure;
    EXPECT_EQ(s.estimates[2].value, 7.0);
    EXPECT_EQ(s.estimates[2].at_bound, "upper");
    EXPECT_TRUE(std::isnan(s.estimates[2].high));
    EXPECT_NE(s.warnings[0].find("projection.EE.strength ended at its upper bound, 7"), std::string::npos) << s.warnings[0];
}

}  // namespace
}  // namespace spikemass::fit
