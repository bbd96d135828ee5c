#include "host/spiking/setup.hpp"

#include <algorithm>
#include <cmath>
#include <new>

#include "kernels/coupling.hpp"
#include "kernels/delays.hpp"
#include "kernels/parameters.hpp"
#include "kernels/stimulus.hpp"
#include "kernels/weights.hpp"
#include "models/base/error.hpp"
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

namespace {

template <class F>
auto with_model_of(const Population& p, F&& f) { return models::with_model(models::NeuronModels{}, static_cast<int>(p.model), f); }

/// All parameters of the model, the first one being tau in the file's time unit.
template <class M>
std::vector<double> parameters_of(const Population& p) {
    std::vector<double> values = p.parameters;
    if (values.empty())
        for (const models::ParameterSpec& spec : M::parameters) values.push_back(spec.fallback);
    values[0] = p.tau;
    return values;
}

std::vector<const Stimulus*> noisy_stimuli(const Network& network, std::size_t population) {
    std::vector<const Stimulus*> found;
    for (const Stimulus& s : network.stimuli)
        if (s.target == population && is_noise(s.kind)) found.push_back(&s);
    std::stable_sort(found.begin(), found.end(), [](const Stimulus* a, const Stimulus* b) { return name_key(a->name) < name_key(b->name); });
    return found;
}

/// Numbers of events in a step, as thresholds on a 32-bit word: 2^32 P(at most k events), k = 0, 1, ...
void set_thresholds(models::Noise& n, const Stimulus& s, double mean) {
    constexpr double most = 20.0;
    if (!(mean <= most))
        throw ConfigurationError("stimulus." + s.name + ".rate: " + std::to_string(mean) + " spikes arrive in one step on average, and a Poisson stimulus has at most " + std::to_string(static_cast<int>(most)) +
                                 ". Use a smaller dt, or a white_noise of intensity weight^2 rate tau/2 and a constant drive of weight rate tau.");
    double p = math::exp(-mean), below = p;
    for (n.thresholds = 0; n.thresholds < models::Noise::most_thresholds; ++n.thresholds) {
        const double t = below * 0x1p32 + 0.5;
        if (t >= 0x1p32) break;
        n.threshold[n.thresholds] = static_cast<std::uint32_t>(t);
        p *= mean / static_cast<double>(n.thresholds + 1);
        below += p;
    }
}

}  // namespace

std::size_t model_columns(const Population& p) {
    return with_model_of(p, []<class M>() { return static_cast<std::size_t>(M::columns); });
}
std::size_t state_columns(const Network& network, std::size_t population) {
    std::size_t n = model_columns(network.populations[population]);
    for (const Stimulus* s : noisy_stimuli(network, population)) n += s->kind == StimulusKind::ornstein_uhlenbeck ? 1 : 0;
    return n;
}
int ports(const Population& p) {
    return with_model_of(p, []<class M>() { return M::ports; });
}
int port_of(const Population& target, double weight) { return ports(target) == 1 ? 0 : weight < 0 ? 2 : 1; }
bool has_phase(const Population& p) {
    return with_model_of(p, []<class M>() { return M::has_phase; });
}
double input_scale(const Population& p) {
    return with_model_of(p, [&]<class M>() { return M::input_scale(parameters_of<M>(p).data()); });
}
float common_input(const Network& network, std::size_t population, std::int64_t step) {
    return static_cast<float>(input_mean(network, population, step) * input_scale(network.populations[population]));
}

