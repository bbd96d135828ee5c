#include <gtest/gtest.h>

#include <cmath>

#include "models/synapses/registry.hpp"

namespace {

using spikemass::models::Alpha;
using spikemass::models::Cascade;
using spikemass::models::DoubleExponential;
using spikemass::models::Exponential;

TEST(ExponentialSynapse, IsTheExactSolutionForArrivalsSpreadOverTheStep) {
    // tau_s ds/dt = -s + a: s(dt) = a + (s0 - a) e, mean over the step a + (s0 - a)(1 - e) tau_s/dt, a = c/dt.
    for (const double dt : {0.001, 0.02, 0.5})
        for (const double tau : {0.1, 0.5, 3.0}) {
            const auto k = Exponential::prepare(dt, tau);
            const double e = std::exp(-dt / tau), a = 7.0 / dt, s0 = 40.0;
            float s = static_cast<float>(s0);
            const float mean = Exponential::advance(k, s, 7.0f);
            EXPECT_NEAR(s, a + (s0 - a) * e, 1e-6 * (a + s0));
            EXPECT_NEAR(mean, a + (s0 - a) * (1 - e) * tau / dt, 1e-6 * (a + s0));
        }
}

TEST(ExponentialSynapse, NegativeSumsOfWeightsMirrorPositiveOnes) {
    const auto k = Exponential::prepare(0.01, 0.3);
    float plus = 2.5f, minus = -2.5f;
    for (int step = 0; step < 20000; ++step) {   // decays through 1e-30 to exactly 0
        const float c = step < 50 ? static_cast<float>(step % 7) : 0.0f;
        EXPECT_EQ(Exponential::advance(k, plus, c), -Exponential::advance(k, minus, -c)) << step;
        EXPECT_EQ(plus, -minus) << step;
        if (step == 100) {
            EXPECT_LT(minus, -0.1f);
        }
    }
    EXPECT_EQ(plus, 0.0f);
}

/// Two stages by many small steps of the exact one-stage solution in long double: x and s after dt, and the mean of s.
struct Fine {
    long double x, s, mean = 0;
    Fine(double dt, double t1, double t2, double x0, double s0, double count) : x(x0), s(s0) {
        constexpr int n = 20000;   // classical Runge-Kutta
        const long double h = static_cast<long double>(dt) / n, a = count / dt;
        const auto dx = [&](long double xx) { return (a - xx) / t1; };
        const auto ds = [&](long double xx, long double ss) { return (xx - ss) / t2; };
        for (int i = 0; i < n; ++i) {
            const long double before = s, xa = dx(x), sa = ds(x, s), xb = dx(x + h / 2 * xa), sb = ds(x + h / 2 * xa, s + h / 2 * sa), xc = dx(x + h / 2 * xb), sc = ds(x + h / 2 * xb, s + h / 2 * sb),
                              xd = dx(x + h * xc), sd = ds(x + h * xc, s + h * sc);
            x += h / 6 * (xa + 2 * xb + 2 * xc + xd);
            s += h / 6 * (sa + 2 * sb + 2 * sc + sd);
            mean += (before + s) / 2 / n;
        }
    }
};

TEST(TwoStageSynapses, AreTheExactSolutionForArrivalsSpreadOverTheStep) {
    for (const double dt : {0.001, 0.02, 0.5})
        for (const double t1 : {0.004, 0.1, 3.0})
            for (const double t2 : {0.004, 0.1000001, 0.5}) {   // equal, almost equal, far apart
                const Cascade k = DoubleExponential::cascade(dt, t2, t1);
                const Fine fine(dt, t1, t2, 30.0, 40.0, 7.0);
                float x = 30.0f, s = 40.0f;
                const float mean = Cascade::advance(k, x, s, 7.0f);
                const double scale = 7.0 / dt + 40.0;
                EXPECT_NEAR(x, static_cast<double>(fine.x), 1e-6 * scale) << dt << " " << t1 << " " << t2;
                EXPECT_NEAR(s, static_cast<double>(fine.s), 1e-6 * scale) << dt << " " << t1 << " " << t2;
                EXPECT_NEAR(mean, static_cast<double>(fine.mean), 1e-6 * scale) << dt << " " << t1 << " " << t2;
            }
}

TEST(TwoStageSynapses, HaveUnitAreaAndTheirKernel) {
    const double dt = 0.002;
    for (const bool alpha : {false, true}) {
        const double t1 = alpha ? 0.3 : 0.1, t2 = 0.3;
        const Cascade k = alpha ? Alpha::cascade(dt, t2, 0) : DoubleExponential::cascade(dt, t2, t1);
        float x = 0, s = 0;
        double area = 0;
        for (int step = 0; step < 10000; ++step) {
            const double mean = Cascade::advance(k, x, s, step == 0 ? 1.0f : 0.0f), t = step * dt;   // the pulse is spread over a step: mean lag dt/2, the mean over a step adds as much
            area += mean * dt;
            const double kernel = alpha ? t * std::exp(-t / t2) / (t2 * t2) : (std::exp(-t / t2) - std::exp(-t / t1)) / (t2 - t1);
            if (step > 0) {
                EXPECT_NEAR(mean, kernel, 3e-4) << step;   // the kernel's curvature, and coefficients in single precision
            }
        }
        EXPECT_NEAR(area, 1.0, 1e-4);
        for (int step = 0; step < 20000; ++step) Cascade::advance(k, x, s, 0.0f);
        EXPECT_EQ(x, 0.0f);   // no subnormals
        EXPECT_EQ(s, 0.0f);
    }
}

TEST(TwoStageSynapses, ConstantArrivalsGiveTheirRate) {
    for (const double tau : {0.05, 2.0}) {
        const Cascade k = DoubleExponential::cascade(0.002, tau, 0.02);
        float x = 0, s = 0, mean = 0;
        for (int step = 0; step < 30000; ++step) mean = Cascade::advance(k, x, s, 3.0f);
        EXPECT_NEAR(mean, 3.0 / 0.002, 1e-4 * 1500);   // coefficients near 1 are rounded to single precision
    }
}

}  // namespace
