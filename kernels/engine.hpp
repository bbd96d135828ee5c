#pragma once
// What the host drives: a built network that can be stepped, recorded, saved and loaded.  One class per backend.

#include <functional>
#include <iosfwd>
#include <memory>
#include <span>

#include "kernels/network.hpp"
#include "kernels/observables.hpp"

namespace spikemass {

/// Receives the spikes of one population and step, ids ascending; called from the thread that called the engine, once per population
/// in every step, without ids where nobody fired.
using SpikeSink = std::function<void(std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids)>;

class Engine {
public:
    virtual ~Engine() = default;

    /// Steps without recording.
    virtual void advance(std::int64_t steps) = 0;
    /// Steps `bins` bins and appends them to `out` [population].
    virtual void record(std::int64_t bins, std::int64_t steps_per_bin, const RecordFlags& flags, std::vector<PopulationBins>& out) = 0;
    /// From now on `sink` is called in every step, also in one without spikes (an empty sink: no more).
    virtual void set_spike_sink(SpikeSink sink) = 0;

    virtual std::int64_t step() const = 0;             ///< steps done, warm-up included
    virtual std::uint64_t digest() const = 0;          ///< of all spikes so far (docs/numerics.md, "Digest")
    virtual std::uint64_t spikes() const = 0;
    virtual const std::vector<ProjectionFacts>& projections() const = 0;
    virtual std::string strategy() const = 0;
    virtual double capped_fraction() const = 0;        ///< neurons whose initial input is above 9.8 (tau/dt)^2
    virtual double capped_rate_bound() const = 0;      ///< (1/N) sum (sqrt(I_j)/pi - 1/dt)_+ over them, in 1/time unit

    /// Checkpoint in canonical neuron order, free of backend, threads and formats: columns, traces, the spikes of the last
    /// max-delay steps, step counter, seeds, CRC.  load() throws IoError for a damaged file, ConfigurationError for another network.
    virtual void save(std::ostream&) const = 0;
    virtual void load(std::istream&) = 0;
};

struct CpuOptions {
    int threads = 1;
    std::string format;   ///< tests and benchmarks: force "rows16", "rows32" or "bit_rows" on every stored projection
};

/// Builds on the CPU.  Errors: CapacityError before anything large is allocated; ConfigurationError.
std::unique_ptr<Engine> make_cpu_engine(const Network&, const CpuOptions& = {});

/// Peak memory of building and running, bytes; and the number of synapses.
struct MemoryEstimate {
    double bytes = 0, synapses = 0;
};
MemoryEstimate estimate_memory(const Network&, const CpuOptions& = {});

/// Memory that this process may still take, bytes: the machine's, or its control group's.
double available_memory();

}  // namespace spikemass
