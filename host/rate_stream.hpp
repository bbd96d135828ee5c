#pragma once
// Finished chunks of a run on their way from the engines' threads to one consumer, while the engines go on.

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace spikemass {

/// Bins [first_bin, first_bin + bins) of one run.
struct RateChunk {
    std::int64_t point = 0, trial = 0;
    std::int64_t first_bin = 0, bins = 0;
    std::vector<std::vector<double>> rate, v;   ///< [population][bin]; 1/time unit, dimensionless; v empty where not recorded
};

/// Chunks of one producer arrive in its order.  push never waits for the consumer: beyond `bound` waiting chunks memory grows, and `spilled` counts them.
class RateStream {
public:
    using Consumer = std::function<void(const RateChunk&)>;   ///< called from the stream's own thread, one chunk at a time
    struct Counts {
        std::uint64_t pushed = 0;                             ///< accepted: delivered + dropped in the end
        std::uint64_t delivered = 0, dropped = 0;
        std::uint64_t spilled = 0;                            ///< of the accepted, those that found `bound` chunks waiting
        std::size_t most_waiting = 0;
    };

    explicit RateStream(Consumer consumer, std::size_t bound = 64);
    /// As stop(), but an error of the consumer that nobody asked for is lost.
    ~RateStream();
    RateStream(const RateStream&) = delete;
    RateStream& operator=(const RateStream&) = delete;

    /// From any thread.  False, and nothing is taken: the stream is closed or its consumer has thrown.
    bool push(RateChunk chunk);
    /// Waits until everything is delivered; rethrows what the consumer threw (what was then waiting is dropped).  May be called twice.
    void close();
    /// Waits for the chunk that is being delivered and drops the others; rethrows as close() does.
    void stop();
    Counts counts() const;

private:
    void consume();
    void end(bool drop);

    Consumer consumer_;
    std::size_t bound_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<RateChunk> waiting_;
    Counts counts_;
    bool open_ = true;
    std::exception_ptr failure_;
    std::mutex joining_;
    std::thread thread_;   // last: starts when everything else is there
};

}  // namespace spikemass
