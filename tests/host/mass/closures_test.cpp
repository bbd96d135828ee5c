// Closures against direct sums over neurons, their limits, and the laws that every closure keeps.

#include <cmath>
#include <complex>
#include <numbers>

#include <gtest/gtest.h>

#include "host/mass/afferents.hpp"
#include "host/mass/mass_model.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::mass {
namespace {

using namespace closures;
using Z = std::complex<double>;
constexpr double pi = std::numbers::pi;
constexpr Z i_unit{0.0, 1.0};

Z to_std(const Complex<double>& z) { return {z.re, z.im}; }
Complex<double> to_own(const Z& z) { return {z.real(), z.imag()}; }

/// W at unit rate and ratio x = v/(pi r).
Z unit_w(double x) { return pi * Z{1.0, -x}; }

/// W_2/A by the sum over N sources at the midpoint quantiles: (i/2W) [(i/2) <r_j cot(W/r_j)>].
Z direct_mixture(Z w, Z source, std::int64_t n) {
    const Z z = source * source;
    Z sum = 0.0;
    for (std::int64_t j = 0; j < n; ++j) {
        const double eta = z.real() + z.imag() * std::tan(pi * ((static_cast<double>(j) + 0.5) / static_cast<double>(n) - 0.5));
        if (eta <= 0.0) continue;
        const double r = std::sqrt(eta) / pi;
        const Z q = std::exp(2.0 * i_unit * w / r);   // decays: Im w > 0
        sum += r * i_unit * (q + 1.0) / (q - 1.0);
    }
    return i_unit / (2.0 * w) * (0.5 * i_unit) * sum / static_cast<double>(n);
}

/// The same with an exponential synapse, harmonic by harmonic.
Z direct_filtered(Z w, Z source, double tau_s, std::int64_t n, int harmonics) {
    const Z z = source * source;
    Z sum = 0.0;
    for (std::int64_t j = 0; j < n; ++j) {
        const double eta = z.real() + z.imag() * std::tan(pi * ((static_cast<double>(j) + 0.5) / static_cast<double>(n) - 0.5));
        if (eta <= 0.0) continue;
        const double r = std::sqrt(eta) / pi;
        for (int m = -harmonics; m <= harmonics; ++m) {
            const double a = 2.0 * pi * m * r;
            sum += r * r / (1.0 + a * a * tau_s * tau_s) / (-2.0 * i_unit * w - i_unit * a);
        }
    }
    return i_unit / (2.0 * w) * sum / static_cast<double>(n);
}

double tail_log(std::int64_t n) { return std::log(TailConstant::midpoint() * static_cast<double>(n)); }

TEST(SourceMixture, EqualsTheSumOverSources) {
    for (const double x : {-0.02, -0.05, -0.1, -0.2, -0.35, -1.0, -3.0, -8.0, -20.0})
        for (const auto& [n, tolerance] : {std::pair<std::int64_t, double>{100, 1e-3}, {1000, 2e-4}, {10000, 1e-5}, {100000, 2e-6}}) {
            const Z w = unit_w(x), direct = direct_mixture(w, w, n);
            const Z closed = to_std(source_mixture(to_own(w), to_own(w), 0.0, tail_log(n)));
            EXPECT_LT(std::abs(closed - direct), tolerance) << "x " << x << " N " << n;
        }
}

TEST(SourceMixture, OtherPopulationsAsSources) {
    for (const auto& [x, source_x, ratio] : {std::tuple{-0.1, -0.3, 2.0}, {-0.5, -0.05, 0.2}, {-0.05, -0.5, 5.0}, {-2.0, -0.1, 1.0}}) {
        const Z w = unit_w(x), source = ratio * unit_w(source_x), direct = direct_mixture(w, source, 20000);
        const Z closed = to_std(source_mixture(to_own(w), to_own(source), 0.0, tail_log(20000)));
        EXPECT_LT(std::abs(closed - direct), 1e-4 * std::abs(direct) + 1e-5);
    }
}

TEST(SourceMixture, ExponentialSynapses) {
    for (const auto& [x, source_x, ratio, tau_s] : {std::tuple{-0.1, -0.1, 1.0, 0.1}, {-0.1, -0.3, 2.0, 0.05}, {-0.5, -0.05, 0.2, 0.3},
                                                    {-1.0, -1.0, 1.0, 1.0}}) {
        const Z w = unit_w(x), source = ratio * unit_w(source_x), direct = direct_filtered(w, source, tau_s, 2000, 1500);
        const Z closed = to_std(source_mixture(to_own(w), to_own(source), tau_s, tail_log(2000)));
        EXPECT_LT(std::abs(closed - direct), 1e-4 * std::abs(direct) + 1e-5);
    }
    // A fast synapse is a pulse; through a slow one only the quenched part passes: -<r^2>/(4 W^2), here the largest term left.
    const Z w = unit_w(-0.3);
    EXPECT_LT(std::abs(to_std(source_mixture(to_own(w), to_own(w), 1e-5, tail_log(10000))) -
                       to_std(source_mixture(to_own(w), to_own(w), 0.0, tail_log(10000)))), 1e-4);
    double square = 0.0;
    for (int j = 0; j < 10000; ++j) {
        const Z z = w * w;
        square += std::max(0.0, z.real() + z.imag() * std::tan(pi * ((j + 0.5) / 10000 - 0.5))) / (pi * pi * 10000);
    }
    EXPECT_LT(std::abs(to_std(source_mixture(to_own(w), to_own(w), 1e4, tail_log(10000))) + square / (4.0 * w * w)), 1e-6);
}

TEST(SourceMixture, OtherQuantiles) {
    // <r^2> decides; sum it for the MPR and the compensated quantiles.
    const std::int64_t n = 10000;
    const Z w = unit_w(-0.5), z = w * w;
    const auto square = [&](auto quantile) {
        double sum = 0.0;
        for (std::int64_t j = 0; j < n; ++j) sum += std::max(0.0, z.real() + z.imag() * quantile(j)) / (pi * pi * static_cast<double>(n));
        return sum;
    };
    const auto midpoint = [&](std::int64_t j) { return std::tan(pi * ((static_cast<double>(j) + 0.5) / n - 0.5)); };
    const double reference = square(midpoint);
    const double mpr = square([&](std::int64_t j) { return std::tan(0.5 * pi * (2.0 * (static_cast<double>(j) + 1) - n - 1) / (n + 1)); });
    // Mean of sqrt|eta - centre| over each bin, by 64 points uniform in sqrt of the distance to the tail.
    const double compensated = square([&](std::int64_t j) {
        const double lo = static_cast<double>(j) / n, hi = (static_cast<double>(j) + 1) / n;
        double mean = 0.0;
        const bool upper = lo >= 0.5;
        const double a = std::sqrt(upper ? 1 - hi : lo), b = std::sqrt(upper ? 1 - lo : hi);
        for (int k = 0; k < 64; ++k) {
            const double s = a + (b - a) * (k + 0.5) / 64, u = s * s;
            mean += std::sqrt(1.0 / std::tan(pi * u)) * 2.0 * s * (b - a) / 64 / (b * b - a * a);
        }
        return (upper ? 1.0 : -1.0) * mean * mean;
    });
    const auto closed = [&](double constant) { return to_std(source_mixture(to_own(w), to_own(w), 0.0, std::log(constant * n))); };
    const Z base = closed(TailConstant::midpoint());
    EXPECT_LT(std::abs(closed(TailConstant::mpr()) - base + (mpr - reference) / (4.0 * w * w)), 1e-5);
    EXPECT_LT(std::abs(closed(TailConstant::compensated()) - base + (compensated - reference) / (4.0 * w * w)), 1e-5);
}

/// g of the published table: W_2 = (J^2/K)(1 - K/N) g(x).
Z table_g(double x, TopologyKind kind, std::int64_t n) {
    const Network network = sparse_population(0, 1, 1, kind, 100, n);
    const Afferent a = make_afferent(network, network.projections[0]);
    const auto w = to_own(unit_w(x));
    return to_std(stationary_resonance(a, w, w)) / a.noise_strength();
}

TEST(ResonantStatic, TableOfG) {
    struct Row { double x; Z fixed_4, fixed_6, er_4, er_6; };
    const Row rows[] = {
        {-0.05, {0.0561, 0.2546}, {0.0524, 0.2550}, {0.0310, 0.2571}, {0.0273, 0.2575}},
        {-0.1, {0.0478, 0.1303}, {0.0406, 0.1318}, {0.0232, 0.1353}, {0.0160, 0.1368}},
        {-0.2, {0.0318, 0.0747}, {0.0186, 0.0801}, {0.0093, 0.0840}, {-0.0039, 0.0895}},
        {-0.35, {0.0147, 0.0633}, {-0.0035, 0.0777}, {-0.0030, 0.0774}, {-0.0211, 0.0918}},
        {-1, {0.0273, 0.0786}, {0.0273, 0.1157}, {0.0273, 0.0913}, {0.0273, 0.1284}},
        {-8, {0.0185, 0.0039}, {0.0274, 0.0061}, {0.0189, 0.0040}, {0.0277, 0.0062}}};
    // Half a unit of the last printed digit; two cells of the table differ from the sum over neurons by 0.52 and 0.54 units.
    const double tolerance = 0.55e-4;
    for (const Row& row : rows) {
        const auto check = [&](TopologyKind kind, std::int64_t n, Z expected) {
            const Z g = table_g(row.x, kind, n);
            EXPECT_NEAR(g.real(), expected.real(), tolerance) << row.x << " " << n;
            EXPECT_NEAR(g.imag(), expected.imag(), tolerance) << row.x << " " << n;
        };
        check(TopologyKind::fixed_indegree, 10000, row.fixed_4);
        check(TopologyKind::fixed_indegree, 1000000, row.fixed_6);
        check(TopologyKind::erdos_renyi, 10000, row.er_4);
        check(TopologyKind::fixed_outdegree, 1000000, row.er_6);
    }
    // Mean-driven limit: g -> i/(8 pi^2 |x|).
    EXPECT_NEAR(table_g(-0.02, TopologyKind::fixed_indegree, 10000).imag(), 1 / (8 * pi * pi * 0.02), 2e-3);
}

TEST(ResonantStatic, AnnealedGraphsHaveShotNoiseOnly) {
    for (const double x : {-0.1, -1.0, -5.0}) {
        const Z g = table_g(x, TopologyKind::annealed, 10000);
        EXPECT_NEAR(g.real(), -x / (4 * pi * (1 + x * x)), 1e-14);
        EXPECT_NEAR(g.imag(), 1 / (4 * pi * (1 + x * x)), 1e-14);
    }
}

TEST(TwoCumulant, IsStationaryAtTheFilteredShotNoise) {
    for (const double tau_s : {0.0, 0.1, 2.0}) {
        Network network = sparse_population(0, 8, 1, TopologyKind::fixed_indegree, 50);
        if (tau_s > 0) synapse(network, tau_s);
        const Afferent a = make_afferent(network, network.projections[0]);
        const std::span<const Afferent> afferents(&a, 1);
        const TwoCumulant closure;
        const Complex<double> w{2.0, 0.7};
        const double rate = 0.6, d = 0.5 * a.noise_strength() * rate;
        const Z expected = i_unit * d / (2.0 * to_std(w) * (1.0 - 2.0 * i_unit * to_std(w) * tau_s));
        EXPECT_LT(std::abs(to_std(stationary_shot_noise(a, w, rate)) - expected), 1e-15);
        const Z b = d / (1.0 - 2.0 * i_unit * to_std(w) * tau_s);
        const double hidden[5] = {expected.real(), expected.imag(), d, b.real(), b.imag()};
        double slope[5] = {};
        const Presynaptic<double> pre{rate, rate, w};
        ASSERT_EQ(closure.hidden_size(afferents), tau_s > 0 ? 5u : 2u);
        const auto c = closure.eval(afferents, w, &pre, hidden, slope);
        EXPECT_EQ(c.p, hidden[0]);
        EXPECT_EQ(c.q, hidden[1]);
        for (const double s : slope) EXPECT_NEAR(s, 0.0, 1e-14);
    }
}

/// The second-order moments of an Ornstein-Uhlenbeck input x that starts at 0, from which the filtered closure comes: Var(x) and
/// W_2 = -<w^2>, w' = 2 i W w - i x, in closed form.
TEST(TwoCumulant, FilteredNoiseIsAnOrnsteinUhlenbeckProcess) {
    Network network = sparse_population(0, 8, 1, TopologyKind::fixed_indegree, 50);
    synapse(network, 0.4);
    const Afferent a = make_afferent(network, network.projections[0]);
    const std::span<const Afferent> afferents(&a, 1);
    const Complex<double> w{2.0, 0.7};
    const Presynaptic<double> pre{0.6, 0.6, w};
    const double d = 0.5 * a.noise_strength() * 0.6, tau_s = 0.4, h = 1e-3, end = 0.5;
    std::vector<double> hidden(5, 0.0), middle(5), slope(5);
    for (int n = 0; n < 500; ++n) {   // midpoint rule
        TwoCumulant{}.eval(afferents, w, &pre, hidden.data(), slope.data());
        for (int k = 0; k < 5; ++k) middle[k] = hidden[k] + 0.5 * h * slope[k];
        TwoCumulant{}.eval(afferents, w, &pre, middle.data(), slope.data());
        for (int k = 0; k < 5; ++k) hidden[k] += h * slope[k];
    }
    // Closed form: x has impulse response exp(-t/tau_s)/tau_s, w = -i int exp(2 i W (t - s)) x(s) ds, noise 2 D delta.
    Z w2 = 0.0;
    const int steps = 20000;
    for (int k = 0; k < steps; ++k) {
        const double t = (k + 0.5) * end / steps;
        const Z e = (std::exp(2.0 * i_unit * to_std(w) * t) - std::exp(-t / tau_s)) / (2.0 * i_unit * to_std(w) * tau_s + 1.0);
        w2 += 2.0 * d * e * e * (end / steps);   // -(-i)^2 = 1
    }
    EXPECT_LT(std::abs(Z{hidden[0], hidden[1]} - w2), 3e-4 * std::abs(w2));
    EXPECT_NEAR(hidden[2] / tau_s, d / tau_s * (1 - std::exp(-2 * end / tau_s)), 1e-3 * d / tau_s);
}

TEST(Closures, VanishWhenEveryNeuronHearsAll) {
    for (const auto name : closure_names)
        for (const auto kind : {TopologyKind::all_to_all, TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::fixed_outdegree}) {
            Network network = sparse_population(-2, 15, 1, kind, kind == TopologyKind::all_to_all ? 10000 : 9999);
            network.projections[0].topology.self_connections = kind == TopologyKind::all_to_all;
            const auto points = fixed_points(network, undelayed_with(name));
            ASSERT_EQ(points.size(), 1u) << name;
            EXPECT_NEAR(points[0].r[0], 1.373244098482, 1e-11) << name;
            EXPECT_NEAR(points[0].v[0], -0.115897052292, 1e-11) << name;
        }
}

TEST(Closures, ContributionsOfProjectionsAdd) {
    // One projection of K inputs and strength J is two of K/2 and J/2, up to K/N.
    for (const auto name : closure_names)
        for (const auto kind : {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::annealed, TopologyKind::lorentzian_indegree}) {
            if (name == "indegree_lorentzian" && kind == TopologyKind::erdos_renyi) continue;   // adds widths, not variances
            for (const double tau_s : {0.0, 0.2}) {
                Network whole = sparse_population(-5, 15, 1, kind, 200, std::int64_t{1} << 40);
                if (kind == TopologyKind::lorentzian_indegree) whole.projections[0].topology.half_width = 5;
                if (tau_s > 0) synapse(whole, tau_s);
                Network split = whole;
                Projection& half = split.projections[0];
                half.strength = 7.5;
                half.topology.mean_indegree = 100;
                half.topology.half_width /= 2;
                split.projections.push_back(half);
                const auto a = fixed_points(whole, undelayed_with(name)), b = fixed_points(split, undelayed_with(name));
                ASSERT_EQ(a.size(), b.size()) << name;
                for (std::size_t k = 0; k < a.size(); ++k) {
                    EXPECT_NEAR(a[k].r[0], b[k].r[0], 1e-8) << name;
                    EXPECT_NEAR(a[k].v[0], b[k].v[0], 1e-8) << name;
                }
            }
        }
}

TEST(Closures, OnlyTheSignlessPartDependsOnTheCouplingSquared) {
    // J -> -J at the same state: same (p, q).
    for (const auto kind : {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::annealed}) {
        Network network = sparse_population(0, 5, 1, kind, 50);
        const Afferent plus = make_afferent(network, network.projections[0]);
        network.projections[0].strength = -5;
        const Afferent minus = make_afferent(network, network.projections[0]);
        const Complex<double> w{1.5, 0.4};
        const Presynaptic<double> pre{0.4, 0.4, w};
        const auto a = ResonantStatic{}.eval({&plus, 1}, w, &pre, static_cast<double*>(nullptr), static_cast<double*>(nullptr));
        const auto b = ResonantStatic{}.eval({&minus, 1}, w, &pre, static_cast<double*>(nullptr), static_cast<double*>(nullptr));
        EXPECT_EQ(a.p, b.p);
        EXPECT_EQ(a.q, b.q);
    }
}

TEST(Closures, DisorderedWeightsKeepTheirFluctuationsInAnAllToAllNetwork) {
    Network network = one_population(0, 5, 1);
    network.projections[0].strength_sd = 2;
    const Afferent a = make_afferent(network, network.projections[0]);
    EXPECT_DOUBLE_EQ(a.noise_strength(), 4.0 / 10000);
    EXPECT_EQ(a.equal_indegree_strength(), 0.0);
}

TEST(Closures, PositiveWidth) {
    EXPECT_EQ(positive_width(1.0, 0.0), 1.0);
    EXPECT_EQ(positive_width(1.0, -0.9), 1.0 - 0.9);
    double last = 0.0;
    for (double q = -20.0; q < 1.0; q += 0.01) {
        const double width = positive_width(1.0, q);
        EXPECT_GT(width, last);
        last = width;
    }
    // Twice differentiable at the knee.
    const double h = 1e-4, knee = -0.9;
    const auto second = [&](double q) { return (positive_width(1.0, q + h) - 2 * positive_width(1.0, q) + positive_width(1.0, q - h)) / (h * h); };
    EXPECT_NEAR(second(knee - 2 * h), 0.0, 0.5);
    EXPECT_NEAR((positive_width(1.0, knee) - positive_width(1.0, knee - h)) / h, 1.0, 1e-5);
}

TEST(Closures, UnknownNameListsTheKnown) {
    try {
        make_closure("two_cumulants");
        FAIL();
    } catch (const ConfigurationError& error) {
        EXPECT_NE(std::string(error.what()).find("two_cumulant,"), std::string::npos);
    }
}

}  // namespace
}  // namespace spikemass::mass
