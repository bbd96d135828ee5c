#include <cmath>
#include <numbers>

#include <gtest/gtest.h>

#include "host/mass/afferents.hpp"
#include "host/mass/linear_stability.hpp"
#include "host/mass/mass_model.hpp"
#include "host/mass/quadrature.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

constexpr double pi = std::numbers::pi;

TEST(Afferents, EffectiveCoupling) {
    Projection p;
    p.strength = 3.0;
    p.topology = {TopologyKind::erdos_renyi, 100, 0.0, false};
    const std::pair<Normalise, double> expected[] = {{Normalise::mean_indegree, 3}, {Normalise::realised_mean_indegree, 3},
                                                     {Normalise::indegree, 3}, {Normalise::sqrt_mean_indegree, 30}, {Normalise::none, 300}};
    for (const auto& [normalise, coupling] : expected) {
        p.normalise = normalise;
        EXPECT_DOUBLE_EQ(effective_coupling(p), coupling);
    }
}

TEST(Afferents, InDegreesOfTheRecipes) {
    Network network = sparse_population(0, 3, 1, TopologyKind::erdos_renyi, 100);
    Projection& p = network.projections[0];
    const double share = 100.0 / 9999;
    EXPECT_DOUBLE_EQ(indegree_variance(network, p), 100 * (1 - share));
    EXPECT_EQ(make_afferent(network, p).in_degrees, closures::InDegrees::binomial);
    p.topology.kind = TopologyKind::fixed_outdegree;
    EXPECT_DOUBLE_EQ(indegree_variance(network, p), 100 * (1 - share));
    p.normalise = Normalise::indegree;
    EXPECT_EQ(make_afferent(network, p).in_degrees, closures::InDegrees::fixed);
    EXPECT_EQ(make_afferent(network, p).indegree_variance, 0.0);
    p.normalise = Normalise::mean_indegree;

    // Variance of the Lorentzian of half width 10 on [0, 200], by quadrature.
    p.topology = {TopologyKind::lorentzian_indegree, 100, 10, false};
    double norm = 0, square = 0;
    for (int k = 0; k < 50000; ++k) {
        const double x = -100 + 200 * (k + 0.5) / 50000, density = 1 / (x * x + 100);
        norm += density, square += density * x * x;
    }
    EXPECT_NEAR(indegree_variance(network, p), square / norm, 1e-5);
    EXPECT_EQ(make_afferent(network, p).indegree_half_width, 10);
    for (const auto kind : {TopologyKind::fixed_indegree, TopologyKind::annealed, TopologyKind::all_to_all}) {
        p.topology.kind = kind;
        EXPECT_EQ(indegree_variance(network, p), 0.0);
    }
}

TEST(Afferents, FiniteSourceFactor) {
    Network network = sparse_population(0, 3, 1, TopologyKind::fixed_indegree, 100, 1001);
    Projection& p = network.projections[0];
    EXPECT_DOUBLE_EQ(make_afferent(network, p).finite_source_factor(), 0.9);   // 1000 others
    p.topology.self_connections = true;
    EXPECT_DOUBLE_EQ(make_afferent(network, p).finite_source_factor(), 1 - 100 / 1001.0);
    p.topology.kind = TopologyKind::annealed;
    EXPECT_EQ(make_afferent(network, p).finite_source_factor(), 1.0);
    p.topology = {TopologyKind::all_to_all, 1001, 0, true};
    EXPECT_EQ(make_afferent(network, p).finite_source_factor(), 0.0);
}

TEST(Quadrature, ExactForPolynomials) {
    const Quadrature hermite = gauss_hermite(20), legendre = gauss_legendre(48);
    const auto moment = [](const Quadrature& rule, int power) {
        double sum = 0;
        for (std::size_t k = 0; k < rule.node.size(); ++k) sum += rule.weight[k] * std::pow(rule.node[k], power);
        return sum;
    };
    for (const auto& [power, value] : {std::pair{0, 1.0}, {1, 0.0}, {2, 1.0}, {4, 3.0}, {6, 15.0}, {8, 105.0}})
        EXPECT_NEAR(moment(hermite, power), value, 1e-11 * (1 + value));
    for (const int power : {0, 1, 2, 5, 30, 60}) EXPECT_NEAR(moment(legendre, power), 1.0 / (power + 1), 1e-13);
}

