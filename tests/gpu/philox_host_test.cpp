// cuRAND's Philox, compiled for the host, against Random123 and RandomKey: the device pass of models/base/random.hpp uses cuRAND's.
#include <cuda_runtime_api.h>
#include <gtest/gtest.h>
#include <vector_functions.h>
#undef QUALIFIERS
#define QUALIFIERS static inline
#define mulhilo32 curand_mulhilo32   // Random123 has a function of that name and type
#include <curand_philox4x32_x.h>
#undef mulhilo32
#undef QUALIFIERS
#undef PHILOX_W32_0   // Random123 has its own
#undef PHILOX_W32_1
#undef PHILOX_M4x32_0
#undef PHILOX_M4x32_1

#include "tests/gpu/philox_counters.hpp"

namespace spikemass {

using testing::philox_counter;

namespace {

/// Not inlined: g++ would prove both generators equal and compute neither, which is a test of g++.
[[gnu::noinline, gnu::noclone, gnu::noipa]] uint4 curand_block(uint4 counter, uint2 key) { return curand_Philox4x32_10(counter, key); }

}  // namespace

TEST(Philox, CurandEqualsRandom123OnTheHost) {
    std::uint64_t differing = 0;
    for (std::uint64_t i = 0; i < testing::philox_counters; ++i) {
        const auto c = philox_counter(i);
        const auto want = r123::Philox4x32{}({{c.word[0], c.word[1], c.word[2], c.word[3]}}, {{c.key[0], c.key[1]}});
        const uint4 got = curand_block(make_uint4(c.word[0], c.word[1], c.word[2], c.word[3]), make_uint2(c.key[0], c.key[1]));
        differing += got.x != want[0] || got.y != want[1] || got.z != want[2] || got.w != want[3];
    }
    EXPECT_EQ(differing, 0u) << "of " << testing::philox_counters << " counters";
}

/// The counter's layout of docs/numerics.md, by cuRAND's function.
TEST(Philox, CurandGivesTheBlocksOfRandomKey) {
    const RandomKey key = random_key(0x123456789abcdefull, name_key("EE"), Stream::picks);
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const std::uint64_t entity = mix64(i) & 0xff'ffff'ffffull, step = mix64(~i) & 0xfff'ffff'ffffull;
        const auto index = static_cast<std::uint32_t>(i);
        const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
        const std::uint32_t c3 = static_cast<std::uint32_t>(Stream::picks) << 20 | low(entity >> 32) << 12 | low(step >> 32);
        const uint4 got = curand_block(make_uint4(low(entity), low(step), index, c3), make_uint2(low(key.key), low(key.key >> 32)));
        const auto want = key.block(entity, step, index);
        ASSERT_TRUE(got.x == want.word[0] && got.y == want.word[1] && got.z == want.word[2] && got.w == want.word[3]) << "entity " << entity << ", step " << step;
    }
}

/// The known answer of Random123's kat_vectors for philox4x32-10 at counter 0, key 0: both could be wrong in the same way.
TEST(Philox, KnownAnswer) {
    const uint4 got = curand_block(make_uint4(0, 0, 0, 0), make_uint2(0, 0));
    EXPECT_EQ(got.x, 0x6627e8d5u);
    EXPECT_EQ(got.y, 0xe169c58du);
    EXPECT_EQ(got.z, 0xbc57ac4cu);
    EXPECT_EQ(got.w, 0x9b00dbd8u);
}

}  // namespace spikemass
