// The hot loops, compiled once per instruction set with SPIKEMASS_ISA_TABLE = isa_v3 or isa_v4.

#include <immintrin.h>

#include "host/cpu/isa.hpp"
#include "models/base/math.hpp"
#include "kernels/draw_batch.hpp"
#include "models/base/random.hpp"
#include "models/noise.hpp"
#include "models/registry.hpp"
#include "models/synapses/exponential.hpp"
#include "kernels/synapse_hash.hpp"

#if defined(SPIKEMASS_ISA_v4) && !defined(__AVX512BW__)
#error "isa_v4 must be compiled for x86-64-v4: an -march option of another target came last."
#endif

namespace spikemass::cpu {
namespace {

using models::Exponential;

// ---- update: input, model step, spike mask, digest -------------------------------------------------------------------

constexpr std::int64_t block = 1024;   // neurons whose input lives in L1

/// Bit i set where margin[i] < 0, for 64 neurons.
SPIKEMASS_HD std::uint64_t spike_mask(const float* margin) {
    std::uint64_t m = 0;
#if defined(__AVX512F__)
    for (int k = 0; k < 4; ++k)
        m |= static_cast<std::uint64_t>(_mm512_cmp_ps_mask(_mm512_load_ps(margin + 16 * k), _mm512_setzero_ps(), _CMP_LT_OQ)) << (16 * k);
#else
    for (int k = 0; k < 8; ++k)
        m |= static_cast<std::uint64_t>(static_cast<unsigned>(_mm256_movemask_ps(_mm256_cmp_ps(_mm256_load_ps(margin + 8 * k), _mm256_setzero_ps(), _CMP_LT_OQ)))) << (8 * k);
#endif
    return m;
}

/// Appends base + i for every set bit i, ascending; returns their number.  Writes whole groups: up to `group` entries too many.
/// Spikes are random, and a mispredicted branch costs more than a group: there is none unless a word has more than `group`,
/// a divisor of 64, so that a full word's ids fill its own 64 entries and no more.
template <std::size_t group>
SPIKEMASS_HD std::size_t append_ids(std::uint64_t mask, std::uint32_t base, std::uint32_t* ids) {
    const auto n = static_cast<std::size_t>(_mm_popcnt_u64(mask));
    std::size_t i = 0;
    do {
        for (std::size_t k = 0; k < group; ++k, mask = _blsr_u64(mask)) {
            std::uint32_t id = base + static_cast<std::uint32_t>(_tzcnt_u64(mask));
            if constexpr (group > 4) __asm__("" : "+r"(id));   // stays in the integer units: compilers would gather a vector, and the vector units are busy
            ids[i + k] = id;
        }
        i += group;
    } while (i < n);
    return n;
}

/// Order-free digest of spikes of one step (docs/numerics.md, "Digest").
SPIKEMASS_HD void add_digest(const std::uint32_t* ids, std::size_t n, std::uint64_t population_key, std::uint64_t step, UpdateResult& result) {
    std::uint64_t sum = 0, high = 0;   // the low half of a sum is the sum of the low halves, mod 2^32
#pragma omp simd reduction(+ : sum, high)
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint64_t h = mix64(mix64(population_key + ids[i]) + step);
        sum += h;
        high += h >> 32;
    }
    result.digest_low += static_cast<std::uint32_t>(sum);
    result.digest_high += static_cast<std::uint32_t>(high);
}

/// What the input of a neuron is before the terms: eta + stimulus, or what earlier terms have left in the block's buffer.
struct FromEta {
    const float* __restrict eta;
    float stimulus;
    SPIKEMASS_HD float operator()(std::int64_t i) const { return eta[i] + stimulus; }
    SPIKEMASS_HD FromEta from(std::int64_t i) const { return {eta + i, stimulus}; }
};
/// The same and one number more: the usual all-to-all network.
struct FromScalar {
    const float* __restrict eta;
    float stimulus, scalar;
    SPIKEMASS_HD float operator()(std::int64_t i) const { return eta[i] + stimulus + scalar; }
    SPIKEMASS_HD FromScalar from(std::int64_t i) const { return {eta + i, stimulus, scalar}; }
};
struct FromBuffer {
    const float* buffer;
    SPIKEMASS_HD float operator()(std::int64_t i) const { return buffer[i]; }
    SPIKEMASS_HD FromBuffer from(std::int64_t i) const { return {buffer + i}; }
};

template <class Count, bool per_target, int stages, class Base>
SPIKEMASS_HD void add_counts(const InputTerm& t, std::int64_t first, std::int64_t n, Base base, float* input) {
    Count* __restrict counts = static_cast<Count*>(t.counts) + first;
    const float* __restrict gain_of = per_target ? t.gain_of + first : nullptr;
    float* __restrict x = stages > 0 ? t.trace[0] + first : nullptr;
    float* __restrict s = stages > 1 ? t.trace[1] + first : nullptr;
    const models::Cascade k = t.synapse;
    const float gain = t.gain, prehistory = t.prehistory;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        const float arrivals = static_cast<float>(counts[i]) + prehistory;
        counts[i] = 0;
        const float drive = stages == 0 ? arrivals : stages == 1 ? Exponential::advance(k.first, x[i], arrivals) : models::Cascade::advance(k, x[i], s[i], arrivals);
        input[i] = math::fma(per_target ? gain_of[i] : gain, drive, base(i));
    }
}

