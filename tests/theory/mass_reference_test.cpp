// The exact mass against values computed elsewhere by Newton's and Brent's methods (12 digits) and by adaptive integration (10 digits).

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/LU>
#include <gtest/gtest.h>

#include "host/mass/integrator.hpp"
#include "host/mass/linear_stability.hpp"
#include "host/mass/rate_equilibria.hpp"
#include "kernels/stimulus.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

constexpr double pi = std::numbers::pi;

struct Reference {
    double eta, coupling, delta, r, v;
    std::complex<double> first, second;
};

std::complex<double> operator""_i(long double x) { return {0.0, static_cast<double>(x)}; }

const Reference references[] = {
    {1, 0, 1, 0.349722015110, -0.455089860562, -0.910179721 + 2.197368227_i, -0.910179721 - 2.197368227_i},
    {0, 0, 1, 0.225079079039, -0.707106781187, -1.414213562 + 1.414213562_i, -1.414213562 - 1.414213562_i},
    {-5, 0, 1, 0.070826458054, -2.247111425096, -4.494222850 + 0.445015760_i, -4.494222850 - 0.445015760_i},
    {-5, 15, 1, 0.081134441950, -1.961619988583, -2.448738426, -5.397741528},
    {-5, 15, 1, 0.472980340685, -0.336493780823, 1.641678186, -2.987653309},
    {-5, 15, 1, 1.030596798838, -0.154429883026, -0.308859766 + 3.318628982_i, -0.308859766 - 3.318628982_i},
    {-2, 15, 1, 1.373244098482, -0.115897052292, -0.231794105 + 5.766372470_i, -0.231794105 - 5.766372470_i},
    {0, 5, 1, 0.524402859376, -0.303497473834, -0.606994948 + 2.369065525_i, -0.606994948 - 2.369065525_i},
    {5, -10, 1, 0.377297105214, -0.421829218651, -0.843658437 + 3.628473158_i, -0.843658437 - 3.628473158_i},
    {20, -40, 1, 0.452557525675, -0.351678922706, -0.703357845 + 6.655081533_i, -0.703357845 - 6.655081533_i},
    {1, -5, 0.1, 0.154807915219, -0.102808013962, -0.205616028 + 1.579303264_i, -0.205616028 - 1.579303264_i},
    {4, -20, 0.3, 0.186182390884, -0.256450047186, -0.512900094 + 2.969136385_i, -0.512900094 - 2.969136385_i},
};

TEST(MassReference, FixedPointsAndEigenvalues) {
    for (const Reference& ref : references) {
        const auto points = fixed_points(one_population(ref.eta, ref.coupling, ref.delta), undelayed);
        EXPECT_EQ(points.size(), ref.coupling == 15 && ref.eta == -5 ? 3u : 1u);
        const FixedPoint* nearest = &points.front();
        for (const auto& p : points)
            if (std::abs(p.r[0] - ref.r) < std::abs(nearest->r[0] - ref.r)) nearest = &p;
        EXPECT_NEAR(nearest->r[0], ref.r, 1e-12);
        EXPECT_NEAR(nearest->v[0], ref.v, 1e-12);
        ASSERT_EQ(nearest->eigenvalues.size(), 2u);
        EXPECT_LT(std::abs(nearest->eigenvalues[0] - ref.first), 1e-9);
        EXPECT_LT(std::abs(nearest->eigenvalues[1] - ref.second), 1e-9);
        EXPECT_EQ(nearest->stable, ref.first.real() < 0);
    }
}

struct Fold {
    double coupling, eta, r;
};

