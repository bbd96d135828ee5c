#include "models/masses/poles.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <complex>
#include <functional>

namespace spikemass::models {
namespace {

using C = std::complex<double>;

C standard(const Complex<double>& z) { return {z.re, z.im}; }

struct Law {
    const char* name;
    int n;
    Poles poles;
    std::function<double(double)> density;   // not normalised
};

std::vector<Law> laws() {
    std::vector<Law> all;
    for (const int n : {1, 2, 3, 8, 32}) {
        all.push_back({"rational", n, rational_poles(n), [n](double x) { return 1 / (1 + std::pow(x, 2 * n)); }});
        all.push_back({"q_gaussian", n, q_gaussian_poles(n), [n](double x) { return std::pow(1 + (std::pow(2.0, 1.0 / n) - 1) * x * x, -n); }});
    }
    return all;
}

/// Mean of f over the density, x = tan(theta); the integrand is smooth and periodic in theta, so that equal steps are as good as any.
C mean(const Law& law, const std::function<C(double)>& f) {
    C sum = 0;
    double total = 0;
    constexpr int nodes = 200'000;
    for (int k = 0; k < nodes; ++k) {
        const double x = std::tan((k + 0.5) / nodes * M_PI - M_PI / 2), h = law.density(x) * (1 + x * x);
        sum += h * f(x);
        total += h;
    }
    return sum / total;
}

TEST(Poles, WeightsAreThoseOfTheDensity) {
    for (const Law& law : laws()) {
        C sum = 0;
        for (int k = 0; k < law.poles.size; ++k) {
            sum += law.poles.chain && k > 0 ? C(0) : standard(law.poles.weight[k]);
            EXPECT_GT(law.poles.width[k], 0);
        }
        EXPECT_NEAR(std::abs(sum - 1.0), 0, 1e-14) << law.name << law.n;
    }
}

/// Means of functions that are analytic in the upper half plane: W and its slope at constant input, the order parameter of any state.
TEST(Poles, MeansAreIntegralsOverTheDensity) {
    for (const Law& law : laws())
        for (const double input : {-2.0, 0.3, 5.0}) {
            const double extra = 0.4;   // without it the integrand has a root at the real axis
            const auto w = [&](double x) { return std::sqrt(C(input + x, extra)); };
            std::array<Complex<double>, Poles::most> each;
            pole_asynchronous(law.poles, input, extra, each.data());
            C sum = 0;
            std::vector<double> y;
            for (int k = 0; k < law.poles.size; ++k) {
                sum += standard(law.poles.weight[k] * each[k]);
                y.push_back(each[k].re / M_PI);
                y.push_back(-each[k].im);
            }
            const double tolerance = law.n == 1 ? 2e-3 : 1e-9;   // the mean of sqrt(x) over a Lorentzian converges slowly
            EXPECT_NEAR(std::abs(sum - mean(law, w)), 0, tolerance) << law.name << law.n << " input " << input;
            EXPECT_NEAR(std::abs(standard(pole_slope(law.poles, each.data())) - mean(law, [&](double x) { return 0.5 / w(x); })), 0, 1e-7) << law.name << law.n;
            EXPECT_NEAR(std::abs(standard(pole_kuramoto(law.poles, y.data())) - mean(law, [&](double x) { return (1.0 - w(x)) / (1.0 + w(x)); })), 0, law.n == 1 ? 1e-3 : 1e-8) << law.name << law.n;
            std::vector<double> dy(y.size());
            pole_derivative(law.poles, y.data(), extra, input, dy.data());
            for (const double d : dy) EXPECT_NEAR(d, 0, 1e-12) << law.name << law.n;
        }
}

TEST(Poles, TheFirstOfBothFamiliesIsTheLorentzian) {
    for (const Poles& p : {rational_poles(1), q_gaussian_poles(1)}) {
        EXPECT_NEAR(p.shift[0], 0, 1e-16);
        EXPECT_NEAR(p.width[0], 1, 1e-15);
        EXPECT_NEAR(p.weight[0].re, 1, 1e-15);
        EXPECT_NEAR(p.weight[0].im, 0, 1e-16);
    }
}

TEST(Poles, LargeOrdersComeCloseToUniformAndGaussian) {
    const auto rate = [](const Poles& p, double input) {
        std::array<Complex<double>, Poles::most> w;
        pole_asynchronous(p, input, 0.0, w.data());
        double sum = 0;
        for (int k = 0; k < p.size; ++k) sum += (p.weight[k] * w[k]).re;
        return sum;
    };
    for (const double input : {-0.5, 0.0, 0.7, 2.0}) {
        EXPECT_NEAR(rate(rational_poles(32), input), uniform_asynchronous(1, input, 0).re, 2e-3);
        double gaussian = 0, total = 0;
        for (int k = -40'000; k <= 40'000; ++k) {
            const double x = k * 2e-4, h = std::exp(-x * x * std::log(2.0));
            gaussian += h * std::sqrt(std::max(0.0, input + x));
            total += h;
        }
        EXPECT_NEAR(rate(q_gaussian_poles(32), input), gaussian / total, 4e-3);
    }
}

TEST(Poles, UniformIsItsIntegral) {
    for (const double input : {-2.0, -0.6, 0.3, 4.0})
        for (const double extra : {0.0, 0.5}) {
            C sum = 0, slope = 0;
            constexpr int nodes = 400'000;
            for (int k = 0; k < nodes; ++k) {
                const C w = std::sqrt(C(input + 1.2 * ((2.0 * k + 1) / nodes - 1), extra));
                sum += w / double(nodes);
                slope += 0.5 / w / double(nodes);
            }
            EXPECT_NEAR(std::abs(standard(uniform_asynchronous(1.2, input, extra)) - sum), 0, 1e-6);
            EXPECT_NEAR(std::abs(standard(uniform_slope(1.2, input, extra)) - slope), 0, 3e-3);   // 1/sqrt at the real axis
        }
}

}  // namespace
}  // namespace spikemass::models
