#include "host/rate_stream.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <latch>
#include <map>
#include <semaphore>
#include <stdexcept>
#include <string>

#include "host/simulation.hpp"

namespace spikemass {
namespace {

RateChunk chunk(std::int64_t point, std::int64_t first) { return {point, 0, first, 1, {{static_cast<double>(first)}}, {}}; }

TEST(RateStream, ASlowConsumerBlocksNobodyAndLosesNothing) {
    std::binary_semaphore go(0);
    std::vector<std::int64_t> seen;
    bool first = true;
    RateStream stream([&](const RateChunk& c) {
        if (std::exchange(first, false)) go.acquire();   // holds everything up until all have been pushed
        seen.push_back(c.first_bin);
    }, 4);
    for (std::int64_t k = 0; k < 100; ++k) EXPECT_TRUE(stream.push(chunk(0, k)));   // would never return if it waited
    const RateStream::Counts before = stream.counts();
    EXPECT_EQ(before.pushed, 100u);
    EXPECT_EQ(before.delivered, 0u);
    EXPECT_GE(before.spilled, 95u);   // the consumer may have taken one
    EXPECT_LE(before.spilled, 96u);
    EXPECT_GE(before.most_waiting, 99u);
    go.release();
    stream.close();
    ASSERT_EQ(seen.size(), 100u);
    for (std::int64_t k = 0; k < 100; ++k) EXPECT_EQ(seen[static_cast<std::size_t>(k)], k);
    EXPECT_EQ(stream.counts().delivered, 100u);
    EXPECT_EQ(stream.counts().dropped, 0u);
    EXPECT_FALSE(stream.push(chunk(0, 100)));
    stream.close();   // again
}

TEST(RateStream, WithinTheBoundNothingSpills) {
    std::binary_semaphore go(0);
    RateStream stream([&, first = true](const RateChunk&) mutable { if (std::exchange(first, false)) go.acquire(); }, 10);
    for (std::int64_t k = 0; k < 10; ++k) stream.push(chunk(0, k));
    EXPECT_EQ(stream.counts().spilled, 0u);
    go.release();
    stream.close();
}

TEST(RateStream, ManyProducersEachInOrder) {
    std::map<std::int64_t, std::int64_t> next;
    bool in_order = true;
    RateStream stream([&](const RateChunk& c) {
        in_order = in_order && next[c.point]++ == c.first_bin && c.rate[0][0] == static_cast<double>(c.first_bin);
    }, 8);
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
    RateStream stream([&](const RateChunk& c) {
        if (c.first_bin == 0) go.acquire();
        if (c.first_bin == 2) throw std::runtime_error("the reader is gone");
    });
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
    RateStream stream([&](const RateChunk&) {
        ++calls;
        begun.release();
        go.acquire();
    });
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
    { RateStream idle([](const RateChunk&) {}); }
    {
        RateStream failing([](const RateChunk&) { throw std::runtime_error("nobody hears this"); });
        failing.push(chunk(0, 0));
    }
}

TEST(RateStream, ARunGivesEveryBinOnceAndIsNotDisturbed) {
    Network n;
    n.dt = 0.01;
    n.populations.push_back({"E", NeuronKind::qif, 211, {Distribution::lorentzian, 1.0, 0.5, Draw::midpoint_quantiles}, 1.0, {}});
    const RunPlan plan{20, 5, 300, {true, false, false}};
    std::vector<double> rate, v;
    RateStream stream([&](const RateChunk& c) {
        EXPECT_EQ(c.point, 7);
        EXPECT_EQ(c.trial, 3);
        EXPECT_EQ(c.first_bin, static_cast<std::int64_t>(rate.size()));
        ASSERT_EQ(c.rate.size(), 1u);
        EXPECT_EQ(c.rate[0].size(), static_cast<std::size_t>(c.bins));
        rate.insert(rate.end(), c.rate[0].begin(), c.rate[0].end());
        v.insert(v.end(), c.v[0].begin(), c.v[0].end());
    });
    SimulationOptions o;
    o.rates = &stream;
    o.point = 7;
    o.trial = 3;
    const RunResult r = run_spiking(n, plan, o);
    stream.close();
    EXPECT_EQ(rate, r.populations[0].rate);
    EXPECT_EQ(v, r.populations[0].v);
    EXPECT_GT(stream.counts().delivered, 1u);
    RateStream broken([](const RateChunk&) { throw std::runtime_error("the reader is gone"); });
    o.rates = &broken;
    EXPECT_EQ(run_spiking(n, plan, o).digest, r.digest);
    EXPECT_THROW(broken.close(), std::runtime_error);
}

}  // namespace
}  // namespace spikemass
