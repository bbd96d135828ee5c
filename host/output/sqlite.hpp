#pragma once
// A thin owner of SQLite's handles: statements are finalised, errors are thrown.  Used by the journal alone.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace spikemass::output::sqlite {

class Statement;

class Database {
public:
    enum class Mode { create, read_write, read_only };
    Database(const std::filesystem::path&, Mode, int busy_timeout_ms);
    ~Database();
    Database(Database&&) noexcept;
    Database& operator=(Database&&) noexcept;

    void execute(const char* sql);
    /// false if another connection holds a lock that this one needs; other errors are thrown.
    bool try_execute(const char* sql);
    Statement prepare(std::string_view sql);
    bool in_transaction() const;
    const std::filesystem::path& path() const { return path_; }
    [[noreturn]] void fail(std::string_view doing) const;

private:
    friend class Statement;
    sqlite3* handle_ = nullptr;
    std::filesystem::path path_;
};

/// One statement, parameters and columns counted from 1 and 0 as SQLite does.
class Statement {
public:
    ~Statement();
    Statement(Statement&&) noexcept;
    Statement& operator=(Statement&&) = delete;

    Statement& bind(int parameter, std::int64_t);
    Statement& bind(int parameter, std::string_view);
    Statement& bind(int parameter, std::span<const std::uint8_t>);
    /// true: a row is there.
    bool step();
    void reset();
    std::int64_t integer(int column) const;
    std::string text(int column) const;
    /// Valid until the next step or reset.
    std::span<const std::uint8_t> blob(int column) const;

private:
    friend class Database;
    Statement(Database&, std::string_view sql);
    Database* database_;
    sqlite3_stmt* handle_ = nullptr;
};

/// BEGIN IMMEDIATE ... COMMIT; rolled back unless commit() was reached.
class Transaction {
public:
    explicit Transaction(Database&);
    ~Transaction();
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    void commit();

private:
    Database& database_;
    bool done_ = false;
};

}  // namespace spikemass::output::sqlite
