#include "host/rate_stream.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

namespace spikemass {

RateStream::RateStream(Consumer consumer, std::size_t bound, std::filesystem::path folder)
    : consumer_(std::move(consumer)), bound_(std::max<std::size_t>(1, bound)), disk_(!folder.empty()), file_(std::move(folder)) {
    if (disk_) spiller_ = std::thread([this] { spill(); });
    thread_ = std::thread([this] { consume(); });
}

RateStream::~RateStream() {
    try {
        stop();
    } catch (...) {   // a destructor has nobody to tell
    }
}

bool RateStream::push(Chunk chunk) {
    {
        const std::lock_guard lock(mutex_);   // held for moves alone
        if (!open_ || failure_) return false;
        const bool room = memory_.size() < bound_ && on_disk_ == 0 && !writing_ && beyond_.empty();
        (room ? memory_ : beyond_).push_back(std::move(chunk));
        if (!room && !disk_) ++counts_.kept;
        ++counts_.pushed;
        counts_.most_waiting = std::max(counts_.most_waiting, waiting());
    }
    changed_.notify_all();
    return true;
}

void RateStream::close() { end(false); }
void RateStream::stop() { end(true); }

bool RateStream::drain(double seconds) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::duration<double>(seconds), [&] { return (waiting() == 0 && !busy_) || failure_; });
}

RateStream::Counts RateStream::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::exception_ptr RateStream::failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
}

void RateStream::consume() {
    std::unique_lock lock(mutex_);
    /// f() without the lock; false: it threw, and this is the end.
    const auto called = [&](const auto& f) {
        lock.unlock();
        std::exception_ptr failure;
        try {
            f();
        } catch (...) {
            failure = std::current_exception();
        }
        lock.lock();
        if (!failure) return true;
        failure_ = failure;
        drop_waiting();
        busy_ = false;
        changed_.notify_all();
        return false;
    };
    if (consumer_.begin && !called(consumer_.begin)) return;
    for (;;) {
        busy_ = false;
        changed_.notify_all();
        changed_.wait(lock, [&] { return !memory_.empty() || on_disk_ > 0 || (!writing_ && (!beyond_.empty() || !open_)); });
        if (waiting() == 0) break;   // closed
        busy_ = true;
        if (memory_.empty() && on_disk_ == 0)   // what has not been written yet need not be
            for (; !beyond_.empty() && memory_.size() < bound_; beyond_.pop_front()) memory_.push_back(std::move(beyond_.front()));
        Chunk next;
        if (!memory_.empty()) {
            next = std::move(memory_.front());
            memory_.pop_front();
        }
        const bool from_disk = !next;
        const bool good = called([&] {
            if (from_disk) next = std::make_shared<const RateChunk>(file_.take());
            consumer_.take(*next);
        });
        if (!good) {
            ++counts_.dropped;   // on_disk_ has been dropped as a whole, this one included
            if (from_disk) --counts_.dropped;
            return;
        }
        ++counts_.delivered;
        if (from_disk && !dropping_) --on_disk_;
        if (from_disk && dropping_) --counts_.dropped;   // counted as dropped while it was being delivered
    }
    if (consumer_.finish) called(consumer_.finish);
}

/// Writes what is beyond the bound, oldest first.
void RateStream::spill() {
    std::unique_lock lock(mutex_);
    for (;;) {
        changed_.wait(lock, [&] { return !open_ || failure_ || !beyond_.empty() || (file_.bytes() > 0 && on_disk_ == 0); });
        if (!open_ || failure_) return;   // the rest is taken from memory
        if (beyond_.empty()) {            // all of the file has been read: the disk is for others
            file_.clear();
            continue;
        }
        Chunk chunk = std::move(beyond_.front());
        beyond_.pop_front();
        writing_ = true;
        const bool fresh = on_disk_ == 0;
        lock.unlock();
        if (fresh) file_.clear();
        const bool written = file_.append(*chunk);
        lock.lock();
        writing_ = false;
        if (dropping_ || failure_) {
            ++counts_.dropped;
        } else if (written) {
            ++on_disk_;
            ++counts_.spilled;
        } else {
            beyond_.push_front(std::move(chunk));
            counts_.kept += beyond_.size();
            disk_ = false;   // once is enough to know
        }
        changed_.notify_all();
        if (!disk_) return;
    }
}

void RateStream::drop_waiting() {
    counts_.dropped += memory_.size() + on_disk_ + beyond_.size();
    memory_.clear();
    beyond_.clear();
    on_disk_ = 0;
}

void RateStream::end(bool drop) {
    {
        const std::lock_guard lock(mutex_);
        open_ = false;
        if (drop && !dropping_ && !failure_) {
            dropping_ = true;
            drop_waiting();
        }
    }
    changed_.notify_all();
    const std::lock_guard joining(joining_);
    if (spiller_.joinable()) spiller_.join();
    if (thread_.joinable()) thread_.join();
    if (failure_) std::rethrow_exception(failure_);
}

}  // namespace spikemass
