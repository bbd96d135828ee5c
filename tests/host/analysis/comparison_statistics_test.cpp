// Intervals of the comparison against series whose truth is known; 95 % intervals, fixed seeds, stated confidence.

#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "host/analysis/comparison.hpp"
#include "host/analysis/delta_method.hpp"
#include "tests/host/analysis/series.hpp"

namespace spikemass::analysis {
namespace {

using test::Normal;
constexpr double pi = std::numbers::pi;

/// A network whose r and v fluctuate about (r0, v0) with correlation time 0.5; every trial has its own offset of r.
PointData noisy_point(std::size_t trials, double offset_sd, Normal& normal, std::size_t bins = 1000) {
    PointData point;
    point.bin = 0.1;
    point.start = 20.0;
    point.populations = {{.name = "E", .size = 10000, .tau = 1.0, .eta = -5.0, .half_width = 1.0, .stimulus = {}}};
    point.couplings = {{.source = 0, .target = 0, .strength = 15.0, .indegree = 100.0, .quenched = 0.99, .delay = 2e-3, .realised_indegree = {}}};
    Traces traces;
    for (std::size_t t = 0; t < trials; ++t) {
        auto r = test::autoregressive(bins, 0.8, normal), v = test::autoregressive(bins, 0.8, normal);
        const double offset = offset_sd * normal();
        for (std::size_t b = 0; b < bins; ++b) {
            v[b] = -0.18 + 0.05 * v[b] + 0.5 * r[b] * 0.02;
            r[b] = 1.03 + 0.02 * r[b] + offset;
        }
        traces.rate.push_back(r);
        traces.v.push_back(v);
    }
    point.spiking = {"spiking", {traces}, false};
    return point;
}

double held(std::size_t trials, double offset_sd, const std::string& name, double truth, Method method) {
    Normal normal(7 + trials);
    int inside = 0;
    for (int i = 0; i < 400; ++i) {
        const auto c = compare(noisy_point(trials, offset_sd, normal));
        const Metric* m = c.find(name, "spiking", 0, 0);
        EXPECT_EQ(m->method, method);
        inside += m->lo <= truth && truth <= m->hi;
    }
    return inside / 400.0;
}

// Binomial standard deviation 0.011; blocks may lose 1.5 %.
TEST(ComparisonStatistics, IntervalsOfQHoldTheTruth) {
    const double q = -1.0 + 2.0 * pi * 1.03 * 0.18, p = pi * pi * 1.03 * 1.03 - 0.18 * 0.18 + 5.0 - 15.0 * 1.03;
    EXPECT_NEAR(held(4, 0.005, "q", q, Method::trials), 0.95, 0.045);
    EXPECT_NEAR(held(4, 0.005, "p", p, Method::trials), 0.95, 0.045);
    EXPECT_NEAR(held(1, 0.0, "q", q, Method::blocks), 0.94, 0.045);
}

TEST(ComparisonStatistics, DeltaMethodEqualsTheFormula) {
    Repetitions r{Eigen::MatrixXd(3, 2), Method::trials, 1.0};
    r.samples << 1.0, 2.0, 1.5, 2.2, 2.0, 2.9;
    const Estimate e = delta_method({r}, [](const auto& m) { return m[0] * m[1]; });
    const double a = 1.5, b = 7.1 / 3.0;                       // var(ab) = b^2 var a + a^2 var b + 2ab cov, over n
    const double var_a = 0.25, var_b = (std::pow(2.0 - b, 2) + std::pow(2.2 - b, 2) + std::pow(2.9 - b, 2)) / 2.0, cov = (-0.5 * (2.0 - b) + 0.5 * (2.9 - b)) / 2.0;
    EXPECT_NEAR(e.value, a * b, 1e-12);
    EXPECT_NEAR(e.standard_error, std::sqrt((b * b * var_a + a * a * var_b + 2.0 * a * b * cov) / 3.0), 1e-8);
    EXPECT_NEAR(e.hi - e.value, 4.302652729911275 * e.standard_error, 1e-8);
}

// Two sets of equal size and variance: 2 (n - 1) degrees of freedom.
TEST(ComparisonStatistics, IndependentSetsFollowWelchSatterthwaite) {
    Repetitions a{Eigen::MatrixXd(3, 1), Method::trials, 1.0}, exact{Eigen::MatrixXd::Constant(1, 1, 5.0), Method::none, 1.0};
    a.samples << 1.0, 2.0, 3.0;
    const auto difference = [](const auto& m) { return m[1] - m[0]; };
    const Estimate two = delta_method({a, a}, difference);
    EXPECT_NEAR(two.standard_error, std::sqrt(2.0 / 3.0), 1e-9);
    EXPECT_NEAR(two.hi / two.standard_error, 2.776445105197793, 1e-6);
    EXPECT_NEAR(delta_method({a, exact}, difference).hi - 3.0, 4.302652729911275 / std::sqrt(3.0), 1e-8);
    EXPECT_EQ(delta_method({exact}, [](const auto& m) { return m[0]; }).method, Method::none);
}

// Against the truth, the score of the trial mean is its noise.
TEST(ComparisonStatistics, NoiseFloorOfTransients) {
    Normal normal(11);
    auto point = noisy_point(6, 0.0, normal, 2000);
    auto& stimulus = point.populations[0].stimulus;
    stimulus.assign(2000, 0.0);
    for (std::size_t b = 0; b < 2000; ++b) stimulus[b] = static_cast<double>(b / 250 % 2);
    point.levels = {{"mass", {{{std::vector<double>(2000, 1.03)}, {std::vector<double>(2000, -0.18)}}}, true}};
    const auto c = compare(point);
    EXPECT_EQ(c.edges.size(), 7u);
    // About 190 independent bins: 4 standard deviations of a root mean square, sqrt(1/(2 * 190)) each way.
    EXPECT_NEAR(c.scores[0].transient / c.scores[0].transient_noise, 1.0, 0.22);
}

TEST(ComparisonStatistics, SpectraOfEqualProcessesAgree) {
    Normal normal(12);
    auto point = noisy_point(4, 0.0, normal, 4000);
    const auto other = noisy_point(4, 0.0, normal, 4000);
    point.levels = {{"stochastic-mass", other.spiking.populations, false}};
    const auto c = compare(point);
    const Metric *distance = c.find("psd_log_distance", "stochastic-mass", 0, -1), *noise = c.find("psd_log_distance_noise", "stochastic-mass", 0, -1);
    ASSERT_NE(distance, nullptr);
    EXPECT_NEAR(distance->value / noise->value, 1.0, 0.25);
    EXPECT_LT(c.find("rate_acf_distance", "stochastic-mass", 0, -1)->value, 0.1);
    const Metric* ratio = c.find("rate_variance_ratio", "stochastic-mass", 0, 0);
    EXPECT_NEAR(ratio->value, 1.0, 0.15);                      // 16000 bins, 9 per independent one: 4 standard deviations
    EXPECT_LT(ratio->lo, ratio->value);
}

// A limit cycle has a spectrum too: its peak is where the network's is.
TEST(ComparisonStatistics, PeakOfAnOscillation) {
    Normal normal(13);
    auto point = noisy_point(1, 0.0, normal, 4000);
    std::vector<double> wave(4000);
    for (std::size_t b = 0; b < wave.size(); ++b) {
        wave[b] = 1.0 + 0.3 * std::sin(2.0 * pi * 0.415 * 0.1 * static_cast<double>(b));
        point.spiking.populations[0].rate[0][b] = wave[b] + 0.02 * normal();
    }
    point.levels = {{"mass", {{{wave}, {std::vector<double>(4000, -0.2)}}}, true}};
    const auto c = compare(point);
    EXPECT_NEAR(c.find("psd_peak_frequency", "spiking", 0, -1)->value, 0.415, 0.002);
    EXPECT_NEAR(c.find("psd_peak_frequency", "mass", 0, -1)->value, 0.415, 0.002);
    EXPECT_EQ(c.find("psd_peak_height", "mass", 0, -1)->method, Method::chi_square);
}

}  // namespace
}  // namespace spikemass::analysis
