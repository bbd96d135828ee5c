#pragma once
// Runs kernels without a GPU: every thread a fiber, every barrier and warp collective a rendezvous, and between them a scheduler that
// picks who goes on.  Atomics let others go first now and then.  What a GPU would leave undefined stops the launch with a Fault.
// For tests only: library spikemass_shim, which exists where Boost.Context does.

#include <cstdint>
#include <stdexcept>
#include <string>

#include "kernels/device/arch.hpp"

namespace spikemass::shim {

/// Who goes on: a thread drawn from `seed`, or the one that has waited longest, released in ascending or in descending order.
enum class Order { random, round_robin, reverse };

struct Options {
    Order order = Order::random;
    std::uint64_t seed = 1;
    unsigned alive_threads = 2048;      // blocks start as earlier ones end; at least one cluster is alive, at most 65,535 threads
    unsigned max_spins = 20'000;        // turns of one thread's spin before it is called endless
};

enum class FaultKind {
    launch,               // Dims that no GPU takes, a grid barrier in a launch that is not cooperative
    race,                 // two threads, one place in shared memory, at least one plain write or one atomic, no barrier between
    divergent_barrier,    // a block, cluster or grid barrier that others miss: they left or wait elsewhere
    divergent_collective, // the same in a warp
    out_of_bounds,        // Shared, Global, load16, Carve, another block's memory outside of the cluster
    uninitialised,        // a read of shared memory that nobody wrote
    no_progress           // everybody waits, or a spin does not end
};

/// what(): kernel, block, thread, place in the source, what happened.
struct Fault : std::runtime_error {
    Fault(FaultKind kind, const std::string& message) : std::runtime_error(message), kind(kind) {}
    FaultKind kind;
};

/// What a launch runs.
struct Body {
    const char* name;
    unsigned max_threads;
    void (*call)(const void*);
    const void* kernel;
};
void run(const Body&, const arch::Dims&, const Options&);

/// Runs the kernel to its end.  Throws Fault, or what the kernel throws; memory is then as the fault left it.
template <class Kernel>
void launch(const Kernel& kernel, const arch::Dims& dims, const Options& options = {}) {
    run({Kernel::name, Kernel::max_threads, [](const void* k) { (*static_cast<const Kernel*>(k))(); }, &kernel}, dims, options);
}

}  // namespace spikemass::shim
