#pragma once
// The networks whose spikes are committed.  Sizes are never multiples of a vector, a word or a block.

#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/network.hpp"

namespace spikemass::golden {

struct Case {
    std::string name;
    Network network;
    RunPlan plan;
    std::vector<std::string> formats;   ///< every storage format that must give the same bits
};

inline Population population(const char* name, std::int64_t size, Parameter eta, NeuronKind model = NeuronKind::qif, double rate = 0.0) {
    Population p;
    p.name = name;
    p.size = size;
    p.eta = eta;
    p.model = model;
    p.initial.rate = rate;
    return p;
}

inline Projection projection(const char* name, std::size_t source, std::size_t target, TopologyKind kind, double k, double strength, std::int64_t delay = 1) {
    Projection p;
    p.name = name;
    p.source = source;
    p.target = target;
    p.topology.kind = kind;
    p.topology.mean_indegree = k;
    p.topology.self_connections = kind == TopologyKind::all_to_all || kind == TopologyKind::annealed || kind == TopologyKind::fixed_total;
    p.strength = strength;
    p.delay_steps = delay;
    return p;
}

/// mV, ms, pA; the model's default parameters.
inline Population leaky(const char* name, std::int64_t size, Parameter current, NeuronKind model) {
    Population p = population(name, size, current, model, 0.02);
    p.tau = 10.0;
    return p;
}

/// From time zero on, for ever.
inline Stimulus noise(const char* name, std::size_t target, StimulusKind kind) {
    Stimulus s;
    s.name = name;
    s.target = target;
    s.kind = kind;
    return s;
}

inline std::vector<Case> cases() {
    const Parameter high{Distribution::lorentzian, -5.0, 1.0, Draw::midpoint_quantiles};
    const Parameter driven{Distribution::lorentzian, 1.0, 1.0, Draw::compensated_quantiles};
    const RunPlan plan{200, 50, 20, {true, true, false}};
    const auto network = [](double dt, std::vector<Population> p, std::vector<Projection> q) {
        Network n;
        n.dt = dt;
        n.populations = std::move(p);
        n.projections = std::move(q);
        n.seeds = {0x1234567, 0x89abcde, 0xf012345};
        return n;
    };
    std::vector<Case> c;
    c.push_back({"all_to_all", network(0.01, {population("E", 1003, high, NeuronKind::qif, 1.03)}, {projection("EE", 0, 0, TopologyKind::all_to_all, 1003, 15)}), plan, {""}});
    c.push_back({"erdos_renyi", network(0.01, {population("E", 2011, high, NeuronKind::qif, 1.03)}, {projection("EE", 0, 0, TopologyKind::erdos_renyi, 50, 15)}), plan, {"rows16", "rows32", "bit_rows"}});
    c.push_back({"fixed_indegree_delayed", network(0.005, {population("E", 1777, {Distribution::lorentzian, 5.0, 1.0, Draw::mpr_quantiles})}, {projection("EE", 0, 0, TopologyKind::fixed_indegree, 100, -10, 7)}), plan, {"rows16", "rows32", "bit_rows"}});
    {
        Projection q = projection("EE", 0, 0, TopologyKind::fixed_outdegree, 40, 5);
        q.synapse = {SynapseKind::exponential, 0.5};
        c.push_back({"theta_exponential", network(0.01, {population("T", 1501, driven, NeuronKind::theta, 0.4)}, {q}), plan, {"rows16", "rows32", "bit_rows"}});
    }
    {
        Projection q = projection("EE", 0, 0, TopologyKind::lorentzian_indegree, 60, 4, 2);
        q.topology.half_width = 8;
        q.normalise = Normalise::indegree;
        c.push_back({"lorentzian_indegree", network(0.01, {population("E", 1201, {Distribution::gaussian, 1.0, 0.5, Draw::random})}, {q}), plan, {"rows16", "rows32", "bit_rows"}});
    }
    {
        Projection q = projection("EE", 0, 0, TopologyKind::erdos_renyi, 80, 10);
        q.strength_sd = 5;
        c.push_back({"weighted", network(0.01, {population("E", 1409, driven)}, {q}), plan, {"rows16", "rows32"}});
    }
    c.push_back({"annealed", network(0.01, {population("E", 1013, high, NeuronKind::qif, 1.03)}, {projection("EE", 0, 0, TopologyKind::annealed, 30, 15)}), plan, {""}});
    c.push_back({"dense", network(0.01, {population("E", 1537, driven)}, {projection("EE", 0, 0, TopologyKind::erdos_renyi, 700, -6)}), plan, {"rows16", "bit_rows"}});
    {
        // Excitatory-inhibitory, every kind of term in one population, several delays, stimuli.
        Projection ee = projection("EE", 0, 0, TopologyKind::erdos_renyi, 60, 10, 3), ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 45, -12, 1),
                   ie = projection("IE", 0, 1, TopologyKind::fixed_outdegree, 111, 14, 2), ii = projection("II", 1, 1, TopologyKind::all_to_all, 554, -8, 1);
        ie.topology.mean_indegree = 60.0 * 1111.0 / 555.0;
        ee.normalise = Normalise::realised_mean_indegree;
        ei.synapse = {SynapseKind::exponential, 0.3};
        ii.topology.self_connections = false;
        ii.synapse = {SynapseKind::exponential, 0.8};
        Network n = network(0.01, {population("E", 1111, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}), population("I", 555, {Distribution::lorentzian, 0.0, 1.0, Draw::random}, NeuronKind::theta)}, {ee, ei, ie, ii});
        Stimulus sine;
        sine.name = "tone";
        sine.target = 0;
        sine.kind = StimulusKind::sine;
        sine.start = 1.0;
        sine.amplitude = 2.0;
        sine.frequency = 0.37;
        Stimulus pulses;
        pulses.name = "pulses";
        pulses.target = 1;
        pulses.kind = StimulusKind::pulse_train;
        pulses.start = 0.5;
        pulses.period = 1.25;
        pulses.width = 0.333;
        pulses.amplitude = 3.0;
        n.stimuli = {sine, pulses};
        c.push_back({"excitatory_inhibitory", n, plan, {"rows16", "rows32"}});
    }
    {
        Projection q = projection("EE", 0, 0, TopologyKind::fixed_indegree, 70, -6, 2);   // sums and traces of both signs
        q.strength_sd = 8;
        q.synapse = {SynapseKind::exponential, 0.4};
        c.push_back({"weighted_inhibition", network(0.01, {population("I", 1303, {Distribution::lorentzian, 4.0, 1.0, Draw::midpoint_quantiles})}, {q}), plan, {"rows16", "rows32"}});
    }
    const auto structured = [&](const char* name, TopologyKind kind, std::int64_t n, double k, auto&& set, std::vector<std::string> formats, double strength = 6) {
        Projection q = projection("EE", 0, 0, kind, k, strength, 2);
        set(q);
        c.push_back({name, network(0.01, {population("E", n, driven)}, {q}), plan, std::move(formats)});
    };
    structured("fixed_total", TopologyKind::fixed_total, 1103, 55, [](Projection&) {}, {"rows16", "rows32"});
    structured("fixed_total_weighted", TopologyKind::fixed_total, 307, 400, [](Projection& q) { q.strength_sd = 3; }, {"rows16", "rows32"});   // more synapses than pairs
    structured("small_world", TopologyKind::small_world, 1307, 44, [](Projection& q) { q.topology.rewiring = 0.15; }, {"rows16", "rows32", "bit_rows"});
    structured("chung_lu", TopologyKind::chung_lu, 1409, 30, [](Projection& q) {
        q.topology.exponent_in = 2.5;
        q.topology.exponent_out = 2;
        q.topology.cutoff = 8;
        q.topology.correlation = 0.6;
    }, {"rows16", "rows32", "bit_rows"}, -5);
    structured("spatial_ring", TopologyKind::spatial, 1213, 40, [](Projection& q) { q.topology.sigma = 0.07; }, {"rows16", "rows32", "bit_rows"});
    structured("spatial_torus", TopologyKind::spatial, 1369, 50, [](Projection& q) {
        q.topology.geometry = Geometry::torus;
        q.topology.sigma = 0.12;
        q.strength_sd = 2;
    }, {"rows16", "rows32"});
    structured("modular", TopologyKind::modular, 1215, 45, [](Projection& q) {
        q.topology.modules = 5;
        q.topology.within = 0.7;
    }, {"rows16", "rows32", "bit_rows"}, -7);
    {
        // Leaky neurons that excite and inhibit each other in mV, with noise of every kind in one population or the other.
        Projection ee = projection("EE", 0, 0, TopologyKind::erdos_renyi, 60, 0.8, 15), ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 40, -2.5, 8),
                   ie = projection("IE", 0, 1, TopologyKind::erdos_renyi, 60, 1.2, 10);
        for (Projection* p : {&ee, &ei, &ie}) p->normalise = Normalise::none;
        ie.synapse = {SynapseKind::exponential, 1.5};
        Network n = network(0.1, {leaky("E", 1111, {Distribution::gaussian, 350.0, 40.0, Draw::midpoint_quantiles}, NeuronKind::lif), leaky("I", 555, {Distribution::constant, 300.0}, NeuronKind::lif)}, {ee, ei, ie});
        n.stimuli = {noise("white", 0, StimulusKind::white_noise), noise("slow", 1, StimulusKind::ornstein_uhlenbeck), noise("shots", 1, StimulusKind::poisson)};
        n.stimuli[0].intensity = 4e3;
        n.stimuli[1].sd = 80.0;
        n.stimuli[1].tau = 5.0;
        n.stimuli[2].rate = 8.0;
        n.stimuli[2].weight = 0.3;
        n.stimuli[2].start = 3.0;
        c.push_back({"lif_noise", n, plan, {"rows16", "rows32", "bit_rows"}});
    }
    {
        // Synaptic currents of both signs, Poisson spikes at both, a chirp.
        Projection ee = projection("EE", 0, 0, TopologyKind::fixed_indegree, 50, 40, 15), ei = projection("EI", 1, 0, TopologyKind::erdos_renyi, 50, -150, 8), ii = projection("II", 1, 1, TopologyKind::all_to_all, 401, -3, 12);
        for (Projection* p : {&ee, &ei, &ii}) p->normalise = Normalise::none;
        Network n = network(0.1, {leaky("E", 1203, {Distribution::constant, 200.0}, NeuronKind::iaf_psc_exp), leaky("I", 401, {Distribution::gaussian, 380.0, 30.0, Draw::random}, NeuronKind::iaf_psc_exp)}, {ee, ei, ii});
        n.populations[0].parameters = {10.0, 250.0, -65.0, -50.0, -65.0, 2.0, 0.5, 3.0};
        n.stimuli = {noise("in", 0, StimulusKind::poisson), noise("out", 0, StimulusKind::poisson), noise("tone", 1, StimulusKind::chirp)};
        n.stimuli[0].rate = 8.0;
        n.stimuli[0].weight = 88.0;
        n.stimuli[1].rate = 1.0;
        n.stimuli[1].weight = -50.0;
        n.stimuli[2].amplitude = 60.0;
        n.stimuli[2].frequency = 0.004;
        n.stimuli[2].final_frequency = 0.08;
        n.stimuli[2].logarithmic = true;
        n.stimuli[2].stop = 100.0;
        c.push_back({"iaf_psc_exp", n, plan, {"rows16", "rows32", "bit_rows"}});
    }
    {
        Network n = network(0.01, {population("E", 1301, {Distribution::lorentzian, 0.5, 0.3, Draw::compensated_quantiles}), population("T", 701, driven, NeuronKind::theta)},
                            {projection("EE", 0, 0, TopologyKind::all_to_all, 1301, 3), projection("TE", 0, 1, TopologyKind::erdos_renyi, 50, -4)});
        n.stimuli = {noise("gaussian", 0, StimulusKind::white_noise), noise("cauchy", 0, StimulusKind::white_noise), noise("late", 1, StimulusKind::ornstein_uhlenbeck)};
        n.stimuli[0].intensity = 0.4;
        n.stimuli[1].law = NoiseLaw::cauchy;
        n.stimuli[1].scale = 0.7;
        n.stimuli[1].stop = 1.5;
        n.stimuli[2].sd = 1.2;
        n.stimuli[2].tau = 0.5;
        n.stimuli[2].start = 0.4;
        c.push_back({"white_noise", n, plan, {"rows16", "rows32"}});
    }
    {
        // Two stages: per target with weights and a delay, per target with one weight, one number for all.
        Projection ee = projection("EE", 0, 0, TopologyKind::erdos_renyi, 50, 8, 2), ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 40, -9), ie = projection("IE", 0, 1, TopologyKind::all_to_all, 1013, 7),
                   ii = projection("II", 1, 1, TopologyKind::all_to_all, 607, -3);
        ee.strength_sd = 4;
        ee.synapse = {SynapseKind::double_exponential, 0.4, 0.03};
        ei.synapse = {SynapseKind::alpha, 0.2};
        ei.normalise = Normalise::indegree;
        ie.synapse = {SynapseKind::alpha, 0.15};
        ii.synapse = {SynapseKind::double_exponential, 0.1, 0.3};
        c.push_back({"two_stage_synapses", network(0.01, {population("E", 1013, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}, NeuronKind::qif, 0.5), population("I", 607, driven, NeuronKind::theta, 0.3)}, {ee, ei, ie, ii}), plan, {"rows16", "rows32"}});
    }
    {
        // Strengths of targets: one number for all but one's gain, counts without oneself, counts of rows; in-degrees and a trace beside them.
        Projection ee = projection("EE", 0, 0, TopologyKind::all_to_all, 1013, 6), ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 40, -9), ie = projection("IE", 0, 1, TopologyKind::erdos_renyi, 45, 7, 3),
                   ii = projection("II", 1, 1, TopologyKind::all_to_all, 606, -3);
        ee.strength_half_width = 1.5;
        ei.strength_half_width = 0.7;
        ei.strength_draw = Draw::random;
        ei.normalise = Normalise::sqrt_mean_indegree;
        ei.strength /= 6.3;
        ie.strength_half_width = 1.0;
        ie.strength_draw = Draw::compensated_quantiles;
        ie.normalise = Normalise::indegree;
        ie.synapse = {SynapseKind::exponential, 0.2};
        ii.strength_half_width = 0.5;
        ii.topology.self_connections = false;
        c.push_back({"lorentzian_strengths", network(0.01, {population("E", 1013, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}, NeuronKind::qif, 0.5), population("I", 607, driven, NeuronKind::theta, 0.3)}, {ee, ei, ie, ii}), plan, {"rows16", "rows32"}});
    }
    {
        Projection ee = projection("EE", 0, 0, TopologyKind::erdos_renyi, 60, 8), ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 40, -9), ie = projection("IE", 0, 1, TopologyKind::fixed_outdegree, 0, 7);
        ee.strength_law = WeightLaw::lognormal;
        ee.strength_sd = 9;
        ei.strength_law = WeightLaw::lognormal;
        ei.strength_sd = 3;
        ei.synapse = {SynapseKind::exponential, 0.3};
        ie.topology.mean_indegree = 27.0 * 1013 / 607;
        ie.strength_law = WeightLaw::truncated_gaussian;
        ie.parent_mean = 6;
        ie.parent_sd = 5;
        ie.strength_low = 0;
        ie.strength_high = 9;
        ie.strength = 4.6;
        ie.strength_sd = 2.4;
        c.push_back({"weight_laws", network(0.01, {population("E", 1013, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}, NeuronKind::qif, 0.5), population("I", 607, driven, NeuronKind::theta, 0.3)}, {ee, ei, ie}), plan, {"rows16", "rows32"}});
    }
    {
        // Drawn delays: weights, traces, degrees by source and by target, a fixed delay and all-to-all beside them, input from before time zero.
        Projection ee = projection("EE", 0, 0, TopologyKind::erdos_renyi, 50, 8), ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 40, -9), ie = projection("IE", 0, 1, TopologyKind::fixed_outdegree, 27.0 * 1013 / 607, 7),
                   ii = projection("II", 1, 1, TopologyKind::lorentzian_indegree, 30, -3), fixed = projection("fixed", 0, 0, TopologyKind::erdos_renyi, 20, 2, 4), all = projection("all", 1, 0, TopologyKind::all_to_all, 607, -1, 2);
        const auto drawn = [](Projection& p, DelayLaw law, std::int64_t low, std::int64_t high, double mean = 0, double sd = 0) {
            p.delay_law = law;
            p.shortest_delay = low;
            p.delay_steps = high;
            p.delay_mean = mean;
            p.delay_sd = sd;
        };
        drawn(ee, DelayLaw::uniform, 1, 17);
        drawn(ei, DelayLaw::gaussian, 2, 30, 11, 6);
        drawn(ie, DelayLaw::lognormal, 1, 40, 9, 7);
        drawn(ii, DelayLaw::exponential, 3, 25, 8);
        ee.strength_sd = 4;
        ei.synapse = {SynapseKind::alpha, 0.2};
        ei.normalise = Normalise::indegree;
        ii.topology.half_width = 4;
        c.push_back({"drawn_delays", network(0.01, {population("E", 1013, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}, NeuronKind::qif, 0.5), population("I", 607, driven, NeuronKind::theta, 0.3)}, {ee, ei, ie, ii, fixed, all}), plan, {"rows16", "rows32"}});
    }
    {
        // Several synapses of a pair, each with its own weight and delay; delays and weights on a ring; strengths of targets; delayed impulses of a leaky population.
        Projection ee = projection("EE", 0, 0, TopologyKind::fixed_total, 150, 9), ie = projection("IE", 0, 1, TopologyKind::small_world, 30, 6), ei = projection("EI", 1, 0, TopologyKind::modular, 40, -7),
                   le = projection("LE", 0, 2, TopologyKind::spatial, 30, 60);
        ee.strength_law = WeightLaw::truncated_gaussian;
        ee.parent_mean = 8;
        ee.parent_sd = 5;
        ee.strength_low = 1;
        ee.strength_high = 20;
        ee.strength_sd = 4;
        ie.strength_law = WeightLaw::lognormal;
        ie.strength_sd = 5;
        ie.topology.rewiring = 0.2;
        ei.strength_half_width = 1;
        ei.topology.modules = 4;
        ei.topology.within = 0.6;
        le.topology.sigma = 0.1;
        le.normalise = Normalise::none;
        for (Projection* p : {&ee, &ie, &le}) {
            p->delay_law = DelayLaw::uniform;
            p->shortest_delay = 2;
            p->delay_steps = 23;
        }
        c.push_back({"structured_laws", network(0.05, {population("E", 312, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}), population("I", 604, driven, NeuronKind::theta), leaky("L", 405, {Distribution::constant, 200.0}, NeuronKind::iaf_psc_exp)}, {ee, ei, ie, le}), plan, {"rows16", "rows32"}});
    }
    {   // laws of eta other than Lorentzian and Gaussian; a q-Gaussian between its rational members
        Projection ei = projection("EI", 1, 0, TopologyKind::fixed_indegree, 60, -6), ie = projection("IE", 0, 1, TopologyKind::erdos_renyi, 60, 6), uu = projection("UU", 2, 2, TopologyKind::all_to_all, 403, -2), ue = projection("UE", 0, 2, TopologyKind::fixed_indegree, 60, 3);
        const Parameter q{Distribution::q_gaussian, 2.0, 1.0, Draw::midpoint_quantiles, 2.7}, rational{Distribution::rational, 1.0, 0.8, Draw::random, 3.0}, uniform{Distribution::uniform, 1.5, 2.0, Draw::midpoint_quantiles};
        c.push_back({"heterogeneity", network(0.01, {population("E", 1013, q, NeuronKind::qif, 0.5), population("I", 607, rational, NeuronKind::theta, 0.3), population("U", 403, uniform)}, {ei, ie, uu, ue}), plan, {"rows16", "rows32"}});
    }
    return c;
}

/// The case of this name.
inline Case named(const std::string& name) {
    for (const Case& c : cases())
        if (c.name == name) return c;
    throw std::invalid_argument("no golden network is called " + name);
}

}  // namespace spikemass::golden
