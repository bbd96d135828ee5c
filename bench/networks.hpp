#pragma once
// Small descriptions of networks for the benchmarks.

#include <string>

#include "kernels/network.hpp"

namespace spikemass::bench {

constexpr double high_center = -5.0, high_strength = 15.0;
constexpr double high_rate = 1.030597;   ///< stable high fixed point of MPR at these values and Delta = 1

inline Projection projection(TopologyKind kind, double mean_indegree, double strength = high_strength) {
    Projection p;
    p.name = "EE";
    p.topology.kind = kind;
    p.topology.mean_indegree = mean_indegree;
    p.topology.half_width = mean_indegree / 20;   // lorentzian_indegree
    p.topology.self_connections = kind == TopologyKind::all_to_all || kind == TopologyKind::annealed || kind == TopologyKind::fixed_total;
    p.topology.rewiring = 0.1;
    p.topology.exponent_in = p.topology.exponent_out = 2.5;
    p.topology.cutoff = 8;
    p.topology.sigma = 0.1;
    p.topology.geometry = Geometry::torus;
    p.topology.modules = 10;
    p.topology.within = 0.8;
    p.strength = strength;
    return p;
}

/// One population of QIF neurons in the high state of theory (Montbrio, Pazo, Roxin 2015, doi:10.1103/PhysRevX.5.021028).
inline Network high_state(std::int64_t size, const Projection& p, double dt) {
    Population e;
    e.name = "E";
    e.size = size;
    e.eta = {Distribution::lorentzian, high_center, 1.0, Draw::midpoint_quantiles};
    e.initial.rate = high_rate;
    Network n;
    n.dt = dt;
    n.populations = {e};
    n.projections = {p};
    n.seeds = {1, 2, 3};
    n.allow_capped = true;
    return n;
}

}  // namespace spikemass::bench
