#pragma once
// Eight Philox blocks at once, for builders that draw by the million: the words of RandomKey::block, four times as fast.

#include <cstdint>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include "models/base/random.hpp"

namespace spikemass::kernels {

constexpr int batch_blocks = 8;

#if defined(__AVX2__)

/// Counters and, after ten rounds, words of eight blocks: lane i of register r belongs to block 4r + i; only low halves count.
struct PhiloxLanes {
    __m256i word[4][2];

    SPIKEMASS_H PhiloxLanes(const RandomKey& key, std::uint64_t entity, std::uint64_t step, std::uint64_t step_stride, std::uint32_t index, std::uint32_t index_stride,
                             std::uint64_t entity_stride = 0) {
        const std::uint32_t c3 = (static_cast<std::uint32_t>(key.stream) << 20) | (static_cast<std::uint32_t>(entity >> 32) & 0xffu) << 12 |
                                 (static_cast<std::uint32_t>(step >> 32) & 0xfffu);
        const __m256i lane = _mm256_setr_epi64x(0, 1, 2, 3);
        for (int r = 0; r < 2; ++r) {
            const __m256i block = _mm256_add_epi64(lane, _mm256_set1_epi64x(4 * r));
            word[0][r] = _mm256_add_epi64(all(entity), _mm256_mul_epu32(block, all(entity_stride)));
            word[1][r] = _mm256_add_epi64(all(step), _mm256_mul_epu32(block, all(step_stride)));
            word[2][r] = _mm256_add_epi64(all(index), _mm256_mul_epu32(block, all(index_stride)));
            word[3][r] = all(c3);
        }
        std::uint32_t k0 = static_cast<std::uint32_t>(key.key), k1 = static_cast<std::uint32_t>(key.key >> 32);
        const __m256i m0 = all(0xD2511F53u), m1 = all(0xCD9E8D57u);
#pragma GCC unroll 10
        for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
            const __m256i q0 = all(k0), q1 = all(k1);
#pragma GCC unroll 2
            for (int r = 0; r < 2; ++r) {
                const __m256i p0 = _mm256_mul_epu32(word[0][r], m0), p1 = _mm256_mul_epu32(word[2][r], m1);
                word[0][r] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p1, 32), word[1][r]), q0);
                word[2][r] = _mm256_xor_si256(_mm256_xor_si256(_mm256_srli_epi64(p0, 32), word[3][r]), q1);
                word[1][r] = p1;
                word[3][r] = p0;
            }
        }
    }
    SPIKEMASS_H static __m256i all(std::uint64_t x) { return _mm256_set1_epi64x(static_cast<long long>(x)); }
};

/// out[j] = mulhi64(key.draw64(entity, step, 2 first_block + j), n) for j = 0..15; n < 2^32.
inline void draw_below(const RandomKey& key, std::uint64_t entity, std::uint64_t step, std::uint32_t first_block, std::uint64_t n, std::uint32_t* out) {
    const PhiloxLanes p(key, entity, step, 0, first_block, 1);
    const __m256i below = PhiloxLanes::all(n);
    for (int r = 0; r < 2; ++r) {
        // high half of (hi 2^32 + lo) n, 2^64-ths: hi n + (lo n >> 32) cannot overflow
        const auto high = [&](int lo, int hi) {
            return _mm256_add_epi64(_mm256_mul_epu32(p.word[hi][r], below), _mm256_srli_epi64(_mm256_mul_epu32(p.word[lo][r], below), 32));
        };
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * r), _mm256_blend_epi32(_mm256_srli_epi64(high(0, 1), 32), high(2, 3), 0xaa));
    }
}

/// out[i] = key.draw64(entity, first_step + i, 0) for i = 0..7; the steps must not cross a multiple of 2^32.
inline void draw_steps(const RandomKey& key, std::uint64_t entity, std::uint64_t first_step, std::uint64_t* out) {
    const PhiloxLanes p(key, entity, first_step, 1, 0, 0);
    for (int r = 0; r < 2; ++r)
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 4 * r), _mm256_blend_epi32(p.word[0][r], _mm256_slli_epi64(p.word[1][r], 32), 0xaa));
}

