#include "host/analysis/cells.hpp"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace spikemass::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

Cell cell(const char* column, double noise, std::vector<double> error, bool disagree = false) {
    Cell c{column, std::string(column) + " cell", noise, disagree, error, error, error};
    return c;
}

TEST(Cells, NoiseComesOffTheAverageAndColumnsWeighAlike) {
    const std::vector<Cell> cells{cell("steady", 0.03, {0.05, 0.03}), cell("steady", 0.03, {0.07, 0.01}), cell("onset", 0.0, {0.4, 0.1}), cell("sine", 0.1, {0.1, 0.1})};
    const CellScores s = score_cells(cells, {"mass", "mass.a"}, 0, {false, true});
    ASSERT_EQ(s.columns, (std::vector<std::string>{"steady", "onset", "sine"}));
    const double steady = std::sqrt((0.05 * 0.05 + 0.07 * 0.07) / 2 - 0.03 * 0.03);
    EXPECT_NEAR(s.levels[0].column.at("steady"), steady, 1e-14);
    EXPECT_EQ(s.levels[1].column.at("steady"), 0.0);   // noise explains it all
    EXPECT_EQ(s.levels[0].column.at("sine"), 0.0);
    EXPECT_NEAR(s.levels[0].joint, std::sqrt((steady * steady + 0.16) / 3), 1e-14);
    EXPECT_NEAR(s.levels[1].joint, 0.1 / std::sqrt(3.0), 1e-14);
    EXPECT_EQ(s.best_shortcut, "mass.a");
    EXPECT_NEAR(s.levels[1].of_exact, s.levels[1].joint / s.levels[0].joint, 1e-14);
    EXPECT_NEAR(s.levels[0].of_best, s.levels[0].joint / s.levels[1].joint, 1e-14);
    EXPECT_EQ(s.levels[0].above, 1u);
    EXPECT_EQ(s.levels[0].worst, "onset, onset cell");
    EXPECT_NEAR(s.levels[0].onset_median, 0.4, 1e-14);
    EXPECT_NEAR(s.noise.at("steady"), 0.03, 1e-14);
}

TEST(Cells, DivergedMassesCountAsOneAndDisagreeingGraphsAreLeftOut) {
    const CellScores s = score_cells({cell("late", 0.0, {nan, 0.2}), cell("late", 0.0, {0.0, 0.2}), cell("late", 0.0, {50.0, 0.1}, true)}, {"mass.bad", "mass.good"}, -1, {true, true});
    EXPECT_EQ(s.cells, 2u);
    EXPECT_EQ(s.left_out, 1u);
    EXPECT_EQ(s.levels[0].diverged, 1u);
    EXPECT_NEAR(s.levels[0].joint, std::sqrt(0.5), 1e-14);
    EXPECT_TRUE(std::isnan(s.levels[0].of_exact));
    EXPECT_EQ(s.best_shortcut, "mass.good");
    EXPECT_NEAR(s.oracle, std::sqrt((0.2 * 0.2 + 0.0) / 2), 1e-14);   // the better one of each cell
    EXPECT_NE(format_cell_scores(s, "Title").find("diverged in 1"), std::string::npos);
}

TEST(Cells, NothingToScore) {
    const CellScores s = score_cells({}, {"mass"}, 0, {false});
    EXPECT_EQ(s.cells, 0u);
    EXPECT_TRUE(s.columns.empty());
    EXPECT_TRUE(std::isnan(s.oracle));
}

}  // namespace
}  // namespace spikemass::analysis
