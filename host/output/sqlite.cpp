#include "host/output/sqlite.hpp"

#include <utility>

#include <fmt/format.h>
#include <sqlite3.h>

#include "models/base/error.hpp"

namespace spikemass::output::sqlite {

namespace {

const char* remedy(int code) {
    switch (code & 0xff) {
        case SQLITE_FULL: return "free some space and start again with --resume; every trial that was finished is kept.";
        case SQLITE_BUSY: return "another program holds it for long; wait for that program or stop it.";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return "the file is damaged or no journal; restore it from a copy, or delete it and compute its trials again with --resume.";
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN: return "check that the folder exists and may be written to.";
        case SQLITE_TOOBIG: return "one trial is larger than 1 GB; record fewer bins or observables.";
        default: return "the disk or the connection to it may be faulty.";
    }
}

}  // namespace

Database::Database(const std::filesystem::path& path, Mode mode, int busy_timeout_ms) : path_(path) {
    // A reader must be able to roll back what a dead writer left, so it asks for writing too; SQLite falls back to reading where it may not write.
    const int flags = SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_READWRITE | (mode == Mode::create ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path.c_str(), &handle_, flags, nullptr) != SQLITE_OK) {
        const auto what = handle_ ? std::string(sqlite3_errmsg(handle_)) : std::string("out of memory");
        const int code = handle_ ? sqlite3_errcode(handle_) : SQLITE_NOMEM;
        sqlite3_close(handle_);
        throw IoError(fmt::format("{}: the journal cannot be opened: {}; {}", path.string(), what, remedy(code)));
    }
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, busy_timeout_ms);
    if (mode == Mode::read_only) {
        try {
            execute("PRAGMA query_only = ON");
        } catch (...) {
            sqlite3_close(handle_);
            throw;
        }
    }
}

Database::~Database() { sqlite3_close(handle_); }

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)), path_(std::move(other.path_)) {}
Database& Database::operator=(Database&& other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(path_, other.path_);
    return *this;
}

void Database::fail(std::string_view doing) const {
    throw IoError(fmt::format("{}: {}: {}; {}", path_.string(), doing, sqlite3_errmsg(handle_), remedy(sqlite3_errcode(handle_))));
}

void Database::execute(const char* sql) {
    if (sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail("the journal refused");
}

bool Database::try_execute(const char* sql) {
    const int code = sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
    if ((code & 0xff) == SQLITE_BUSY) return false;
    if (code != SQLITE_OK) fail("the journal refused");
    return true;
}

bool Database::in_transaction() const { return sqlite3_get_autocommit(handle_) == 0; }

Statement Database::prepare(std::string_view sql) { return Statement(*this, sql); }

Statement::Statement(Database& database, std::string_view sql) : database_(&database) {
    if (sqlite3_prepare_v2(database.handle_, sql.data(), static_cast<int>(sql.size()), &handle_, nullptr) != SQLITE_OK) database.fail("the journal cannot be read");
}
Statement::~Statement() { sqlite3_finalize(handle_); }
Statement::Statement(Statement&& other) noexcept : database_(other.database_), handle_(std::exchange(other.handle_, nullptr)) {}

Statement& Statement::bind(int parameter, std::int64_t value) {
    if (sqlite3_bind_int64(handle_, parameter, value) != SQLITE_OK) database_->fail("binding");
    return *this;
}
Statement& Statement::bind(int parameter, std::string_view value) {
    if (sqlite3_bind_text64(handle_, parameter, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) != SQLITE_OK) database_->fail("binding");
    return *this;
}
Statement& Statement::bind(int parameter, std::span<const std::uint8_t> value) {
    if (sqlite3_bind_blob64(handle_, parameter, value.data(), value.size(), SQLITE_TRANSIENT) != SQLITE_OK) database_->fail("binding");
    return *this;
}

bool Statement::step() {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code != SQLITE_DONE) {
        sqlite3_reset(handle_);
        database_->fail("reading or writing the journal failed");
    }
    return false;
}
void Statement::reset() { sqlite3_reset(handle_); }
std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(handle_, column); }
std::string Statement::text(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return text ? std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))) : std::string();
}
std::span<const std::uint8_t> Statement::blob(int column) const {
    const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(handle_, column));
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

Transaction::Transaction(Database& database) : database_(database) { database_.execute("BEGIN IMMEDIATE"); }
Transaction::~Transaction() {
    if (done_ || !database_.in_transaction()) return;   // SQLite may have rolled back by itself, as on a full disk
    try {
        database_.execute("ROLLBACK");
    } catch (const IoError&) {   // the next opening rolls back
    }
}
void Transaction::commit() {
    database_.execute("COMMIT");
    done_ = true;
}

}  // namespace spikemass::output::sqlite