TEST(MassReference, FoldsAreDoubleRoots) {
    const Fold folds[] = {{12, -2.621790419069, 0.181965972431}, {12, -3.717468563361, 0.595791610435},
                          {15, -3.136134086196, 0.162569796813}, {15, -5.743527161658, 0.753919727239},
                          {20, -3.896850627033, 0.143431186868}, {20, -10.156852905729, 1.010726186491}};
    for (const Fold& fold : folds) {
        const Folds found = saddle_nodes(fold.coupling, 1.0);
        ASSERT_TRUE(found.exist);
        const double r = fold.r < 0.3 ? found.rho_low : found.rho_high;
        EXPECT_NEAR(r, fold.r, 1e-12);
        EXPECT_NEAR(eta_of_rate(r, fold.coupling, 1.0), fold.eta, 1e-12);
        // There the mass itself has a steady state and a vanishing Jacobian determinant; beside it two states are born.
        const Network network = one_population(fold.eta, fold.coupling, 1.0);
        const MassModel model(network, undelayed);
        const double nothing[] = {0.0};
        const Linearisation at = linearise(model, {r, -0.5 / (pi * r)}, nothing);
        EXPECT_LT(at.value.cwiseAbs().maxCoeff(), 1e-10);
        EXPECT_LT(std::abs(steady_jacobian(model, at).determinant()), 1e-8);
        const double inside = fold.r < 0.3 ? -1e-4 : 1e-4;
        EXPECT_EQ(fixed_points(one_population(fold.eta + inside, fold.coupling, 1.0), undelayed).size(), 3u);
        EXPECT_EQ(fixed_points(one_population(fold.eta - inside, fold.coupling, 1.0), undelayed).size(), 1u);
    }
}

TEST(MassReference, Cusp) {
    const double coupling = 7.796217036667;
    EXPECT_FALSE(saddle_nodes(coupling * (1 - 1e-9), 1.0).exist);
    const Folds folds = saddle_nodes(coupling * (1 + 1e-9), 1.0);
    ASSERT_TRUE(folds.exist);
    EXPECT_NEAR(0.5 * (folds.rho_low + folds.rho_high), 0.296220726783, 1e-8);
    EXPECT_NEAR(eta_of_rate(0.296220726783, coupling, 1.0), -std::sqrt(3.0), 1e-10);
    // eta, Delta, J scale as a^2, a^2, a.
    const Folds scaled = saddle_nodes(2 * coupling * (1 + 1e-9), 4.0);
    EXPECT_NEAR(scaled.rho_low, 2 * folds.rho_low, 1e-12);
}

Network at_low_state(double dt) {
    Network network = one_population(-5, 15, 1);
    network.dt = dt;
    network.populations[0].initial = {InitialKind::lorentzian, -1.961619988583, pi * 0.081134441950, 0.081134441950, Branch::low};
    return network;
}

struct Sample {
    double t, r;
};

TEST(MassReference, CurrentStep) {
    const double dt = 2.5e-4;
    const Network network = at_low_state(dt);
    const MassModel model(network, undelayed);
    Integrator integrator(model, dt, 1, model.initial_state(), model.rates_before());
    const Sample samples[] = {{1, 0.1428044230}, {2, 0.2949982389}, {5, 1.1120354358}, {10, 1.4000894124}, {30, 1.3713568356},
                              {31, 0.7834932015}, {35, 0.9609275894}, {60, 1.0305937283}};
    const Sample* next = samples;
    double peak = 0, peak_time = 0, before = 0, last = 0;
    for (std::int64_t n = 0; n < std::llround(60 / dt); ++n) {
        const double input[] = {n < std::llround(30 / dt) ? 3.0 : 0.0};
        integrator.step(input);
        const double r = integrator.rate(0);
        if (last > before && last >= r && last > peak) {   // parabola through three points
            const double shift = 0.5 * (before - r) / (before - 2 * last + r);
            peak = last - 0.25 * (before - r) * shift;
            peak_time = integrator.time() - dt + shift * dt;
        }
        before = last, last = r;
        if (next != std::end(samples) && n + 1 == std::llround(next->t / dt)) {
            EXPECT_NEAR(r, next->r, 1e-10) << next->t;
            ++next;
        }
    }
    EXPECT_EQ(next, std::end(samples));
    EXPECT_NEAR(peak, 2.88273562, 1e-8);
    EXPECT_NEAR(peak_time, 2.78843, 5e-6);
}

