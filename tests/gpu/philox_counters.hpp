#pragma once
// The counters of the Philox tests: neighbours in the first word, everything else mixed; also all zeros and all ones.

#include "models/base/random.hpp"

namespace spikemass::testing {

inline constexpr std::uint64_t philox_counters = std::uint64_t{1} << 24;

struct PhiloxCounter { std::uint32_t word[4], key[2]; };

SPIKEMASS_HD PhiloxCounter philox_counter(std::uint64_t i) {
    const std::uint64_t high = mix64(i >> 8), key = mix64(~(i >> 12));
    PhiloxCounter c{{static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(high), static_cast<std::uint32_t>(high >> 32), static_cast<std::uint32_t>(mix64(high))},
                    {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
    if (i < 2) {
        const std::uint32_t word = i ? 0xffffffffu : 0u;
        c = {{word, word, word, word}, {word, word}};
    }
    return c;
}

}  // namespace spikemass::testing
