#include "host/analysis/windows.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace spikemass::analysis {
namespace {

/// Input over 600 bins of 0.1.
std::vector<std::vector<double>> input(auto f) {
    std::vector<double> x(600);
    for (std::size_t b = 0; b < x.size(); ++b) x[b] = f(b);
    return {x};
}
InputStructure analyse(const std::vector<std::vector<double>>& x, double start = 20.0) { return analyse_input(x, 600, 0.1, start, {20.0, 5.0}); }

TEST(Windows, ConstantInputAfterWarmUp) {
    for (const auto& x : {input([](auto) { return 2.0; }), std::vector<std::vector<double>>{}}) {
        const auto s = analyse(x);
        ASSERT_EQ(s.stationary.size(), 1u);
        EXPECT_EQ(s.stationary[0].first, 0u);
        EXPECT_EQ(s.stationary[0].last, 600u);
        EXPECT_TRUE(s.edges.empty());
    }
}

TEST(Windows, ShortWarmUpIsMadeUpFor) { EXPECT_EQ(analyse({}, 5.0).stationary[0].first, 150u); }

TEST(Windows, StepUpAndDown) {
    const auto s = analyse(input([](auto b) { return b >= 100 && b < 350 ? 3.0 : 0.0; }));
    ASSERT_EQ(s.edges.size(), 2u);
    EXPECT_EQ(s.edges[0].bin, 100u);
    EXPECT_EQ(s.edges[0].next, 350u);
    EXPECT_EQ(s.edges[1].bin, 350u);
    EXPECT_EQ(s.edges[1].next, 600u);
    ASSERT_EQ(s.stationary.size(), 3u);                        // [0,100) after the warm-up, [300,350), [550,600)
    EXPECT_EQ(s.stationary[1].first, 300u);
    EXPECT_EQ(s.stationary[1].last, 350u);
    EXPECT_EQ(s.stationary[2].first, 550u);
}

TEST(Windows, StepInsideABinIsOneEdge) {
    const auto s = analyse(input([](auto b) { return b < 100 ? 0.0 : b == 100 ? 1.2 : 3.0; }));
    ASSERT_EQ(s.edges.size(), 1u);
    EXPECT_EQ(s.edges[0].bin, 100u);
    EXPECT_EQ(s.stationary.back().first, 301u);
}

TEST(Windows, VaryingInputHasNeitherWindowsNorEdges) {
    const auto s = analyse(input([](auto b) { return std::sin(0.05 * static_cast<double>(b)); }));
    EXPECT_TRUE(s.edges.empty());
    EXPECT_TRUE(s.stationary.empty());
}

TEST(Windows, RampThenConstant) {
    const auto s = analyse(input([](auto b) { return static_cast<double>(std::min<std::size_t>(b, 200)); }));
    EXPECT_TRUE(s.edges.empty());
    ASSERT_EQ(s.stationary.size(), 1u);
    EXPECT_EQ(s.stationary[0].first, 400u);
}

TEST(Windows, AnyPopulationMayChange) {
    auto x = input([](auto) { return 0.0; });
    x.push_back(input([](auto b) { return b < 300 ? 0.0 : 1.0; })[0]);
    EXPECT_EQ(analyse(x).edges.size(), 1u);
}

TEST(Windows, TooShortFallsBackAndSaysSo) {
    const auto s = analyse(input([](auto b) { return static_cast<double>(b / 150 % 2); }), 0.0);
    ASSERT_EQ(s.stationary.size(), 1u);
    EXPECT_FALSE(s.stationary[0].settled);
    EXPECT_EQ(s.stationary[0].size(), 75u);
    EXPECT_EQ(s.edges.size(), 3u);
}

TEST(Windows, NoBins) { EXPECT_TRUE(analyse_input({}, 0, 0.1, 0.0, {}).stationary.empty()); }

}  // namespace
}  // namespace spikemass::analysis
