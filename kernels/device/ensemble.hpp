#pragma once
// Strategy A: a whole network in one block.  State and counts live in shared memory, many different networks of a sweep run in one
// launch, and blocks take the next network from a queue until none is left.  The same bits as strategy R (kernels/device/reference.hpp).
// Between launches a network is what R keeps in global memory: columns, traces, lists of spikes.

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "kernels/device/input.hpp"
#include "kernels/device/reference.hpp"
#include "models/base/random.hpp"
#include "models/registry.hpp"

namespace spikemass::device {

using arch::Shared;

/// A population of a network in an ensemble.
struct EnsemblePopulation {
    std::uint64_t key = 0;
    std::uint32_t neurons = 0, model = 0;
    unsigned char step[64];                 ///< Model::Step
    Global<float> column[models::most_columns(models::NeuronModels{})];
    Global<const float> eta;                ///< constant drive, and noise where there is any
    std::int32_t stimulus = -1;             ///< row of its network's stimuli; -1: it has none
    Global<const Term> terms;
    PortInput<3> ports;                     ///< of a model that has them
    Global<float> v_integral, z_re, z_im;
    Global<const AddNoise> noise;           ///< in global memory, as in strategy R; `now` is not read
};

/// A projection whose spikes are counted per target.
struct EnsembleProjection {
    enum class Kind : std::int32_t { rows, all_but_own, annealed };
    Kind kind = Kind::rows;
    std::uint32_t source = 0, target = 0;
    std::int64_t delay = 1;
    Global<const std::uint64_t> start;
    Global<const std::uint16_t> row_target; ///< a block's memory holds the counts of far fewer than 65,536 targets
    Global<const std::int16_t> weight;
    Global<const std::uint16_t> row_delay;  ///< [synapse], or empty: all have `delay`, which is else 1: a step later a spike is in the slots of its synapses
    Global<std::uint32_t> ring;             ///< [slot][target]
    std::uint32_t slots = 1;
    RandomKey annealed;
    std::uint32_t per_spike = 0;
    Global<std::uint32_t> counts;           ///< of strategy R: says which term reads them
};

struct EnsembleNetwork {
    std::int64_t first_step = 0, ring = 1;      ///< first_step: before the first launch with these tables
    Global<const EnsemblePopulation> populations;
    Global<const EnsembleProjection> projections;
    Global<const ScalarTerm> scalar_terms;
    Global<float> scalar_traces;
    Global<const Global<std::uint32_t>> lists;   ///< [slot][population] -> ids
    Global<std::uint32_t> list_sizes;            ///< [slot][population]
    Global<std::uint32_t> digest;                ///< [2]
    std::uint64_t spikes = 0, sums = 0;          ///< first words in the record of a launch, see RecordShape in host/gpu/record.hpp
    std::uint64_t stimuli = 0;                   ///< first row in the stimuli of a launch
};

/// Shared memory of one network.  Arrays of populations and projections stand one after the other.
struct EnsembleLayout {
    Shared<std::uint32_t> next;             ///< [1] index of the block's network
    Shared<float> state;                    ///< columns of all populations
    Shared<std::uint32_t> counts;           ///< targets of all projections
    Shared<std::uint32_t> fired;            ///< [population] in this step
    Shared<float> scalars;

    SPIKEMASS_HD EnsembleLayout(arch::Carve& carve, unsigned state_size, unsigned counts_size, unsigned populations, unsigned scalar_terms)
        : next(carve.array<std::uint32_t>(1)), state(carve.array<float>(state_size)), counts(carve.array<std::uint32_t>(counts_size)),
          fired(carve.array<std::uint32_t>(populations)), scalars(carve.array<float>(scalar_terms == 0 ? 1 : scalar_terms)) {}
};

/// `Models`: those that its networks may have; `noisy`: they may have noise too.
template <bool with_v, bool with_z, class Models, bool noisy>
struct EnsembleOf {
    Global<const EnsembleNetwork> networks;
    Global<std::uint32_t> queue;            ///< [1] next network; 0 at the launch
    Global<std::uint32_t> record;           ///< of all networks; sums are 0 at the launch
    Global<const float> stimuli;            ///< [step of the launch][row]
    std::uint32_t stimulus_rows = 0;
    std::int64_t first = 0;                 ///< steps since the networks' first_step
    std::uint32_t steps = 0, first_end = 1, steps_per_bin = 1;   ///< first_end: steps until the open bin ends
    float factor = 1.0f;                    ///< 1/steps_per_bin
    std::uint32_t state_size = 0, counts_size = 0, populations = 0, scalar_terms = 0;   ///< of the largest network, for the layout

