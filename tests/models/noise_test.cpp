// Numbers out of words: laws, symmetry, and the batch that the CPU draws them with.

#include "models/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/draw_batch.hpp"

namespace spikemass {
namespace {

TEST(StandardNormal, IsTheQuantileOfItsWord) {
    double sum = 0, square = 0, fourth = 0, worst = 0;
    std::int64_t n = 0;
    for (std::uint64_t k = 0; k < (1ull << 32); k += 1009, ++n) {
        const auto word = static_cast<std::uint32_t>(k);
        const float z = models::standard_normal(word);
        ASSERT_EQ(models::standard_normal(word ^ 0x80000000u), -z);
        sum += z, square += double{z} * z, fourth += double{z} * z * z * z;
        const double tail = ((word & 0x7fffffffu) + 0.5) / 2147483648.0, density = std::sqrt(2.0 / std::acos(-1.0)) * std::exp(-0.5 * double{z} * z);
        worst = std::max(worst, std::abs(std::erfc(std::abs(double{z}) / std::sqrt(2.0)) - tail) / density);   // error of z
    }
    const auto count = static_cast<double>(n);
    EXPECT_NEAR(sum / count, 0.0, 1e-4);
    EXPECT_NEAR(square / count, 1.0, 1e-4);
    EXPECT_NEAR(fourth / count, 3.0, 1e-3);
    EXPECT_LT(worst, 3e-6);
    EXPECT_NEAR(models::standard_normal(0), 6.338, 1e-3);
    EXPECT_EQ(models::standard_normal(0x7fffffffu), 0.0f);
}

TEST(StandardCauchy, IsTheQuantileOfItsWord) {
    for (std::uint64_t k = 0; k < (1ull << 32); k += 65521 * 7) {
        const auto word = static_cast<std::uint32_t>(k);
        const double tail = ((word & 0x7fffffffu) + 0.5) / 2147483648.0, exact = 1.0 / std::tan(0.5 * std::acos(-1.0) * tail);
        const float x = models::standard_cauchy(word);
        ASSERT_EQ(models::standard_cauchy(word ^ 0x80000000u), -x);
        ASSERT_NEAR(std::abs(x), exact, 1e-6 * std::max(exact, 1.0)) << word;
    }
    EXPECT_NEAR(models::standard_cauchy(0), 2.734e9f, 1e6f);
}

TEST(NoiseWords, OfABatchAreThoseOfTheBlocks) {
    models::Noise noise;
    noise.key = {0x123456789abcdef, Stream::noise};
    for (const std::uint64_t step : {0ull, 1ull, 2ull, 7ull, (1ull << 34) + 3})
        for (const std::uint64_t first : {0ull, 13ull, 16384ull}) {
            std::uint32_t words[kernels::batch_blocks];
            kernels::noise_words(noise.key, first, step, words);
            for (std::uint64_t i = 0; i < kernels::batch_blocks; ++i) EXPECT_EQ(words[i], noise.word(first + i, step)) << first << " " << i << " " << step;
        }
}

}  // namespace
}  // namespace spikemass
