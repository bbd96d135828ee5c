// Real processes, really killed: what was committed must be there, whole, and nothing else.

#include <chrono>
#include <csignal>
#include <thread>
#include <utility>

#include "host/output/dataset.hpp"
#include "host/output/journal.hpp"
#include "host/output/sweep_folder.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

SweepHeader long_sweep() {
    auto h = make_header();
    h.trials = 25;
    return h;
}

/// The child resumes the sweep and writes what remains; after each commit it tells us by one byte.  Never returns.
[[noreturn]] void write_until_killed(const fs::path& folder, int pipe) {
    try {
        const auto h = long_sweep();
        auto journal = Journal::resume(journal_path(folder), h);
        for (const auto& id : journal.remaining()) {
            journal.record(make_record(h, id));
            const char done = 1;
            if (::write(pipe, &done, 1) != 1) ::_exit(1);
        }
    } catch (...) {
        ::_exit(1);
    }
    ::_exit(0);
}

struct Killed { std::size_t acknowledged; bool finished; };

/// Runs a writer and kills it `commits` commits after its start plus a random part of the time that a commit takes.
Killed run_and_kill(const fs::path& folder, int commits, double part_of_a_commit) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        write_until_killed(folder, ends[1]);
    }
    ::close(ends[1]);
    char byte;
    Killed result{};
    auto before = std::chrono::steady_clock::now(), now = before;
    for (int k = 0; k < 2 + commits && ::read(ends[0], &byte, 1) == 1; ++k) {
        ++result.acknowledged;
        before = std::exchange(now, std::chrono::steady_clock::now());
    }
    std::this_thread::sleep_for((now - before) * part_of_a_commit);
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    while (::read(ends[0], &byte, 1) == 1) ++result.acknowledged;
    ::close(ends[0]);
    result.finished = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return result;
}

TEST(JournalKill, EveryCommittedTrialSurvivesAndTheRestIsResumed) {
    const TemporaryFolder folder;
    const auto h = long_sweep();
    const auto planned = planned_trials(h);
    std::mt19937_64 random(std::random_device{}());
    std::uniform_int_distribution<int> commits(0, 4);
    std::uniform_real_distribution<double> part(0.0, 1.0);
    std::size_t stored = 0;
    int kills = 0;
    for (bool finished = false; !finished; ++kills) {
        ASSERT_LT(kills, 1000);
        const auto run = run_and_kill(folder.path(), commits(random), part(random));
        finished = run.finished;
        const auto journal = Journal::open(journal_path(folder.path()));   // a dead writer blocks nobody
        EXPECT_FALSE(Journal::being_written(journal.path()));
        const auto states = journal.states();
        EXPECT_GE(states.size(), stored + run.acknowledged);
        EXPECT_LE(states.size(), stored + run.acknowledged + 1);   // one commit may not have been told to us yet
        EXPECT_EQ(journal.remaining().size(), planned.size() - states.size());
        stored = states.size();
    }
    RecordProperty("kills", kills);
    EXPECT_GT(kills, 3) << "the sweep was over before it could be killed: the test tested nothing";
    auto journal = Journal::resume(journal_path(folder.path()), h);
    EXPECT_EQ(journal.damaged_runs(), 0);
    EXPECT_TRUE(journal.remaining().empty());
    for (const auto& id : planned) expect_equal(*journal.load(id), make_record(h, id));

    // The same bytes as an undisturbed sweep.
    const TemporaryFolder undisturbed;
    {
        auto other = Journal::create(journal_path(undisturbed.path()), h);
        for (const auto& id : planned) other.record(make_record(h, id));
    }
    write_sweep_dataset(folder.path());
    write_sweep_dataset(undisturbed.path());
    EXPECT_EQ(sha256_of_file(dataset_path(folder.path())), sha256_of_file(dataset_path(undisturbed.path())));
}

TEST(JournalKill, ADatasetIsOldOrNewButWhole) {
    const TemporaryFolder folder;
    const auto h = long_sweep();
    {
        auto journal = Journal::create(journal_path(folder.path()), h);
        for (const auto& id : planned_trials(h)) journal.record(make_record(h, id));
    }
    write_sweep_dataset(folder.path());
    const auto began = std::chrono::steady_clock::now();
    write_sweep_dataset(folder.path());
    const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    std::mt19937_64 random(std::random_device{}());
    std::uniform_int_distribution<std::int64_t> delay_us(0, whole.count() * 3 / 2);
    for (int k = 0; k < 8; ++k) {
        const auto child = ::fork();
        if (child == 0) {
            try {
                for (;;) write_sweep_dataset(folder.path());
            } catch (...) {
            }
            ::_exit(1);
        }
        std::this_thread::sleep_for(std::chrono::microseconds(delay_us(random)));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        EXPECT_NO_THROW(validate_dataset(dataset_path(folder.path())));
    }
    write_sweep_dataset(folder.path());
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

}  // namespace
}  // namespace spikemass::output::test