    SPIKEMASS_DEVICE void operator()() const {
        arch::Carve carve(arch::shared_memory());
        const EnsembleLayout shared(carve, state_size, counts_size, populations, scalar_terms);
        for (;;) {
            if (arch::thread_index() == 0) shared.next.write(0, queue.atomic_add(0, 1));
            arch::sync_block();
            const std::uint32_t index = shared.next.read(0);
            if (index >= networks.size()) return;
            run(networks.data()[index], shared);
            arch::sync_block();
        }
    }

private:
    SPIKEMASS_DEVICE static std::uint32_t columns_of(std::uint32_t model) { return columns_of(Models{}, model); }
    template <class M, class... Other>
    SPIKEMASS_DEVICE static std::uint32_t columns_of(models::TypeList<M, Other...>, std::uint32_t model) {
        if constexpr (sizeof...(Other) == 0) return M::columns;
        else return model == 0 ? M::columns : columns_of(models::TypeList<Other...>{}, model - 1);
    }

    SPIKEMASS_DEVICE void run(const EnsembleNetwork& n, const EnsembleLayout& shared) const {
        const unsigned me = arch::thread_index(), all = arch::block_size();
        std::uint32_t at = 0;
        for (std::uint64_t p = 0; p < n.populations.size(); ++p) {
            const EnsemblePopulation& population = n.populations.data()[p];
            for (std::uint32_t c = 0; c < columns_of(population.model); ++c, at += population.neurons)
                for (unsigned i = me; i < population.neurons; i += all) shared.state.write(at + i, population.column[c].read(i));
        }
        std::uint32_t counts = 0;
#pragma unroll 1   // a few projections, once per launch: not worth the registers
        for (std::uint64_t q = 0; q < n.projections.size(); ++q) counts += targets_of(n, q);
        for (unsigned i = me; i < counts; i += all) shared.counts.write(i, 0);
        for (unsigned p = me; p < n.populations.size(); p += all) shared.fired.write(p, 0);
        arch::sync_block();

        std::uint32_t low = 0, high = 0;
        std::uint32_t bin = 0, end = first_end;
        for (std::uint32_t row = 0; row < steps; ++row) {
            step(n, shared, n.first_step + first + row, row, low, high);
            if (row + 1 != end) continue;
            if constexpr (with_v || with_z) drain(n, bin++);
            end += steps_per_bin;
        }
        low = warp_sum(low);
        high = warp_sum(high);
        if (arch::lane() == 0 && (low | high) != 0) {
            n.digest.red_add(0, low);
            n.digest.red_add(1, high);
        }
        at = 0;
        for (std::uint64_t p = 0; p < n.populations.size(); ++p) {
            const EnsemblePopulation& population = n.populations.data()[p];
            for (std::uint32_t c = 0; c < columns_of(population.model); ++c, at += population.neurons)
                for (unsigned i = me; i < population.neurons; i += all) population.column[c].write(i, shared.state.read(at + i));
        }
    }
    SPIKEMASS_DEVICE static std::uint32_t targets_of(const EnsembleNetwork& n, std::uint64_t projection) {
        return n.populations.data()[n.projections.data()[projection].target].neurons;
    }

    SPIKEMASS_DEVICE void step(const EnsembleNetwork& n, const EnsembleLayout& shared, std::int64_t now, std::uint32_t row, std::uint32_t& low, std::uint32_t& high) const {
        const unsigned me = arch::thread_index(), all = arch::block_size();
        const std::uint64_t n_populations = n.populations.size();
        std::uint32_t at = 0;
        for (std::uint64_t q = 0; q < n.projections.size(); at += targets_of(n, q), ++q) deliver(n, n.projections.data()[q], shared.counts.part(at, targets_of(n, q)), now);
        if constexpr (noisy)
            for (std::uint64_t p = 0; p < n_populations; ++p)
                for (std::uint64_t k = 0; k < n.populations.data()[p].noise.size(); ++k) add(n.populations.data()[p].noise.data()[k], now);
        for (std::uint64_t t = me; t < n.scalar_terms.size(); t += all) shared.scalars.write(static_cast<unsigned>(t), scalar(n, t, now));
        arch::sync_block();
        at = 0;
        for (std::uint64_t p = 0; p < n_populations; ++p) {
            const EnsemblePopulation& population = n.populations.data()[p];
            update_any(Models{}, population.model, n, p, shared, at, now, row, low, high);
            at += population.neurons * columns_of(population.model);
        }
        arch::sync_block();
        for (std::uint64_t p = me; p < n_populations; p += all) {
            const std::uint32_t fired = shared.fired.read(static_cast<unsigned>(p));
            n.list_sizes.write(static_cast<std::uint64_t>(now % n.ring) * n_populations + p, fired);
            record.write(n.spikes + static_cast<std::uint64_t>(row) * n_populations + p, fired);
            shared.fired.write(static_cast<unsigned>(p), 0);
        }
        arch::sync_block();
    }

