#include "host/compare/compare.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/output/dataset.hpp"
#include "host/output/layout.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/sweep.hpp"
#include "models/closures/registry.hpp"
#include "tests/host/sweep/support.hpp"

namespace spikemass::test {
namespace {

std::string stationary(const std::string& sweep) {
    std::string text = net_toml;
    const auto replace = [&](const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); };
    replace("warmup    = 1.0", "warmup    = 20.0");
    replace("duration  = 2.0", "duration  = 10.0");
    return text + sweep;
}

class Compare : public ::testing::Test {
protected:
    std::filesystem::path swept(const std::string& sweep) {
        const NetworkFile file = network_file(stationary(sweep));
        SweepOptions o;
        o.out = folder / "out";
        o.threads = 2;
        o.quiet = true;
        run_sweep(file, file.sweep(), o);
        return o.out;
    }
    static CompareOptions options(std::vector<std::string> closures = {}) {
        CompareOptions o;
        o.closures = std::move(closures);
        o.quiet = true;
        o.threads = 2;
        return o;
    }
    Folder folder;
};

TEST_F(Compare, AllClosuresByDefaultInTheOrderOfTheList) {
    const CompareOutcome r = compare_dataset(swept("[sweep]\ntrials = 2\n\"projection.EE.strength\" = [1.0, 5.0]\n"), options());
    ASSERT_EQ(r.rows.size(), 2u);
    EXPECT_EQ(r.points, 2u);
    EXPECT_EQ(r.table.levels.size(), closures::closure_names.size());
    EXPECT_EQ(r.table.levels.front(), "mass");
    EXPECT_EQ(r.table.label, "strength");
    EXPECT_EQ(r.rows[0].label, "1");
    EXPECT_EQ(r.ranking.size(), closures::closure_names.size());
    EXPECT_TRUE(r.shift_rows.empty() && !r.table.against_reference);   // no reference
    for (const auto& row : r.rows)
        for (const auto& e : row.levels) EXPECT_TRUE(std::isfinite(e.rate) && std::isfinite(e.v) && e.joint > 0);
}

TEST_F(Compare, ErrorsAreLevelMinusSpikingOverTheWindow) {
    const auto out = swept("[sweep]\ntrials = 3\n");
    const CompareOutcome r = compare_dataset(out, options({"none"}));
    const output::Dataset d = output::read_dataset(output::dataset_path(out));
    double spiking = 0;
    for (const double x : d.runs.rate) spiking += x / static_cast<double>(d.runs.rate.size());
    const output::Group mass = output::read_group(output::dataset_path(out), "mass");
    for (const auto& v : mass.variables) {
        if (v.name != "rate") continue;
        double mean = 0;
        for (const double x : std::get<std::vector<double>>(v.values)) mean += x / 100;
        EXPECT_NEAR(r.rows[0].levels[0].rate, mean / spiking - 1, 0.01);   // realised in-degrees are taken into account
    }
    EXPECT_NEAR(r.rows[0].rate.value, spiking, 1e-6 * spiking);
}

TEST_F(Compare, ShiftsWithAReference) {
    const auto out = swept("[sweep]\ntrials = 2\nreference = \"all_to_all\"\n\"projection.EE.topology.mean_indegree\" = [10, 30]\n");
    const CompareOutcome both = compare_dataset(out, options({"none", "resonant"}));
    EXPECT_TRUE(both.table.against_reference);
    ASSERT_EQ(both.shift_rows.size(), both.rows.size());
    EXPECT_NE(both.shift_rows[0].levels[0].joint, both.rows[0].levels[0].joint);
    EXPECT_EQ(both.shift_rows[0].rate.value, both.rows[0].rate.value);
    const CompareOutcome alone = compare_dataset(out, options({"resonant"}));   // a shift is against the exact mass
    EXPECT_FALSE(alone.table.against_reference);
}

TEST_F(Compare, EqualPointsAreComparedAlike) {
    const CompareOutcome r = compare_dataset(swept("[sweep]\n\"projection.EE.topology.kind\" = [\"all_to_all\", \"erdos_renyi\"]\n\"projection.EE.topology.mean_indegree\" = [10, 30]\n"), options());
    ASSERT_EQ(r.rows.size(), 4u);
    EXPECT_EQ(r.rows[0].group, "kind = all_to_all");
    for (std::size_t k = 0; k < r.table.levels.size(); ++k) {
        EXPECT_EQ(r.rows[0].levels[k].joint, r.rows[1].levels[k].joint);
        EXPECT_EQ(r.rows[0].levels[k].joint, r.rows[0].levels[0].joint);   // all-to-all: every closure is the exact mass
    }
}

TEST_F(Compare, ThreadsChangeNothing) {
    const auto out = swept("[sweep]\ntrials = 2\n\"projection.EE.strength\" = [1.0, 5.0]\n");
    compare_dataset(out, options());
    const std::string expected = bytes(output::dataset_path(out));
    CompareOptions one = options();
    one.threads = 1;
    compare_dataset(out, one);
    EXPECT_EQ(bytes(output::dataset_path(out)), expected);
}

TEST_F(Compare, StopsAndLeavesTheDataset) {
    const auto out = swept("[sweep]\ntrials = 2\n");
    const std::string before = bytes(output::dataset_path(out));
    StopFlag stop{static_cast<int>(ExitCode::interrupted)};
    CompareOptions o = options();
    o.stop = &stop;
    try {
        compare_dataset(out, o);
        FAIL() << "not stopped";
    } catch (const Stopped& e) {
        EXPECT_EQ(e.code(), ExitCode::interrupted);
    }
    EXPECT_EQ(bytes(output::dataset_path(out)), before);
}

TEST_F(Compare, ClosuresAreCheckedFirst) {
    EXPECT_THROW(check_closures({"none", "magic"}), ConfigurationError);
    EXPECT_THROW(check_closures({"none", "resonant", "none"}), ConfigurationError);
    EXPECT_NO_THROW(check_closures({}));
    EXPECT_THROW(compare_dataset(swept("[sweep]\ntrials = 2\n"), options({"magic"})), ConfigurationError);
}

}  // namespace
}  // namespace spikemass::test
