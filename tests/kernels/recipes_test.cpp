// The laws behind the graphs: tables against exact probabilities, picks against their wording, degrees by chi-square.

#include "kernels/recipes.hpp"
#include "kernels/weights.hpp"
#include "kernels/parameters.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "kernels/synapse_hash.hpp"
#include "tests/kernels/reference_graph.hpp"
#include "tests/kernels/statistics.hpp"

namespace spikemass {
namespace {

using kernels::binomial_table;
using kernels::QuantileTable;

using reference::chi_square_limit;
using reference::probabilities;

TEST(BinomialTable, HasTheExactLaw) {
    for (const auto& [n, p] : std::vector<std::pair<std::int64_t, double>>{{4096, 1e-3}, {4096, 0.5}, {8192, 7e-4}, {17, 0.3}, {1, 0.25}, {4095, 0.97}}) {
        const QuantileTable t = binomial_table(n, p);
        const auto got = probabilities(t);
        long double sum = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            const auto k = static_cast<long double>(t.first + static_cast<std::int64_t>(i));
            const auto nl = static_cast<long double>(n);
            const long double exact = std::exp(std::lgamma(nl + 1) - std::lgamma(k + 1) - std::lgamma(nl - k + 1) + k * std::log(static_cast<long double>(p)) + (nl - k) * std::log1p(-static_cast<long double>(p)));
            EXPECT_NEAR(got[i], static_cast<double>(exact), 2e-12) << n << " " << p << " " << static_cast<double>(k);
            sum += exact;
        }
        EXPECT_NEAR(static_cast<double>(sum), 1.0, 1e-12);
    }
}

TEST(BinomialTable, Edges) {
    EXPECT_EQ(binomial_table(100, 0.0).sample(~0ull), 0);
    EXPECT_EQ(binomial_table(100, 1.0).sample(0), 100);
    EXPECT_EQ(binomial_table(0, 0.5).sample(123), 0);
    const QuantileTable t = binomial_table(10, 0.5);
    EXPECT_EQ(t.sample(0), 0);
    EXPECT_EQ(t.sample(~0ull), 10);
}

TEST(QuantileTable, SamplesTheNumberOfThresholdsBelow) {
    QuantileTable t{5, {10, 20, 20, 30}};
    for (const auto& [u, expected] : std::vector<std::pair<std::uint64_t, std::int64_t>>{{0, 5}, {9, 5}, {10, 6}, {19, 6}, {20, 8}, {29, 8}, {30, 9}, {~0ull, 9}}) EXPECT_EQ(t.sample(u), expected) << u;
}

TEST(LorentzianTable, IsTheTruncatedLaw) {
    const double k = 60, width = 8;
    const QuantileTable t = kernels::lorentzian_table(k, width, 1000);
    const auto got = probabilities(t);
    ASSERT_EQ(got.size(), 121u);   // 0 .. 2 K
    const auto cdf = [&](double x) { return 0.5 + std::atan((x - k) / width) / 3.14159265358979323846; };
    for (std::size_t i = 0; i < got.size(); ++i) {
        const auto x = static_cast<double>(i);
        EXPECT_NEAR(got[i], (cdf(x + 0.5) - cdf(x - 0.5)) / (cdf(120.5) - cdf(-0.5)), 1e-14);
    }
    EXPECT_EQ(probabilities(kernels::lorentzian_table(k, width, 70)).size(), 71u);   // never more than there are sources
}

TEST(PickSet, DrainsInOrderAndIsEmptyAfterwards) {
    kernels::PickSet set;
    set.reserve(100000);
    std::mt19937_64 rng(1);
    for (int round = 0; round < 20; ++round) {
        std::set<std::uint32_t> expected;
        for (int i = 0; i < 300; ++i) {
            const auto x = static_cast<std::uint32_t>(rng() % 100000);
            EXPECT_EQ(set.insert(x), expected.insert(x).second);
        }
        std::vector<std::uint32_t> got;
        set.drain([&](std::uint32_t x) { got.push_back(x); });
        EXPECT_EQ(got, std::vector<std::uint32_t>(expected.begin(), expected.end()));
    }
}

TEST(DistinctPicks, AreTheFirstDistinctValues) {
    kernels::PickSet set;
    set.reserve(5000);
    const RandomKey key = random_key(7, 8, Stream::picks);
    for (std::int64_t n : {1, 2, 63, 64, 65, 1000, 4097})
        for (std::int64_t k : {std::int64_t{0}, std::int64_t{1}, n / 3, n / 2, n / 2 + 1, n - 1, n}) {
            if (k < 0 || k > n) continue;
            std::vector<std::uint32_t> got;
            kernels::distinct_picks(set, key, n, 3, k, n, [&](std::uint32_t x) { got.push_back(x); });
            EXPECT_EQ(got, reference::picks(key, static_cast<std::uint64_t>(n), 3, k, n)) << k << " of " << n;
        }
}

TEST(DistinctPicks, AreUniform) {
    // 20 of 97, 40,000 rows: how often each value and each pair of neighbours is picked.
    constexpr std::int64_t n = 97, k = 20, rows = 40000;
    kernels::PickSet set;
    set.reserve(n);
    const RandomKey key = random_key(99, 5, Stream::picks);
    std::vector<double> count(n, 0);
    double pairs = 0;
    for (std::int64_t row = 0; row < rows; ++row) {
        std::int64_t last = -2;
        kernels::distinct_picks(set, key, row, 0, k, n, [&](std::uint32_t x) {
            ++count[x];
            pairs += x == last + 1;
            last = x;
        });
    }
    const double p = static_cast<double>(k) / n;
    double chi = 0;   // sampling without replacement: the variance of each count is rows p (1 - p), n - 1 degrees of freedom
    for (double c : count) chi += (c - rows * p) * (c - rows * p) / (rows * p * (1 - p)) * (n - 1.0) / n;
    EXPECT_LT(chi, chi_square_limit(n - 1));
    const double expected = rows * (n - 1.0) * k * (k - 1.0) / (static_cast<double>(n) * (n - 1));
    EXPECT_NEAR(pairs, expected, 4.5 * std::sqrt(expected));
}

Projection projection(TopologyKind kind, double k) {
    Projection p;
    p.name = "P";
    p.topology.kind = kind;
    p.topology.mean_indegree = k;
    p.topology.half_width = 10;
    p.strength = 1;
    return p;
}

TEST(ErdosRenyi, DegreesAreBinomial) {
    constexpr std::int64_t n = 4000;
    constexpr double k = 50;
    const auto g = cpu::build_graph(projection(TopologyKind::erdos_renyi, k), {11, 0, 0}, n, n, true, cpu::isa_v3);
    const QuantileTable law = binomial_table(n - 1, k / (n - 1));
    const auto p = probabilities(law);
    std::vector<double> out(n, 0), in(n, 0);
    for (const auto& e : reference::edges(g)) {
        ++out[e.source];
        ++in[e.target];
    }
    for (const auto* degrees : {&in, &out}) {
        double chi = 0, cells = 0, seen = 0, expected = 0;
        std::map<std::int64_t, double> histogram;
        for (double d : *degrees) ++histogram[static_cast<std::int64_t>(d)];
        for (std::size_t i = 0; i < p.size(); ++i) {   // cells with at least 10 expected
            expected += p[i] * n;
            const auto it = histogram.find(law.first + static_cast<std::int64_t>(i));
            seen += it == histogram.end() ? 0 : it->second;
            if (expected >= 10) {
                chi += (seen - expected) * (seen - expected) / expected;
                ++cells;
                seen = expected = 0;
            }
        }
        EXPECT_LT(chi, chi_square_limit(cells - 1));
    }
    EXPECT_NEAR(g.k_mean, k, 4.5 * std::sqrt(k / n));
    EXPECT_NEAR(g.k_var, k * (1 - k / n), 4.5 * k * std::sqrt(2.0 / n));
}

class EveryTopology : public testing::TestWithParam<std::tuple<TopologyKind, double, std::int64_t, std::int64_t, bool>> {};

TEST_P(EveryTopology, EqualsItsWordingInEveryFormatForAnyThreads) {
    const auto [kind, k, ns, nt, same] = GetParam();
    const Projection p = projection(kind, k);
    const Seeds seeds{42, 0, 0};
    const auto expected = reference::edges(p, seeds, ns, nt, same);
    std::uint64_t checksum = 0;
    for (const auto& e : expected) checksum += kernels::synapse_hash(kernels::row_hash(e.source, 1), e.target);
    for (cpu::Format f : {cpu::Format::rows16, cpu::Format::rows32, cpu::Format::bit_rows})
        for (int threads : {1, 3})
            for (const cpu::Isa* isa : {&cpu::isa_v3, &cpu::best_isa()}) {
                const auto g = cpu::build_graph(p, seeds, ns, nt, same, *isa, {threads, f});
                EXPECT_EQ(reference::edges(g), expected) << cpu::format_name(f) << " " << threads;
                EXPECT_EQ(g.checksum, checksum);
                EXPECT_EQ(g.synapses, expected.size());
                std::vector<std::uint32_t> degree(static_cast<std::size_t>(nt), 0);
                for (const auto& e : expected) ++degree[e.target];
                EXPECT_EQ(g.indegree, degree);
            }
    for (std::size_t i = 1; i < expected.size(); ++i) ASSERT_LT(expected[i - 1], expected[i]);   // no duplicates
    if (same) {
        for (const auto& e : expected) ASSERT_NE(e.source, e.target);
    }
}

INSTANTIATE_TEST_SUITE_P(All, EveryTopology,
                         testing::Values(std::tuple{TopologyKind::erdos_renyi, 30.0, 701, 701, true}, std::tuple{TopologyKind::erdos_renyi, 400.0, 701, 701, true},
                                         std::tuple{TopologyKind::erdos_renyi, 3.0, 101, 5003, false}, std::tuple{TopologyKind::fixed_indegree, 30.0, 701, 701, true},
                                         std::tuple{TopologyKind::fixed_indegree, 700.0, 701, 701, true}, std::tuple{TopologyKind::fixed_indegree, 20.0, 99, 801, false},
                                         std::tuple{TopologyKind::fixed_outdegree, 30.0, 701, 701, true}, std::tuple{TopologyKind::fixed_outdegree, 10.0, 800, 160, false},
                                         std::tuple{TopologyKind::lorentzian_indegree, 60.0, 701, 701, true}, std::tuple{TopologyKind::fixed_indegree, 1.0, 2, 2, true}));

TEST(LargeBlocks, RowsThatSpanSeveralBlocks) {
    // Beyond 65,536 targets rows16 has several blocks; all formats must still hold one graph.
    for (TopologyKind kind : {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::fixed_outdegree}) {
        Projection p = projection(kind, 4);
        const std::int64_t ns = 1500, nt = 150000;
        const auto a = cpu::build_graph(p, {5, 0, 0}, ns, nt, false, cpu::best_isa(), {2, cpu::Format::rows16});
        const auto b = cpu::build_graph(p, {5, 0, 0}, ns, nt, false, cpu::best_isa(), {1, cpu::Format::rows32});
        EXPECT_EQ(a.rows16.blocks, 3u);
        EXPECT_EQ(a.checksum, b.checksum);
        EXPECT_EQ(reference::edges(a), reference::edges(b));
    }
}

TEST(Weights, AreGaussianAndTheSameInEveryFormat) {
    Projection p = projection(TopologyKind::fixed_indegree, 200);
    p.strength = 3;
    p.strength_sd = 0.5;
    const auto a = cpu::build_graph(p, {5, 0, 0}, 1000, 1000, true, cpu::best_isa(), {2, cpu::Format::rows16});
    const auto b = cpu::build_graph(p, {5, 0, 0}, 1000, 1000, true, cpu::isa_v3, {1, cpu::Format::rows32});
    const auto edges = reference::edges(a);
    EXPECT_EQ(edges, reference::edges(b));
    EXPECT_EQ(a.checksum, b.checksum);
    double sum = 0, squares = 0, cubes = 0;
    for (const auto& e : edges) {
        const double w = (e.weight * a.weight_unit - 3) / 0.5;
        sum += w;
        squares += w * w;
        cubes += w * w * w;
    }
    const auto n = static_cast<double>(edges.size());
    EXPECT_NEAR(sum / n, 0, 4.5 / std::sqrt(n));
    EXPECT_NEAR(squares / n, 1, 4.5 * std::sqrt(2 / n));
    EXPECT_NEAR(cubes / n, 0, 4.5 * std::sqrt(15 / n));
}

/// Strengths J of all synapses, the same in every format.
std::vector<double> drawn_strengths(const Projection& p) {
    const auto a = cpu::build_graph(p, {5, 0, 0}, 2000, 2000, true, cpu::best_isa(), {2, cpu::Format::rows16});
    const auto b = cpu::build_graph(p, {5, 0, 0}, 2000, 2000, true, cpu::isa_v3, {1, cpu::Format::rows32});
    EXPECT_EQ(reference::edges(a), reference::edges(b));
    EXPECT_EQ(a.checksum, b.checksum);
    std::vector<double> out;
    for (const auto& e : reference::edges(a)) out.push_back(e.weight * a.weight_unit);
    return out;
}

TEST(Weights, LognormalOnesHaveTheMeanAskedForAndTheQuantilesOfTheLaw) {
    for (const double mean : {3.0, -0.7})
        for (const double ratio : {0.2, 1.0, 2.0}) {
            Projection p = projection(TopologyKind::fixed_indegree, 200);
            p.strength = mean;
            p.strength_sd = ratio * std::abs(mean);
            p.strength_law = WeightLaw::lognormal;
            const std::vector<double> strength = drawn_strengths(p);
            const kernels::WeightMoments m = kernels::weight_moments(p);
            EXPECT_NEAR(m.mean, mean, 1e-6 * std::abs(mean));
            EXPECT_EQ(m.kept, 1.0);
            EXPECT_NEAR(m.sd, p.strength_sd, (ratio > 1 ? 0.03 : 2e-3) * p.strength_sd);   // the table ends at 5.4 standard deviations of ln J
            const auto n = static_cast<double>(strength.size());
            const double sigma = std::sqrt(std::log1p(ratio * ratio));
            double sum = 0, below[3] = {};
            for (const double x : strength) {
                EXPECT_GE(x * mean, 0);
                sum += x / mean;
                for (int k = 0; k < 3; ++k) below[k] += x / mean < std::exp(sigma * (k - 1) - 0.5 * sigma * sigma);
            }
            EXPECT_NEAR(sum / n, 1, 5 * ratio / std::sqrt(n));
            for (int k = 0; k < 3; ++k) EXPECT_NEAR(below[k] / n, 0.5 * std::erfc((1 - k) / std::sqrt(2.0)), 5 * 0.5 / std::sqrt(n) + 0.02) << k;   // 0.02: units
        }
}

TEST(Weights, TruncatedGaussianOnesStayInsideAndHaveTheMomentsOfTheRest) {
    const auto density = [](double z) { return std::exp(-0.5 * z * z) / std::sqrt(2 * 3.14159265358979323846); };
    const auto below = [](double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); };
    struct Bounds { double low, high; };
    for (const auto& [low, high] : {Bounds{0, 100}, Bounds{1, 4}, Bounds{5, 7}, Bounds{-100, 100}}) {
        Projection p = projection(TopologyKind::fixed_indegree, 200);
        p.strength_law = WeightLaw::truncated_gaussian;
        p.parent_mean = 3;
        p.parent_sd = 2;
        p.strength_low = low;
        p.strength_high = high;
        const kernels::WeightMoments m = kernels::weight_moments(p);
        const double a = (low - 3) / 2, b = (high - 3) / 2, z = below(b) - below(a), shift = (density(a) - density(b)) / z;
        EXPECT_NEAR(m.kept, z, 2e-3);
        EXPECT_NEAR(m.mean, 3 + 2 * shift, 5e-3);
        EXPECT_NEAR(m.sd, 2 * std::sqrt(1 + (a * density(a) - b * density(b)) / z - shift * shift), 5e-3);
        p.strength = m.mean;
        p.strength_sd = m.sd;
        double sum = 0;
        const std::vector<double> strength = drawn_strengths(p);
        for (const double x : strength) {
            EXPECT_GE(x, low - 1e-3);
            EXPECT_LE(x, high + 1e-3);
            sum += x;
        }
        EXPECT_NEAR(sum / static_cast<double>(strength.size()), m.mean, 5 * m.sd / std::sqrt(static_cast<double>(strength.size())));
    }
}

