#pragma once
// Randomness is a function: any draw can be asked for by any thread in any order (docs/numerics.md, rule 3).

#include <cstdint>
#include <string_view>

#include "models/base/host_device.hpp"
#if defined(__CUDACC__)   // before Random123, which defines the constants of Philox only where nobody has
#define mulhilo32 curand_mulhilo32   // Random123 has a function of that name and type
#include <curand_philox4x32_x.h>
#undef mulhilo32
#endif
#include <Random123/philox.h>

namespace spikemass {

/// Purpose of a draw: an append-only list, 12 bits.  Renumbering changes every network.
enum class Stream : std::uint32_t {
    eta = 1,              ///< random draws of eta; entity = neuron
    shuffle = 2,          ///< Fisher-Yates of the quantiles; entity = position
    initial_phase = 3,    ///< entity = neuron
    binomial = 4,         ///< number of targets in a cell; entity = source, step = cell
    picks = 5,            ///< distinct picks in a row or cell; entity = row, step = cell
    degree = 6,           ///< in-degree draws; entity = target
    annealed = 7,         ///< targets of one spike; entity = source, step = time step
    weight = 8,           ///< weight of a synapse; entity = source, step = target, draw = how many synapses of that pair come before it + 2^20 times the number of draws that were not kept
    rewire = 9,           ///< which ring sources are replaced; entity = target, word = ring source
    in_weight = 10,       ///< in-weight of a neuron; entity = target
    synapse = 11,         ///< both ends of synapse e; entity = e >> 16, draws 2(e & 0xffff), 2(e & 0xffff) + 1
    noise = 12,           ///< noise of a stimulus; entity = neuron, step = time step >> 2, word = time step & 3
    noise_start = 13,     ///< initial value of a noise process; entity = neuron
    delay = 16,           ///< delay of a synapse; entity = source, step = target, draw = how many synapses of that pair come before it
};

/// Seed purposes: seed_x(trial) = mix64(mix64(seed + purpose) + trial).
enum class SeedPurpose : std::uint64_t { graph = 1, init = 2, noise = 3 };

/// splitmix64's finaliser (Steele, Lea, Flood 2014).
SPIKEMASS_HD constexpr std::uint64_t mix64(std::uint64_t z) {
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/// FNV-1a-64 of a name: populations and projections are identified by it, never by their order in the file.
constexpr std::uint64_t name_key(std::string_view name) {
    std::uint64_t h = 0xcbf29ce484222325ull;
    for (char c : name) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
    return h;
}

constexpr std::uint64_t trial_seed(std::uint64_t seed, SeedPurpose purpose, std::uint64_t trial) {
    return mix64(mix64(seed + static_cast<std::uint64_t>(purpose)) + trial);
}

/// High half of the 64 x 64-bit product: maps a uniform u64 to [0, n).
SPIKEMASS_HD std::uint64_t mulhi64(std::uint64_t a, std::uint64_t b) {
#if defined(__CUDA_ARCH__)
    return __umul64hi(a, b);
#else
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(a) * b) >> 64);
#endif
}

/// The draws of one purpose for one population or projection: key = mix64(purpose seed + its name key).
struct RandomKey {
    std::uint64_t key = 0;
    Stream stream = Stream::eta;

    struct Block { std::uint32_t word[4]; };

    /// The four words of one Philox4x32-10 block: c0 = entity low, c1 = step or cell low, c2 = block, c3 = stream | entity high | step high.
    SPIKEMASS_HD Block block(std::uint64_t entity, std::uint64_t step, std::uint32_t index) const {
        const std::uint32_t c3 = (static_cast<std::uint32_t>(stream) << 20) | (static_cast<std::uint32_t>(entity >> 32) & 0xffu) << 12 |
                                 (static_cast<std::uint32_t>(step >> 32) & 0xfffu);
#if defined(__CUDA_ARCH__)   // the same words: tests/gpu/philox_test.cu
        const uint4 out = curand_Philox4x32_10(make_uint4(static_cast<std::uint32_t>(entity), static_cast<std::uint32_t>(step), index, c3),
                                               make_uint2(static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)));
        return {{out.x, out.y, out.z, out.w}};
#else
        const r123::Philox4x32::ctr_type counter{{static_cast<std::uint32_t>(entity), static_cast<std::uint32_t>(step), index, c3}};
        const r123::Philox4x32::key_type k{{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
        const auto out = r123::Philox4x32{}(counter, k);
        return {{out[0], out[1], out[2], out[3]}};
#endif
    }
    /// 64-bit draw j: words 2(j & 1) (low) and 2(j & 1) + 1 (high) of block j >> 1.
    SPIKEMASS_HD std::uint64_t draw64(std::uint64_t entity, std::uint64_t step, std::uint32_t j) const {
        const Block b = block(entity, step, j >> 1);
        const std::uint32_t w = 2 * (j & 1);
        return static_cast<std::uint64_t>(b.word[w + 1]) << 32 | b.word[w];
    }
    /// Uniform in (0, 1), never 0 or 1: (52 high bits + 1/2) / 2^52.
    SPIKEMASS_HD double uniform(std::uint64_t entity, std::uint64_t step, std::uint32_t j) const {
        return (static_cast<double>(draw64(entity, step, j) >> 12) + 0.5) * 0x1p-52;
    }
};

constexpr RandomKey random_key(std::uint64_t purpose_seed, std::uint64_t object_key, Stream stream) {
    return {mix64(purpose_seed + object_key), stream};
}

}  // namespace spikemass