TEST(MassReference, SlowSine) {
    const double dt = 5e-5;   // the input is its mean over each step: an error of (dt/40)^2 pi^2 / 6 relative and its consequences
    Network network = at_low_state(dt);
    Stimulus sine;
    sine.kind = StimulusKind::sine;
    sine.amplitude = 3.0;
    sine.frequency = 1.0 / 40.0;
    network.stimuli = {sine};
    const MassModel model(network, undelayed);
    Integrator integrator(model, dt, 1, model.initial_state(), model.rates_before());
    const Sample samples[] = {{10, 0.8011172931}, {20, 1.0378065839}, {25, 0.0672818599},
                              {30, 0.0595948956}, {40, 0.0781861521}, {50, 0.8011251437}};
    const Sample* next = samples;
    for (std::int64_t n = 0; n < std::llround(50 / dt); ++n) {
        const double input[] = {input_mean(network, 0, n)};
        integrator.step(input);
        if (next != std::end(samples) && n + 1 == std::llround(next->t / dt)) {
            EXPECT_NEAR(integrator.rate(0), next->r, 1.5e-10) << next->t;
            ++next;
        }
    }
    EXPECT_EQ(next, std::end(samples));
}

TEST(MassReference, SynapticHopf) {
    Network network = one_population(4, -21, 0.4742752562);
    synapse(network, 0.5);
    auto points = fixed_points(network, undelayed);
    ASSERT_EQ(points.size(), 1u);
    EXPECT_NEAR(points[0].r[0], 0.1828720899, 1e-10);
    EXPECT_NEAR(points[0].v[0], -0.4127652910, 1e-10);
    EXPECT_NEAR(points[0].s[0], points[0].r[0], 1e-12);
    ASSERT_EQ(points[0].eigenvalues.size(), 3u);
    EXPECT_NEAR(points[0].eigenvalues[0].real(), 0.0, 1e-9);
    EXPECT_NEAR(points[0].eigenvalues[0].imag(), 2.3030128652, 1e-9);

    network.populations[0].eta.width = 0.3;
    points = fixed_points(network, undelayed);
    EXPECT_NEAR(points[0].eigenvalues[0].real(), 0.2142537696, 1e-9);
    EXPECT_FALSE(points[0].stable);
    synapse(network, 0.1);
    points = fixed_points(network, undelayed);
    EXPECT_NEAR(points[0].eigenvalues[0].real(), -0.1760541511, 1e-9);
    EXPECT_TRUE(points[0].stable);
}

TEST(MassReference, ExcitationAndInhibition) {
    Network network = excitation_inhibition();
    const auto points = fixed_points(network, undelayed);
    ASSERT_EQ(points.size(), 1u);
    EXPECT_NEAR(points[0].r[0], 0.2875318810, 1e-10);
    EXPECT_NEAR(points[0].v[0], -0.5535210305, 1e-10);
    EXPECT_NEAR(points[0].r[1], 0.3638115764, 1e-10);
    EXPECT_NEAR(points[0].v[1], -0.4374653073, 1e-10);
    EXPECT_NEAR(points[0].eigenvalues[0].real(), 0.08767834, 1e-8);
    EXPECT_NEAR(points[0].eigenvalues[0].imag(), 2.48149918, 1e-8);

    // Limit cycle: extremes of r_e and the time between maxima, after 300 tau.
    const double dt = 1e-3;
    const MassModel model(network, undelayed);
    Integrator integrator(model, dt, 1, model.initial_state(), model.rates_before());
    const double nothing[] = {0.0, 0.0};
    for (int n = 0; n < 300000; ++n) integrator.step(nothing);
    double low = 1, high = 0, before = 0, last = 0;
    std::vector<double> maxima;
    for (int n = 0; n < 50000; ++n) {
        integrator.step(nothing);
        const double r = integrator.rate(0);
        if (n > 1 && last > before && last >= r) maxima.push_back(integrator.time() - dt + 0.5 * dt * (before - r) / (before - 2 * last + r));
        low = std::min(low, r), high = std::max(high, r);
        before = last, last = r;
    }
    EXPECT_NEAR(low, 0.16230, 5e-6);
    EXPECT_NEAR(high, 0.57435, 5e-6);
    EXPECT_NEAR((maxima.back() - maxima.front()) / static_cast<double>(maxima.size() - 1), 2.4108, 5e-5);
}

