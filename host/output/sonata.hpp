#pragma once
// Spikes in the SONATA format (https://github.com/AllenInstitute/sonata): /spikes/<population>/{timestamps, node_ids}, by the HDF5 C API.
// Several writers may be used by several threads, one thread each; never open one file here and with netCDF-C at the same time.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace spikemass::output {

/// Streams the spikes of one run to a file that appears whole on close(), or not at all.
/// timestamps: f64, step * dt, units "ms" or "tau" (attribute `units`); node_ids: u64, index within the population, from 0.
/// Sorted by time where append() was called with rising steps; `sorting` says by_time or none.  Errors: IoError.
class SpikeWriter {
public:
    SpikeWriter(const std::filesystem::path&, const std::vector<std::string>& populations, const std::string& time_unit, double dt);
    ~SpikeWriter();
    SpikeWriter(SpikeWriter&&) noexcept;

    /// The spikes of one step of one population (its index in the constructor's list), any number.
    void append(std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids);
    void append(std::size_t population, std::int64_t step, std::span<const std::int64_t> ids);
    /// The same for spikes of many steps: steps and ids are parallel arrays.
    void append(std::size_t population, std::span<const std::int64_t> steps, std::span<const std::int64_t> ids);
    /// Writes what is buffered, syncs and renames.  Nothing may be appended afterwards.
    void close();

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// What a file of spikes holds.
struct SpikeFileContent {
    struct Population {
        std::string name;
        std::uint64_t spikes = 0, largest_id = 0;
        double first = 0.0, last = 0.0;            ///< smallest and largest timestamp; 0 without spikes
    };
    std::string time_unit;
    std::vector<Population> populations;           ///< in alphabetical order
};

/// Reads all of a SONATA file of spikes.  IoError, naming the fault, where it is damaged or none: both columns of every population are read to their ends.
SpikeFileContent read_spike_file(const std::filesystem::path&);

}  // namespace spikemass::output
