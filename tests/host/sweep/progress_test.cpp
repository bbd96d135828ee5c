#include "host/sweep/progress.hpp"

#include <gtest/gtest.h>

namespace spikemass {
namespace {

TEST(Progress, DurationsForPeople) {
    EXPECT_EQ(human_duration(0.0), "0 s");
    EXPECT_EQ(human_duration(0.4), "0 s");
    EXPECT_EQ(human_duration(59.4), "59 s");
    EXPECT_EQ(human_duration(59.6), "1 min 00 s");
    EXPECT_EQ(human_duration(190.0), "3 min 10 s");
    EXPECT_EQ(human_duration(3599.6), "1 h 00 min");
    EXPECT_EQ(human_duration(3720.0), "1 h 02 min");
    EXPECT_EQ(human_duration(1e6), "277 h 46 min");
}

TEST(Progress, WithoutATerminalNothingInTheFirstHalfMinute) {
    testing::internal::CaptureStderr();
    {
        ProgressLine line(false);
        for (int i = 0; i < 100; ++i) line.show(i / 100.0, "at work");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(Progress, LinesThatStay) {
    testing::internal::CaptureStderr();
    {
        ProgressLine line(false), quiet(true);
        line.interrupt("one");
        quiet.interrupt("two");
        line.show(0.5, "half");
        line.interrupt("three");
    }
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "one\nthree\n");
}

}  // namespace
}  // namespace spikemass
