#include <gtest/gtest.h>

#include <cmath>

#include "models/synapses/exponential.hpp"

namespace {

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

}  // namespace
