#pragma once
// Reading in one thread, work on what was read in another.

#include <array>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace spikemass::input {

/// A few pieces that go round between a thread that fills them and the one that made this object and uses them, in order.
template <class Piece>
class ReadAhead {
public:
    static constexpr std::uint64_t pieces = 4;

    /// `fill` runs in a thread of its own: it asks for `empty()` pieces and hands each back by `filled()`.  What it throws, `take()` throws.
    explicit ReadAhead(std::function<void(ReadAhead&)> fill) : thread_([this, fill = std::move(fill)] {
        std::exception_ptr error;
        try {
            fill(*this);
        } catch (...) {
            error = std::current_exception();
        }
        const std::lock_guard lock(mutex_);
        error_ = error;
        ended_ = true;
        changed_.notify_all();
    }) {}
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;
    /// The user may leave early: `empty()` then returns null.
    ~ReadAhead() {
        {
            const std::lock_guard lock(mutex_);
            left_ = true;
            changed_.notify_all();
        }
        thread_.join();
    }

    // For the thread that fills.
    Piece* empty() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return left_ || filled_ < used_ + pieces; });
        return left_ ? nullptr : &piece_[filled_ % pieces];
    }
    void filled() {
        const std::lock_guard lock(mutex_);
        ++filled_;
        changed_.notify_all();
    }
    /// Ends when the user has used, or left, what it was given: until then what pieces refer to must live.
    struct UntilUsed {
        ReadAhead& of;
        ~UntilUsed() {
            std::unique_lock lock(of.mutex_);
            of.changed_.wait(lock, [&] { return of.left_ || of.used_ == of.filled_; });
        }
    };

    // For the user.
    /// The next piece, or null at the end.
    Piece* take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return ended_ || used_ < filled_; });
        if (used_ < filled_) return &piece_[used_ % pieces];
        if (error_) std::rethrow_exception(error_);
        return nullptr;
    }
    void used() {
        const std::lock_guard lock(mutex_);
        ++used_;
        changed_.notify_all();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::array<Piece, pieces> piece_;
    std::uint64_t filled_ = 0, used_ = 0;
    bool ended_ = false, left_ = false;
    std::exception_ptr error_;
    std::thread thread_;   // last: it uses all of the above
};

}  // namespace spikemass::input
