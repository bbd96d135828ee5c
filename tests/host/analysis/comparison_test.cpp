#include "host/analysis/comparison.hpp"

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "models/base/error.hpp"

namespace spikemass::analysis {
namespace {

constexpr double pi = std::numbers::pi;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
using Rows = std::vector<std::vector<double>>;

/// One population, one recurrent projection; trials of constant r and v.
PointData constant_point(const std::vector<double>& r, const std::vector<double>& v, std::size_t bins = 400) {
    PointData point;
    point.bin = 0.1;
    point.start = 20.0;
    point.populations = {{.name = "E", .size = 10000, .tau = 1.0, .eta = -5.0, .half_width = 1.0, .stimulus = {}}};
    point.couplings = {{.source = 0, .target = 0, .strength = 15.0, .indegree = 100.0, .quenched = 0.99, .delay = 2e-3, .realised_indegree = {}}};
    Traces traces;
    for (double x : r) traces.rate.emplace_back(bins, x);
    for (double x : v) traces.v.emplace_back(bins, x);
    point.spiking = {"spiking", {traces}, false};
    return point;
}
LevelData constant_level(const std::string& name, double r, double v, std::size_t bins = 400) { return {name, {{Rows(1, std::vector<double>(bins, r)), Rows(1, std::vector<double>(bins, v))}}, true}; }

double value(const PointComparison& c, const std::string& name, const std::string& level = "spiking", std::size_t population = 0, int window = 0) {
    const Metric* m = c.find(name, level, population, window);
    EXPECT_NE(m, nullptr) << name << " of " << level;
    return m ? m->value : nan;
}

TEST(Comparison, MeansErrorsAndJointScore) {
    auto point = constant_point({1.0, 1.2}, {-0.2, -0.4});
    point.levels = {constant_level("mass", 1.0, -0.5)};
    const auto c = compare(point);
    EXPECT_NEAR(value(c, "rate_mean"), 1.1, 1e-12);
    EXPECT_NEAR(value(c, "v_mean"), -0.3, 1e-12);
    EXPECT_NEAR(value(c, "rate_noise"), 0.1, 1e-9);           // the gradient is by differences
    EXPECT_NEAR(value(c, "rate_error", "mass"), -0.1, 1e-12);
    EXPECT_NEAR(value(c, "rate_error_relative", "mass"), 1.0 / 1.1 - 1.0, 1e-12);
    EXPECT_NEAR(value(c, "v_error_relative", "mass"), -0.2 / 0.3, 1e-12);
    EXPECT_NEAR(value(c, "steady_error", "mass"), std::hypot(pi * 0.1, 0.2) / std::hypot(pi * 1.1, 0.3), 1e-12);
    const Metric* error = c.find("rate_error", "mass", 0, 0);
    EXPECT_NEAR(error->hi - error->value, 12.706204736 * 0.1, 1e-6);       // t with one degree of freedom
    EXPECT_EQ(error->method, Method::trials);
    ASSERT_EQ(c.scores.size(), 1u);
    EXPECT_NEAR(c.scores[0].steady, value(c, "steady_error", "mass"), 1e-12);
    EXPECT_TRUE(std::isnan(c.scores[0].transient));
    EXPECT_FALSE(c.scores[0].rate_only);
}

// Fixed points of the exact mass (J = 15, eta = -5, Delta = 1) have no second cumulant.
TEST(Comparison, ExactMassHasNoPseudoCumulant) {
    for (const auto& [r, v] : {std::pair{1.030596798838, -0.154429883026}, std::pair{0.081134441950, -1.961619988583}}) {
        const auto c = compare(constant_point({r, r}, {v, v}));
        EXPECT_NEAR(value(c, "p"), 0.0, 1e-9);
        EXPECT_NEAR(value(c, "q"), 0.0, 1e-9);
    }
}

// The high fixed point of the two-cumulant mass at K = 100.
TEST(Comparison, PseudoCumulantOfTwoCumulantMass) {
    const auto c = compare(constant_point({1.03413193, 1.03413193}, {-0.18137240, -0.18137240}));
    EXPECT_NEAR(value(c, "p"), 0.00996475, 2e-7);
    EXPECT_NEAR(value(c, "q"), 0.17849301, 2e-7);
    EXPECT_NEAR(value(c, "q_scaled"), 100.0 / 225.0 * 0.17849301, 1e-7);
    EXPECT_NEAR(value(c, "q_shape"), 100.0 / 225.0 * 0.17849301 / 0.99, 1e-7);
    EXPECT_NEAR(value(c, "x"), -0.18137240 / (pi * 1.03413193), 1e-12);
    EXPECT_NEAR(value(c, "epsilon"), 225.0 / 100.0 / (std::pow(pi * 1.03413193, 2) + std::pow(0.18137240, 2)), 1e-12);
}

// Time in ms: r in 1/ms, tau in ms; p and q do not change.
TEST(Comparison, TimeConstantDropsOut) {
    auto point = constant_point({1.03413193 / 10.0, 1.03413193 / 10.0}, {-0.18137240, -0.18137240});
    point.populations[0].tau = 10.0;
    point.bin = 1.0;
    point.start = 200.0;
    point.couplings[0].delay = 0.02;
    point.levels = {constant_level("mass", 0.1030596798838, -0.154429883026)};
    const auto c = compare(point);
    EXPECT_NEAR(value(c, "p"), 0.00996475, 2e-7);
    EXPECT_NEAR(value(c, "q"), 0.17849301, 2e-7);
    EXPECT_NEAR(value(c, "steady_error", "mass"), std::hypot(pi * 0.0035351312, 0.026942517) / std::hypot(pi * 1.03413193, 0.1813724), 1e-8);
    EXPECT_NEAR(value(c, "delay_damping"), 15.0 * 1.03413193 * 2e-3 / (2.0 * 0.1813724), 1e-10);
}

TEST(Comparison, StimulusAndRealisedInDegreeEnterP) {
    auto point = constant_point({1.0, 1.0}, {-0.2, -0.2});
    const double plain = value(compare(point), "p");
    point.populations[0].stimulus.assign(400, 0.7);
    EXPECT_NEAR(value(compare(point), "p"), plain - 0.7, 1e-12);
    point.couplings[0].realised_indegree = {101.0, 99.0};
    const auto c = compare(point);
    EXPECT_NEAR(value(c, "p"), plain - 0.7, 1e-12);
    EXPECT_NEAR(c.find("p", "spiking", 0, 0)->hi - value(c, "p"), 12.706204736 * 0.15, 1e-6);
}

TEST(Comparison, ReferenceIsTakenOff) {
    auto point = constant_point({1.0, 1.1}, {-0.2, -0.3});
    point.reference = LevelData{"reference", {{Rows{std::vector<double>(400, 0.9), std::vector<double>(400, 1.0)}, Rows{std::vector<double>(400, -0.15), std::vector<double>(400, -0.25)}}}, false};
    const auto c = compare(point);
    const auto q = [](double r, double v) { return -1.0 - 2.0 * pi * r * v; };
    const auto p = [](double r, double v) { return pi * pi * r * r - v * v + 5.0 - 15.0 * r; };
    EXPECT_NEAR(value(c, "q_excess"), q(1.05, -0.25) - q(0.95, -0.2), 1e-12);
    EXPECT_NEAR(value(c, "p_excess"), p(1.05, -0.25) - p(0.95, -0.2), 1e-12);
    EXPECT_NEAR(value(c, "q_scaled"), 100.0 / 225.0 * value(c, "q_excess"), 1e-12);
    // Pairs move together: the error of the difference is far below that of q itself.
    const Metric *raw = c.find("q", "spiking", 0, 0), *net = c.find("q_excess", "spiking", 0, 0);
    EXPECT_LT(net->hi - net->lo, 0.3 * (raw->hi - raw->lo));
}

// The network and its all-to-all twin carry the same bias; the exact mass and a closure that predicts the shift carry none.
TEST(Comparison, ShiftIsFreeOfTheCommonBias) {
    auto point = constant_point({1.04, 1.06}, {-0.21, -0.23});
    point.reference = LevelData{"reference", {{Rows{std::vector<double>(400, 0.99), std::vector<double>(400, 1.01)}, Rows{std::vector<double>(400, -0.15), std::vector<double>(400, -0.17)}}}, false};
    point.levels = {constant_level("mass", 1.03, -0.15), constant_level("mass.right", 1.08, -0.21), constant_level("mass.wrong", 1.06, -0.23)};
    const auto c = compare(point);
    EXPECT_NEAR(value(c, "rate_shift"), 0.05, 1e-12);
    EXPECT_NEAR(value(c, "v_shift"), -0.06, 1e-12);
    const Metric* shift = c.find("rate_shift", "spiking", 0, 0);
    EXPECT_LT(shift->hi - shift->lo, 1e-6);                    // pairs: the spread is common
    EXPECT_NEAR(value(c, "shift_error", "mass.right"), 0.0, 1e-12);
    EXPECT_NEAR(value(c, "rate_shift_error_relative", "mass"), -0.05 / 1.05, 1e-12);
    EXPECT_NEAR(value(c, "v_shift_error_relative", "mass"), 0.06 / 0.22, 1e-12);
    EXPECT_NEAR(value(c, "shift_error", "mass"), std::hypot(pi * 0.05, 0.06) / std::hypot(pi * 1.05, 0.22), 1e-12);
    EXPECT_NEAR(value(c, "shift_error", "mass.wrong"), std::hypot(pi * 0.02, 0.02) / std::hypot(pi * 1.05, 0.22), 1e-12);
    EXPECT_NEAR(c.scores[2].shift, value(c, "shift_error", "mass.wrong"), 1e-12);
    EXPECT_GT(c.scores[1].steady, c.scores[2].steady);         // by absolute error the wrong one would win
    point.reference->populations[0].rate = Rows(2, std::vector<double>(400, 0.08));
    point.reference->populations[0].v = Rows(2, std::vector<double>(400, -1.96));
    const auto apart = compare(point);
    EXPECT_EQ(apart.find("shift_error", "mass", 0, 0), nullptr);   // the reference fell to the other branch
    EXPECT_TRUE(std::isnan(apart.scores[0].shift));
    EXPECT_TRUE(std::isfinite(apart.scores[0].steady_noise));
}

TEST(Comparison, AllToAllHasNoShape) {
    auto point = constant_point({1.0, 1.0}, {-0.2, -0.2});
    point.couplings[0].quenched = 0.0;
    const auto c = compare(point);
    EXPECT_NE(c.find("q_scaled", "spiking", 0, 0), nullptr);
    EXPECT_EQ(c.find("q_shape", "spiking", 0, 0), nullptr);
}

TEST(Comparison, TransientErrorsAfterAStep) {
    auto point = constant_point({0.5, 0.7}, {-0.4, -0.4}, 800);
    auto& stimulus = point.populations[0].stimulus;
    stimulus.assign(800, 0.0);
    std::fill(stimulus.begin() + 300, stimulus.end(), 3.0);
    auto level = constant_level("mass", 0.6, -0.4, 800);
    for (std::size_t b = 300; b < 350; ++b) level.populations[0].rate[0][b] = 0.9;          // 5 tau wrong by 0.3
    for (std::size_t b = 350; b < 550; ++b) level.populations[0].v[0][b] = -0.5;            // 20 tau wrong by 0.1
    for (std::size_t b = 550; b < 800; ++b) level.populations[0].v[0][b] = -9.0;            // later: not a transient
    point.levels = {level};
    const auto c = compare(point);
    EXPECT_NEAR(value(c, "early_rate_rms", "mass", 0, -1), 0.3, 1e-12);
    EXPECT_NEAR(value(c, "early_v_rms", "mass", 0, -1), 0.0, 1e-12);
    EXPECT_NEAR(value(c, "late_rate_rms", "mass", 0, -1), 0.0, 1e-12);
    EXPECT_NEAR(value(c, "late_v_rms", "mass", 0, -1), 0.1, 1e-12);
    EXPECT_NEAR(value(c, "early_rate_noise", "spiking", 0, -1), 0.1, 1e-12);
    const double size = std::hypot(pi * 0.6, 0.4);
    EXPECT_NEAR(value(c, "early_error", "mass", 0, -1), pi * 0.3 / size, 1e-12);
    EXPECT_NEAR(c.scores[0].transient, std::sqrt((50 * std::pow(pi * 0.3, 2) + 200 * 0.01) / 250.0) / size, 1e-12);
    EXPECT_TRUE(c.transients_disagree);                        // the two trials are 0.2 apart in 0.6
    EXPECT_NEAR(value(c, "trace_v_rms", "mass", 0, -1), std::sqrt((200 * 0.01 + 250 * 8.6 * 8.6) / 800.0), 1e-12);
}

TEST(Comparison, FailedTrialsAreLeftOut) {
    auto point = constant_point({1.0, nan, 1.2}, {-0.2, nan, -0.4});
    const auto c = compare(point);
    EXPECT_NEAR(value(c, "rate_mean"), 1.1, 1e-12);
    point = constant_point({nan}, {nan});
    point.levels = {constant_level("mass", 1.0, -0.2)};
    const auto none = compare(point);
    EXPECT_EQ(none.find("rate_mean", "spiking", 0, 0), nullptr);
    EXPECT_TRUE(std::isnan(none.scores[0].steady));
}

TEST(Comparison, LevelThatDivergedHasNoScore) {
    auto point = constant_point({1.0, 1.1}, {-0.2, -0.3});
    point.levels = {constant_level("mass.a", nan, nan), constant_level("mass", 1.0, -0.2)};
    const auto c = compare(point);
    EXPECT_TRUE(std::isnan(c.scores[0].steady));
    EXPECT_TRUE(std::isfinite(c.scores[1].steady));
}

TEST(Comparison, WithoutPotentialTheRateAloneIsScored) {
    for (const auto& v : {std::vector<double>{}, std::vector<double>{nan, nan}}) {
        auto point = constant_point({1.0, 1.2}, v);
        point.levels = {constant_level("mass", 1.21, -0.2)};
        const auto c = compare(point);
        EXPECT_TRUE(c.scores[0].rate_only);
        EXPECT_NEAR(c.scores[0].steady, 0.1, 1e-12);
        EXPECT_EQ(c.find("v_mean", "spiking", 0, 0), nullptr);
        EXPECT_EQ(c.find("q", "spiking", 0, 0), nullptr);
    }
}

TEST(Comparison, SeveralPopulationsAreAveraged) {
    auto point = constant_point({1.0, 1.0}, {-0.2, -0.2});
    point.populations.push_back({.name = "I", .size = 2500, .tau = 1.0, .eta = 0.0, .half_width = 1.0, .stimulus = {}});
    point.spiking.populations.push_back({Rows(2, std::vector<double>(400, 2.0)), Rows(2, std::vector<double>(400, -0.1))});
    auto level = constant_level("mass", 1.0, -0.2);
    level.populations.push_back({Rows(1, std::vector<double>(400, 2.0)), Rows(1, std::vector<double>(400, -0.3))});
    point.levels = {level};
    const auto c = compare(point);
    const double second = 0.2 / std::hypot(2.0 * pi, 0.1);
    EXPECT_NEAR(value(c, "steady_error", "mass", 1), second, 1e-12);
    EXPECT_NEAR(c.scores[0].steady, 0.5 * second, 1e-12);
    EXPECT_EQ(c.find("q", "spiking", 0, 0), nullptr);          // the identity needs the whole input
}

TEST(Comparison, GraphsOnTwoBranchesAreFlagged) {
    const auto split = compare(constant_point({1.03, 0.08}, {-0.15, -1.96})), one = compare(constant_point({1.03, 1.02}, {-0.15, -0.16}));
    EXPECT_TRUE(split.trials_disagree);
    EXPECT_FALSE(one.trials_disagree);
    EXPECT_EQ(value(split, "trials_disagree", "spiking", 0, -1), 1.0);
    EXPECT_EQ(value(one, "trials_disagree", "spiking", 0, -1), 0.0);
}

TEST(Comparison, ShapesThatDisagreeAreRefused) {
    auto point = constant_point({1.0, 1.0}, {-0.2, -0.2});
    point.levels = {constant_level("mass", 1.0, -0.2, 399)};
    EXPECT_THROW(compare(point), ConfigurationError);
    point.levels = {LevelData{"mass", {}, true}};
    EXPECT_THROW(compare(point), ConfigurationError);
    point.levels.clear();
    point.populations[0].stimulus.assign(3, 0.0);
    EXPECT_THROW(compare(point), ConfigurationError);
}

TEST(Comparison, DelayDamping) {
    EXPECT_NEAR(delay_damping(15.0, 1.0, -0.15, 0.02), 1.0, 1e-12);
    EXPECT_NEAR(delay_damping(-10.0, 0.5, -0.5, 2e-3), -0.01, 1e-12);
}

}  // namespace
}  // namespace spikemass::analysis
