// Folds, cusps and Hopf points against closed forms and the reference values.

#include <algorithm>
#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "host/mass/continuation.hpp"
#include "host/mass/linear_stability.hpp"
#include "host/mass/normal_forms.hpp"
#include "host/mass/steady_states.hpp"
#include "models/base/error.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

constexpr double pi = std::numbers::pi;

/// One population along eta, and along J as the second parameter.
NetworkAt along_eta(Network network) {
    return [network](std::span<const double> p) {
        Network n = network;
        for (Population& population : n.populations) population.eta.center = p[0];
        if (p.size() > 1) n.projections[0].strength = p[1];
        return n;
    };
}

NetworkAt along_delta(Network network) {
    return [network](std::span<const double> p) {
        Network n = network;
        n.populations[0].eta.width = p[0];
        return n;
    };
}

std::vector<SpecialPoint> of_kind(const std::vector<SpecialPoint>& points, Bifurcation kind) {
    std::vector<SpecialPoint> result;
    for (const SpecialPoint& p : points)
        if (p.kind == kind) result.push_back(p);
    std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.parameters[0] > b.parameters[0]; });
    return result;
}

TEST(Continuation, FoldsOfTheExactMass) {
    struct Case { double coupling, eta_a, r_a, eta_b, r_b; };
    for (const Case& c : {Case{12, -2.621790419069, 0.181965972431, -3.717468563361, 0.595791610435},
                          Case{15, -3.136134086196, 0.162569796813, -5.743527161658, 0.753919727239},
                          Case{20, -3.896850627033, 0.143431186868, -10.156852905729, 1.010726186491}}) {
        const auto result = continue_steady_states(along_eta(one_population(0, c.coupling, 1)), undelayed, {-14, 2}, -5);
        ASSERT_EQ(result.branches.size(), 1u) << c.coupling;
        EXPECT_TRUE(result.warnings.empty()) << result.warnings[0];
        ASSERT_EQ(result.special.size(), 2u) << c.coupling;
        const auto folds = of_kind(result.special, Bifurcation::fold);
        ASSERT_EQ(folds.size(), 2u);
        EXPECT_TRUE(folds[0].located && folds[1].located);
        EXPECT_NEAR(folds[0].parameters[0], c.eta_a, 1e-11);
        EXPECT_NEAR(folds[0].state.r[0], c.r_a, 1e-11);
        EXPECT_NEAR(folds[1].parameters[0], c.eta_b, 1e-11);
        EXPECT_NEAR(folds[1].state.r[0], c.r_b, 1e-11);
        const Branch& branch = result.branches[0];
        EXPECT_EQ(branch.first, CurveEnd::range);
        EXPECT_EQ(branch.last, CurveEnd::range);
        // The ends lie on the range's own; every point solves the equations; unstable between the folds alone.
        EXPECT_EQ(std::min(branch.points.front().parameter, branch.points.back().parameter), -14);
        EXPECT_EQ(std::max(branch.points.front().parameter, branch.points.back().parameter), 2);
        for (const BranchPoint& p : branch.points) {
            const double r = p.state.r[0];
            EXPECT_NEAR(pi * pi * r * r - 1 / (4 * pi * pi * r * r) - c.coupling * r, p.parameter, 1e-10 * (1 + std::abs(p.parameter)));
            EXPECT_EQ(p.unstable, r > c.r_a && r < c.r_b ? 1 : 0) << r;
        }
    }
}

TEST(Continuation, NoFoldBelowTheCusp) {
    const auto result = continue_steady_states(along_eta(one_population(0, 7.7, 1)), undelayed, {-10, 4}, 0);
    EXPECT_EQ(result.branches.size(), 1u);
    EXPECT_TRUE(result.special.empty());
}

TEST(Continuation, CuspOfTheExactMass) {
    const auto result = continue_bifurcations(along_eta(one_population(0, 15, 1)), undelayed, {-14, 2}, -5, {5, 20}, 15);
    ASSERT_EQ(result.steady.special.size(), 2u);
    ASSERT_EQ(result.curves.size(), 1u);   // both folds lie on it
    const BifurcationCurve& curve = result.curves[0];
    ASSERT_EQ(curve.special.size(), 1u);
    const SpecialPoint& cusp = curve.special[0];
    EXPECT_EQ(cusp.kind, Bifurcation::cusp);
    EXPECT_TRUE(cusp.located);
    EXPECT_NEAR(cusp.parameters[0], -std::sqrt(3.0), 1e-10);
    EXPECT_NEAR(cusp.parameters[1], 7.796217036667, 1e-10);
    EXPECT_NEAR(cusp.state.r[0], std::pow(3 / (4 * std::pow(pi, 4)), 0.25), 1e-10);
    for (const CurvePointOfTwo& p : curve.points) {
        const double r = p.r[0];
        EXPECT_NEAR(2 * pi * pi * r + 1 / (2 * pi * pi * r * r * r), p.across, 1e-9 * p.across);
        EXPECT_NEAR(pi * pi * r * r - 1 / (4 * pi * pi * r * r) - p.across * r, p.parameter, 1e-9 * (1 + std::abs(p.parameter)));
    }
}

