#pragma once
// Small networks for the tests of the masses.

#include "host/mass/mass.hpp"

namespace spikemass::mass {

inline Population lorentzian_population(const char* name, double eta, double delta, std::int64_t size = 10000) {
    Population p;
    p.name = name;
    p.size = size;
    p.eta = {Distribution::lorentzian, eta, delta, Draw::midpoint_quantiles};
    return p;
}

inline Projection all_to_all(const char* name, std::size_t source, std::size_t target, double strength, double size = 10000.0) {
    Projection p;
    p.name = name;
    p.source = source;
    p.target = target;
    p.topology = {TopologyKind::all_to_all, size, 0.0, true};
    p.strength = strength;
    return p;
}

inline Network one_population(double eta, double strength, double delta) {
    Network network;
    network.dt = 1e-3;
    network.populations = {lorentzian_population("E", eta, delta)};
    network.projections = {all_to_all("EE", 0, 0, strength)};
    return network;
}

/// Kinds other than all_to_all, without self-connections; annealed allows them.
inline Network sparse_population(double eta, double strength, double delta, TopologyKind kind, double k, std::int64_t size = 10000) {
    Network network = one_population(eta, strength, delta);
    network.populations[0].size = size;
    network.projections[0].topology = {kind, k, 0.0, kind == TopologyKind::annealed};
    return network;
}

/// The excitatory-inhibitory set of the reference values: ee = 10, ei = -12, ie = 14, ii = -8, eta = (2, 0), Delta = 1.
inline Network excitation_inhibition() {
    Network network;
    network.dt = 1e-3;
    network.populations = {lorentzian_population("E", 2.0, 1.0), lorentzian_population("I", 0.0, 1.0)};
    network.projections = {all_to_all("EE", 0, 0, 10.0), all_to_all("EI", 1, 0, -12.0), all_to_all("IE", 0, 1, 14.0),
                           all_to_all("II", 1, 1, -8.0)};
    return network;
}

inline void synapse(Network& network, double tau) {
    for (Projection& p : network.projections) p.synapse = {SynapseKind::exponential, tau};
}

inline const MassOptions undelayed{"none", true};
inline MassOptions undelayed_with(std::string_view closure) { return {std::string(closure), true}; }

}  // namespace spikemass::mass
