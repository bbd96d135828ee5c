#pragma once
// Strategy R: lists of spikes in global memory, rows scattered by global atomics.  The reference on the device, kept for ever:
// every other strategy must give its bits.  One step is, in this order (host/gpu/reference_engine.hpp):
//   Scatter, ScatterDelayed, AllButOwn, Annealed
//                                 spikes that are due now become counts of their targets
//   AddNoise                       noise that differs between neurons, on top of eta
//   BeginStep                      inputs that are one number per population; empties the list of the step
//   Update                         input, model step, spike list, digest
//   EndStep                        population counts into the record
// and after a bin's last step DrainBin for everything that is averaged over it.

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "kernels/device/input.hpp"
#include "models/base/random.hpp"
#include "models/noise.hpp"

namespace spikemass::device {

/// Spikes of one population in one step: ids in any order.
struct SpikeList {
    Global<std::uint32_t> ids;      ///< [size of the population]
    Global<std::uint32_t> size;     ///< [1]
};

SPIKEMASS_DEVICE std::uint64_t global_thread() { return static_cast<std::uint64_t>(arch::block_index()) * arch::block_size() + arch::thread_index(); }
SPIKEMASS_DEVICE std::uint64_t all_threads() { return static_cast<std::uint64_t>(arch::grid_size()) * arch::block_size(); }

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

/// Adds to the 64-bit sum in words [at, at + 2), low first.  Whoever makes the low word wrap carries, so the sum is right when everybody is through, in any order.
SPIKEMASS_DEVICE void add64(Global<std::uint32_t> sums, std::uint64_t at, std::uint64_t x) {
    const auto low = static_cast<std::uint32_t>(x);
    const std::uint32_t before = sums.atomic_add(at, low);
    sums.red_add(at + 1, static_cast<std::uint32_t>(x >> 32) + (before + low < low ? 1u : 0u));
}

/// What a model with several ports reads beside its current.
template <int ports>
struct PortInput {
    Global<const Term> terms[ports - 1];    ///< impulses at ports 1, 2
    Global<const float> noise[ports - 1];   ///< [neuron] or empty

    SPIKEMASS_DEVICE float read(int port, std::uint64_t i, std::int64_t now, Global<const float> scalars) const {
        float input = noise[port].size() != 0 ? noise[port].read(i) : 0.0f;
        for (std::uint64_t t = 0; t < terms[port].size(); ++t) input = terms[port].data()[t].add(input, i, now, scalars);
        return input;
    }
};
template <>
struct PortInput<1> {};

/// One step of one population.
template <class M, bool with_v, bool with_z>
struct Update {
    static constexpr const char* name = "update";
    static constexpr unsigned max_threads = 256;

    std::uint64_t neurons = 0, key = 0;
    std::int64_t now = 0;
    float stimulus = 0.0f;
    typename M::Step step{};
    static constexpr int columns_kept = M::columns < 2 ? 2 : M::columns;
    Global<float> column[columns_kept]; ///< columns of the model
    Global<const float> eta, scalars;   ///< eta: constant drive, and noise where there is any
    Global<const Term> terms;
    Global<float> v_integral, z_re, z_im;
    SpikeList spikes;
    Global<std::uint32_t> digest;       ///< [2] low and high half
    [[no_unique_address]] PortInput<M::ports> ports{};

    SPIKEMASS_DEVICE void operator()() const {
        std::uint32_t low = 0, high = 0;
        const std::uint64_t rounded = (neurons + arch::warp_size - 1) / arch::warp_size * arch::warp_size;   // whole warps: ballots are collective
        for (std::uint64_t i = global_thread(); i < rounded; i += all_threads()) {
            const bool spiked = i < neurons && advance(i);
            const std::uint32_t mask = arch::ballot(spiked);
            if (mask == 0) continue;
            std::uint32_t at = 0;
            if (arch::lane() == 0) at = spikes.size.atomic_add(0, arch::popcount(mask));
            at = arch::shuffle(at, 0);
            if (!spiked) continue;
            spikes.ids.write(at + arch::popcount(mask & ((1u << arch::lane()) - 1u)), static_cast<std::uint32_t>(i));
            const std::uint64_t h = mix64(mix64(key + i) + static_cast<std::uint64_t>(now));
            low += static_cast<std::uint32_t>(h);
            high += static_cast<std::uint32_t>(h >> 32);
        }
        low = warp_sum(low);
        high = warp_sum(high);
        if (arch::lane() == 0 && (low | high) != 0) {
            digest.red_add(0, low);
            digest.red_add(1, high);
        }
    }

