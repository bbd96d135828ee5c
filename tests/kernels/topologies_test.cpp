// Structured graphs: rows against their wording, and what theory says about them.  Statistical bounds are 1e-4 quantiles or 4.5 standard deviations, seeds fixed.

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>

#include "kernels/recipes.hpp"
#include "kernels/synapse_hash.hpp"
#include "models/base/error.hpp"
#include "tests/kernels/reference_graph.hpp"
#include "tests/kernels/statistics.hpp"

namespace spikemass {
namespace {

using reference::Edge;

Projection projection(const Topology& t) {
    Projection p;
    p.name = "P";
    p.topology = t;
    p.strength = 1;
    return p;
}

Topology topology(TopologyKind kind, double k) {
    Topology t;
    t.kind = kind;
    t.mean_indegree = k;
    t.self_connections = kind == TopologyKind::fixed_total;
    return t;
}
Topology fixed_total(double k, bool self = true) {
    Topology t = topology(TopologyKind::fixed_total, k);
    t.self_connections = self;
    return t;
}
Topology small_world(double k, double beta) {
    Topology t = topology(TopologyKind::small_world, k);
    t.rewiring = beta;
    return t;
}
Topology chung_lu(double k, double in, double out, double cutoff, double correlation = 0) {
    Topology t = topology(TopologyKind::chung_lu, k);
    t.exponent_in = in;
    t.exponent_out = out;
    t.cutoff = cutoff;
    t.correlation = correlation;
    return t;
}
Topology spatial(double k, double sigma, Geometry geometry = Geometry::ring) {
    Topology t = topology(TopologyKind::spatial, k);
    t.sigma = sigma;
    t.geometry = geometry;
    return t;
}
Topology modular(double k, std::int64_t modules, double within) {
    Topology t = topology(TopologyKind::modular, k);
    t.modules = modules;
    t.within = within;
    return t;
}

cpu::Graph build(const Topology& t, std::int64_t ns, std::int64_t nt, bool same, std::uint64_t seed = 42, int threads = 1, cpu::Format format = cpu::Format::rows32) {
    return cpu::build_graph(projection(t), {seed, 0, 0}, ns, nt, same, cpu::best_isa(), {threads, format});
}

struct Degrees {
    std::vector<std::uint32_t> in, out;
};
Degrees degrees(const std::vector<Edge>& edges, std::int64_t ns, std::int64_t nt) {
    Degrees d{std::vector<std::uint32_t>(static_cast<std::size_t>(nt)), std::vector<std::uint32_t>(static_cast<std::size_t>(ns))};
    for (const Edge& e : edges) {
        ++d.in[e.target];
        ++d.out[e.source];
    }
    return d;
}
double mean(const std::vector<std::uint32_t>& x) { return std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size()); }

struct Case {
    Topology topology;
    std::int64_t n_sources, n_targets;
    bool same;
};
class EveryStructure : public testing::TestWithParam<Case> {};

TEST_P(EveryStructure, EqualsItsWordingInEveryFormatForAnyThreads) {
    const auto& [t, ns, nt, same] = GetParam();
    const Projection p = projection(t);
    const Seeds seeds{42, 0, 0};
    const auto expected = reference::edges(p, seeds, ns, nt, same);
    std::uint64_t checksum = 0;
    for (const auto& e : expected) checksum += kernels::synapse_hash(kernels::row_hash(e.source, 1), e.target);
    const auto [in, out] = degrees(expected, ns, nt);
    const bool multapses = kernels::has_multapses(t.kind);
    for (cpu::Format f : {cpu::Format::rows16, cpu::Format::rows32, cpu::Format::bit_rows})
        for (int threads : {1, 2, 7})
            for (const cpu::Isa* isa : {&cpu::isa_v3, &cpu::best_isa()}) {
                if (f == cpu::Format::bit_rows && multapses) {
                    EXPECT_THROW(cpu::build_graph(p, seeds, ns, nt, same, *isa, {threads, f}), ConfigurationError);
                    continue;
                }
                const auto g = cpu::build_graph(p, seeds, ns, nt, same, *isa, {threads, f});
                EXPECT_EQ(reference::edges(g), expected) << cpu::format_name(f) << " " << threads;
                EXPECT_EQ(g.checksum, checksum);
                EXPECT_EQ(g.synapses, expected.size());
                EXPECT_EQ(g.indegree, in);
            }
    if (!multapses) {
        for (std::size_t i = 1; i < expected.size(); ++i) ASSERT_LT(expected[i - 1], expected[i]);
    }
    if (same && !t.self_connections) {
        for (const auto& e : expected) ASSERT_NE(e.source, e.target);
    }
}

INSTANTIATE_TEST_SUITE_P(FixedTotal, EveryStructure, testing::Values(Case{fixed_total(30), 701, 701, true}, Case{fixed_total(30, false), 701, 701, true}, Case{fixed_total(9.5), 2, 10, false},
                                                                     Case{fixed_total(300), 101, 97, false}, Case{fixed_total(3), 1503, 70001, false}));
INSTANTIATE_TEST_SUITE_P(SmallWorld, EveryStructure,
                         testing::Values(Case{small_world(30, 0.1), 701, 701, true}, Case{small_world(350, 0.5), 701, 701, true}, Case{small_world(2, 0.3), 5, 5, true}, Case{small_world(20, 0), 99, 801, false},
                                         Case{small_world(20, 0.7), 701, 99, false}, Case{small_world(10, 1), 701, 701, true}, Case{small_world(4, 0.2), 1503, 70001, false}));
INSTANTIATE_TEST_SUITE_P(ChungLu, EveryStructure,
                         testing::Values(Case{chung_lu(20, 2.5, 2.5, 8), 701, 701, true}, Case{chung_lu(20, 2.5, 2, 8, 0.7), 701, 701, true}, Case{chung_lu(20, 3, 1.5, 5, -1), 701, 701, true},
                                         Case{chung_lu(10, 2.5, 2.5, 4), 301, 903, false}));
INSTANTIATE_TEST_SUITE_P(Spatial, EveryStructure,
                         testing::Values(Case{spatial(30, 0.05), 701, 701, true}, Case{spatial(30, 3), 701, 701, true}, Case{spatial(5, 0.02), 700, 700, true}, Case{spatial(20, 0.1), 301, 903, false},
                                         Case{spatial(20, 0.1), 903, 100, false}, Case{spatial(30, 0.1, Geometry::torus), 729, 729, true}, Case{spatial(30, 0.1, Geometry::torus), 900, 225, false},
                                         Case{spatial(600, 0.7, Geometry::torus), 1024, 1024, true}));
INSTANTIATE_TEST_SUITE_P(Modular, EveryStructure,
                         testing::Values(Case{modular(30, 7, 0.8), 707, 707, true}, Case{modular(30, 2, 0), 700, 700, true}, Case{modular(30, 3, 1), 702, 702, true}, Case{modular(90, 5, 0.5), 500, 1500, false},
                                         Case{modular(12, 4, 0.6), 404, 40004, false}));

TEST(FixedTotal, DegreesAreBinomialAndMultapsesAsOftenAsChanceSays) {
    constexpr std::int64_t n = 2003;
    const auto g = build(fixed_total(60), n, n, true);
    EXPECT_EQ(g.synapses, 60u * n);
    const auto edges = reference::edges(g);
    const auto law = kernels::binomial_table(60 * n, 1.0 / n);
    const auto d = degrees(edges, n, n);
    EXPECT_TRUE(reference::chi_square(d.in, law.first, reference::probabilities(law)).fits());
    EXPECT_TRUE(reference::chi_square(d.out, law.first, reference::probabilities(law)).fits());
    EXPECT_NEAR(g.k_var, kernels::indegree_variance(projection(fixed_total(60)), n, n, true), 4.5 * 60 * std::sqrt(2.0 / n));
    double pairs = 0, self = 0;   // pairs of synapses of one pair of neurons
    for (std::size_t i = 1; i < edges.size(); ++i) pairs += edges[i] == edges[i - 1];
    for (const Edge& e : edges) self += e.source == e.target;
    const double m = 60.0 * n, expected = m * (m - 1) / 2 / (static_cast<double>(n) * n);
    EXPECT_NEAR(pairs, expected, 4.5 * std::sqrt(expected));
    EXPECT_NEAR(self, 60, 4.5 * std::sqrt(60.0));
}

TEST(FixedTotal, SynapsesOfOnePairHaveTheirOwnWeights) {
    Projection p = projection(fixed_total(300));
    p.strength_sd = 0.5;
    const auto a = cpu::build_graph(p, {5, 0, 0}, 101, 97, false, cpu::best_isa(), {1, cpu::Format::rows32});
    const auto b = cpu::build_graph(p, {5, 0, 0}, 101, 97, false, cpu::isa_v3, {3, cpu::Format::rows16});
    const auto edges = reference::edges(a);
    EXPECT_EQ(edges, reference::edges(b));
    EXPECT_EQ(a.checksum, b.checksum);
    int same_pair = 0, same_weight = 0;
    for (std::size_t i = 1; i < edges.size(); ++i) {
        const bool pair = edges[i].source == edges[i - 1].source && edges[i].target == edges[i - 1].target;
        same_pair += pair;
        same_weight += pair && edges[i].weight == edges[i - 1].weight;
    }
    EXPECT_GT(same_pair, 5000);
    EXPECT_LT(same_weight, same_pair / 100);
}

TEST(SmallWorld, RewiredAltogetherIsFixedIndegree) {
    for (const auto& [k, ns, nt, same] : {std::tuple{30.0, 701, 701, true}, std::tuple{20.0, 99, 801, false}})
        EXPECT_EQ(reference::edges(build(small_world(k, 1), ns, nt, same)), reference::edges(build(topology(TopologyKind::fixed_indegree, k), ns, nt, same)));
}

/// Share of pairs of sources of a target that are connected, averaged over targets (directions ignored).
double clustering(const std::vector<Edge>& edges, std::int64_t n) {
    std::vector<std::set<std::uint32_t>> sources(static_cast<std::size_t>(n));
    for (const Edge& e : edges) sources[e.target].insert(e.source);
    double closed = 0, pairs = 0;
    for (const auto& s : sources)
        for (auto a = s.begin(); a != s.end(); ++a)
            for (auto b = std::next(a); b != s.end(); ++b) {
                pairs += 2;
                closed += static_cast<double>(sources[*a].count(*b) + sources[*b].count(*a));
            }
    return closed / pairs;
}

TEST(SmallWorld, ClustersLikeTheory) {
    // C(0) = 3 (K - 2)/(4 (K - 1)); a triangle stays with (1 - beta)^3 (Barrat, Weigt 2000, doi:10.1007/s100510050067), up to terms of order K/N.
    constexpr std::int64_t n = 4001;
    constexpr double k = 20;
    for (double beta : {0.0, 0.05, 0.2, 0.5}) {
        const double expected = 3 * (k - 2) / (4 * (k - 1)) * std::pow(1 - beta, 3);
        EXPECT_NEAR(clustering(reference::edges(build(small_world(k, beta), n, n, true)), n), expected, beta == 0 ? 1e-12 : 0.005 + 2 * k / n) << beta;
    }
    EXPECT_LT(clustering(reference::edges(build(small_world(k, 1), n, n, true)), n), 2 * k / n);
}

TEST(SmallWorld, AsManySourcesLeaveTheRingAsBetaSays) {
    constexpr std::int64_t n = 2003;
    const auto edges = reference::edges(build(small_world(40, 0.3), n, n, true));
    double far = 0;
    for (const Edge& e : edges) {
        const std::int64_t d = std::abs(static_cast<std::int64_t>(e.source) - e.target);
        far += std::min(d, n - d) > 20;
    }
    const double m = 40.0 * n, p = 0.3 * (1 - 40.0 * 0.3 / n);   // a replacement may fall on the ring again, where a source has left it
    EXPECT_NEAR(far, m * p, 4.5 * std::sqrt(m * p * (1 - p)));
}

TEST(PowerLaw, HasItsExponentAndItsMean) {
    for (const auto& [exponent, mean, cutoff] : {std::tuple{2.5, 100.0, 10.0}, std::tuple{3.0, 30.5, 4.0}, std::tuple{1.0, 50.0, 3.0}, std::tuple{0.0, 8.0, 1.5}, std::tuple{2.0, 10.0, 1.05}}) {
        const auto t = kernels::power_law_table(exponent, mean, cutoff);
        const auto p = reference::probabilities(t);
        EXPECT_EQ(t.largest(), static_cast<std::int64_t>(cutoff * mean));
        EXPECT_NEAR(kernels::moments(t).mean, mean, 1e-9 * mean);
        for (std::size_t i = 2; i < p.size(); ++i)   // the smallest degree has a share only
            EXPECT_NEAR(p[i] / p[1], std::pow(static_cast<double>(t.first + static_cast<std::int64_t>(i)) / static_cast<double>(t.first + 1), -exponent), 1e-9);
        if (p.size() > 1) {
            EXPECT_LE(p[0], p[1] * std::pow(static_cast<double>(t.first) / static_cast<double>(t.first + 1), -exponent) * (1 + 1e-9));
        }
    }
    EXPECT_EQ(kernels::power_law_table(0.0, 10.0, 10.0).first, 0);   // from 1 to 100 evenly the mean is 50
    EXPECT_EQ(kernels::power_law_table(2.0, 1.5, 1.1).first, 0);     // there is no whole number between
}

TEST(Alias, ProbabilitiesAreTheWeights) {
    const std::vector<std::uint32_t> weight{1, 0, 7, 100, 3, 3, 1000, 12};
    const auto table = kernels::alias_table(weight);
    std::vector<double> p(weight.size());
    for (std::size_t c = 0; c < table.size(); ++c) {
        const double keep = (static_cast<double>(table[c].threshold) + (table[c].threshold == ~0u)) * 0x1p-32;
        p[c] += keep / static_cast<double>(table.size());
        p[table[c].alias] += (1 - keep) / static_cast<double>(table.size());
    }
    const double total = std::accumulate(weight.begin(), weight.end(), 0.0);
    for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], weight[i] / total, 1e-9);
}