TEST(Continuation, HopfOfSlowInhibition) {
    Network network = one_population(4, -21, 0.3);
    synapse(network, 0.5);
    const auto result = continue_steady_states(along_delta(network), undelayed, {0.1, 1}, 0.3);
    ASSERT_EQ(result.branches.size(), 1u);
    ASSERT_EQ(result.special.size(), 1u);
    const SpecialPoint& hopf = result.special[0];
    EXPECT_EQ(hopf.kind, Bifurcation::hopf);
    EXPECT_NEAR(hopf.parameters[0], 0.4742752562, 1e-10);
    EXPECT_NEAR(hopf.omega, 2.3030128652, 1e-10);
    EXPECT_NEAR(hopf.state.r[0], 0.1828720899, 1e-10);
    EXPECT_NEAR(hopf.state.v[0], -0.4127652910, 1e-10);
    EXPECT_NEAR(hopf.period(), 2 * pi / 2.3030128652, 1e-9);
    for (const BranchPoint& p : result.branches[0].points) EXPECT_EQ(p.unstable, p.parameter < 0.4742752562 ? 2 : 0) << p.parameter;
    // Faster synapses: stable there.
    synapse(network, 0.1);
    EXPECT_TRUE(continue_steady_states(along_delta(network), undelayed, {0.3, 1}, 0.3).special.empty());
}

/// Peak to peak of r over the last part of a run of the mass that starts `off` the fixed point.
double swing(const Network& network, double time) {
    Network n = network;
    n.dt = 0.01;
    const auto run = run_mass(n, RunPlan{static_cast<std::int64_t>(time / n.dt), 10, 100, {}}, undelayed);
    const auto& r = run.populations[0].rate;
    return *std::max_element(r.begin(), r.end()) - *std::min_element(r.begin(), r.end());
}

TEST(Continuation, LyapunovCoefficientTellsWhatRunsDo) {
    Network network = one_population(4, -21, 0.3);
    synapse(network, 0.5);
    const auto hopf = continue_steady_states(along_delta(network), undelayed, {0.1, 1}, 0.3).special.at(0);
    // Supercritical: a small cycle on the unstable side that grows as the square root of the distance.
    ASSERT_LT(hopf.lyapunov, 0.0);
    double size[2];
    for (int k = 0; k < 2; ++k) {
        network.populations[0].eta.width = hopf.parameters[0] - (k == 0 ? 0.004 : 0.016);
        network.populations[0].initial = {InitialKind::lorentzian, hopf.state.v[0], 1.05 * pi * hopf.state.r[0]};
        size[k] = swing(network, 4000);
    }
    EXPECT_NEAR(size[1] / size[0], 2.0, 0.1);
}

TEST(Continuation, DelayedInhibition) {
    // One population without synapse has no Hopf point; with delayed inhibition it has.
    Network network = one_population(1, -8, 0.1);
    network.projections[0].delay = 1.0;
    const auto result = continue_steady_states(along_delta(network), undelayed, {0.05, 2}, 1.0);
    const auto hopf = of_kind(result.special, Bifurcation::hopf);
    ASSERT_FALSE(hopf.empty());
    for (const SpecialPoint& p : hopf) {
        // lambda = i omega solves (lambda - 2v)^2 + 4 pi^2 r^2 - 2 r J exp(-lambda d) = 0.
        const std::complex<double> lambda(0, p.omega);
        const double r = p.state.r[0], v = p.state.v[0];
        EXPECT_LT(std::abs((lambda - 2 * v) * (lambda - 2 * v) + 4 * pi * pi * r * r + 16.0 * r * std::exp(-lambda)), 1e-10);
        EXPECT_NEAR(v, -p.parameters[0] / (2 * pi * r), 1e-12);
        EXPECT_NEAR(v * v + 1 - 8 * r, pi * pi * r * r, 1e-11);
        EXPECT_TRUE(std::isfinite(p.lyapunov));
    }
    const SpecialPoint& first = hopf.front();   // largest Delta: beyond it the state is stable
    EXPECT_EQ(result.branches[0].points.front().unstable + result.branches[0].points.back().unstable > 0, true);
    ASSERT_LT(first.lyapunov, 0.0);
    double size[2];
    for (int k = 0; k < 2; ++k) {
        network.populations[0].eta.width = first.parameters[0] * (k == 0 ? 0.995 : 0.98);
        network.populations[0].initial = {InitialKind::lorentzian, first.state.v[0], 1.02 * pi * first.state.r[0]};
        network.populations[0].initial.rate = first.state.r[0];
        size[k] = swing(network, 3000);
    }
    EXPECT_GT(size[0], 1e-3);
    EXPECT_NEAR(size[1] / size[0], 2.0, 0.15);
}

