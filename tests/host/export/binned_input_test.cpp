#include "host/export/binned_input.hpp"

#include <gtest/gtest.h>

#include "tests/host/export/networks.hpp"

namespace spikemass::handover::test {
namespace {

std::vector<Stretch> stretches(const std::string& stimulus, int shortest = 4) { return binned_input(configuration("[stimulus.s]\ntarget = \"E\"\n" + stimulus), shortest).stretches; }

using List = std::vector<Stretch>;

TEST(BinnedInput, IsTheMeanOverEachBin) {
    const auto in = binned_input(configuration("[stimulus.s]\ntarget = \"E\"\nkind = \"step\"\nstart = 3.05\nstop = 4.0\namplitude = 2.0\n"), 4);
    ASSERT_EQ(in.mean.size(), 40u);
    EXPECT_EQ(in.mean[9], 0.0);
    EXPECT_NEAR(in.mean[10], 1.0, 1e-12);   // half of [3.0, 3.1)
    EXPECT_NEAR(in.mean[11], 2.0, 1e-12);
    EXPECT_EQ(in.mean[20], 0.0);
    EXPECT_EQ(in.stretches, (List{{0, 10}, {11, 20}, {20, 40}}));   // the bin with a jump inside belongs to none
}

TEST(BinnedInput, FindsTheJumpsOfEveryKind) {
    EXPECT_EQ(binned_input(configuration(""), 4).stretches, (List{{0, 40}}));
    EXPECT_EQ(stretches("kind = \"step\"\nstart = 1.0\nstop = 9.0\namplitude = 2.0\n"), (List{{0, 40}}));   // outside of the recording
    EXPECT_EQ(stretches("kind = \"pulse_train\"\nstart = 3.0\nstop = 5.0\nperiod = 1.0\nwidth = 0.2\namplitude = 1.0\n"), (List{{0, 10}, {10, 12}, {12, 20}, {20, 22}, {22, 40}}));
    EXPECT_EQ(stretches("kind = \"ramp\"\nstart = 3.0\nstop = 5.0\nfrom = 0.0\namplitude = 1.0\nhold = true\n"), (List{{0, 40}}));
    EXPECT_EQ(stretches("kind = \"ramp\"\nstart = 3.0\nstop = 5.0\nfrom = 0.0\namplitude = 1.0\n"), (List{{0, 30}, {30, 40}}));
    EXPECT_EQ(stretches("kind = \"sine\"\nstart = 3.0\nstop = 5.0\nfrequency = 0.5\namplitude = 1.0\n"), (List{{0, 40}}));   // begins and ends at 0
    EXPECT_EQ(stretches("kind = \"sine\"\nstart = 3.0\nstop = 5.0\nfrequency = 0.5\namplitude = 1.0\noffset = 0.5\n"), (List{{0, 10}, {10, 30}, {30, 40}}));
    EXPECT_EQ(stretches("kind = \"samples\"\nstart = 3.0\ninterval = 0.5\nvalues = [1.0, 1.0, 2.0]\n"), (List{{0, 10}, {10, 20}, {20, 25}, {25, 40}}));
    EXPECT_EQ(stretches("kind = \"samples\"\nstart = 3.0\ninterval = 0.1\nvalues = [0.0, 0.1, 0.2, 0.1, 0.0]\n"), (List{{0, 40}}));   // held shortly: a curve
    EXPECT_EQ(stretches("kind = \"white_noise\"\nstart = 3.0\nintensity = 0.1\n"), (List{{0, 40}}));
}

}  // namespace
}  // namespace spikemass::handover::test