TEST(MassModel, StartsFromTheMatchOfTheNetwork) {
    Network network = excitation_inhibition();
    network.populations[0].tau = 10;
    network.populations[1].tau = 20;
    network.populations[0].initial.rate = 0.03;
    network.populations[1].initial = {InitialKind::lorentzian, 0.3, 0.7, 0.01, Branch::low};
    synapse(network, 5.0);
    const MassModel model(network);
    const auto& y = model.initial_state();
    ASSERT_EQ(y.size(), 8u);
    const std::complex<double> w = std::sqrt(std::complex<double>(2.0 + 10 * (10 * 0.03 - 12 * 0.01), 1.0));
    EXPECT_NEAR(y[0], w.real() / pi, 1e-15);
    EXPECT_NEAR(y[1], -w.imag(), 1e-15);
    EXPECT_NEAR(model.rate(y.data(), 0), w.real() / pi / 10, 1e-15);
    EXPECT_NEAR(y[2], 0.7 / pi, 1e-15);
    EXPECT_EQ(y[3], 0.3);
    for (const auto& p : model.projections()) EXPECT_EQ(y[p.synapse], network.populations[p.source].initial.rate);
}

TEST(MassModel, AsynchronousMatchOfASilentState) {
    // The stable root, without cancellation far below threshold.
    const auto w = models::mpr_asynchronous(-1e8, 1.0);
    EXPECT_NEAR(w.re, 0.5e-4, 1e-18);
    EXPECT_NEAR(w.im, 1e4, 1e-9);
    const auto none = models::mpr_asynchronous(-4.0, 0.0);
    EXPECT_EQ(none.re, 0.0);
    EXPECT_EQ(none.im, 2.0);
    const auto active = models::mpr_asynchronous(4.0, 0.0);
    EXPECT_EQ(active.re, 2.0);
    EXPECT_EQ(active.im, 0.0);
}

TEST(MassModel, DerivativesByDualNumbersAgreeWithDifferences) {
    for (const auto name : closures::closure_names)
        for (const double tau_s : {0.0, 0.3}) {
            Network network = excitation_inhibition();
            network.populations[1].tau = 2.0;
            const TopologyKind kinds[] = {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::lorentzian_indegree,
                                          TopologyKind::fixed_indegree};
            for (std::size_t p = 0; p < 4; ++p) network.projections[p].topology = {kinds[p], 80, 9, false};
            if (tau_s > 0) synapse(network, tau_s);
            const MassModel model(network, {std::string(name), true});
            std::vector<double> y = model.initial_state();
            for (std::size_t i = 0; i < y.size(); ++i) y[i] += 0.01 * static_cast<double>(i % 7);
            const double input[] = {0.1, -0.2};
            const Linearisation at = linearise(model, y, input);
            const double h = 1e-6;
            for (std::size_t k = 0; k < std::min<std::size_t>(y.size(), 12); ++k) {
                auto up = y, down = y;
                up[k] += h, down[k] -= h;
                const Eigen::VectorXd slope = (linearise(model, up, input).value - linearise(model, down, input).value) / (2 * h);
                EXPECT_LT((slope - at.state.col(static_cast<Eigen::Index>(k))).cwiseAbs().maxCoeff(), 2e-6 * (1 + slope.cwiseAbs().maxCoeff()))
                    << name << " " << k;
            }
        }
}