TEST(Continuation, LongDelaysHaveSeveralHopfPoints) {
    // A scan of modulus and phase of the characteristic equation over (Delta, omega) finds these three and no other.
    Network network = one_population(3, -8, 0.1);
    network.projections[0].delay = 6.0;
    const auto hopf = of_kind(continue_steady_states(along_delta(network), undelayed, {0.02, 2}, 1.0).special, Bifurcation::hopf);
    ASSERT_EQ(hopf.size(), 3u);
    const double delta[] = {1.2332, 1.0971, 0.9392}, omega[] = {1.4322, 0.4849, 2.3245};
    for (std::size_t k = 0; k < 3; ++k) {
        EXPECT_NEAR(hopf[k].parameters[0], delta[k], 1e-4);
        EXPECT_NEAR(hopf[k].omega, omega[k], 1e-4);
        const std::complex<double> lambda(0, hopf[k].omega);
        const double r = hopf[k].state.r[0], v = hopf[k].state.v[0];
        EXPECT_LT(std::abs((lambda - 2 * v) * (lambda - 2 * v) + 4 * pi * pi * r * r + 16.0 * r * std::exp(-6.0 * lambda)), 1e-10);
    }
}

TEST(Continuation, OneStepOfDelayMovesTheHopfPoint) {
    Network network = one_population(4, -21, 0.3);
    synapse(network, 0.5);
    network.dt = 0.02;
    const auto delayed = continue_steady_states(along_delta(network), {"none", false}, {0.1, 1}, 0.3);
    ASSERT_EQ(delayed.special.size(), 1u);
    const SpecialPoint& p = delayed.special[0];
    EXPECT_GT(p.parameters[0], 0.4742752562 + 1e-3);
    const std::complex<double> lambda(0, p.omega);
    const double r = p.state.r[0], v = p.state.v[0];
    EXPECT_LT(std::abs((lambda - 2 * v) * (lambda - 2 * v) + 4 * pi * pi * r * r + 42.0 * r * std::exp(-0.02 * lambda) / (1.0 + 0.5 * lambda)), 1e-10);
}

TEST(Continuation, ExcitationAndInhibition) {
    const auto at = [](std::span<const double> p) {
        Network n = excitation_inhibition();
        n.projections[0].strength = p[0];
        return n;
    };
    const auto result = continue_steady_states(at, undelayed, {4, 14}, 10);
    const auto hopf = of_kind(result.special, Bifurcation::hopf);
    ASSERT_FALSE(hopf.empty());
    for (const SpecialPoint& p : hopf) {   // by an independent way: the eigenvalues of the fixed points found there
        Network n = at(std::vector<double>{p.parameters[0]});
        bool seen = false;
        for (const auto& point : fixed_points(n, undelayed))
            for (const auto& lambda : point.eigenvalues) seen = seen || std::abs(lambda - std::complex<double>(0, p.omega)) < 1e-8;
        EXPECT_TRUE(seen) << p.parameters[0];
    }
    // The reference state, between the points of its branch.
    const auto state = fixed_points(excitation_inhibition(), undelayed);
    ASSERT_EQ(state.size(), 1u);
    EXPECT_NEAR(state[0].r[0], 0.2875318810, 1e-10);
    EXPECT_NEAR(state[0].eigenvalues[0].real(), 0.08767834, 1e-8);
    EXPECT_NEAR(state[0].eigenvalues[0].imag(), 2.48149918, 1e-8);
    EXPECT_EQ(describe_stability(state[0].eigenvalues), "unstable focus");
    for (std::size_t k = 0; k < result.branches.size(); ++k)
        for (const BranchPoint& p : result.branches[k].points)
            if (std::abs(p.parameter - 10) < 0.05) { EXPECT_EQ(p.unstable, 2); }
}

