// Points, duplicates, references, seeds; and what cannot be swept.

#include "host/config/sweep_plan.hpp"

#include <ctime>
#include <set>

#include "host/config/fingerprint.hpp"
#include "models/base/random.hpp"
#include "tests/host/config/support.hpp"

namespace spikemass::test {
namespace {

class Sweeps : public testing::Test {
protected:
    NetworkFile load(const std::string& sweep, const std::string& base = net_toml) const { return NetworkFile::load(folder.write("net.toml", base + "[sweep]\n" + sweep)); }
    SweepPlan plan(const std::string& sweep, const std::string& base = net_toml) const { return load(sweep, base).sweep(); }
    void fails(const std::string& sweep, const std::vector<std::string>& parts, const std::string& base = net_toml) const {
        expect_error([&] { plan(sweep, base); }, parts);
    }
    Folder folder;
};

std::int64_t integer(const SweepPoint& p, std::size_t axis) { return std::get<std::int64_t>(p.values[axis]); }
double real(const SweepPoint& p, std::size_t axis) { return std::get<double>(p.values[axis]); }

TEST_F(Sweeps, GridLastAxisFastest) {
    const SweepPlan p = plan("trials = 4\n\"population.E.size\" = [300, 400]\n\"projection.EE.topology.kind\" = ['erdos_renyi', 'fixed_indegree', 'annealed']\n");
    EXPECT_EQ(p.axes, (std::vector<std::string>{"population.E.size", "projection.EE.topology.kind"}));
    EXPECT_EQ(p.trials, 4);
    EXPECT_EQ(p.design, "grid");
    ASSERT_EQ(p.points.size(), 6u);
    EXPECT_EQ(integer(p.points[0], 0), 300);
    EXPECT_EQ(std::get<std::string>(p.points[1].values[1]), "fixed_indegree");
    EXPECT_EQ(integer(p.points[3], 0), 400);
    EXPECT_EQ(std::get<std::string>(p.points[3].values[1]), "erdos_renyi");
    const Configuration c = p.configuration(p.points[4], 2);
    EXPECT_EQ(c.network.populations[0].size, 400);
    EXPECT_EQ(c.network.projections[0].topology.kind, TopologyKind::fixed_indegree);
    EXPECT_EQ(c.network.seeds.init, trial_seed(3, SeedPurpose::init, 2));
    EXPECT_EQ(c.network.seeds.init, point_seeds(p.points[4], 2).init);
    EXPECT_EQ(sha256(c.resolved.dump()), p.points[4].sha256);
    EXPECT_TRUE(p.references.empty());
    for (const SweepPoint& point : p.points) EXPECT_EQ(point.reference, -1);
}

TEST_F(Sweeps, AxesFollowTheFileNotTheAlphabet) {
    EXPECT_EQ(plan("\"run.dt\" = [0.01]\n\"population.E.size\" = [300]\n\"projection.EE.strength\" = [1]\n").axes,
              (std::vector<std::string>{"run.dt", "population.E.size", "projection.EE.strength"}));
}

TEST_F(Sweeps, UnquotedPathsMeanTheSame) {
    const SweepPlan quoted = plan("\"projection.EE.strength\" = [1, 2]\n\"projection.EE.topology.mean_indegree\" = [10]\n");
    const SweepPlan dotted = plan("projection.EE.strength = [1, 2]\nprojection.EE.topology.mean_indegree = [10.0]\n");
    EXPECT_EQ(quoted.axes, dotted.axes);
    EXPECT_EQ(quoted.sha256, dotted.sha256);
}

TEST_F(Sweeps, ZipGoesSideBySide) {
    const SweepPlan p = plan("design = 'zip'\n\"projection.EE.strength\" = [1, 2.5, 3]\n\"population.E.params.eta.center\" = [-1, -2, -3]\n");
    ASSERT_EQ(p.points.size(), 3u);
    EXPECT_EQ(real(p.points[1], 0), 2.5);
    EXPECT_EQ(real(p.points[1], 1), -2.0);
    EXPECT_EQ(p.configuration(p.points[2]).network.populations[0].eta.center, -3.0);
    fails("design = 'zip'\n\"projection.EE.strength\" = [1, 2]\n\"population.E.params.eta.center\" = [1]\n",
          {"net.toml:43:", "`population.E.params.eta.center`", "1 values", "2", "equally long"});
}

TEST_F(Sweeps, TrialsAlone) {
    const SweepPlan p = plan("trials = 3\n");
    ASSERT_EQ(p.points.size(), 1u);
    EXPECT_TRUE(p.points[0].values.empty());
    EXPECT_EQ(p.configuration(p.points[0]).resolved.dump(), load("trials = 3\n").resolve().resolved.dump());
}

TEST_F(Sweeps, KeysThatAKindDoesNotUseAreIgnoredThere) {
    // half_width matters to lorentzian_indegree alone: 2 x 2 points, 3 networks.
    const SweepPlan p = plan("\"projection.EE.topology.kind\" = ['erdos_renyi', 'lorentzian_indegree']\n\"projection.EE.topology.half_width\" = [3, 5]\n");
    ASSERT_EQ(p.points.size(), 4u);
    EXPECT_EQ(p.points[0].same_as, -1);
    EXPECT_EQ(p.points[1].same_as, 0);
    EXPECT_EQ(p.points[2].same_as, -1);
    EXPECT_EQ(p.points[3].same_as, -1);
    EXPECT_EQ(p.configuration(p.points[3]).network.projections[0].topology.half_width, 5.0);
    fails("\"projection.EE.topology.half_width\" = [3, 5]\n", {"projection.EE.topology.half_width = 3", "not used when kind = \"erdos_renyi\""});
    fails("\"projection.EE.topology.kind\" = ['erdos_renyi', 'annealed']\n\"projection.EE.topology.half_width\" = [3, 5]\n", {"`projection.EE.topology.half_width`", "no point of the sweep uses it"});
}

TEST_F(Sweeps, EqualPointsRunOnce) {
    const SweepPlan p = plan("\"projection.EE.topology.kind\" = ['all_to_all', 'erdos_renyi']\n\"projection.EE.topology.mean_indegree\" = [10, 20, 10.0]\n");
    const std::vector<std::int64_t> expected = {-1, 0, 0, -1, -1, 3};
    ASSERT_EQ(p.points.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(p.points[i].same_as, expected[i]) << i;
}

TEST_F(Sweeps, ProbabilityAxis) {
    const SweepPlan p = plan("\"projection.EE.topology.probability\" = [0.5, 1.0]\n");
    EXPECT_EQ(p.configuration(p.points[0]).network.projections[0].topology.mean_indegree, 249.5);
    EXPECT_EQ(p.configuration(p.points[1]).network.projections[0].topology.mean_indegree, 499.0);
}

TEST_F(Sweeps, DtKeepsTheBins) {
    const SweepPlan p = plan("\"run.dt\" = [0.01, 0.005]\n");
    const Configuration coarse = p.configuration(p.points[0]), fine = p.configuration(p.points[1]);
    EXPECT_EQ(coarse.plan.bins, fine.plan.bins);
    EXPECT_EQ(2 * coarse.plan.steps_per_bin, fine.plan.steps_per_bin);
    EXPECT_EQ(2 * coarse.network.projections[1].delay_steps, fine.network.projections[1].delay_steps);
}

TEST_F(Sweeps, BooleansStringsAndSeeds) {
    const SweepPlan p = plan("\"projection.EE.topology.self_connections\" = [true, false]\n\"projection.EE.source\" = ['E', 'I']\n\"run.seed\" = [1, 2]\n");
    ASSERT_EQ(p.points.size(), 8u);
    EXPECT_TRUE(p.configuration(p.points[0]).network.projections[0].topology.self_connections);
    EXPECT_EQ(p.configuration(p.points[2]).network.projections[0].source, 1u);
    EXPECT_EQ(point_seeds(p.points[1], 0).graph, trial_seed(2, SeedPurpose::graph, 0));
}

TEST_F(Sweeps, ReferencesArePairedAndShared) {
    const SweepPlan p = plan("reference = 'all_to_all'\n\"projection.EE.topology.mean_indegree\" = [10, 20, 40]\n\"population.E.params.eta.center\" = [1, 2]\n");
    ASSERT_EQ(p.points.size(), 6u);
    ASSERT_EQ(p.references.size(), 2u);    // one per eta, whatever K
    for (std::size_t i = 0; i < 6; ++i) {
        const SweepPoint& reference = p.references[static_cast<std::size_t>(p.points[i].reference)];
        const Configuration c = p.configuration(reference), point = p.configuration(p.points[i]);
        EXPECT_TRUE(reference.all_to_all);
        EXPECT_EQ(c.network.populations[0].eta.center, point.network.populations[0].eta.center);
        EXPECT_EQ(c.network.seeds.init, point.network.seeds.init);
        EXPECT_EQ(c.network.projections[0].topology.kind, TopologyKind::all_to_all);
        EXPECT_EQ(c.network.projections[1].topology.kind, TopologyKind::all_to_all);
        EXPECT_EQ(c.network.projections[0].topology.mean_indegree, 500.0);
        EXPECT_TRUE(c.network.projections[0].topology.self_connections);
        EXPECT_EQ(c.network.projections[1].delay_steps, 3);
        EXPECT_EQ(c.network.projections[1].synapse.tau, 0.5);
        EXPECT_EQ(sha256(c.resolved.dump()), reference.sha256);
        EXPECT_EQ(NetworkFile::from_json(c.resolved, "reference").resolve().resolved.dump(), c.resolved.dump());
    }
}

TEST_F(Sweeps, ReferencesKeepTheMeanInput) {
    std::string base = replaced(net_toml, "strength = 5.0", "strength = { distribution = 'gaussian', mean = 5.0, sd = 1.0 }\nnormalise = 'sqrt_mean_indegree'");
    base = replaced(base, "strength = -4.0", "strength = -4.0\nnormalise = 'none'");
    const SweepPlan p = plan("reference = 'all_to_all'\n\"projection.EE.topology.mean_indegree\" = [16, 25]\n", base);
    ASSERT_EQ(p.references.size(), 2u);
    const Network n = p.configuration(p.references[1]).network;
    EXPECT_EQ(n.projections[0].strength, 25.0);      // 5 sqrt(25)
    EXPECT_EQ(n.projections[0].strength_sd, 0.0);
    EXPECT_EQ(n.projections[0].normalise, Normalise::mean_indegree);
    EXPECT_EQ(n.projections[1].strength, -80.0);     // -4 * 20
}

TEST_F(Sweeps, AnAllToAllPointIsItsOwnReference) {
    std::string base = replaced(net_toml, "kind = \"fixed_indegree\", mean_indegree = 20", "kind = \"all_to_all\"");
    const SweepPlan p = plan("reference = 'all_to_all'\n\"projection.EE.topology.kind\" = ['erdos_renyi', 'all_to_all']\n", base);
    ASSERT_EQ(p.references.size(), 1u);
    EXPECT_EQ(p.references[0].same_as, 1);
    EXPECT_EQ(p.points[0].reference, 0);
    EXPECT_EQ(p.points[1].reference, 0);
}

TEST_F(Sweeps, ExplicitSelfConnectionsStay) {
    const std::string base = replaced(net_toml, "kind = \"erdos_renyi\", mean_indegree = 50", "kind = \"erdos_renyi\", mean_indegree = 50, self_connections = false");
    const SweepPlan p = plan("trials = 2\nreference = 'all_to_all'\n", base);
    EXPECT_EQ(p.configuration(p.references[0]).network.projections[0].topology.mean_indegree, 499.0);
}

TEST_F(Sweeps, CommonSeedsAreTheSameForEveryPoint) {
    const SweepPlan p = plan("\"projection.EE.strength\" = [1, 2]\n");
    EXPECT_EQ(p.points[0].seed, 3u);
    EXPECT_EQ(p.points[1].seed, 3u);
}

TEST_F(Sweeps, IndependentSeedsFollowTheValues) {
    const std::string sweep = "seeds = 'independent'\nreference = 'all_to_all'\n";
    const NetworkFile file = load(sweep + "\"projection.EE.topology.kind\" = ['erdos_renyi', 'lorentzian_indegree']\n\"projection.EE.topology.half_width\" = [3, 5]\n"
                                          "\"projection.EE.strength\" = [1, 2, 1.0]\n");
    const SweepPlan p = file.sweep();
    ASSERT_EQ(p.points.size(), 12u);
    std::set<std::uint64_t> seeds;
    for (const SweepPoint& point : p.points) seeds.insert(point.seed);
    EXPECT_EQ(seeds.size(), 6u);                   // J = 1, 2; erdos_renyi, lorentzian 3, lorentzian 5
    EXPECT_EQ(p.points[2].same_as, 0);             // 1 and 1.0
    EXPECT_EQ(p.points[3].same_as, 0);             // half_width is not used
    EXPECT_EQ(p.references.size(), 6u);            // the same parameter draws as the point: its seeds
    for (const SweepPoint& point : p.points) EXPECT_EQ(p.references[static_cast<std::size_t>(point.reference)].seed, point.seed);
    // The order of axes does not matter, and one entry can be reproduced alone.
    const SweepPlan turned = plan(sweep + "\"projection.EE.strength\" = [1]\n\"projection.EE.topology.kind\" = ['lorentzian_indegree']\n\"projection.EE.topology.half_width\" = [5]\n");
    EXPECT_EQ(turned.points[0].seed, p.points[9].seed);
    const Configuration alone = file.resolve({{"projection.EE.strength", 2.0}, {"projection.EE.topology.kind", std::string("lorentzian_indegree")}, {"projection.EE.topology.half_width", 5.0}}, 7);
    EXPECT_EQ(alone.network.seeds.graph, point_seeds(p.points[10], 7).graph);
    EXPECT_EQ(alone.resolved.dump(), p.configuration(p.points[10], 7).resolved.dump());
    // Its JSON stands alone too.
    EXPECT_EQ(NetworkFile::from_json(alone.resolved, "point").resolve(7).network.seeds.noise, alone.network.seeds.noise);
}

TEST_F(Sweeps, ASingleRunNeedsTheSweptValueSet) {
    const std::string base = replaced(net_toml, ", mean_indegree = 50", "");
    const NetworkFile file = load("\"projection.EE.topology.mean_indegree\" = [10, 20]\n", base);
    EXPECT_EQ(file.sweep().points.size(), 2u);
    expect_error([&] { file.resolve(); }, {"projection.EE.topology.mean_indegree", "missing", "--set projection.EE.topology.mean_indegree="});
    EXPECT_EQ(file.resolve({{"projection.EE.topology.mean_indegree", 10.0}}).network.projections[0].topology.mean_indegree, 10.0);
}

TEST_F(Sweeps, Fingerprint) {
    const std::string sweep = "\"projection.EE.strength\" = [1, 2]\n";
    const SweepPlan p = plan(sweep);
    EXPECT_EQ(p.sha256.size(), 64u);
    EXPECT_EQ(p.sha256, sha256(p.resolved.dump()));
    EXPECT_EQ(p.sha256, plan("# comment\n" + sweep + "design = 'grid'\n").sha256);
    EXPECT_NE(p.sha256, plan("\"projection.EE.strength\" = [1, 3]\n").sha256);
    EXPECT_NE(p.sha256, plan(sweep + "trials = 2\n").sha256);
    const SweepPlan other = plan(sweep, replaced(net_toml, "dt        = 0.01", "dt = 0.005"));
    EXPECT_NE(difference(p.resolved, other.resolved).find("network.run.dt: 0.01 -> 0.005"), std::string::npos);
    // A key that only a later point uses.
    const std::string kinds = "\"projection.EE.topology.kind\" = ['erdos_renyi', 'lorentzian_indegree']\n";
    const auto with_width = [&](const char* width) {
        return plan(kinds, replaced(net_toml, "mean_indegree = 50", std::string("mean_indegree = 50, half_width = ") + width));
    };
    EXPECT_NE(with_width("2").sha256, with_width("3").sha256);
    // The file's own seed, also where points have seeds of their own.
    EXPECT_EQ(plan(sweep + "seeds = 'independent'\n").resolved["network"]["run"]["seed"], 3);
}

TEST_F(Sweeps, PointsThatCannotBeAreNamed) {
    fails("\"population.E.size\" = [600, 40]\n", {"net.toml:23:", "projection.EE.topology.mean_indegree = 50", "39 sources", "Sweep point 1: population.E.size = 40"});
    fails("\"projection.EE.topology.mean_indegree\" = [10,\n 1000]\n", {"net.toml:42:2", "mean_indegree = 1000", "Sweep point 1"});
    fails("\"run.dt\" = [0.01, 0.015]\n", {"run.warmup = 1.0", "whole number of steps dt = 0.015"});
    fails("\"projection.EE.topology.kind\" = ['erdos_renyi', 'small_world']\n", {"small_world", "rewiring is missing", "Sweep point 1"});
    fails("\"population.E.size\" = [600, 40.5]\n", {"net.toml:41:", "population.E.size = 40.5", "integer"});
    fails("\"projection.EE.source\" = ['E', 'Q']\n", {"no population \"Q\""});
}

TEST_F(Sweeps, PathsThatDoNotExist) {
    fails("\"projection.EE.strenght\" = [1]\n", {"net.toml:41:", "`projection.EE.strenght`", "no key", "`projection.EE.strength`"});
    fails("\"projection.EX.strength\" = [1]\n", {"no projection `EX`", "EE"});
    fails("\"populations.E.size\" = [1]\n", {"no section `populations`", "`population`"});
    fails("\"population.E.params.eta.centre\" = [1]\n", {"`population.E.params.eta.center`"});
    fails("trails = 3\n", {"net.toml:41:10", "`trails`", "no such key", "`trials`"});
    fails("\"run.dt.x\" = [1]\n", {"`run.dt` is a value"});
    fails("\"projection.EE.topology.synapses\" = [1]\n", {"projection.EE.topology.synapses = 1", "It belongs to fixed_total"});
}

TEST_F(Sweeps, PathsThatCannotBeSwept) {
    for (const char* axis : {"run.time_unit\" = ['tau']", "run.warmup\" = [1]", "run.duration\" = [1]", "run.bin\" = [0.1]", "run.record\" = ['rate']"})
        fails(std::string("\"") + axis + "\n", {"net.toml:41:", "cannot be swept", "duration"});
    fails("\"population\" = ['E']\n", {"`population`", "whole of [population]"});
    fails("\"population.E\" = [1]\n", {"`population.E`", "whole table"});
    fails("\"projection.EE.topology\" = [1]\n", {"`projection.EE.topology`", "whole table", "mean_indegree"});
    fails("\"population.E.params.eta\" = [1, 2]\n", {"`population.E.params.eta`", "distribution", "population.E.params.eta.center"});
    EXPECT_EQ(plan("\"population.I.params.eta\" = [1, 2]\n").points.size(), 2u);
    fails("\"sweep.trials\" = [1]\n", {"`sweep.trials`", "cannot be swept"});
}

TEST_F(Sweeps, BadAxes) {
    fails("", {"net.toml:40:1", "[sweep] is empty", "trials"});
    fails("\"projection.EE.strength\" = []\n", {"net.toml:41:28", "`projection.EE.strength`", "empty"});
    fails("\"projection.EE.strength\" = 3\n", {"must be a list of values, and is 3"});
    fails("\"projection.EE.strength\" = [1, 'a']\n", {"different types"});
    fails("\"projection.EE.topology.self_connections\" = [true, 'a']\n", {"different types"});
    fails("\"projection.EE.strength\" = [1, nan]\n", {"net.toml:41:", "nan", "finite"});
    fails("\"projection.EE.strength\" = [[1]]\n", {"[1]", "numbers, strings"});
    fails("\"projection.EE.strength\" = [1]\nprojection.EE.strength = [2]\n", {"net.toml:42:", "sets the same thing"});
    fails("\"population.I.params.eta\" = [1]\n\"population.I.params.eta.center\" = [1]\n", {"sets the same thing"});
    fails("\"projection.EE.topology.mean_indegree\" = [1]\n\"projection.EE.topology.probability\" = [0.5]\n", {"sets the same thing"});
    fails("trials = 0\n", {"sweep.trials = 0", ">= 1"});
    fails("trials = 2\nseeds = 'own'\n", {"sweep.seeds = \"own\"", "common, independent"});
    fails("trials = 2\nreference = 'mpr'\n", {"sweep.reference", "all_to_all"});
    fails("design = 'latin_hypercube'\ntrials = 2\n", {"sweep.design.points is missing"});
    fails("design = { kind = 'latin_hypercube', points = 64 }\ntrials = 2\n", {"latin_hypercube", "samples ranges"});
    fails("design = 3\ntrials = 2\n", {"sweep.design = 3", "name in quotes or a table"});
    fails("design = { kind = 'zip', points = 3 }\n\"projection.EE.strength\" = [1]\n", {"sweep.design.points", "not used when kind = \"zip\""});
    std::string many = "[0";
    for (int i = 1; i < 1001; ++i) many += "," + std::to_string(i);
    fails("\"projection.EE.strength\" = " + many + "]\n\"projection.EI.strength\" = " + many + "]\n", {"1e+06 points", "at most 1e+06"});
    expect_error([&] { NetworkFile::load(folder.write("net.toml", net_toml)).sweep(); }, {"net.toml", "no [sweep]"});
    EXPECT_FALSE(NetworkFile::load(folder.write("net.toml", net_toml)).has_sweep());
    expect_error([&] { NetworkFile::load(folder.write("net.toml", "sweep = 3\n" + net_toml)); }, {"net.toml:1:", "sweep", "table"});
}

TEST_F(Sweeps, SamplesFillRanges) {
    for (const std::string kind : {"latin_hypercube", "sobol"}) {
        const std::string design = "design = { kind = '" + kind + "', points = 64, logarithmic = ['projection.EE.topology.mean_indegree'] }\n";
        const std::string axes = "\"projection.EE.strength\" = [5, 15]\n\"population.E.size\" = [300, 400]\n\"projection.EE.topology.mean_indegree\" = [10, 250]\n"
                                 "\"projection.EE.topology.kind\" = ['erdos_renyi', 'fixed_indegree']\n";
        const SweepPlan p = plan(design + axes);
        EXPECT_EQ(p.design, kind);
        ASSERT_EQ(p.points.size(), 64u);
        std::set<int> strata, sizes;
        int below = 0, regular = 0;
        for (const SweepPoint& point : p.points) {
            const double j = real(point, 0), k = real(point, 2);
            EXPECT_TRUE(j >= 5 && j < 15 && integer(point, 1) >= 300 && integer(point, 1) <= 400 && k >= 10 && k <= 250 && k == std::floor(k)) << describe_point(p, point);
            strata.insert(static_cast<int>((j - 5) / 10 * 64));
            sizes.insert(static_cast<int>(integer(point, 1)));
            below += k < 50;   // the geometric mean
            regular += std::get<std::string>(point.values[3]) == "fixed_indegree";
            EXPECT_EQ(p.configuration(point).network.projections[0].topology.mean_indegree, k);
        }
        EXPECT_EQ(strata.size(), 64u) << kind;   // one point in each
        EXPECT_GT(sizes.size(), 50u);
        EXPECT_EQ(regular, 32);
        EXPECT_NEAR(below, 32, 2);
        EXPECT_EQ(plan(design + axes).sha256, p.sha256);
        const auto file = folder.write("net.toml", net_toml + "[sweep]\n" + design + axes);
        const SweepPlan other = NetworkFile::load(file, {parse_override("sweep.design.seed=2"), parse_override("sweep.design.points=8")}).sweep();
        EXPECT_EQ(other.points.size(), 8u);
        EXPECT_NE(real(other.points[0], 0), real(p.points[0], 0));
        expect_error([&] { NetworkFile::load(file, {parse_override("sweep.design.point=8")}); }, {"--set sweep.design.point=8", "`points`"});
    }
    const std::string design = "design = { kind = 'sobol', points = 4, seed = 0 }\n";
    const SweepPlan p = plan(design + "\"projection.EE.strength\" = [0, 8]\n\"projection.EI.strength\" = [0, 8]\n");
    const double expected[4][2] = {{0, 0}, {4, 4}, {6, 2}, {2, 6}};   // of the sequence as published
    for (std::size_t i = 0; i < 4; ++i)
        for (std::size_t a = 0; a < 2; ++a) EXPECT_EQ(real(p.points[i], a), expected[i][a]) << i << " " << a;
    fails(design + "\"projection.EE.strength\" = [1, 2, 3]\n", {"net.toml:42:", "range [low, high]", "3 values"});
    fails(design + "\"projection.EE.strength\" = [2, 1]\n", {"low < high"});
    fails(design + "\"projection.EE.topology.mean_indegree\" = [2.5, 10]\n", {"whole"});
    fails("design = { kind = 'sobol', points = 4, logarithmic = ['projection.EE.strength'] }\n\"projection.EE.strength\" = [0, 2]\n", {"low must be > 0"});
    fails("design = { kind = 'sobol', points = 4, logarithmic = ['projection.EE.strenght'] }\n\"projection.EE.strength\" = [0, 2]\n", {"which is not swept", "projection.EE.strength"});
    fails("design = { kind = 'sobol', points = 4, logarithmic = ['projection.EE.topology.kind'] }\n\"projection.EE.topology.kind\" = ['annealed']\n", {"logarithm of words"});
    fails("design = { kind = 'sobol', points = 2000000 }\n\"projection.EE.strength\" = [0, 2]\n", {"2000000 points"});
}

TEST_F(Sweeps, OptionsReachTheSweep) {
    const auto file = folder.write("net.toml", net_toml);
    const SweepPlan p = NetworkFile::load(file, {parse_override("sweep.trials=5"), parse_override("sweep.projection.EE.strength=[1, 2]")}).sweep();
    EXPECT_EQ(p.trials, 5);
    EXPECT_EQ(p.axes, (std::vector<std::string>{"projection.EE.strength"}));
    expect_error([&] { NetworkFile::load(file, {parse_override("sweep.projection.EE.strenght=[1, 2]")}).sweep(); }, {"net.toml with --set sweep.projection.EE.strenght=[1, 2]", "`projection.EE.strength`"});
    expect_error([&] { NetworkFile::load(file, {parse_override("sweep.trails=5")}); }, {"--set sweep.trails=5", "`trials`"});
}

TEST_F(Sweeps, TenThousandPointsExpandQuickly) {
    const auto numbers = [](int n) {
        std::string out = "[";
        for (int i = 0; i < n; ++i) out += std::to_string(i + 1) + ",";
        return out + "]";
    };
    const NetworkFile file = load("reference = 'all_to_all'\n\"projection.EE.topology.mean_indegree\" = " + numbers(100) + "\n\"projection.EE.strength\" = " + numbers(100) + "\n");
    const std::clock_t begin = std::clock();   // of this process: what else the machine does is not counted
    const SweepPlan p = file.sweep();
    const double seconds = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    EXPECT_EQ(p.points.size(), 10000u);
    EXPECT_EQ(p.references.size(), 100u);
    RecordProperty("seconds", std::to_string(seconds));
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__)
    EXPECT_LT(seconds, 2.0);
#endif
}

TEST(SweepExamples, Expand) {
    const SweepPlan p = NetworkFile::load(std::string(EXAMPLES) + "/sparsity_sweep.toml").sweep();
    EXPECT_EQ(p.points.size(), 10u);
    EXPECT_EQ(p.references.size(), 1u);
    EXPECT_EQ(describe_point(p, p.points[1]), "projection.EE.topology.mean_indegree = 30, projection.EE.topology.kind = fixed_indegree");
    const SweepPlan q = NetworkFile::load(std::string(EXAMPLES) + "/sparsity_sweep_inhibitory.toml").sweep();
    EXPECT_EQ(q.points.size(), 10u);
    EXPECT_EQ(q.configuration(q.points[0]).network.projections[0].strength, -10.0);
}

}  // namespace
}  // namespace spikemass::test
