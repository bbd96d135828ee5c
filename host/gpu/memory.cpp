#include <algorithm>

#include "host/gpu/engine.hpp"
#include "host/gpu/graph_builder.hpp"
#include "host/gpu/record.hpp"
#include "host/spiking/setup.hpp"
#include "models/registry.hpp"
#include "models/synapses/registry.hpp"

namespace spikemass {

double estimate_network_memory(const Network& network) {
    double bytes = 0;
    const auto ring = static_cast<double>(spiking::longest_delay(network));
    for (std::size_t i = 0; i < network.populations.size(); ++i) {   // columns, eta, noise, spike lists
        const std::size_t columns = std::max<std::size_t>(2, spiking::state_columns(network, i));
        const bool noisy = std::any_of(network.stimuli.begin(), network.stimuli.end(), [&](const Stimulus& s) { return s.target == i && is_noise(s.kind); });
        const int drives = noisy ? spiking::ports(network.populations[i]) : 0;
        bytes += static_cast<double>(network.populations[i].size) * (4.0 * static_cast<double>(columns) + 4 + 4 * drives + recorder_bytes + 4 * ring);
    }
    double building = 0;   // one graph after the other
    for (const Projection& p : network.projections) {
        const ProjectionMemory m = estimate_projection_memory(network, p);
        bytes += m.graph + m.targets;
        building = std::max(building, m.building);
    }
    return bytes + building;
}

ProjectionMemory estimate_projection_memory(const Network& network, const Projection& p) {
    const std::int64_t sources = network.populations[p.source].size, targets = network.populations[p.target].size;
    const gpu::DeviceGraphEstimate graph = gpu::estimate_device_graph(p, network.seeds, sources, targets, p.source == p.target);
    double slots = 1.0;   // a population's rings are as long as its longest delay
    for (const Projection& q : network.projections)
        if (p.delay_law != DelayLaw::constant && q.delay_law != DelayLaw::constant && q.target == p.target) slots = std::max(slots, static_cast<double>(q.delay_steps));
    return {static_cast<double>(graph.bytes), 4.0 * (1 + slots + std::max(1, models::stages_of(static_cast<int>(p.synapse.kind)))) * static_cast<double>(targets), static_cast<double>(graph.least_bytes - graph.bytes)};
}

double estimate_record_memory(const Network& network, std::int64_t steps_per_bin, const RecordFlags& flags) {
    constexpr std::int64_t chunk = GpuLayout{}.chunk_steps;
    return 2 * sizeof(std::uint32_t) * static_cast<double>(gpu::RecordShape(network.populations.size(), chunk, steps_per_bin, flags, chunk).words());
}

double estimate_device_memory(const Network& network) {
    return device_context_bytes + estimate_network_memory(network) + estimate_record_memory(network, 1, {.v = true, .order_parameter = true});
}

BlockMemory::BlockMemory(const Network& network) : populations(network.populations.size()) {
    for (const Population& p : network.populations)
        state += static_cast<std::size_t>(p.size) * models::with_model(models::NeuronModels{}, static_cast<int>(p.model), []<class M>() { return static_cast<std::size_t>(M::columns); });
    for (const Projection& p : network.projections) {
        const bool scalar = p.topology.kind == TopologyKind::all_to_all && (p.source != p.target || p.topology.self_connections);
        if (scalar) ++scalars;
        else counts += static_cast<std::size_t>(network.populations[p.target].size);
    }
}

void BlockMemory::widen(const BlockMemory& o) {
    state = std::max(state, o.state);
    counts = std::max(counts, o.counts);
    populations = std::max(populations, o.populations);
    scalars = std::max(scalars, o.scalars);
}

/// As device::EnsembleLayout carves it: every array begins at a multiple of 16.
std::size_t BlockMemory::bytes() const {
    std::size_t end = 0;
    for (const std::size_t words : {std::size_t{1}, state, counts, populations, std::max<std::size_t>(1, scalars)}) end = (end + 15) / 16 * 16 + 4 * words;
    return end;
}

}  // namespace spikemass
