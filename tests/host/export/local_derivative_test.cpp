#include "host/export/local_derivative.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace spikemass::handover {
namespace {

std::vector<double> sampled(std::size_t n, double spacing, double (*f)(double)) {
    std::vector<double> y;
    for (std::size_t i = 0; i < n; ++i) y.push_back(f(static_cast<double>(i) * spacing));
    return y;
}

TEST(LocalDerivative, IsExactForPolynomialsOfItsOrderUpToTheEnds) {
    const auto cubic = [](double t) { return 2.0 - t + 0.5 * t * t - 3.0 * t * t * t; };
    const auto slope = [](double t) { return -1.0 + t - 9.0 * t * t; };
    const auto y = sampled(30, 0.1, cubic);
    const std::vector<Stretch> stretches = {{0, 30}};
    for (const int window : {5, 7, 11}) {
        const auto d = LocalDerivative(3, window, 0.1)(y, stretches);
        for (std::size_t i = 0; i < y.size(); ++i) EXPECT_NEAR(d[i], slope(0.1 * static_cast<double>(i)), 1e-10) << window << ", bin " << i;
    }
    // An order less, and it cannot be: the test above would see a window of the wrong order.
    EXPECT_GT(std::abs(LocalDerivative(2, 7, 0.1)(y, stretches)[0] - slope(0.0)), 1e-3);
}

TEST(LocalDerivative, OfBinMeansIsTheMeanOfTheDerivative) {
    const double bin = 0.2;
    std::vector<double> means;
    for (int b = 0; b < 12; ++b) {   // of t^3 over [t, t + bin)
        const double t = bin * b;
        means.push_back((std::pow(t + bin, 4) - std::pow(t, 4)) / (4.0 * bin));
    }
    const auto d = LocalDerivative(3, 7, bin)(means, std::vector<Stretch>{{0, 12}});
    for (int b = 0; b < 12; ++b) EXPECT_NEAR(d[static_cast<std::size_t>(b)], (std::pow(bin * b + bin, 3) - std::pow(bin * b, 3)) / bin, 1e-10);
}

TEST(LocalDerivative, KnowsTheClassicalWeights) {
    const std::vector<double> quadratic = {-2.0 / 10, -1.0 / 10, 0.0, 1.0 / 10, 2.0 / 10};   // Savitzky and Golay 1964, 5 points
    const auto w = LocalDerivative::weights(2, 5, 2);
    for (std::size_t k = 0; k < 5; ++k) EXPECT_NEAR(w[k], quadratic[k], 1e-13);
    const std::vector<double> cubic = {22.0 / 252, -67.0 / 252, -58.0 / 252, 0.0, 58.0 / 252, 67.0 / 252, -22.0 / 252};
    const auto c = LocalDerivative::weights(3, 7, 3);
    for (std::size_t k = 0; k < 7; ++k) EXPECT_NEAR(c[k], cubic[k], 1e-13);
}

TEST(LocalDerivative, NeverLooksAcrossAJump) {
    std::vector<double> y;   // slope 1, then a kink to slope -4
    for (int i = 0; i < 24; ++i) y.push_back(i < 12 ? i : 12.0 - 4.0 * (i - 12));
    const std::vector<Stretch> two = {{0, 12}, {12, 24}};
    const auto d = LocalDerivative(3, 7, 1.0)(y, two);
    for (std::size_t i = 0; i < 24; ++i) EXPECT_NEAR(d[i], i < 12 ? 1.0 : -4.0, 1e-10) << i;
    EXPECT_GT(std::abs(LocalDerivative(3, 7, 1.0)(y, std::vector<Stretch>{{0, 24}})[12] + 4.0), 0.5);
    auto other = y;
    for (std::size_t i = 12; i < 24; ++i) other[i] = 1e6;
    EXPECT_EQ(LocalDerivative(3, 7, 1.0)(other, two)[11], d[11]);
}

TEST(LocalDerivative, IsNotANumberWhereAStretchIsTooShort) {
    const std::vector<double> y(20, 1.0);
    const auto d = LocalDerivative(3, 7, 1.0)(y, std::vector<Stretch>{{0, 3}, {3, 7}, {8, 20}});
    for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(std::isnan(d[i]), i < 3 || i == 7) << i;
}

TEST(LocalDerivative, NoiseIsThatOfItsWeights) {
    std::mt19937_64 random(1);
    std::normal_distribution<double> normal;
    std::vector<double> y(200000);
    for (double& x : y) x = normal(random);
    const auto d = LocalDerivative(3, 7, 1.0)(y, std::vector<Stretch>{{0, y.size()}});
    double square = 0.0, expected = 0.0;
    for (const double x : d) square += x * x / static_cast<double>(d.size());
    for (const double w : LocalDerivative::weights(3, 7, 3)) expected += w * w;
    EXPECT_NEAR(square, expected, 0.02 * expected);
}

}  // namespace
}  // namespace spikemass::handover
