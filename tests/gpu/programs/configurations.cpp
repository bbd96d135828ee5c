#include "tests/golden/networks.hpp"
#include "tests/gpu/programs/parity.hpp"

namespace spikemass::programs {

namespace {

using golden::population;
using golden::projection;

constexpr Parameter driven{Distribution::lorentzian, 1.0, 1.0, Draw::compensated_quantiles};

Network one_population(std::int64_t size, const Projection& p, NeuronKind model = NeuronKind::qif) {
    Network n;
    n.dt = 0.01;
    n.populations = {population("E", size, driven, model, 0.4)};
    n.projections = {p};
    n.seeds = {0x51, 0x52, 0x53};
    return n;
}

/// Sizes times `factor`, all-to-all with them, and other seeds.
Network resized(Network n, std::int64_t factor, std::uint64_t seed) {
    for (Population& p : n.populations) p.size *= factor;
    for (Projection& p : n.projections)
        if (p.topology.kind == TopologyKind::all_to_all)
            p.topology.mean_indegree = static_cast<double>(n.populations[p.source].size - (p.source == p.target && !p.topology.self_connections ? 1 : 0));
    n.seeds = {n.seeds.graph + seed, n.seeds.init + seed, n.seeds.noise + seed};
    return n;
}

/// A ring of populations of alternating models, each also inhibiting itself.
Network ring(std::size_t populations, std::int64_t size) {
    Network n;
    n.dt = 0.01;
    for (std::size_t i = 0; i < populations; ++i) {
        const std::string name = "P" + std::to_string(i);
        n.populations.push_back(population(name.c_str(), size + static_cast<std::int64_t>(i) * 37, driven, i % 2 == 0 ? NeuronKind::qif : NeuronKind::theta, 0.4));
    }
    for (std::size_t i = 0; i < populations; ++i) {
        const std::size_t next = (i + 1) % populations;
        const std::string forward = "F" + std::to_string(i), own = "O" + std::to_string(i);
        n.projections.push_back(projection(forward.c_str(), i, next, i % 2 == 0 ? TopologyKind::fixed_indegree : TopologyKind::erdos_renyi, 30, 6, 1 + static_cast<std::int64_t>(i)));
        n.projections.push_back(projection(own.c_str(), i, i, TopologyKind::fixed_indegree, 20, -4, 2));
        if (i % 3 == 1) n.projections.back().synapse = {SynapseKind::exponential, 0.6};
        if (i % 3 == 2) n.projections.back().strength_sd = 2;
    }
    n.seeds = {0x61, 0x62, 0x63};
    return n;
}

Stimulus stimulus(const char* name, StimulusKind kind) {
    Stimulus s;
    s.name = name;
    s.kind = kind;
    s.start = 0.013;
    s.stop = 3.5;
    s.amplitude = 4.0;
    return s;
}

}  // namespace

std::vector<Configuration> parity_configurations() {
    std::vector<Configuration> all;
    const auto add = [&](const std::string& name, Network n, bool one_by_one = false) { all.push_back({name, std::move(n), one_by_one}); };
    const auto sparse = [](double k, double strength, std::int64_t delay = 1) { return projection("EE", 0, 0, TopologyKind::erdos_renyi, k, strength, delay); };

    for (const golden::Case& c : golden::cases()) add(c.name, c.network);
    for (const golden::Case& c : golden::cases()) add(c.name + ", four times the size, other seeds", resized(c.network, 4, 17));

    add("33 neurons, all-to-all", one_population(33, projection("EE", 0, 0, TopologyKind::all_to_all, 33, 6)));
    add("31 theta neurons, Erdos-Renyi", one_population(31, sparse(9, 4), NeuronKind::theta));
    add("257 neurons, fixed in-degree", one_population(257, projection("EE", 0, 0, TopologyKind::fixed_indegree, 19, 5)));
    add("1025 neurons, fixed out-degree", one_population(1025, projection("EE", 0, 0, TopologyKind::fixed_outdegree, 33, -5)));

    for (std::int64_t delay : {3, 33, 100}) add("delay of " + std::to_string(delay) + " steps", one_population(1511, sparse(50, 6, delay)));
    for (double tau : {0.05, 5.0}) {
        Projection p = sparse(40, 8, 2);
        p.synapse = {SynapseKind::exponential, tau};
        add("exponential synapse, tau_s = " + std::to_string(tau).substr(0, 4), one_population(1307, p));
    }
    for (double dt : {0.002, 0.05}) {
        Network n = one_population(1409, sparse(60, 5));
        n.dt = dt;
        add("dt = " + std::to_string(dt).substr(0, 5), n);
    }
    for (const auto& [name, norm, strength] : {std::tuple{"norm sqrt(K)", Normalise::sqrt_mean_indegree, 0.7}, {"no norm", Normalise::none, 0.1}, {"norm of every in-degree", Normalise::indegree, 5.0}}) {
        Projection p = sparse(70, strength);
        p.normalise = norm;
        add(name, one_population(1213, p));
    }
    {
        Projection p = projection("EE", 0, 0, TopologyKind::fixed_outdegree, 90, 2, 3);
        p.strength_sd = 6;
        p.synapse = {SynapseKind::exponential, 0.2};
        add("weights of both signs, exponential, delayed", one_population(1601, p, NeuronKind::theta));
    }
    add("3 populations in a ring", ring(3, 523));
    add("6 populations in a ring", ring(6, 311));
    {
        Network n = one_population(1103, sparse(10, 0));
        n.projections.clear();
        add("no projection", n);
    }
    for (const auto& [name, kind] : {std::pair{"step current", StimulusKind::step}, {"ramp", StimulusKind::ramp}, {"sampled current", StimulusKind::samples}}) {
        Network n = one_population(1151, sparse(30, 5));
        Stimulus s = stimulus("drive", kind);
        s.hold = true;
        s.interval = 0.031;
        s.values = {1.0, -2.0, 3.5, 0.25, 5.0};
        n.stimuli = {s};
        add(name, n);
    }
    {
        Network n = one_population(1297, sparse(35, 5), NeuronKind::theta);
        n.populations[0].initial = {InitialKind::lorentzian, 0.5, 2.0, 0.3};
        add("Lorentzian initial state", n);
    }
    add("100,003 neurons, K = 1000", one_population(100003, sparse(1000, 6, 2)), true);
    add("200,003 neurons, annealed", one_population(200003, projection("EE", 0, 0, TopologyKind::annealed, 100, 6)), true);
    add("1,000,003 neurons, all-to-all", one_population(1000003, projection("EE", 0, 0, TopologyKind::all_to_all, 1000003, 6)), true);
    return all;
}

std::vector<Configuration> small_configurations() {
    std::vector<Configuration> all;
    {
        Projection p = projection("EE", 0, 0, TopologyKind::erdos_renyi, 40, 6, 2);
        p.strength_sd = 3;
        p.synapse = {SynapseKind::exponential, 0.5};
        all.push_back({"weighted, exponential", one_population(503, p)});
    }
    all.push_back({"annealed, theta", one_population(499, projection("EE", 0, 0, TopologyKind::annealed, 30, 6), NeuronKind::theta)});
    {
        Projection p = projection("EE", 0, 0, TopologyKind::all_to_all, 500, 6);
        p.topology.self_connections = false;
        all.push_back({"all-to-all without oneself", one_population(501, p)});
    }
    all.push_back({"all-to-all", one_population(487, projection("EE", 0, 0, TopologyKind::all_to_all, 487, 6))});
    all.push_back({"3 populations in a ring", ring(3, 131)});
    return all;
}

}  // namespace spikemass::programs
