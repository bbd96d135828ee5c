#pragma once
// What the engine is measured against, compiled for the same instruction sets as the engine: the machine's memory bandwidth
// and the textbook way of each job.

#include <cstddef>
#include <cstdint>

#include "host/cpu/isa.hpp"

namespace spikemass::bench {

/// Clipped Euler with a refractory time, the usual simulation of the QIF (Montbrio, Pazo, Roxin 2015,
/// doi:10.1103/PhysRevX.5.021028): V += dt (V^2 + eta + input); V >= v_peak is a spike, after which V waits `wait` steps and
/// starts again from -v_peak.  Shapes: v, eta, waiting [n].
struct EulerArgs {
    float* v;
    const float* eta;
    std::int32_t* waiting;   ///< steps left of the refractory time
    std::int64_t n;
    float dt, input, v_peak;
    std::int32_t wait;
};

/// Segments of one block of a graph with single-precision weights (host/cpu/graph.hpp, Rows): those of source s are at
/// index[start[s stride]] up to index[start[s stride + 1]].
struct FloatRows {
    const std::uint32_t* start;
    std::size_t stride;
    const std::uint16_t* index;
    const float* weight;
};

struct Loops {
    const char* name;
    /// a = b + s c, n floats.
    void (*triad)(float* a, const float* b, const float* c, float s, std::int64_t n);
    /// One step; returns the number of spikes.
    std::int64_t (*euler)(const EulerArgs&);
    /// counts[target] += 1 for every target of every spike, rows in the order of the list.
    void (*naive_scatter)(const std::uint64_t* start, const std::uint32_t* index, const cpu::SpikeSegment*, std::size_t, std::uint32_t* counts);
    /// sums[target] += weight in single precision, with the rows fetched ahead as the engine does.
    void (*float_scatter)(const FloatRows&, const cpu::SpikeSegment*, std::size_t, float* sums);
};

extern const Loops loops_v3, loops_v4;

/// The loops of the same instruction set.
inline const Loops& loops_of(const cpu::Isa& isa) { return &isa == &cpu::isa_v4 ? loops_v4 : loops_v3; }
/// The machine's bandwidth is that of the faster of these.
inline const Loops* const all_loops[] = {&loops_v3, &loops_v4};

}  // namespace spikemass::bench