    /// True if neuron i spiked.
    SPIKEMASS_DEVICE bool advance(std::uint64_t i) const {
        float input = eta.read(i) + stimulus;
        for (std::uint64_t t = 0; t < terms.size(); ++t) input = terms.data()[t].add(input, i, now, scalars);
        float* columns[columns_kept];
        for (int c = 0; c < columns_kept; ++c) columns[c] = column[c].data();
        const auto at = static_cast<std::int64_t>(i);
        typename M::State s = M::load(columns, at);
        float margin;
        if constexpr (M::ports > 1) {
            const float ex = ports.read(0, i, now, scalars), in = ports.read(1, i, now, scalars);
            margin = step_of(s, i, input, ex, in);
        } else {
            margin = step_of(s, i, input);
        }
        M::store(columns, at, s);
        if constexpr (with_z && M::has_phase) {
            float re, im;
            M::phasor(s, re, im);
            z_re.write(i, z_re.read(i) + re);
            z_im.write(i, z_im.read(i) + im);
        }
        return margin < 0.0f;
    }

private:
    template <class... Input>
    SPIKEMASS_DEVICE float step_of(typename M::State& s, std::uint64_t i, Input... input) const {
        if constexpr (with_v) {
            float v = v_integral.read(i);
            const float margin = M::advance_observed(step, s, input..., v);
            v_integral.write(i, v);
            return margin;
        } else {
            return M::advance(step, s, input...);
        }
    }
};

/// to = from + the noise of one stimulus: the operations of the CPU (host/cpu/isa_loops.cpp, add_noise).
struct AddNoise {
    static constexpr const char* name = "add_noise";
    static constexpr unsigned max_threads = 256;

    models::Noise noise;
    std::int64_t now = 0;                   ///< of this launch
    Global<const float> from;               ///< [neuron], or empty: 0
    Global<float> to;                       ///< [neuron]; may be the same
    Global<float> state;                    ///< [neuron] of an Ornstein-Uhlenbeck process

    SPIKEMASS_DEVICE void operator()() const {
        for (std::uint64_t i = global_thread(); i < to.size(); i += all_threads()) write(i, now);
    }
    SPIKEMASS_DEVICE void write(std::uint64_t i, std::int64_t now) const {
        using Kind = models::Noise::Kind;
        const bool acts = noise.acts(now);
        float number = 0.0f;
        if (noise.kind == Kind::ornstein_uhlenbeck) {
            number = state.read(i);
            state.write(i, math::fma(noise.keep, number, noise.kick * models::standard_normal(noise.word(i, static_cast<std::uint64_t>(now)))));
        } else if (acts) {
            const std::uint32_t word = noise.word(i, static_cast<std::uint64_t>(now));
            number = noise.kind == Kind::gaussian ? models::standard_normal(word) : noise.kind == Kind::cauchy ? models::standard_cauchy(word) : noise.events(word);
        }
        to.write(i, math::fma(acts ? noise.scale : 0.0f, number, from.size() != 0 ? from.read(i) : 0.0f));
    }
};

/// Rows of spiking sources into the counts of their targets: a warp per row.  Target: u16 where there are at most 65,536 of them, which halves the traffic, else u32.
template <class Target>
struct Scatter {
    static constexpr const char* name = "scatter";
    static constexpr unsigned max_threads = 256;

    SpikeList spikes;
    Global<const std::uint64_t> start;      ///< [source + 1]
    Global<const Target> target;            ///< [synapse]
    Global<const std::int16_t> weight;      ///< [synapse], or empty: every synapse counts 1
    Global<std::uint32_t> counts;           ///< [target]

    SPIKEMASS_DEVICE void operator()() const {
        const std::uint64_t warps = all_threads() / arch::warp_size;
        const std::uint32_t n = spikes.size.read(0);
        for (std::uint64_t s = global_thread() / arch::warp_size; s < n; s += warps) {
            const std::uint32_t source = spikes.ids.read(s);
            const std::uint64_t end = start.read(source + 1ull);
            for (std::uint64_t e = start.read(source) + arch::lane(); e < end; e += arch::warp_size)
                counts.red_add(target.read(e), weight.size() != 0 ? static_cast<std::uint32_t>(static_cast<std::int32_t>(weight.read(e))) : 1u);
        }
    }
};

/// The same where every synapse has its own delay: counts of all steps to come in a ring of slots.
template <class Target>
struct ScatterDelayed {
    static constexpr const char* name = "scatter_delayed";
    static constexpr unsigned max_threads = 256;

    SpikeList spikes;
    Global<const std::uint64_t> start;      ///< [source + 1]
    Global<const Target> target;            ///< [synapse]
    Global<const std::int16_t> weight;      ///< [synapse], or empty
    Global<const std::uint16_t> delay;      ///< [synapse] steps, 1 to slots
    Global<std::uint32_t> ring;             ///< [slot][target]
    std::uint64_t targets = 0;
    std::uint32_t slots = 1, slot = 0;      ///< slot: of the step in which the spikes were fired
    std::uint32_t least = 1;                ///< shorter delays have been delivered

    SPIKEMASS_DEVICE void operator()() const {
        const std::uint64_t warps = all_threads() / arch::warp_size;
        const std::uint32_t n = spikes.size.read(0);
        for (std::uint64_t s = global_thread() / arch::warp_size; s < n; s += warps) {
            const std::uint32_t source = spikes.ids.read(s);
            const std::uint64_t end = start.read(source + 1ull);
            for (std::uint64_t e = start.read(source) + arch::lane(); e < end; e += arch::warp_size) {
                const std::uint32_t d = delay.read(e), due = slot + d;
                if (d >= least) ring.red_add((due < slots ? due : due - slots) * targets + target.read(e), weight.size() != 0 ? static_cast<std::uint32_t>(static_cast<std::int32_t>(weight.read(e))) : 1u);
            }
        }
    }
};

/// All-to-all without oneself: all spikes for everybody, then one less for those who fired.
struct AllButOwn {
    static constexpr const char* name = "all_but_own";
    static constexpr unsigned max_threads = 256;

