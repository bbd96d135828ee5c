#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "host/mass/integrator.hpp"
#include "models/base/error.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

constexpr double pi = std::numbers::pi;

Network delayed_network(double delay, double tau_s) {
    Network network = one_population(-5, 15, 1);
    network.projections[0].delay = delay;
    network.populations[0].initial = {InitialKind::lorentzian, -0.5, 1.0, 0.7, Branch::low};   // rate before 0 differs from r(0)
    if (tau_s > 0) synapse(network, tau_s);
    return network;
}

/// r, v and their means after each of 30 network steps of 0.1, a step of current on [1, 2).
std::vector<double> run_to_three(const MassModel& model, std::int64_t substeps) {
    Integrator integrator(model, 0.1, substeps, model.initial_state(), model.rates_before());
    std::vector<double> values;
    for (int n = 0; n < 30; ++n) {
        const double input[] = {n >= 10 && n < 20 ? 3.0 : 0.0};
        integrator.step(input);
        for (const double x : {integrator.rate(0), integrator.v(0), integrator.means().rate[0], integrator.means().v[0]}) values.push_back(x);
    }
    return values;
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double worst = 0;
    for (std::size_t k = 0; k < a.size(); ++k) worst = std::max(worst, std::abs(a[k] - b[k]));
    return worst;
}

TEST(Integrator, IsOfFourthOrderWithDelaysAndSynapses) {
    for (const auto& [delay, tau_s] : {std::pair{0.0, 0.0}, {0.1, 0.0}, {0.3, 0.0}, {0.1, 0.5}})
        for (const std::string closure : {"none", "two_cumulant", "resonant"}) {
            Network network = delayed_network(delay, tau_s);
            network.projections[0].topology = {TopologyKind::fixed_indegree, 400, 0, false};
            const MassModel model(network, undelayed_with(closure));
            const auto exact = run_to_three(model, 640);
            const double coarse = distance(run_to_three(model, 40), exact), fine = distance(run_to_three(model, 80), exact);
            EXPECT_LT(fine, 1e-6);
            // The resonance's clipped ratio is a kink that the solution crosses inside a step: no fixed order there.
            if (closure != "resonant") { EXPECT_GT(std::log2(coarse / fine), 3.7) << delay << " " << tau_s << " " << closure; }
        }
}

TEST(Integrator, IdealDelaysThatAreNoMultipleOfTheStep) {
    // The same delay resolved by other steps; without the jump of the rate at time zero, which would fall inside a step.
    Network network = delayed_network(0.1234, 0.0);
    network.populations[0].initial.rate = 1.0 / pi;
    const MassModel model(network, undelayed);
    EXPECT_LT(distance(run_to_three(model, 100), run_to_three(model, 317)), 1e-4);
}

TEST(Integrator, ADelayedRateIsReadFromTheHistory) {
    // Without feedback on itself: I receives E's rate d earlier; before time zero it is the initial rate.
    Network network;
    network.dt = 0.01;
    network.populations = {lorentzian_population("E", 1, 1), lorentzian_population("I", 1, 1)};
    network.populations[0].initial.rate = 0.25;
    network.projections = {all_to_all("EI", 0, 1, 1.0)};
    network.projections[0].delay_steps = 50;
    synapse(network, 1e-3);
    const MassModel model(network);
    Integrator integrator(model, 0.01, 100, model.initial_state(), model.rates_before());
    const double input[] = {2.0, 0.0};
    std::vector<double> rate{integrator.rate(0)}, s;
    for (int n = 0; n < 200; ++n) {
        integrator.step(input);
        rate.push_back(integrator.rate(0));
        s.push_back(integrator.state()[model.projections()[0].synapse]);
    }
    for (int n = 0; n < 49; ++n) EXPECT_NEAR(s[n], 0.25, 1e-12);
    for (int n = 60; n < 199; ++n) {   // the fast synapse lags by its time constant
        const double slope = (rate[n + 2 - 50] - rate[n - 50]) / 0.02;
        EXPECT_NEAR(s[n], rate[n + 1 - 50] - 1e-3 * slope, 2e-5);
    }
}

