#pragma once
// From the engines' threads to every consumer, each with a stream of its own: a slow one holds up neither the engines nor the others.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/live/consumer.hpp"
#include "host/rate_stream.hpp"

namespace spikemass {

class LiveFeed {
public:
    /// Gives what was finished before; every consumer reads it on its own thread ahead of what is pushed.
    using Replay = std::function<void(const std::function<void(const RateChunk&)>& take)>;

    /// folder: where chunks wait that memory has no room for.  No consumers: nothing happens.
    explicit LiveFeed(std::vector<std::shared_ptr<LiveConsumer>> consumers = {}, const std::filesystem::path& folder = {}, Replay replay = {}, std::size_t bound = 256);
    ~LiveFeed();                                 ///< drops what waits

    bool empty() const { return taps_.empty(); }
    /// From any thread; never waits for a consumer.
    void push(RateChunk chunk);
    /// Delivers what waits, until give_up() says to drop the rest (asked ten times a second; empty: never), and ends every consumer.
    void end(const std::function<bool()>& give_up = {});

    struct Failure {
        std::string consumer, message;
    };
    /// Consumers that have failed so far, and those that end() did not wait for.
    std::vector<Failure> failures() const;
    /// What the consumers have to say, "compare: 5 points, ...".
    std::string line() const;
    RateStream::Counts counts(std::size_t consumer) const;

private:
    struct Tap;
    std::vector<std::unique_ptr<Tap>> taps_;
};

}  // namespace spikemass
