// Fixed points, initial rates, and whole runs.

#include <bit>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "host/mass/mass_model.hpp"
#include "host/mass/rate_equilibria.hpp"
#include "models/base/error.hpp"
#include "kernels/delays.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

constexpr double pi = std::numbers::pi;

TEST(FixedPoints, OnePopulationIsComplete) {
    // Every root of the quartic 4 pi^4 r^4 - 4 pi^2 J r^3 - 4 pi^2 eta r^2 - Delta^2 is found, for a grid of parameters.
    for (double eta = -30; eta <= 30; eta += 1.7)
        for (double coupling = -40; coupling <= 40; coupling += 3.1)
            for (const double delta : {0.01, 1.0, 4.0}) {
                const auto found = rate_equilibria({{eta}, {delta}, {coupling}});
                const auto f = [&](double r) { return ((4 * pi * pi * r - 4 * coupling) * pi * pi * r - 4 * pi * pi * eta) * r * r - delta * delta; };
                int crossings = 0;
                double last = -1;
                for (double r = 1e-5; r < 20; r *= 1.002) {
                    const double now = f(r);
                    crossings += (now > 0) != (last > 0);
                    last = now;
                }
                EXPECT_EQ(found.size(), static_cast<std::size_t>(crossings)) << eta << " " << coupling << " " << delta;
                for (std::size_t k = 0; k < found.size(); ++k) {
                    EXPECT_NEAR(eta_of_rate(found[k][0], coupling, delta), eta, 1e-9 * (1 + std::abs(eta)));
                    if (k > 0) { EXPECT_GT(found[k][0], found[k - 1][0]); }
                }
            }
}

TEST(FixedPoints, WithoutHeterogeneity) {
    const auto silent = fixed_points(one_population(-1, 0, 0), undelayed);
    ASSERT_EQ(silent.size(), 1u);
    EXPECT_EQ(silent[0].r[0], 0.0);
    EXPECT_NEAR(silent[0].v[0], -1.0, 1e-12);
    EXPECT_TRUE(silent[0].stable);
    const auto active = fixed_points(one_population(4, 0, 0), undelayed);
    ASSERT_EQ(active.size(), 1u);
    EXPECT_NEAR(active[0].r[0], 2 / pi, 1e-12);
    EXPECT_FALSE(active[0].stable);   // a centre: nothing damps it
    EXPECT_EQ(fixed_points(one_population(-1, 8, 0), undelayed).size(), 3u);
}

TEST(FixedPoints, ExtraInputShiftsEta) {
    const auto a = fixed_points(one_population(-5, 15, 1), undelayed, 3.0), b = fixed_points(one_population(-2, 15, 1), undelayed);
    ASSERT_EQ(a.size(), b.size());
    EXPECT_NEAR(a[0].r[0], b[0].r[0], 1e-13);
}

TEST(FixedPoints, TwoEqualHalvesAreOnePopulation) {
    Network network = excitation_inhibition();
    for (Population& p : network.populations) p.eta = {Distribution::lorentzian, -5, 1, Draw::midpoint_quantiles};
    for (Projection& p : network.projections) p.strength = 7.5;
    const auto points = fixed_points(network, undelayed);
    ASSERT_EQ(points.size(), 3u);
    const double rates[] = {0.081134441950, 0.472980340685, 1.030596798838};
    for (int k = 0; k < 3; ++k)
        for (int a = 0; a < 2; ++a) EXPECT_NEAR(points[static_cast<std::size_t>(k)].r[static_cast<std::size_t>(a)], rates[k], 1e-11);
}

TEST(FixedPoints, DelayedEigenvaluesSolveTheCharacteristicEquation) {
    using Z = std::complex<double>;
    for (const double delay : {1e-3, 0.02, 0.2, 1.0})
        for (const double tau_s : {0.0, 0.3}) {
            Network network = one_population(-5, 15, 1);
            network.projections[0].delay = delay;
            if (tau_s > 0) synapse(network, tau_s);
            for (const auto& point : fixed_points(network, undelayed)) {
                const double r = point.r[0], v = point.v[0];
                for (const Z lambda : point.eigenvalues) {
                    const Z kernel = 15.0 * std::exp(-lambda * delay) / (1.0 + lambda * tau_s);
                    const Z d = (lambda - 2 * v) * (lambda - 2 * v) + 4 * pi * pi * r * r - 2 * r * kernel;
                    EXPECT_LT(std::abs(d), 1e-6 * (std::norm(lambda) + 30)) << delay << " " << tau_s << " " << lambda;
                }
            }
        }
    // The effective delay of the network is one step when none was asked for.
    Network network = one_population(-5, 15, 1);
    network.dt = 0.02;
    const auto with = fixed_points(network), without = fixed_points(network, undelayed);
    EXPECT_GT(std::abs(with[2].eigenvalues[0] - without[2].eigenvalues[0]), 0.02);
    EXPECT_NEAR(with[2].r[0], without[2].r[0], 1e-13);
}