std::vector<models::Noise> noise_of(const Network& network, std::size_t population) {
    using Kind = models::Noise::Kind;
    const Population& p = network.populations[population];
    const double h = network.dt / p.tau, unit = input_scale(p);
    std::vector<models::Noise> all;
    for (const Stimulus* s : noisy_stimuli(network, population)) {
        models::Noise& n = all.emplace_back();
        n.key = random_key(network.seeds.noise, name_key(s->name), Stream::noise);
        n.start = math::to_int(math::round(s->start / network.dt));
        n.stop = math::to_int(math::round(s->stop / network.dt));
        if (s->kind == StimulusKind::poisson) {
            n.kind = Kind::poisson;
            n.port = port_of(p, s->weight);
            n.scale = static_cast<float>(n.port == 0 ? models::Delta::gain(s->weight, p.tau, network.dt) : s->weight);
            set_thresholds(n, *s, s->rate * network.dt);
        } else if (s->kind == StimulusKind::ornstein_uhlenbeck) {
            n.kind = Kind::ornstein_uhlenbeck;
            n.scale = static_cast<float>(unit * s->sd);
            n.keep = static_cast<float>(math::exp(-network.dt / s->tau));
            n.kick = static_cast<float>(math::sqrt(1.0 - math::exp(-2.0 * network.dt / s->tau)));
        } else if (s->law == NoiseLaw::cauchy) {
            n.kind = Kind::cauchy;   // the mean over a step of increments of scale `scale` dt has that scale again
            n.scale = static_cast<float>(unit * s->scale);
        } else {
            n.scale = static_cast<float>(unit * math::sqrt(2.0 * s->intensity / h));
        }
    }
    return all;
}

std::vector<int> noise_columns(const Network& network, std::size_t population) {
    std::vector<int> columns;
    int next = static_cast<int>(model_columns(network.populations[population]));
    for (const Stimulus* s : noisy_stimuli(network, population)) columns.push_back(s->kind == StimulusKind::ornstein_uhlenbeck ? next++ : -1);
    return columns;
}

StepConstants prepare_step(const Network& network, std::size_t population) {
    const Population& p = network.populations[population];
    StepConstants step;
    with_model_of(p, [&]<class M>() {
        static_assert(sizeof(typename M::Step) <= sizeof(step.bytes));
        new (step.bytes) typename M::Step(M::prepare(network.dt, parameters_of<M>(p).data()));
    });
    return step;
}

Capped draw_population(const Network& network, std::size_t population, float* eta, float* const* columns) {
    const Population& p = network.populations[population];
    const std::uint64_t key = name_key(p.name);
    const std::vector<double> drawn = draw_parameter(p.eta, p.size, network.seeds.init, key);
    const double unit = input_scale(p);
    for (std::size_t i = 0; i < drawn.size(); ++i) eta[i] = static_cast<float>(unit * drawn[i]);

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
    with_model_of(p, [&]<class M>() {
        const std::vector<double> values = parameters_of<M>(p);
        for (std::int64_t i = 0; i < p.size; ++i) {
            const double phase = u[static_cast<std::size_t>(i)];
            double v;
            if constexpr (M::dimensionless) {
                v = initial_v(p.initial, drawn[static_cast<std::size_t>(i)] + own[static_cast<std::size_t>(i)], phase);
            } else {
                const models::StartRange range = M::start_range(values.data());
                v = p.initial.kind == InitialKind::lorentzian ? initial_v(p.initial, 0.0, phase) : range.low + phase * (range.high - range.low);
            }
            M::store(columns, i, M::at_potential(values.data(), v));
        }
    });
    const std::vector<const Stimulus*> noisy = noisy_stimuli(network, population);
    const std::vector<int> memory = noise_columns(network, population);
    for (std::size_t k = 0; k < noisy.size(); ++k) {
        if (memory[k] < 0) continue;
        const RandomKey start = random_key(network.seeds.noise, name_key(noisy[k]->name), Stream::noise_start);
        for (std::int64_t i = 0; i < p.size; ++i) columns[memory[k]][i] = static_cast<float>(gaussian_quantile(start.uniform(static_cast<std::uint64_t>(i), 0, 0)));
    }
    if (p.model != NeuronKind::qif && p.model != NeuronKind::theta) return {};

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
    if (ports(network.populations[p.target]) > 1) return static_cast<float>(w);   // impulses
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
