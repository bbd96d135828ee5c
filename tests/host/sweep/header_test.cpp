#include "host/sweep/header.hpp"

#include "host/config/schema.hpp"
#include "tests/host/sweep/support.hpp"

namespace spikemass::test {
namespace {

const std::string step = "\n[stimulus.step]\ntarget = \"E\"\nkind = \"step\"\nstart = 2.0\nstop = 2.15\namplitude = 3.0\n";

TEST(Header, OfASweep) {
    const NetworkFile file = network_file();
    const SweepPlan plan = file.sweep();
    const output::SweepHeader h = sweep_header(file, plan);
    EXPECT_NO_THROW(h.check());
    EXPECT_EQ(h.network_toml, sweep_toml);
    EXPECT_EQ(h.sha256, plan.sha256);
    EXPECT_EQ(h.axes, plan.axes);
    EXPECT_EQ(h.trials, 3);
    EXPECT_EQ(h.n_points(), 4);
    EXPECT_EQ(h.n_references(), 1);
    EXPECT_EQ(h.n_bins(), 20);
    EXPECT_EQ(h.populations, std::vector<std::string>{"E"});
    EXPECT_EQ(h.n_neurons, std::vector<std::vector<std::int64_t>>(4, {300}));
    EXPECT_TRUE(h.record.v && !h.record.order_parameter);
    EXPECT_TRUE(h.stimulus.empty());
    EXPECT_TRUE(h.tau_ms.empty());
    EXPECT_EQ(std::get<std::string>(h.points[1][1]), "fixed_indegree");
    EXPECT_FALSE(h.provenance.program_version.empty() || h.provenance.compiler.empty() || h.provenance.device.empty());
}

TEST(Header, OfARun) {
    const NetworkFile file = network_file(net_toml + step);
    const Configuration c = file.resolve(7);
    const output::SweepHeader h = run_header(file, c, 7);
    EXPECT_NO_THROW(h.check());
    EXPECT_EQ(h.first_trial, 7);
    EXPECT_EQ(h.n_points(), 1);
    EXPECT_TRUE(h.axes.empty() && h.points[0].empty());
    ASSERT_EQ(h.stimulus.size(), 1u);
    std::vector<double> expected(20, 0.0);   // bins start at t = 1
    expected[10] = 3.0;
    expected[11] = 1.5;
    for (std::size_t b = 0; b < 20; ++b) EXPECT_NEAR(h.stimulus[0][0][b], expected[b], 1e-12) << b;
}

TEST(Header, StimuliOnceOrPerPoint) {
    const auto header = [](const std::string& axis) {
        const NetworkFile file = network_file(net_toml + step + "[sweep]\n" + axis + "\n");
        return sweep_header(file, file.sweep());
    };
    EXPECT_EQ(header("\"projection.EE.strength\" = [1.0, 2.0]").stimulus.size(), 1u);
    const auto swept = header("\"stimulus.step.amplitude\" = [3.0, 6.0]").stimulus;
    ASSERT_EQ(swept.size(), 2u);
    for (std::size_t b = 0; b < 20; ++b) EXPECT_NEAR(swept[1][0][b], 2 * swept[0][0][b], 1e-12);
    EXPECT_EQ(header("\"run.dt\" = [0.01, 0.005]").stimulus.size(), 2u);
}

TEST(Header, UnitsOfSweptKeys) {
    const auto units = [](const std::string& text, const std::string& axis) {
        const NetworkFile file = network_file(text + "[sweep]\n" + axis + "\n");
        return sweep_header(file, file.sweep()).axis_units;
    };
    const std::string text = net_toml + step;
    EXPECT_EQ(units(text, "\"run.dt\" = [0.01, 0.005]\n\"projection.EE.delay\" = [0.0, 0.1]\n\"projection.EE.strength\" = [1, 2]\n\"stimulus.step.stop\" = [2.5, 3]\n"
                          "\"population.E.initial.rate\" = [0.0, 0.5]\n\"projection.EE.topology.kind\" = [\"erdos_renyi\"]\n\"population.E.size\" = [300]"),
              (std::vector<std::string>{"tau", "tau", "1", "tau", "1/tau", "1", "1"}));
    std::string ms = text;
    const auto replace = [&](const std::string& from, const std::string& to) { ms.replace(ms.find(from), from.size(), to); };
    replace("\"tau\"", "\"ms\"");
    replace("params = { eta", "params = { tau_ms = 15.0, eta");
    EXPECT_EQ(units(ms, "\"run.dt\" = [0.01]\n\"population.E.params.tau_ms\" = [10, 20]\n\"population.E.initial.rate\" = [0.0, 50.0]"), (std::vector<std::string>{"ms", "ms", "Hz"}));
}

/// find() of a section takes the first row of a name.
TEST(Header, RowsOfOneNameMeasureTheSame) {
    for (const config::Section& section : config::schema())
        for (const config::Key& key : section.keys) EXPECT_EQ(key.rules.quantity, section.find(key.name)->rules.quantity) << section.path << "." << key.name;
}

TEST(Header, Milliseconds) {
    std::string text = net_toml;
    const auto replace = [&](const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); };
    replace("\"tau\"", "\"ms\"");
    replace("params = { eta", "params = { tau_ms = 15.0, eta");
    const NetworkFile file = network_file(text);
    const output::SweepHeader h = run_header(file, file.resolve(), 0);
    EXPECT_EQ(h.time_unit, "ms");
    EXPECT_EQ(h.tau_ms, std::vector<double>{15.0});
}

}  // namespace
}  // namespace spikemass::test
