#include "host/output/journal.hpp"

#include <algorithm>
#include <optional>
#include <thread>

#include <sqlite3.h>

#include "host/output/files.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

TEST(Journal, StoresAndGivesBackExactly) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    const auto h = make_header();
    const auto ids = planned_trials(h);
    {
        auto journal = Journal::create(path, h);
        EXPECT_EQ(journal.remaining(), ids);
        for (const auto& id : ids) journal.record(make_record(h, id));
        EXPECT_TRUE(journal.remaining().empty());
    }
    const auto journal = Journal::open(path);
    EXPECT_EQ(journal.header().points, h.points);
    std::uint64_t largest = 0;
    for (const auto& id : ids) {
        const auto expected = make_record(h, id);
        expect_equal(*journal.load(id), expected);
        for (const auto& bins : expected.result.populations)
            for (const auto count : bins.spike_count) largest = std::max(largest, count);
    }
    EXPECT_EQ(journal.largest_spike_count(), largest);
    EXPECT_FALSE(journal.load({RunKind::point, 2, 0}));
    EXPECT_EQ(journal.last_writer()->pid, ::getpid());
}

TEST(Journal, FailedTrialsKeepTheirMessageAndAreRedone) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    const auto h = make_header();
    const TrialId id{RunKind::point, 1, 0};
    {
        auto journal = Journal::create(path, h);
        journal.record({id, TrialStatus::failed, "left the finite numbers", {1, 2, 3}, {}});
    }
    auto journal = Journal::resume(path, h);
    const auto remaining = journal.remaining();
    EXPECT_NE(std::find(remaining.begin(), remaining.end(), id), remaining.end());
    EXPECT_EQ(journal.states().at(id).message, "left the finite numbers");
    journal.record(make_record(h, id));
    EXPECT_EQ(journal.states().at(id).status, TrialStatus::ok);
    expect_equal(*journal.load(id), make_record(h, id));
}

TEST(Journal, CreateRefusesAFinishedOrStartedSweep) {
    const TemporaryFolder folder;
    { auto journal = Journal::create(folder / "journal.sqlite", make_header()); }
    EXPECT_TRUE(Journal::holds_sweep(folder / "journal.sqlite"));
    const auto message = error_of(ExitCode::configuration, [&] { Journal::create(folder / "journal.sqlite", make_header()); });
    EXPECT_TRUE(contains(message, "--resume")) << message;
}

TEST(Journal, ResumeOfAnotherConfigurationPrintsTheDifference) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    { auto journal = Journal::create(path, make_header()); }
    auto other = make_header();
    other.resolved["run"]["dt"] = 0.01;
    other.sha256 = sha256_hex(other.resolved.dump());
    const auto message = error_of(ExitCode::configuration, [&] { Journal::resume(path, other); });
    EXPECT_TRUE(contains(message, "run.dt: 0.02 -> 0.01")) << message;
    EXPECT_NO_THROW(Journal::resume(path, make_header()));
}

TEST(Journal, ResumeStartsWhereNothingIsYet) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    write_file(path, "");   // a writer that died before its first commit
    EXPECT_FALSE(Journal::holds_sweep(path));
    const auto journal = Journal::resume(path, make_header());
    EXPECT_EQ(journal.remaining(), planned_trials(make_header()));
}

TEST(Journal, OtherFilesAreRefused) {
    const TemporaryFolder folder;
    write_file(folder / "text.sqlite", std::string(4096, 'x'));
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { Journal::open(folder / "text.sqlite"); }), "damaged or no journal"));
    sqlite3* other = nullptr;
    ASSERT_EQ(sqlite3_open((folder / "other.sqlite").c_str(), &other), SQLITE_OK);
    sqlite3_exec(other, "PRAGMA application_id = 7; CREATE TABLE t (x)", nullptr, nullptr, nullptr);
    sqlite3_close(other);
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { Journal::resume(folder / "other.sqlite", make_header()); }), "another program"));
    error_of(ExitCode::io, [&] { Journal::open(folder / "none.sqlite"); });
    EXPECT_FALSE(fs::exists(folder / "none.sqlite"));
}