TEST(FixedPoints, EveryClosureHasStatesThatAreAtRest) {
    for (const auto name : closures::closure_names)
        for (const auto kind : {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::annealed, TopologyKind::lorentzian_indegree}) {
            Network network = sparse_population(-5, 15, 1, kind, 300);
            if (kind == TopologyKind::lorentzian_indegree) network.projections[0].topology.half_width = 4;
            const auto points = fixed_points(network, undelayed_with(name));
            ASSERT_EQ(points.size(), 3u) << name;
            EXPECT_TRUE(points[0].stable && !points[1].stable && points[2].stable) << name;
            // A run that starts near the high state ends there.
            network.populations[0].initial.kind = InitialKind::fixed_point;
            network.populations[0].initial.branch = Branch::high;
            network.dt = 0.02;
            const auto run = run_mass(network, RunPlan{2500, 10, 5, {}}, undelayed_with(name));
            EXPECT_NEAR(run.populations[0].rate.back(), points[2].r[0], 1e-4) << name;
            EXPECT_NEAR(run.populations[0].v.back(), points[2].v[0], 1e-4) << name;
        }
}

TEST(FixedPoints, ResonanceHasTheSameSteadyStateStaticOrSlow) {
    for (const double tau_s : {0.0, 0.2}) {
        Network network = sparse_population(5, -10, 1, TopologyKind::erdos_renyi, 100);
        if (tau_s > 0) synapse(network, tau_s);
        const auto fast = fixed_points(network, undelayed_with("resonant_static")), slow = fixed_points(network, undelayed_with("resonant"));
        ASSERT_EQ(fast.size(), 1u);
        ASSERT_EQ(slow.size(), 1u);
        EXPECT_NEAR(fast[0].r[0], slow[0].r[0], 1e-11);
        EXPECT_NEAR(fast[0].v[0], slow[0].v[0], 1e-11);
    }
}

TEST(FixedPoints, GaussianEtaHasNoExactMass) {
    Network network = one_population(0, 5, 1);
    network.populations[0].eta.distribution = Distribution::gaussian;
    EXPECT_THROW(fixed_points(network), ConfigurationError);
    EXPECT_THROW(run_mass(network, RunPlan{0, 1, 1, {}}), ConfigurationError);
    EXPECT_NO_THROW(resolve_initial(network));   // it is not asked for one
    network.populations[0].initial.kind = InitialKind::fixed_point;
    EXPECT_THROW(resolve_initial(network), ConfigurationError);
}

TEST(ResolveInitial, FillsTheRateOfTheBranch) {
    Network network = one_population(-5, 15, 1);
    InitialState& initial = network.populations[0].initial;
    initial.rate = 0.5;
    resolve_initial(network);
    EXPECT_EQ(initial.rate, 0.5);   // asynchronous: the user's
    initial.kind = InitialKind::fixed_point;
    resolve_initial(network);
    EXPECT_NEAR(initial.rate, 0.081134441950, 1e-12);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(initial.rate) & 0x1fff, 0u);
    initial.branch = Branch::high;
    resolve_initial(network);
    EXPECT_NEAR(initial.rate, 1.030596798838, 2e-12);
    network.populations[0].tau = 20;
    resolve_initial(network);
    EXPECT_NEAR(initial.rate, 1.030596798838 / 20, 1e-13);
    const double before = initial.rate;
    resolve_initial(network);
    EXPECT_EQ(initial.rate, before);
}

