#pragma once
// What a projection adds to the input of a neuron, on the device: the same operations in the same order as on the CPU
// (host/cpu/isa_loops.cpp, add_counts), so that the same bits come out.

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "models/base/math.hpp"
#include "models/synapses/cascade.hpp"
#include "models/synapses/exponential.hpp"

namespace spikemass::device {

using arch::Global;

/// One term of a population's input; terms stand in the order of their projections' keys.
struct Term {
    enum class Kind : std::int32_t { scalar, counts, sums };
    Kind kind = Kind::scalar;
    std::int32_t stages = 0;            ///< of the synapse
    float gain = 0.0f;                  ///< current per unit of drive
    Global<const float> prehistory;     ///< [step] counts that stand for the spikes before time zero
    std::uint64_t scalar = 0;           ///< scalar: index into the scalars of the step
    Global<std::uint32_t> counts;       ///< [target] arrived spikes, or fixed-point sums as two's complement; read and zeroed
    Global<float> gain_of;              ///< [target] or empty
    Global<float> trace;                ///< [stage][target]
    models::Cascade synapse{};

    /// Input of target i after this term.
    SPIKEMASS_DEVICE float add(float input, std::uint64_t i, std::int64_t now, Global<const float> scalars) const {
        if (kind == Kind::scalar) return gain_of.size() != 0 ? math::fma(gain_of.read(i), scalars.read(scalar), input) : input + scalars.read(scalar);
        const std::uint32_t raw = counts.read(i);
        if (raw != 0) counts.write(i, 0);
        return apply(input, i, now, raw);
    }
    /// The same for a count that was read elsewhere.
    SPIKEMASS_DEVICE float apply(float input, std::uint64_t i, std::int64_t now, std::uint32_t raw) const {
        const float arrivals = (kind == Kind::sums ? static_cast<float>(static_cast<std::int32_t>(raw)) : static_cast<float>(raw)) + (static_cast<std::uint64_t>(now) < prehistory.size() ? prehistory.read(static_cast<std::uint64_t>(now)) : 0.0f);
        float drive = arrivals;
        if (stages == 1) {
            float s = trace.read(i);
            drive = models::Exponential::advance(synapse.first, s, arrivals);
            trace.write(i, s);
        } else if (stages == 2) {
            const std::uint64_t second = i + trace.size() / 2;
            float x = trace.read(i), s = trace.read(second);
            drive = models::Cascade::advance(synapse, x, s, arrivals);
            trace.write(i, x);
            trace.write(second, s);
        }
        return math::fma(gain_of.size() != 0 ? gain_of.read(i) : gain, drive, input);
    }
};

/// An input that is one number for a whole population: all-to-all, with its own synaptic trace.
struct ScalarTerm {
    std::uint64_t source = 0;           ///< population
    std::int64_t delay = 1;
    std::int32_t stages = 0;            ///< of the synapse
    float gain = 0.0f, prehistory = 0.0f;   ///< gain: 1 where each target has its own
    models::Cascade synapse{};

    /// Current of the step for so many arrivals; traces [stage][scalar term] are advanced.
    SPIKEMASS_DEVICE float current(std::uint64_t index, float arrivals, Global<float> traces) const {
        float drive = arrivals;
        if (stages == 1) {
            float s = traces.read(index);
            drive = models::Exponential::advance(synapse.first, s, arrivals);
            traces.write(index, s);
        } else if (stages == 2) {
            const std::uint64_t second = index + traces.size() / 2;
            float x = traces.read(index), s = traces.read(second);
            drive = models::Cascade::advance(synapse, x, s, arrivals);
            traces.write(index, x);
            traces.write(second, s);
        }
        return gain * drive;
    }
};

}  // namespace spikemass::device