TEST(Journal, SecondWriterIsToldWhoTheFirstIs) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    const auto h = make_header();
    // The child starts before SQLite is used here: a forked copy of our connections would hide the kernel's lock.
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) {
        char go;
        if (::read(ends[0], &go, 1) != 1) ::_exit(4);
        try {
            Journal::resume(path, h);
        } catch (const IoError& e) {
            const std::string message = e.what();
            ::_exit(contains(message, std::to_string(::getppid())) && contains(message, host_name()) ? 0 : 2);
        } catch (...) {
        }
        ::_exit(3);
    }
    EXPECT_FALSE(Journal::being_written(path));
    auto first = std::make_optional(Journal::create(path, h));
    EXPECT_TRUE(Journal::being_written(path));
    ASSERT_EQ(::write(ends[1], "x", 1), 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(WEXITSTATUS(status), 0);
    EXPECT_THROW(Journal::resume(path, h), IoError);       // the same process cannot either
    first->record(make_record(h, {RunKind::point, 0, 0}));   // the first goes on
    first.reset();
    EXPECT_FALSE(Journal::being_written(path));
    EXPECT_EQ(Journal::resume(path, h).states().size(), 1u);
}

TEST(Journal, ReadersLookWhileAWriterWrites) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    auto h = make_header();
    h.trials = 50;
    auto writer = Journal::create(path, h);
    std::size_t seen = 0;
    std::thread reader([&] {
        while (seen < 50) {
            const auto journal = Journal::open(path);
            const auto now = journal.states().size();
            EXPECT_GE(now, seen);
            seen = now;
        }
    });
    for (std::int64_t t = 0; t < 50; ++t) writer.record(make_record(h, {RunKind::point, 0, t}));
    reader.join();
}

TEST(Journal, ThreadsRecordAtTheSameTime) {
    const TemporaryFolder folder;
    auto h = make_header();
    h.trials = 20;
    auto journal = Journal::create(folder / "journal.sqlite", h);
    std::vector<std::thread> threads;
    for (std::int64_t k = 0; k < 4; ++k)
        threads.emplace_back([&, k] {
            for (auto t = k; t < 20; t += 4) journal.record(make_record(h, {RunKind::point, 0, t}));
        });
    for (auto& thread : threads) thread.join();
    for (std::int64_t t = 0; t < 20; ++t) expect_equal(*journal.load({RunKind::point, 0, t}), make_record(h, {RunKind::point, 0, t}));
}

TEST(Journal, DamagedRunsAreDroppedAndCountAsMissing) {
    const TemporaryFolder folder;
    const auto path = folder / "journal.sqlite";
    const auto h = make_header();
    {
        auto journal = Journal::create(path, h);
        journal.record(make_record(h, {RunKind::point, 0, 0}));
        journal.record(make_record(h, {RunKind::point, 0, 1}));
    }
    sqlite3* db = nullptr;
    ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
    ASSERT_EQ(sqlite3_exec(db, "UPDATE trial SET run = substr(run, 1, 200) || x'00' || substr(run, 202) WHERE trial = 1", nullptr, nullptr, nullptr), SQLITE_OK);
    sqlite3_close(db);
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { Journal::open(path).load({RunKind::point, 0, 1}); }), "point 0, trial 1"));
    const auto journal = Journal::resume(path, h);
    EXPECT_EQ(journal.damaged_runs(), 1);
    EXPECT_EQ(journal.states().size(), 1u);
    expect_equal(*journal.load({RunKind::point, 0, 0}), make_record(h, {RunKind::point, 0, 0}));
}

TEST(Journal, UnwritableFolderIsAClearError) {
    const TemporaryFolder folder;
    write_file(folder / "file", "x");
    const auto message = error_of(ExitCode::io, [&] { Journal::create(folder / "file/journal.sqlite", make_header()); });
    EXPECT_TRUE(contains(message, "check that the folder exists")) << message;
}

}  // namespace
}  // namespace spikemass::output::test
