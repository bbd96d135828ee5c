#include "host/output/journal.hpp"

#include <algorithm>
#include <chrono>
#include <mutex>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include "host/output/files.hpp"
#include "host/output/sha256.hpp"
#include "host/output/sqlite.hpp"
#include "host/output/trial_blob.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace fs = std::filesystem;
using sqlite::Database;
using sqlite::Statement;
using sqlite::Transaction;

namespace {

constexpr std::int64_t application_id = 0x534d4a4c;   // "SMJL": file(1) and we can tell a journal from other SQLite files
constexpr std::int64_t format_version = 1;
constexpr int patience_ms = 60'000;                   // readers hold the file for milliseconds
constexpr int lock_patience_ms = 1'000;               // being_written() holds the lock for microseconds

constexpr const char* schema = R"(
CREATE TABLE IF NOT EXISTS sweep (id INTEGER PRIMARY KEY CHECK (id = 1), sha256 TEXT NOT NULL, resolved TEXT NOT NULL,
                                  header BLOB NOT NULL, header_sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS writer (id INTEGER PRIMARY KEY CHECK (id = 1), pid INTEGER NOT NULL, host TEXT NOT NULL, since TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trial (kind INTEGER NOT NULL, number INTEGER NOT NULL, trial INTEGER NOT NULL, status INTEGER NOT NULL,
                                  message TEXT NOT NULL, digest TEXT NOT NULL, largest_count INTEGER NOT NULL,
                                  build_us INTEGER NOT NULL, wall_us INTEGER NOT NULL, run BLOB NOT NULL, UNIQUE (kind, number, trial));
)";

fs::path lock_path(const fs::path& journal) { return fs::path(journal) += "-lock"; }

std::int64_t pragma(Database& db, const char* name) {
    auto statement = db.prepare(fmt::format("PRAGMA {}", name));
    return statement.step() ? statement.integer(0) : 0;
}

bool has_schema(Database& db) {
    auto tables = db.prepare("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('sweep', 'writer', 'trial')");
    return tables.step() && tables.integer(0) == 3;
}

bool has_header(Database& db) {
    if (!has_schema(db)) return false;
    return db.prepare("SELECT 1 FROM sweep").step();
}

/// Refuses other SQLite files and journals of a later format.
void check_format(Database& db) {
    const auto found = pragma(db, "application_id");
    if (found == 0 && !has_schema(db)) return;   // empty: a writer died before its first commit
    if (found != application_id) throw IoError(fmt::format("{}: is a SQLite file of another program, not a journal; choose another folder.", db.path().string()));
    if (pragma(db, "user_version") != format_version)
        throw IoError(fmt::format("{}: journal format {} is not the format {} that this program reads; use the version that wrote it.", db.path().string(),
                                  pragma(db, "user_version"), format_version));
}

SweepHeader read_header(Database& db) {
    check_format(db);
    if (!has_header(db)) throw IoError(fmt::format("{}: holds no sweep yet; start it with `sweep`.", db.path().string()));
    auto row = db.prepare("SELECT header, header_sha256 FROM sweep");
    row.step();
    const auto blob = row.blob(0);
    const std::vector<std::uint8_t> bytes(blob.begin(), blob.end());
    if (sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()}) != row.text(1))
        throw IoError(fmt::format("{}: the stored configuration is damaged; restore the file from a copy, or delete it and sweep again.", db.path().string()));
    return decode_header(bytes);
}

std::optional<Journal::Writer> read_writer(Database& db) {
    if (!has_schema(db)) return std::nullopt;
    auto row = db.prepare("SELECT pid, host, since FROM writer");
    if (!row.step()) return std::nullopt;
    return Journal::Writer{row.integer(0), row.text(1), row.text(2)};
}

/// The lock against two writers.  Held until destruction or death of the process.
Database acquire_lock(const fs::path& journal) {
    Database lock(lock_path(journal), Database::Mode::create, lock_patience_ms);
    if (lock.try_execute("BEGIN IMMEDIATE")) return lock;
    std::string who = "another process";
    if (fs::exists(journal)) {
        Database db(journal, Database::Mode::read_only, patience_ms);
        if (const auto writer = read_writer(db)) who = fmt::format("process {} on {} (since {})", writer->pid, writer->host, writer->since);
    }
    throw IoError(fmt::format("{}: is being written by {}; a journal has one writer. Wait until it ends or stop it, or use another folder or --shard.",
                              journal.string(), who));
}

void store_header(Database& db, const SweepHeader& header) {
    const auto bytes = encode_header(header);
    auto insert = db.prepare("INSERT INTO sweep VALUES (1, ?, ?, ?, ?)");
    insert.bind(1, header.sha256).bind(2, header.resolved.dump()).bind(3, bytes);
    insert.bind(4, sha256_hex({reinterpret_cast<const char*>(bytes.data()), bytes.size()})).step();
}