TEST(Integrator, MeansAreIntegrals) {
    const Network network = delayed_network(0.0, 0.0);
    const MassModel model(network, undelayed);
    Integrator coarse(model, 0.1, 20, model.initial_state(), model.rates_before());
    Integrator fine(model, 1e-5, 1, model.initial_state(), model.rates_before());
    coarse.record_order_parameter(true);
    const double nothing[] = {0.0};
    coarse.step(nothing);
    double r = 0, v = 0, z_re = 0, z_im = 0;
    for (int n = 0; n < 10000; ++n) {   // trapezoid
        const auto add = [&](double weight) {
            const auto z = models::kuramoto(fine.state()[0], fine.state()[1]);
            r += weight * fine.rate(0), v += weight * fine.v(0), z_re += weight * z.re, z_im += weight * z.im;
        };
        add(0.5e-4);
        fine.step(nothing);
        add(0.5e-4);
    }
    EXPECT_NEAR(coarse.means().rate[0], r, 1e-8);
    EXPECT_NEAR(coarse.means().v[0], v, 1e-8);
    EXPECT_NEAR(coarse.means().z_re[0], z_re, 1e-8);
    EXPECT_NEAR(coarse.means().z_im[0], z_im, 1e-8);
}

TEST(Integrator, StepsAreSmallEnough) {
    // A burst to r = 3 and back, at the sub-step that is chosen for a network step of 0.02: within 2e-6 of a ten times finer one.
    Network network = one_population(-5, 15, 1);
    network.dt = 0.02;
    network.populations[0].initial = {InitialKind::lorentzian, -1.961619988583, pi * 0.081134441950, 0.081134441950, Branch::low};
    for (const auto closure : {"none", "two_cumulant"}) {
        network.projections[0].topology = {TopologyKind::annealed, 100, 0, true};
        const MassModel model(network, {closure, false});
        const std::int64_t chosen = choose_substeps(model, network.dt, 3.0);
        EXPECT_GE(chosen, 4);
        const auto bursts = [&](std::int64_t substeps) {
            Integrator integrator(model, network.dt, substeps, model.initial_state(), model.rates_before());
            std::vector<double> means;
            const double input[] = {3.0};
            for (int n = 0; n < 500; ++n) {
                integrator.step(input);
                means.push_back(integrator.means().rate[0]);
            }
            return means;
        };
        const auto a = bursts(chosen), b = bursts(10 * chosen);
        double worst = 0;
        for (std::size_t n = 0; n < a.size(); ++n) worst = std::max(worst, std::abs(a[n] - b[n]));
        EXPECT_LT(worst, 5e-5) << closure;
    }
}

TEST(Integrator, SubstepsResolveWhatIsFast) {
    Network network = one_population(0, 5, 1);
    network.dt = 0.02;
    EXPECT_EQ(choose_substeps(MassModel(network, undelayed), 0.02, 0.0), 4);
    EXPECT_EQ(choose_substeps(MassModel(network, undelayed), 1e-3, 0.0), 1);
    synapse(network, 0.02);
    EXPECT_EQ(choose_substeps(MassModel(network, undelayed), 0.02, 0.0), 20);
    synapse(network, 1.0);
    EXPECT_EQ(choose_substeps(MassModel(network, undelayed), 0.02, 1e4 - 1), 80);
    network.projections[0].delay = 1e-3;
    EXPECT_EQ(choose_substeps(MassModel(network, undelayed), 0.02, 0.0), 20);
    network.projections[0].delay = 1e-9;
    EXPECT_THROW(choose_substeps(MassModel(network, undelayed), 0.02, 0.0), ConfigurationError);
}

TEST(Integrator, DivergenceSaysWhereAndWhat) {
    Network network = one_population(0, 5, 1);
    network.populations[0].initial = {InitialKind::lorentzian, 1e5, 1.0, 0.0, Branch::low};
    const MassModel model(network, {"cauchy", true});
    Integrator integrator(model, 0.02, 4, model.initial_state(), model.rates_before());
    const double nothing[] = {0.0};
    try {
        for (int n = 0; n < 100; ++n) integrator.step(nothing);
        FAIL() << "the integration should have diverged";
    } catch (const DivergenceError& error) {
        EXPECT_EQ(error.code(), ExitCode::divergence);
        for (const char* word : {"\"E\"", "cauchy", "t = 0.0", "J = 5", "Delta = 1"})
            EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
    }
}

}  // namespace
}  // namespace spikemass::mass
