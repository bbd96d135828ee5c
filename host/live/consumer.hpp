#pragma once
// What reads the runs of a sweep while they go on.  docs/architecture.md, "The life of a chunk", shows how to write one.

#include <string>

#include "host/rate_chunk.hpp"

namespace spikemass {

/// All calls but name() come from one thread, that of the consumer's own stream, so nothing needs a lock.  An exception ends this consumer alone: the sweep warns and goes on.
class LiveConsumer {
public:
    virtual ~LiveConsumer() = default;
    virtual std::string name() const = 0;
    /// Before the first chunk: open files here.
    virtual void begin() {}
    /// Chunks of one run are in order; those of different runs mix.  chunk.forget: what has come of that run is void.
    virtual void take(const RateChunk& chunk) = 0;
    /// Nothing more comes.  all: every chunk has been delivered; otherwise the sweep was stopped and could not wait.
    virtual void finish(bool /*all*/) {}
    /// A few words for the progress line; asked for after every chunk.
    virtual std::string line() const { return {}; }
};

}  // namespace spikemass
