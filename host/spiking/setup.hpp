#pragma once
// What every backend starts from, computed once on the host: initial states, and how counts of spikes become currents.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/network.hpp"
#include "models/noise.hpp"
#include "models/synapses/cascade.hpp"

namespace spikemass::spiking {

/// Neurons whose input is so strong that they fire once per step (docs/numerics.md, "Flow").
struct Capped {
    double fraction = 0.0;     ///< of the population
    double rate_bound = 0.0;   ///< bound on the rate that this loses, 1/time unit
};

/// Steps that spikes are remembered: the longest delay of all projections, at least 1.
std::int64_t longest_delay(const Network&);
/// Indices of the projections in the order of their keys, in which their currents are added up.
std::vector<std::size_t> projections_by_key(const Network&);

/// State columns of a population: the model's, then one for every stimulus whose noise has a memory.
std::size_t model_columns(const Population&);
std::size_t state_columns(const Network&, std::size_t population);
/// Number of the input (0: current; 1, 2: impulses of positive and negative weights) that a projection or Poisson stimulus of this weight goes to.
int port_of(const Population& target, double weight);
/// Ports of the population's model.
int ports(const Population&);
/// Whether the population's model has an order parameter.
bool has_phase(const Population&);
/// Input per unit of the model's drive, which stimuli are in too (1; mV per pA).
double input_scale(const Population&);
/// The common input of a step: stimuli without noise, in the unit of the model's input.
float common_input(const Network&, std::size_t population, std::int64_t step);

/// Noise of a population's stimuli, in the order of their keys.  Errors: ConfigurationError for a Poisson stimulus of too many spikes in a step.
std::vector<models::Noise> noise_of(const Network&, std::size_t population);
/// For each of them its state column, or -1.
std::vector<int> noise_columns(const Network&, std::size_t population);

/// Draws parameters and initial state.  Shapes: eta [size], columns [state_columns][size].  eta: constant drive, in the unit of the model's input.
Capped draw_population(const Network&, std::size_t population, float* eta, float* const* columns);
/// The model's constants of one step, as bytes.  Errors: none; the buffer holds any model's Step.
struct StepConstants {
    alignas(16) unsigned char bytes[64];
};
StepConstants prepare_step(const Network&, std::size_t population);

/// Of a built graph, what gains depend on.
struct GraphFacts {
    bool stored = false;        ///< synapses exist one by one (not all-to-all, not annealed)
    double k_mean = 0.0;        ///< realised
    double weight_unit = 1.0;   ///< of fixed-point weights
};

/// From counts that arrive in a step to the input current of a target.
struct Drive {
    bool weighted = false;                  ///< counts are sums of fixed-point weights
    int stages = 0;                         ///< of the synapse: columns of its trace
    float gain = 0.0f;                      ///< current per unit of drive: a count, or a count per time for a trace
    std::vector<float> prehistory;          ///< [step before the longest delay] counts that stand for the spikes before time zero
    float trace_start = 0.0f;               ///< of every column
    models::Cascade synapse{};
};
Drive prepare_drive(const Network&, const Projection&, const GraphFacts&);
/// Gains of single targets where the norm is their own in-degree or their strength their own; empty otherwise.  Shape: [target].
std::vector<float> gains_of_targets(const Network&, const Projection&, const GraphFacts&, std::span<const std::uint32_t> indegree);
/// Weight of one synapse, J over the norm (mean over targets).
double mean_weight(const Projection&, const GraphFacts&);

}  // namespace spikemass::spiking