    SPIKEMASS_DEVICE static float scalar(const EnsembleNetwork& n, std::uint64_t t, std::int64_t now) {
        const ScalarTerm& term = n.scalar_terms.data()[t];
        const std::int64_t fired = now - term.delay;
        const float arrivals = fired >= 0 ? static_cast<float>(n.list_sizes.read(static_cast<std::uint64_t>(fired % n.ring) * n.populations.size() + term.source)) : term.prehistory;
        return term.current(t, arrivals, n.scalar_traces);
    }

    SPIKEMASS_DEVICE static void deliver(const EnsembleNetwork& n, const EnsembleProjection& q, Shared<std::uint32_t> counts, std::int64_t now) {
        const std::int64_t fired = now - q.delay;
        if (fired < 0) return;
        const std::uint64_t place = static_cast<std::uint64_t>(fired % n.ring) * n.populations.size() + q.source;
        const Global<std::uint32_t> ids = n.lists.data()[place];
        const std::uint32_t size = n.list_sizes.read(place);
        const unsigned me = arch::thread_index(), all = arch::block_size();
        if (q.row_delay.size() != 0) {
            deliver_delayed(q, ids, size, static_cast<std::uint32_t>(now % q.slots), counts);
        } else if (q.kind == EnsembleProjection::Kind::rows) {
            for (std::uint32_t s = me / arch::warp_size; s < size; s += all / arch::warp_size) {
                const std::uint32_t source = ids.read(s);
                const std::uint64_t end = q.start.read(source + 1ull);
                for (std::uint64_t e = q.start.read(source) + arch::lane(); e < end; e += arch::warp_size)
                    counts.add(q.row_target.read(e), q.weight.size() != 0 ? static_cast<std::uint32_t>(static_cast<std::int32_t>(q.weight.read(e))) : 1u);
            }
        } else if (q.kind == EnsembleProjection::Kind::all_but_own) {
            for (unsigned i = me; i < counts.size() && size != 0; i += all) counts.add(i, size);
            for (std::uint32_t s = me; s < size; s += all) counts.add(ids.read(s), ~0u);
        } else {
            const std::uint32_t pairs = (q.per_spike + 1) / 2;
            for (std::uint64_t w = me; w < static_cast<std::uint64_t>(size) * pairs; w += all) {
                const auto j = static_cast<std::uint32_t>(w % pairs);
                const auto b = q.annealed.block(ids.read(w / pairs), static_cast<std::uint64_t>(fired), j);
                counts.add(static_cast<unsigned>(mulhi64(static_cast<std::uint64_t>(b.word[1]) << 32 | b.word[0], counts.size())), 1u);
                if (2 * j + 1 < q.per_spike) counts.add(static_cast<unsigned>(mulhi64(static_cast<std::uint64_t>(b.word[3]) << 32 | b.word[2], counts.size())), 1u);
            }
        }
    }

    /// Spikes of the step before `slot`: a delay of one step is due at once; the slot's arrivals from earlier steps come along.
    SPIKEMASS_DEVICE static void deliver_delayed(const EnsembleProjection& q, Global<std::uint32_t> ids, std::uint32_t size, std::uint32_t slot, Shared<std::uint32_t> counts) {
        const unsigned me = arch::thread_index(), all = arch::block_size();
        for (std::uint32_t s = me / arch::warp_size; s < size; s += all / arch::warp_size) {
            const std::uint32_t source = ids.read(s);
            const std::uint64_t end = q.start.read(source + 1ull);
            for (std::uint64_t e = q.start.read(source) + arch::lane(); e < end; e += arch::warp_size) {
                const std::uint32_t later = q.row_delay.read(e) - 1u, due = slot + later, add = q.weight.size() != 0 ? static_cast<std::uint32_t>(static_cast<std::int32_t>(q.weight.read(e))) : 1u;
                if (later == 0) counts.add(q.row_target.read(e), add);
                else q.ring.red_add(static_cast<std::uint64_t>(due < q.slots ? due : due - q.slots) * counts.size() + q.row_target.read(e), add);
            }
        }
        for (unsigned i = me; i < counts.size(); i += all) {   // nobody else looks at this slot in this step
            const std::uint64_t place = static_cast<std::uint64_t>(slot) * counts.size() + i;
            const std::uint32_t raw = q.ring.read(place);
            if (raw == 0) continue;
            q.ring.write(place, 0);
            counts.add(i, raw);
        }
    }

