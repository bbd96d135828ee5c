// The kernel of the numerics sweep on the shim against plain calls; and that a wrong bit is found and named.
#include <gtest/gtest.h>

#include <set>

#include "host/gpu/shim_device.hpp"
#include "tests/gpu/programs/numerics_sweep.hpp"

namespace {

using namespace spikemass;
using namespace spikemass::numerics;
using gpu::ShimDevice;
using programs::Json;
using programs::run_numerics;

std::vector<Sweep> on_shim(ShimDevice::Layout layout) { return device_sweeps(std::make_shared<ShimDevice>(layout, shim::Options{.seed = 4})); }

TEST(Numerics, KernelOnTheShimEqualsPlainCalls) {
    for (const ShimDevice::Layout layout : {ShimDevice::Layout{1, 32}, ShimDevice::Layout{3, 96}}) {
        Json out;
        EXPECT_TRUE(run_numerics(host_sweeps(2), on_shim(layout), {.most_log2_inputs = 12, .log2_block = 7, .blocks_at_once = 11}, out)) << out.dump();
        EXPECT_EQ(out["rows"].size(), 47u);
        for (const Json& row : out["rows"]) EXPECT_EQ(row["inputs"], 4096) << row;
        EXPECT_EQ(out["inputs"], 47 * 4096);
    }
}

TEST(Numerics, WordsAreTheResults) {
    const auto all = on_shim({2, 64});
    for (const Sweep& s : all) {
        if (s.name != "exp float32" && s.name != "sqrt float64") continue;
        std::vector<std::uint64_t> words;
        s.hashes(3, 2, 10, 6, &words);
        ASSERT_EQ(words.size(), 128u);
        for (std::uint64_t j = 0; j < words.size(); ++j) {
            const std::uint64_t k = 3 * 64 + j;
            EXPECT_EQ(words[j], s.name == "exp float32" ? word(math::exp(arguments<float>(k, 10).a)) : word(math::sqrt(arguments<double>(k, 10).a)));
        }
    }
}

TEST(Numerics, AWrongBitIsFoundAndItsInputNamed) {
    auto device = host_sweeps(1);
    const auto right = device[0].hashes;
    device[0].hashes = [right](std::uint64_t first, std::uint64_t count, unsigned log2_inputs, unsigned log2_block, std::vector<std::uint64_t>* words) {
        std::vector<std::uint64_t> own, hashes = right(first, count, log2_inputs, log2_block, &own);
        for (std::uint64_t k : {1500u, 1501u, 2500u}) {   // two in one block, one in another
            const std::uint64_t block = k >> log2_block;
            if (block < first || block >= first + count) continue;
            const std::size_t j = k - (first << log2_block);
            hashes[block - first] += contribution(k, own[j] ^ 1) - contribution(k, own[j]);
            own[j] ^= 1;
        }
        if (words) *words = own;
        return hashes;
    };
    Json out;
    EXPECT_FALSE(run_numerics(host_sweeps(1), device, {.most_log2_inputs = 12, .log2_block = 6, .blocks_at_once = 8}, out));
    EXPECT_EQ(out["differing_blocks"], 2);
    EXPECT_EQ(out["rows"][0]["first"]["index"], 1500);
    EXPECT_EQ(out["rows"][0]["first"]["input"], input_text(arguments<float>(1500, 12)));
    EXPECT_NE(out["rows"][0]["first"]["cpu"], out["rows"][0]["first"]["device"]);
    EXPECT_FALSE(out["rows"][1].contains("first"));
}

TEST(Numerics, FloatsAreSampledEvenly) {
    // One pattern of each of 2^12 equal parts; all of them where every pattern is asked for.
    std::set<std::uint32_t> places;
    for (std::uint64_t k = 0; k < 4096; ++k) {
        const std::uint32_t pattern = math::bits(arguments<float>(k, 12).a);
        EXPECT_EQ(pattern >> 20, k);
        places.insert(pattern & 0xfffffu);
    }
    EXPECT_GT(places.size(), 4000u);   // random within their parts
    for (std::uint64_t k : {0ull, 1ull, 0x7f800000ull, 0xffffffffull}) EXPECT_EQ(math::bits(arguments<float>(k, 32).a), k);
}

TEST(Numerics, OtherArgumentsAreInTheirRanges) {
    int near = 0, finite = 0;
    for (std::uint64_t k = 0; k < 4096; ++k) {
        const auto f = arguments<float>(k, 12);
        const auto d = arguments<double>(k, 12);
        EXPECT_TRUE(math::abs(f.c) >= 0x1p-9f && math::abs(f.c) < 0x1p9f) << f.c;
        EXPECT_TRUE(math::abs(d.c) >= 0x1p-9 && math::abs(d.c) < 0x1p9) << d.c;
        EXPECT_TRUE(k % 2 == 1 || (math::abs(d.a) >= 0x1p-40 && math::abs(d.a) < 0x1p40)) << d.a;
        const float quotient = math::abs(f.a / f.b);
        near += quotient > 0x1p-8f && quotient < 0x1p8f;
        finite += f.a - f.a == 0.0f;
    }
    EXPECT_GT(near, 1800);
    EXPECT_GT(finite, 4000);
}

TEST(Numerics, NaNsAreOneNaNAndZerosAreTwo) {
    EXPECT_EQ(word(math::from_bits(0xffc12345u)), word(math::quiet_nan<float>()));
    EXPECT_NE(word(0.0f), word(-0.0f));
    EXPECT_EQ(word(math::from_bits(std::uint64_t{0xfff0000000000001u})), word(math::quiet_nan<double>()));
}

}  // namespace