template <class Count, class Base>
SPIKEMASS_HD void add_counts(const InputTerm& t, std::int64_t first, std::int64_t n, Base base, float* input) {
    const auto add = [&]<int stages>() {
        t.gain_of ? add_counts<Count, true, stages>(t, first, n, base, input) : add_counts<Count, false, stages>(t, first, n, base, input);
    };
    switch (t.stages) {
        case 0: add.template operator()<0>(); break;
        case 1: add.template operator()<1>(); break;
        default: add.template operator()<2>(); break;
    }
}

template <class Base>
SPIKEMASS_HD void add_term(const InputTerm& t, std::int64_t first, std::int64_t n, Base base, float* input) {
    switch (t.kind) {
        case InputTerm::Kind::scalar:
            if (t.gain_of) {
                const float* __restrict gain_of = t.gain_of + first;
                const float drive = t.scalar;
#pragma omp simd
                for (std::int64_t i = 0; i < n; ++i) input[i] = math::fma(gain_of[i], drive, base(i));
                break;
            }
#pragma omp simd
            for (std::int64_t i = 0; i < n; ++i) input[i] = base(i) + t.scalar;
            break;
        case InputTerm::Kind::count16: add_counts<std::uint16_t>(t, first, n, base, input); break;
        case InputTerm::Kind::count32: add_counts<std::uint32_t>(t, first, n, base, input); break;
        case InputTerm::Kind::signed32: add_counts<std::int32_t>(t, first, n, base, input); break;
    }
}

/// The first of several terms starts from `base`.
template <class Base>
SPIKEMASS_HD void add_terms(const InputTerm* terms, int n_terms, std::int64_t first, std::int64_t n, Base base, float* input) {
    add_term(terms[0], first, n, base, input);
    for (int t = 1; t < n_terms; ++t) add_term(terms[t], first, n, FromBuffer{input}, input);
}

