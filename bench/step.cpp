// Whole steps of whole networks: update, propagation, and everything between, in updates and synaptic events per second.

#include <cmath>
#include <memory>

#include "bench/harness.hpp"
#include "bench/networks.hpp"
#include "bench/triad.hpp"
#include "kernels/engine.hpp"

using namespace spikemass;
using namespace spikemass::bench;

namespace {

void add_network(const std::string& name, std::int64_t n, TopologyKind kind, double k, double dt, SynapseKind synapse = SynapseKind::delta) {
    add("step/" + name, [=]() -> Round {
        Projection p = projection(kind, k);
        if (synapse == SynapseKind::exponential) p.synapse = {synapse, 0.5};
        std::shared_ptr<Engine> engine = make_cpu_engine(high_state(n, p, dt), {1, ""});
        engine->advance(sized<std::int64_t>(std::llround(5.0 / dt), 3));   // forgets the initial state
        auto triad = std::make_shared<Triad>(Triad::l2());
        std::vector<Call> calls = triad->calls();
        const std::size_t triads = calls.size();
        const auto steps = static_cast<std::int64_t>(sized(std::ceil(2e6 / static_cast<double>(n)), 1.0));
        calls.push_back([=] { engine->advance(steps); });
        const double out_degree = kind == TopologyKind::all_to_all ? 0.0 : static_cast<double>(engine->projections()[0].synapses) / static_cast<double>(n);
        return [=] {
            const std::uint64_t spikes = engine->spikes();
            const std::int64_t first = engine->step();
            const std::vector<double> t = interleaved(calls);
            const double per_step = static_cast<double>(engine->spikes() - spikes) / static_cast<double>(engine->step() - first);
            const double seconds = t[triads] / static_cast<double>(steps), bandwidth = triad->gbs(t.data(), triads);
            return Numbers{{"seconds", seconds},
                           {"updates_per_s", static_cast<double>(n) / seconds},
                           {"events_per_s", per_step * out_degree / seconds},
                           {"of_triad", static_cast<double>(n) / seconds * 12e-9 / bandwidth},
                           {"triad_gbs", bandwidth},
                           {"firing_rate", per_step / (static_cast<double>(n) * dt)}};
        };
    });
}

}  // namespace

void register_benchmarks() {
    const auto n4 = sized<std::int64_t>(10000, 1003), n5 = sized<std::int64_t>(100000, 2003);
    const double k3 = sized(1000.0, 50.0), k2 = sized(100.0, 20.0);
    add_network("all_to_all/N1e4_dt0.002", n4, TopologyKind::all_to_all, static_cast<double>(n4), 0.002);
    add_network("all_to_all/N1e5_dt0.02", n5, TopologyKind::all_to_all, static_cast<double>(n5), 0.02);
    add_network("erdos_renyi/N1e4_K100_dt0.002", n4, TopologyKind::erdos_renyi, k2, 0.002);
    add_network("erdos_renyi/N1e4_K1000_dt0.002", n4, TopologyKind::erdos_renyi, k3, 0.002);
    add_network("fixed_indegree/N1e5_K100_dt0.02", n5, TopologyKind::fixed_indegree, k2, 0.02);
    add_network("fixed_indegree/N1e5_K1000_dt0.02", n5, TopologyKind::fixed_indegree, k3, 0.02);
    add_network("fixed_indegree/N1e5_K100_dt0.02_exponential", n5, TopologyKind::fixed_indegree, k2, 0.02, SynapseKind::exponential);
    add_network("annealed/N1e4_K100_dt0.002", n4, TopologyKind::annealed, k2, 0.002);
}