TEST(Continuation, BogdanovTakensPointsEndHopfCurves) {
    Network network = excitation_inhibition();
    network.projections[1].strength = -6;
    network.projections[2].strength = 6;
    network.populations[1].eta.center = -3;
    const auto at = [network](std::span<const double> p) {
        Network n = network;
        n.populations[0].eta.center = p[0];
        n.projections[0].strength = p[1];
        return n;
    };
    const auto result = continue_bifurcations(at, undelayed, {-15, 10}, 2, {5, 30}, 18);
    ASSERT_EQ(result.curves.size(), 2u);
    const BifurcationCurve &folds = result.curves[0], &hopf = result.curves[1];
    ASSERT_EQ(folds.kind, Bifurcation::fold);
    ASSERT_EQ(hopf.kind, Bifurcation::hopf);
    ASSERT_EQ(folds.special.size(), 2u);
    const SpecialPoint& point = folds.special[0].kind == Bifurcation::bogdanov_takens ? folds.special[0] : folds.special[1];
    ASSERT_EQ(point.kind, Bifurcation::bogdanov_takens);
    // A double root 0: the two lowest coefficients of the characteristic polynomial vanish.
    std::complex<double> constant = 1, linear = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        std::complex<double> others = 1;
        for (std::size_t j = 0; j < 4; ++j)
            if (j != i) others *= point.state.eigenvalues[j];
        linear += others;
        constant *= point.state.eigenvalues[i];
    }
    EXPECT_LT(std::abs(constant), 1e-9);
    EXPECT_LT(std::abs(linear), 1e-9);
    // The Hopf curve, which knows nothing of that, ends there.
    EXPECT_TRUE((hopf.first == CurveEnd::bogdanov_takens) != (hopf.last == CurveEnd::bogdanov_takens));
    const CurvePointOfTwo& end = hopf.first == CurveEnd::bogdanov_takens ? hopf.points.front() : hopf.points.back();
    EXPECT_NEAR(end.parameter, point.parameters[0], 1e-4);
    EXPECT_NEAR(end.across, point.parameters[1], 1e-4);
    for (std::size_t k = 0; k < hopf.points.size(); k += 50) {
        const auto& p = hopf.points[k];
        if (p.omega < 0.1) continue;   // beside the double root, eigenvalues are as inexact as the root of a rounding
        double nearest = 1;
        for (const auto& state : fixed_points(at(std::vector<double>{p.parameter, p.across}), undelayed))
            for (const auto& lambda : state.eigenvalues) nearest = std::min(nearest, std::abs(lambda - std::complex<double>(0, p.omega)));
        EXPECT_LT(nearest, 1e-6) << p.parameter << " " << p.across;
    }
}

TEST(Continuation, FoldsWithClosures) {
    const auto folds_at = [](std::string_view closure, double k, Interval range) {
        return of_kind(continue_steady_states(along_eta(sparse_population(0, 15, 1, TopologyKind::fixed_indegree, k)), undelayed_with(closure), range, -5).special, Bifurcation::fold);
    };
    // Closure A of theory note 1, section 4.4, recomputed: the note prints -3.39, -3.89 and -6.15.
    const auto hundred = folds_at("resonant_static", 100, {-10, 0}), thirty = folds_at("resonant_static", 30, {-10, 0});
    ASSERT_EQ(hundred.size(), 2u);
    ASSERT_EQ(thirty.size(), 2u);
    EXPECT_NEAR(hundred[0].parameters[0], -3.435, 1e-3);
    EXPECT_NEAR(thirty[0].parameters[0], -4.025, 1e-3);
    EXPECT_NEAR(thirty[1].parameters[0], -6.123, 1e-3);
    for (const auto closure : closures::closure_names) {
        const auto folds = folds_at(closure, 300, {-10, 0});
        ASSERT_EQ(folds.size(), 2u) << closure;
        // At a fold, two fixed points meet: just inside there are three, just outside one.
        for (int k = 0; k < 2; ++k)
            for (const double side : {-1.0, 1.0}) {
                const double eta = folds[static_cast<std::size_t>(k)].parameters[0] + side * 1e-4;
                const auto found = fixed_points(sparse_population(eta, 15, 1, TopologyKind::fixed_indegree, 300), undelayed_with(closure));
                EXPECT_EQ(found.size(), (side < 0) == (k == 0) ? 3u : 1u) << closure << " " << eta;
            }
    }
}

