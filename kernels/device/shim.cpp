#include "kernels/device/shim.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/device/shim_fiber.hpp"
#include "kernels/device/shim_memory.hpp"
#include "models/base/random.hpp"

namespace spikemass::shim {

namespace {

constexpr unsigned warp_size = arch::warp_size;

enum class State { ready, at_warp, at_block, at_cluster, at_grid, done };

bool same(Where a, Where b) { return a.line == b.line && std::strcmp(a.file, b.file) == 0; }
std::string text(Where w) {
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

thread_local Launch* running = nullptr;

Launch& launch_of_caller() {
    if (!running) throw std::logic_error("spikemass::arch is for kernels: nothing runs in the shim");
    return *running;
}

unsigned places(const Body& body, const arch::Dims& d, const Options& options) {
    const auto refuse = [&](const std::string& why) { throw Fault(FaultKind::launch, std::string("kernel ") + body.name + ": " + why); };
    if (d.block == 0 || d.block % warp_size != 0) refuse("blocks of " + std::to_string(d.block) + " threads; must be a multiple of 32");
    if (d.block > body.max_threads || d.block > 1024)
        refuse("blocks of " + std::to_string(d.block) + " threads; the kernel's bound is " + std::to_string(body.max_threads) + ", a GPU's 1024");
    if (d.cluster == 0 || d.cluster > 16 || d.grid % d.cluster != 0)
        refuse("clusters of " + std::to_string(d.cluster) + " blocks in a grid of " + std::to_string(d.grid) + "; must divide it, at most 16");
    if (d.shared_bytes > 227 * 1024) refuse(std::to_string(d.shared_bytes) + " bytes of shared memory per block; a GPU has at most 232448");
    const unsigned per_cluster = d.block * d.cluster, alive = std::min(options.alive_threads, 65'535u);
    const unsigned count = std::min(d.grid / d.cluster, std::max(1u, alive / per_cluster));
    if (d.cooperative && count * d.cluster < d.grid)
        refuse("a cooperative grid of " + std::to_string(d.grid) + " x " + std::to_string(d.block) + " threads, of which " + std::to_string(alive) + " can be alive");
    return count;
}

Launch::Launch(const Body& body, const arch::Dims& dims, const Options& options, StackPool& pool)
    : body_(body), dims_(dims), options_(options), pool_(pool), places_(places(body, dims, options)), order_(dims.grid / dims.cluster),
      memory_(places_ * dims.cluster, dims.shared_bytes), warps_(places_ * dims.cluster * dims.block / warp_size), blocks_(places_ * dims.cluster),
      clusters_(places_), random_(mix64(options.seed)), threads_(places_ * dims.cluster * dims.block) {
    grid_.size = static_cast<unsigned>(threads_.size());
    for (unsigned i = 0; i < order_.size(); ++i) order_[i] = options.order == Order::reverse ? static_cast<unsigned>(order_.size()) - 1 - i : i;
    if (options.order == Order::random)
        for (std::size_t i = order_.size(); i > 1; --i) std::swap(order_[i - 1], order_[random() % i]);
}

void Launch::begin_cluster(unsigned place) {
    const unsigned index = order_[started_++], per_cluster = dims_.cluster * dims_.block, first = place * per_cluster;
    clusters_[place] = Scope{.size = per_cluster};
    for (unsigned rank = 0; rank < dims_.cluster; ++rank) {
        memory_.begin_block(place * dims_.cluster + rank);
        blocks_[place * dims_.cluster + rank] = Scope{.size = dims_.block};
    }
    for (unsigned i = 0; i < per_cluster; ++i) {
        const unsigned t = first + i, rank = i / dims_.block;
        if (t % warp_size == 0) warp(t) = Warp{}, warp(t).size = warp_size;
        Thread& thread = threads_[t];
        thread.position = {i % dims_.block, index * dims_.cluster + rank, dims_.block, dims_.grid, rank, dims_.cluster};
        thread.state = State::ready;
        thread.spins = 0;
        thread.fiber.start(pool_, [this] {
            try {
                body_.call(body_.kernel);
                leave();
            } catch (const Unwind&) {
                throw;
            } catch (...) {
                failure_ = std::current_exception();
            }
        });
    }
    for (unsigned i = 0; i < per_cluster; ++i) enqueue(options_.order == Order::reverse ? first + per_cluster - 1 - i : first + i);
}

unsigned Launch::next() {
    if (options_.order == Order::random) std::swap(ready_.front(), ready_[random() % ready_.size()]);
    const unsigned t = ready_.front();
    ready_.pop_front();
    return t;
}

void Launch::run() {
    struct Nobody {
        Launch* outer = running;
        ~Nobody() { running = outer; }
    } restore;
    running = this;
    for (unsigned p = 0; p < places_; ++p) begin_cluster(p);
    while (!ready_.empty()) {
        const unsigned t = next();
        current_ = &threads_[t];
        current_->fiber.resume();
        if (failure_) {
            for (Thread& thread : threads_) thread.fiber.unwind();
            std::rethrow_exception(failure_);
        }
        if (current_->fiber.finished() && cluster(t).done == cluster(t).size && started_ < order_.size()) begin_cluster(slot(t) / dims_.cluster);
    }
    for (const Thread& thread : threads_)
        if (thread.state != State::done) fault(FaultKind::no_progress, thread, thread.where, "waits for ever, as everybody does");
}

void Launch::fault(FaultKind kind, const Thread& thread, std::optional<Where> where, const std::string& what) const {
    throw Fault(kind, std::string("kernel ") + body_.name + ", block " + std::to_string(thread.position.block) + ", thread " +
                          std::to_string(thread.position.thread) + (where ? " (" + text(*where) + ")" : "") + ": " + what);
}

// Rendezvous.

std::string Launch::doing(const Thread& t) const {
    switch (t.state) {
        case State::at_warp: return "waits at a warp collective (" + text(t.where) + ")";
        case State::at_block: return "waits at a block barrier (" + text(t.where) + ")";
        case State::at_cluster: return "waits at a cluster barrier (" + text(t.where) + ")";
        case State::at_grid: return "waits at a grid barrier (" + text(t.where) + ")";
        case State::done: return "has left the kernel";
        default: return "runs";
    }
}

void Launch::diverged(FaultKind kind, State at, Where where, const Thread& other) {
    static const char* const names[] = {"", "a warp collective", "a block barrier", "a cluster barrier", "a grid barrier", ""};
    fault(kind, self(), where, std::string("reaches ") + names[static_cast<int>(at)] + ", but " + who(other) + " " + doing(other));
}

const Thread* Launch::find(State at, unsigned t, bool (*wanted)(const Thread&, State, Where), Where where) const {
    const auto [first, count] = range(at, t);
    for (unsigned i = first; i < first + count; ++i)
        if (i != t && wanted(threads_[i], at, where)) return &threads_[i];
    return nullptr;
}

// Before t waits at `at`: nobody whom it will wait for has left, or waits for t at another rendezvous.
void Launch::require_together(State at, unsigned t, Where where, Collective kind) {
    const auto missing = [](const Thread& other, State, Where) { return other.state == State::done; };
    const auto elsewhere = [](const Thread& other, State here, Where w) {
        return other.state > here ? other.state != State::done : other.state == here && !same(other.where, w);
    };
    const auto what = at == State::at_warp ? FaultKind::divergent_collective : FaultKind::divergent_barrier;
    // Wider rendezvous of threads in the scope, and others of the same width.
    for (int s = static_cast<int>(State::at_warp); s <= static_cast<int>(State::at_grid); ++s) {
        const State narrower = static_cast<State>(s);
        const Scope& around = scope(narrower, t);
        if (narrower < at && around.waiting > 0) {
            const Thread* other = find(narrower, t, [](const Thread& o, State n, Where) { return o.state == n; }, where);
            diverged(narrower == State::at_warp ? FaultKind::divergent_collective : what, at, where, *other);
        }
        if (narrower > at && around.waiting > 0)
            if (const Thread* other = find(at, t, elsewhere, where)) diverged(what, at, where, *other);
    }
    const Scope& here = scope(at, t);
    if (here.done > 0) diverged(what, at, where, *find(at, t, missing, where));
    if (here.waiting > 0 && (!same(here.where, where) || (at == State::at_warp && warp(t).kind != kind)))
        diverged(what, at, where, *find(at, t, [](const Thread& o, State n, Where) { return o.state == n; }, where));
}

void Launch::release(State at, unsigned t) {
    const auto [first, count] = range(at, t);
    scope(at, t).waiting = 0;
    for (unsigned i = 0; i < count; ++i) {
        const unsigned other = options_.order == Order::reverse ? first + count - 1 - i : first + i;
        threads_[other].state = State::ready;
        enqueue(other);
    }
}

void Launch::arrive(State at, Where where) {
    const unsigned t = number(self());
    Thread& me = self();
    me.spins = 0;
    const Collective kind = at == State::at_warp ? warp(t).kind : Collective::sync;
    require_together(at, t, where, kind);
    Scope& here = scope(at, t);
    me.state = at;
    me.where = here.where = where;
    if (++here.waiting == here.size) {
        ++time_;
        if (at != State::at_warp || kind == Collective::sync) here.last_sync = time_;
        if (at == State::at_warp) warp(t).seen = warp(t).given;
        release(at, t);
    }
    suspend();
}

const std::uint32_t* Launch::exchange(Collective kind, std::uint32_t x, Where where) {
    const unsigned t = number(self());
    Warp& w = warp(t);
    if (w.waiting == 0) w.kind = kind;
    else if (w.kind != kind) diverged(FaultKind::divergent_collective, State::at_warp, where, *find(State::at_warp, t, [](const Thread& o, State n, Where) { return o.state == n; }, where));
    w.given[t % warp_size] = x;
    arrive(State::at_warp, where);
    return w.seen.data();
}

bool Launch::sync_grid(std::uint32_t* state, Where where) {
    if (!dims_.cooperative) fault(FaultKind::launch, where, "a grid barrier needs a cooperative launch");
    arrive(State::at_grid, where);
    if (self().position.thread == 0) ++*state;
    return state[1] == 0;
}

void Launch::leave() {
    const unsigned t = number(self());
    self().state = State::done;
    for (const State at : {State::at_warp, State::at_block, State::at_cluster, State::at_grid}) {
        ++scope(at, t).done;
        if (scope(at, t).waiting == 0) continue;
        const Thread* other = find(at, t, [](const Thread& o, State n, Where) { return o.state == n; }, {});
        fault(at == State::at_warp ? FaultKind::divergent_collective : FaultKind::divergent_barrier, self(), {},
              "leaves the kernel, but " + who(*other) + " " + doing(*other));
    }
}

void Launch::may_yield() {
    if (options_.order != Order::random || random() % 8 != 0) return;
    enqueue(number(self()));
    suspend();
}

void Launch::spin(Where where) {
    if (++self().spins > options_.max_spins) {
        std::string rest;
        for (const Thread& other : threads_)
            if (other.state >= State::at_warp && other.state < State::done) {
                rest = "; meanwhile " + who(other) + " " + doing(other);
                break;
            }
        fault(FaultKind::no_progress, where, "spins for the " + std::to_string(self().spins) + "th time" + rest);
    }
    enqueue(number(self()));
    suspend();
}

// Shared memory.

bool Launch::ordered(const Trace& before, unsigned t) {
    if (before.time == 0 || before.thread == t) return true;
    switch (distance(before.thread, t)) {
        case 1:
            if (before.time < warp(t).last_sync) return true;
            [[fallthrough]];
        case 2:
            if (before.time < block(t).last_sync) return true;
            [[fallthrough]];
        default: return before.time < cluster(t).last_sync || before.time < grid_.last_sync;
    }
}

void Launch::race(const ByteHistory& byte, unsigned t, Access kind, const void* p, std::uint64_t index, std::uint64_t size, Where where) {
    static const char* const now[] = {"reads", "writes", "changes atomically"};
    static const char* const then[] = {"read", "wrote", "changed atomically"};
    const auto against = [&](const Trace& other, Access what) {
        if (ordered(other, t)) return;
        const Thread& who_else = threads_[other.thread];
        fault(FaultKind::race, self(), where,
              std::string("race: ") + now[static_cast<int>(kind)] + " element " + std::to_string(index) + " of " + std::to_string(size) + " in shared memory (byte " +
                  std::to_string(memory_.offset_of(p)) + " of block " + std::to_string(threads_[memory_.slot_of(p) * dims_.block].position.block) + "), which " +
                  who(who_else) + " " + then[static_cast<int>(what)] + " in line " + std::to_string(other.line) + " with no barrier between");
    };
    against(byte.write, Access::write);
    if (kind != Access::read)
        for (const Trace& r : byte.read) against(r, Access::read);
    if (kind != Access::atomic)
        for (const Trace& a : byte.atomic) against(a, Access::atomic);
}

// Keeps two accesses that no barrier parts as far apart as possible: a later opponent then meets at least one of them.
void Launch::remember(Trace (&two)[2], Trace now) {
    for (Trace& old : two)
        if (old.time == 0 || old.thread == now.thread) {
            old = now;
            return;
        }
    for (Trace& old : two)
        if (ordered(old, now.thread)) {
            old = now;
            return;
        }
    if (distance(two[0].thread, now.thread) > distance(two[0].thread, two[1].thread)) two[1] = now;
}

void Launch::access(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Access kind, Where where) {
    const unsigned t = number(self());
    if (index >= size)
        fault(FaultKind::out_of_bounds, where, "element " + std::to_string(index) + " of an array of " + std::to_string(size) + " in shared memory");
    const auto* p = static_cast<const unsigned char*>(data) + index * element;
    if (!memory_.holds(p) || memory_.offset_of(p) + element > memory_.bytes())
        fault(FaultKind::out_of_bounds, where, "an array that does not lie in the block's " + std::to_string(memory_.bytes()) + " bytes of shared memory");
    if (memory_.slot_of(p) / dims_.cluster != slot(t) / dims_.cluster)
        fault(FaultKind::out_of_bounds, where, "shared memory of a block of another cluster");
    if (const unsigned owner = memory_.slot_of(p); owner != slot(t) && blocks_[owner].done > 0)
        fault(FaultKind::out_of_bounds, where, "shared memory of a block that has begun to leave the kernel; a cluster barrier must come before");
    const Trace now{time_, static_cast<std::uint16_t>(t), static_cast<std::uint16_t>(where.line)};
    ByteHistory* byte = memory_.history(p);
    for (std::size_t i = 0; i < element; ++i, ++byte) {
        if (kind != Access::write && byte->write.time == 0)
            fault(FaultKind::uninitialised, where, "element " + std::to_string(index) + " of " + std::to_string(size) + " in shared memory is read, but nobody wrote it");
        race(*byte, t, kind, p, index, size, where);
        if (kind == Access::write) byte->write = now;
        else remember(kind == Access::read ? byte->read : byte->atomic, now);
    }
}

void Launch::atomic(const void* p, Where where) {
    if (memory_.holds(p)) access(p, 0, 1, sizeof(std::uint32_t), Access::atomic, where);
}

unsigned char* Launch::map(unsigned char* p, unsigned rank, Where where) {
    const unsigned t = number(self());
    if (rank >= dims_.cluster) fault(FaultKind::out_of_bounds, where, "block " + std::to_string(rank) + " of a cluster of " + std::to_string(dims_.cluster));
    if (!memory_.holds(p) || memory_.slot_of(p) != slot(t)) fault(FaultKind::out_of_bounds, where, "cluster_map wants a place in the block's own shared memory");
    return memory_.block(slot(t) - slot(t) % dims_.cluster + rank) + memory_.offset_of(p);
}

}  // namespace

void run(const Body& body, const arch::Dims& dims, const Options& options) {
    static thread_local StackPool pool;
    if (dims.grid == 0) return;
    Launch(body, dims, options, pool).run();
}

const Position& position() { return launch_of_caller().self().position; }
void sync_block(Where at) { launch_of_caller().arrive(State::at_block, at); }
void sync_cluster(Where at) { launch_of_caller().arrive(State::at_cluster, at); }
bool sync_grid(std::uint32_t* state, Where at) { return launch_of_caller().sync_grid(state, at); }
const std::uint32_t* warp_exchange(Collective kind, std::uint32_t x, Where at) { return launch_of_caller().exchange(kind, x, at); }
void may_yield() { launch_of_caller().may_yield(); }
void spin_yield(Where at) { launch_of_caller().spin(at); }
unsigned char* shared_memory() { return launch_of_caller().own_memory(); }
unsigned char* cluster_map(unsigned char* p, unsigned rank, Where at) { return launch_of_caller().map(p, rank, at); }
void shared_access(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Access kind, Where at) {
    launch_of_caller().access(data, index, size, element, kind, at);
}
void atomic_access(const void* p, Where at) { launch_of_caller().atomic(p, at); }
void check_global(std::uint64_t index, std::uint64_t size, Where at) {
    if (index >= size)
        launch_of_caller().fault(FaultKind::out_of_bounds, at, "element " + std::to_string(index) + " of an array of " + std::to_string(size) + " in global memory");
}
void check_load16(const void* data, std::uint64_t index, std::uint64_t size, std::size_t element, Where at) {
    if (index >= size || (size - index) * element < sizeof(arch::Quad))
        launch_of_caller().fault(FaultKind::out_of_bounds, at,
                                 "16 bytes from element " + std::to_string(index) + " of an array of " + std::to_string(size) + " in global memory");
    if ((reinterpret_cast<std::uintptr_t>(data) + index * element) % sizeof(arch::Quad) != 0)
        launch_of_caller().fault(FaultKind::out_of_bounds, at, "load16 from element " + std::to_string(index) + ", which is not aligned to 16 bytes");
}
void check_part(std::uint64_t first, std::uint64_t size, std::uint64_t whole, Where at) {
    if (first + size > whole)
        launch_of_caller().fault(FaultKind::out_of_bounds, at,
                                 "elements " + std::to_string(first) + " to " + std::to_string(first + size) + " of an array of " + std::to_string(whole));
}
void check_carve(const unsigned char* memory, std::size_t used, Where at) {
    if (!memory || !running) return;
    if (used > running->shared_bytes())
        running->fault(FaultKind::out_of_bounds, at, "carves " + std::to_string(used) + " bytes out of " + std::to_string(running->shared_bytes()) + " of shared memory");
}

}  // namespace spikemass::shim