/// to = from + the noise of the neurons [first, first + n), n <= block; from and to may be the same.  An Ornstein-Uhlenbeck process goes on while it does not act.
SPIKEMASS_HD void add_noise(const models::Noise& noise, float* __restrict state, std::uint64_t step, std::int64_t first, std::int64_t n, const float* from, float* to) {
    using Kind = models::Noise::Kind;
    const bool acts = noise.acts(static_cast<std::int64_t>(step));
    alignas(64) std::uint32_t words[block];
    if (acts || state)
        for (std::int64_t i = 0; i < n; i += kernels::batch_blocks) kernels::noise_words(noise.key, static_cast<std::uint64_t>(first + i), step, words + i);
    const float scale = acts ? noise.scale : 0.0f;
    const auto add = [&](auto&& number) {
#pragma omp simd
        for (std::int64_t i = 0; i < n; ++i) to[i] = math::fma(scale, number(i), from[i]);
    };
    if (noise.kind == Kind::ornstein_uhlenbeck) {
        const float keep = noise.keep, kick = noise.kick;
        float* __restrict x = state + first;
        add([&](std::int64_t i) {
            const float now = x[i];
            x[i] = math::fma(keep, now, kick * models::standard_normal(words[i]));
            return now;
        });
    } else if (!acts) {
        add([](std::int64_t) { return 0.0f; });
    } else if (noise.kind == Kind::gaussian) {
        add([&](std::int64_t i) { return models::standard_normal(words[i]); });
    } else if (noise.kind == Kind::cauchy) {
        add([&](std::int64_t i) { return models::standard_cauchy(words[i]); });
    } else {
        alignas(64) std::int32_t events[block];
        for (std::int64_t i = 0; i < n; ++i) events[i] = 0;
        for (std::int32_t k = 0; k < noise.thresholds; ++k)
            for (std::int64_t i = 0; i < n; ++i) events[i] += words[i] >= noise.threshold[k] ? 1 : 0;
        add([&](std::int64_t i) { return static_cast<float>(events[i]); });
    }
}

/// The noise of one port of the input, beginning at `from`; whatever there is of it lies in `to` then, and true is returned.
SPIKEMASS_HD bool add_noise(const UpdateArgs& a, int port, std::int64_t first, std::int64_t n, const float* from, float* to) {
    bool any = false;
    for (int k = 0; k < a.n_noise; ++k)
        if (a.noise[k].port == port) {
            add_noise(a.noise[k], a.noise_state[k], a.step_number, first, n, any ? to : from, to);
            any = true;
        }
    return any;
}

/// Arrivals at a port of impulses.
SPIKEMASS_HD void fill_port(const UpdateArgs& a, int port, const InputTerm* terms, int n_terms, std::int64_t first, std::int64_t n, float* to) {
    for (std::int64_t i = 0; i < n; ++i) to[i] = 0.0f;
    add_noise(a, port, first, n, to, to);
    if (n_terms > 0) add_terms(terms, n_terms, first, n, FromBuffer{to}, to);
}

/// Input of a model with three ports.
struct FromPorts {
    const float *buffer, *ex, *in;
    SPIKEMASS_HD FromPorts from(std::int64_t i) const { return {buffer + i, ex + i, in + i}; }
};

/// One step of one neuron; returns its margin to the spike.  A function of its own: compilers keep a structure that is declared in
/// the body of a simd loop as an array over the lanes, in memory.
template <class M, bool with_v, bool with_z>
SPIKEMASS_HD float advance_neuron(const typename M::Step& step, float* const* column, std::int64_t i, float* __restrict v_integral, float* __restrict z_re,
                                  float* __restrict z_im, auto... input) {
    typename M::State s = M::load(column, i);
    float margin;
    if constexpr (with_v)
        margin = M::advance_observed(step, s, input..., v_integral[i]);
    else
        margin = M::advance(step, s, input...);
    M::store(column, i, s);
    if constexpr (with_z && M::has_phase) {
        float re, im;
        M::phasor(s, re, im);
        z_re[i] = z_re[i] + re;
        z_im[i] = z_im[i] + im;
    }
    return margin;
}

