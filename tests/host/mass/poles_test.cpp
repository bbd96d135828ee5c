// Masses of populations whose eta has poles.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdio>

#include "host/mass/mass_model.hpp"
#include "host/mass/rate_equilibria.hpp"
#include "kernels/distributions.hpp"
#include "models/base/error.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

using C = std::complex<double>;

Network of_law(Distribution law, double n, double eta, double strength, double half_width) {
    Network network = one_population(eta, strength, half_width);
    network.populations[0].eta.distribution = law;
    network.populations[0].eta.shape = n;
    return network;
}
const std::vector<Distribution> families{Distribution::rational, Distribution::q_gaussian};

RunPlan bins(std::int64_t count, std::int64_t steps_per_bin) { return {0, steps_per_bin, count, {true, true, false}}; }

/// n = 1 is MPR: runs with a step, a delay, a synapse and an order parameter; fixed points and eigenvalues.
TEST(PoleMass, TheFirstOfBothFamiliesIsMpr) {
    for (const Distribution law : families) {
        Network network = of_law(law, 1, -5, 15, 1), lorentz = one_population(-5, 15, 1);
        for (Network* each : {&network, &lorentz}) {
            each->projections[0].synapse = {SynapseKind::double_exponential, 0.3, 0.1};
            each->projections[0].delay_steps = 37;
            Stimulus s;
            s.name = "step";
            s.start = 0.5, s.stop = 3, s.amplitude = 3;
            each->stimuli = {s};
            each->populations[0].initial.kind = InitialKind::fixed_point;
        }
        const RunResult a = run_mass(network, bins(60, 100)), b = run_mass(lorentz, bins(60, 100));
        for (std::size_t k = 0; k < 60; ++k) {
            EXPECT_NEAR(a.populations[0].rate[k], b.populations[0].rate[k], 1e-10);
            EXPECT_NEAR(a.populations[0].v[k], b.populations[0].v[k], 1e-10);
            EXPECT_NEAR(a.populations[0].z_re[k], b.populations[0].z_re[k], 1e-10);
            EXPECT_NEAR(a.populations[0].z_im[k], b.populations[0].z_im[k], 1e-10);
        }
        const auto p = fixed_points(network), q = fixed_points(lorentz);
        ASSERT_EQ(p.size(), 3u);
        ASSERT_EQ(q.size(), 3u);
        for (std::size_t k = 0; k < 3; ++k) {
            EXPECT_NEAR(p[k].r[0], q[k].r[0], 1e-11);
            EXPECT_EQ(p[k].stable, q[k].stable);
            ASSERT_EQ(p[k].eigenvalues.size(), q[k].eigenvalues.size());
            EXPECT_NEAR(std::abs(p[k].eigenvalues[0] - q[k].eigenvalues[0]), 0, 1e-8);
        }
    }
}

/// The population as it is: one Riccati equation per eta on a fine grid, coupled by its rate; no poles.
struct Continuum {
    std::vector<double> eta, share;
    std::vector<C> w;
    double strength, drive = 0;

    Continuum(const Parameter& p, double strength_, C start, int nodes) : strength(strength_) {
        double total = 0;
        for (int k = 0; k < nodes; ++k) {
            const double theta = ((k + 0.5) / nodes - 0.5) * M_PI, x = std::tan(theta), n = p.shape;
            const double h = p.distribution == Distribution::rational ? 1 / (1 + std::pow(x, 2 * n)) : std::pow(1 + (std::pow(2.0, 1 / n) - 1) * x * x, -n);
            eta.push_back(p.center + p.width * x);
            share.push_back(h * (1 + x * x));
            total += share.back();
        }
        for (double& s : share) s /= total;
        w.assign(eta.size(), start);
    }
    C mean(const std::vector<C>& of) const {
        C sum = 0;
        for (std::size_t k = 0; k < of.size(); ++k) sum += share[k] * of[k];
        return sum;
    }
    C order_parameter() const {
        C sum = 0;
        for (std::size_t k = 0; k < w.size(); ++k) sum += share[k] * (1.0 - w[k]) / (1.0 + w[k]);
        return sum;
    }
    /// Exact flow at constant input, the mean of the inputs at both ends of the step.
    void step(double h) {
        const auto flow = [h](C w0, double e) {   // w = -i v, v' = v^2 + e
            const C root = std::sqrt(C(e, 0)), i(0, 1);
            if (std::abs(root) * h < 1e-12) return w0 / (1.0 - i * w0 * h);
            const C t = std::tan(root * h) / root;
            const C v = i * w0;                     // v' = v^2 + e
            return -i * (v + e * t) / (1.0 - v * t);
        };
        const double before = mean(w).real() / M_PI;
        std::vector<C> guess(w.size());
        for (std::size_t k = 0; k < w.size(); ++k) guess[k] = flow(w[k], eta[k] + drive + strength * before);
        const double after = mean(guess).real() / M_PI;
        for (std::size_t k = 0; k < w.size(); ++k) w[k] = flow(w[k], eta[k] + drive + strength * 0.5 * (before + after));
    }
};

