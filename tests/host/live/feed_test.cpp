#include "host/live/feed.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <semaphore>
#include <stdexcept>
#include <thread>
#include <vector>

namespace spikemass {
namespace {

/// Notes what comes; waits or fails where it is told to.
struct Probe : LiveConsumer {
    explicit Probe(std::string called) : called_(std::move(called)) {}
    std::string name() const override { return called_; }
    void begin() override { log.push_back(-1); }
    void take(const RateChunk& c) override {
        if (gate && c.first_bin == 0) gate->acquire();
        if (c.first_bin == fail_at) throw std::runtime_error("the disk is full");
        log.push_back(c.first_bin);
    }
    void finish(bool all) override { log.push_back(all ? -2 : -3); }
    std::string line() const override { return std::to_string(log.size()) + " seen"; }

    std::vector<std::int64_t> log;
    std::binary_semaphore* gate = nullptr;
    std::int64_t fail_at = -1;

private:
    std::string called_;
};

RateChunk chunk(std::int64_t first) {
    RateChunk c;
    c.first_bin = first;
    c.bins = 1;
    c.rate = {{1.0}};
    return c;
}

TEST(LiveFeed, ASlowOrFailedConsumerHoldsNobodyUp) {
    std::binary_semaphore go(0);
    const auto slow = std::make_shared<Probe>("slow"), quick = std::make_shared<Probe>("quick"), broken = std::make_shared<Probe>("broken");
    slow->gate = &go;
    broken->fail_at = 3;
    LiveFeed feed({slow, quick, broken}, std::filesystem::temp_directory_path(), {}, 4);
    for (std::int64_t k = 0; k < 50; ++k) feed.push(chunk(k));
    for (int i = 0; i < 3000 && feed.counts(1).delivered < 50; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(feed.counts(1).delivered, 50u);   // while the slow one has had none
    EXPECT_EQ(feed.counts(0).delivered, 0u);
    go.release();
    feed.end();
    std::vector<std::int64_t> all{-1};
    for (std::int64_t k = 0; k < 50; ++k) all.push_back(k);
    all.push_back(-2);
    EXPECT_EQ(slow->log, all);
    EXPECT_EQ(quick->log, all);
    EXPECT_EQ(broken->log, (std::vector<std::int64_t>{-1, 0, 1, 2}));
    ASSERT_EQ(feed.failures().size(), 1u);
    EXPECT_EQ(feed.failures()[0].consumer, "broken");
    EXPECT_EQ(feed.failures()[0].message, "the disk is full");
    EXPECT_NE(feed.line().find("quick: 51 seen"), std::string::npos) << feed.line();
}

TEST(LiveFeed, WhatWasFinishedBeforeComesFirst) {
    const auto probe = std::make_shared<Probe>("probe");
    LiveFeed feed({probe}, {}, [](const auto& take) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));   // what is pushed meanwhile waits
        take(chunk(100));
        take(chunk(101));
    });
    feed.push(chunk(0));
    feed.end();
    EXPECT_EQ(probe->log, (std::vector<std::int64_t>{-1, 100, 101, 0, -2}));
    const auto second = std::make_shared<Probe>("second");
    LiveFeed broken({second}, {}, [](const auto&) { throw std::runtime_error("the journal is damaged"); });
    broken.end();
    ASSERT_EQ(broken.failures().size(), 1u);
    EXPECT_EQ(broken.failures()[0].message, "the journal is damaged");
}

TEST(LiveFeed, GivesUpWhenItIsTold) {
    std::binary_semaphore go(0);
    const auto slow = std::make_shared<Probe>("slow");
    slow->gate = &go;
    LiveFeed feed({slow});
    for (std::int64_t k = 0; k < 10; ++k) feed.push(chunk(k));
    int asked = 0;
    feed.end([&] {
        if (++asked < 3) return false;
        go.release();   // stop() waits for the chunk that is being delivered
        return true;
    });
    EXPECT_EQ(asked, 3);
    EXPECT_EQ(slow->log.back(), -3);
    ASSERT_EQ(feed.failures().size(), 1u);
    EXPECT_NE(feed.failures()[0].message.find("did not wait"), std::string::npos);
}

TEST(LiveFeed, NobodyListens) {
    LiveFeed feed;
    EXPECT_TRUE(feed.empty());
    feed.push(chunk(0));
    feed.end();
    EXPECT_TRUE(feed.failures().empty());
}

}  // namespace
}  // namespace spikemass