TEST(Weights, SumsThatMightOverflowAreRefusedWithTheBound) {
    Projection p = projection(TopologyKind::fixed_indegree, 200);
    p.strength = 3;
    p.strength_sd = 0.5;
    const kernels::Weights w(p, {});
    EXPECT_NO_THROW(w.require_sums_fit("P", 65000));
    try {
        w.require_sums_fit("P", 1000000);
        ADD_FAILURE();
    } catch (const ConfigurationError& e) {
        const std::string text = e.what();
        EXPECT_NE(text.find("which holds " + std::to_string(static_cast<int>(2147483647.0 * w.unit() / 5.0))), std::string::npos) << text;
        EXPECT_NE(text.find("largest weight, 5.0"), std::string::npos) << text;
    }
}

TEST(TargetStrengths, AreALorentzianOfTheirOwn) {
    Projection p = projection(TopologyKind::all_to_all, 1000);
    p.strength = 4;
    p.strength_half_width = 0.5;
    const auto values = kernels::target_strengths(p, 1001, {1, 7, 3});
    auto sorted = values;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i) EXPECT_DOUBLE_EQ(sorted[i], 4 + 0.5 * lorentzian_quantile(2 * static_cast<std::int64_t>(i) - 1000, 1001));
    EXPECT_NE(values, draw_parameter({Distribution::lorentzian, 4, 0.5, Draw::midpoint_quantiles}, 1001, 7, name_key(p.name)));   // a population of the same name
}

TEST(Degrees, ThatCannotBeRealisedAreRefused) {
    EXPECT_THROW(cpu::build_graph(projection(TopologyKind::fixed_indegree, 10), {}, 10, 10, true, cpu::best_isa()), ConfigurationError);
    EXPECT_THROW(cpu::build_graph(projection(TopologyKind::fixed_outdegree, 10), {}, 10, 10, true, cpu::best_isa()), ConfigurationError);
    EXPECT_NO_THROW(cpu::build_graph(projection(TopologyKind::fixed_indegree, 9), {}, 10, 10, true, cpu::best_isa()));
}

}  // namespace
}  // namespace spikemass
