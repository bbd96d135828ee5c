#pragma once
// The memory of a sweep while it runs: one SQLite file per writer (process, shard or rank), one committed transaction per finished trial.
// A rollback journal with synchronous=EXTRA: after record() returns, the trial outlives kill -9 and power loss; it also works on network file systems.
// One writer per file: it holds SQLite's reserved lock on "<file>-lock", which the kernel drops when the process ends in any way.
// Any number of readers may look while the writer writes.  Do not open and close the file by other means in the writing process:
// POSIX would drop SQLite's locks.

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/output/records.hpp"

namespace spikemass::output {

struct JournalState {
    TrialStatus status = TrialStatus::missing;
    std::string message;                      ///< of a failed trial
    double build_seconds = 0.0, wall_seconds = 0.0;
};

class Journal {
public:
    /// A new journal.  ConfigurationError if a sweep is stored there already, IoError if another process writes it (names its pid and host).
    static Journal create(const std::filesystem::path&, const SweepHeader&);
    /// Goes on with a journal, or starts it where none is.  ConfigurationError with the list of differences if it belongs to another
    /// configuration; IoError if another process writes it.  Runs that are damaged on disk are dropped, so that they count as missing.
    static Journal resume(const std::filesystem::path&, const SweepHeader&);
    /// Reads only; never disturbs a writer.
    static Journal open(const std::filesystem::path&);
    /// true if a sweep's header has been committed there.
    static bool holds_sweep(const std::filesystem::path&);

    Journal(Journal&&) noexcept;
    Journal& operator=(Journal&&) noexcept;
    ~Journal();

    const SweepHeader& header() const;        ///< of the stored sweep
    const std::filesystem::path& path() const;
    /// Runs dropped by resume() because their checksum was wrong.
    std::int64_t damaged_runs() const;

    /// Commits one finished or failed trial, replacing what was stored under its id.  Safe from several threads.  IoError on a full disk:
    /// nothing of this trial is stored then, and what was committed stays.
    void record(const TrialRecord&);

    std::map<TrialId, JournalState> states() const;
    /// Planned trials without a good result in this journal: what a resumed sweep has to compute.  Failed ones are among them.
    std::vector<TrialId> remaining() const;
    /// IoError if the stored bytes are damaged.
    std::optional<TrialRecord> load(const TrialId&) const;
    /// Largest spike count of any bin: tells whether 32 bits hold them all.
    std::uint64_t largest_spike_count() const;

    /// Copies what `other` has and this one lacks (good results replace failed ones).  ConfigurationError if the configurations differ.
    void absorb(const Journal& other);

    struct Writer { std::int64_t pid = 0; std::string host, since; };
    /// Who last opened this journal for writing, and whether that process is still there.
    std::optional<Writer> last_writer() const;
    static bool being_written(const std::filesystem::path&);

private:
    struct State;
    explicit Journal(std::unique_ptr<State>);
    static Journal open_for_writing(const std::filesystem::path&, const SweepHeader&, bool may_exist);
    std::unique_ptr<State> state_;
};

/// Throws Error if a record does not have the shape that the header announces.
void check_record(const SweepHeader&, const TrialRecord&);

}  // namespace spikemass::output
