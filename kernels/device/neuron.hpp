#pragma once
// What every strategy does with one neuron in one step, and with the spikes of a warp.

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "models/base/random.hpp"

namespace spikemass::device {

using arch::Global;

/// Columns that collect observables over a bin; [neuron], or empty where not recorded.
struct Recorder {
    Global<float> v_integral, z_re, z_im;
};

/// Steps neuron `at` of `columns`, which is neuron i of its population; true if it spiked.
template <class M, bool with_v, bool with_z>
SPIKEMASS_DEVICE bool step_neuron(const typename M::Step& step, float* const* columns, std::int64_t at, float input, std::uint64_t i, const Recorder& recorder) {
    typename M::State s = M::load(columns, at);
    float margin;
    if constexpr (with_v) {
        float v = recorder.v_integral.read(i);
        margin = M::advance_observed(step, s, input, v);
        recorder.v_integral.write(i, v);
    } else {
        margin = M::advance(step, s, input);
    }
    M::store(columns, at, s);
    if constexpr (with_z) {
        float re, im;
        M::phasor(s, re, im);
        recorder.z_re.write(i, recorder.z_re.read(i) + re);
        recorder.z_im.write(i, recorder.z_im.read(i) + im);
    }
    return margin < 0.0f;
}

/// Halves of an order-free digest (docs/numerics.md, "Digest").
struct DigestHalves {
    std::uint32_t low = 0, high = 0;
};

/// Appends the ids of those lanes that spiked.  Collective: all lanes call it.  reserve(n): place of n entries in the list, called by lane 0.
template <class Reserve>
SPIKEMASS_DEVICE void append_spikes(bool spiked, std::uint32_t id, std::uint64_t key, std::int64_t now, Global<std::uint32_t> ids, DigestHalves& digest, Reserve reserve) {
    const std::uint32_t mask = arch::ballot(spiked);
    if (mask == 0) return;
    std::uint32_t at = 0;
    if (arch::lane() == 0) at = reserve(arch::popcount(mask));
    at = arch::shuffle(at, 0);
    if (!spiked) return;
    ids.write(at + arch::popcount(mask & ((1u << arch::lane()) - 1u)), id);
    const std::uint64_t h = mix64(mix64(key + id) + static_cast<std::uint64_t>(now));
    digest.low += static_cast<std::uint32_t>(h);
    digest.high += static_cast<std::uint32_t>(h >> 32);
}

/// Sum over the warp, in every lane.
SPIKEMASS_DEVICE std::uint32_t warp_sum(std::uint32_t x) {
    for (unsigned d = 16; d != 0; d /= 2) x += arch::shuffle_xor(x, d);
    return x;
}
SPIKEMASS_DEVICE std::uint64_t warp_sum64(std::uint64_t x) {
    for (unsigned d = 16; d != 0; d /= 2) {
        const std::uint32_t low = arch::shuffle_xor(static_cast<std::uint32_t>(x), d), high = arch::shuffle_xor(static_cast<std::uint32_t>(x >> 32), d);
        x += static_cast<std::uint64_t>(high) << 32 | low;
    }
    return x;
}

/// Adds what the threads of a warp have collected.
SPIKEMASS_DEVICE void add_digest(const DigestHalves& mine, Global<std::uint32_t> digest) {
    const std::uint32_t low = warp_sum(mine.low), high = warp_sum(mine.high);
    if (arch::lane() == 0 && (low | high) != 0) {
        digest.red_add(0, low);
        digest.red_add(1, high);
    }
}

}  // namespace spikemass::device