    /// A neuron is always one thread's, which so sees what it has written.
    SPIKEMASS_DEVICE static void add(const AddNoise& noise, std::int64_t now) {
        for (std::uint64_t i = arch::thread_index(); i < noise.to.size(); i += arch::block_size()) noise.write(i, now);
    }

    template <class M, class... Other>
    SPIKEMASS_DEVICE void update_any(models::TypeList<M, Other...>, std::uint32_t model, const EnsembleNetwork& n, std::uint64_t index, const EnsembleLayout& shared, std::uint32_t first, std::int64_t now, std::uint32_t row,
                                     std::uint32_t& low, std::uint32_t& high) const {
        if constexpr (sizeof...(Other) == 0) {
            update<M>(n, index, shared, first, now, row, low, high);
        } else {
            if (model == 0) update<M>(n, index, shared, first, now, row, low, high);
            else update_any(models::TypeList<Other...>{}, model - 1, n, index, shared, first, now, row, low, high);
        }
    }
    /// Impulses at a port.
    SPIKEMASS_DEVICE static float impulses(const PortInput<3>& ports, int port, const EnsembleNetwork& n, const EnsembleLayout& shared, std::uint32_t i, std::int64_t now) {
        float input = ports.noise[port].size() != 0 ? ports.noise[port].read(i) : 0.0f;
        for (std::uint64_t t = 0; t < ports.terms[port].size(); ++t) {
            const Term& term = ports.terms[port].data()[t];
            if (term.kind == Term::Kind::scalar) {
                input = term.times_gain(input, i, shared.scalars.read(static_cast<unsigned>(term.scalar)));
                continue;
            }
            const std::uint32_t place = counts_of(n, term) + i, raw = shared.counts.read(place);
            if (raw != 0) shared.counts.write(place, 0);
            input = term.apply(input, i, now, raw);
        }
        return input;
    }
    template <class M, class... Input>
    SPIKEMASS_DEVICE static float step_of(const EnsemblePopulation& p, const typename M::Step& step, typename M::State& s, std::uint32_t i, Input... input) {
        if constexpr (with_v) {
            float v = p.v_integral.read(i);
            const float margin = M::advance_observed(step, s, input..., v);
            p.v_integral.write(i, v);
            return margin;
        } else {
            return M::advance(step, s, input...);
        }
    }
    template <class M>
    SPIKEMASS_DEVICE void update(const EnsembleNetwork& n, std::uint64_t index, const EnsembleLayout& shared, std::uint32_t first, std::int64_t now, std::uint32_t row,
                                 std::uint32_t& low, std::uint32_t& high) const {
        const EnsemblePopulation& p = n.populations.data()[index];
        typename M::Step step;
        __builtin_memcpy(&step, p.step, sizeof step);
        const float stimulus = p.stimulus < 0 ? 0.0f : stimuli.read(static_cast<std::uint64_t>(row) * stimulus_rows + n.stimuli + static_cast<std::uint32_t>(p.stimulus));
        const Global<std::uint32_t> ids = n.lists.data()[static_cast<std::uint64_t>(now % n.ring) * n.populations.size() + index];
        const std::uint32_t rounded = (p.neurons + arch::warp_size - 1) / arch::warp_size * arch::warp_size;
        for (std::uint32_t i = arch::thread_index(); i < rounded; i += arch::block_size()) {
            bool spiked = false;
            if (i < p.neurons) {
                float input = p.eta.read(i) + stimulus;
                for (std::uint64_t t = 0; t < p.terms.size(); ++t) {   // here and not by impulses: with it the quadratic neurons take eight registers more
                    const Term& term = p.terms.data()[t];
                    if (term.kind == Term::Kind::scalar) {
                        input = term.times_gain(input, i, shared.scalars.read(static_cast<unsigned>(term.scalar)));
                        continue;
                    }
                    const std::uint32_t place = counts_of(n, term) + i, raw = shared.counts.read(place);
                    if (raw != 0) shared.counts.write(place, 0);
                    input = term.apply(input, i, now, raw);
                }
                float column[M::columns];
                float* columns[M::columns];
#pragma unroll
                for (int c = 0; c < M::columns; ++c) {
                    column[c] = shared.state.read(first + static_cast<std::uint32_t>(c) * p.neurons + i);
                    columns[c] = &column[c];
                }
                typename M::State s = M::load(columns, 0);
                float margin;
                if constexpr (M::ports > 1) {
                    const float ex = impulses(p.ports, 0, n, shared, i, now), in = impulses(p.ports, 1, n, shared, i, now);
                    margin = step_of<M>(p, step, s, i, input, ex, in);
                } else {
                    margin = step_of<M>(p, step, s, i, input);
                }
                M::store(columns, 0, s);
#pragma unroll
                for (int c = 0; c < M::columns; ++c) shared.state.write(first + static_cast<std::uint32_t>(c) * p.neurons + i, column[c]);
                if constexpr (with_z && M::has_phase) {
                    float re, im;
                    M::phasor(s, re, im);
                    p.z_re.write(i, p.z_re.read(i) + re);
                    p.z_im.write(i, p.z_im.read(i) + im);
                }
                spiked = margin < 0.0f;
            }
            const std::uint32_t mask = arch::ballot(spiked);
            if (mask == 0) continue;
            std::uint32_t at = 0;
            if (arch::lane() == 0) at = shared.fired.add(static_cast<unsigned>(index), arch::popcount(mask));
            at = arch::shuffle(at, 0);
            if (!spiked) continue;
            ids.write(at + arch::popcount(mask & ((1u << arch::lane()) - 1u)), i);
            const std::uint64_t h = mix64(mix64(p.key + i) + static_cast<std::uint64_t>(now));
            low += static_cast<std::uint32_t>(h);
            high += static_cast<std::uint32_t>(h >> 32);
        }
    }
    /// Where the counts of a term's projection start in shared memory.
    SPIKEMASS_DEVICE static std::uint32_t counts_of(const EnsembleNetwork& n, const Term& term) {
        std::uint32_t at = 0;
        for (std::uint64_t q = 0; n.projections.data()[q].counts.data() != term.counts.data(); ++q) at += targets_of(n, q);
        return at;
    }