/// A step of the current from a Lorentzian state, J != 0; means over bins.  Time steps of 1e-3 leave errors of about 1e-6 in the reference, the grid less.
TEST(PoleMass, TransientIsThatOfOneRiccatiEquationPerEta) {
    constexpr double dt = 1e-3;
    constexpr int per_bin = 20;
    for (const Distribution law : families)
        for (const int n : {2, 3, 5}) {
            Network network = of_law(law, n, 0.5, 4, 0.8);
            network.populations[0].initial = {InitialKind::lorentzian, -0.4, 0.9, 0.0, Branch::low};
            network.projections[0].delay_steps = 0;
            Stimulus s;
            s.name = "step";
            s.start = 1.0, s.stop = 1e300, s.amplitude = 2;
            network.stimuli = {s};
            const RunResult mass = run_mass(network, bins(100, per_bin), {"none", true});
            Continuum c(network.populations[0].eta, 4, C(0.9, 0.4), 4000);
            double worst = 0, largest = 0;
            for (std::size_t bin = 0; bin < 100; ++bin) {
                C w = 0.5 * c.mean(c.w), z = 0.5 * c.order_parameter();
                for (int k = 0; k < per_bin; ++k) {
                    c.drive = bin >= 50 ? 2 : 0;
                    c.step(dt);
                    w += (k + 1 < per_bin ? 1.0 : 0.5) * c.mean(c.w);
                    z += (k + 1 < per_bin ? 1.0 : 0.5) * c.order_parameter();
                }
                w /= per_bin, z /= per_bin;
                const PopulationBins& p = mass.populations[0];
                worst = std::max({worst, std::abs(C(p.rate[bin] * M_PI, -p.v[bin]) - w), std::abs(C(p.z_re[bin], p.z_im[bin]) - z)});
                largest = std::max(largest, std::abs(w));
            }
            std::printf("  %s n = %d: off by %.1e, |W| up to %.1f\n", facts_of(law).name, n, worst, largest);
            EXPECT_LE(worst, 5e-5) << facts_of(law).name << n;
        }
}

/// Every rest state balances the rate equation, and both ways to its stability agree.
TEST(PoleMass, FixedPointsAndTheirStability) {
    int found = 0;
    for (const Distribution law : families)
        for (const int n : {2, 3, 8, 32})
            for (const double tau : {0.0, 0.5}) {
                Network network = excitation_inhibition();
                network.populations[0].eta.distribution = law;
                network.populations[0].eta.shape = n;
                network.populations[1].eta.distribution = Distribution::q_gaussian;
                network.populations[1].eta.shape = 2;
                for (Projection& p : network.projections) {
                    p.strength *= 1.5;
                    if (tau > 0) p.synapse = {SynapseKind::alpha, tau};
                }
                for (const FixedPoint& p : fixed_points(network, undelayed)) {
                    ++found;
                    EXPECT_EQ(p.stable, is_stable(network, p.r)) << n << " " << tau << ": " << p.eigenvalues[0].real();
                    EXPECT_EQ(p.eigenvalues.size(), static_cast<std::size_t>(2 * n + 4 + (tau > 0 ? 8 : 0)));
                }
            }
    EXPECT_GE(found, 16);
}

/// Bistable: three states, the one in the middle unstable; the run stays where it starts.
TEST(PoleMass, StaysAtItsFixedPoint) {
    for (const Distribution law : families)
        for (const Branch branch : {Branch::low, Branch::high}) {
            Network network = of_law(law, 2, -5, 15, 1);
            network.populations[0].initial.kind = InitialKind::fixed_point;
            network.populations[0].initial.branch = branch;
            const auto points = fixed_points(network, undelayed);
            ASSERT_EQ(points.size(), 3u);
            EXPECT_FALSE(points[1].stable);
            const FixedPoint& at = branch == Branch::low ? points[0] : points[2];
            EXPECT_TRUE(at.stable);
            const RunResult r = run_mass(network, bins(20, 500));
            for (std::size_t k = 0; k < 20; ++k) {
                EXPECT_NEAR(r.populations[0].rate[k], at.r[0], 1e-9);
                EXPECT_NEAR(r.populations[0].v[k], at.v[0], 1e-9);
            }
        }
}

