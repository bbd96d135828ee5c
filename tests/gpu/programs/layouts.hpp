#pragma once
// One network in many shapes of launch, by both strategies, again and again beside another load: one digest.  A digest that moves is a race.

#include <cstdint>
#include <vector>

#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

struct LayoutPlan {
    std::vector<GpuLayout> layouts;
    int repeats = 20;
    std::int64_t warmup = 50, steps = 200;   ///< of the CPU before the checkpoint that every repeat starts from; of every repeat
    std::size_t copies = 5;                  ///< networks of other seeds in a launch of strategy A, the one that is compared with R first
    bool load = true;                        ///< another engine of the backend runs beside, from another thread
};

/// Threads per block from one warp to the most, one block to all multiprocessors.
std::vector<GpuLayout> layouts();
/// Three populations of both models, every kind of projection, delays, weights, traces.
Network layout_network();

/// One row per layout and strategy.  True if every repeat gave the CPU's digest.
bool run_layouts(const Backend& backend, const Network& network, const LayoutPlan& plan, Json& out);

}  // namespace spikemass::programs
