#pragma once
// Graphs built on a device against the CPU builder's, also where memory is short, and how long they take.

#include <cstdint>
#include <string>
#include <vector>

#include "host/gpu/graph_builder.hpp"
#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

struct GraphCase {
    std::string name;
    Projection projection;
    std::int64_t n_sources = 0, n_targets = 0;
    bool same_population = false;
    double memory = 1;   ///< budget of a timing: 0 is the least, 1 as much as helps
};

/// Every topology with drawn degrees: with drawn weights and 16-bit targets, with equal weights and 32-bit targets; 2e7 synapses each.
std::vector<GraphCase> graph_cases();
/// Every such topology with 1e8 synapses; one that draws twice because its memory is short; one of strategy A's size.
std::vector<GraphCase> graph_timings();

/// Each case with all the memory that helps, with half of it, with the least: out["graphs"] has a row for each.  True if every array, sum and checksum is the CPU builder's,
/// no build took more than its budget, and short memory meant several slabs.  threads: of the CPU builder.
bool run_graphs(const gpu::GraphBuilder& builder, const std::vector<GraphCase>& cases, int threads, bool print, Json& out);

/// Medians of `repeats` builds after a first one: out["graph_builds"] has a row for each case; one that would end later than `seconds` from now says so, and makes the result false.
bool time_graphs(const gpu::GraphBuilder& builder, const std::vector<GraphCase>& cases, int repeats, double seconds, Json& out);

}  // namespace spikemass::programs