/// One step of n <= 64 neurons from `at` on; input is eta + stimulus, or the buffer.
template <class M, bool with_v, bool with_z, class Input>
SPIKEMASS_HD void advance_word(const typename M::Step& step, float* const* columns, std::int64_t at, std::int64_t n, Input input, float* __restrict margin,
                               const UpdateArgs& a) {
    float* column[M::columns];
    for (int c = 0; c < M::columns; ++c) column[c] = columns[c] + at;
    float* __restrict v_integral = with_v ? a.v_integral + at : nullptr;
    float* __restrict z_re = with_z ? a.z_re + at : nullptr;
    float* __restrict z_im = with_z ? a.z_im + at : nullptr;
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
        if constexpr (M::ports == 1)
            margin[i] = advance_neuron<M, with_v, with_z>(step, column, i, v_integral, z_re, z_im, input(i));
        else
            margin[i] = advance_neuron<M, with_v, with_z>(step, column, i, v_integral, z_re, z_im, input.buffer[i], input.ex[i], input.in[i]);
    }
}

/// Steps the neurons [first, first + n) word by word: the mask and the list of one word are made while the divisions of the
/// next ones are under way.  Returns the number of ids appended.
template <class M, bool with_v, bool with_z, std::size_t group, class Input>
SPIKEMASS_HD std::size_t advance_block(const typename M::Step& step, std::int64_t first, std::int64_t n, Input input, const UpdateArgs& a, std::uint32_t* ids) {
    alignas(64) float margin[64];
    std::size_t found = 0;
    std::int64_t i = 0;
    for (; i + 64 <= n; i += 64) {
        advance_word<M, with_v, with_z>(step, a.columns, first + i, 64, input.from(i), margin, a);
        const std::uint64_t m = spike_mask(margin);
        a.mask[(first + i) / 64] = m;
        found += append_ids<group>(m, static_cast<std::uint32_t>(first + i), ids + found);
    }
    if (i < n) {
        for (float& x : margin) x = 1.0f;
        advance_word<M, with_v, with_z>(step, a.columns, first + i, n - i, input.from(i), margin, a);
        const std::uint64_t m = spike_mask(margin);
        a.mask[(first + i) / 64] = m;
        found += append_ids<group>(m, static_cast<std::uint32_t>(first + i), ids + found);
    }
    return found;
}

template <class M, bool with_v, bool with_z>
UpdateResult update(const UpdateArgs& a) {
    alignas(64) float input[block], base_input[block];
    [[maybe_unused]] alignas(64) float ports[M::ports][M::ports > 1 ? block : 1];   // [0] is `input`
    std::uint32_t scratch[2 * block + 16];
    const typename M::Step step = *static_cast<const typename M::Step*>(a.step);
    UpdateResult result;
    const bool list = a.list != nullptr;
    std::uint32_t* ids = list ? a.list + a.begin : scratch;
    std::size_t pending = 0;   // spikes at ids that the digest does not have yet
    bool dense = false;        // the block before had more than 4 spikes per word

    for (std::int64_t first = a.begin; first < a.end; first += block) {
        const std::int64_t n = a.end - first < block ? a.end - first : block;
        const bool noisy = a.n_noise > 0 && add_noise(a, 0, first, n, a.eta + first, base_input);
        const FromEta eta{noisy ? base_input : a.eta + first, a.stimulus};
        const auto advance = [&](auto base) {
            return dense ? advance_block<M, with_v, with_z, 8>(step, first, n, base, a, ids + pending) : advance_block<M, with_v, with_z, 4>(step, first, n, base, a, ids + pending);
        };
        std::size_t found;
        if constexpr (M::ports > 1) {
            if (a.n_terms > 0) add_terms(a.terms, a.n_terms, first, n, eta, input);
            else
                for (std::int64_t i = 0; i < n; ++i) input[i] = eta(i);
            const InputTerm* terms = a.terms + a.n_terms;
            fill_port(a, 1, terms, a.port_terms[0], first, n, ports[1]);
            fill_port(a, 2, terms + a.port_terms[0], a.port_terms[1], first, n, ports[2]);
            found = advance(FromPorts{input, ports[1], ports[2]});
        } else if (a.n_terms == 0) {
            found = advance(eta);
        } else if (a.n_terms == 1 && a.terms[0].kind == InputTerm::Kind::scalar && !a.terms[0].gain_of) {
            found = advance(FromScalar{eta.eta, a.stimulus, a.terms[0].scalar});
        } else {
            add_terms(a.terms, a.n_terms, first, n, eta, input);
            found = advance(FromBuffer{input});
        }
        pending += found;
        dense = found > block / 16;
        if (pending >= block || first + block >= a.end) {   // many at once: the loop's ends cost as much as several spikes
            add_digest(ids, pending, a.population_key, a.step_number, result);
            result.spikes += pending;
            if (list) ids += pending;
            pending = 0;
        }
    }
    return result;
}

