#pragma once
// Graph recipes, version 1: which synapses exist, as integers, the same on every machine (docs/numerics.md, "Graphs").
// A recipe says what a row holds; how it is found (bitmap here, sort on a device) is the builder's business.
// By source: degree(row), and targets(scratch, row, f), ascending.  By target: degree(row), and sources(scratch, row, degree, out), in any order.

#include "kernels/laws.hpp"
#include "kernels/picks.hpp"
#include "kernels/recipes/chung_lu.hpp"
#include "kernels/recipes/erdos_renyi.hpp"
#include "kernels/recipes/fixed_degree.hpp"
#include "kernels/recipes/fixed_total.hpp"
#include "kernels/recipes/small_world.hpp"
#include "kernels/recipes/spatial.hpp"

namespace spikemass::kernels {

constexpr int graph_recipe = 1;

inline bool stores_nothing(TopologyKind k) { return k == TopologyKind::all_to_all || k == TopologyKind::annealed; }
/// A pair of neurons may have several synapses.
inline bool has_multapses(TopologyKind k) { return k == TopologyKind::fixed_total || k == TopologyKind::from_file; }

/// Var K_i of the law, where it is known: independent synapses, fixed numbers, power laws (in the sparse limit); 0 for from_file.
double indegree_variance(const Projection&, std::int64_t n_sources, std::int64_t n_targets, bool same_population);

/// ConfigurationError "projection.NAME: ..." for degrees that cannot be realised.
void check_recipe(const Projection&, std::int64_t n_sources, std::int64_t n_targets, bool same_population);

}  // namespace spikemass::kernels