TEST(ChungLu, DegreesFollowTheirLaws) {
    constexpr std::int64_t n = 20011;
    constexpr double k = 40;
    const Topology t = chung_lu(k, 2.5, 3, 5);
    const auto g = build(t, n, n, true);
    const auto d = degrees(reference::edges(g), n, n);
    const auto out = kernels::power_law_table(3, k, 5), in = kernels::power_law_table(2.5, k, 5);
    EXPECT_TRUE(reference::chi_square(d.out, out.first, reference::probabilities(out)).fits());
    // In-degrees: Poisson around the in-weight, in proportion to what all out-degrees came to; what is lost to repeats is of order cutoff^2 K/N.
    const auto weights = reference::probabilities(in);
    const double scale = mean(d.out) / k;
    std::vector<double> mixture(401, 0.0);
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const double a = static_cast<double>(in.first + static_cast<std::int64_t>(i)) * scale;
        for (std::size_t x = 0; x < mixture.size(); ++x) mixture[x] += weights[i] * std::exp(static_cast<double>(x) * std::log(a) - a - std::lgamma(static_cast<double>(x) + 1));
    }
    EXPECT_TRUE(reference::chi_square(d.in, 0, mixture).fits());
    const double expected = kernels::indegree_variance(projection(t), n, n, true);
    EXPECT_NEAR(g.k_var, expected, 0.1 * expected);
}

