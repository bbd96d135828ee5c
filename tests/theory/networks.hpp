#pragma once
// Spiking networks of the theory tests.

#include <cstdint>
#include <cstdlib>

#include "kernels/network.hpp"
#include "models/base/random.hpp"

namespace spikemass::theory {

/// SPIKEMASS_TEST_SEED=n runs a test with fresh seeds (default 1): it must pass for nearly all n (confidence.hpp).
inline Seeds seeds_of(std::uint64_t trial) {
    const char* fresh = std::getenv("SPIKEMASS_TEST_SEED");
    const std::uint64_t seed = fresh ? std::strtoull(fresh, nullptr, 10) : 1;
    return {trial_seed(seed, SeedPurpose::graph, trial), trial_seed(seed, SeedPurpose::init, trial), trial_seed(seed, SeedPurpose::noise, trial)};
}

/// Lorentzian population that starts at the mass's highest stable state.
inline Population lorentzian(const char* name, std::int64_t size, double eta, double delta = 1.0, Draw draw = Draw::midpoint_quantiles) {
    Population p;
    p.name = name;
    p.size = size;
    p.eta = {Distribution::lorentzian, eta, delta, draw};
    p.initial.kind = InitialKind::fixed_point;
    p.initial.branch = Branch::high;
    return p;
}

/// Sparse kinds have no self-connections, all_to_all and annealed do; all_to_all: mean_indegree = number of sources.
inline Projection projection(const char* name, std::size_t source, std::size_t target, double strength, TopologyKind kind, double mean_indegree) {
    Projection p;
    p.name = name;
    p.source = source;
    p.target = target;
    p.strength = strength;
    p.topology = {kind, mean_indegree, 0.0, kind == TopologyKind::all_to_all || kind == TopologyKind::annealed};
    return p;
}

inline Network all_to_all(std::int64_t size, double eta, double strength, double dt, Draw draw = Draw::midpoint_quantiles, double delta = 1.0) {
    Network network;
    network.dt = dt;
    network.populations = {lorentzian("E", size, eta, delta, draw)};
    network.projections = {projection("EE", 0, 0, strength, TopologyKind::all_to_all, static_cast<double>(size))};
    return network;
}

inline Network sparse(std::int64_t size, double eta, double strength, double dt, TopologyKind kind, double mean_indegree) {
    Network network = all_to_all(size, eta, strength, dt);
    network.projections = {projection("EE", 0, 0, strength, kind, mean_indegree)};
    return network;
}

inline std::int64_t steps(double time, double dt) { return static_cast<std::int64_t>(time / dt + 0.5); }

/// Times in units of tau.
inline RunPlan plan(double dt, double warmup, double duration, double bin, bool v = false, bool order_parameter = false) {
    return {steps(warmup, dt), steps(bin, dt), steps(duration, bin), {v, order_parameter, false}};
}

}  // namespace spikemass::theory
