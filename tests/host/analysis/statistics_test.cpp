#include "host/analysis/statistics.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

#include "tests/host/analysis/series.hpp"

namespace spikemass::analysis {
namespace {

using test::Normal;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

TEST(Statistics, SmallSamplesExactly) {
    const std::vector<double> x{4.0, 1.0, 3.0, 2.0};
    EXPECT_DOUBLE_EQ(mean(x), 2.5);
    EXPECT_DOUBLE_EQ(variance(x), 5.0 / 3.0);
    EXPECT_DOUBLE_EQ(quantile(x, 0.0), 1.0);
    EXPECT_DOUBLE_EQ(quantile(x, 0.5), 2.5);
    EXPECT_DOUBLE_EQ(quantile(x, 0.25), 1.75);
    EXPECT_DOUBLE_EQ(quantile(x, 1.0), 4.0);
    EXPECT_TRUE(std::isnan(mean({})));
    EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
    EXPECT_TRUE(std::isnan(variance(std::vector<double>{1.0})));
}

// Tables of Abramowitz & Stegun, 26.8 and 26.10, to more digits.
TEST(Statistics, QuantilesOfTheDistributions) {
    EXPECT_NEAR(student_t_quantile(0.975, 3), 3.182446305284263, 1e-12);
    EXPECT_NEAR(student_t_quantile(0.975, 1), std::tan(0.475 * std::numbers::pi), 1e-11);      // Cauchy
    EXPECT_NEAR(chi_square_quantile(0.95, 10), 18.307038053275146, 1e-11);
}

TEST(Statistics, TrialsGiveStudentInterval) {
    const Estimate e = mean_over_trials(std::vector<double>{1.0, nan, 2.0, 3.0, 6.0});
    EXPECT_DOUBLE_EQ(e.value, 3.0);
    EXPECT_DOUBLE_EQ(e.standard_error, std::sqrt(14.0 / 3.0 / 4.0));
    EXPECT_NEAR(e.hi - e.value, 3.182446305284263 * e.standard_error, 1e-12);
    EXPECT_NEAR(e.value - e.lo, e.hi - e.value, 1e-12);
    EXPECT_EQ(e.samples, 4u);
    EXPECT_EQ(e.method, Method::trials);
}

TEST(Statistics, OneTrialHasNoError) {
    const Estimate e = mean_over_trials(std::vector<double>{nan, 2.0});
    EXPECT_DOUBLE_EQ(e.value, 2.0);
    EXPECT_TRUE(std::isnan(e.lo));
    EXPECT_EQ(e.method, Method::none);
    EXPECT_TRUE(std::isnan(mean_over_trials({}).value));
}

TEST(Statistics, JackknifeOfTheMeanIsTheStandardError) {
    const std::vector<double> x{1.0, 2.0, 4.0, 9.0};
    const auto mean_without = [&](std::optional<std::size_t> out) {
        double sum = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) sum += out == i ? 0.0 : x[i];
        return sum / static_cast<double>(x.size() - (out ? 1 : 0));
    };
    const Estimate jack = jackknife_over_trials(x.size(), mean_without), direct = mean_over_trials(x);
    EXPECT_NEAR(jack.standard_error, direct.standard_error, 1e-12);
    EXPECT_NEAR(jack.hi, direct.hi, 1e-12);
}

TEST(Statistics, AutocovarianceEqualsTheSum) {
    Normal normal(1);
    const auto x = test::autoregressive(37, 0.6, normal);
    const double m = mean(x);
    const auto c = autocovariance(x, 1000);
    ASSERT_EQ(c.size(), x.size());
    for (std::size_t k = 0; k < c.size(); ++k) {
        double sum = 0.0;
        for (std::size_t i = 0; i + k < x.size(); ++i) sum += (x[i] - m) * (x[i + k] - m);
        EXPECT_NEAR(c[k], sum / 37.0, 1e-14) << "lag " << k;
    }
}

TEST(Statistics, ConstantSeries) {
    const std::vector<double> x(100, 0.1);
    const Estimate e = mean_over_blocks(x);
    EXPECT_NEAR(e.value, 0.1, 1e-15);
    EXPECT_NEAR(e.standard_error, 0.0, 1e-16);
    EXPECT_TRUE(std::isnan(autocorrelation(x, 3)[1]));
    EXPECT_DOUBLE_EQ(autocorrelation(x, 3)[0], 1.0);
}

TEST(Statistics, ShortSeries) {
    EXPECT_TRUE(std::isnan(mean_over_blocks(std::vector<double>{}).value));
    EXPECT_DOUBLE_EQ(mean_over_blocks(std::vector<double>{3.0}).value, 3.0);
    EXPECT_TRUE(std::isnan(mean_over_blocks(std::vector<double>{3.0}).lo));
    const Estimate two = mean_over_blocks(std::vector<double>{1.0, 3.0});
    EXPECT_DOUBLE_EQ(two.value, 2.0);
    EXPECT_EQ(two.samples, 2u);
}

TEST(Statistics, BlocksUseEverySampleOnce) {
    std::vector<double> x(10);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
    const auto averages = block_averages(x, 3);                // 0..2, 3..5, 6..9
    EXPECT_DOUBLE_EQ(averages[0], 1.0);
    EXPECT_DOUBLE_EQ(averages[1], 4.0);
    EXPECT_DOUBLE_EQ(averages[2], 7.5);
}

// tau = (1 + phi)/(2 (1 - phi)) = 4.5; standard deviation of the estimate tau sqrt(2(2M + 1)/n) = 0.086 (Madras & Sokal 1988), and the window cuts
// off phi^23 tau = 0.03.  4.5 standard deviations: a fresh seed fails in < 1 of 10^5.
TEST(Statistics, CorrelationTimeOfAutoregression) {
    Normal normal(2);
    EXPECT_NEAR(integrated_correlation_time(test::autoregressive(1u << 18, 0.8, normal)), 4.5, 0.42);
    EXPECT_NEAR(integrated_correlation_time(test::autoregressive(1u << 18, 0.0, normal)), 0.5, 0.02);
}

/// Fraction of 2000 series whose 95 % interval holds the true mean.
template <class Make>
double coverage(Make make) {
    int held = 0;
    for (int i = 0; i < 2000; ++i) {
        const Estimate e = mean_over_blocks(make());
        held += e.lo <= 0.0 && 0.0 <= e.hi;
    }
    return held / 2000.0;
}

// Binomial standard deviation 0.005.  The lower bounds leave 1.5 % for what finite blocks lose in second order.
TEST(Statistics, BlockIntervalsHoldTheTruth) {
    Normal normal(3);
    const double white = coverage([&] { return test::autoregressive(500, 0.0, normal); });
    const double correlated = coverage([&] { return test::autoregressive(2000, 0.9, normal); });
    const double oscillating = coverage([&] { return test::noisy_oscillation(2000, 0.98, 0.3, normal); });
    EXPECT_NEAR(white, 0.95, 0.02);
    EXPECT_NEAR(correlated, 0.945, 0.025);
    EXPECT_GE(oscillating, 0.92);                              // blocks of a few cycles may be too careful, never too bold
}

TEST(Statistics, SlowCorrelationsAreReported) {
    Normal normal(4);
    EXPECT_TRUE(choose_blocks(test::autoregressive(4000, 0.9, normal)).resolved);
    EXPECT_FALSE(choose_blocks(test::autoregressive(200, 0.98, normal)).resolved);
}

}  // namespace
}  // namespace spikemass::analysis
