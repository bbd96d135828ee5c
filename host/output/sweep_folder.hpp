#pragma once
// The folder of a sweep: network.toml, resolved.json, journal*.sqlite, dataset.nc, spikes/, report.html.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/output/journal.hpp"
#include "host/output/records.hpp"

namespace spikemass::output {

/// "journal.sqlite", or "journal-<shard>-of-<shards>.sqlite" (shards counted from 1) where there are several.
/// Any file of one shard: "live.h5" or "live-2-of-8.h5".
std::filesystem::path shard_path(const std::filesystem::path& file, int shard = 1, int shards = 1);
std::filesystem::path journal_path(const std::filesystem::path& folder, int shard = 1, int shards = 1);
std::filesystem::path dataset_path(const std::filesystem::path& folder);
std::filesystem::path spikes_folder(const std::filesystem::path& folder);
/// "point00000_trial000.h5"
std::string spike_file_name(std::int64_t point, std::int64_t trial);
/// Sorted; those without a committed sweep are left out.
std::vector<std::filesystem::path> find_journals(const std::filesystem::path& folder);
/// A DATASET argument is a sweep's folder or a file: the file to read.  IoError with the remedy if there is none.
std::filesystem::path resolve_dataset(const std::filesystem::path& folder_or_file);

/// Creates the folder with network.toml and resolved.json (each written atomically).
void prepare_folder(const std::filesystem::path& folder, const SweepHeader&);

/// What was found in all journals of a folder, one entry per planned run: ok in any journal beats failed.
class SweepResults {
public:
    /// IoError if there is no journal; ConfigurationError if the journals belong to different configurations.
    explicit SweepResults(const std::filesystem::path& folder);

    const SweepHeader& header() const { return journals_.front().header(); }
    const std::map<TrialId, JournalState>& states() const { return states_; }
    const std::vector<Journal>& journals() const { return journals_; }
    std::optional<TrialRecord> load(const TrialId&) const;

private:
    std::vector<Journal> journals_;
    std::map<TrialId, JournalState> states_;
    std::map<TrialId, std::size_t> where_;
};

/// Builds dataset.nc from the folder's journals.  Safe while a sweep is writing: it has what was committed when it was read.
void write_sweep_dataset(const std::filesystem::path& folder);

struct SweepStatus {
    std::int64_t points = 0, trials = 0, references = 0;
    std::int64_t planned = 0, done = 0, failed = 0, missing = 0;   ///< runs; equal points once; done + failed + missing = planned
    double build_seconds = 0.0, wall_seconds = 0.0;                ///< sums over finished runs
    struct Failure { TrialId id; std::string message; };
    std::vector<Failure> failures;
    struct JournalInfo { std::filesystem::path path; bool being_written = false; Journal::Writer writer; };
    std::vector<JournalInfo> journals;
    std::string dataset;                                           ///< "none", "present" (its age is not judged)
};
/// Reads the journals only; safe while a sweep is writing.
SweepStatus sweep_status(const std::filesystem::path& folder);
nlohmann::ordered_json to_json(const SweepStatus&);

/// Joins sweeps of the same configuration into `target`/journal.sqlite and builds the dataset.  `target` may be one of the sources.
void merge_sweeps(const std::filesystem::path& target, const std::vector<std::filesystem::path>& sources);

/// Upper bound on the bytes of journals and dataset together, the part of the dataset while it is replaced included.
std::uint64_t estimate_output_bytes(const SweepHeader&);

}  // namespace spikemass::output
