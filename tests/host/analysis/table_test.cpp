#include "host/analysis/table.hpp"

#include <sstream>

#include <gtest/gtest.h>

namespace spikemass::analysis {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
Estimate estimate(double value, double error) { return {value, error, value - error, value + error, 4, Method::trials}; }

std::vector<TableRow> rows() {
    return {{"topology = erdos_renyi", "10", estimate(1.0312, 0.0012), estimate(-0.1813, 0.0021), {{-0.031, 0.221, 0.04}, {0.0012, -0.0005, 0.001}}, false},
            {"topology = erdos_renyi", "1000", estimate(1.03, 0.01), estimate(-0.154, 0.002), {{0.0, 12.0, 0.3}, {nan, nan, nan}}, true}};
}

TEST(Table, AlignedAndMarked) {
    const std::string text = format_table(rows(), {"K", "1/tau", {"mass", "mass.resonant"}, false, false, 0});
    EXPECT_EQ(text,
              "topology = erdos_renyi\n"
              "   K         r [1/tau]                 v           none       resonant\n"
              "                                             r %    v %     r %    v %\n"
              "  10   1.0312 ± 0.0012  -0.1813 ± 0.0021   -3.10  +22.1  *+0.12  -0.05\n"
              "1000!    1.030 ± 0.010  -0.1540 ± 0.0020  *+0.00  +1200       -      -\n"
              "\nErrors: level - spiking, in % of |r| and |v|; * smallest |(pi dr, dv)|/|W|, W = pi r - i v.\n"
              "! trials of this point disagree (different branches), or its neurons are capped: it is left out of the ranking.\n");
}

TEST(Table, ColourOnlyWhenAsked) {
    const TableOptions plain{"K", "1/tau", {"mass", "mass.resonant"}, false, false, 0};
    TableOptions coloured = plain;
    coloured.color = true;
    EXPECT_EQ(format_table(rows(), plain).find('\033'), std::string::npos);
    EXPECT_NE(format_table(rows(), coloured).find("\033[1;32m"), std::string::npos);
}

TEST(Table, NarrowTerminalsGetBlocks) {
    const TableOptions options{"K", "1/tau", {"mass", "mass.resonant_static", "mass.indegree_lorentzian"}, true, false, 60};
    const std::string text = format_table({rows()[0]}, options);
    EXPECT_EQ(text.substr(0, text.find("\nErrors")),
              "topology = erdos_renyi\n"
              " K         r [1/tau]                 v           none\n"
              "                                           r %    v %\n"
              "10   1.0312 ± 0.0012  -0.1813 ± 0.0021   -3.10  +22.1\n"
              "\n"
              "         resonant_      indegree_\n"
              " K          static     lorentzian\n"
              "        r %    v %     r %    v %\n"
              "10   *+0.12  -0.05       -      -\n");
    EXPECT_NE(text.find("finite size"), std::string::npos);
}

TEST(Table, OneNarrowColumnPerLevel) {
    TableOptions options{"mean_indegree", "1/tau", {"mass", "mass.indegree_lorentzian"}, false, false, 0};
    options.details = false;
    EXPECT_EQ(format_table(rows(), options),
              "topology = erdos_renyi\n"
              "                                                        indegree_\n"
              "mean_indegree       r [1/tau]               v    none  lorentzian\n"
              "           10   1.0312±0.0012  -0.1813±0.0021    4.00       *0.10\n"
              "         1000!    1.030±0.010  -0.1540±0.0020   *30.0           -\n"
              "\nErrors of r and v together: |(pi dr, dv)|/|W| in %, W = pi r - i v of the spiking network; * smallest.\n"
              "! trials of this point disagree (different branches), or its neurons are capped: it is left out of the ranking.\n");
}

TEST(Table, SevenClosuresFitInto120Columns) {
    TableOptions options{"mean_indegree", "1/tau",
                         {"mass", "mass.indegree_lorentzian", "mass.two_cumulant", "mass.cauchy", "mass.degree_classes", "mass.resonant_static", "mass.resonant"}, false, false, 120};
    options.details = false;
    const TableRow row{"", "100", estimate(1.03812, 0.00078), estimate(-0.20444, 0.00068), std::vector<LevelErrors>(7, {1.0, 1.0, 1.0}), false};
    std::istringstream lines(format_table({row}, options));
    std::size_t longest = 0, count = 0;
    for (std::string line; std::getline(lines, line) && !line.empty(); ++count) longest = std::max(longest, line.size());
    EXPECT_EQ(count, 3u);          // two lines of names, one row
    EXPECT_LE(longest, 120u + 2);  // two signs of two bytes
    EXPECT_GT(longest, 100u);
}

TEST(Table, WithoutLevels) {
    auto only = rows();
    for (auto& row : only) row.levels.clear();
    const std::string text = format_table(only, {"K", "Hz", {}, false, false, 100});
    EXPECT_NE(text.find("r [Hz]"), std::string::npos);
    EXPECT_EQ(text.find('*'), std::string::npos);
    EXPECT_EQ(format_table({}, {}), "");
}

TEST(Table, RateAloneMarksTheBest) {
    std::vector<TableRow> one{{"", "10", estimate(1.0, 0.1), estimate(nan, nan), {{0.2, nan, nan}, {-0.1, nan, nan}}, false}};
    EXPECT_NE(format_table(one, {"K", "1/tau", {"mass", "mass.x"}, false, false, 0}).find("*-10.0"), std::string::npos);
}

TEST(Table, Estimates) {
    EXPECT_EQ(format_estimate(estimate(1.0312, 0.0012)), "1.0312 ± 0.0012");
    EXPECT_EQ(format_estimate(estimate(12.3456, 0.5)), "12.35 ± 0.50");
    EXPECT_EQ(format_estimate(estimate(1234.0, 56.0)), "1234 ± 56");
    EXPECT_EQ(format_estimate({1.03059, nan, nan, nan, 1, Method::none}), "1.031");
    EXPECT_EQ(format_estimate(estimate(nan, nan)), "-");
    EXPECT_EQ(closure_of("mass"), "none");
    EXPECT_EQ(closure_of("mass.resonant"), "resonant");
    EXPECT_EQ(closure_of("stochastic-mass"), "stochastic-mass");
}

TEST(Table, RankingInPercent) {
    const std::string text = format_ranking({{"mass.resonant", 0.012, nan, 0.034, 0.01, nan, 0.03, 0.02, 10, 0, false}, {"mass", 0.05, nan, nan, 0.05, nan, nan, 0.05, 9, 1, false}});
    EXPECT_EQ(text,
              "level      steady %  transient %  points\n"
              "resonant       1.20         3.40      10\n"
              "none           5.00            -       9 (diverged at 1)\n"
              "Mean of |(pi dr, dv)|/|W| over the points, best first.\n"
              "A level that diverges at some point stands after all that do not.\n");
}

TEST(Table, RankingWithReference) {
    const std::string text = format_ranking({{"mass.resonant", 0.012, 0.002, 0.034, 0.01, 0.0, 0.03, 0.02, 10, 0, false}});
    EXPECT_EQ(text.substr(0, text.find("Mean")),
              "level      steady %    shift %  transient %  points\n"
              "resonant       1.20       0.20         3.40      10\n");
    EXPECT_NE(text.find("finite-size bias"), std::string::npos);
}

}  // namespace
}  // namespace spikemass::analysis
