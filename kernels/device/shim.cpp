#include "kernels/device/shim.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "kernels/device/shim_launch.hpp"

namespace spikemass::shim {

namespace {

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

}  // namespace

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
    else if (w.kind != kind)
        diverged(FaultKind::divergent_collective, State::at_warp, where, *find(State::at_warp, t, [](const Thread& o, State n, Where) { return o.state == n; }, where));
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
        running->fault(FaultKind::out_of_bounds, at,
                       "carves " + std::to_string(used) + " bytes out of " + std::to_string(running->shared_bytes()) + " of shared memory");
}

}  // namespace spikemass::shim