void store_writer(Database& db) {
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    db.prepare("INSERT OR REPLACE INTO writer VALUES (1, ?, ?, ?)")
        .bind(1, static_cast<std::int64_t>(::getpid())).bind(2, host_name()).bind(3, fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now))).step();
}

Statement& bind_id(Statement& statement, const TrialId& id) {
    return statement.bind(1, static_cast<std::int64_t>(id.kind)).bind(2, id.index).bind(3, id.trial);
}

std::uint64_t largest_count(const RunResult& run) {
    std::uint64_t largest = 0;
    for (const auto& bins : run.populations)
        for (const auto count : bins.spike_count) largest = std::max(largest, count);
    return largest;
}

std::int64_t microseconds(double seconds) { return static_cast<std::int64_t>(seconds * 1e6); }

}  // namespace

struct Journal::State {
    std::optional<Database> lock;   // only a writer has it; destroyed last
    Database db;
    SweepHeader header;
    std::int64_t damaged_runs = 0;
    std::mutex mutex;

    State(std::optional<Database> held, Database opened) : lock(std::move(held)), db(std::move(opened)) {}

    void insert(const TrialId& id, TrialStatus status, std::string_view message, const RunResult& run, std::span<const std::uint8_t> bytes) {
        auto statement = db.prepare("INSERT OR REPLACE INTO trial VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
        bind_id(statement, id).bind(4, static_cast<std::int64_t>(status)).bind(5, message).bind(6, fmt::format("{:016x}", run.digest));
        statement.bind(7, static_cast<std::int64_t>(largest_count(run))).bind(8, microseconds(run.build_seconds)).bind(9, microseconds(run.wall_seconds));
        statement.bind(10, bytes).step();
    }

    void drop_damaged() {
        std::vector<TrialId> bad;
        auto rows = db.prepare("SELECT kind, number, trial, run FROM trial");
        while (rows.step()) try {
                decode_run(rows.blob(3));
            } catch (const IoError&) {
                bad.push_back({static_cast<RunKind>(rows.integer(0)), rows.integer(1), rows.integer(2)});
            }
        rows.reset();
        for (const auto& id : bad) {
            auto erase = db.prepare("DELETE FROM trial WHERE kind = ? AND number = ? AND trial = ?");
            bind_id(erase, id).step();
        }
        damaged_runs = static_cast<std::int64_t>(bad.size());
    }
};

Journal::Journal(std::unique_ptr<State> state) : state_(std::move(state)) {}
Journal::Journal(Journal&&) noexcept = default;
Journal& Journal::operator=(Journal&&) noexcept = default;
Journal::~Journal() = default;

Journal Journal::open_for_writing(const fs::path& path, const SweepHeader& header, bool may_exist) {
    header.check();
    auto lock = acquire_lock(path);
    auto state = std::make_unique<State>(std::move(lock), Database(path, Database::Mode::create, patience_ms));
    auto& db = state->db;
    check_format(db);
    if (has_header(db)) {
        if (!may_exist)
            throw ConfigurationError(fmt::format("{}: a sweep is stored there already; go on with it by --resume, or choose another folder.", path.string()));
        state->header = read_header(db);
        if (state->header.sha256 != header.sha256) {
            auto difference = configuration_difference(state->header.resolved, header.resolved);
            if (difference.empty()) difference = "(the resolved configurations read the same; the checksums differ)";
            throw ConfigurationError(fmt::format("{}: belongs to another configuration, so its results cannot be mixed with this one. Resume with the network "
                                                 "file and options that started it, or choose another folder. Differences (stored -> asked for):\n{}",
                                                 path.string(), difference));
        }
    }
    db.execute("PRAGMA journal_mode = DELETE");
    db.execute("PRAGMA synchronous = EXTRA");
    {
        Transaction transaction(db);
        db.execute(schema);
        db.execute(fmt::format("PRAGMA application_id = {}", application_id).c_str());
        db.execute(fmt::format("PRAGMA user_version = {}", format_version).c_str());
        if (!has_header(db)) {
            store_header(db, header);
            state->header = header;
        }
        store_writer(db);
        state->drop_damaged();
        transaction.commit();
    }
    return Journal(std::move(state));
}

Journal Journal::create(const fs::path& path, const SweepHeader& header) { return open_for_writing(path, header, false); }
Journal Journal::resume(const fs::path& path, const SweepHeader& header) { return open_for_writing(path, header, true); }

Journal Journal::open(const fs::path& path) {
    auto state = std::make_unique<State>(std::nullopt, Database(path, Database::Mode::read_only, patience_ms));
    state->header = read_header(state->db);
    return Journal(std::move(state));
}

bool Journal::holds_sweep(const fs::path& path) {
    if (!fs::exists(path)) return false;
    Database db(path, Database::Mode::read_only, patience_ms);
    check_format(db);
    return has_header(db);
}

const SweepHeader& Journal::header() const { return state_->header; }
const fs::path& Journal::path() const { return state_->db.path(); }
std::int64_t Journal::damaged_runs() const { return state_->damaged_runs; }

void Journal::record(const TrialRecord& record) {
    check_record(state_->header, record);
    const auto bytes = encode_run(record.seeds, record.result);
    const std::lock_guard guard(state_->mutex);
    Transaction transaction(state_->db);
    state_->insert(record.id, record.status, record.message, record.result, bytes);
    transaction.commit();
}

std::map<TrialId, JournalState> Journal::states() const {
    const std::lock_guard guard(state_->mutex);
    std::map<TrialId, JournalState> out;
    auto rows = state_->db.prepare("SELECT kind, number, trial, status, message, build_us, wall_us FROM trial");
    while (rows.step())
        out[{static_cast<RunKind>(rows.integer(0)), rows.integer(1), rows.integer(2)}] = {
            static_cast<TrialStatus>(rows.integer(3)), rows.text(4), static_cast<double>(rows.integer(5)) * 1e-6, static_cast<double>(rows.integer(6)) * 1e-6};
    return out;
}

std::vector<TrialId> Journal::remaining() const {
    const auto stored = states();
    auto ids = planned_trials(header());
    std::erase_if(ids, [&](const TrialId& id) {
        const auto found = stored.find(id);
        return found != stored.end() && found->second.status == TrialStatus::ok;
    });
    return ids;
}

std::optional<TrialRecord> Journal::load(const TrialId& id) const try {
    const std::lock_guard guard(state_->mutex);
    auto row = state_->db.prepare("SELECT status, message, run FROM trial WHERE kind = ? AND number = ? AND trial = ?");
    bind_id(row, id);
    if (!row.step()) return std::nullopt;
    auto run = decode_run(row.blob(2));
    return TrialRecord{id, static_cast<TrialStatus>(row.integer(0)), row.text(1), run.seeds, std::move(run.result)};
} catch (const IoError& e) {
    throw IoError(fmt::format("{}, {} {}, trial {}: {}", path().string(), id.kind == RunKind::point ? "point" : "reference", id.index, id.trial, e.what()));
}

std::uint64_t Journal::largest_spike_count() const {
    const std::lock_guard guard(state_->mutex);
    auto row = state_->db.prepare("SELECT coalesce(max(largest_count), 0) FROM trial");
    row.step();
    return static_cast<std::uint64_t>(row.integer(0));
}

void Journal::absorb(const Journal& other) {
    if (other.header().sha256 != header().sha256)
        throw ConfigurationError(fmt::format("{} and {} belong to different configurations and cannot be merged. Differences:\n{}", path().string(),
                                             other.path().string(), configuration_difference(header().resolved, other.header().resolved)));
    const auto mine = states();
    for (const auto& [id, theirs] : other.states()) {
        const auto found = mine.find(id);
        if (found != mine.end() && (found->second.status == TrialStatus::ok || theirs.status != TrialStatus::ok)) continue;
        if (const auto run = other.load(id)) record(*run);
    }
}

std::optional<Journal::Writer> Journal::last_writer() const {
    const std::lock_guard guard(state_->mutex);
    return read_writer(state_->db);
}

bool Journal::being_written(const fs::path& path) {
    if (!fs::exists(lock_path(path))) return false;
    Database lock(lock_path(path), Database::Mode::read_write, 0);
    if (!lock.try_execute("BEGIN IMMEDIATE")) return true;
    lock.execute("ROLLBACK");
    return false;
}

void check_record(const SweepHeader& header, const TrialRecord& record) {
    const auto fail = [&](const std::string& what) {
        throw Error(ExitCode::runtime, fmt::format("{} {}, trial {}: {}; the run does not fit the sweep's plan.",
                                                   record.id.kind == RunKind::point ? "point" : "reference", record.id.index, record.id.trial, what));
    };
    const auto limit = record.id.kind == RunKind::point ? header.n_points() : header.n_references();
    if (record.id.index < 0 || record.id.index >= limit || record.id.trial < 0 || record.id.trial >= header.trials) fail("is not planned");
    if (record.status != TrialStatus::ok) return;
    const auto& run = record.result;
    if (run.populations.size() != header.populations.size()) fail(fmt::format("{} populations instead of {}", run.populations.size(), header.populations.size()));
    if (run.projections.size() != header.projections.size()) fail(fmt::format("{} projections instead of {}", run.projections.size(), header.projections.size()));
    const auto statistics = header.record.statistics ? run.populations.size() : 0;
    if (run.statistics.size() != statistics) fail(fmt::format("statistics of {} populations instead of {}", run.statistics.size(), statistics));
    const auto bins = static_cast<std::size_t>(header.n_bins());
    for (const auto& p : run.populations) {
        if (p.rate.size() != bins) fail(fmt::format("{} bins of the rate instead of {}", p.rate.size(), bins));
        for (const auto size : {p.spike_count.size(), p.v.size(), p.z_re.size(), p.z_im.size()})
            if (size != 0 && size != bins) fail(fmt::format("an array of {} bins instead of {}", size, bins));
    }
}

}  // namespace spikemass::output