/// All neurons of the high state fire, and what damps it lies in the tails: 1e-15 with n = 32.  It is chosen nevertheless.
TEST(PoleMass, UndampedStatesCountAsStable) {
    for (const int n : {2, 8, 16, 32}) {
        Network network = of_law(Distribution::rational, n, -1.8, 9, 1);
        network.populations[0].initial.kind = InitialKind::fixed_point;
        network.populations[0].initial.branch = Branch::high;
        const auto points = fixed_points(network, undelayed);
        resolve_initial(network);
        EXPECT_NEAR(network.populations[0].initial.rate, points.back().r[0], 1e-9) << n;
        EXPECT_GT(points.back().r[0], 0.5) << n;
        EXPECT_NEAR(points.back().eigenvalues[0].real(), n >= 16 ? 0.0 : -0.1, n >= 16 ? 1e-4 : 0.1) << n;
    }
}

/// Cauchy noise moves poles as it widens a Lorentzian.
TEST(PoleMass, CauchyNoiseMovesThePoles) {
    Network network = of_law(Distribution::rational, 3, 1, 0, 1);
    Stimulus noise;
    noise.name = "noise";
    noise.kind = StimulusKind::white_noise;
    noise.law = NoiseLaw::cauchy;
    noise.scale = 0.7;
    network.stimuli = {noise};
    C sum = 0;
    const int nodes = 400'000;
    double total = 0;
    for (int k = 0; k < nodes; ++k) {
        const double x = std::tan(((k + 0.5) / nodes - 0.5) * M_PI), h = (1 + x * x) / (1 + std::pow(x, 6));
        sum += h * std::sqrt(C(1 + x, 0.7));
        total += h;
    }
    const auto points = fixed_points(network);
    ASSERT_EQ(points.size(), 1u);
    EXPECT_NEAR(points[0].r[0], sum.real() / total / M_PI, 1e-9);
    EXPECT_NEAR(points[0].v[0], -sum.imag() / total, 1e-9);
}

std::string refusal(const Network& network, const MassOptions& options = {}) {
    try {
        MassModel model(network, options);
    } catch (const ConfigurationError& e) {
        return e.what();
    }
    return "";
}

TEST(PoleMass, RefusesWhatItCannotBe) {
    EXPECT_NE(refusal(of_law(Distribution::rational, 2, 1, 1, 1), {"two_cumulant", false}).find("rational, and closures other than none"), std::string::npos);
    const std::string odd = refusal(of_law(Distribution::q_gaussian, 2.5, 1, 1, 1));
    EXPECT_NE(odd.find("q = 1.4"), std::string::npos) << odd;
    EXPECT_NE(odd.find("q = 1.5 or q = 1.333333"), std::string::npos) << odd;
    EXPECT_NE(refusal(of_law(Distribution::uniform, 1, 1, 1, 1)).find("infinitely many variables"), std::string::npos);
    EXPECT_EQ(refusal(of_law(Distribution::uniform, 1, 1, 1, 0)), "");   // a constant
}

/// Uniform eta: r = ((I + w)^(3/2) - (I - w)^(3/2))/(3 pi w), I = eta + J r.
TEST(ResolveInitial, UniformEtaHasItsStationaryRate) {
    for (const double eta : {-0.5, 0.4, 3.0})
        for (const double strength : {-6.0, 0.0, 2.0}) {
            Network network = of_law(Distribution::uniform, 1, eta, strength, 1.3);
            network.populations[0].initial.kind = InitialKind::fixed_point;
            resolve_initial(network);
            const double r = network.populations[0].initial.rate, input = eta + strength * r;
            const auto power = [](double x) { return x > 0 ? x * std::sqrt(x) : 0.0; };
            EXPECT_GT(r, 0);
            EXPECT_NEAR(r, (power(input + 1.3) - power(input - 1.3)) / (3 * M_PI * 1.3), 1e-11) << eta << " " << strength;
        }
    Network silent = of_law(Distribution::uniform, 1, -5, 0, 1);
    silent.populations[0].initial.kind = InitialKind::fixed_point;
    resolve_initial(silent);
    EXPECT_EQ(silent.populations[0].initial.rate, 0.0);
}

}  // namespace
}  // namespace spikemass::mass