TEST(Degrees, CorrelationIsThatOfTheStoredGraph) {
    // Bit rows, rows of 16 bits in one and in several blocks, rows of 32: out-degrees are found differently in each.
    using enum cpu::Format;
    for (const auto& [k, n, format] : {std::tuple{20, 2003, bit_rows}, {20, 2003, rows16}, {5, 70001, rows16}, {20, 2003, rows32}}) {
        const cpu::Graph g = build(topology(TopologyKind::erdos_renyi, k), n, n, true, 4, 1, format);
        const auto d = degrees(reference::edges(g), n, n);
        double covariance = 0, vi = 0, vo = 0;
        const double m = mean(d.in);
        for (std::size_t i = 0; i < d.in.size(); ++i) {
            covariance += (d.in[i] - m) * (d.out[i] - m);
            vi += (d.in[i] - m) * (d.in[i] - m);
            vo += (d.out[i] - m) * (d.out[i] - m);
        }
        EXPECT_NEAR(g.degree_correlation, covariance / std::sqrt(vi * vo), 1e-12) << cpu::format_name(g.format);
        EXPECT_NE(g.degree_correlation, 0.0);
    }
    EXPECT_TRUE(std::isnan(build(topology(TopologyKind::erdos_renyi, 20), 301, 301, false, 4).degree_correlation));      // between populations
    EXPECT_TRUE(std::isnan(build(topology(TopologyKind::fixed_indegree, 20), 301, 301, true, 4).degree_correlation));   // one of them is constant
    EXPECT_TRUE(std::isnan(build(topology(TopologyKind::all_to_all, 0), 301, 301, true, 4).degree_correlation));
}

