#include "host/analysis/ranking.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace spikemass::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
LevelScore scored(const std::string& level, double steady, double transient, double noise = 0.0) { return {.level = level, .steady = steady, .transient = transient, .steady_noise = noise, .transient_noise = noise}; }

TEST(Ranking, MeanOverPointsBestFirst) {
    const auto ranking = rank_levels({{{scored("mass", 0.3, 0.4), scored("mass.b", 0.1, 0.1)}}, {{scored("mass", 0.1, 0.2), scored("mass.b", 0.1, 0.3)}}});
    ASSERT_EQ(ranking.size(), 2u);
    EXPECT_EQ(ranking[0].level, "mass.b");
    EXPECT_NEAR(ranking[0].steady, 0.1, 1e-12);
    EXPECT_NEAR(ranking[0].transient, 0.2, 1e-12);
    EXPECT_NEAR(ranking[0].score, std::sqrt(0.5 * (0.01 + 0.04)), 1e-12);
    EXPECT_EQ(ranking[0].points, 2u);
}

TEST(Ranking, FlaggedPointsAreLeftOut) {
    PointComparison bad;
    bad.scores = {scored("mass", 9.0, 9.0), scored("mass.b", 0.0, 0.0)};
    PointComparison good = bad;
    bad.trials_disagree = bad.transients_disagree = true;
    const auto ranking = rank_levels({{{scored("mass", 0.1, nan), scored("mass.b", 0.2, nan)}}, scores_of(bad), scores_of(good, true)});
    EXPECT_EQ(ranking[0].level, "mass");
    EXPECT_EQ(ranking[0].points, 1u);
}

TEST(Ranking, ALevelThatDivergesComesLast) {
    const auto ranking = rank_levels({{{scored("mass", 0.3, nan), scored("mass.b", 0.01, nan)}}, {{scored("mass", 0.3, nan), scored("mass.b", nan, nan)}}});
    EXPECT_EQ(ranking[0].level, "mass");
    EXPECT_EQ(ranking[1].missing, 1u);
    EXPECT_EQ(ranking[0].missing, 0u);
    EXPECT_NEAR(ranking[0].score, 0.3, 1e-12);                 // no transients anywhere: the steady error alone
}

TEST(Ranking, NoiseIsTakenOffTheAverage) {
    const auto ranking = rank_levels({{{scored("mass", 0.5, nan, 0.3)}}, {{scored("mass", 0.1, nan, 0.3)}}});
    EXPECT_NEAR(ranking[0].steady_net, std::sqrt((0.25 + 0.01 - 0.18) / 2.0), 1e-12);
    EXPECT_DOUBLE_EQ(rank_levels({{{scored("mass", 0.1, nan, 0.3)}}})[0].steady_net, 0.0);
}

TEST(Ranking, TheShiftDecidesWhereThereIsAReference) {
    auto biased = scored("mass", 0.01, nan), right = scored("mass.b", 0.04, nan);
    biased.shift = 0.05;
    right.shift = 0.001;
    const auto ranking = rank_levels({{{biased, right}}});
    EXPECT_EQ(ranking[0].level, "mass.b");
    EXPECT_NEAR(ranking[0].score, 0.001, 1e-12);
    EXPECT_NEAR(ranking[0].steady, 0.04, 1e-12);
    EXPECT_TRUE(std::isnan(rank_levels({{{scored("mass", 0.1, nan)}}})[0].shift));
}

TEST(Ranking, Nothing) { EXPECT_TRUE(rank_levels({}).empty()); }

}  // namespace
}  // namespace spikemass::analysis
