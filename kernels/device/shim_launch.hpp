#pragma once
// One launch in the shim: its threads, who waits where, and its shared memory.  shim.cpp schedules, shim_access.cpp watches memory.

#include <array>
#include <cstdint>
#include <cstring>
#include <deque>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "kernels/device/shim.hpp"
#include "kernels/device/shim_fiber.hpp"
#include "kernels/device/shim_memory.hpp"
#include "models/base/random.hpp"

namespace spikemass::shim {

using arch::warp_size;

enum class State { ready, at_warp, at_block, at_cluster, at_grid, done };

inline bool same(Where a, Where b) { return a.line == b.line && std::strcmp(a.file, b.file) == 0; }
inline std::string text(Where w) {
    const char* slash = std::strrchr(w.file, '/');
    return std::string(slash ? slash + 1 : w.file) + ":" + std::to_string(w.line);
}

struct Thread {
    Position position{};
    State state = State::done;
    Where where{};
    unsigned spins = 0;
    Fiber fiber;
};

/// Threads that can wait for each other: a warp, a block, a cluster or the grid.
struct Scope {
    unsigned size = 0, waiting = 0, done = 0;      // waiting: at this scope's own rendezvous
    Where where{};                                 // of those who wait
    std::uint32_t last_sync = 0;                   // time of the last one that ordered memory
};
struct Warp : Scope {
    Collective kind{};
    std::array<std::uint32_t, warp_size> given{}, seen{};
};

class Launch {
public:
    Launch(const Body& body, const arch::Dims& dims, const Options& options, StackPool& pool);
    void run();

    Thread& self() { return *current_; }
    void arrive(State at, Where where);
    const std::uint32_t* exchange(Collective kind, std::uint32_t x, Where where);
    bool sync_grid(std::uint32_t* state, Where where);
    void may_yield();
    void spin(Where where);
    void access(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Access kind, Where where);
    void atomic(const void* p, Where where);
    unsigned char* map(unsigned char* p, unsigned rank, Where where);
    unsigned char* own_memory() { return memory_.block(slot(number(self()))); }
    std::size_t shared_bytes() const { return dims_.shared_bytes; }
    [[noreturn]] void fault(FaultKind kind, Where where, const std::string& what) { fault(kind, self(), where, what); }

private:
    [[noreturn]] void fault(FaultKind kind, const Thread& thread, std::optional<Where> where, const std::string& what) const;
    [[noreturn]] void diverged(FaultKind kind, State at, Where where, const Thread& other);

    // Threads are numbered by slot (a place for a block that is alive), then by thread; clusters take whole runs of slots.
    unsigned number(const Thread& t) const { return static_cast<unsigned>(&t - threads_.data()); }
    unsigned slot(unsigned t) const { return t / dims_.block; }
    Warp& warp(unsigned t) { return warps_[t / warp_size]; }
    Scope& block(unsigned t) { return blocks_[slot(t)]; }
    Scope& cluster(unsigned t) { return clusters_[slot(t) / dims_.cluster]; }
    Scope& scope(State at, unsigned t) {
        return at == State::at_warp ? warp(t) : at == State::at_block ? block(t) : at == State::at_cluster ? cluster(t) : grid_;
    }
    /// First thread and number of threads of the scope around t.
    std::pair<unsigned, unsigned> range(State at, unsigned t) const {
        const unsigned per_cluster = dims_.block * dims_.cluster;
        switch (at) {
            case State::at_warp: return {t - t % warp_size, warp_size};
            case State::at_block: return {t - t % dims_.block, dims_.block};
            case State::at_cluster: return {t - t % per_cluster, per_cluster};
            default: return {0, static_cast<unsigned>(threads_.size())};
        }
    }
    void begin_cluster(unsigned place);
    void enqueue(unsigned t) { ready_.push_back(t); }
    unsigned next();
    void suspend() { self().fiber.suspend(); }
    void release(State at, unsigned t);
    void leave();
    void require_together(State at, unsigned t, Where where, Collective kind);
    const Thread* find(State at, unsigned t, bool (*wanted)(const Thread&, State, Where), Where where) const;
    bool ordered(const Trace& before, unsigned t);
    void race(const ByteHistory& byte, unsigned t, Access kind, const void* p, std::uint64_t index, std::uint64_t size, Where where);
    void remember(Trace (&two)[2], Trace now);
    int distance(unsigned a, unsigned b) const { return a == b ? 0 : a / warp_size == b / warp_size ? 1 : slot(a) == slot(b) ? 2 : 3; }
    std::uint64_t random() { return mix64(random_ += 0x9e3779b97f4a7c15u); }
    std::string who(const Thread& t) const { return "thread " + std::to_string(t.position.thread) + " of block " + std::to_string(t.position.block); }
    std::string doing(const Thread& t) const;

    const Body& body_;
    const arch::Dims& dims_;
    const Options& options_;
    StackPool& pool_;
    unsigned places_;                              // clusters alive at a time
    std::vector<unsigned> order_;                  // clusters in the order in which they start
    std::size_t started_ = 0;
    SharedMemory memory_;
    std::vector<Warp> warps_;
    std::vector<Scope> blocks_, clusters_;
    Scope grid_;
    std::uint32_t time_ = 1;
    std::deque<unsigned> ready_;
    std::uint64_t random_;
    Thread* current_ = nullptr;
    std::exception_ptr failure_;
    std::vector<Thread> threads_;                  // last: their stacks refer to the rest
};

}  // namespace spikemass::shim