TEST(ChungLu, InAndOutDegreesAreCorrelatedByRank) {
    constexpr std::int64_t n = 5003;
    for (double c : {-1.0, -0.4, 0.0, 0.6, 1.0}) {
        const Topology t = chung_lu(50, 2.2, 2.2, 10, c);
        const Projection p = projection(t);
        const Seeds seeds{9, 0, 0};
        const kernels::ChungLu recipe(kernels::Setting{p, seeds, n, n, true});
        // Ranks themselves, without ties: the uniform numbers behind degree and weight.
        double sum = 0;
        for (std::int64_t i = 0; i < n; ++i) {
            const double a = static_cast<double>(recipe.degrees.out_rank(i)) * 0x1p-64 - 0.5, b = static_cast<double>(recipe.degrees.in.draw64(static_cast<std::uint64_t>(i), 0, 0)) * 0x1p-64 - 0.5;
            sum += 12 * a * b;
        }
        EXPECT_NEAR(sum / n, c, 4.5 * 1.4 / std::sqrt(n)) << c;
        const cpu::Graph g = build(t, n, n, true, 9);
        const auto d = degrees(reference::edges(g), n, n);
        double covariance = 0, vi = 0, vo = 0;
        const double mi = mean(d.in), mo = mean(d.out);
        for (std::size_t i = 0; i < d.in.size(); ++i) {
            covariance += (d.in[i] - mi) * (d.out[i] - mo);
            vi += (d.in[i] - mi) * (d.in[i] - mi);
            vo += (d.out[i] - mo) * (d.out[i] - mo);
        }
        const double r = covariance / std::sqrt(vi * vo);
        EXPECT_NEAR(g.degree_correlation, r, 1e-12) << c;
        EXPECT_GE(r, c > 0 ? 0.75 * c : c < 0 ? -1.0 : -0.07) << c;   // of the degrees themselves, where the laws leave less of a mirrored rank
        EXPECT_LE(r, c > 0 ? 1.0 : c < 0 ? 0.2 * c : 0.07) << c;
    }
}

