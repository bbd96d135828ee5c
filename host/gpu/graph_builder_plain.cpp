// Graphs of the CPU builder as a device keeps them: stands in for Thrust's host systems where there is no Thrust.

#include <cstring>

#include "host/cpu/graph.hpp"
#include "host/gpu/graph_builder.hpp"
#include "host/gpu/graph_plan.hpp"

namespace spikemass::gpu {

namespace {

template <class T>
DeviceArray<T> kept(std::vector<T> values) {
    auto owner = std::make_shared<std::vector<T>>(std::move(values));
    return {owner->data(), owner->size(), owner};
}
template <class T, class Range>
DeviceArray<T> kept_as(const Range& values) { return kept(std::vector<T>(values.begin(), values.end())); }

DeviceGraph build(const Projection& p, const Seeds& seeds, std::int64_t n_sources, std::int64_t n_targets, bool same_population, std::uint64_t budget) {
    const GraphPlan plan = plan_graph(p, seeds, n_sources, n_targets, same_population);
    if (plan.stored) choose_workspace(plan, budget);   // refuses what the others refuse
    const cpu::Graph g = cpu::build_graph(p, seeds, n_sources, n_targets, same_population, cpu::best_isa(), {1, plan.stored ? cpu::Format::rows32 : cpu::Format::none});
    DeviceGraph out = facts_of(g);
    if (!plan.stored) return out;
    out.offsets = kept(offsets_of(g));
    if (plan.narrow()) out.targets16 = kept_as<std::uint16_t>(g.rows32.index.span());
    else out.targets32 = kept_as<std::uint32_t>(g.rows32.index.span());
    out.weights = kept_as<std::int16_t>(g.rows32.weight.span());
    out.delays = kept_as<std::uint16_t>(g.rows32.delay.span());
    out.indegree = kept(g.indegree);
    out.peak_bytes = plan.result_bytes;
    out.slabs = 1;
    return out;
}

}  // namespace

const GraphBuilder graph_builder_plain{"plain", build, [](void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }};

const GraphBuilder& host_graph_builder() {
#ifdef SPIKEMASS_HAS_THRUST
    return graph_builder_cpp;
#else
    return graph_builder_plain;
#endif
}

}  // namespace spikemass::gpu
