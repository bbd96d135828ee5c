#include "host/mass/afferents.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "kernels/delays.hpp"
#include "kernels/distributions.hpp"
#include "kernels/recipes.hpp"
#include "models/base/error.hpp"
#include "models/closures/learned.hpp"
#include "models/closures/source_mixture.hpp"
#include "models/registry.hpp"

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
        case TopologyKind::fixed_outdegree:
        case TopologyKind::fixed_total:
        case TopologyKind::spatial:
        case TopologyKind::modular: return closures::InDegrees::binomial;
        case TopologyKind::lorentzian_indegree: return closures::InDegrees::lorentzian;
        case TopologyKind::all_to_all:
        case TopologyKind::fixed_indegree:
        case TopologyKind::small_world:
        case TopologyKind::chung_lu:     // require_closure
        case TopologyKind::from_file:
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
    return kernels::indegree_variance(projection, network.populations[projection.source].size, network.populations[projection.target].size, projection.source == projection.target);
}

void require_closure(const Network& network, std::string_view closure) {
    if (closure == "none") return;
    for (const Population& p : network.populations)
        if (poles_of(p).size > 0)
            throw ConfigurationError("Population \"" + p.name + "\": eta is " + facts_of(p.eta.distribution).noun + ", and closures other than none are made for a Lorentzian (or constant) eta. "
                                     "Use closure none, or distribution = \"lorentzian\" to ask for " + std::string(closure) + ".");
    if (closure == closures::Learned::name) return;   // from such networks or others: that is for its user to know
    for (const Projection& p : network.projections) {
        const TopologyKind kind = p.topology.kind;
        if (p.normalise == Normalise::indegree || (kind != TopologyKind::chung_lu && kind != TopologyKind::from_file)) continue;
        throw ConfigurationError("projection." + p.name + ": the in-degrees of kind = \"" + (kind == TopologyKind::chung_lu ? "chung_lu" : "from_file") +
                                 "\" are neither equal nor binomial nor Lorentzian, and the closure " + std::string(closure) + " is made for those. Use closure none, or normalise = \"indegree\".");
    }
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
    if (projection.topology.kind == TopologyKind::fixed_total) a.candidates = std::numeric_limits<double>::infinity();   // sources are drawn with replacement
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

double half_width(const Network& network, std::size_t population) {
    const Population& p = network.populations[population];
    double width = p.eta.distribution == Distribution::lorentzian ? p.eta.width : 0.0;
    for (const Stimulus& s : network.stimuli)
        if (s.target == population && s.kind == StimulusKind::white_noise && s.law == NoiseLaw::cauchy) width += s.scale;
    return width;
}

double noise_intensity(const Network& network, std::size_t population) {
    double d = 0.0;
    for (const Stimulus& s : network.stimuli) {
        if (s.target != population) continue;
        if (s.kind == StimulusKind::white_noise && s.law == NoiseLaw::gaussian) d += s.intensity;
        if (s.kind == StimulusKind::poisson) d += 0.5 * s.weight * s.weight * s.rate * network.populations[population].tau;
    }
    return d;
}

void require_lasting_noise(const Network& network) {
    for (const Stimulus& s : network.stimuli)
        if ((s.kind == StimulusKind::white_noise || s.kind == StimulusKind::poisson) && (s.start > 0.0 || s.stop < 1e300))
            throw ConfigurationError("stimulus." + s.name + ": its noise begins or ends within the run, and the noise of a mass is a constant. Leave start and stop away at the "
                                     "level mass, or run this network at the level spiking.");
}

std::vector<std::string> noise_warnings(const Network& network, std::string_view closure, bool takes_noise) {
    std::vector<std::string> list;
    for (std::size_t i = 0; i < network.populations.size(); ++i) {
        const std::string population = "Population \"" + network.populations[i].name + "\": ";
        if (!takes_noise && noise_intensity(network, i) > 0.0)
            list.push_back(population + "the mass with closure " + std::string(closure) + " does not know of its Gaussian or Poisson noise beyond the mean; two_cumulant and resonant do.");
        for (const Stimulus& s : network.stimuli)
            if (s.target == i && s.kind == StimulusKind::ornstein_uhlenbeck && s.sd > 0.0) {
                list.push_back(population + "no mass knows of its Ornstein-Uhlenbeck noise, whose mean is 0.");
                break;
            }
    }
    return list;
}

void require_exact_mass(const Population& population) {
    if (population.model != NeuronKind::qif && population.model != NeuronKind::theta)
        throw ConfigurationError("Population \"" + population.name + "\": model = \"" + models::NeuronModels::names[static_cast<int>(population.model)] +
                                 "\" has no mass. Its level is spiking; the levels mass and compare need populations of model qif or theta.");
    const Parameter& eta = population.eta;
    const std::string here = "Population \"" + population.name + "\": eta is ";
    if (eta.distribution == Distribution::gaussian)
        throw ConfigurationError(here + "Gaussian, and only a Lorentzian (or constant) eta has an "
                                 "exact mass of two variables. Use distribution = \"lorentzian\" for the level mass and for "
                                 "initial.kind = \"fixed_point\" (or \"q_gaussian\" with q = 1 + 1/n, whose mass has n complex variables), or run this network at the level spiking with another initial state.");
    if (eta.distribution == Distribution::uniform && eta.width > 0.0)
        throw ConfigurationError(here + "uniform, and its exact mass has infinitely many variables; only its stationary rates are known (initial.kind = \"fixed_point\"). "
                                 "Use distribution = \"rational\" with a large n, which comes close, or run this network at the level spiking.");
    if (eta.distribution == Distribution::q_gaussian && eta.width > 0.0 && poles_of(population).size == 0) {
        const double below = std::min(std::floor(eta.shape), static_cast<double>(most_poles));
        std::string near = fmt::format("q = {:.7g}", 1.0 + 1.0 / below);
        if (below < most_poles) near += fmt::format(" or q = {:.7g}", 1.0 + 1.0 / (below + 1.0));
        throw ConfigurationError(here + fmt::format("q-Gaussian with q = {:.7g}, and an exact mass needs q = 1 + 1/n, n = 1, 2, ... {}. The nearest: {}. Or run this network at the level spiking with another initial state.",
                                                    1.0 + 1.0 / eta.shape, most_poles, near));
    }
}

void require_stationary_rates(const Population& population) {
    Population centre = population;
    if (population.eta.distribution == Distribution::uniform) centre.eta.width = 0.0;
    require_exact_mass(centre);
}

models::Poles poles_of(const Population& population) {
    const Parameter& eta = population.eta;
    models::Poles poles;
    if (eta.width == 0.0 || !is_rational_order(eta.shape)) return poles;
    if (eta.distribution == Distribution::rational) poles = models::rational_poles(static_cast<int>(eta.shape));
    if (eta.distribution == Distribution::q_gaussian) poles = models::q_gaussian_poles(static_cast<int>(eta.shape));
    poles.scale(eta.width);
    return poles;
}

}  // namespace spikemass::mass
