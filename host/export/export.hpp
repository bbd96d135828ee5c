#pragma once
// Hand-over files: what other programs take over from a dataset.  docs/export.md describes every file.

#include <array>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "host/export/splits.hpp"
#include "host/output/dataset.hpp"

namespace spikemass::handover {

struct UdeOptions {
    SplitOptions split;
    int order = 3;          ///< of the polynomials that give dxdt
    int window = 5;         ///< bins that they are fitted to
};

struct UdeSummary {
    std::size_t points = 0;
    std::array<std::size_t, 4> split{};             ///< points, by handover::Split
    std::string hold_out, validation;
    std::vector<std::string> notes;                 ///< points and trials that were left out, what is NaN and why; one sentence each
};

/// Training data of universal differential equations: netCDF-4, f64, written atomically.
/// Errors: ConfigurationError where a population has no exact mass, where v was not recorded, where no run is ok, and as make_splits and for an order and a window that do not fit; IoError.
UdeSummary export_ude(const output::Dataset& dataset, const std::filesystem::path& file, const UdeOptions& options);

struct CsvSummary {
    std::uint64_t rows = 0;
    std::vector<std::string> notes;                 ///< runs that were left out
};
/// One row per point, trial, bin and population of the runs that are ok, with every swept value; units as in dataset.nc.  Errors: ConfigurationError where no run is ok, IoError.
CsvSummary export_csv(const output::Dataset& dataset, const std::filesystem::path& file);

struct SonataSummary {
    std::uint64_t files = 0, spikes = 0;
    std::vector<std::string> notes;
};
/// The spike files of a sweep, each read to its end and counted against the dataset, copied into a new folder with runs.csv, which says what each of them is.
/// Errors: ConfigurationError where spikes were not recorded or the folder holds something, IoError for files that are missing, damaged or of another dataset.
SonataSummary export_sonata(const output::Dataset& dataset, const std::filesystem::path& folder);

/// What was left out: one sentence per run that is missing or failed (one for a point where none of its runs is ok).
std::vector<std::string> unusable_runs(const output::Dataset& dataset);
/// "point 3 (mean_indegree = 30, strength = 5)".
std::string describe_point(const output::Dataset& dataset, std::size_t point);

/// A field of a CSV table (RFC 4180): quoted where it holds separators, quotes or line breaks.
std::string csv_field(const std::string& text);
std::string csv_field(const output::AxisValue& value);

}  // namespace spikemass::handover
