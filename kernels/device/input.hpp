#pragma once
// What a projection adds to the input of a neuron, on the device: the same operations in the same order as on the CPU
// (host/cpu/isa_loops.cpp, add_counts), so that the same bits come out.

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "models/base/math.hpp"
#include "models/synapses/cascade.hpp"

namespace spikemass::device {

using arch::Global;

/// One term of a population's input; terms stand in the order of their projections' keys.
struct Term {
    enum class Kind : std::int32_t { scalar, counts, sums };
    Kind kind = Kind::scalar;
    std::int32_t stages = 0;            ///< of the synapse
    float gain = 0.0f;                  ///< current per unit of drive; of a scalar, which is a current, 1
    Global<const float> prehistory;     ///< [step] counts that stand for the spikes before time zero
    std::uint64_t scalar = 0;           ///< scalar: index into the scalars of the step
    Global<std::uint32_t> counts;       ///< [target] arrived spikes, or fixed-point sums as two's complement; read and zeroed
    Global<float> gain_of;              ///< [target] or empty
    Global<float> trace, second;        ///< [target], first and second stage
    models::Cascade synapse{};

    /// Input of target i after this term.
    SPIKEMASS_DEVICE float add(float input, std::uint64_t i, std::int64_t now, Global<const float> scalars) const {
        if (kind == Kind::scalar) return times_gain(input, i, scalars.read(scalar));
        const std::uint32_t raw = counts.read(i);
        if (raw != 0) counts.write(i, 0);
        return apply(input, i, now, raw);
    }
    /// The same for a count that was read elsewhere.
    SPIKEMASS_DEVICE float apply(float input, std::uint64_t i, std::int64_t now, std::uint32_t raw) const {
        float arrivals = kind == Kind::sums ? static_cast<float>(static_cast<std::int32_t>(raw)) : static_cast<float>(raw);
        arrivals = arrivals + (static_cast<std::uint64_t>(now) < prehistory.size() ? prehistory.read(static_cast<std::uint64_t>(now)) : 0.0f);
        return times_gain(input, i, stages == 0 ? arrivals : through_synapse(i, arrivals));
    }
    SPIKEMASS_DEVICE float through_synapse(std::uint64_t i, float arrivals) const {
        float x = trace.read(i);
        const float before = x, first = models::Stage::advance(synapse.first, x, arrivals);
        trace.write(i, x);
        if (stages == 1) return first;
        float s = second.read(i);
        const float mean = models::Cascade::advance_second(synapse, before, first, s, arrivals);
        second.write(i, s);
        return mean;
    }
    SPIKEMASS_DEVICE float times_gain(float input, std::uint64_t i, float drive) const { return math::fma(gain_of.size() != 0 ? gain_of.read(i) : gain, drive, input); }
};

/// An input that is one number for a whole population: all-to-all, with its own synaptic trace.
struct ScalarTerm {
    std::uint64_t source = 0;           ///< population
    std::int64_t delay = 1;
    std::int32_t stages = 0;            ///< of the synapse
    float gain = 0.0f, prehistory = 0.0f;   ///< gain: 1 where each target has its own
    models::Cascade synapse{};

    /// Current of the step for so many arrivals; traces [scalar term][2] are advanced.
    SPIKEMASS_DEVICE float current(std::uint64_t index, float arrivals, Global<float> traces) const {
        float drive = arrivals;
        if (stages != 0) {
            const std::uint64_t at = 2 * index;
            float x = traces.read(at);
            const float before = x;
            drive = models::Stage::advance(synapse.first, x, arrivals);
            traces.write(at, x);
            if (stages == 2) {
                float s = traces.read(at + 1);
                drive = models::Cascade::advance_second(synapse, before, drive, s, arrivals);
                traces.write(at + 1, s);
            }
        }
        return gain * drive;
    }
};

}  // namespace spikemass::device