/// Rate of the whole of `f` over in-degrees, at the self-consistent R: r_k = Phi(eta + J k/K R), R = sum P_k r_k.
template <class Degrees>
std::pair<double, double> self_consistent(double eta, double coupling, double delta, double start, Degrees degrees) {
    double rate = start, v = 0;
    for (int n = 0; n < 200; ++n) {
        double sum = 0, sum_v = 0;
        degrees([&](double probability, double relative) {
            const auto w = models::mpr_asynchronous(eta + coupling * relative * rate, delta);
            sum += probability * w.re / pi;
            sum_v -= probability * w.im;
        });
        rate = 0.5 * (rate + sum);
        v = sum_v;
    }
    return {rate, v};
}

TEST(DegreeClasses, BinomialInDegrees) {
    const double k = 100;
    const Network network = sparse_population(5, -10, 1, TopologyKind::erdos_renyi, k);
    const auto points = fixed_points(network, undelayed_with("degree_classes"));
    ASSERT_EQ(points.size(), 1u);
    const double sd = std::sqrt(k * (1 - k / 9999));
    // Dense normal quadrature: 20 nodes are enough.
    const auto [normal_r, normal_v] = self_consistent(5, -10, 1, 0.3, [&](auto add) {
        for (int n = -160; n <= 160; ++n) {
            const double x = n * 0.05;
            add(std::exp(-0.5 * x * x) * 0.05 / std::sqrt(2 * pi), 1 + sd / k * x);
        }
    });
    EXPECT_NEAR(points[0].r[0], normal_r, 1e-6);
    EXPECT_NEAR(points[0].v[0], normal_v, 1e-6);
    // The binomial itself, which the normal stands for.
    const auto [binomial_r, binomial_v] = self_consistent(5, -10, 1, 0.3, [&](auto add) {
        const double p = k / 9999;
        for (int n = 0; n < 300; ++n)
            add(std::exp(std::lgamma(10000.0) - std::lgamma(n + 1.0) - std::lgamma(10000.0 - n) + n * std::log(p) + (9999 - n) * std::log1p(-p)), n / k);
    });
    EXPECT_NEAR(points[0].r[0], binomial_r, 5e-4);
    EXPECT_NEAR(points[0].v[0], binomial_v, 2e-3);
    EXPECT_LT(points[0].r[0], 0.377297105214 - 5e-4);   // the spread lowers the rate: sqrt is concave
}

TEST(DegreeClasses, TruncatedLorentzianInDegrees) {
    Network network = sparse_population(-5, 15, 1, TopologyKind::lorentzian_indegree, 1000);
    network.projections[0].topology.half_width = std::sqrt(1000.0);
    const auto points = fixed_points(network, undelayed_with("degree_classes"));
    ASSERT_FALSE(points.empty());
    const double g = 1 / std::sqrt(1000.0);
    const auto [r, v] = self_consistent(-5, 15, 1, 1.2, [&](auto add) {
        for (int n = 0; n < 5000; ++n) add(1.0 / 5000, 1 + g * std::tan((2 * (n + 0.5) / 5000 - 1) * std::atan(1 / g)));
    });
    EXPECT_NEAR(points.back().r[0], r, 2e-4);
    EXPECT_NEAR(points.back().v[0], v, 2e-4);
    EXPECT_LT(points.back().r[0], 1.0305);   // lower than all-to-all: the truncated tail cannot raise the rate
}

TEST(DegreeClasses, OneClassWhereDegreesAreEqual) {
    for (const auto kind : {TopologyKind::fixed_indegree, TopologyKind::annealed})
        EXPECT_EQ(MassModel(sparse_population(0, 5, 1, kind, 100), {"degree_classes"}).populations()[0].classes(), 1u);
    EXPECT_EQ(MassModel(sparse_population(0, 5, 1, TopologyKind::erdos_renyi, 100), {"degree_classes"}).populations()[0].classes(), 20u);
    Network both = sparse_population(0, 5, 1, TopologyKind::erdos_renyi, 100);
    both.projections.push_back(both.projections[0]);
    both.projections[1].topology = {TopologyKind::lorentzian_indegree, 100, 5, false};
    EXPECT_EQ(MassModel(both, {"degree_classes"}).populations()[0].classes(), 10u * 24u);
}

}  // namespace
}  // namespace spikemass::mass
