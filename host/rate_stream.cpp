#include "host/rate_stream.hpp"

#include <algorithm>
#include <utility>

namespace spikemass {

RateStream::RateStream(Consumer consumer, std::size_t bound) : consumer_(std::move(consumer)), bound_(bound), thread_([this] { consume(); }) {}

RateStream::~RateStream() {
    try {
        stop();
    } catch (...) {   // a destructor has nobody to tell
    }
}

bool RateStream::push(RateChunk chunk) {
    {
        const std::lock_guard lock(mutex_);   // held for moves alone, never while the consumer works
        if (!open_ || failure_) return false;
        if (waiting_.size() >= bound_) ++counts_.spilled;
        waiting_.push_back(std::move(chunk));
        ++counts_.pushed;
        counts_.most_waiting = std::max(counts_.most_waiting, waiting_.size());
    }
    changed_.notify_one();
    return true;
}

void RateStream::close() { end(false); }
void RateStream::stop() { end(true); }

RateStream::Counts RateStream::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

void RateStream::consume() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !waiting_.empty() || !open_; });
        if (waiting_.empty()) return;
        const RateChunk chunk = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        std::exception_ptr failure;
        try {
            consumer_(chunk);
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        ++(failure ? counts_.dropped : counts_.delivered);
        if (!failure) continue;
        failure_ = failure;
        counts_.dropped += waiting_.size();
        waiting_.clear();
        return;
    }
}

void RateStream::end(bool drop) {
    {
        const std::lock_guard lock(mutex_);
        open_ = false;
        if (drop) {
            counts_.dropped += waiting_.size();
            waiting_.clear();
        }
    }
    changed_.notify_one();
    const std::lock_guard joining(joining_);
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace spikemass