template <class M>
UpdateResult update_model(const UpdateArgs& a) {
    if (a.v_integral) return a.z_re ? update<M, true, true>(a) : update<M, true, false>(a);
    return a.z_re ? update<M, false, true>(a) : update<M, false, false>(a);
}

// ---- propagation: rows of spiking sources -> counts of their targets ---------------------------------------------------

constexpr std::size_t chunk = 1024;   // spikes whose rows are looked up together

/// Calls apply(block, row, weights, size) for every segment of the blocks [begin, end) of every spike: chunk by chunk of spikes, so
/// that the rows of a chunk stay in the cache from one block to the next.  Memory is asked for well ahead of use, in three passes over
/// a chunk: offsets are fetched, offsets are read, rows are fetched while earlier ones are applied.
template <class Index, class Apply>
SPIKEMASS_HD void for_each_row(const RowsView<Index>& view, const SpikeSegment* segment, std::size_t n_segments, std::size_t begin, std::size_t end, Apply&& apply) {
    constexpr std::size_t ahead_start = 32, ahead_row = 16;
    constexpr int lines = 12, sure_lines = sizeof(Index) == 2 ? 4 : 3;   // sure: fetched for every row, without a branch that depends on its length
    std::uint32_t ids[chunk];
    const Index* row[chunk];
    std::uint32_t size[chunk];
    std::size_t s = 0, inside = 0;
    while (s < n_segments) {
        std::size_t n = 0;
        while (s < n_segments && n < chunk) {
            const std::size_t left = segment[s].size - inside, room = chunk - n, take = left < room ? left : room;
            __builtin_memcpy(ids + n, segment[s].ids + inside, take * sizeof(std::uint32_t));
            n += take;
            inside += take;
            if (inside == segment[s].size) {
                ++s;
                inside = 0;
            }
        }
        const auto look_up = [&](const auto* starts) {
            for (std::size_t i = 0; i < n; ++i) {
                __builtin_prefetch(starts + view.blocks * ids[i + ahead_start < n ? i + ahead_start : i]);
                const auto* start = starts + view.blocks * ids[i];
                row[i] = view.index + start[0];
                size[i] = static_cast<std::uint32_t>(start[1] - start[0]);
            }
        };
        const auto fetch = [&](std::size_t i) {
            const char* p = reinterpret_cast<const char*>(row[i]);
            const char* last = reinterpret_cast<const char*>(row[i] + size[i]);
            for (int l = 0; l < sure_lines; ++l, p += 64) __builtin_prefetch(p);
            for (int l = sure_lines; l < lines && p < last; ++l, p += 64) __builtin_prefetch(p);
        };
        for (std::size_t b = begin; b < end; ++b) {
            view.start32 ? look_up(view.start32 + b) : look_up(view.start64 + b);
            for (std::size_t i = 0; i < n && i < ahead_row; ++i) fetch(i);
            for (std::size_t i = 0; i < n; ++i) {
                if (i + ahead_row < n) fetch(i + ahead_row);
                apply(b, row[i], view.weight ? view.weight + (row[i] - view.index) : nullptr, static_cast<std::size_t>(size[i]));
            }
        }
    }
}

