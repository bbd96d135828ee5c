#include "host/export/splits.hpp"

#include <gtest/gtest.h>

#include <numeric>

#include "models/base/error.hpp"

namespace spikemass::handover {
namespace {

using enum Split;
using List = std::vector<Split>;

/// mean_indegree x strength x kind.
output::SweepHeader header(const std::vector<std::int64_t>& degrees) {
    output::SweepHeader h;
    h.axes = {"projection.EE.topology.mean_indegree", "projection.EE.strength", "projection.EE.topology.kind"};
    for (const std::int64_t k : degrees)
        for (const double j : {-5.0, 5.0}) h.points.push_back({k, j, std::string(j < 0 ? "erdos_renyi" : "fixed_indegree")});
    return h;
}

List split(const output::SweepHeader& h, const SplitOptions& o) {
    std::vector<std::size_t> points(h.points.size());
    std::iota(points.begin(), points.end(), std::size_t{0});
    return make_splits(h, points, o, "runs").of;
}

std::string refusal(const output::SweepHeader& h, const SplitOptions& o) {
    try {
        split(h, o);
    } catch (const ConfigurationError& e) {
        return e.what();
    }
    return "accepted";
}

TEST(Splits, ByDefaultTheLowestIndegreeExtrapolatesAndTheSecondLargestInterpolates) {
    EXPECT_EQ(split(header({100, 30, 1000, 300}), {}), (List{train, train, test_extrapolation, test_extrapolation, train, train, test_interpolation, test_interpolation}));
    EXPECT_NE(refusal(header({30, 100, 300}), {}).find("only 3 (30, 100, 300)"), std::string::npos);
    auto h = header({30, 100, 300, 1000});
    h.axes[0] = "population.E.size";
    EXPECT_NE(refusal(h, {}).find("none was swept"), std::string::npos);
}

TEST(Splits, ValuesOutsideTheRangeOfTheRestExtrapolate) {
    const auto h = header({10, 30, 100});
    EXPECT_EQ(split(h, {{"mean_indegree=30"}, {}}), (List{train, train, test_interpolation, test_interpolation, train, train}));
    EXPECT_EQ(split(h, {{"mean_indegree=30,100"}, {}}), (List{train, train, test_extrapolation, test_extrapolation, test_extrapolation, test_extrapolation}));
    EXPECT_EQ(split(h, {{"projection.EE.topology.mean_indegree=30", "strength=5"}, {}}), (List{train, test_extrapolation, test_interpolation, test_extrapolation, train, test_extrapolation}));
    EXPECT_EQ(split(h, {{"kind=erdos_renyi"}, {}}), (List{test_extrapolation, train, test_extrapolation, train, test_extrapolation, train}));   // words have no range
    EXPECT_EQ(split(h, {{"none"}, {}}), List(6, train));
}

TEST(Splits, ValidationBelongsToTheRangeAndYieldsToTheTest) {
    const auto h = header({10, 30, 100});
    EXPECT_EQ(split(h, {{"mean_indegree=30"}, {"mean_indegree=100"}}), (List{train, train, test_interpolation, test_interpolation, validation, validation}));
    EXPECT_EQ(split(h, {{"mean_indegree=30"}, {"strength=5"}}), (List{train, validation, test_interpolation, test_interpolation, train, validation}));
}

TEST(Splits, WhatCannotBeIsRefused) {
    const auto h = header({10, 30, 100});
    EXPECT_NE(refusal(h, {{"mean_indegree=20"}, {}}).find("10, 30, 100"), std::string::npos);
    EXPECT_NE(refusal(h, {{"mean_indegre=10"}, {}}).find("Did you mean"), std::string::npos);
    EXPECT_NE(refusal(h, {{"mean_indegree"}, {}}).find("PATH=v1,v2"), std::string::npos);
    EXPECT_NE(refusal(h, {{"mean_indegree="}, {}}).find("PATH=v1,v2"), std::string::npos);
    EXPECT_NE(refusal(h, {{"mean_indegree=10,"}, {}}).find("10, 30, 100"), std::string::npos);
    EXPECT_NE(refusal(h, {{"mean_indegree=10x"}, {}}).find("10, 30, 100"), std::string::npos);
    EXPECT_NE(refusal(h, {{"mean_indegree=10,30"}, {"mean_indegree=100"}}).find("to train on"), std::string::npos);
}

}  // namespace
}  // namespace spikemass::handover
