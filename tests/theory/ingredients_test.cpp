// Networks with other synapses against their exact masses, in a transient.

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

constexpr double bin = 0.1;

/// From the fixed point, I = 3 on [0.5, 2): mean rates of the network over trials within the allowed errors and 0.4 % of the largest rate of those of the mass, which has the
/// network's delay.  Returns in how many bins the same bound refuses another mass, that of `wrong`.
int compare_transient(Network network, const Network& wrong, int trials, double duration = 5.0) {
    Stimulus step;
    step.name = "step";
    step.start = 0.5;
    step.stop = 2.0;
    step.amplitude = 3.0;
    network.stimuli = {step};
    network.populations[0].initial.kind = InitialKind::fixed_point;
    Network other = wrong;
    other.stimuli = network.stimuli;
    other.populations[0].initial = network.populations[0].initial;
    const RunPlan p = plan(network.dt, 0, duration, bin);
    const auto bins = static_cast<std::size_t>(p.bins);
    const std::vector<double> mass = mass::run_mass(network, p).populations[0].rate, far = mass::run_mass(other, p).populations[0].rate;
    std::vector<std::vector<double>> rate(bins, std::vector<double>(static_cast<std::size_t>(trials)));
    for_each_trial(trials, [&](int t) {
        Network trial = network;
        trial.seeds = seeds_of(static_cast<std::uint64_t>(t));
        const PopulationBins b = run_spiking(trial, p, {}).populations[0];
        for (std::size_t k = 0; k < bins; ++k) rate[k][static_cast<std::size_t>(t)] = b.rate[k];
    });
    const double errors = allowed_errors(trials, static_cast<int>(bins)), largest = *std::max_element(mass.begin(), mass.end());
    double worst = 0, off = 0, error = 0;
    int refused = 0;
    for (std::size_t k = 0; k < bins; ++k) {
        const analysis::Estimate r = analysis::mean_over_trials(rate[k]);
        const double bound = errors * r.standard_error + 4e-3 * largest;
        EXPECT_LE(std::abs(r.value - mass[k]), bound) << "bin " << k;
        refused += std::abs(r.value - far[k]) > bound;
        worst = std::max(worst, std::abs(r.value - mass[k]));
        error = std::max(error, r.standard_error);
        off = std::max(off, std::abs(r.value - far[k]));
    }
    std::printf("  largest rate %.3f: off the mass by %.4f at most (s.e. <= %.4f), off another mass by %.4f, which %d of %zu bins refuse\n", largest, worst, error, off, refused, bins);
    return refused;
}

TEST(TwoStageSynapses, TransientOfTheExactMass) {
    for (const Synapse& s : {Synapse{SynapseKind::double_exponential, 0.3, 0.1}, Synapse{SynapseKind::alpha, 0.2}}) {
        Network network = all_to_all(200000, 1, 6, 5e-3, Draw::compensated_quantiles), wrong = network;
        network.projections[0].synapse = s;
        wrong.projections[0].synapse = {SynapseKind::exponential, s.kind == SynapseKind::alpha ? 2 * s.tau : s.tau + s.tau_rise};   // the same mean lag
        EXPECT_GE(compare_transient(network, wrong, 24), 3);
    }
}

/// Delta -> Delta + G s is exact for infinitely many neurons; the finite set of strengths adds its own bias, as that of eta does.
TEST(LorentzianStrengths, TransientOfTheExactMass) {
    Network network = all_to_all(50000, 1, 6, 5e-3, Draw::compensated_quantiles), wrong = network;
    network.projections[0].strength_half_width = 2.0;
    network.projections[0].strength_draw = Draw::compensated_quantiles;
    EXPECT_GE(compare_transient(network, wrong, 16), 3);
}

/// A sparse network of large K, whose own correction is small beside the effect of the spread of delays.  Every neuron has the same in-degree.
TEST(DrawnDelays, TransientOfTheMass) {
    Network network = all_to_all(40000, 1, 6, 5e-3, Draw::compensated_quantiles);
    Projection& p = network.projections[0];
    p.topology = {TopologyKind::fixed_indegree, 500, 0.0, false};
    p.delay_law = DelayLaw::uniform;
    p.shortest_delay = 1;
    p.delay_steps = 160;
    Network wrong = network;   // one delay, the mean
    wrong.projections[0].delay_law = DelayLaw::constant;
    wrong.projections[0].delay_steps = 80;
    EXPECT_GE(compare_transient(network, wrong, 16), 3);
}

}  // namespace
}  // namespace spikemass::theory
