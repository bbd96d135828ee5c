// One network written in units of tau and in milliseconds.

#include <fmt/format.h>

#include "host/config/configuration.hpp"
#include "host/simulation.hpp"
#include "tests/host/config/support.hpp"
#include "tests/theory/confidence.hpp"

namespace spikemass::theory {
namespace {

/// Excitation and inhibition, both synapses, delays, stimuli; every time is `unit` times its value in units of tau.
std::string network_file(double unit, bool milliseconds) {
    const std::string tau = milliseconds ? fmt::format(", tau_ms = {:.17g}", unit) : "";
    const double hertz = milliseconds ? 1000.0 : 1.0;   // rates and frequencies are in Hz beside milliseconds
    return fmt::format(R"([run]
seed = 5
time_unit = "{unit_name}"
dt = {dt:.17g}
warmup = {warmup:.17g}
duration = {duration:.17g}
bin = {bin:.17g}
record = ["rate", "v"]

[population.E]
model = "qif"
size = 3001
params = {{ eta = {{ distribution = "lorentzian", center = 2.0, half_width = 1.0}}{tau} }}
initial = {{ kind = "fixed_point", branch = "high" }}

[population.I]
model = "theta"
size = 1501
params = {{ eta = {{ distribution = "lorentzian", center = 0.5, half_width = 0.5}}{tau} }}
initial = {{ kind = "asynchronous", rate = {rate:.17g} }}

[projection.EE]
source = "E"
target = "E"
topology = {{ kind = "erdos_renyi", mean_indegree = 100 }}
strength = 4.0
delay = {delay:.17g}

[projection.EI]
source = "I"
target = "E"
topology = {{ kind = "fixed_indegree", mean_indegree = 50 }}
strength = -5.0
synapse = {{ kind = "exponential", tau = {tau_s:.17g} }}

[projection.IE]
source = "E"
target = "I"
topology = {{ kind = "all_to_all" }}
strength = 6.0

[stimulus.tone]
target = "E"
kind = "sine"
start = {start:.17g}
frequency = {frequency:.17g}
amplitude = 1.0

[stimulus.step]
target = "I"
kind = "step"
start = {start:.17g}
stop = {stop:.17g}
amplitude = 2.0
)",
                       fmt::arg("unit_name", milliseconds ? "ms" : "tau"), fmt::arg("dt", unit / 128), fmt::arg("warmup", unit * 2), fmt::arg("duration", unit * 16),
                       fmt::arg("bin", unit / 4), fmt::arg("tau", tau), fmt::arg("rate", 0.25 / unit * hertz), fmt::arg("delay", unit / 32),
                       fmt::arg("tau_s", unit / 2), fmt::arg("start", unit), fmt::arg("stop", unit * 8),
                       fmt::arg("frequency", 0.5 / unit * hertz));
}

RunResult run(const test::Folder& folder, double unit, bool milliseconds) {
    const Configuration c = NetworkFile::load(folder.write("network.toml", network_file(unit, milliseconds))).resolve();
    return run_spiking(c.network, c.plan, {});
}

/// Powers of two scale without rounding: the same spikes.
TEST(TimeUnits, PowerOfTwoGivesTheSameSpikes) {
    const test::Folder folder;
    const RunResult tau = run(folder, 1.0, false);
    for (const double tau_ms : {8.0, 16.0, 0.5}) {
        const RunResult ms = run(folder, tau_ms, true);
        std::printf("  tau_ms = %g: digest %016llx, in units of tau %016llx\n", tau_ms, static_cast<unsigned long long>(ms.digest), static_cast<unsigned long long>(tau.digest));
        EXPECT_EQ(ms.digest, tau.digest);
        EXPECT_EQ(ms.spikes, tau.spikes);
        for (std::size_t a = 0; a < 2; ++a)
            for (std::size_t b = 0; b < tau.populations[a].rate.size(); ++b) {
                EXPECT_NEAR(ms.populations[a].rate[b] * tau_ms, tau.populations[a].rate[b], 1e-12);
                EXPECT_NEAR(ms.populations[a].v[b], tau.populations[a].v[b], 1e-12);
            }
    }
}

/// tau_ms = 10 rounds differently somewhere; what it may not change is the rate, to the accuracy of a finite run.
TEST(TimeUnits, TenMillisecondsGiveTheSameRates) {
    const test::Folder folder;
    const RunResult tau = run(folder, 1.0, false), ms = run(folder, 10.0, true);
    for (std::size_t a = 0; a < 2; ++a) {
        const double expected = analysis::mean(tau.populations[a].rate), got = 10.0 * analysis::mean(ms.populations[a].rate);
        std::printf("  population %zu: rate %.6f/tau, in ms %.6f/tau; digests %s\n", a, expected, got, tau.digest == ms.digest ? "equal" : "differ");
        EXPECT_NEAR(got, expected, 0.005 * expected);
    }
}

}  // namespace
}  // namespace spikemass::theory
