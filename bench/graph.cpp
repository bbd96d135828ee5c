// Building graphs: time per recipe, bytes per synapse; and the largest network that the project promises.

#include <omp.h>
#include <sys/resource.h>

#include <fstream>
#include <memory>

#include "bench/harness.hpp"
#include "bench/networks.hpp"
#include "host/cpu/graph.hpp"
#include "kernels/engine.hpp"

using namespace spikemass;
using namespace spikemass::bench;

namespace {

const char* name_of(TopologyKind k) {
    switch (k) {
        case TopologyKind::erdos_renyi: return "erdos_renyi";
        case TopologyKind::fixed_indegree: return "fixed_indegree";
        case TopologyKind::fixed_outdegree: return "fixed_outdegree";
        case TopologyKind::lorentzian_indegree: return "lorentzian_indegree";
        case TopologyKind::fixed_total: return "fixed_total";
        case TopologyKind::small_world: return "small_world";
        case TopologyKind::chung_lu: return "chung_lu";
        case TopologyKind::spatial: return "spatial";
        case TopologyKind::modular: return "modular";
        default: return "";
    }
}

/// One graph per round, on one thread.
void add_build(TopologyKind kind, const std::string& size, std::int64_t n, double k) {
    add(std::string("graph/") + name_of(kind) + "/" + size, [=]() -> Round {
        return [=] {
            cpu::Graph g;
            const double seconds = once([&] { g = cpu::build_graph(projection(kind, k), {1, 2, 3}, n, n, true, cpu::best_isa(), {1, cpu::Format::none}); });
            const auto synapses = static_cast<double>(g.synapses);
            return Numbers{{"seconds", seconds},
                           {"synapses", synapses},
                           {"seconds_per_1e8", seconds * 1e8 / synapses},
                           {"synapses_per_second", synapses / seconds},
                           {"bytes_per_synapse", static_cast<double>(g.bytes()) / synapses},
                           {"bits_of_index", g.format == cpu::Format::rows16 ? 16.0 : g.format == cpu::Format::rows32 ? 32.0 : 1.0}};
        };
    });
}

double wall_seconds() { return omp_get_wtime(); }

/// Builds and runs 1e9 synapses; peak memory is the process's, so this case must run in a process of its own.
void add_capacity() {
    add("graph/capacity/N1e6_K1000", []() -> Round {
        return [] {
            const auto n = sized<std::int64_t>(1000000, 4001);
            const Network network = high_state(n, projection(TopologyKind::fixed_indegree, sized(1000.0, 50.0)), 0.002);
            const CpuOptions options{omp_get_num_procs(), ""};
            const double estimate = estimate_memory(network, options).bytes;
            const double start = wall_seconds();
            const auto engine = make_cpu_engine(network, options);
            const double built = wall_seconds();
            engine->advance(100);
            const double ran = wall_seconds();
            rusage usage{};
            getrusage(RUSAGE_SELF, &usage);
            return Numbers{{"seconds", ran - start},
                           {"build_wall_seconds", built - start},
                           {"wall_seconds_per_step", (ran - built) / 100},
                           {"synapses", static_cast<double>(engine->projections()[0].synapses)},
                           {"spikes", static_cast<double>(engine->spikes())},
                           {"peak_gib", static_cast<double>(usage.ru_maxrss) / 1048576.0},
                           {"estimated_gib", estimate / 1073741824.0}};
        };
    }, 1);
}

}  // namespace

void register_benchmarks() {
    const auto n5 = sized<std::int64_t>(100000, 3001), n6 = sized<std::int64_t>(1000000, 5001);
    for (TopologyKind kind : {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::fixed_outdegree, TopologyKind::lorentzian_indegree}) {
        add_build(kind, "N1e5_K1000", n5, sized(1000.0, 60.0));
        add_build(kind, "N1e6_K100", n6, sized(100.0, 30.0));
    }
    // Whole modules, square tori.
    const auto q5 = sized<std::int64_t>(99856, 3600), q6 = sized<std::int64_t>(1000000, 4900);
    for (TopologyKind kind : {TopologyKind::fixed_total, TopologyKind::small_world, TopologyKind::chung_lu, TopologyKind::spatial, TopologyKind::modular}) {
        const bool modules = kind == TopologyKind::modular;
        add_build(kind, "N1e5_K1000", modules ? sized<std::int64_t>(100000, 3000) : q5, sized(1000.0, 60.0));
        add_build(kind, "N1e6_K100", modules ? sized<std::int64_t>(1000000, 5000) : q6, sized(100.0, 30.0));
    }
    add_build(TopologyKind::fixed_indegree, "N1e5_K100", n5, sized(100.0, 30.0));
    if (settings().large || settings().tiny) add_capacity();
}