TEST(ResolveInitial, SameBitsEverywhere) {
    // The roots at 40 decimal digits, rounded to 40 bits: compilers and instruction sets may not differ in one of them.
    struct Case { double eta, coupling, delta; Branch branch; double rate; };
    const Case cases[] = {{-5, 15, 1, Branch::low, 0x1.4c53a0ec14p-4},   {-5, 15, 1, Branch::high, 0x1.07d5311a5ep+0},
                          {5, -10, 1, Branch::low, 0x1.825a2c1f14p-2},   {20, -40, 1, Branch::high, 0x1.cf6b3d7154p-2},
                          {1, -5, 0.1, Branch::high, 0x1.3d0beea836p-3}};
    for (const Case& c : cases) {
        Network network = one_population(c.eta, c.coupling, c.delta);
        network.populations[0].initial.kind = InitialKind::fixed_point;
        network.populations[0].initial.branch = c.branch;
        resolve_initial(network);
        EXPECT_EQ(network.populations[0].initial.rate, c.rate) << c.eta << " " << c.coupling;
    }
    Network network = excitation_inhibition();
    network.projections[0].strength = 6;
    for (Population& p : network.populations) p.initial.kind = InitialKind::fixed_point;
    resolve_initial(network);
    EXPECT_EQ(network.populations[0].initial.rate, 0x1.98fd72521p-3);
    EXPECT_EQ(network.populations[1].initial.rate, 0x1.258684502ap-2);
}

TEST(ResolveInitial, OnlyStableStates) {
    Network network = excitation_inhibition();   // its only state is an unstable focus
    network.populations[0].initial.kind = InitialKind::fixed_point;
    EXPECT_THROW(resolve_initial(network), ConfigurationError);
    network.projections[0].strength = 6;
    resolve_initial(network);
    const auto points = fixed_points(network, undelayed);
    ASSERT_EQ(points.size(), 1u);
    ASSERT_TRUE(points[0].stable);
    EXPECT_NEAR(network.populations[0].initial.rate, points[0].r[0], 1e-12);
    EXPECT_EQ(network.populations[1].initial.rate, 0.0);
    // The plain stability test agrees with the eigenvalues, synapses included.
    for (double tau_s = 0.05; tau_s < 3; tau_s *= 1.4) {
        Network slow = one_population(4, -21, 0.3);
        synapse(slow, tau_s);
        const auto point = fixed_points(slow, undelayed)[0];
        EXPECT_EQ(is_stable(slow, {point.r[0]}), point.stable) << tau_s;
    }
}

/// (lambda - 2v)^2 = 2 r (J H(lambda) - 2 pi^2 r), H the Laplace transform of the synapse's kernel.
TEST(FixedPoints, EigenvaluesOfTwoStageSynapses) {
    for (const Synapse& s : {Synapse{SynapseKind::double_exponential, 0.5, 0.1}, Synapse{SynapseKind::double_exponential, 0.1, 0.5}, Synapse{SynapseKind::alpha, 0.3}})
        for (const double delta : {0.3, 1.0}) {
            Network network = one_population(4, -21, delta);
            network.projections[0].synapse = s;
            const auto points = fixed_points(network, undelayed);
            ASSERT_EQ(points.size(), 1u);
            const double r = points[0].r[0], v = points[0].v[0], rise = s.kind == SynapseKind::alpha ? s.tau : s.tau_rise;
            EXPECT_NEAR(r, fixed_points(one_population(4, -21, delta), undelayed)[0].r[0], 1e-10);   // unit area: the same fixed point
            EXPECT_NEAR(points[0].s[0], r, 1e-10);
            ASSERT_EQ(points[0].eigenvalues.size(), 4u);
            for (const std::complex<double>& l : points[0].eigenvalues) {
                const auto left = (l - 2 * v) * (l - 2 * v) * (1.0 + l * s.tau) * (1.0 + l * rise), right = 2 * r * (-21.0 - 2 * pi * pi * r * (1.0 + l * s.tau) * (1.0 + l * rise));
                EXPECT_LT(std::abs(left - right), 1e-7 * (1 + std::abs(left)));
            }
            EXPECT_EQ(is_stable(network, {r}), points[0].stable);
        }
}