TEST(Spatial, DistancesAreGaussianOnARingAndOnATorus) {
    for (const auto& [t, n] : {std::pair{spatial(40, 0.06), std::int64_t{3001}}, std::pair{spatial(60, 0.08, Geometry::torus), std::int64_t{4096}}}) {
        const auto g = build(t, n, n, true);
        const bool torus = t.geometry == Geometry::torus;
        const std::int64_t side = torus ? 64 : n;
        const auto distance = [&](std::int64_t a, std::int64_t b) {
            const auto one = [&](std::int64_t d) { return static_cast<double>(std::min(std::abs(d), side - std::abs(d))) / static_cast<double>(side); };
            return torus ? std::hypot(one(a % side - b % side), one(a / side - b / side)) : one(a - b);
        };
        // Expected numbers by distance, neuron by neuron, in bins of sigma/4.
        const double width = t.sigma / 4;
        std::vector<double> expected(40), seen(40);
        double weight = 0;
        for (std::int64_t b = 1; b < n; ++b) weight += std::exp(-std::pow(distance(0, b) / t.sigma, 2) / 2);
        const double p0 = t.mean_indegree / weight;
        for (std::int64_t b = 1; b < n; ++b) {
            const double d = distance(0, b);
            expected[std::min<std::size_t>(39, static_cast<std::size_t>(d / width))] += static_cast<double>(n) * p0 * std::exp(-std::pow(d / t.sigma, 2) / 2);
        }
        for (const Edge& e : reference::edges(g)) ++seen[std::min<std::size_t>(39, static_cast<std::size_t>(distance(e.source, e.target) / width))];
        double chi = 0, cells = 0;
        for (std::size_t i = 0; i < 39; ++i)
            if (expected[i] >= 10) {
                chi += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
                ++cells;
            }
        EXPECT_LT(chi, reference::chi_square_limit(cells)) << torus;
        EXPECT_GT(cells, 10);
        EXPECT_NEAR(g.k_mean, t.mean_indegree, 4.5 * std::sqrt(t.mean_indegree / static_cast<double>(n)));
        const double variance = kernels::indegree_variance(projection(t), n, n, true);
        EXPECT_LT(variance, t.mean_indegree);
        EXPECT_NEAR(g.k_var, variance, 4.5 * variance * std::sqrt(2.0 / static_cast<double>(n)));
    }
}

TEST(Spatial, LooksTheSameFromEverywhere) {
    const Projection p = projection(spatial(60, 0.08, Geometry::torus));
    const Seeds seeds{1, 0, 0};
    const kernels::Spatial recipe(kernels::Setting{p, seeds, 4096, 4096, true});
    std::vector<std::uint32_t> sorted = recipe.offsets;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
    for (std::uint32_t offset : {1u, 63u, 1u << 16, 63u << 16 | 63u}) EXPECT_TRUE(std::binary_search(sorted.begin(), sorted.end(), offset)) << offset;
    EXPECT_FALSE(std::binary_search(sorted.begin(), sorted.end(), 0u));
    double total = 0;
    for (const auto& shell : recipe.shells) total += static_cast<double>(shell.size) * shell.p;
    EXPECT_NEAR(total, 60, 1e-9);
}

