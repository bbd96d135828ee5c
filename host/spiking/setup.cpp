#include "host/spiking/setup.hpp"

#include <algorithm>
#include <cmath>
#include <new>

#include "kernels/coupling.hpp"
#include "kernels/delays.hpp"
#include "kernels/parameters.hpp"
#include "kernels/weights.hpp"
#include "models/base/math.hpp"
#include "models/base/random.hpp"
#include "models/registry.hpp"
#include "models/synapses/registry.hpp"

namespace spikemass::spiking {

std::int64_t longest_delay(const Network& network) {
    std::int64_t longest = 1;
    for (const Projection& p : network.projections) longest = std::max(longest, p.delay_steps);
    return longest;
}

std::vector<std::size_t> projections_by_key(const Network& network) {
    std::vector<std::size_t> order(network.projections.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return name_key(network.projections[a].name) < name_key(network.projections[b].name); });
    return order;
}

StepConstants prepare_step(const Network& network, std::size_t population) {
    const Population& p = network.populations[population];
    StepConstants step;
    models::with_model(models::NeuronModels{}, static_cast<int>(p.model), [&]<class M>() {
        static_assert(sizeof(typename M::Step) <= sizeof(step.bytes));
        new (step.bytes) typename M::Step(M::prepare(network.dt / p.tau));
    });
    return step;
}

Capped draw_population(const Network& network, std::size_t population, float* eta, float* const* columns) {
    const Population& p = network.populations[population];
    const std::uint64_t key = name_key(p.name);
    const std::vector<double> drawn = draw_parameter(p.eta, p.size, network.seeds.init, key);
    for (std::size_t i = 0; i < drawn.size(); ++i) eta[i] = static_cast<float>(drawn[i]);

    double recurrent = 0.0;   // input at the rates assumed before time zero
    for (const Projection& q : network.projections)
        if (q.target == population) recurrent += effective_coupling(q) * p.tau * network.populations[q.source].initial.rate;
    std::vector<double> own(drawn.size(), recurrent);   // of targets whose strengths are their own
    for (const Projection& q : network.projections) {
        const double rate = network.populations[q.source].initial.rate;
        if (q.target != population || q.strength_half_width == 0.0 || rate == 0.0) continue;
        const std::vector<double> strength = kernels::target_strengths(q, p.size, network.seeds);
        for (std::size_t i = 0; i < own.size(); ++i) own[i] += (strength[i] - q.strength) * coupling_factor(q) * p.tau * rate;
    }
    const std::vector<double> u = initial_phases(p.size, network.seeds.init, key);
    models::with_model(models::NeuronModels{}, static_cast<int>(p.model), [&]<class M>() {
        for (std::int64_t i = 0; i < p.size; ++i)
            M::store(columns, i, M::at_potential(initial_v(p.initial, drawn[static_cast<std::size_t>(i)] + own[static_cast<std::size_t>(i)], u[static_cast<std::size_t>(i)])));
    });

    const double dt_over_tau = network.dt / p.tau, limit = 9.8 / (dt_over_tau * dt_over_tau);
    double capped = 0, lost = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i)
        if (const double input = drawn[i] + own[i]; input > limit) {
            ++capped;
            lost += std::max(0.0, std::sqrt(input) / 3.14159265358979323846 - 1.0 / dt_over_tau) / p.tau;
        }
    return {capped / static_cast<double>(p.size), lost / static_cast<double>(p.size)};
}

namespace {

double norm_of(const Projection& p, const GraphFacts& g) {
    switch (p.normalise) {
        case Normalise::realised_mean_indegree: return g.k_mean;
        case Normalise::sqrt_mean_indegree: return math::sqrt(p.topology.mean_indegree);
        case Normalise::none: return 1.0;
        default: return p.topology.mean_indegree;
    }
}

bool weighted(const Projection& p, const GraphFacts& g) { return g.stored && p.strength_sd > 0; }
double unit_of(const Projection& p, const GraphFacts& g) { return weighted(p, g) ? g.weight_unit : p.strength; }

/// `unit`: strength of one count.
float gain(const Network& network, const Projection& p, double unit, double norm) {
    const double w = norm > 0 ? unit / norm : 0.0, tau = network.populations[p.target].tau;
    return static_cast<float>(models::with_model(models::SynapseModels{}, static_cast<int>(p.synapse.kind), [&]<class S>() { return S::gain(w, tau, network.dt); }));
}

}  // namespace

Drive prepare_drive(const Network& network, const Projection& p, const GraphFacts& g) {
    Drive d;
    d.weighted = weighted(p, g);
    d.gain = gain(network, p, unit_of(p, g), norm_of(p, g));
    // Before time zero the sources fire at `initial.rate`: each step brings the mean number of arrivals (in weight units).
    const double arrivals = p.topology.mean_indegree * network.populations[p.source].initial.rate * network.dt * (d.weighted ? p.strength / unit_of(p, g) : 1.0);
    if (arrivals != 0.0) {
        double left = 1.0;   // part of the synapses whose delay is longer than the step
        const std::vector<double> probability = kernels::delay_probabilities(p);
        const std::int64_t shortest = p.delay_steps - static_cast<std::int64_t>(probability.size()) + 1;
        for (std::int64_t step = 0; step < p.delay_steps; ++step) {
            if (step >= shortest) left -= probability[static_cast<std::size_t>(step - shortest)];
            d.prehistory.push_back(static_cast<float>(step < shortest ? arrivals : arrivals * left));
        }
    }
    d.stages = models::stages_of(static_cast<int>(p.synapse.kind));
    d.synapse = models::with_model(models::SynapseModels{}, static_cast<int>(p.synapse.kind), [&]<class S>() { return S::cascade(network.dt, p.synapse.tau, p.synapse.tau_rise); });
    if (d.stages > 0) d.trace_start = static_cast<float>(arrivals / network.dt);
    return d;
}

std::vector<float> gains_of_targets(const Network& network, const Projection& p, const GraphFacts& g, std::span<const std::uint32_t> indegree) {
    std::vector<float> out;
    const bool own_norm = p.normalise == Normalise::indegree, own_strength = p.strength_half_width > 0.0;
    if (!own_norm && !own_strength) return out;
    const auto n = static_cast<std::size_t>(network.populations[p.target].size);
    const std::vector<double> strength = own_strength ? kernels::target_strengths(p, network.populations[p.target].size, network.seeds) : std::vector<double>();
    // Nothing is stored of all-to-all: everybody's in-degree is the mean.
    for (std::size_t i = 0; i < n; ++i)
        out.push_back(gain(network, p, own_strength ? strength[i] : unit_of(p, g), own_norm && !indegree.empty() ? static_cast<double>(indegree[i]) : norm_of(p, g)));
    return out;
}

double mean_weight(const Projection& p, const GraphFacts& g) {
    const double norm = norm_of(p, g);
    return norm > 0 ? p.strength / norm : 0.0;
}

}  // namespace spikemass::spiking
