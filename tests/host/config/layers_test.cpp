// extends, --set, --seed: which value wins, and where messages say it came from.

#include "host/config/sweep_plan.hpp"
#include "tests/host/config/support.hpp"

namespace spikemass::test {
namespace {

Override set(const std::string& text) { return parse_override(text); }

class Layers : public testing::Test {
protected:
    Configuration resolve(const std::vector<Override>& overrides, std::optional<std::uint64_t> seed = {}) const {
        return NetworkFile::load(folder.write("net.toml", net_toml), overrides, seed).resolve();
    }
    Folder folder;
};

TEST_F(Layers, ExtendsMergesByKey) {
    folder.write("net.toml", net_toml);
    const auto child = folder.write("child.toml", "extends = \"net.toml\"\n[run]\ndt = 0.005\n"
                                                  "[population.E]\nsize = 700\nparams = { eta = { center = -1 } }\n"
                                                  "[population.X]\nmodel = 'qif'\nsize = 2\nparams.eta = 0\n"
                                                  "[projection.EE]\nstrength = { distribution = 'gaussian', mean = 1, sd = 0.5 }\n");
    const Configuration c = NetworkFile::load(child).resolve();
    EXPECT_EQ(c.network.dt, 0.005);
    EXPECT_EQ(c.run.warmup, 1.0);
    ASSERT_EQ(c.network.populations.size(), 3u);
    EXPECT_EQ(c.network.populations[0].size, 700);
    EXPECT_EQ(c.network.populations[0].eta.center, -1.0);
    EXPECT_EQ(c.network.populations[0].eta.width, 0.5);
    EXPECT_EQ(c.network.populations[2].name, "X");
    EXPECT_EQ(c.network.projections[0].strength_sd, 0.5);
    EXPECT_EQ(c.network.projections[1].delay_steps, 6);
    EXPECT_EQ(c.file, child.string());
}

TEST_F(Layers, ExtendsIsRelativeToTheFile) {
    std::filesystem::create_directories(folder.path() / "a/b");
    folder.write("a/net.toml", net_toml);
    folder.write("a/b/middle.toml", "extends = \"../net.toml\"\n[run]\nseed = 11\n");
    const auto top = folder.write("top.toml", "extends = \"a/b/middle.toml\"\n");
    EXPECT_EQ(NetworkFile::load(top).resolve().run.seed, 11u);
}

TEST_F(Layers, ExtendsInACircle) {
    const auto a = folder.write("a.toml", "extends = \"b.toml\"\n");
    folder.write("b.toml", "\nextends = \"./a.toml\"\n");
    expect_error([&] { NetworkFile::load(a); }, {"b.toml:2:11", "extends", "circle", "a.toml -> b.toml"});
    const auto self = folder.write("self.toml", "extends = \"self.toml\"\n");
    expect_error([&] { NetworkFile::load(self); }, {"self.toml:1:11", "circle"});
}

TEST_F(Layers, ExtendsWhatIsNotThere) {
    const auto file = folder.write("a.toml", "extends = \"none.toml\"\n");
    expect_error([&] { NetworkFile::load(file); }, {"a.toml:1:11", "none.toml", "cannot be read", "relative"});
    folder.write("a.toml", "extends = 3\n");
    expect_error([&] { NetworkFile::load(file); }, {"a.toml:1:11", "extends = 3", "name of a network file"});
}

TEST_F(Layers, ErrorsNameTheBase) {
    folder.write("base.toml", replaced(net_toml, "size   = 500", "size   = -1"));
    const auto child = folder.write("child.toml", "extends = \"base.toml\"\n");
    expect_error([&] { NetworkFile::load(child).resolve(); }, {"base.toml:12:10: population.E.size = -1"});
}

TEST_F(Layers, SetTakesTomlValuesAndBareWords) {
    const Configuration c = resolve({set("run.dt=0.005"), set("projection.EE.strength=10"), set("projection.EE.topology.kind=fixed_indegree"),
                                     set("population.E.initial={ kind = \"fixed_point\", branch = \"high\" }"), set("run.record=[\"order_parameter\"]"),
                                     set("projection.EI.topology.self_connections=true"), set("population.I.params.eta.center=-3")});
    EXPECT_EQ(c.network.dt, 0.005);
    EXPECT_EQ(c.network.projections[0].strength, 10.0);
    EXPECT_EQ(c.network.projections[0].topology.kind, TopologyKind::fixed_indegree);
    EXPECT_EQ(c.network.populations[0].initial.branch, Branch::high);
    EXPECT_TRUE(c.plan.record.order_parameter);
    EXPECT_FALSE(c.plan.record.v);
    EXPECT_TRUE(c.network.projections[1].topology.self_connections);
    EXPECT_EQ(c.network.populations[1].eta.center, -3.0);
}

TEST_F(Layers, TheLastSetWins) { EXPECT_EQ(resolve({set("run.seed=5"), set("run.seed=6")}).run.seed, 6u); }

TEST_F(Layers, SeedOption) {
    EXPECT_EQ(resolve({}, 9).run.seed, 9u);
    EXPECT_EQ(resolve({set("run.seed=5")}, ~0ull).run.seed, ~0ull);
}

TEST_F(Layers, ProbabilityAndInDegreeReplaceEachOther) {
    EXPECT_EQ(resolve({set("projection.EE.topology.probability=1")}).network.projections[0].topology.mean_indegree, 499.0);
    folder.write("net.toml", net_toml);
    const auto child = folder.write("child.toml", "extends = \"net.toml\"\n[projection.EE]\ntopology = { probability = 1.0 }\n");
    EXPECT_EQ(NetworkFile::load(child).resolve().network.projections[0].topology.mean_indegree, 499.0);
}

TEST_F(Layers, AChangedKindLeavesItsKeysBehind) {
    EXPECT_EQ(resolve({set("projection.EE.topology.kind=all_to_all")}).network.projections[0].topology.mean_indegree, 500.0);
    EXPECT_EQ(resolve({set("projection.EI.synapse.kind=delta")}).resolved["projection"]["EI"]["synapse"].dump(), "{\"kind\":\"delta\"}");
    EXPECT_EQ(resolve({set("population.E.params.eta=3")}).network.populations[0].eta.distribution, Distribution::constant);
    // The other way round it is a mistake: the option would do nothing.
    expect_error([&] { resolve({set("projection.EE.topology.half_width=3")}); },
                 {"net.toml with --set projection.EE.topology.half_width=3", "projection.EE.topology.half_width = 3", "not used when kind = \"erdos_renyi\""});
}

TEST_F(Layers, SetErrorsNameTheOption) {
    expect_error([&] { resolve({set("run.dt=abc")}); }, {"net.toml with --set run.dt=abc: run.dt = \"abc\"", "must be a number"});
    expect_error([&] { resolve({set("run.dt=")}); }, {"--set run.dt=", "not a TOML value"});
    expect_error([&] { resolve({set("run.dt=1\n[population.Z]")}); }, {"--set run.dt=", "not a TOML value"});
    expect_error([&] { resolve({set("run.dt=1, 2")}); }, {"not a TOML value"});
    expect_error([&] { resolve({set("run.dtt=1")}); }, {"net.toml with --set run.dtt=1", "no key `dtt`", "`run.dt`"});
    expect_error([&] { resolve({set("rum.dt=1")}); }, {"no section `rum`", "`run`"});
    expect_error([&] { resolve({set("run=1")}); }, {"--set run=1", "must name a key"});
    expect_error([&] { resolve({set("run..dt=1")}); }, {"must name a key"});
    expect_error([&] { resolve({set("population.EX.size=1")}); }, {"no population `EX`", "`E`"});
    expect_error([&] { resolve({set("population.E=1")}); }, {"whole table", "model, size"});
    expect_error([&] { resolve({set("projection.EE.strengh=1")}); }, {"[projection.EE] has no key `strengh`", "`projection.EE.strength`"});
    expect_error([&] { resolve({set("run.dt.x=1")}); }, {"`run.dt` is a value"});
    expect_error([&] { resolve({set("projection.EE.topology=7")}); }, {"projection.EE.topology = 7", "must be a table"});
    expect_error([&] { resolve({set("extends=other.toml")}); }, {"must name a key"});
    expect_error([&] { set("run.dt"); }, {"--set run.dt", "PATH=VALUE"});
    expect_error([&] { set("=3"); }, {"PATH=VALUE"});
}

TEST_F(Layers, Assignments) {
    const NetworkFile file = NetworkFile::load(folder.write("net.toml", net_toml));
    EXPECT_EQ(file.resolve({{"population.E.params.eta.center", -4.5}}).network.populations[0].eta.center, -4.5);
    EXPECT_EQ(file.resolve({{"projection.EE.topology.kind", std::string("annealed")}, {"population.E.size", std::int64_t{40}}}).network.populations[0].size, 40);
    EXPECT_EQ(file.resolve().network.populations[0].eta.center, 1.0);
    expect_error([&] { file.resolve({{"population.E.params.etta", 1.0}}); }, {"net.toml", "`population.E.params.etta`", "population.E.params.eta"});
}

TEST_F(Layers, TextSaysItAll) {
    const auto plain = folder.write("net.toml", net_toml);
    EXPECT_EQ(NetworkFile::load(plain).text(), net_toml);
    const auto child = folder.write("child.toml", "extends = \"net.toml\"\n[run]\nseed = 8\n[stimulus.s]\ntarget = 'I'\nkind = 'samples'\ninterval = 1.0\nvalues = [1, 2.5]\n"
                                                  "[sweep]\ntrials = 3\n\"projection.EE.strength\" = [1, 2]\n");
    const std::vector<NetworkFile> files = {NetworkFile::load(child), NetworkFile::load(plain, {set("projection.EE.strength=7"), set("projection.EI.topology.kind=annealed")}),
                                            NetworkFile::load(plain, {}, ~0ull),
                                            NetworkFile::load(plain, {set("projection.EE.topology.kind=all_to_all"), set("population.E.params.eta=1"), set("projection.EI.synapse.kind=delta")}),
                                            NetworkFile::load(child, {set("sweep.seeds=independent"), set("sweep.reference=all_to_all"), set("projection.EE.topology.kind=lorentzian_indegree"),
                                                                      set("projection.EE.topology.half_width=4"), set("sweep.projection.EE.topology.kind=[\"annealed\", \"lorentzian_indegree\"]")})};
    for (const NetworkFile& file : files) {
        const NetworkFile again = NetworkFile::load(folder.write("again.toml", file.text()));
        EXPECT_EQ(again.resolve().resolved.dump(), file.resolve().resolved.dump());
        ASSERT_EQ(again.has_sweep(), file.has_sweep());
        if (file.has_sweep()) {
            EXPECT_EQ(again.sweep().sha256, file.sweep().sha256);
        }
    }
}

}  // namespace
}  // namespace spikemass::test
