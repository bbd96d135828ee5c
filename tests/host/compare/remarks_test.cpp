#include "host/compare/remarks.hpp"

#include <gtest/gtest.h>

namespace spikemass {
namespace {

using Lines = std::vector<std::string>;

TEST(Remarks, TheLargestPercentageIsKept) {
    Remarks r;
    r.add(0, "Closure x: above 1 for 12.5 % of the time, 3 % of nothing.");
    r.add(3, "Closure x: above 1 for 40.0 % of the time, 3 % of nothing.");
    r.add(3, "Closure x: above 1 for 7.0 % of the time, 3 % of nothing.");
    EXPECT_EQ(r.lines(5), Lines{"Closure x: above 1 for up to 40.0 % of the time, 3 % of nothing. At 2 of 5 points."});
}

TEST(Remarks, WhatDiffersOtherwiseStaysApart) {
    Remarks r;
    r.add(0, "Closure x: 10 %.");
    r.add(0, "Closure y: 10 %.");
    r.add(0, "Closure x: 10.");
    EXPECT_EQ(r.lines(1), (Lines{"Closure x: 10 %.", "Closure x: 10.", "Closure y: 10 %."}));
}

TEST(Remarks, EqualPercentagesAreNotUpTo) {
    Remarks r;
    r.add(0, "Above 5 %.");
    r.add(1, "Above 5 %.");
    EXPECT_EQ(r.lines(2), Lines{"Above 5 %. At all 2 points."});
}

TEST(Remarks, KeysTellTheFirstText) {
    Remarks r;
    r.add(1, "diverged x", "Left its range at t = 3.");
    r.add(2, "diverged x", "Left its range at t = 4.");
    EXPECT_EQ(r.lines(4), Lines{"Left its range at t = 3. At 2 of 4 points."});
    EXPECT_TRUE(Remarks().lines(4).empty());
}

}  // namespace
}  // namespace spikemass
