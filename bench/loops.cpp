// Compiled once per instruction set with SPIKEMASS_BENCH_TABLE = loops_v3 or loops_v4.

#include "bench/loops.hpp"

namespace spikemass::bench {
namespace {

void triad(float* __restrict a, const float* __restrict b, const float* __restrict c, float s, std::int64_t n) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) a[i] = b[i] + s * c[i];
}

std::int64_t euler(const EulerArgs& args) {
    float* __restrict v = args.v;
    std::int32_t* __restrict waiting = args.waiting;
    const float* __restrict eta = args.eta;
    const float dt = args.dt, input = args.input, v_peak = args.v_peak;
    const std::int32_t wait = args.wait;
    std::int32_t spikes = 0;
#pragma omp simd reduction(+ : spikes)
    for (std::int64_t i = 0; i < args.n; ++i) {
        const bool free = waiting[i] == 0;
        const float moved = v[i] + dt * (v[i] * v[i] + eta[i] + input);
        const bool spike = free && moved >= v_peak;
        const float next = spike ? -v_peak : moved;
        v[i] = free ? next : v[i];
        waiting[i] = spike ? wait : waiting[i] - (free ? 0 : 1);
        spikes += spike ? 1 : 0;
    }
    return spikes;
}

void naive_scatter(const std::uint64_t* start, const std::uint32_t* index, const cpu::SpikeSegment* segment, std::size_t n_segments, std::uint32_t* counts) {
    for (std::size_t s = 0; s < n_segments; ++s)
        for (std::size_t i = 0; i < segment[s].size; ++i) {
            const std::uint32_t source = segment[s].ids[i];
            for (std::uint64_t k = start[source]; k < start[source + 1]; ++k) ++counts[index[k]];
        }
}

void float_scatter(const FloatRows& rows, const cpu::SpikeSegment* segment, std::size_t n_segments, float* sums) {
    constexpr std::size_t ahead = 10, lines = 6;
    for (std::size_t s = 0; s < n_segments; ++s)
        for (std::size_t i = 0; i < segment[s].size; ++i) {
            if (i + ahead < segment[s].size) {
                const std::uint32_t next = rows.start[rows.stride * segment[s].ids[i + ahead]];
                for (std::size_t l = 0; l < lines; ++l) {
                    __builtin_prefetch(rows.index + next + 32 * l);
                    __builtin_prefetch(rows.weight + next + 16 * l);
                }
            }
            const std::uint32_t source = segment[s].ids[i], end = rows.start[rows.stride * source + 1];
            std::uint32_t k = rows.start[rows.stride * source];
            for (; k + 8 <= end; k += 8)
                for (std::uint32_t j = 0; j < 8; ++j) sums[rows.index[k + j]] += rows.weight[k + j];
            for (; k < end; ++k) sums[rows.index[k]] += rows.weight[k];
        }
}

}  // namespace

const Loops SPIKEMASS_BENCH_TABLE = {SPIKEMASS_BENCH_ISA, triad, euler, naive_scatter, float_scatter};

}  // namespace spikemass::bench