/// Strengths that are Lorentzian over targets: Delta -> Delta + G r.
TEST(FixedPoints, LorentzianStrengths) {
    for (const auto normalise : {Normalise::mean_indegree, Normalise::none})
        for (const double eta : {-5.0, 1.0}) {
            Network network = one_population(eta, 15, 1);
            Projection& p = network.projections[0];
            p.normalise = normalise;
            const double factor = normalise == Normalise::none ? p.topology.mean_indegree : 1.0;
            p.strength /= factor;
            p.strength_half_width = 0.4 / factor;
            const auto points = fixed_points(network, undelayed);
            ASSERT_EQ(points.size(), eta < 0 ? 3u : 1u);
            for (const FixedPoint& point : points) {
                const double r = point.r[0], v = point.v[0], width = 1 + 0.4 * r;
                EXPECT_NEAR(width / pi + 2 * r * v, 0, 1e-9);
                EXPECT_NEAR(v * v + eta + 15 * r - pi * pi * r * r, 0, 1e-9);
                for (const std::complex<double>& l : point.eigenvalues) {   // (l - 2v - G/pi) (l - 2v) = 2 r (J - 2 pi^2 r)
                    const auto left = (l - 2 * v - 0.4 / pi) * (l - 2 * v);
                    EXPECT_LT(std::abs(left - 2 * r * (15 - 2 * pi * pi * r)), 1e-7 * (1 + std::abs(left)));
                }
                EXPECT_EQ(is_stable(network, {r}), point.stable);
            }
            network.populations[0].initial.kind = InitialKind::fixed_point;
            network.populations[0].initial.branch = Branch::high;
            resolve_initial(network);
            EXPECT_NEAR(network.populations[0].initial.rate, points.back().r[0], 1e-12);
        }
    Network two = excitation_inhibition();   // Newton's method on several populations
    two.projections[1].strength_half_width = 2;
    two.projections[2].strength_half_width = 1;
    const auto points = fixed_points(two, undelayed);
    ASSERT_FALSE(points.empty());
    for (const FixedPoint& point : points) {
        EXPECT_NEAR((1 + 2 * point.r[1]) / pi + 2 * point.r[0] * point.v[0], 0, 1e-9);
        EXPECT_NEAR((1 + 1 * point.r[0]) / pi + 2 * point.r[1] * point.v[1], 0, 1e-9);
    }
}

/// (lambda - 2v)^2 = 2 r (J <exp(-lambda d)> - 2 pi^2 r), the mean taken over all steps of the law.
TEST(FixedPoints, EigenvaluesOfDrawnDelays) {
    for (const std::int64_t longest : {12, 60}) {   // fewer and more steps than classes
        Network network = one_population(4, -12, 0.5);
        network.dt = 0.01;
        Projection& p = network.projections[0];
        p.topology = {TopologyKind::erdos_renyi, 1000, 0, false};
        p.delay_law = DelayLaw::gaussian;
        p.shortest_delay = 5;
        p.delay_steps = longest;
        p.delay_mean = 20;
        p.delay_sd = 9;
        const auto points = fixed_points(network, {"none", false});
        ASSERT_EQ(points.size(), 1u);
        const double r = points[0].r[0], v = points[0].v[0];
        const auto probability = kernels::delay_probabilities(p);
        for (std::size_t k = 0; k < 2; ++k) {   // the leading pair
            const std::complex<double> l = points[0].eigenvalues[k];
            std::complex<double> lag = 0;
            for (std::size_t d = 0; d < probability.size(); ++d) lag += probability[d] * std::exp(-l * (0.01 * static_cast<double>(d + 5)));
            const auto left = (l - 2 * v) * (l - 2 * v), right = 2 * r * (-12.0 * lag - 2 * pi * pi * r);
            EXPECT_LT(std::abs(left - right), (longest == 12 ? 1e-6 : 2e-3) * std::abs(left)) << longest << " " << l;   // 16 classes of a wide law
        }
    }
}

