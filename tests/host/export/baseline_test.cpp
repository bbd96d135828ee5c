#include "host/export/baseline.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/export/binned_input.hpp"
#include "host/export/local_derivative.hpp"
#include "host/mass/mass.hpp"
#include "tests/host/export/networks.hpp"

namespace spikemass::handover::test {
namespace {

/// Largest difference between the derivative of the mass's own trajectory and its right-hand side there, relative to the largest derivative.
double inconsistency(const std::string& text, std::size_t skip = 0) {
    const Configuration c = NetworkFile::from_toml(text, "test").resolve();
    std::string why;
    const auto x = mass_trajectory(c, why);
    const BinnedInput in = binned_input(c, 4);
    const auto rhs = mass_right_hand_side(c, x.value(), in.mean, why);
    const std::size_t states = 2 * c.network.populations.size(), bins = x->size() / states;
    double worst = 0.0, largest = 0.0;
    for (std::size_t s = 0; s < states; ++s) {
        std::vector<double> one;
        for (std::size_t b = 0; b < bins; ++b) one.push_back((*x)[b * states + s]);
        const auto d = LocalDerivative(4, 5, c.run.bin / c.network.populations[s / 2].tau)(one, in.stretches);
        for (std::size_t b = skip; b < bins; ++b) {
            worst = std::max(worst, std::abs(d[b] - rhs.value()[b * states + s]));
            largest = std::max(largest, std::abs(d[b]));
        }
    }
    EXPECT_GT(largest, 0.1);
    return worst / largest;
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), by);
}

const std::string step = "[stimulus.s]\ntarget = \"E\"\nkind = \"step\"\nstart = 4.0\namplitude = 2.0\n";

TEST(Baseline, RightHandSideIsTheDerivativeOfTheTrajectory) {
    const std::string fine = replaced(replaced(one_population, "bin = 0.1", "bin = 0.02"), "duration = 4.0", "duration = 6.0") + step;
    EXPECT_LT(inconsistency(fine, 10), 0.02);   // before bin 10 delayed rates are not in the record
    EXPECT_LT(inconsistency(replaced(fine, "bin = 0.02", "bin = 0.01"), 20), 0.3 * inconsistency(fine, 10));   // what is left is the width of the bins, squared
    EXPECT_LT(inconsistency(replaced(fine, "delay = 0.05", "delay = 0.4\nsynapse = { kind = \"exponential\", tau = 0.3 }"), 100), 0.02);
    EXPECT_LT(inconsistency(replaced(fine, "delay = 0.05", "synapse = { kind = \"alpha\", tau = 0.2 }"), 100), 0.02);
}

TEST(Baseline, InMillisecondsStatesAndDerivativesAreStillPerTau) {
    const std::string ms = R"(
[run]
time_unit = "ms"
dt = 0.05
warmup = 20.0
duration = 60.0
bin = 0.2
record = ["rate", "v"]
[population.E]
model = "qif"
size = 1000
params = { tau_ms = 10.0, eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5 } }
[population.I]
model = "qif"
size = 500
params = { tau_ms = 5.0, eta = { distribution = "lorentzian", center = 0.5, half_width = 0.5 } }
[projection.EI]
source = "I"
target = "E"
topology = { kind = "fixed_indegree", mean_indegree = 50 }
strength = -3.0
[projection.IE]
source = "E"
target = "I"
topology = { kind = "fixed_indegree", mean_indegree = 50 }
strength = 4.0
[stimulus.s]
target = "E"
kind = "step"
start = 40.0
amplitude = 2.0
)";
    EXPECT_LT(inconsistency(ms), 0.01);
    const Configuration c = NetworkFile::from_toml(ms, "test").resolve();
    std::string why;
    const auto x = mass_trajectory(c, why);
    const RunResult r = mass::run_mass(c.network, c.plan);
    EXPECT_DOUBLE_EQ((*x)[2], r.populations[1].rate[0] * 5.0);
    EXPECT_DOUBLE_EQ((*x)[4 * 7 + 1], r.populations[0].v[7]);
}

TEST(Baseline, PolesHaveNoRightHandSideInRAndV) {
    const Configuration c = NetworkFile::from_toml(replaced(one_population, "distribution = \"lorentzian\", center = 1.0, half_width = 0.5", "distribution = \"rational\", n = 3, center = 1.0, half_width = 0.5"), "test").resolve();
    std::string why;
    EXPECT_TRUE(mass_trajectory(c, why).has_value());
    EXPECT_FALSE(mass_right_hand_side(c, StateSeries(80, 1.0), std::vector<double>(40, 0.0), why).has_value());
    EXPECT_NE(why.find("poles"), std::string::npos);
}

}  // namespace
}  // namespace spikemass::handover::test
