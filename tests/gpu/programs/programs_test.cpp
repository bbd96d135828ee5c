// What the programs of scripts/gpu_check.sh do, on the shim: they agree where all is right, and say so where it is not.
#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>

#include "host/gpu/ensemble.hpp"
#include "host/gpu/reference_engine.hpp"
#include "host/gpu/shim_device.hpp"
#include "tests/golden/networks.hpp"
#include "tests/gpu/programs/graphs.hpp"
#include "tests/gpu/programs/layouts.hpp"
#include "tests/gpu/programs/parity.hpp"
#include "tests/gpu/programs/timings.hpp"

namespace {

using namespace spikemass;
using namespace spikemass::programs;
using gpu::ShimDevice;

Backend shim_backend() {
    const auto device = [](unsigned blocks, unsigned threads, std::int64_t chunk_steps) {
        return std::make_shared<ShimDevice>(ShimDevice::Layout{blocks == 0 ? 2 : std::min(blocks, 4u), threads, chunk_steps}, shim::Options{.seed = threads});
    };
    return {"shim", [=](const Network& n, const GpuLayout& l) { return std::make_unique<gpu::ReferenceEngine<ShimDevice>>(n, device(l.max_blocks, checked(l).block, l.chunk_steps)); },
            [=](const GpuLayout& l) { return std::make_unique<gpu::EnsembleOn<ShimDevice>>(device(2, checked(l).ensemble_block == 1024 ? 96 : l.ensemble_block, l.chunk_steps)); }};
}

/// The shim, but strategy R starts from another state: what a backend with wrong spikes looks like.
Backend wrong_backend() {
    Backend b = shim_backend();
    b.engine = [right = b.engine](Network n, const GpuLayout& l) {
        n.populations[0].initial.rate *= 1.01;
        return right(n, l);
    };
    return b;
}

TEST(Layouts, RefusesWhatNoLaunchTakes) {
    EXPECT_NO_THROW(checked(GpuLayout{}));
    for (const GpuLayout& l : layouts()) EXPECT_NO_THROW(checked(l));
    for (const GpuLayout& l : {GpuLayout{0, 0, 32}, GpuLayout{48, 0, 32}, GpuLayout{512, 0, 32}, GpuLayout{32, 0, 0}, GpuLayout{32, 0, 1056}, GpuLayout{32, 0, 32, 0}}) EXPECT_THROW(checked(l), ConfigurationError);
}

TEST(Parity, AtLeastFortyConfigurationsOfDifferentNames) {
    std::set<std::string> names;
    std::size_t together = 0;
    for (const Configuration& c : parity_configurations()) names.insert(c.name), together += !c.one_by_one;
    EXPECT_EQ(names.size(), parity_configurations().size());
    EXPECT_GE(together, 40u);
}

TEST(Parity, EveryConfigurationRunsOnTheCpu) {
    // All that fit into a block, so that no description is bad on the day when a GPU is there; spikes in all of them.
    for (const Configuration& c : parity_configurations()) {
        if (c.one_by_one) continue;
        const auto engine = make_cpu_engine(c.network, {1, ""});
        engine->advance(500);
        EXPECT_GT(engine->spikes(), 0u) << c.name;
    }
}

TEST(Parity, ShimAgreesOnAllThatFitIntoABlock) {
    std::vector<Configuration> some = small_configurations();
    for (const Configuration& c : parity_configurations())
        if (!c.one_by_one) some.push_back(c);
    Json out;
    EXPECT_TRUE(run_parity(shim_backend(), some, {.bins = 2, .steps_per_bin = 6, .steps_after = 5, .print = false}, out)) << out.dump(1);
    EXPECT_EQ(out["configurations"], some.size());
    EXPECT_EQ(out["rows"].size(), 4 * some.size());
    EXPECT_EQ(out["differing"], 0);
    for (const Json& row : out["rows"]) {
        EXPECT_FALSE(row["differing"]) << row;
        EXPECT_EQ(row["steps"], 12);
        EXPECT_EQ(row["digest"].get<std::string>().size(), 16u);
    }
}

TEST(Parity, WrongSpikesAreReported) {
    Json out;
    const auto small = small_configurations();
    EXPECT_FALSE(run_parity(wrong_backend(), {small[3]}, {.bins = 2, .steps_per_bin = 10, .steps_after = 5, .print = false}, out));
    EXPECT_EQ(out["differing"], 1);   // R; from the CPU's checkpoint, and by A, all is right
    const Json& row = out["rows"][0];
    EXPECT_TRUE(row["differing"]);
    EXPECT_NE(row["digest"], row["digest_cpu"]);
    EXPECT_NE(row["what"].dump().find("checkpoint"), std::string::npos) << row;
}

TEST(Parity, AnEngineThatThrowsIsADifferenceAndStopsNothing) {
    Backend b = shim_backend();
    int calls = 0;
    b.engine = [&, right = b.engine](Network n, const GpuLayout& l) {
        if (++calls == 1) throw CapacityError("full");
        if (calls == 2) n.seeds.graph ^= 1;   // its checkpoints are of another network
        return right(n, l);
    };
    Json out;
    EXPECT_FALSE(run_parity(b, {small_configurations()[3], small_configurations()[0], small_configurations()[1]}, {.bins = 2, .steps_per_bin = 5, .steps_after = 5, .print = false}, out));
    ASSERT_EQ(out["rows"].size(), 11u) << out.dump(1);
    EXPECT_EQ(out["differing"], 3);
    EXPECT_EQ(out["rows"][0]["what"][0], "error: full");
    EXPECT_NE(out["rows"][1]["what"].dump().find("another network"), std::string::npos) << out["rows"][1];
    EXPECT_FALSE(out["rows"][3]["differing"]);
}

TEST(Parity, SilenceIsNoAgreement) {
    Configuration c = small_configurations()[3];
    c.network.populations[0].eta = {Distribution::constant, -50.0, 0.0, Draw::midpoint_quantiles};
    c.network.populations[0].initial.rate = 0;
    c.network.projections[0].strength = 0;
    Json out;
    EXPECT_FALSE(run_parity(shim_backend(), {c}, {.bins = 2, .steps_per_bin = 2, .steps_after = 1, .print = false}, out)) << out.dump(1);
    EXPECT_EQ(out["differing"], 0);
    EXPECT_GT(out["silent"], 0);
}

/// Cases of the real programs, made small.
std::vector<GraphCase> small_graphs(std::vector<GraphCase> all) {
    for (GraphCase& c : all) {
        const bool square = c.n_sources == c.n_targets;
        c.n_sources = 2003;
        c.n_targets = square ? 2003 : 66099;   // 33 times as many, and 32-bit targets
        c.projection.topology.mean_indegree = square ? 50 : 3;
        c.projection.topology.half_width = 2;
    }
    return all;
}

TEST(Graphs, CasesAreLargeAndOfEveryLaw) {
    ASSERT_EQ(graph_cases().size(), 8u);
    std::set<std::pair<TopologyKind, bool>> kinds;
    for (const GraphCase& c : graph_cases()) {
        kinds.insert({c.projection.topology.kind, c.n_targets > 65536});
        EXPECT_GT(gpu::estimate_device_graph(c.projection, {}, c.n_sources, c.n_targets, c.same_population).synapses, 1.9e7) << c.name;
    }
    EXPECT_EQ(kinds.size(), 8u);
}

TEST(Graphs, TheHostBuilderAgreesInAnyMemory) {
    Json out;
    if (std::string(gpu::host_graph_builder().system) == "plain") GTEST_SKIP() << "without Thrust there are no slabs";
    EXPECT_TRUE(run_graphs(gpu::host_graph_builder(), small_graphs(graph_cases()), 2, false, out)) << out.dump(1);
    EXPECT_EQ(out["graphs"].size(), 24u);
    EXPECT_EQ(out["graphs_differing"], 0);
    for (const Json& row : out["graphs"]) EXPECT_LE(row["peak_bytes"], row["budget_bytes"]);
}

TEST(Graphs, AnotherGraphOrAnErrorIsADifferenceAndStopsNothing) {
    static int calls;
    calls = 0;
    const gpu::GraphBuilder wrong{"wrong", [](const Projection& p, const Seeds& s, std::int64_t n_sources, std::int64_t n_targets, bool same, std::uint64_t budget) {
        Seeds other = s;
        if (++calls == 1) other.graph ^= 1;
        if (calls == 2) throw CapacityError("full");
        gpu::DeviceGraph g = gpu::host_graph_builder().build(p, other, n_sources, n_targets, same, budget);
        if (calls == 3) g.slabs = 1;
        if (calls == 4) g.peak_bytes = budget + 1;
        if (calls == 5) std::swap(g.targets16.data[0], g.targets16.data[1]);   // what no checksum that was made before can tell
        return g;
    }, gpu::host_graph_builder().copy_to_host};
    Json out;
    EXPECT_FALSE(run_graphs(wrong, {small_graphs(graph_cases())[0], small_graphs(graph_cases())[2]}, 1, false, out));
    ASSERT_EQ(out["graphs"].size(), 6u);
    const Json& rows = out["graphs"];
    EXPECT_NE(rows[0]["what"].dump().find("checksum"), std::string::npos) << rows[0];
    EXPECT_NE(rows[0]["what"].dump().find("targets"), std::string::npos) << rows[0];
    EXPECT_EQ(rows[1]["what"], Json::array({"error: full"}));
    EXPECT_EQ(rows[2]["what"], Json::array({"slabs"}));
    EXPECT_NE(rows[3]["what"].dump().find("budget"), std::string::npos) << rows[3];
    EXPECT_NE(rows[4]["what"].dump().find("targets"), std::string::npos) << rows[4];
    EXPECT_EQ(rows[4]["what"].dump().find("checksum"), std::string::npos) << rows[4];
}

TEST(Graphs, TimesOfBuilds) {
    Json out;
    EXPECT_TRUE(time_graphs(gpu::host_graph_builder(), small_graphs(graph_timings()), 3, 1e9, out)) << out.dump(1);
    ASSERT_EQ(out["graph_builds"].size(), graph_timings().size());
    for (const Json& row : out["graph_builds"]) {
        auto seconds = row["seconds"].get<std::vector<double>>();
        ASSERT_EQ(seconds.size(), 3u);
        std::sort(seconds.begin(), seconds.end());
        EXPECT_EQ(row["median_seconds"], seconds[1]);
        EXPECT_DOUBLE_EQ(row["synapses_per_second"].get<double>(), row["synapses"].get<double>() / seconds[1]);
    }
    EXPECT_EQ(out["graph_builds"][1]["slabs"], 1);
    if (std::string(gpu::host_graph_builder().system) != "plain") {
        EXPECT_GT(out["graph_builds"][4]["slabs"], 1);
    }
    EXPECT_FALSE(time_graphs(gpu::host_graph_builder(), small_graphs(graph_timings()), 3, 0, out));
    for (const Json& row : out["graph_builds"]) {
        EXPECT_NE(row["error"].get<std::string>().find("not measured"), std::string::npos);
        EXPECT_FALSE(row.contains("median_seconds"));
    }
}

TEST(Layouts, ShimGivesOneDigest) {
    Json out;
    const LayoutPlan plan{.layouts = {{32, 1, 32}, {96, 3, 64, 5}, {64, 0, 160, 1}}, .repeats = 2, .warmup = 7, .steps = 12, .copies = 2, .load = false};
    EXPECT_TRUE(run_layouts(shim_backend(), layout_network(), plan, out)) << out.dump(1);
    EXPECT_EQ(out["digests"], 1);
    EXPECT_EQ(out["runs"], 12);
    EXPECT_EQ(out["rows"].size(), 6u);
}

TEST(Layouts, AMovingDigestIsReported) {
    Backend b = shim_backend();
    /// Loses its place in every second run.
    struct Forgetful final : Engine {
        explicit Forgetful(std::unique_ptr<Engine> e) : engine(std::move(e)) {}
        void advance(std::int64_t steps) override { engine->advance(++runs % 2 ? steps : steps - 1); }
        void record(std::int64_t b, std::int64_t s, const RecordFlags& f, std::vector<PopulationBins>& out) override { engine->record(b, s, f, out); }
        void set_spike_sink(SpikeSink s) override { engine->set_spike_sink(std::move(s)); }
        std::int64_t step() const override { return engine->step(); }
        std::uint64_t digest() const override { return engine->digest(); }
        std::uint64_t spikes() const override { return engine->spikes(); }
        const std::vector<ProjectionFacts>& projections() const override { return engine->projections(); }
        std::string strategy() const override { return engine->strategy(); }
        double capped_fraction() const override { return 0; }
        double capped_rate_bound() const override { return 0; }
        void save(std::ostream& out) const override { engine->save(out); }
        void load(std::istream& in) override { engine->load(in); }
        std::unique_ptr<Engine> engine;
        int runs = 0;
    };
    b.engine = [right = b.engine](const Network& n, const GpuLayout& l) { return std::make_unique<Forgetful>(right(n, l)); };
    Json out;
    EXPECT_FALSE(run_layouts(b, layout_network(), {.layouts = {{32, 1, 32}}, .repeats = 4, .warmup = 5, .steps = 10, .copies = 1, .load = false}, out));
    EXPECT_EQ(out["differing"], 2);
    EXPECT_EQ(out["digests"], 2);
}

TEST(Layouts, TheLoadBesideRunsAndItsErrorsCount) {
    // On the CPU engine: the shim's launches are for one thread.
    Backend b = shim_backend();
    b.engine = [](const Network& n, const GpuLayout&) { return make_cpu_engine(n, {1, ""}); };
    const LayoutPlan plan{.layouts = {{32, 1, 32}}, .repeats = 2, .warmup = 5, .steps = 10, .copies = 1, .load = true};
    Json out;
    EXPECT_TRUE(run_layouts(b, layout_network(), plan, out)) << out.dump(1);
    EXPECT_GE(out["steps_of_load"], 0);
    b.engine = [](const Network& n, const GpuLayout&) -> std::unique_ptr<Engine> {
        if (n.populations.size() == 1) throw DeviceError("out of order");
        return make_cpu_engine(n, {1, ""});
    };
    EXPECT_THROW(run_layouts(b, layout_network(), plan, out), DeviceError);
}

/// Cases of the real program, made small.
std::vector<Timing> small_timings() {
    std::vector<Timing> all = timings();
    for (Timing& t : all) {
        t.network.populations[0].size = 501;
        t.network.projections[0].topology.mean_indegree = t.network.projections[0].topology.kind == TopologyKind::all_to_all ? 501 : 20;
        t.network.dt = 0.01;
        t.copies = std::min<std::size_t>(t.copies, 3);
    }
    return all;
}

TEST(Timings, MediansWithEverythingBeside) {
    Json out;
    const TimingPlan plan{.repeats = 5, .warmup = 3, .seconds_per_run = 0.0, .seconds = 1e9, .copy_bandwidth = [] { return 1e9; }, .facts = [] { return Json{{"name", "shim"}}; }};
    EXPECT_TRUE(run_timings(shim_backend(), small_timings(), plan, out)) << out.dump(1);
    ASSERT_EQ(out["rows"].size(), 5u);
    for (const Json& row : out["rows"]) {
        EXPECT_EQ(row["seconds"].size(), 5u);
        auto seconds = row["seconds"].get<std::vector<double>>();
        std::sort(seconds.begin(), seconds.end());
        EXPECT_EQ(row["median_seconds"], seconds[2]);
        const bool ensemble = row["strategy"] == "A";
        const double rate = row[ensemble ? "network_steps_per_second" : "steps_per_second"].get<double>();
        EXPECT_DOUBLE_EQ(rate, row["steps_per_run"].get<double>() * (ensemble ? 3 : 1) / seconds[2]);
        EXPECT_EQ(row.contains("events_per_second"), row["synapses_per_network"] != 0);
        EXPECT_EQ(row.contains("share_of_copy_bandwidth"), row["synapses_per_network"] == 0);
        EXPECT_GT(row["spikes_per_network_and_step"], 0.5);
    }
    EXPECT_DOUBLE_EQ(out["rows"][0]["share_of_copy_bandwidth"].get<double>(), out["rows"][0]["steps_per_second"].get<double>() * 501 * 12 / 1e9);
    EXPECT_EQ(out["before"]["name"], "shim");
    EXPECT_TRUE(out.contains("after"));
}

TEST(Timings, WhatTimeIsTooShortForIsSaidNotGuessed) {
    Json out;
    EXPECT_FALSE(run_timings(shim_backend(), small_timings(), {.repeats = 5, .warmup = 1, .seconds_per_run = 0, .seconds = 0, .copy_bandwidth = {}, .facts = {}}, out));
    for (const Json& row : out["rows"]) {
        EXPECT_TRUE(row.contains("not_measured"));
        EXPECT_FALSE(row.contains("median_seconds"));
    }
}

TEST(Timings, AnErrorIsOneRowAndTheOthersAreMeasured) {
    Backend b = shim_backend();
    int calls = 0;
    b.engine = [&, right = b.engine](const Network& n, const GpuLayout& l) {
        if (++calls == 2) throw CapacityError("full");
        return right(n, l);
    };
    const auto all = small_timings();
    Json out;
    EXPECT_FALSE(run_timings(b, {all[0], all[1], all[2]}, {.repeats = 5, .warmup = 1, .seconds_per_run = 0, .seconds = 1e9, .copy_bandwidth = {}, .facts = {}}, out));
    EXPECT_EQ(out["rows"][1]["error"], "full");
    EXPECT_TRUE(out["rows"][0].contains("median_seconds") && out["rows"][2].contains("median_seconds"));
    EXPECT_FALSE(out["rows"][1].contains("median_seconds"));
}

class Program : public testing::Test {
protected:
    void SetUp() override {
        folder = std::filesystem::temp_directory_path() / ("spikemass_programs_" + std::to_string(::getpid()));
        std::filesystem::create_directory(folder);
        file = (folder / "result.json").string();
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    int run(const std::vector<const char*>& words, const std::string& why_no_gpu, const std::function<bool(Json&)>& body) {
        std::vector<const char*> argv{"program"};
        argv.insert(argv.end(), words.begin(), words.end());
        return run_program(static_cast<int>(argv.size()), argv.data(), "program", why_no_gpu, body);
    }
    Json result() const { return Json::parse(std::ifstream(file)); }
    std::filesystem::path folder;
    std::string file;
};

TEST_F(Program, ExitCodesAndFile) {
    const auto good = [](Json& j) { return j["x"] = 1, true; };
    EXPECT_EQ(run({"--json", file.c_str()}, "", good), 0);
    EXPECT_EQ(result(), (Json{{"program", "program"}, {"x", 1}, {"agreed", true}}));
    EXPECT_EQ(run({"--json", file.c_str()}, "", [](Json& j) { return j["x"] = 2, false; }), 1);
    EXPECT_EQ(result()["agreed"], false);
    EXPECT_EQ(run({"--json", file.c_str()}, "", [](Json& j) -> bool { j["x"] = 3; throw DeviceError("it broke"); }), 1);
    EXPECT_EQ(result()["error"], "it broke");
    EXPECT_EQ(result()["x"], 3);   // what was there before
    EXPECT_EQ(run({}, "", good), 0);
    EXPECT_EQ(run({"--json"}, "", good), 2);
    EXPECT_EQ(run({"--xml", "y"}, "", good), 2);
    EXPECT_EQ(run({"--json", (folder / "no/such/place").c_str()}, "", good), 1);
}

TEST_F(Program, WithoutGpuNothingIsRunOrWritten) {
    bool ran = false;
    EXPECT_EQ(run({"--json", file.c_str()}, "there is none.", [&](Json&) { return ran = true; }), 77);
    EXPECT_FALSE(ran);
    EXPECT_FALSE(std::filesystem::exists(file));
}

}  // namespace