TEST(Modular, BlocksHaveTheirDensities) {
    constexpr std::int64_t n = 3000, m = 6, each = n / m;
    const Topology t = modular(80, m, 0.7);
    const auto g = build(t, n, n, true);
    std::vector<double> block(m * m);
    for (const Edge& e : reference::edges(g)) ++block[static_cast<std::size_t>(e.source / each * m + e.target / each)];
    const double own = 0.7 * 80 / (each - 1.0), others = 0.3 * 80 / (n - each);
    for (std::int64_t a = 0; a < m; ++a)
        for (std::int64_t b = 0; b < m; ++b) {
            const double p = a == b ? own : others, pairs = a == b ? each * (each - 1.0) : static_cast<double>(each) * each;
            EXPECT_NEAR(block[static_cast<std::size_t>(a * m + b)], pairs * p, 4.5 * std::sqrt(pairs * p * (1 - p))) << a << " " << b;
        }
    const double variance = kernels::indegree_variance(projection(t), n, n, true);
    EXPECT_NEAR(variance, 56 * (1 - own) + 24 * (1 - others), 1e-9);
    EXPECT_NEAR(g.k_var, variance, 4.5 * variance * std::sqrt(2.0 / n));
}

TEST(Modular, IsErdosRenyiInLawWhereModulesDoNotMatter) {
    constexpr std::int64_t n = 4000;
    const double k = 50;
    const auto d = degrees(reference::edges(build(modular(k, 4, 999.0 / 3999), n, n, true)), n, n);
    const auto law = kernels::binomial_table(n - 1, k / (n - 1));
    EXPECT_TRUE(reference::chi_square(d.in, law.first, reference::probabilities(law)).fits());
    EXPECT_TRUE(reference::chi_square(d.out, law.first, reference::probabilities(law)).fits());
}

TEST(LargeBlocks, RowsThatSpanSeveralBlocks) {
    // Beyond 65,536 targets rows16 has several blocks; all formats must still hold one graph.
    for (const Topology& t : {fixed_total(4), small_world(4, 0.2), chung_lu(4, 2, 1.5, 4), spatial(4, 0.02), modular(4, 3, 0.9)}) {
        const std::int64_t ns = 1500, nt = 150000;
        const auto a = build(t, ns, nt, false, 5, 2, cpu::Format::rows16), b = build(t, ns, nt, false, 5, 1, cpu::Format::rows32);
        EXPECT_EQ(a.rows16.blocks, 3u);
        EXPECT_EQ(a.checksum, b.checksum);
        EXPECT_EQ(reference::edges(a), reference::edges(b));
    }
}

TEST(Structures, ThatCannotBeRealisedAreRefusedWithTheReason) {
    const auto refused = [](const Topology& t, std::int64_t ns, std::int64_t nt, bool same, const std::vector<std::string>& parts) {
        try {
            kernels::check_recipe(projection(t), ns, nt, same);
            ADD_FAILURE() << "no error about " << parts.front();
        } catch (const ConfigurationError& e) {
            const std::string message = e.what();
            EXPECT_EQ(message.find("projection.P: "), 0u) << message;
            for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << message;
        }
        EXPECT_THROW(build(t, ns, nt, same), ConfigurationError);
    };
    refused(small_world(11, 0.1), 100, 100, true, {"11", "even"});
    refused(small_world(52, 0.1), 100, 100, true, {"52", "half", "99"});
    refused(chung_lu(40, 2.5, 2.5, 10), 701, 701, true, {"10 times", "half of the 700"});
    refused(chung_lu(4, 0, 2.5, 20), 701, 701, true, {"smallest degree"});
    refused(chung_lu(4, 2.5, 2.5, 10, 0.5), 701, 801, false, {"correlation", "one population to another"});
    refused(spatial(30, 0.01), 701, 701, true, {"0.01", "no room", "30"});
    refused(spatial(3, 1e-5), 701, 701, true, {"no room"});
    refused(spatial(30, 0.1, Geometry::torus), 701, 701, true, {"torus", "676", "729"});
    refused(modular(30, 7, 0.8), 701, 701, true, {"modules = 7", "701"});
    refused(modular(30, 1, 0.8), 700, 700, true, {"modules = 1", "at least 2"});
    refused(modular(150, 7, 1), 700, 700, true, {"150", "99"});
}

}  // namespace
}  // namespace spikemass
