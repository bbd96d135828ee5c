#include "host/rate_stream.hpp"

#include <gtest/gtest.h>

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <latch>
#include <map>
#include <semaphore>
#include <stdexcept>
#include <string>

#include "host/simulation.hpp"

namespace spikemass {
namespace {

RateChunk chunk(std::int64_t point, std::int64_t first) {
    RateChunk c;
    c.point = point;
    c.first_bin = first;
    c.bins = 1;
    c.rate = {{static_cast<double>(first)}};
    return c;
}

/// A folder that is gone when the test ends.
struct Folder {
    std::filesystem::path path = std::filesystem::temp_directory_path() / ("spikemass-stream-" + std::to_string(::getpid()));
    Folder() { std::filesystem::create_directories(path); }
    ~Folder() { std::filesystem::remove_all(path); }
    std::size_t files() const { return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {})); }
};

bool soon(const std::function<bool()>& is) {
    for (int i = 0; i < 3000 && !is(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    return is();
}

/// Pushes 100 chunks into a consumer that takes none of them before it may; what then arrives is in `seen`.
class Backlog {
public:
    explicit Backlog(const std::filesystem::path& folder, std::int64_t pushed = 100)
        : stream({{}, [this](const RateChunk& c) {
              if (std::exchange(first_, false)) go.acquire();
              seen.push_back(c);
          }, {}}, 4, folder) {
        for (std::int64_t k = 0; k < pushed; ++k) {   // would never return if it waited
            RateChunk c = chunk(k % 3, k);
            c.trial = k % 5;
            c.reference = k % 2 == 1;
            c.forget = k % 7 == 0;
            c.bins = 2;
            c.rate = {{0.1 * static_cast<double>(k), -0.0}, {1e300, static_cast<double>(k)}};
            c.v = {{}, {0.5, static_cast<double>(-k)}};
            EXPECT_TRUE(stream.push(std::move(c)));
        }
    }
    ~Backlog() { go.release(); }
    void expect_all(std::int64_t n = 100) const {
        ASSERT_EQ(seen.size(), static_cast<std::size_t>(n));
        for (std::int64_t k = 0; k < n; ++k) {
            const RateChunk& c = seen[static_cast<std::size_t>(k)];
            EXPECT_EQ(c.first_bin, k);
            EXPECT_EQ(c.point, k % 3);
            EXPECT_EQ(c.trial, k % 5);
            EXPECT_EQ(c.reference, k % 2 == 1);
            EXPECT_EQ(c.forget, k % 7 == 0);
            EXPECT_EQ(c.bins, 2);
            EXPECT_EQ(c.rate, (std::vector<std::vector<double>>{{0.1 * static_cast<double>(k), -0.0}, {1e300, static_cast<double>(k)}}));
            EXPECT_EQ(c.v, (std::vector<std::vector<double>>{{}, {0.5, static_cast<double>(-k)}}));
        }
    }

    std::binary_semaphore go{0};
    std::vector<RateChunk> seen;

private:
    bool first_ = true;

public:
    RateStream stream;
};

TEST(RateStream, ASlowConsumerBlocksNobodyAndLosesNothing) {
    Backlog b("");   // all in memory
    const RateStream::Counts before = b.stream.counts();
    EXPECT_EQ(before.pushed, 100u);
    EXPECT_EQ(before.delivered, 0u);
    EXPECT_EQ(before.spilled, 0u);
    EXPECT_GE(before.kept, 95u);   // the consumer may have taken one
    EXPECT_LE(before.kept, 96u);
    EXPECT_GE(before.most_waiting, 99u);
    b.go.release();
    b.stream.close();
    b.expect_all();
    EXPECT_EQ(b.stream.counts().delivered, 100u);
    EXPECT_EQ(b.stream.counts().dropped, 0u);
    EXPECT_FALSE(b.stream.push(chunk(0, 100)));
    b.stream.close();   // again
}

TEST(RateStream, BeyondTheBoundChunksWaitOnDisk) {
    const Folder folder;
    Backlog b(folder.path);
    EXPECT_TRUE(soon([&] { return b.stream.counts().spilled >= 95; }));
    EXPECT_EQ(folder.files(), 0u);   // without a name, so that nothing is left whatever happens
    b.go.release();
    b.stream.close();
    b.expect_all();
    const RateStream::Counts c = b.stream.counts();
    EXPECT_EQ(c.delivered, 100u);
    EXPECT_LE(c.spilled, 96u);
    EXPECT_EQ(c.kept, 0u);
    EXPECT_EQ(folder.files(), 0u);
}

TEST(RateStream, TheDiskIsUsedAgainAfterABacklog) {
    const Folder folder;
    Backlog b(folder.path);
    EXPECT_TRUE(soon([&] { return b.stream.counts().spilled >= 95; }));
    b.go.release();
    EXPECT_TRUE(b.stream.drain(30));
    EXPECT_EQ(b.stream.counts().delivered, 100u);
    std::int64_t at = 100;
    for (int wave = 0; wave < 20; ++wave) {   // faster than anybody writes or reads
        for (int i = 0; i < 50; ++i) b.stream.push(chunk(0, at++));
        if (wave % 5 == 4) {
            EXPECT_TRUE(b.stream.drain(30));
        }
    }
    b.stream.close();
    ASSERT_EQ(b.seen.size(), static_cast<std::size_t>(at));
    for (std::int64_t k = 0; k < at; ++k) EXPECT_EQ(b.seen[static_cast<std::size_t>(k)].first_bin, k);
}

TEST(RateStream, AnUnwritableFolderKeepsChunksInMemory) {
    Backlog b("/proc/nowhere");
    EXPECT_TRUE(soon([&] { return b.stream.counts().kept >= 95; }));
    EXPECT_EQ(b.stream.counts().spilled, 0u);
    b.go.release();
    b.stream.close();
    b.expect_all();
}

TEST(RateStream, AFullDiskKeepsTheRestInMemory) {
    const Folder folder;
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit tight = before;
    tight.rlim_cur = 1000;   // some chunks of 112 bytes; one is cut in the middle
    setrlimit(RLIMIT_FSIZE, &tight);
    {
        Backlog b(folder.path);
        EXPECT_TRUE(soon([&] { return b.stream.counts().kept + b.stream.counts().spilled >= 95; }));
        EXPECT_GT(b.stream.counts().spilled, 2u);
        EXPECT_LT(b.stream.counts().spilled, 20u);
        EXPECT_GT(b.stream.counts().kept, 70u);
        b.go.release();
        b.stream.close();
        b.expect_all();
    }
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
}

TEST(RateStream, NothingIsLeftAfterAKill) {
    const Folder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        Backlog b(folder.path);
        while (b.stream.counts().spilled < 95) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ::kill(::getpid(), SIGKILL);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    EXPECT_EQ(folder.files(), 0u);
    std::ofstream(folder.path / ".spikemass-spill-Ab12cd") << "of a file system where files need names";
    std::ofstream(folder.path / "other") << "of somebody else";
    SpillFile::remove_leftovers(folder.path);
    EXPECT_EQ(folder.files(), 1u);
    SpillFile::remove_leftovers(folder.path / "missing");   // no folder, nothing to do
}

TEST(RateStream, StopsWhileChunksWaitOnDisk) {
    const Folder folder;
    Backlog b(folder.path);
    EXPECT_TRUE(soon([&] { return b.stream.counts().spilled >= 95; }));
    EXPECT_FALSE(b.stream.drain(0.01));
    std::thread later([&] {
        while (b.stream.counts().dropped == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        b.go.release();
    });
    b.stream.stop();
    later.join();
    EXPECT_EQ(b.stream.counts().delivered, 1u);
    EXPECT_EQ(b.stream.counts().dropped, 99u);
}

TEST(RateStream, AConsumerBeginsAndFinishesOnItsThread) {
    std::vector<std::string> calls;
    std::thread::id at[3];
    RateStream stream({[&] { calls.push_back("begin"), at[0] = std::this_thread::get_id(); }, [&](const RateChunk&) { calls.push_back("take"), at[1] = std::this_thread::get_id(); },
                       [&] { calls.push_back("finish"), at[2] = std::this_thread::get_id(); }});
    stream.push(chunk(0, 0));
    stream.close();
    EXPECT_EQ(calls, (std::vector<std::string>{"begin", "take", "finish"}));
    EXPECT_TRUE(at[0] == at[1] && at[1] == at[2] && at[0] != std::this_thread::get_id());
    bool finished = false;
    RateStream broken({[] { throw std::runtime_error("no file"); }, [](const RateChunk&) { ADD_FAILURE() << "was delivered"; }, [&] { finished = true; }});
    broken.push(chunk(0, 0));
    EXPECT_THROW(broken.close(), std::runtime_error);
    EXPECT_FALSE(finished);
    EXPECT_EQ(broken.counts().delivered, 0u);
}

TEST(RateStream, WithinTheBoundNothingSpills) {
    std::binary_semaphore go(0);
    RateStream stream({{}, [&, first = true](const RateChunk&) mutable { if (std::exchange(first, false)) go.acquire(); }, {}}, 10);
    for (std::int64_t k = 0; k < 10; ++k) stream.push(chunk(0, k));
    EXPECT_EQ(stream.counts().kept, 0u);
    go.release();
    stream.close();
}

TEST(RateStream, ManyProducersEachInOrder) {
    std::map<std::int64_t, std::int64_t> next;
    bool in_order = true;
    const Folder folder;
    RateStream stream({{}, [&](const RateChunk& c) {
        in_order = in_order && next[c.point]++ == c.first_bin && c.rate[0][0] == static_cast<double>(c.first_bin);
    }, {}}, 8, folder.path);
    std::latch start(5);
    std::vector<std::thread> producers;
    for (std::int64_t p = 0; p < 5; ++p)
        producers.emplace_back([&, p] {
            start.arrive_and_wait();
            for (std::int64_t k = 0; k < 400; ++k) stream.push(chunk(p, k));
        });
    for (std::thread& t : producers) t.join();
    stream.close();
    EXPECT_TRUE(in_order);
    EXPECT_EQ(next.size(), 5u);
    for (const auto& [point, count] : next) EXPECT_EQ(count, 400);
}

TEST(RateStream, AConsumerThatThrowsEndsItAndIsHeardOnce) {
    std::binary_semaphore go(0);
    RateStream stream({{}, [&](const RateChunk& c) {
        if (c.first_bin == 0) go.acquire();
        if (c.first_bin == 2) throw std::runtime_error("the reader is gone");
    }, {}});
    for (std::int64_t k = 0; k < 6; ++k) EXPECT_TRUE(stream.push(chunk(0, k)));
    go.release();
    try {
        stream.close();
        FAIL() << "no error";
    } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "the reader is gone");
    }
    const RateStream::Counts c = stream.counts();
    EXPECT_EQ(c.delivered, 2u);
    EXPECT_EQ(c.dropped, 4u);
    EXPECT_FALSE(stream.push(chunk(0, 6)));
}

TEST(RateStream, StopDropsWhatWaits) {
    std::binary_semaphore begun(0), go(0);
    int calls = 0;
    RateStream stream({{}, [&](const RateChunk&) {
        ++calls;
        begun.release();
        go.acquire();
    }, {}});
    for (std::int64_t k = 0; k < 50; ++k) stream.push(chunk(0, k));
    begun.acquire();
    std::thread later([&] {
        while (stream.counts().dropped == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        go.release();
    });
    stream.stop();
    later.join();
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(stream.counts().delivered, 1u);
    EXPECT_EQ(stream.counts().dropped, 49u);
}

TEST(RateStream, IsDestroyedInGoodOrder) {
    { RateStream idle({{}, [](const RateChunk&) {}, {}}); }
    {
        RateStream failing({{}, [](const RateChunk&) { throw std::runtime_error("nobody hears this"); }, {}});
        failing.push(chunk(0, 0));
    }
}

TEST(RateStream, ARunGivesEveryBinOnceAndIsNotDisturbed) {
    Network n;
    n.dt = 0.01;
    n.populations.push_back({"E", NeuronKind::qif, 211, {Distribution::lorentzian, 1.0, 0.5, Draw::midpoint_quantiles}, 1.0, {}});
    const RunPlan plan{20, 5, 300, {true, false, false}};
    std::vector<double> rate, v;
    RateStream stream({{}, [&](const RateChunk& c) {
        EXPECT_EQ(c.first_bin, static_cast<std::int64_t>(rate.size()));
        ASSERT_EQ(c.rate.size(), 1u);
        EXPECT_EQ(c.rate[0].size(), static_cast<std::size_t>(c.bins));
        rate.insert(rate.end(), c.rate[0].begin(), c.rate[0].end());
        v.insert(v.end(), c.v[0].begin(), c.v[0].end());
    }, {}});
    SimulationOptions o;
    o.rates = [&](std::size_t run, RateChunk c) {
        EXPECT_EQ(run, 0u);
        stream.push(std::move(c));
    };
    const RunResult r = run_spiking(n, plan, o);
    stream.close();
    EXPECT_EQ(rate, r.populations[0].rate);
    EXPECT_EQ(v, r.populations[0].v);
    EXPECT_GT(stream.counts().delivered, 1u);
    RateStream broken({{}, [](const RateChunk&) { throw std::runtime_error("the reader is gone"); }, {}});
    o.rates = [&](std::size_t, RateChunk c) { broken.push(std::move(c)); };
    EXPECT_EQ(run_spiking(n, plan, o).digest, r.digest);
    EXPECT_THROW(broken.close(), std::runtime_error);
}

}  // namespace
}  // namespace spikemass
