#include "host/mass/afferents.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/delays.hpp"
#include "models/base/error.hpp"
#include "models/closures/source_mixture.hpp"

namespace spikemass::mass {

namespace {

/// Neurons that a target may have as sources.
double candidate_sources(const Network& network, const Projection& projection) {
    const double n = static_cast<double>(network.populations[projection.source].size);
    const bool excludes_itself = projection.source == projection.target && !projection.topology.self_connections;
    return std::max(excludes_itself ? n - 1.0 : n, projection.topology.mean_indegree);
}

/// Normalising by each neuron's own in-degree removes the effect of their spread.
closures::InDegrees in_degrees(const Projection& projection) {
    if (projection.normalise == Normalise::indegree) return closures::InDegrees::fixed;
    switch (projection.topology.kind) {
        case TopologyKind::erdos_renyi:
        case TopologyKind::fixed_outdegree: return closures::InDegrees::binomial;
        case TopologyKind::lorentzian_indegree: return closures::InDegrees::lorentzian;
        case TopologyKind::all_to_all:
        case TopologyKind::fixed_indegree:
        case TopologyKind::annealed: break;
    }
    return closures::InDegrees::fixed;
}

double tail_constant(Draw draw) {
    using closures::TailConstant;
    switch (draw) {
        case Draw::compensated_quantiles: return TailConstant::compensated();
        case Draw::mpr_quantiles: return TailConstant::mpr();
        case Draw::midpoint_quantiles:
        case Draw::random: break;
    }
    return TailConstant::midpoint();
}

}  // namespace

double indegree_variance(const Network& network, const Projection& projection) {
    const double k = projection.topology.mean_indegree;
    switch (projection.topology.kind) {
        case TopologyKind::erdos_renyi:
        case TopologyKind::fixed_outdegree: return k * (1.0 - k / candidate_sources(network, projection));
        case TopologyKind::lorentzian_indegree: {
            const double width = projection.topology.half_width;
            return width > 0.0 ? width * width * (k / width / std::atan(k / width) - 1.0) : 0.0;
        }
        case TopologyKind::all_to_all:
        case TopologyKind::fixed_indegree:
        case TopologyKind::annealed: break;
    }
    return 0.0;
}

closures::Afferent make_afferent(const Network& network, const Projection& projection) {
    const Population& source = network.populations[projection.source];
    const double k = projection.topology.mean_indegree;
    closures::Afferent a;
    a.coupling = effective_coupling(projection);
    a.coupling_sd = projection.strength_sd * coupling_factor(projection);
    a.coupling_half_width = projection.strength_half_width * coupling_factor(projection);
    a.mean_indegree = k;
    a.candidates = projection.topology.kind == TopologyKind::all_to_all ? k : candidate_sources(network, projection);
    a.in_degrees = in_degrees(projection);
    if (a.in_degrees != closures::InDegrees::fixed) a.indegree_variance = indegree_variance(network, projection);
    if (a.in_degrees == closures::InDegrees::lorentzian) a.indegree_half_width = projection.topology.half_width;
    a.annealed = projection.topology.kind == TopologyKind::annealed;
    // Closures know one time: that of the exponential whose noise has the same correlation time, (t1^2 + t1 t2 + t2^2)/(t1 + t2) for two stages.
    const auto [t1, t2] = synapse_times(projection.synapse);
    if (t1 > 0.0) a.synapse_tau = (t1 * t1 + t1 * t2 + t2 * t2) / (t1 + t2) / network.populations[projection.target].tau;
    a.tail_log = std::log(tail_constant(source.eta.draw) * static_cast<double>(source.size));
    return a;
}

SynapseTimes synapse_times(const Synapse& synapse) {
    switch (synapse.kind) {
        case SynapseKind::delta: break;
        case SynapseKind::exponential: return {synapse.tau, 0.0};
        case SynapseKind::double_exponential: return {synapse.tau, synapse.tau_rise};
        case SynapseKind::alpha: return {synapse.tau, synapse.tau};
    }
    return {};
}

std::vector<Lag> mass_lags(const Network& network, const Projection& projection, bool ideal) {
    if (projection.delay_law == DelayLaw::constant) return {{ideal ? projection.delay : static_cast<double>(projection.delay_steps) * network.dt, 1.0}};
    const std::vector<double> probability = kernels::delay_probabilities(projection);
    const std::size_t classes = std::min<std::size_t>(16, probability.size());
    std::vector<Lag> lags;
    for (std::size_t c = 0; c < classes; ++c) {
        Lag lag{0.0, 0.0};
        for (std::size_t k = probability.size() * c / classes; k < probability.size() * (c + 1) / classes; ++k) {
            lag.weight += probability[k];
            lag.delay += probability[k] * (static_cast<double>(projection.shortest_delay) + static_cast<double>(k)) * network.dt;
        }
        if (lag.weight < 1e-12) continue;
        lag.delay /= lag.weight;
        lags.push_back(lag);
    }
    return lags;
}

double eta_half_width(const Population& population) {
    return population.eta.distribution == Distribution::lorentzian ? population.eta.width : 0.0;
}

void require_exact_mass(const Population& population) {
    if (population.eta.distribution == Distribution::gaussian)
        throw ConfigurationError("Population \"" + population.name + "\": eta is Gaussian, and only a Lorentzian (or constant) eta has an "
                                 "exact mass of two variables. Use distribution = \"lorentzian\" for the level mass and for "
                                 "initial.kind = \"fixed_point\", or run this network at the level spiking with another initial state.");
}

}  // namespace spikemass::mass