template <class Index, class Sum, bool weighted>
SPIKEMASS_HD void add_row(const Index* row, const std::int16_t* weight, std::size_t n, Sum* sums) {
    const auto add = [&](std::size_t i) { sums[row[i]] = static_cast<Sum>(sums[row[i]] + (weighted ? weight[i] : 1)); };
    std::size_t i = n & 7;
    switch (i) {   // the odd ones first: one jump instead of a loop of unpredictable length
        case 7: add(6); [[fallthrough]];
        case 6: add(5); [[fallthrough]];
        case 5: add(4); [[fallthrough]];
        case 4: add(3); [[fallthrough]];
        case 3: add(2); [[fallthrough]];
        case 2: add(1); [[fallthrough]];
        case 1: add(0); [[fallthrough]];
        default: break;
    }
    for (; i < n; i += 8)
        for (std::size_t k = 0; k < 8; ++k) add(i + k);
}

template <class Sum, bool weighted>
void rows16(const RowsView<std::uint16_t>& view, const SpikeSegment* segment, std::size_t n, std::size_t begin, std::size_t end, Sum* sums) {
    for_each_row<std::uint16_t>(view, segment, n, begin, end, [&](std::size_t block, const std::uint16_t* row, const std::int16_t* w, std::size_t size) {
        add_row<std::uint16_t, Sum, weighted>(row, w, size, sums + block * view.width);
    });
}

/// First position of an ascending row whose target is >= limit.
SPIKEMASS_HD std::size_t first_at_least(const std::uint32_t* row, std::size_t size, std::uint32_t limit) {
    std::size_t at = 0;
    for (std::size_t left = size; left > 0;) {
        const std::size_t half = left / 2;
        const bool right = row[at + half] < limit;
        at = right ? at + half + 1 : at;
        left = right ? left - half - 1 : half;
    }
    return at;
}

template <class Sum, bool weighted>
void rows32(const RowsView<std::uint32_t>& view, const SpikeSegment* segment, std::size_t n, std::uint32_t begin, std::uint32_t end, Sum* sums) {
    for_each_row<std::uint32_t>(view, segment, n, 0, 1, [&](std::size_t, const std::uint32_t* row, const std::int16_t* w, std::size_t size) {
        const std::size_t from = begin == 0 ? 0 : first_at_least(row, size, begin), to = end == ~0u ? size : first_at_least(row, size, end);
        add_row<std::uint32_t, Sum, weighted>(row + from, weighted ? w + from : nullptr, to - from, sums);
    });
}

/// add_row into the slot of each synapse's delay, `first` targets in.
template <class Index, class Sum, bool weighted>
SPIKEMASS_HD void add_delayed_row(const Index* row, const std::uint16_t* delay, const std::int16_t* weight, std::size_t n, void* const* slot, std::size_t first) {
    const auto add = [&](std::size_t i) {
        Sum* sum = static_cast<Sum*>(slot[delay[i]]) + first + row[i];
        *sum = static_cast<Sum>(*sum + (weighted ? weight[i] : 1));
    };
    std::size_t i = 0;
    for (; i + 4 <= n; i += 4)
        for (std::size_t k = 0; k < 4; ++k) add(i + k);
    for (; i < n; ++i) add(i);
}

template <class Sum, bool weighted>
void delayed16(const RowsView<std::uint16_t>& view, const SpikeSegment* segment, std::size_t n, std::size_t begin, std::size_t end, void* const* slot) {
    for_each_row<std::uint16_t>(view, segment, n, begin, end, [&](std::size_t block, const std::uint16_t* row, const std::int16_t* w, std::size_t size) {
        add_delayed_row<std::uint16_t, Sum, weighted>(row, view.delay + (row - view.index), w, size, slot, block * view.width);
    });
}

