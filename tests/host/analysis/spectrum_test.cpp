#include "host/analysis/spectrum.hpp"

#include <cmath>
#include <numbers>
#include <numeric>

#include <gtest/gtest.h>

#include "host/analysis/fft.hpp"
#include "host/analysis/statistics.hpp"
#include "models/base/error.hpp"
#include "tests/host/analysis/series.hpp"

namespace spikemass::analysis {
namespace {

using test::Normal;
constexpr double pi = std::numbers::pi;

TEST(Fft, EqualsTheSumAndItsInverse) {
    const std::vector<double> x{1.0, -2.0, 0.5, 3.0, 0.25, 7.0, -1.0};
    const auto transform = forward_fft(x, 9);                  // odd length, padded
    ASSERT_EQ(transform.size(), 5u);
    for (std::size_t k = 0; k < transform.size(); ++k) {
        std::complex<double> sum = 0.0;
        for (std::size_t n = 0; n < x.size(); ++n) sum += x[n] * std::polar(1.0, -2.0 * pi * static_cast<double>(k * n) / 9.0);
        EXPECT_NEAR(std::abs(transform[k] - sum), 0.0, 1e-13);
    }
    const auto back = inverse_fft(transform, 9);
    for (std::size_t n = 0; n < 9; ++n) EXPECT_NEAR(back[n] / 9.0, n < x.size() ? x[n] : 0.0, 1e-14);
    EXPECT_THROW(forward_fft(x, 3), ConfigurationError);
}

// Sum of density times resolution = sum of (w (x - m))^2 / sum of w^2, exactly, for one segment.
TEST(Spectrum, ParsevalExactly) {
    Normal normal(1);
    const auto x = test::autoregressive(64, 0.5, normal);
    const Spectrum s = welch(x, 0.1, {64, 0.95});
    double power = 0.0, norm = 0.0;
    for (std::size_t i = 0; i < 64; ++i) {
        const double w = std::pow(std::sin(pi * static_cast<double>(i) / 64.0), 2);
        power += std::pow(w * (x[i] - mean(x)), 2);
        norm += w * w;
    }
    const double integral = std::accumulate(s.density.begin(), s.density.end(), 0.0) * s.resolution;
    EXPECT_NEAR(integral, power / norm, 1e-12);
    EXPECT_DOUBLE_EQ(s.frequency.back(), 5.0);
    EXPECT_EQ(s.segments, 1u);
}

// Relative standard deviation of the integral sqrt(2/n) = 0.004; 4 of them.
TEST(Spectrum, WhiteNoiseIsFlatAndHoldsItsVariance) {
    Normal normal(2);
    const auto x = test::autoregressive(1u << 17, 0.0, normal);
    const Spectrum s = welch(x, 0.1, {256, 0.95});
    const double integral = std::accumulate(s.density.begin() + 1, s.density.end(), 0.0) * s.resolution;
    EXPECT_NEAR(integral, 127.5 / 128.0, 0.016);               // the zero frequency went with the mean
    const double level = mean(std::span(s.density).subspan(2, 125));
    EXPECT_NEAR(level, 2.0 * 0.1, 0.2 * 4.0 * std::sqrt(2.0 / s.degrees_of_freedom / 125.0 * 1.6));
}

/// Fraction of frequencies whose 95 % band holds the exact density of a sampled Ornstein-Uhlenbeck process.
double held(const Spectrum& s, double phi, double interval) {
    int inside = 0, count = 0;
    for (std::size_t k = 2; k + 1 < s.density.size(); ++k, ++count) {
        const double exact = 2.0 * interval * (1.0 - phi * phi) / (1.0 + phi * phi - 2.0 * phi * std::cos(2.0 * pi * s.frequency[k] * interval));
        inside += s.lo[k] <= exact && exact <= s.hi[k];
    }
    return static_cast<double>(inside) / count;
}

// 40 spectra of 125 frequencies, about 3000 independent ones (neighbours share the window): standard deviation 0.004.
TEST(Spectrum, BandsHoldOrnsteinUhlenbeck) {
    Normal normal(3);
    double one = 0.0, several = 0.0;
    for (int i = 0; i < 40; ++i) {
        const auto x = test::autoregressive(256 * 20, 0.7, normal);
        one += held(welch(x, 0.05, {256, 0.95}), 0.7, 0.05) / 40.0;
        const std::vector<std::span<const double>> trials{std::span(x).first(1280), std::span(x).subspan(1280, 1280), std::span(x).subspan(2560, 1280)};
        several += held(welch(trials, 0.05, {256, 0.95}), 0.7, 0.05) / 40.0;
    }
    EXPECT_NEAR(one, 0.95, 0.016);
    EXPECT_NEAR(several, 0.95, 0.016);
}

TEST(Spectrum, SineHasItsPowerAtItsPlace) {
    const double amplitude = 0.3, interval = 0.1;
    for (const double cycles : {16.0, 16.3, 16.5}) {
        std::vector<double> x(2048);
        for (std::size_t i = 0; i < x.size(); ++i) x[i] = 5.0 + amplitude * std::sin(2.0 * pi * cycles * static_cast<double>(i) / 256.0);
        const Spectrum s = welch(x, interval, {256, 0.95});
        const double power = std::accumulate(s.density.begin(), s.density.end(), 0.0) * s.resolution;
        EXPECT_NEAR(power, 0.5 * amplitude * amplitude, 1e-3 * amplitude * amplitude);
        const Peak peak = find_peak(s);
        EXPECT_NEAR(peak.frequency, cycles / 25.6, 0.1 * s.resolution);
        if (cycles == 16.0) {                                  // Hann: 1.5 bins wide
            EXPECT_NEAR(peak.height, 0.5 * amplitude * amplitude / (1.5 * s.resolution), 1e-9);
        }
    }
}

TEST(Spectrum, DistanceOfEqualDensitiesIsItsNoise) {
    Normal normal(4);
    const auto make = [&] { return welch(test::autoregressive(256 * 40, 0.7, normal), 0.1, {256, 0.95}); };
    const Spectrum a = make(), b = make();
    const LogDistance d = log_distance(a, b);
    EXPECT_NEAR(d.decibels / d.expected_from_noise, 1.0, 0.3); // 4.5 standard deviations: 126 frequencies, 1.6 of them per independent one
    EXPECT_DOUBLE_EQ(log_distance(a, a).decibels, 0.0);
    Spectrum twice = a;
    for (double& x : twice.density) x *= 10.0;
    EXPECT_NEAR(log_distance(twice, a).decibels, 10.0, 1e-12);
}

TEST(Spectrum, AutomaticSegments) {
    Normal normal(5);
    const auto x = test::autoregressive(900, 0.0, normal);
    EXPECT_GE(welch(x, 0.1).segments, 8u);
    const std::vector<std::span<const double>> trials(10, std::span<const double>(x));
    EXPECT_EQ(welch(trials, 0.1).segment_length, 900u);
}

TEST(Spectrum, RefusesWhatItCannotDo) {
    const std::vector<double> x(100, 1.0), y(90, 1.0), three(3, 1.0);
    EXPECT_THROW(welch(three, 0.1), ConfigurationError);
    EXPECT_THROW(welch(x, 0.1, {102, 0.95}), ConfigurationError);
    EXPECT_THROW(welch(x, 0.1, {51, 0.95}), ConfigurationError);
    const std::vector<std::span<const double>> unequal{x, y};
    EXPECT_THROW(welch(unequal, 0.1), ConfigurationError);
    EXPECT_THROW(log_distance(welch(x, 0.1, {64, 0.95}), welch(x, 0.1, {32, 0.95})), ConfigurationError);
}

}  // namespace
}  // namespace spikemass::analysis