/// out[j] = key.draw64(entity, step, 2 first_block + j) for j = 0..15.
inline void draw_all(const RandomKey& key, std::uint64_t entity, std::uint64_t step, std::uint32_t first_block, std::uint64_t* out) {
    const PhiloxLanes p(key, entity, step, 0, first_block, 1);
    for (int r = 0; r < 2; ++r) {
        const __m256i even = _mm256_blend_epi32(p.word[0][r], _mm256_slli_epi64(p.word[1][r], 32), 0xaa), odd = _mm256_blend_epi32(p.word[2][r], _mm256_slli_epi64(p.word[3][r], 32), 0xaa);
        const __m256i low = _mm256_unpacklo_epi64(even, odd), high = _mm256_unpackhi_epi64(even, odd);
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * r), _mm256_permute2x128_si256(low, high, 0x20));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 8 * r + 4), _mm256_permute2x128_si256(low, high, 0x31));
    }
}

/// out[i] = word step & 3 of key.block(first_entity + i, step >> 2, 0) for i = 0..7; the entities must not cross a multiple of 2^32.
SPIKEMASS_H void noise_words(const RandomKey& key, std::uint64_t first_entity, std::uint64_t step, std::uint32_t* out) {
    const PhiloxLanes p(key, first_entity, step >> 2, 0, 0, 0, 1);
    const __m256i even = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
    const auto low = [&](int w) {   // low halves of the eight lanes, in order
        return _mm256_blend_epi32(_mm256_permutevar8x32_epi32(p.word[w][0], even), _mm256_permutevar8x32_epi32(p.word[w][1], even), 0xf0);
    };
    const int w = static_cast<int>(step & 3);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out), w == 0 ? low(0) : w == 1 ? low(1) : w == 2 ? low(2) : low(3));
}

#else

inline void draw_all(const RandomKey& key, std::uint64_t entity, std::uint64_t step, std::uint32_t first_block, std::uint64_t* out) {
    for (std::uint32_t j = 0; j < 2 * batch_blocks; ++j) out[j] = key.draw64(entity, step, 2 * first_block + j);
}
SPIKEMASS_H void noise_words(const RandomKey& key, std::uint64_t first_entity, std::uint64_t step, std::uint32_t* out) {
    for (std::uint64_t i = 0; i < batch_blocks; ++i) out[i] = key.block(first_entity + i, step >> 2, 0).word[step & 3];
}
inline void draw_below(const RandomKey& key, std::uint64_t entity, std::uint64_t step, std::uint32_t first_block, std::uint64_t n, std::uint32_t* out) {
    for (std::uint32_t j = 0; j < 2 * batch_blocks; ++j) out[j] = static_cast<std::uint32_t>(mulhi64(key.draw64(entity, step, 2 * first_block + j), n));
}
inline void draw_steps(const RandomKey& key, std::uint64_t entity, std::uint64_t first_step, std::uint64_t* out) {
    for (std::uint64_t i = 0; i < batch_blocks; ++i) out[i] = key.draw64(entity, first_step + i, 0);
}

#endif

/// out[i] = word i & 3 of block first_block + i / 4, for i = 0..31.
inline void draw_words(const RandomKey& key, std::uint64_t entity, std::uint64_t step, std::uint32_t first_block, std::uint32_t* out) {
    std::uint64_t u[2 * batch_blocks];
    draw_all(key, entity, step, first_block, u);
    for (int j = 0; j < 2 * batch_blocks; ++j) {
        out[2 * j] = static_cast<std::uint32_t>(u[j]);
        out[2 * j + 1] = static_cast<std::uint32_t>(u[j] >> 32);
    }
}

}  // namespace spikemass::kernels