template <class Sum, bool weighted>
void delayed32(const RowsView<std::uint32_t>& view, const SpikeSegment* segment, std::size_t n, std::uint32_t begin, std::uint32_t end, void* const* slot) {
    for_each_row<std::uint32_t>(view, segment, n, 0, 1, [&](std::size_t, const std::uint32_t* row, const std::int16_t* w, std::size_t size) {
        const std::size_t from = begin == 0 ? 0 : first_at_least(row, size, begin), to = end == ~0u ? size : first_at_least(row, size, end);
        add_delayed_row<std::uint32_t, Sum, weighted>(row + from, view.delay + (row - view.index) + from, weighted ? w + from : nullptr, to - from, slot, 0);
    });
}

// ---- bit rows: carry-save counting of 512 targets at a time ------------------------------------------------------------

#if defined(__AVX512F__)
typedef unsigned long long Bits __attribute__((vector_size(64), aligned(64), may_alias));
#else
typedef unsigned long long Bits __attribute__((vector_size(32), aligned(32), may_alias));
#endif
constexpr std::size_t bits_words = sizeof(Bits) / 8;

#define SPIKEMASS_CARRY_SAVE(sum, carry, a, b) \
    do {                                       \
        const Bits u_ = (sum) ^ (a);           \
        (carry) = ((sum) & (a)) | (u_ & (b));  \
        (sum) = u_ ^ (b);                      \
    } while (false)

/// Adds up to 2^16 - 1 rows into bit-sliced counters, eight rows at a time; row i is at bits[8 id[i]].
SPIKEMASS_HD int count_planes(const std::uint64_t* bits, const SpikeSegment* segment, std::size_t n_segments, Bits* plane) {
    constexpr int max_planes = 16;
    Bits one = {}, two = {}, four = {};
    for (int p = 0; p < max_planes; ++p) plane[p] = Bits{};
    std::uint32_t rows = 0;
#define SPIKEMASS_ROW(i) (*reinterpret_cast<const Bits*>(bits + std::size_t{8} * id[i]))
    for (std::size_t s = 0; s < n_segments; ++s) {
        const std::uint32_t* id = segment[s].ids;
        const std::size_t n = segment[s].size;
        std::size_t i = 0;
        for (; i + 8 <= n; i += 8) {
            if (i + 24 <= n)
                for (std::size_t k = 16; k < 24; ++k) __builtin_prefetch(bits + std::size_t{8} * id[i + k]);
            Bits two_a, two_b, four_a, four_b, carry;
            SPIKEMASS_CARRY_SAVE(one, two_a, SPIKEMASS_ROW(i), SPIKEMASS_ROW(i + 1));
            SPIKEMASS_CARRY_SAVE(one, two_b, SPIKEMASS_ROW(i + 2), SPIKEMASS_ROW(i + 3));
            SPIKEMASS_CARRY_SAVE(two, four_a, two_a, two_b);
            SPIKEMASS_CARRY_SAVE(one, two_a, SPIKEMASS_ROW(i + 4), SPIKEMASS_ROW(i + 5));
            SPIKEMASS_CARRY_SAVE(one, two_b, SPIKEMASS_ROW(i + 6), SPIKEMASS_ROW(i + 7));
            SPIKEMASS_CARRY_SAVE(two, four_b, two_a, two_b);
            SPIKEMASS_CARRY_SAVE(four, carry, four_a, four_b);
            rows += 8;
            for (int p = 3; p < max_planes && (rows >> p) != 0; ++p) {
                const Bits next = plane[p] & carry;
                plane[p] ^= carry;
                carry = next;
            }
        }
        for (; i < n; ++i) {
            ++rows;
            Bits carry = SPIKEMASS_ROW(i), next = one & carry;
            one ^= carry;
            carry = two & next;
            two ^= next;
            next = four & carry;
            four ^= carry;
            for (int p = 3; p < max_planes && (rows >> p) != 0; ++p) {
                const Bits up = plane[p] & next;
                plane[p] ^= next;
                next = up;
            }
        }
    }
#undef SPIKEMASS_ROW
    plane[0] = one;
    plane[1] = two;
    plane[2] = four;
    int planes = 0;
    while (planes < max_planes && (rows >> planes) != 0) ++planes;
    return planes;
}

