#pragma once
// The loops that are compiled once per instruction set (x86-64-v3, x86-64-v4) and chosen at run time.
// Plain pointers and sizes only: nothing here may be an inline function that the linker could take from the wider build.

#include <cstddef>
#include <cstdint>

#include "models/synapses/cascade.hpp"

namespace spikemass::models {
struct Noise;
}

namespace spikemass::cpu {

/// What one projection adds to the input of a neuron, in the order of the projection keys.
struct InputTerm {
    enum class Kind : std::int32_t { scalar, count16, count32, signed32 };
    Kind kind = Kind::scalar;
    void* counts = nullptr;          ///< [target] u16, u32 or i32; read and zeroed
    float scalar = 0;                ///< all-to-all: the finished current, or with gain_of what each target multiplies by its own
    float prehistory = 0;            ///< counts per step that stand for the spikes before time zero
    float gain = 0;                  ///< current per count
    const float* gain_of = nullptr;  ///< [target], when the gain differs between targets
    int stages = 0;                  ///< of the synapse
    float* trace[2] = {};            ///< [stage][target]
    models::Cascade synapse{};
};

/// One contiguous range of one population.  Shapes: columns [size] each, mask [size/64].
struct UpdateArgs {
    std::int64_t begin = 0, end = 0;         ///< local indices; begin is a multiple of 64
    float* const* columns = nullptr;
    const float* eta = nullptr;
    float stimulus = 0;
    const InputTerm* terms = nullptr;        ///< those of port 0, then of the model's other ports
    int n_terms = 0;                         ///< of port 0
    int port_terms[2] = {0, 0};              ///< of ports 1 and 2
    const models::Noise* noise = nullptr;
    float* const* noise_state = nullptr;     ///< [noise] null, or [size]
    int n_noise = 0;
    const void* step = nullptr;              ///< Model::Step
    std::uint64_t* mask = nullptr;           ///< [size/64] bit set = spiked
    float* v_integral = nullptr;             ///< [size] or null
    float* z_re = nullptr;                   ///< [size] or null
    float* z_im = nullptr;
    std::uint32_t* list = nullptr;           ///< null, or spikes of this range from `begin` on
    std::uint64_t population_key = 0, step_number = 0;
};
struct UpdateResult {
    std::uint64_t spikes = 0;
    std::uint32_t digest_low = 0, digest_high = 0;
};

/// A piece of a spike list: ids of sources.
struct SpikeSegment {
    const std::uint32_t* ids;
    std::size_t size;
};

/// Rows of a graph (host/cpu/graph.hpp, Rows): the targets of source s in block b are those at index[start[s blocks + b]] up to
/// index[start[s blocks + b + 1]], counted from target b width on.
template <class Index>
struct RowsView {
    const std::uint64_t* start64;   ///< exactly one of start64, start32 is set
    const std::uint32_t* start32;
    std::size_t blocks, width;
    const Index* index;
    const std::int16_t* weight;     ///< null: every synapse counts 1
    const std::uint16_t* delay;     ///< null: all have the same
};

struct Isa {
    const char* name;
    UpdateResult (*update[8])(const UpdateArgs&);
    /// Targets of the blocks [begin, end) only: threads share rows by blocks.
    void (*rows16_count16)(const RowsView<std::uint16_t>&, const SpikeSegment*, std::size_t, std::size_t begin, std::size_t end, std::uint16_t* counts);
    void (*rows16_count32)(const RowsView<std::uint16_t>&, const SpikeSegment*, std::size_t, std::size_t begin, std::size_t end, std::uint32_t* counts);
    void (*rows16_weighted)(const RowsView<std::uint16_t>&, const SpikeSegment*, std::size_t, std::size_t begin, std::size_t end, std::int32_t* sums);
    /// Targets outside [begin, end) are skipped: threads share a row by target range.
    void (*rows32_count16)(const RowsView<std::uint32_t>&, const SpikeSegment*, std::size_t, std::uint32_t begin, std::uint32_t end, std::uint16_t* counts);
    void (*rows32_count32)(const RowsView<std::uint32_t>&, const SpikeSegment*, std::size_t, std::uint32_t begin, std::uint32_t end, std::uint32_t* counts);
    void (*rows32_weighted)(const RowsView<std::uint32_t>&, const SpikeSegment*, std::size_t, std::uint32_t begin, std::uint32_t end, std::int32_t* sums);
    /// The same where every synapse has its own delay: slot[d] is the first count of the slot that is due d steps after the spikes.
    void (*delayed16_count16)(const RowsView<std::uint16_t>&, const SpikeSegment*, std::size_t, std::size_t begin, std::size_t end, void* const* slot);
    void (*delayed16_count32)(const RowsView<std::uint16_t>&, const SpikeSegment*, std::size_t, std::size_t begin, std::size_t end, void* const* slot);
    void (*delayed16_weighted)(const RowsView<std::uint16_t>&, const SpikeSegment*, std::size_t, std::size_t begin, std::size_t end, void* const* slot);
    void (*delayed32_count16)(const RowsView<std::uint32_t>&, const SpikeSegment*, std::size_t, std::uint32_t begin, std::uint32_t end, void* const* slot);
    void (*delayed32_count32)(const RowsView<std::uint32_t>&, const SpikeSegment*, std::size_t, std::uint32_t begin, std::uint32_t end, void* const* slot);
    void (*delayed32_weighted)(const RowsView<std::uint32_t>&, const SpikeSegment*, std::size_t, std::uint32_t begin, std::uint32_t end, void* const* slot);
    /// bits: the 512 targets of one chunk, [source][8 words]; counts [512] are overwritten.
    void (*bit_rows)(const std::uint64_t* bits, const SpikeSegment*, std::size_t, std::uint16_t* counts);
    /// Sum of synapse hashes of one row; first_target is added to every index.
    std::uint64_t (*checksum16)(std::uint64_t row, std::uint64_t first_target, const std::uint16_t*, const std::int16_t* weight, std::size_t);
    std::uint64_t (*checksum32)(std::uint64_t row, std::uint64_t first_target, const std::uint32_t*, const std::int16_t* weight, std::size_t);
    /// sum += trunc(x * factor * 2^30) over n values, which are zeroed: a bin's mean in fixed point.
    std::int64_t (*drain_bin)(float* x, std::int64_t n, float factor);
};

extern const Isa isa_v3, isa_v4;

/// The widest set that this machine runs; SPIKEMASS_ISA=v3 in the environment forces the baseline.
const Isa& best_isa();

}  // namespace spikemass::cpu
