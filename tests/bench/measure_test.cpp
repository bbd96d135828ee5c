#include "bench/gpu/measure.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

namespace {

using namespace spikemass::bench;

TEST(Measure, CallsGrowUntilARunIsLongEnough) {
    std::vector<std::int64_t> asked;
    const Sample s = measure([&](std::int64_t calls) { return asked.push_back(calls), 0.001 * static_cast<double>(calls); }, {.repeats = 3, .seconds_per_run = 0.007, .most_calls = 1024});
    EXPECT_EQ(asked, (std::vector<std::int64_t>{1, 1, 2, 4, 8, 8, 8, 8}));
    EXPECT_EQ(s.calls, 8);
    EXPECT_EQ(s.seconds.size(), 3u);
    EXPECT_DOUBLE_EQ(s.median(), 0.001);
    EXPECT_EQ(measure([](std::int64_t) { return 0.0; }, {.most_calls = 16}).calls, 16);
}

TEST(Measure, MedianAndSpread) {
    Sample s{.calls = 4, .seconds = {5.0, 1.0, 3.0}};
    EXPECT_EQ(s.median(), 3.0);
    EXPECT_EQ(s.least(), 1.0);
    EXPECT_EQ(s.most(), 5.0);
    s.seconds.push_back(4.0);
    EXPECT_EQ(s.median(), 3.5);
    EXPECT_EQ(json(s, 2.0), (Json{{"median", 1.75}, {"least", 0.5}, {"most", 2.5}, {"calls", 4}, {"runs", {2.5, 0.5, 1.5, 2.0}}}));
    EXPECT_EQ(Sample{}.median(), 0.0);
}

TEST(Measure, MachineNamesTheCommitOfTheCheck) {
    setenv("SPIKEMASS_COMMIT", "abc123", 1);
    EXPECT_EQ(machine()["commit"], "abc123");
    unsetenv("SPIKEMASS_COMMIT");
    EXPECT_EQ(machine()["commit"], "unknown");
    EXPECT_GE(machine()["cores"], 1);
    EXPECT_NE(machine()["processor"], "");
    EXPECT_NE(machine()["flags"], "");
}

}  // namespace
