// The dense-activity baseline with our kernel on the shim and plain loops in cuSPARSE's place: what is compared, what is reported, and that wrong counts are found.
#include "bench/gpu/dense_baseline.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "host/gpu/shim_device.hpp"

namespace {

using namespace spikemass;
using namespace spikemass::bench;
using gpu::ShimDevice;

/// The whole matrix by plain loops; wrong from call `wrong_from` on.
class LoopWay : public Way {
public:
    LoopWay(const BaselineGraph& g, std::size_t columns, int wrong_from = 1 << 30) : graph_(g.by_target), columns_(columns), wrong_from_(wrong_from) {}
    std::size_t columns() const override { return columns_; }
    void set(const std::vector<std::vector<std::uint32_t>>& spikes) override {
        const auto n = static_cast<std::size_t>(graph_.n_sources);
        spiked_.assign(columns_ * n, 0);
        for (std::size_t c = 0; c < columns_; ++c)
            for (const std::uint32_t i : spikes.at(c)) spiked_[c * n + i] = 1;
    }
    void run(std::int64_t) override { counts_ = spikemass::testing::counts_on_host(graph_, spiked_, columns_); }
    std::vector<std::uint32_t> counts(std::int64_t) const override {
        std::vector<std::uint32_t> all = counts_;
        if (++asked_ > wrong_from_) ++all.back();
        return all;
    }

private:
    spikemass::testing::GraphByTarget graph_;
    std::size_t columns_;
    int wrong_from_;
    mutable int asked_ = 0;
    std::vector<std::uint8_t> spiked_;
    std::vector<std::uint32_t> counts_;
};

std::unique_ptr<Way> scatter_on_shim(const BaselineGraph& g) { return std::make_unique<ScatterWay<ShimDevice>>(std::make_shared<ShimDevice>(ShimDevice::Layout{2, 64}), g); }
BaselineWay loops(const std::string& name, std::size_t columns, int wrong_from = 1 << 30) {
    return {name, [=](const BaselineGraph& g) { return std::make_unique<LoopWay>(g, columns, wrong_from); }};
}
BaselinePlan small() {
    BaselinePlan plan;
    plan.graphs = {{101, 7}, {203, 20}};
    plan.activities = {1e-3, 0.1, 1.0};
    plan.measure = {.repeats = 5, .seconds_per_run = 0.0, .most_calls = 4};
    plan.seconds = 1e9;
    return plan;
}

TEST(DenseBaseline, GraphInBothOrders) {
    const BaselineGraph g = baseline_graph(101, 7, 1);
    ASSERT_EQ(g.start.size(), 102u);
    std::multiset<std::pair<std::uint32_t, std::uint32_t>> by_source, by_target;
    for (std::uint32_t i = 0; i < 101; ++i) {
        EXPECT_EQ(g.start[i + 1] - g.start[i], 7u);
        for (auto e = g.start[i]; e < g.start[i + 1]; ++e) by_source.insert({i, g.target[e]});
    }
    ASSERT_EQ(g.by_target.n_targets(), 101);
    for (std::uint32_t t = 0; t < 101; ++t) {
        const auto first = g.by_target.sources.begin() + g.by_target.row_start[t], last = g.by_target.sources.begin() + g.by_target.row_start[t + 1];
        EXPECT_TRUE(std::is_sorted(first, last));
        for (auto s = first; s < last; ++s) by_target.insert({static_cast<std::uint32_t>(*s), t});
    }
    EXPECT_EQ(by_source, by_target);
    EXPECT_EQ(by_source.size(), 707u);
    EXPECT_THROW(baseline_graph(3'000'000, 1000, 1), CapacityError);
}

TEST(DenseBaseline, SpikesAreDistinctAndAsManyAsTheActivitySays) {
    for (const auto& [activity, want] : {std::pair{1e-6, 1u}, {0.1, 20u}, {1.0, 203u}}) {
        const auto ids = spikes_at(activity, 203, 0);
        EXPECT_EQ(ids.size(), want);
        EXPECT_EQ(std::set<std::uint32_t>(ids.begin(), ids.end()).size(), want);
        EXPECT_LT(*std::max_element(ids.begin(), ids.end()), 203u);
    }
    EXPECT_NE(spikes_at(0.1, 203, 0), spikes_at(0.1, 203, 1));
}

TEST(DenseBaseline, EveryWayIsMeasuredAndCompared) {
    Json out;
    EXPECT_TRUE(run_baseline({{"scatter", scatter_on_shim}, loops("spmv", 1), loops("spmm", 6)}, small(), out)) << out.dump(1);
    ASSERT_EQ(out["rows"].size(), 6u);
    EXPECT_EQ(out["rows"][4]["spikes"], 20);
    EXPECT_EQ(out["rows"][4]["events"], 400);
    for (const Json& row : out["rows"]) {
        const double reference = row["scatter"]["median"];
        for (const auto& [name, columns] : {std::pair{"scatter", 1}, {"spmv", 1}, {"spmm", 6}}) {
            const Json& way = row[name];
            EXPECT_EQ(way["columns"], columns);
            EXPECT_EQ(way["runs"].size(), 5u);
            EXPECT_GT(way["median"], 0.0);
            EXPECT_DOUBLE_EQ(way["events_per_second"].get<double>() * way["median"].get<double>(), row["events"].get<double>());
            EXPECT_EQ(way.contains("over_scatter"), std::string(name) != "scatter");
            if (way.contains("over_scatter")) {
                EXPECT_DOUBLE_EQ(way["over_scatter"].get<double>(), way["median"].get<double>() / reference);
            }
        }
    }
}

TEST(DenseBaseline, OneWrongCountInOneRunIsAnError) {
    BaselinePlan plan = small();
    plan.graphs = {{101, 7}};
    plan.activities = {0.1};
    Json out;
    EXPECT_FALSE(run_baseline({{"scatter", scatter_on_shim}, loops("spmv", 1), loops("spmm", 6, 5)}, plan, out));
    const Json& row = out["rows"][0];
    EXPECT_NE(row["spmm"]["error"].get<std::string>().find("target 100 of column 5"), std::string::npos) << row;
    EXPECT_FALSE(row["spmm"].contains("median"));
    EXPECT_TRUE(row["spmv"].contains("median"));
}

TEST(DenseBaseline, AScatterThatIsMissingIsFound) {
    const BaselineGraph g = baseline_graph(101, 7, 1);
    auto way = scatter_on_shim(g);
    way->set({{3, 50}});
    way->run(3);
    EXPECT_NO_THROW(way->counts(3));
    way->set({{3, 50}});
    way->run(3);
    EXPECT_THROW(way->counts(4), DeviceError);
}

TEST(DenseBaseline, WhatTimeIsTooShortForIsSaid) {
    BaselinePlan plan = small();
    plan.seconds = 0;
    Json out;
    EXPECT_FALSE(run_baseline({{"scatter", scatter_on_shim}}, plan, out));
    ASSERT_EQ(out["rows"].size(), 6u);
    for (const Json& row : out["rows"]) EXPECT_TRUE(row.contains("not_measured") && !row.contains("scatter")) << row;
}

TEST(DenseBaseline, TooLittleMemoryForOneGraphLeavesTheOther) {
    Json out;
    const BaselineWay picky{"scatter", [](const BaselineGraph& g) {
                                if (g.start.size() == 102) throw CapacityError("full");
                                return scatter_on_shim(g);
                            }};
    EXPECT_FALSE(run_baseline({picky}, small(), out));
    ASSERT_EQ(out["rows"].size(), 4u);
    EXPECT_EQ(out["rows"][0]["error"], "full");
    EXPECT_TRUE(out["rows"][1]["scatter"].contains("median"));
}

}  // namespace
