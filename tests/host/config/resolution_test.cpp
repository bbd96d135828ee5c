// What a file that is right resolves to.

#include "host/config/schema.hpp"
#include "models/base/random.hpp"
#include "tests/host/config/support.hpp"

namespace spikemass::test {
namespace {

using Json = nlohmann::ordered_json;

Configuration resolve(const std::string& text, std::uint64_t trial = 0) {
    Folder folder;
    return NetworkFile::load(folder.write("net.toml", text)).resolve(trial);
}

TEST(Resolution, FillsTheNetwork) {
    const Configuration c = resolve(net_toml);
    const Network& n = c.network;
    EXPECT_EQ(n.dt, 0.01);
    ASSERT_EQ(n.populations.size(), 2u);
    EXPECT_EQ(n.populations[0].name, "E");
    EXPECT_EQ(n.populations[0].model, NeuronKind::qif);
    EXPECT_EQ(n.populations[0].size, 500);
    EXPECT_EQ(n.populations[0].eta.distribution, Distribution::lorentzian);
    EXPECT_EQ(n.populations[0].eta.center, 1.0);
    EXPECT_EQ(n.populations[0].eta.width, 0.5);
    EXPECT_EQ(n.populations[0].eta.draw, Draw::midpoint_quantiles);
    EXPECT_EQ(n.populations[0].tau, 1.0);
    EXPECT_EQ(n.populations[0].initial.kind, InitialKind::asynchronous);
    EXPECT_EQ(n.populations[1].model, NeuronKind::theta);
    EXPECT_EQ(n.populations[1].eta.distribution, Distribution::constant);
    EXPECT_EQ(n.populations[1].eta.center, 2.0);
    ASSERT_EQ(n.projections.size(), 2u);
    EXPECT_EQ(n.projections[0].source, 0u);
    EXPECT_EQ(n.projections[0].topology.kind, TopologyKind::erdos_renyi);
    EXPECT_EQ(n.projections[0].topology.mean_indegree, 50.0);
    EXPECT_FALSE(n.projections[0].topology.self_connections);
    EXPECT_EQ(n.projections[0].delay_steps, 1);
    EXPECT_EQ(n.projections[0].normalise, Normalise::mean_indegree);
    EXPECT_EQ(n.projections[0].synapse.kind, SynapseKind::delta);
    EXPECT_EQ(n.projections[1].source, 1u);
    EXPECT_EQ(n.projections[1].target, 0u);
    EXPECT_EQ(n.projections[1].strength, -4.0);
    EXPECT_EQ(n.projections[1].synapse.kind, SynapseKind::exponential);
    EXPECT_EQ(n.projections[1].synapse.tau, 0.5);
    EXPECT_EQ(n.projections[1].delay, 0.03);
    EXPECT_EQ(n.projections[1].delay_steps, 3);
    ASSERT_EQ(n.stimuli.size(), 1u);
    EXPECT_EQ(n.stimuli[0].kind, StimulusKind::step);
    EXPECT_EQ(n.stimuli[0].stop, 1.5);
    EXPECT_EQ(n.stimuli[0].amplitude, 3.0);
    EXPECT_EQ(c.plan.warmup_steps, 100);
    EXPECT_EQ(c.plan.steps_per_bin, 10);
    EXPECT_EQ(c.plan.bins, 20);
    EXPECT_TRUE(c.plan.record.v);
    EXPECT_FALSE(c.plan.record.order_parameter);
    EXPECT_EQ(c.run.seed, 3u);
}

TEST(Resolution, LawsOfEta) {
    const std::string eta = "{ distribution = \"lorentzian\", center = 1.0, half_width = 0.5 }";
    const auto law = [&](const std::string& words) {
        std::string text = net_toml;
        text.replace(text.find(eta), eta.size(), "{ center = 1.0, half_width = 0.5, " + words + " }");
        return resolve(text).network.populations[0].eta;
    };
    EXPECT_EQ(law("distribution = \"q_gaussian\", q = 1.5").distribution, Distribution::q_gaussian);
    EXPECT_EQ(law("distribution = \"q_gaussian\", q = 1.5").shape, 2.0);
    EXPECT_EQ(law("distribution = \"q_gaussian\", q = 1.333333").shape, 3.0);
    EXPECT_NEAR(law("distribution = \"q_gaussian\", q = 1.7").shape, 1 / 0.7, 1e-14);
    EXPECT_EQ(law("distribution = \"q_gaussian\", q = 1.001").shape, 1000.0);
    const Parameter gaussian = law("distribution = \"q_gaussian\", q = 1, draw = \"random\"");
    EXPECT_EQ(gaussian.distribution, Distribution::gaussian);
    EXPECT_EQ(gaussian.draw, Draw::random);
    EXPECT_NEAR(gaussian.width, 0.5 / 1.1774100225154747, 1e-15);
    EXPECT_EQ(law("distribution = \"rational\", n = 4").distribution, Distribution::rational);
    EXPECT_EQ(law("distribution = \"rational\", n = 4").shape, 4.0);
    EXPECT_EQ(law("distribution = \"uniform\"").distribution, Distribution::uniform);
    EXPECT_EQ(law("distribution = \"uniform\"").width, 0.5);
}

TEST(Resolution, SeedsFollowTheContract) {
    const Seeds seeds = resolve(net_toml, 5).network.seeds;
    EXPECT_EQ(seeds.graph, mix64(mix64(3 + 1) + 5));
    EXPECT_EQ(seeds.init, mix64(mix64(3 + 2) + 5));
    EXPECT_EQ(seeds.noise, mix64(mix64(3 + 3) + 5));
}

TEST(Resolution, GoldenJson) {
    const char* golden = R"({"run":{"seed":3,"time_unit":"tau","dt":0.01,"warmup":1.0,"duration":2.0,"bin":0.1,"record":["rate","v"],"allow_capped":false},)"
        R"("population":{"E":{"model":"qif","size":500,"params":{"eta":{"distribution":"lorentzian","center":1.0,"half_width":0.5,"draw":"midpoint_quantiles"},"tau_ms":10.0},"initial":{"kind":"asynchronous","rate":0.0}},)"
        R"("I":{"model":"theta","size":100,"params":{"eta":{"distribution":"constant","center":2.0},"tau_ms":10.0},"initial":{"kind":"asynchronous","rate":0.0}}},)"
        R"("projection":{"EE":{"source":"E","target":"E","topology":{"kind":"erdos_renyi","mean_indegree":50.0,"self_connections":false},"strength":{"distribution":"constant","mean":5.0},"normalise":"mean_indegree","synapse":{"kind":"delta"},"delay":0.0},)"
        R"("EI":{"source":"I","target":"E","topology":{"kind":"fixed_indegree","mean_indegree":20.0,"self_connections":false},"strength":{"distribution":"constant","mean":-4.0},"normalise":"mean_indegree","synapse":{"kind":"exponential","tau":0.5},"delay":0.03}},)"
        R"("stimulus":{"kick":{"target":"E","kind":"step","start":0.5,"stop":1.5,"amplitude":3.0}}})";
    EXPECT_EQ(resolve(net_toml).resolved.dump(), golden);
}

TEST(Resolution, StatisticsHaveDefaultsWhereTheyAreRecorded) {
    const auto text = [](const std::string& run) { return replaced(replaced(net_toml, "duration  = 2.0", "duration  = 30.0"), "record    = [\"rate\", \"v\"]", "record = [\"statistics\"]\n" + run); };
    const Configuration c = resolve(text(""));
    EXPECT_TRUE(c.plan.record.statistics);
    EXPECT_EQ(c.plan.statistics_window, 1000);
    EXPECT_EQ(c.plan.statistics_sample, 1000);
    EXPECT_EQ(c.resolved.at("run").at("record").dump(), "[\"rate\",\"statistics\"]");
    EXPECT_EQ(c.resolved.at("run").at("statistics_window"), 10.0);
    const Configuration again = NetworkFile::from_json(c.resolved, "resolved.json").resolve();
    EXPECT_EQ(again.resolved.dump(), c.resolved.dump());
    EXPECT_EQ(again.plan.statistics_window, 1000);
    const Configuration given = resolve(text("statistics_window = 0.5\nstatistics_sample = 20"));
    EXPECT_EQ(given.plan.statistics_window, 50);
    EXPECT_EQ(given.plan.statistics_sample, 20);
    const Configuration sample = resolve(text("statistics_sample = 20"));
    EXPECT_EQ(NetworkFile::from_json(sample.resolved, "resolved.json").resolve().resolved.dump(), sample.resolved.dump());
    std::string coarse = text("");
    for (const auto& [from, to] : {std::pair{"dt        = 0.01", "dt = 0.03"}, {"warmup    = 1.0", "warmup = 0.9"}, {"bin       = 0.1", "bin = 0.3"}}) coarse = replaced(coarse, from, to);
    EXPECT_EQ(resolve(coarse).plan.statistics_window, 333);   // the default is whole steps for any dt
}

TEST(Resolution, JsonIsCanonical) {
    // Order of keys, integers for reals, -0, dotted keys and headers in place of inline tables: the same configuration.
    std::string other = replaced(net_toml, "seed      = 3\ntime_unit = \"tau\"\ndt        = 0.01\nwarmup    = 1.0\n", "warmup = 1\ndt = 1e-2\nseed = 3\n");
    other = replaced(other, "strength = 5.0", "delay = -0.0\nstrength = 5");
    other = replaced(other, "params = { eta = 2.0 }", "params.eta = { center = 2, distribution = \"constant\" }");
    other = replaced(other, "record    = [\"rate\", \"v\"]", "record = [\"v\", \"v\"]");
    EXPECT_EQ(resolve(other).resolved.dump(), resolve(net_toml).resolved.dump());
}

TEST(Resolution, JsonReadsBack) {
    Folder folder;
    std::vector<NetworkFile> files;
    for (const char* name : {"quick", "bistable", "two_populations", "sparsity_sweep", "sparsity_sweep_inhibitory"})
        files.push_back(NetworkFile::load(std::string(EXAMPLES) + "/" + name + ".toml"));
    files.push_back(NetworkFile::load(folder.write("a.toml", net_toml), {}, 0xfedcba9876543210u));
    files.push_back(NetworkFile::load(folder.write("b.toml", replaced(net_toml, "mean_indegree = 50", "probability = 0.123"))));
    for (const NetworkFile& file : files) {
        const Configuration once = file.resolve(2);
        const Json parsed = Json::parse(once.resolved.dump());
        const Configuration again = NetworkFile::from_json(parsed, "resolved.json").resolve(2);
        EXPECT_EQ(again.resolved.dump(), once.resolved.dump());
        EXPECT_EQ(again.network.seeds.graph, once.network.seeds.graph);
        EXPECT_EQ(again.run.seed, once.run.seed);
        ASSERT_EQ(again.network.projections.size(), once.network.projections.size());
        for (std::size_t i = 0; i < once.network.projections.size(); ++i) {
            EXPECT_EQ(again.network.projections[i].topology.mean_indegree, once.network.projections[i].topology.mean_indegree);
            EXPECT_EQ(again.network.projections[i].delay_steps, once.network.projections[i].delay_steps);
        }
        EXPECT_EQ(again.plan.bins, once.plan.bins);
        // The same from a file.
        const auto written = folder.write("resolved.json", once.resolved.dump());
        EXPECT_EQ(NetworkFile::load(written).resolve().resolved.dump(), once.resolved.dump());
    }
}

TEST(Resolution, FileOrderIsKept) {
    const std::string text = "[run]\ndt = 0.1\nduration = 1\nbin = 0.1\n"
                             "[projection.z]\nsource = 'b'\ntarget = 'a'\nstrength = 1\ntopology.kind = 'all_to_all'\n"
                             "[population.b]\nmodel = 'qif'\nsize = 3\nparams.eta = 1\n"
                             "[projection.y]\nsource = 'a'\ntarget = 'b'\nstrength = 1\ntopology.kind = 'all_to_all'\n"
                             "[population.a]\nmodel = 'qif'\nsize = 4\nparams.eta = 1\n";
    const Network n = resolve(text).network;
    EXPECT_EQ(n.populations[0].name, "b");
    EXPECT_EQ(n.populations[1].name, "a");
    EXPECT_EQ(n.projections[0].name, "z");
    EXPECT_EQ(n.projections[0].source, 0u);
    EXPECT_EQ(n.projections[1].name, "y");
}

TEST(Resolution, Milliseconds) {
    std::string text = replaced(net_toml, "time_unit = \"tau\"", "time_unit = \"ms\"");
    text = replaced(text, "half_width = 0.5 } }", "half_width = 0.5 }, tau_ms = 20.0 }\ninitial = { kind = \"asynchronous\", rate = 40 }");
    text = replaced(text, "params = { eta = 2.0 }", "params = { eta = 2.0, tau_ms = 5 }");
    text += "[stimulus.wave]\ntarget = \"I\"\nkind = \"sine\"\namplitude = 1\nfrequency = 8.0\n";
    const Network n = resolve(text).network;
    EXPECT_EQ(n.populations[0].tau, 20.0);
    EXPECT_EQ(n.populations[1].tau, 5.0);
    EXPECT_EQ(n.populations[0].initial.rate, 0.04);     // Hz -> 1/ms
    EXPECT_EQ(n.stimuli[1].frequency, 0.008);
    EXPECT_EQ(n.stimuli[1].stop, 1e300);
    EXPECT_EQ(n.projections[1].delay_steps, 3);
}

struct TopologyCase {
    const char* topology;
    double mean_indegree;
    bool self;
};

TEST(Resolution, Topologies) {
    const TopologyCase cases[] = {
        {"kind = \"all_to_all\"", 500, true},
        {"kind = \"all_to_all\", self_connections = false", 499, false},
        {"kind = \"erdos_renyi\", mean_indegree = 12.5", 12.5, false},
        {"kind = \"erdos_renyi\", mean_indegree = 499", 499, false},
        {"kind = \"erdos_renyi\", probability = 1.0", 499, false},
        {"kind = \"erdos_renyi\", probability = 0.1, self_connections = true", 50, true},
        {"kind = \"fixed_indegree\", probability = 1.0", 499, false},
        {"kind = \"fixed_indegree\", mean_indegree = 499", 499, false},
        {"kind = \"fixed_outdegree\", mean_indegree = 499", 499, false},
        {"kind = \"lorentzian_indegree\", mean_indegree = 249.5, half_width = 5", 249.5, false},
        {"kind = \"annealed\", mean_indegree = 1000", 1000, true},
    };
    for (const TopologyCase& c : cases) {
        const std::string text = replaced(net_toml, "kind = \"erdos_renyi\", mean_indegree = 50", c.topology);
        const Topology t = resolve(text).network.projections[0].topology;
        EXPECT_EQ(t.mean_indegree, c.mean_indegree) << c.topology;
        EXPECT_EQ(t.self_connections, c.self) << c.topology;
    }
    // Between populations there is no self to leave out; out-degrees scale with the sizes: 20 * 500 / 100 = 100.
    EXPECT_EQ(resolve(replaced(net_toml, "kind = \"fixed_indegree\", mean_indegree = 20", "kind = \"all_to_all\"")).network.projections[1].topology.mean_indegree, 100);
    EXPECT_EQ(resolve(replaced(net_toml, "kind = \"fixed_indegree\", mean_indegree = 20", "kind = \"fixed_outdegree\", mean_indegree = 0.2")).network.projections[1].topology.mean_indegree, 0.2);
    EXPECT_EQ(resolve(replaced(net_toml, "kind = \"fixed_indegree\", mean_indegree = 20", "kind = \"erdos_renyi\", mean_indegree = 100")).network.projections[1].topology.mean_indegree, 100);
}

TEST(Resolution, ParametersInitialStatesAndStimuli) {
    std::string text = replaced(net_toml, "params = { eta = 2.0 }",
                                "params = { eta = { distribution = \"gaussian\", center = -1, sd = 0.25, draw = \"random\" } }\n"
                                "initial = { kind = \"lorentzian\", center = -2.0, half_width = 0.5, rate = 0.1 }");
    text = replaced(text, "half_width = 0.5 } }\n", "half_width = 0.5, draw = \"compensated_quantiles\" } }\ninitial = { kind = \"fixed_point\", branch = \"high\" }\n");
    text = replaced(text, "strength = 5.0", "strength = { distribution = \"gaussian\", mean = 5.0, sd = 0.5 }\nnormalise = \"realised_mean_indegree\"");
    text += "[stimulus.pulses]\ntarget = 'I'\nkind = 'pulse_train'\nstart = 1\nstop = 2\namplitude = 2\nperiod = 0.25\nwidth = 0.05\n"
            "[stimulus.rise]\ntarget = 'I'\nkind = 'ramp'\nstart = 1\nstop = 2\nfrom = -1\namplitude = 2\nhold = true\n"
            "[stimulus.wave]\ntarget = 'I'\nkind = 'sine'\nfrequency = 0.5\namplitude = 2\nphase = 1.5\noffset = 0.5\n"
            "[stimulus.noise]\ntarget = 'I'\nkind = 'samples'\nstart = 1\ninterval = 0.5\nvalues = [1, -2.5, 3]\n";
    const Network n = resolve(text).network;
    EXPECT_EQ(n.populations[0].eta.draw, Draw::compensated_quantiles);
    EXPECT_EQ(n.populations[0].initial.kind, InitialKind::fixed_point);
    EXPECT_EQ(n.populations[0].initial.branch, Branch::high);
    EXPECT_EQ(n.populations[1].eta.distribution, Distribution::gaussian);
    EXPECT_EQ(n.populations[1].eta.width, 0.25);
    EXPECT_EQ(n.populations[1].eta.draw, Draw::random);
    EXPECT_EQ(n.populations[1].initial.kind, InitialKind::lorentzian);
    EXPECT_EQ(n.populations[1].initial.center, -2.0);
    EXPECT_EQ(n.populations[1].initial.half_width, 0.5);
    EXPECT_EQ(n.populations[1].initial.rate, 0.1);
    EXPECT_EQ(n.projections[0].strength, 5.0);
    EXPECT_EQ(n.projections[0].strength_sd, 0.5);
    EXPECT_EQ(n.projections[0].normalise, Normalise::realised_mean_indegree);
    ASSERT_EQ(n.stimuli.size(), 5u);
    EXPECT_EQ(n.stimuli[1].kind, StimulusKind::pulse_train);
    EXPECT_EQ(n.stimuli[1].period, 0.25);
    EXPECT_EQ(n.stimuli[1].width, 0.05);
    EXPECT_EQ(n.stimuli[2].kind, StimulusKind::ramp);
    EXPECT_EQ(n.stimuli[2].from, -1.0);
    EXPECT_TRUE(n.stimuli[2].hold);
    EXPECT_EQ(n.stimuli[3].kind, StimulusKind::sine);
    EXPECT_EQ(n.stimuli[3].phase, 1.5);
    EXPECT_EQ(n.stimuli[3].offset, 0.5);
    EXPECT_EQ(n.stimuli[4].kind, StimulusKind::samples);
    EXPECT_EQ(n.stimuli[4].interval, 0.5);
    EXPECT_EQ(n.stimuli[4].values, (std::vector<double>{1, -2.5, 3}));
}

TEST(Resolution, EveryChoiceOfTheSchemaIsAnEnumerator) {
    // Enumerators are found by their place in the schema's list.
    const auto names = [](const char* section, const char* key) { return config::section_of(section)->find(key)->available; };
    using V = std::vector<std::string>;
    EXPECT_EQ(names("population.x", "model"), (V{"qif", "theta", "lif", "iaf_psc_exp"}));
    EXPECT_EQ(names("population.x.params.eta", "distribution"), (V{"constant", "lorentzian", "gaussian", "q_gaussian", "rational", "uniform"}));
    EXPECT_EQ(names("population.x.params.eta", "draw"), (V{"midpoint_quantiles", "compensated_quantiles", "mpr_quantiles", "random"}));
    EXPECT_EQ(names("population.x.initial", "kind"), (V{"asynchronous", "lorentzian", "fixed_point"}));
    EXPECT_EQ(names("population.x.initial", "branch"), (V{"low", "high"}));
    EXPECT_EQ(names("projection.x.topology", "kind"), (V{"all_to_all", "erdos_renyi", "fixed_indegree", "fixed_outdegree", "lorentzian_indegree", "annealed", "fixed_total", "small_world", "chung_lu",
                                                       "spatial", "modular", "from_file"}));
    EXPECT_EQ(names("projection.x.topology", "geometry"), (V{"ring", "torus"}));
    EXPECT_EQ(names("projection.x", "normalise"), (V{"mean_indegree", "realised_mean_indegree", "indegree", "sqrt_mean_indegree", "none"}));
    EXPECT_EQ(names("projection.x.synapse", "kind"), (V{"delta", "exponential", "double_exponential", "alpha"}));
    EXPECT_EQ(names("projection.x.delay", "distribution"), (V{"constant", "uniform", "gaussian", "lognormal", "exponential"}));   // in the order of DelayLaw
    EXPECT_EQ(names("stimulus.x", "kind"), (V{"step", "pulse_train", "ramp", "sine", "samples", "chirp", "white_noise", "ornstein_uhlenbeck", "poisson"}));
    EXPECT_EQ(names("stimulus.x", "law"), (V{"gaussian", "cauchy"}));
}

TEST(Resolution, ModelsInMillivoltsAndNoise) {
    const Network n = resolve("[run]\ntime_unit = 'ms'\ndt = 0.1\nduration = 10.0\nbin = 1.0\n"
                              "[population.L]\nmodel = 'lif'\nsize = 5\nparams = { V_th_mV = -50, I_e_pA = { distribution = 'gaussian', center = 300, sd = 20 }, tau_m_ms = 20 }\n"
                              "[population.N]\nmodel = 'iaf_psc_exp'\nsize = 4\n"
                              "[stimulus.p]\ntarget = 'N'\nkind = 'poisson'\nrate = 8000.0\nweight = 87.8\n"
                              "[stimulus.w]\ntarget = 'L'\nkind = 'white_noise'\nintensity = 3.0\nstart = 0.2\n"
                              "[stimulus.c]\ntarget = 'L'\nkind = 'white_noise'\nlaw = 'cauchy'\nscale = 2.0\n"
                              "[stimulus.o]\ntarget = 'L'\nkind = 'ornstein_uhlenbeck'\nsd = 4.0\ntau = 5.0\n"
                              "[stimulus.h]\ntarget = 'L'\nkind = 'chirp'\namplitude = 1.0\nfrequency = 2.0\nfinal_frequency = 50.0\nmethod = 'logarithmic'\nstop = 9.0\n")
                          .network;
    EXPECT_EQ(n.populations[0].model, NeuronKind::lif);
    EXPECT_EQ(n.populations[0].tau, 20.0);
    EXPECT_EQ(n.populations[0].parameters, (std::vector<double>{20, 250, -70, -50, -70, 2}));
    EXPECT_EQ(n.populations[0].eta.center, 300.0);
    EXPECT_EQ(n.populations[0].eta.width, 20.0);
    EXPECT_EQ(n.populations[1].parameters, (std::vector<double>{10, 250, -70, -55, -70, 2, 2, 2}));
    EXPECT_EQ(n.populations[1].eta.center, 0.0);
    EXPECT_EQ(n.stimuli[0].rate, 8.0);   // per ms
    EXPECT_EQ(n.stimuli[0].weight, 87.8);
    EXPECT_EQ(n.stimuli[1].law, NoiseLaw::gaussian);
    EXPECT_EQ(n.stimuli[1].intensity, 3.0);
    EXPECT_EQ(n.stimuli[2].law, NoiseLaw::cauchy);
    EXPECT_EQ(n.stimuli[2].scale, 2.0);
    EXPECT_EQ(n.stimuli[3].sd, 4.0);
    EXPECT_EQ(n.stimuli[3].tau, 5.0);
    EXPECT_EQ(n.stimuli[4].frequency, 0.002);
    EXPECT_EQ(n.stimuli[4].final_frequency, 0.05);
    EXPECT_TRUE(n.stimuli[4].logarithmic);
}

TEST(Resolution, DrawnDelays) {
    const auto with = [](const std::string& delay) { return resolve(replaced(net_toml, "delay    = 0.03", "delay = " + delay)); };
    const Configuration uniform = with("{ distribution = \"uniform\", low = 0.02, high = 0.1 }");
    const Projection& u = uniform.network.projections[1];
    EXPECT_EQ(u.delay_law, DelayLaw::uniform);
    EXPECT_EQ(u.shortest_delay, 2);
    EXPECT_EQ(u.delay_steps, 10);
    EXPECT_NEAR(u.delay, 0.06, 1e-12);
    const Projection g = with("{ distribution = \"gaussian\", mean = 0.3, sd = 0.1, high = 1.0 }").network.projections[1];
    EXPECT_EQ(g.shortest_delay, 1);
    EXPECT_DOUBLE_EQ(g.delay_mean, 30);
    EXPECT_DOUBLE_EQ(g.delay_sd, 10);
    EXPECT_NEAR(g.delay, 0.3, 1e-3);
    const Configuration again = NetworkFile::from_json(Json::parse(uniform.resolved.dump()), "resolved.json").resolve(0);
    EXPECT_EQ(again.resolved, uniform.resolved);
    const Configuration one = with("{ distribution = \"constant\", mean = 0.03 }");   // the long form of a number
    EXPECT_EQ(one.resolved, resolve(net_toml).resolved);
    EXPECT_EQ(one.network.projections[1].delay_steps, 3);
}

TEST(Resolution, LawsOfTheStrength) {
    const auto with = [](const std::string& strength) { return resolve(replaced(net_toml, "strength = 5.0", "strength = { " + strength + " }")).network.projections[0]; };
    const Projection l = with("distribution = \"lognormal\", mean = -2.0, sd = 1.0");
    EXPECT_EQ(l.strength_law, WeightLaw::lognormal);
    EXPECT_EQ(l.strength, -2.0);
    EXPECT_EQ(l.strength_sd, 1.0);
    const Projection t = with("distribution = \"truncated_gaussian\", mean = 1.0, sd = 2.0, low = 0.0, high = 3.0");
    EXPECT_EQ(t.parent_mean, 1.0);
    EXPECT_EQ(t.parent_sd, 2.0);
    EXPECT_GT(t.strength, 1.2);   // what is left lies to the right
    EXPECT_LT(t.strength_sd, 1.0);
    const Projection c = with("distribution = \"lorentzian\", center = 5.0, half_width = 0.5, draw = \"random\"");
    EXPECT_EQ(c.strength, 5.0);
    EXPECT_EQ(c.strength_half_width, 0.5);
    EXPECT_EQ(c.strength_sd, 0.0);
    EXPECT_EQ(c.strength_draw, Draw::random);
}

TEST(Resolution, RecordFlags) {
    const RecordFlags flags = resolve(replaced(net_toml, "[\"rate\", \"v\"]", "[\"spikes\", \"order_parameter\"]")).plan.record;
    EXPECT_FALSE(flags.v);
    EXPECT_TRUE(flags.order_parameter);
    EXPECT_TRUE(flags.spikes);
}

TEST(Resolution, LargeSeeds) {
    EXPECT_EQ(resolve(replaced(net_toml, "seed      = 3", "seed = \"18446744073709551615\"")).run.seed, ~0ull);
    EXPECT_EQ(resolve(replaced(net_toml, "seed      = 3", "seed = 0")).run.seed, 0u);
}

TEST(Resolution, StepsToleratesRounding) {
    // 0.3 / 0.1 and 2.1 / 0.3 are not whole in binary.
    const std::string text = "[run]\ndt = 0.1\nwarmup = 0.3\nduration = 2.1\nbin = 0.3\n[population.E]\nmodel = 'qif'\nsize = 3\nparams.eta = 1\n";
    const Configuration c = resolve(text);
    EXPECT_EQ(c.plan.warmup_steps, 3);
    EXPECT_EQ(c.plan.steps_per_bin, 3);
    EXPECT_EQ(c.plan.bins, 7);
    EXPECT_TRUE(c.network.projections.empty());
}

}  // namespace
}  // namespace spikemass::test
