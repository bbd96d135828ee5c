#pragma once
// Finished chunks of runs on their way from the engines' threads to one consumer, while the engines go on.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "host/rate_chunk.hpp"
#include "host/spill_file.hpp"

namespace spikemass {

/// Chunks of one producer arrive in its order.  push takes a lock for moves alone: it waits neither for the consumer nor for the disk.  Beyond `bound` waiting chunks
/// the newer ones go to disk (a thread of its own writes them), and where that fails they stay in memory.
class RateStream {
public:
    using Chunk = std::shared_ptr<const RateChunk>;           ///< several streams may share one

    /// All called from the stream's own thread, one at a time.  The first exception ends the stream.
    struct Consumer {
        std::function<void()> begin;                          ///< before the first chunk; may be empty
        std::function<void(const RateChunk&)> take;
        std::function<void()> finish;                         ///< after the last, also after stop(), but not after an exception; may be empty
    };
    struct Counts {
        std::uint64_t pushed = 0;                             ///< accepted: delivered + dropped in the end
        std::uint64_t delivered = 0, dropped = 0;
        std::uint64_t spilled = 0, kept = 0;                  ///< of the accepted, those that went to disk; that should have, but stayed in memory
        std::size_t most_waiting = 0;
    };

    /// spill: folder for what waits on disk; empty: everything waits in memory.
    explicit RateStream(Consumer consumer, std::size_t bound = 64, std::filesystem::path spill = {});
    /// As stop(), but an error of the consumer that nobody asked for is lost.
    ~RateStream();
    RateStream(const RateStream&) = delete;
    RateStream& operator=(const RateStream&) = delete;

    /// From any thread.  False, and nothing is taken: the stream is closed or its consumer has thrown.
    bool push(Chunk chunk);
    bool push(RateChunk chunk) { return push(std::make_shared<const RateChunk>(std::move(chunk))); }
    /// Waits until everything is delivered; rethrows what the consumer threw (what was then waiting is dropped).  May be called twice.
    void close();
    /// Waits for the chunk that is being delivered and drops the others; rethrows as close() does.
    void stop();
    /// Waits until nothing is waiting, or for so many seconds; true: nothing is.
    bool drain(double seconds);
    Counts counts() const;
    std::exception_ptr failure() const;

private:
    void consume();
    void spill();
    void end(bool drop);
    void drop_waiting();
    std::size_t waiting() const { return memory_.size() + on_disk_ + (writing_ ? 1 : 0) + beyond_.size(); }

    Consumer consumer_;
    std::size_t bound_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Chunk> memory_, beyond_;   ///< in order: memory_, on disk, being written, beyond_
    std::size_t on_disk_ = 0;
    bool writing_ = false, disk_ = false, open_ = true, dropping_ = false, busy_ = true;
    SpillFile file_;
    Counts counts_;
    std::exception_ptr failure_;
    std::mutex joining_;
    std::thread spiller_, thread_;        // last: start when everything else is there
};

}  // namespace spikemass