    SpikeList spikes;
    Global<std::uint32_t> counts;           ///< [target], zero before
    std::int32_t own = 0;                   ///< 0: adds all, 1: takes off one's own

    SPIKEMASS_DEVICE void operator()() const {
        const std::uint32_t n = spikes.size.read(0);
        if (n == 0) return;
        if (own == 0)
            for (std::uint64_t i = global_thread(); i < counts.size(); i += all_threads()) counts.red_add(i, n);
        else
            for (std::uint64_t s = global_thread(); s < n; s += all_threads()) counts.red_add(spikes.ids.read(s), ~0u);
    }
};

/// Targets drawn anew at every spike, with replacement.
struct Annealed {
    static constexpr const char* name = "annealed";
    static constexpr unsigned max_threads = 256;

    SpikeList spikes;
    RandomKey key;
    std::uint64_t fired = 0;                ///< step of the spikes
    std::uint32_t per_spike = 0;
    Global<std::uint32_t> counts;           ///< [target]

    SPIKEMASS_DEVICE void operator()() const {
        const std::uint64_t pairs = (per_spike + 1) / 2, work = spikes.size.read(0) * pairs;   // a block of the generator makes two targets
        for (std::uint64_t w = global_thread(); w < work; w += all_threads()) {
            const auto j = static_cast<std::uint32_t>(w % pairs);
            const auto b = key.block(spikes.ids.read(w / pairs), fired, j);
            counts.red_add(mulhi64(static_cast<std::uint64_t>(b.word[1]) << 32 | b.word[0], counts.size()), 1u);
            if (2 * j + 1 < per_spike) counts.red_add(mulhi64(static_cast<std::uint64_t>(b.word[3]) << 32 | b.word[2], counts.size()), 1u);
        }
    }
};

/// One block: scalar terms, then the step's own lists are emptied (they held the spikes of `ring` steps ago, which are delivered by now).
struct BeginStep {
    static constexpr const char* name = "begin_step";
    static constexpr unsigned max_threads = 256;

    std::int64_t now = 0, ring = 1;
    std::uint64_t populations = 0;
    Global<const ScalarTerm> terms;
    Global<std::uint32_t> list_sizes;       ///< [slot][population]
    Global<float> traces, scalars;          ///< [scalar term][2 stages], [scalar term]

    SPIKEMASS_DEVICE void operator()() const {
        for (std::uint64_t t = arch::thread_index(); t < terms.size(); t += arch::block_size()) {
            const ScalarTerm& term = terms.data()[t];
            const std::int64_t fired = now - term.delay;
            const float arrivals = fired >= 0 ? static_cast<float>(list_sizes.read(static_cast<std::uint64_t>(fired % ring) * populations + term.source)) : term.prehistory;
            scalars.write(t, term.current(t, arrivals, traces));
        }
        arch::sync_block();
        for (std::uint64_t p = arch::thread_index(); p < populations; p += arch::block_size()) list_sizes.write(static_cast<std::uint64_t>(now % ring) * populations + p, 0);
    }
};

/// One block: spikes of the step into the record.
struct EndStep {
    static constexpr const char* name = "end_step";
    static constexpr unsigned max_threads = 256;

    std::uint64_t populations = 0, row = 0, slot = 0;
    Global<const std::uint32_t> list_sizes; ///< [slot][population]
    Global<std::uint32_t> record;           ///< [step of the chunk][population]

    SPIKEMASS_DEVICE void operator()() const {
        for (std::uint64_t p = arch::thread_index(); p < populations; p += arch::block_size()) record.write(row * populations + p, list_sizes.read(slot * populations + p));
    }
};

/// Adds trunc(x factor 2^30) over a column to a sum, and zeroes the column.  Integers: any order, the same sum.
struct DrainBin {
    static constexpr const char* name = "drain_bin";
    static constexpr unsigned max_threads = 256;

    float factor = 1.0f;
    Global<float> x;                        ///< [neuron]
    Global<std::uint32_t> sum;              ///< [2] low and high half

    SPIKEMASS_DEVICE void operator()() const {
        std::uint64_t own = 0;
        for (std::uint64_t i = global_thread(); i < x.size(); i += all_threads()) {
            own += static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<double>(x.read(i) * factor) * 0x1p30));
            x.write(i, 0.0f);
        }
        own = warp_sum64(own);
        if (arch::lane() == 0) add64(sum, 0, own);
    }
};

}  // namespace spikemass::device

namespace spikemass::arch {
template <class M, bool v, bool z>
    requires(M::ports > 1)
inline constexpr unsigned resident_blocks<device::Update<M, v, z>> = 4;
}  // namespace spikemass::arch