TEST(RunMass, StaysAtItsFixedPoint) {
    for (const Branch branch : {Branch::low, Branch::high}) {
        Network network = one_population(-5, 15, 1);
        network.dt = 0.02;
        network.populations[0].initial.kind = InitialKind::fixed_point;
        network.populations[0].initial.branch = branch;
        const RunResult run = run_mass(network, RunPlan{100, 5, 40, {true, true, false}});
        EXPECT_EQ(run.level, "mass");
        EXPECT_EQ(run.steps, 300);
        EXPECT_EQ(run.digest, 0u);
        ASSERT_EQ(run.populations[0].rate.size(), 40u);
        EXPECT_DOUBLE_EQ(run.projections[0].effective_delay, 0.02);
        EXPECT_TRUE(run.warnings.empty());
        const double r = branch == Branch::low ? 0.081134441950 : 1.030596798838, v = -0.5 / (pi * r);
        const std::complex<double> w(pi * r, -v), z = (1.0 - w) / (1.0 + w);
        for (int k = 0; k < 40; ++k) {
            EXPECT_NEAR(run.populations[0].rate[static_cast<std::size_t>(k)], r, 1e-10);
            EXPECT_NEAR(run.populations[0].v[static_cast<std::size_t>(k)], v, 1e-10);
            EXPECT_NEAR(run.populations[0].z_re[static_cast<std::size_t>(k)], z.real(), 1e-10);
            EXPECT_NEAR(run.populations[0].z_im[static_cast<std::size_t>(k)], z.imag(), 1e-10);
        }
    }
}

TEST(RunMass, OrderParameterOnlyWhenRecorded) {
    const RunResult run = run_mass(one_population(0, 5, 1), RunPlan{0, 5, 4, {}});
    EXPECT_TRUE(run.populations[0].z_re.empty());
    EXPECT_EQ(run.populations[0].v.size(), 4u);
    EXPECT_TRUE(run.populations[0].spike_count.empty());
}

TEST(RunMass, MillisecondsAreTausScaled) {
    for (const auto name : closures::closure_names) {
        Network tau = excitation_inhibition();
        tau.dt = 0.01;
        for (Projection& p : tau.projections) {
            p.topology = {TopologyKind::erdos_renyi, 200, 0, false};
            p.delay_steps = 3;
        }
        tau.projections[1].synapse = {SynapseKind::exponential, 0.4};
        tau.projections[3].strength_half_width = 0.3;
        tau.projections[2].synapse = {SynapseKind::double_exponential, 0.3, 0.05};
        Stimulus step;
        step.start = 2.0;
        step.stop = 4.0;
        step.amplitude = 1.5;
        tau.stimuli = {step};
        tau.populations[0].initial.rate = 0.2;
        Network ms = tau;
        ms.dt *= 10;
        for (Population& p : ms.populations) p.tau = 10, p.initial.rate /= 10;
        ms.projections[1].synapse.tau *= 10;
        ms.projections[2].synapse.tau *= 10, ms.projections[2].synapse.tau_rise *= 10;
        ms.stimuli[0].start *= 10, ms.stimuli[0].stop *= 10;
        const RunPlan plan{0, 10, 60, {true, false, false}};
        const MassOptions options{std::string(name), false};
        const auto a = run_mass(tau, plan, options), b = run_mass(ms, plan, options);
        for (std::size_t p = 0; p < 2; ++p)
            for (std::size_t k = 0; k < 60; ++k) {
                EXPECT_NEAR(a.populations[p].rate[k], 10 * b.populations[p].rate[k], 1e-9) << name;
                EXPECT_NEAR(a.populations[p].v[k], b.populations[p].v[k], 1e-8) << name;
            }
    }
}

TEST(RunMass, WarnsOutsideTheRangeOfTheClosure) {
    Network network = sparse_population(-5, 15, 1, TopologyKind::fixed_indegree, 30);
    network.dt = 0.02;
    const RunPlan plan{500, 5, 20, {}};
    EXPECT_TRUE(run_mass(network, plan, {"none", false}).warnings.empty());
    const auto low = run_mass(network, plan, {"two_cumulant", false});   // J^2/(K pi^2 r^2) = 115 in the low state
    EXPECT_EQ(low.level, "mass.two_cumulant");
    ASSERT_EQ(low.warnings.size(), 1u);
    EXPECT_NE(low.warnings[0].find("100.0 %"), std::string::npos);
    network.projections[0].topology.mean_indegree = 1000;
    network.populations[0].eta.center = 60;   // |v|/(pi r) < 0.02
    EXPECT_EQ(run_mass(network, plan, {"resonant_static", false}).warnings.size(), 1u);
}

TEST(RunMass, UnknownClosure) {
    EXPECT_THROW(run_mass(one_population(0, 5, 1), RunPlan{0, 1, 1, {}}, {"mpr", false}), ConfigurationError);
}

}  // namespace
}  // namespace spikemass::mass
