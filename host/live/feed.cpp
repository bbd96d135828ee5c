#include "host/live/feed.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

namespace spikemass {

struct LiveFeed::Tap {
    std::shared_ptr<LiveConsumer> consumer;
    mutable std::mutex mutex;
    std::string line;
    bool all = true;
    std::unique_ptr<RateStream> stream;

    void take(const RateChunk& chunk) {
        consumer->take(chunk);
        std::string now = consumer->line();
        const std::lock_guard lock(mutex);
        line = std::move(now);
    }
};

LiveFeed::LiveFeed(std::vector<std::shared_ptr<LiveConsumer>> consumers, const std::filesystem::path& folder, Replay replay, std::size_t bound) {
    for (auto& consumer : consumers) {
        Tap& tap = *taps_.emplace_back(std::make_unique<Tap>());
        tap.consumer = std::move(consumer);
        RateStream::Consumer calls;
        calls.begin = [&tap, replay] {
            tap.consumer->begin();
            if (replay) replay([&tap](const RateChunk& chunk) { tap.take(chunk); });
        };
        calls.take = [&tap](const RateChunk& chunk) { tap.take(chunk); };
        calls.finish = [&tap] {
            bool all;
            {
                const std::lock_guard lock(tap.mutex);
                all = tap.all;
            }
            tap.consumer->finish(all);
        };
        tap.stream = std::make_unique<RateStream>(std::move(calls), bound, folder);
    }
}

LiveFeed::~LiveFeed() {
    end([] { return true; });
}

void LiveFeed::push(RateChunk chunk) {
    if (taps_.empty()) return;
    const auto shared = std::make_shared<const RateChunk>(std::move(chunk));
    for (auto& tap : taps_) tap->stream->push(shared);
}

void LiveFeed::end(const std::function<bool()>& give_up) {
    for (auto& tap : taps_) {
        bool all = true;
        while (give_up && all && !tap->stream->drain(0.1)) all = !give_up();
        {
            const std::lock_guard lock(tap->mutex);
            tap->all = all;
        }
        try {
            all ? tap->stream->close() : tap->stream->stop();
        } catch (...) {   // failures() tells
        }
    }
}

std::vector<LiveFeed::Failure> LiveFeed::failures() const {
    std::vector<Failure> list;
    for (const auto& tap : taps_) {
        if (const std::exception_ptr failure = tap->stream->failure()) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                list.push_back({tap->consumer->name(), e.what()});
            } catch (...) {
                list.push_back({tap->consumer->name(), "an error without a message."});
            }
        } else if (const std::lock_guard lock(tap->mutex); !tap->all) {
            list.push_back({tap->consumer->name(), fmt::format("the sweep was stopped and did not wait for the last {} chunks.", tap->stream->counts().dropped)});
        }
    }
    return list;
}

std::string LiveFeed::line() const {
    std::string all;
    for (const auto& tap : taps_) {
        const std::lock_guard lock(tap->mutex);
        if (!tap->line.empty()) all += fmt::format("{}{}: {}", all.empty() ? "" : "; ", tap->consumer->name(), tap->line);
    }
    return all;
}

RateStream::Counts LiveFeed::counts(std::size_t consumer) const { return taps_.at(consumer)->stream->counts(); }

}  // namespace spikemass
