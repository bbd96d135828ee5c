#include <algorithm>
#include <limits>

#include "host/output/journal.hpp"
#include "host/output/layout.hpp"
#include "host/output/trial_blob.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

TEST(Sha256, KnownVectors) {   // FIPS 180-2, appendix B
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(SweepHeader, RoundTripIsExact) {
    auto h = make_header();
    h.tau_ms = {10.0, 20.0};
    h.time_unit = "ms";
    h.points[0][2] = std::numeric_limits<double>::infinity();
    h.points[1][2] = 5e-324;
    h.stimulus[0][1][3] = 0.1 + 0.2;
    const auto back = decode_header(encode_header(h));
    EXPECT_EQ(back.network_toml, h.network_toml);
    EXPECT_EQ(back.resolved.dump(), h.resolved.dump());   // order of keys included
    EXPECT_EQ(back.sha256, h.sha256);
    EXPECT_EQ(back.time_unit, "ms");
    EXPECT_EQ(back.tau_ms, h.tau_ms);
    EXPECT_EQ(back.points, h.points);   // types included: variants compare by index first
    EXPECT_EQ(back.axes, h.axes);
    EXPECT_EQ(back.axis_units, h.axis_units);
    EXPECT_EQ(back.n_neurons, h.n_neurons);
    EXPECT_EQ(back.stimulus, h.stimulus);
    EXPECT_EQ(back.same_as, h.same_as);
    EXPECT_EQ(back.reference_index, h.reference_index);
    EXPECT_EQ(back.record.v, true);
    EXPECT_EQ(back.provenance.compiler, "g++ 12");
    EXPECT_EQ(back.provenance.graph_recipe, 1);
    EXPECT_THROW(decode_header({1, 2, 3}), IoError);
}

TEST(SweepHeader, ContradictionsAreRefused) {
    const auto broken = [](auto change) {
        auto h = make_header();
        change(h);
        return error_of(ExitCode::configuration, [&] { h.check(); });
    };
    EXPECT_NO_THROW(make_header().check());
    EXPECT_TRUE(contains(broken([](auto& h) { h.time_unit = "s"; }), "\"s\""));
    EXPECT_TRUE(contains(broken([](auto& h) { h.points.clear(); }), "no points"));
    EXPECT_TRUE(contains(broken([](auto& h) { h.points[1].pop_back(); }), "5 values for 6 axes"));
    EXPECT_TRUE(contains(broken([](auto& h) { h.same_as = {0, 2, 2}; }), "same_as[1]"));
    EXPECT_TRUE(contains(broken([](auto& h) { h.stimulus[0][0].pop_back(); }), "36 samples for 37 bins"));
    broken([](auto& h) { h.n_neurons.pop_back(); });
    broken([](auto& h) { h.reference_index = {0}; });
    broken([](auto& h) { h.trials = 0; });
    broken([](auto& h) { h.tau_ms = {10.0}; });
    broken([](auto& h) { h.bin = 0.0; });
}

TEST(SweepHeader, PlanRunsEqualPointsOnce) {
    const auto ids = planned_trials(make_header());
    ASSERT_EQ(ids.size(), 2u * 2u + 2u * 2u);
    EXPECT_EQ(ids.front(), (TrialId{RunKind::point, 0, 0}));
    EXPECT_EQ(ids.back(), (TrialId{RunKind::reference, 1, 1}));
    EXPECT_EQ(std::count_if(ids.begin(), ids.end(), [](const TrialId& id) { return id.kind == RunKind::point && id.index == 2; }), 0);
}

TEST(TrialBlob, RoundTripIsExactForExtremeValues) {
    const auto h = make_header();
    auto record = make_record(h, {RunKind::point, 1, 1});
    auto& run = record.result;
    run.populations[0].spike_count[0] = std::numeric_limits<std::uint64_t>::max();
    run.populations[0].rate[0] = 5e-324;
    run.populations[0].rate[1] = -0.0;
    run.populations[1].rate[2] = std::numeric_limits<double>::infinity();
    run.digest = std::numeric_limits<std::uint64_t>::max();
    run.projections[0].k_var = std::numeric_limits<double>::quiet_NaN();
    const auto bytes = encode_run(record.seeds, run);
    const auto back = decode_run(bytes);
    expect_equal(record, {record.id, record.status, record.message, back.seeds, back.result});
    EXPECT_TRUE(std::signbit(back.result.populations[0].rate[1]));
}

TEST(TrialBlob, EmptyResultOfAFailedRun) {
    const auto bytes = encode_run({1, 2, 3}, RunResult{});
    EXPECT_EQ(decode_run(bytes).seeds.noise, 3u);
    EXPECT_TRUE(decode_run(bytes).result.populations.empty());
}

TEST(TrialBlob, EveryFlippedByteAndEveryCutIsFound) {
    auto h = make_header();
    h.duration = 0.3;
    h.stimulus.clear();
    const auto record = make_record(h, {});
    const auto good = encode_run(record.seeds, record.result);
    for (std::size_t i = 0; i < good.size(); ++i) {
        auto bad = good;
        bad[i] ^= 0x10;
        EXPECT_THROW(decode_run(bad), IoError) << "byte " << i;
        EXPECT_THROW(decode_run(std::span(good).first(i)), IoError) << "cut at " << i;
    }
}

TEST(Difference, NamesPathOldAndNew) {
    const nlohmann::ordered_json a = {{"run", {{"dt", 0.02}, {"seed", 1}}}, {"x", {1, 2}}};
    const nlohmann::ordered_json b = {{"run", {{"dt", 0.01}, {"seed", 1}}}, {"x", {1}}, {"y", "new"}};
    EXPECT_EQ(configuration_difference(a, b), "run.dt: 0.02 -> 0.01\nx.1: 2 -> (absent)\ny: (absent) -> \"new\"");
    EXPECT_EQ(configuration_difference(a, a), "");
    EXPECT_EQ(configuration_difference(a, b, 1), "run.dt: 0.02 -> 0.01\n... and 2 more");
}

TEST(AxisNames, AreShortUniqueAndSafe) {
    using layout::axis_names;
    EXPECT_EQ(axis_names({"projection.EE.topology.mean_indegree", "projection.EE.topology.kind"}), (std::vector<std::string>{"mean_indegree", "kind"}));
    EXPECT_EQ(axis_names({"projection.EE.strength", "projection.EI.strength"}), (std::vector<std::string>{"EE_strength", "EI_strength"}));
    EXPECT_EQ(axis_names({"population.E.params.eta.center", "population.I.params.eta.center", "run.dt"}),
              (std::vector<std::string>{"E_params_eta_center", "I_params_eta_center", "dt"}));
    EXPECT_EQ(axis_names({"stimulus.a.rate"}), (std::vector<std::string>{"a_rate"}));          // "rate" is a variable already
    EXPECT_EQ(axis_names({"population.E-1.size"}), (std::vector<std::string>{"size"}));
    EXPECT_EQ(axis_names({"population.E-1.size", "population.E_1.size"}), (std::vector<std::string>{"population_E_1_size", "population_E_1_size_2"}));
    EXPECT_EQ(axis_names({"a.1"}), (std::vector<std::string>{"_1"}));
    EXPECT_TRUE(axis_names({}).empty());
}

TEST(CheckRecord, RefusesWhatWasNotPlanned) {
    const auto h = make_header();
    const auto good = make_record(h, {RunKind::point, 1, 1});
    EXPECT_NO_THROW(check_record(h, good));
    auto bad = good;
    bad.id.index = 3;
    error_of(ExitCode::runtime, [&] { check_record(h, bad); });
    bad = good;
    bad.result.populations[0].rate.pop_back();
    EXPECT_TRUE(contains(error_of(ExitCode::runtime, [&] { check_record(h, bad); }), "36 bins"));
    bad = good;
    bad.result.projections.pop_back();
    error_of(ExitCode::runtime, [&] { check_record(h, bad); });
}

}  // namespace
}  // namespace spikemass::output::test
