#pragma once
// The resolved description of a network: what every backend, the masses and the dataset read.
// Plain data, no units left to convert: times are in the file's time unit (tau or ms), rates in its inverse.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kernels/synapse_source.hpp"

namespace spikemass {

enum class Distribution { constant, lorentzian, gaussian, q_gaussian, rational, uniform };   // kernels/distributions.hpp
enum class Draw { midpoint_quantiles, compensated_quantiles, mpr_quantiles, random };

/// A neuron parameter over a population.  `width`: standard deviation (gaussian), half width at half maximum (all others).
/// `shape`: n of q_gaussian (q = 1 + 1/n) and rational.
struct Parameter {
    Distribution distribution = Distribution::constant;
    double center = 0.0;
    double width = 0.0;
    Draw draw = Draw::midpoint_quantiles;
    double shape = 1.0;
};

/// In the order of models::NeuronModels.
enum class NeuronKind { qif, theta, lif, iaf_psc_exp };
enum class InitialKind { asynchronous, lorentzian, fixed_point };
enum class Branch { low, high };

/// `rate` is the population's firing rate before time zero: what its targets receive until its first spikes arrive.
/// asynchronous: V from uniform phases of the oscillation at input eta_j + sum_p J_p tau rate(source of p).
/// lorentzian: V = center + half_width tan(pi (u - 1/2)).
/// fixed_point: asynchronous at the rate of the mass's fixed point `branch` (host/mass fills `rate` in before the engine sees it).
struct InitialState {
    InitialKind kind = InitialKind::asynchronous;
    double center = 0.0;
    double half_width = 1.0;
    double rate = 0.0;
    Branch branch = Branch::low;
};

struct Population {
    std::string name;
    NeuronKind model = NeuronKind::qif;
    std::int64_t size = 0;
    Parameter eta;                    ///< the model's constant drive: eta, or I_e in pA
    double tau = 1.0;                 ///< membrane time constant in the file's time unit (1 when time_unit = "tau")
    std::vector<double> parameters;   ///< of the model, in the order of its list; the first one, the time constant, is not read: tau is.  Empty: defaults
    InitialState initial;
};

enum class TopologyKind {
    all_to_all, erdos_renyi, fixed_indegree, fixed_outdegree, lorentzian_indegree, annealed,
    fixed_total, small_world, chung_lu, spatial, modular, from_file
};
/// Where neurons are, by index: on a ring, or row by row on a square torus.
enum class Geometry { ring, torus };

struct Topology {
    TopologyKind kind = TopologyKind::all_to_all;
    double mean_indegree = 0.0;      ///< K; for all_to_all the number of sources (N, or N - 1 without self-connections)
    double half_width = 0.0;         ///< lorentzian_indegree only: HWHM of the in-degrees, Delta_k
    bool self_connections = false;   ///< default true for all_to_all, annealed and fixed_total
    double rewiring = 0.0;           ///< small_world: probability that a ring source is replaced
    double exponent_in = 0.0, exponent_out = 0.0;   ///< chung_lu: weights w are drawn as w^-exponent ...
    double cutoff = 0.0;             ///< ... up to cutoff times their mean
    double correlation = 0.0;        ///< chung_lu: rank correlation of a neuron's in- and out-weight
    Geometry geometry = Geometry::ring;
    double sigma = 0.0;              ///< spatial: in units of the ring's length or the torus's side
    std::int64_t modules = 0;
    double within = 0.0;             ///< modular: share of a neuron's inputs that come from its own module
    std::shared_ptr<const SynapseSource> file = nullptr;   ///< from_file; its weights multiply weight_factor
    double weight_factor = 1.0;      ///< from_file: J of the network file; strength is then J times the mean weight
};

enum class Normalise { mean_indegree, realised_mean_indegree, indegree, sqrt_mean_indegree, none };
enum class SynapseKind { delta, exponential, double_exponential, alpha };   // models/synapses/registry.hpp

struct Synapse {
    SynapseKind kind = SynapseKind::delta;
    double tau = 0.0;                ///< all but delta: decay time in the file's time unit
    double tau_rise = 0.0;           ///< double_exponential: rise time
};

/// Law of J over synapses, where it is drawn for each of them.
enum class WeightLaw { gaussian, truncated_gaussian, lognormal };

/// Law of the delay over synapses; what it gives is cut to [shortest_delay, delay_steps] and rounded to whole steps (kernels/delays.hpp).
enum class DelayLaw { constant, uniform, gaussian, lognormal, exponential };

/// Input of target i: I_i += J tau_target s_i, s_i = (1/norm) sum_j A_ij sum_k a(t - t_j^k - d), a of unit area.
struct Projection {
    std::string name;
    std::size_t source = 0, target = 0;   ///< indices into Network::populations
    Topology topology;
    double strength = 0.0;                ///< J: mean over synapses; centre over targets
    double strength_sd = 0.0;             ///< standard deviation of J over synapses; > 0: fixed-point weights
    WeightLaw strength_law = WeightLaw::gaussian;
    /// truncated_gaussian: the Gaussian and what is left of it; `strength` and `strength_sd` are the moments of the rest (kernels::weight_moments).
    double parent_mean = 0.0, parent_sd = 0.0, strength_low = 0.0, strength_high = 0.0;
    double strength_half_width = 0.0;     ///< > 0: J_i of target i is drawn from a Lorentzian of this half width (never together with strength_sd)
    Draw strength_draw = Draw::midpoint_quantiles;
    Normalise normalise = Normalise::mean_indegree;
    Synapse synapse;
    double delay = 0.0;                   ///< as asked for; 0 means one step; drawn: mean over synapses
    std::int64_t delay_steps = 1;         ///< >= 1; the realised lag is delay_steps * dt; drawn: the longest
    DelayLaw delay_law = DelayLaw::constant;
    std::int64_t shortest_delay = 1;      ///< steps; drawn delays only, as the following
    double delay_mean = 0.0, delay_sd = 0.0;   ///< of the law before it is cut, in steps
};

enum class StimulusKind { step, pulse_train, ramp, sine, samples, chirp, white_noise, ornstein_uhlenbeck, poisson };
enum class NoiseLaw { gaussian, cauchy };

/// Kinds whose values differ between neurons, drawn anew in every step.
constexpr bool is_noise(StimulusKind k) { return k == StimulusKind::white_noise || k == StimulusKind::ornstein_uhlenbeck || k == StimulusKind::poisson; }

/// An additive input current to every neuron of `target`, in the unit of its drive.  Times in the file's unit, counted from the start of the simulation.
/// step:        amplitude on [start, stop)
/// pulse_train: amplitude on [start + k period, start + k period + width), k = 0, 1, ..., cut at stop
/// ramp:        from `from` at start to `amplitude` at stop, linear; `hold` keeps the final value afterwards
/// sine:        offset + amplitude sin(2 pi frequency (t - start) + phase) on [start, stop)
/// samples:     values[k] on [start + k interval, start + (k+1) interval), zero outside, cut at stop
/// chirp:       as sine, the frequency going from `frequency` at start to `final_frequency` at stop, linearly or (logarithmic) by equal factors in equal times
/// Noise on [start, stop), whole steps, independent in every neuron, in units of the target's time constant tau:
/// white_noise: gaussian, <xi(t) xi(t')> = 2 intensity delta((t - t')/tau); or cauchy of half width `scale`: constant over a step
/// ornstein_uhlenbeck: Gaussian of standard deviation `sd` and correlation time `tau`, held over a step
/// poisson:     spikes at `rate`, each with the effect of a synapse of weight `weight`
struct Stimulus {
    std::string name;
    std::size_t target = 0;
    StimulusKind kind = StimulusKind::step;
    double start = 0.0;
    double stop = 1e300;
    double amplitude = 0.0;
    double from = 0.0;
    bool hold = false;
    double period = 0.0, width = 0.0;
    double frequency = 0.0, phase = 0.0, offset = 0.0;
    double interval = 0.0;
    std::vector<double> values;
    double final_frequency = 0.0;
    bool logarithmic = false;
    NoiseLaw law = NoiseLaw::gaussian;
    double intensity = 0.0, scale = 0.0;
    double sd = 0.0, tau = 0.0;
    double rate = 0.0, weight = 0.0;

    bool operator==(const Stimulus&) const = default;
};

struct Seeds {
    std::uint64_t graph = 0, init = 0, noise = 0;
};

struct Network {
    double dt = 0.02;                     ///< in the file's time unit
    std::vector<Population> populations;  ///< file order: storage and output follow it
    std::vector<Projection> projections;
    std::vector<Stimulus> stimuli;
    Seeds seeds;
    bool allow_capped = false;
};

/// Which observables are kept in bins.
struct RecordFlags {
    bool v = false;                ///< exact time-averaged principal value of the mean membrane potential
    bool order_parameter = false;  ///< Kuramoto z = <(1 + iV)/(1 - iV)>
    bool spikes = false;
    bool statistics = false;       ///< of spike trains (SpikeStatistics)
};

/// How long, in steps.  Steps are counted from 0 including the warm-up.
struct RunPlan {
    std::int64_t warmup_steps = 0;
    std::int64_t steps_per_bin = 1;
    std::int64_t bins = 0;
    RecordFlags record;
    std::int64_t statistics_window = 0;   ///< steps in which spikes are counted for Fano factor and correlations
    std::int64_t statistics_sample = 0;   ///< neurons of each population whose pairs are correlated
};

}  // namespace spikemass
