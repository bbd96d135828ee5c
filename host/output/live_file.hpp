#pragma once
// live.h5: rate and v of a sweep while it goes on.  A netCDF-4 file with the dataset's dimensions, names, units and coordinates, made once with NaN everywhere and without compression;
// after that no structure changes: values are written over NaNs in place.  So readers need no lock and no care, and a kill at any moment leaves a sound file.
// The journal stays the truth: the file is always made anew, never read back.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "host/output/records.hpp"

namespace spikemass::output {

class LiveFile {
public:
    /// Replaces what is there.  IoError, also for a full disk (room for all values is taken at once).
    LiveFile(const std::filesystem::path& file, const SweepHeader& header);
    ~LiveFile();
    LiveFile(const LiveFile&) = delete;
    LiveFile& operator=(const LiveFile&) = delete;

    /// Bins [first_bin, first_bin + n) of a planned run, and of equal points.  Shapes: [population][n], in 1/time unit and dimensionless; v is left out where it is not recorded, and empty for a
    /// population that has none.
    /// Other processes see them when this returns.
    void write(const TrialId& id, std::int64_t first_bin, const std::vector<std::vector<double>>& rate, const std::vector<std::vector<double>>& v);
    /// NaN again.
    void clear(const TrialId& id);
    /// To the disk.
    void sync();

    static std::uint64_t size_bound(const SweepHeader& header);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace spikemass::output