    /// Adds trunc(x factor 2^30) over each column that is recorded to its sum, and zeroes the column.
    SPIKEMASS_DEVICE void drain(const EnsembleNetwork& n, std::uint32_t bin) const {
        std::uint64_t at = n.sums + static_cast<std::uint64_t>(bin) * n.populations.size() * 2 * ((with_v ? 1 : 0) + (with_z ? 2 : 0));
        for (std::uint64_t p = 0; p < n.populations.size(); ++p) {
            const EnsemblePopulation& population = n.populations.data()[p];
            for (std::uint32_t kind = with_v ? 0 : 1; kind < (with_z ? 3 : 1); ++kind, at += 2) {
                const Global<float> x = kind == 0 ? population.v_integral : kind == 1 ? population.z_re : population.z_im;
                std::uint64_t sum = 0;
                for (std::uint32_t i = arch::thread_index(); i < population.neurons; i += arch::block_size()) {
                    sum += static_cast<std::uint64_t>(static_cast<std::int64_t>(static_cast<double>(x.read(i) * factor) * 0x1p30));
                    x.write(i, 0.0f);
                }
                sum = warp_sum64(sum);
                if (arch::lane() == 0) add64(record, at, sum);
            }
        }
    }
};

/// The quadratic neurons without noise, in the widest blocks.
template <bool with_v, bool with_z>
struct Ensemble : EnsembleOf<with_v, with_z, models::TypeList<models::Qif, models::Theta>, false> {
    static constexpr const char* name = "ensemble";
    static constexpr unsigned max_threads = 1024;
};

/// Networks of any kind; more registers, so fewer threads.
template <bool with_v, bool with_z>
struct GeneralEnsemble : EnsembleOf<with_v, with_z, models::NeuronModels, true> {
    static constexpr const char* name = "general_ensemble";
    static constexpr unsigned max_threads = 512;
};

}  // namespace spikemass::device

namespace spikemass::arch {
template <bool v, bool z>
inline constexpr unsigned resident_blocks<device::GeneralEnsemble<v, z>> = 1;
}  // namespace spikemass::arch