void bit_rows(const std::uint64_t* bits, const SpikeSegment* segment, std::size_t n_segments, std::uint16_t* counts) {
    Bits plane[16];
    for (std::size_t first = 0; first < 8; first += bits_words, counts += 64 * bits_words) {
        const int planes = count_planes(bits + first, segment, n_segments, plane);
#if defined(__AVX512BW__)
        const auto* word = reinterpret_cast<const std::uint32_t __attribute__((may_alias))*>(plane);
        for (std::size_t part = 0; part < 2 * bits_words; ++part) {
            __m512i sum = _mm512_setzero_si512();
            for (int p = 0; p < planes; ++p)
                sum = _mm512_mask_add_epi16(sum, word[16 * p + part], sum, _mm512_set1_epi16(static_cast<short>(1 << p)));
            _mm512_storeu_si512(counts + 32 * part, sum);
        }
#else
        const auto* word = reinterpret_cast<const std::uint16_t __attribute__((may_alias))*>(plane);
        const __m256i select = _mm256_setr_epi16(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, static_cast<short>(0x8000));
        for (std::size_t part = 0; part < 4 * bits_words; ++part) {
            __m256i sum = _mm256_setzero_si256();
            for (int p = 0; p < planes; ++p) {
                const __m256i hit = _mm256_cmpeq_epi16(_mm256_and_si256(_mm256_set1_epi16(static_cast<short>(word[16 * p + part])), select), select);
                sum = _mm256_add_epi16(sum, _mm256_and_si256(hit, _mm256_set1_epi16(static_cast<short>(1 << p))));
            }
            _mm256_storeu_si256(reinterpret_cast<__m256i*>(counts + 16 * part), sum);
        }
#endif
    }
}

// ---- build and record ---------------------------------------------------------------------------------------------------

template <class Index>
std::uint64_t checksum(std::uint64_t row, std::uint64_t first, const Index* target, const std::int16_t* weight, std::size_t n) {
    std::uint64_t sum = 0;
    if (weight)
        for (std::size_t i = 0; i < n; ++i) sum += kernels::synapse_hash(row, first + target[i], weight[i]);
    else
#pragma omp simd reduction(+ : sum)
        for (std::size_t i = 0; i < n; ++i) sum += kernels::synapse_hash(row, first + target[i]);
    return sum;
}

std::int64_t drain_bin(float* __restrict x, std::int64_t n, float factor) {
    std::int64_t sum = 0;
#pragma omp simd reduction(+ : sum)
    for (std::int64_t i = 0; i < n; ++i) {
        sum += static_cast<std::int64_t>(static_cast<double>(x[i] * factor) * 0x1p30);
        x[i] = 0.0f;
    }
    return sum;
}

template <class... M>
constexpr Isa table(models::TypeList<M...>) {
    static_assert(sizeof...(M) <= 8);
    return {SPIKEMASS_ISA_NAME,
            {update_model<M>...},
            rows16<std::uint16_t, false>, rows16<std::uint32_t, false>, rows16<std::int32_t, true>,
            rows32<std::uint16_t, false>, rows32<std::uint32_t, false>, rows32<std::int32_t, true>,
            delayed16<std::uint16_t, false>, delayed16<std::uint32_t, false>, delayed16<std::int32_t, true>,
            delayed32<std::uint16_t, false>, delayed32<std::uint32_t, false>, delayed32<std::int32_t, true>,
            bit_rows, checksum<std::uint16_t>, checksum<std::uint32_t>, drain_bin};
}

}  // namespace

const Isa SPIKEMASS_ISA_TABLE = table(models::NeuronModels{});

}  // namespace spikemass::cpu
