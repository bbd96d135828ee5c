#include "host/live/block_statistics.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace spikemass {
namespace {

TEST(BlockStatistics, ByHand) {
    BlockStatistics s(2, 32);   // blocks of 2
    EXPECT_TRUE(std::isnan(s.result().mean));
    s.add(0, std::vector<double>{1, 3, 5});
    EXPECT_DOUBLE_EQ(s.result().mean, 3);
    EXPECT_TRUE(std::isnan(s.result().standard_error));   // one whole block
    s.add(0, std::vector<double>{7, 100});
    EXPECT_EQ(s.result().values, 5u);
    EXPECT_DOUBLE_EQ(s.result().mean, 116.0 / 5);
    EXPECT_DOUBLE_EQ(s.result().standard_error, 2.0);     // means 2 and 6: variance 8, over 2 blocks
    s.forget(0);
    EXPECT_EQ(s.result().values, 0u);
    s.add(1, std::vector<double>(32, 4.0));
    EXPECT_EQ(s.result().trials, 1u);
    EXPECT_DOUBLE_EQ(s.result().mean, 4.0);
    EXPECT_DOUBLE_EQ(s.result().standard_error, 0.0);
}

TEST(BlockStatistics, PiecesAndTheOrderOfTrialsDoNotMatter) {
    std::mt19937 random(3);
    std::normal_distribution<double> normal;
    for (const std::size_t bins : {1u, 3u, 16u, 17u, 100u, 1001u}) {
        std::vector<std::vector<double>> x(3, std::vector<double>(bins));
        for (auto& t : x)
            for (double& y : t) y = normal(random);
        BlockStatistics whole(3, bins), pieces(3, bins);
        for (std::size_t t = 0; t < 3; ++t) whole.add(t, x[t]);
        for (const std::size_t t : {2u, 0u, 1u})
            for (std::size_t at = 0; at < bins;) {
                const std::size_t n = std::min<std::size_t>(bins - at, 1 + random() % 40);
                pieces.add(t, std::span(x[t]).subspan(at, n));
                at += n;
            }
        const auto a = whole.result(), b = pieces.result();
        EXPECT_EQ(a.mean, b.mean);
        if (bins * 3 > 1) {
            EXPECT_EQ(a.standard_error, b.standard_error);
        }
        EXPECT_EQ(a.trials, 3u);
        EXPECT_EQ(a.values, 3 * bins);
        double sum = 0;
        for (const auto& t : x)
            for (const double y : t) sum += y;
        EXPECT_NEAR(a.mean, sum / static_cast<double>(3 * bins), 1e-12);
    }
}

TEST(BlockStatistics, TheErrorOfIndependentValuesIsTheirs) {
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    double mean_square = 0, squared_error = 0;
    constexpr int repeats = 400;
    constexpr std::size_t bins = 160;
    for (int r = 0; r < repeats; ++r) {
        BlockStatistics s(2, bins);
        for (std::size_t t = 0; t < 2; ++t) {
            std::vector<double> x(bins);
            for (double& y : x) y = normal(random);
            s.add(t, x);
        }
        mean_square += s.result().mean * s.result().mean / repeats;
        squared_error += s.result().standard_error * s.result().standard_error / repeats;
    }
    EXPECT_NEAR(squared_error, 1.0 / (2 * bins), 0.15 / (2 * bins));   // 31 degrees of freedom, 400 times: 1.3 %
    EXPECT_NEAR(mean_square, 1.0 / (2 * bins), 0.25 / (2 * bins));     // 7 %
}

}  // namespace
}  // namespace spikemass
