#pragma once
// A fiber with a pooled, guarded stack, which address sanitizer is told of.

#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/fiber.hpp>
#include <cstddef>
#include <new>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define SPIKEMASS_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SPIKEMASS_ASAN 1
#endif
#endif
#if defined(SPIKEMASS_ASAN)
#include <sanitizer/common_interface_defs.h>
#endif

namespace spikemass::shim {

/// Stacks outlive fibers: a launch makes up to thousands.  An overflow hits the page below and ends the program.
class StackPool {
public:
    static constexpr std::size_t size = 128 * 1024;

    boost::context::stack_context allocate() {
        void* low = nullptr;
        if (free_.empty()) {
            low = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            if (low == MAP_FAILED) throw std::bad_alloc();
            mprotect(low, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), PROT_NONE);
        } else {
            low = free_.back();
            free_.pop_back();
        }
        boost::context::stack_context stack;
        stack.size = size;
        stack.sp = static_cast<char*>(low) + size;
        return stack;
    }
    void deallocate(boost::context::stack_context& stack) { free_.push_back(static_cast<char*>(stack.sp) - size); }
    ~StackPool() {
        for (void* low : free_) munmap(low, size);
    }

private:
    std::vector<void*> free_;
};

/// Thrown inside a fiber that has to end; f passes it on.
struct Unwind {};

/// A function with a stack of its own.  start() once; then resume() from outside and suspend() from inside; finished() at its end.
class Fiber {
public:
    Fiber() = default;
    Fiber(const Fiber&) = delete;
    Fiber& operator=(const Fiber&) = delete;
    ~Fiber() { unwind(); }

    /// f throws nothing but Unwind.
    template <class F>
    void start(StackPool& pool, F f) {
        finished_ = unwinding_ = false;
        inside_ = boost::context::fiber(std::allocator_arg, Allocator{&pool, this}, [this, f](boost::context::fiber&& outside) {
            arrived(nullptr);
            outside_ = std::move(outside);
            try {
                if (!unwinding_) f();
            } catch (const Unwind&) {
            }
            finished_ = true;
            leaving(nullptr, outer_low_, outer_size_);
            return std::move(outside_);
        });
    }
    void resume() {
        void* fake = nullptr;
        leaving(&fake, low_, StackPool::size);
        inside_ = std::move(inside_).resume();
        arrived(fake);
    }
    void suspend() {
        void* fake = nullptr;
        leaving(&fake, outer_low_, outer_size_);
        outside_ = std::move(outside_).resume();
        arrived(fake);
        if (unwinding_) throw Unwind{};
    }
    bool finished() const { return finished_; }
    /// Ends it early: runs the destructors of what stands on its stack.
    void unwind() {
        unwinding_ = true;
        while (!finished_) resume();
    }

private:
    struct Allocator {
        StackPool* pool;
        Fiber* fiber;
        boost::context::stack_context allocate() {
            auto stack = pool->allocate();
            fiber->low_ = static_cast<char*>(stack.sp) - stack.size;
            return stack;
        }
        void deallocate(boost::context::stack_context& stack) { pool->deallocate(stack); }
    };

#if defined(SPIKEMASS_ASAN)
    void leaving(void** fake, const void* low, std::size_t size) { __sanitizer_start_switch_fiber(fake, low, size); }
    /// Inside, the address of the outer stack is learnt; outside, that of the fiber's is already known.
    void arrived(void* fake) {
        const void* low = nullptr;
        std::size_t size = 0;
        __sanitizer_finish_switch_fiber(fake, &low, &size);
        if (low != low_) outer_low_ = low, outer_size_ = size;
    }
#else
    void leaving(void**, const void*, std::size_t) {}
    void arrived(void*) {}
#endif

    boost::context::fiber inside_, outside_;
    const void* low_ = nullptr;
    const void* outer_low_ = nullptr;
    std::size_t outer_size_ = 0;
    bool finished_ = true, unwinding_ = false;
};

}  // namespace spikemass::shim
