#pragma once
// What a device-side graph build needs to know before it starts: the recipe with its tables, and memory.  No Thrust, no device.

#include <cstdint>
#include <string>
#include <vector>

#include "host/gpu/graph_builder.hpp"
#include "host/gpu/graph_recipe.hpp"
#include "kernels/delays.hpp"
#include "kernels/network.hpp"
#include "kernels/weights.hpp"

namespace spikemass::cpu {
struct Graph;
}

namespace spikemass::gpu {

/// Where a slab's synapses go.
enum class Order {
    in_place,    ///< by source, drawn in their order
    by_source,   ///< sorted first
    by_target,   ///< sorted, and joined to rows of several slabs
    by_edge      ///< placed one by one, sorted afterwards
};

/// Bytes of the temporary arrays for `segments` segments with `draws` draws, and `pairs` places to sort synapses in.
std::uint64_t slab_bytes(Order order, std::int64_t n_sources, std::uint64_t segments, std::uint64_t draws, std::uint64_t pairs);

/// Slabs are sized for as many draws as this round makes, so that later rounds fit, too.
constexpr std::int64_t reserved_round = 2;

struct GraphPlan {
    std::string name;                          ///< of the projection, for messages
    bool stored = false;                       ///< all_to_all and annealed store nothing
    Order order = Order::in_place;
    std::int64_t n_sources = 0, n_targets = 0;
    std::uint64_t delay_steps = 1;
    GraphRecipe recipe;                        ///< without its laws,
    std::vector<kernels::QuantileView> law;    ///< which are these, with the thresholds
    std::vector<std::uint64_t> thresholds;     ///< from law_start[i] on
    std::vector<std::size_t> law_start;
    std::vector<GraphRecipe::Shell> shells;    ///< and without these
    std::vector<std::uint32_t> offsets;
    std::vector<kernels::AliasColumn> alias;
    kernels::FixedTotal edges;                 ///< Order::by_edge
    kernels::Weights weights;
    kernels::Delays delays;
    double k_mean = 0, k_var = 0;              ///< where nothing is stored
    std::uint64_t unstored_synapses = 0;
    bool same_population = false;
    double synapses = 0;                       ///< expected
    int value_bits = 0, draw_bits = 0;         ///< of a sort key
    std::uint64_t max_segments = 0;            ///< of a slab: what a sort key has room for
    std::uint64_t result_bytes = 0, table_bytes = 0;
    std::uint64_t least_workspace = 0;         ///< for the longest possible row, and not too many slabs
    std::uint64_t full_workspace = 0;          ///< for all rows at once

    bool by_target() const { return order == Order::by_target; }
    bool narrow() const { return n_targets <= 65536; }   ///< targets are u16
    std::uint64_t least_bytes() const { return result_bytes + table_bytes + least_workspace; }
};

/// Errors: ConfigurationError for degrees that cannot be realised; CapacityError beyond 2^32 neurons or 2^30 synapses of one row.
GraphPlan plan_graph(const Projection&, const Seeds&, std::int64_t n_sources, std::int64_t n_targets, bool same_population);

/// Bytes of temporary memory of a build that may take `budget` in all.  CapacityError, with the numbers, where that is too little.
std::uint64_t choose_workspace(const GraphPlan&, std::uint64_t budget);

/// What is known of a graph of the CPU builder, without its arrays.
DeviceGraph facts_of(const cpu::Graph&);
/// The offsets of its rows32 as a device keeps them.  Shape: [n_sources + 1].
std::vector<std::uint64_t> offsets_of(const cpu::Graph&);

}  // namespace spikemass::gpu