TEST(MassReference, RingDownWithAndWithoutDelay) {
    // From the high state, I = 3 on [0, 1), bins of 0.1: first peak 1.711 without delay; 1.6359 with the delay 0.02, by an independent
    // integration with the midpoint rule at h = 5e-5.
    Network network = one_population(-5, 15, 1);
    network.dt = 0.02;
    network.populations[0].initial.kind = InitialKind::fixed_point;
    network.populations[0].initial.branch = Branch::high;
    Stimulus step;
    step.amplitude = 3.0;
    step.stop = 1.0;
    network.stimuli = {step};
    const RunPlan plan{0, 5, 20, {}};
    const auto peak = [&](const MassOptions& options) {
        const auto rate = run_mass(network, plan, options).populations[0].rate;
        return *std::max_element(rate.begin(), rate.end());
    };
    EXPECT_NEAR(peak(undelayed), 1.71063, 2e-5);
    EXPECT_NEAR(peak({"none", false}), 1.635945, 2e-5);
}

TEST(ClosureReference, LorentzianInDegreesOfABalancedNetwork) {
    // I0 = g = Delta_0 = 1: J = -sqrt(K), eta = sqrt(K), Delta = 0.
    for (const auto& [k, r] : {std::pair{100.0, 0.6214135357}, std::pair{1000.0, 0.8007030375}}) {
        Network network = sparse_population(std::sqrt(k), -1.0, 0.0, TopologyKind::lorentzian_indegree, k);
        network.projections[0].normalise = Normalise::sqrt_mean_indegree;
        network.projections[0].topology.half_width = std::sqrt(k);
        const auto points = fixed_points(network, undelayed_with("indegree_lorentzian"));
        const FixedPoint& active = points.back();
        EXPECT_NEAR(active.r[0], r, 1e-10);
        EXPECT_NEAR(active.v[0], -0.1591549431, 1e-10);
        EXPECT_TRUE(active.stable);
        EXPECT_NE(active.eigenvalues[0].imag(), 0.0);
    }
}

TEST(ClosureReference, TwoCumulants) {
    const auto closure = undelayed_with("two_cumulant");
    const auto points = fixed_points(sparse_population(-5, 15, 1, TopologyKind::annealed, 100), closure);
    ASSERT_EQ(points.size(), 3u);
    EXPECT_NEAR(points[2].r[0], 1.03413193, 5e-9);
    EXPECT_NEAR(points[2].v[0], -0.18137240, 5e-9);
    EXPECT_NEAR(points[0].r[0], 0.08170881, 5e-9);
    EXPECT_NEAR(points[0].v[0], -1.95374899, 5e-9);
    // (p, q) read off the steady state.
    const double r = points[2].r[0], v = points[2].v[0];
    EXPECT_NEAR(pi * pi * r * r - v * v + 5 - 15 * r, 0.00996475, 5e-9);
    EXPECT_NEAR(-1 - 2 * pi * r * v, 0.17849301, 5e-9);

    const auto inhibitory = fixed_points(sparse_population(5, -10, 1, TopologyKind::annealed, 100), closure);
    ASSERT_EQ(inhibitory.size(), 1u);
    EXPECT_NEAR(inhibitory[0].r[0], 0.38009397, 5e-9);
    EXPECT_NEAR(inhibitory[0].v[0], -0.44793588, 5e-9);
}

}  // namespace
}  // namespace spikemass::mass