TEST(Continuation, ClassesOfInDegree) {
    const auto result = continue_steady_states(along_eta(sparse_population(0, 15, 1, TopologyKind::erdos_renyi, 100)), undelayed_with("degree_classes"), {-8, 0}, -5);
    ASSERT_EQ(result.branches.size(), 1u);
    const auto folds = of_kind(result.special, Bifurcation::fold);
    ASSERT_EQ(folds.size(), 2u);
    EXPECT_TRUE(folds[0].located && folds[1].located);
    for (const double eta : {folds[0].parameters[0] - 1e-4, folds[1].parameters[0] + 1e-4})
        EXPECT_EQ(fixed_points(sparse_population(eta, 15, 1, TopologyKind::erdos_renyi, 100), undelayed_with("degree_classes")).size(), 3u);
}

TEST(Continuation, SymmetricNetworksBranch) {
    // Two populations that excite themselves and inhibit each other: the symmetric state loses its symmetry in pitchforks.
    const auto at = [](std::span<const double> p) {
        Network n = excitation_inhibition();
        for (Population& population : n.populations) population.eta = {Distribution::lorentzian, p[0], 0.3, Draw::midpoint_quantiles};
        const double strength[] = {6, -6, -6, 6};
        for (std::size_t k = 0; k < 4; ++k) n.projections[k].strength = strength[k];
        return n;
    };
    const auto result = continue_steady_states(at, undelayed, {-3, 3}, 0);
    const auto branching = of_kind(result.special, Bifurcation::branch_point);
    ASSERT_FALSE(branching.empty());
    bool symmetric = false;
    for (const SpecialPoint& p : branching) {
        // The symmetric state rests on eta alone (J + J' = 0), and its antisymmetric mode has the coupling 12: 2 v +- sqrt(2 r (12 - 2 pi^2 r)) = 0.
        if (std::abs(p.state.r[0] - p.state.r[1]) > 1e-5) continue;
        symmetric = true;
        const double r = p.state.r[0], v = p.state.v[0];
        EXPECT_NEAR(4 * v * v, 2 * r * (12 - 2 * pi * pi * r), 1e-5);
    }
    EXPECT_TRUE(symmetric);
    bool asymmetric_branch = false;
    for (const Branch& b : result.branches)
        for (const BranchPoint& p : b.points) asymmetric_branch = asymmetric_branch || std::abs(p.state.r[0] - p.state.r[1]) > 0.05;
    EXPECT_TRUE(asymmetric_branch);
}

TEST(Continuation, SeparateBranchesAreFound) {
    // Along J at eta = -5: the low state and the pair that is born in the fold are one branch, or two where the range ends before they meet.
    const auto at = [](std::span<const double> p) { return one_population(-5, p[0], 1); };
    const auto result = continue_steady_states(at, undelayed, {10, 16}, 15);
    EXPECT_EQ(result.branches.size(), 2u);
    EXPECT_EQ(of_kind(result.special, Bifurcation::fold).size(), 1u);
}

TEST(Continuation, WithoutHeterogeneityBranchesEndWhereRatesVanish) {
    const auto result = continue_steady_states(along_eta(one_population(0, -2, 0)), undelayed, {-2, 4}, 1);
    ASSERT_FALSE(result.branches.empty());
    for (const Branch& b : result.branches)
        for (const BranchPoint& p : b.points) EXPECT_GE(p.state.r[0], -1e-12);
}

TEST(Continuation, MillisecondsAreTausScaled) {
    Network network = one_population(4, -21, 0.3);
    network.populations[0].tau = 10;
    synapse(network, 5);
    const auto result = continue_steady_states(along_delta(network), undelayed, {0.1, 1}, 0.3);
    ASSERT_EQ(result.special.size(), 1u);
    EXPECT_NEAR(result.special[0].parameters[0], 0.4742752562, 1e-10);
    EXPECT_NEAR(result.special[0].omega, 0.23030128652, 1e-11);
    EXPECT_NEAR(result.special[0].state.r[0], 0.01828720899, 1e-11);
}

TEST(Continuation, ParametersThatDoNotEnterAreRefused) {
    const auto at = [](std::span<const double> p) { return sparse_population(-5, 15, 1, TopologyKind::erdos_renyi, p[0]); };
    EXPECT_THROW(continue_steady_states(at, undelayed, {50, 500}, 100), ConfigurationError);
    EXPECT_EQ(continue_steady_states(at, undelayed_with("two_cumulant"), {50, 500}, 100).branches.size(), 3u);   // low, saddle, high
}

}  // namespace
}  // namespace spikemass::mass
