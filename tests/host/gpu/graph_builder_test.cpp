// Graphs of the device-side build, on Thrust's host systems, against those of the CPU builder: every array, byte by byte.

#include "host/gpu/graph_builder.hpp"

#include <cmath>
#include <gtest/gtest.h>

#include "host/cpu/graph.hpp"
#include "host/gpu/graph_recipe.hpp"
#include "models/base/error.hpp"

namespace spikemass::gpu {
namespace {

constexpr std::uint64_t unlimited = std::numeric_limits<std::uint64_t>::max();

struct Case {
    TopologyKind kind;
    double k;
    std::int64_t n_sources, n_targets;
    bool same;
    double strength_sd = 0.0;
    double half_width = 10.0;
    bool self_connections = false;
    void (*more)(Topology&) = nullptr;
    WeightLaw law = WeightLaw::gaussian;
    DelayLaw delay_law = DelayLaw::constant;
};

Projection projection(const Case& c) {
    Projection p;
    p.name = "P";
    p.topology.kind = c.kind;
    p.topology.mean_indegree = c.k;
    p.topology.half_width = c.half_width;
    p.topology.self_connections = c.self_connections;
    if (c.more) c.more(p.topology);
    p.strength = -2;
    p.strength_sd = c.strength_sd;
    p.delay_steps = 3;
    p.strength_law = c.law;
    p.parent_mean = -1.5;
    p.parent_sd = 1;
    p.strength_low = -3;
    p.strength_high = -1;
    p.delay_law = c.delay_law;
    if (c.delay_law != DelayLaw::constant) p.delay_steps = 41;
    p.delay_mean = 12;
    p.delay_sd = 6;
    return p;
}

const Seeds seeds{42, 1, 2};

cpu::Graph reference(const Case& c) { return cpu::build_graph(projection(c), seeds, c.n_sources, c.n_targets, c.same, cpu::best_isa(), {2, cpu::Format::rows32}); }

DeviceGraph build(const GraphBuilder& b, const Case& c, std::uint64_t budget = unlimited) { return b.build(projection(c), seeds, c.n_sources, c.n_targets, c.same, budget); }

void expect_equal(const GraphBuilder& b, const DeviceGraph& got, const cpu::Graph& expected) {
    std::vector<std::uint64_t> offsets;
    for (std::int64_t s = 0; s <= expected.n_sources; ++s) offsets.push_back(expected.rows32.start(static_cast<std::size_t>(s)));
    EXPECT_EQ(to_host(b, got.offsets), offsets);
    std::vector<std::uint32_t> targets = to_host(b, got.targets32);
    if (got.n_targets <= 65536) {
        EXPECT_TRUE(targets.empty());
        for (std::uint16_t t : to_host(b, got.targets16)) targets.push_back(t);
    }
    const auto index = expected.rows32.index.span();
    EXPECT_EQ(targets, std::vector<std::uint32_t>(index.begin(), index.end()));
    const auto weight = expected.rows32.weight.span();
    EXPECT_EQ(to_host(b, got.weights), std::vector<std::int16_t>(weight.begin(), weight.end()));
    const auto delay = expected.rows32.delay.span();
    EXPECT_EQ(to_host(b, got.delays), std::vector<std::uint16_t>(delay.begin(), delay.end()));
    EXPECT_EQ(to_host(b, got.indegree), expected.indegree);
    EXPECT_EQ(got.checksum, expected.checksum);
    EXPECT_EQ(got.synapses, expected.synapses);
    EXPECT_EQ(got.max_indegree, expected.max_indegree);
    EXPECT_EQ(got.k_mean, expected.k_mean);
    EXPECT_EQ(got.k_var, expected.k_var);
    EXPECT_EQ(std::isnan(got.degree_correlation), std::isnan(expected.degree_correlation));
    if (!std::isnan(expected.degree_correlation)) EXPECT_EQ(got.degree_correlation, expected.degree_correlation);
    EXPECT_EQ(got.weight_unit, expected.weight_unit);
}

class EveryTopology : public testing::TestWithParam<Case> {};

TEST_P(EveryTopology, IsTheGraphOfTheCpuBuilder) {
    const Case& c = GetParam();
    const cpu::Graph expected = reference(c);
    const auto estimate = estimate_device_graph(projection(c), seeds, c.n_sources, c.n_targets, c.same);
    for (const GraphBuilder* b : {&graph_builder_cpp, &graph_builder_omp, &graph_builder_plain})
        for (std::uint64_t budget : {estimate.full_bytes, (estimate.least_bytes + estimate.full_bytes) / 2, estimate.least_bytes}) {
            if (b == &graph_builder_omp && budget == estimate.least_bytes) continue;   // hundreds of slabs add waiting, no code
            if (b == &graph_builder_plain && budget != estimate.full_bytes) continue;  // has no slabs
            SCOPED_TRACE(std::string(b->system) + " " + std::to_string(budget));
            const DeviceGraph got = build(*b, c, budget);
            expect_equal(*b, got, expected);
            EXPECT_LE(got.peak_bytes, budget);
            if (budget == estimate.full_bytes) {
                EXPECT_EQ(got.slabs, 1);
            }
        }
}

constexpr auto er = TopologyKind::erdos_renyi, in = TopologyKind::fixed_indegree, out = TopologyKind::fixed_outdegree, cauchy = TopologyKind::lorentzian_indegree;
INSTANTIATE_TEST_SUITE_P(Tiny, EveryTopology,
                         testing::Values(Case{er, 1, 2, 2, true}, Case{er, 0.3, 3, 5, false}, Case{er, 6, 7, 7, true}, Case{in, 1, 2, 2, true},
                                         Case{in, 1, 1, 1, false}, Case{in, 0, 5, 4, false}, Case{in, 2, 3, 9, false}, Case{in, 3, 7, 1, false},
                                         Case{out, 1, 2, 2, true}, Case{out, 2, 4, 4, false}, Case{out, 4, 5, 3, false}, Case{cauchy, 2, 5, 5, true, 0, 1},
                                         Case{cauchy, 4, 3, 11, false, 0, 2}));
// Rectangular, one partner, all others, around half of them (where picks turn into gaps), and self-connections.
INSTANTIATE_TEST_SUITE_P(Degrees, EveryTopology,
                         testing::Values(Case{er, 30, 701, 701, true}, Case{er, 400, 701, 701, true}, Case{er, 700, 701, 701, true}, Case{er, 3, 101, 5003, false},
                                         Case{er, 0.5, 211, 9001, false}, Case{er, 50, 333, 4099, false}, Case{er, 20, 4503, 4503, true},
                                         Case{er, 9, 4097, 4097, true, 0, 1, true}, Case{in, 1, 701, 701, true}, Case{in, 30, 701, 701, true},
                                         Case{in, 349, 701, 701, true}, Case{in, 350, 701, 701, true}, Case{in, 351, 701, 701, true}, Case{in, 699, 701, 701, true},
                                         Case{in, 700, 701, 701, true}, Case{in, 701, 701, 701, true, 0, 1, true}, Case{in, 20, 99, 801, false},
                                         Case{in, 11, 5003, 97, false}, Case{out, 1, 701, 701, true}, Case{out, 30, 701, 701, true}, Case{out, 350, 701, 701, true},
                                         Case{out, 351, 701, 701, true}, Case{out, 700, 701, 701, true}, Case{out, 10, 800, 160, false}, Case{out, 7, 50, 1501, false},
                                         Case{cauchy, 60, 701, 701, true}, Case{cauchy, 350, 701, 701, true, 0, 40}, Case{cauchy, 25, 97, 1303, false},
                                         Case{cauchy, 40, 45, 999, false, 0, 100}));
INSTANTIATE_TEST_SUITE_P(Weights, EveryTopology,
                         testing::Values(Case{er, 40, 601, 601, true, 0.7}, Case{in, 40, 601, 601, true, 0.7}, Case{in, 400, 601, 601, true, 3},
                                         Case{out, 40, 601, 601, true, 0.7}, Case{cauchy, 40, 601, 601, true, 0.7}, Case{er, 2, 300, 66001, false, 0.1}));
constexpr auto law = [](Case c, WeightLaw w, DelayLaw d) {
    c.law = w;
    c.delay_law = d;
    return c;
};
INSTANTIATE_TEST_SUITE_P(Laws, EveryTopology,
                         testing::Values(law({er, 40, 601, 601, true, 0.7}, WeightLaw::lognormal, DelayLaw::constant), law({in, 40, 601, 601, true, 0.7}, WeightLaw::truncated_gaussian, DelayLaw::uniform),
                                         law({out, 40, 601, 601, true}, WeightLaw::gaussian, DelayLaw::gaussian), law({cauchy, 40, 601, 601, true, 4}, WeightLaw::lognormal, DelayLaw::lognormal),
                                         law({er, 2, 300, 66001, false}, WeightLaw::gaussian, DelayLaw::exponential)));
// Beyond 65,536 targets, where they take 32 bits; many cells; many slabs.
INSTANTIATE_TEST_SUITE_P(Large, EveryTopology,
                         testing::Values(Case{er, 3, 1503, 70001, false}, Case{in, 3, 1503, 70001, false}, Case{out, 3, 1503, 70001, false},
                                         Case{cauchy, 3, 1503, 70001, false, 0, 1}, Case{er, 20, 20011, 20011, true}));

constexpr auto total = TopologyKind::fixed_total, ring = TopologyKind::small_world, power = TopologyKind::chung_lu, space = TopologyKind::spatial, blocks = TopologyKind::modular;
void rewired(Topology& t) { t.rewiring = 0.3; }
void all_rewired(Topology& t) { t.rewiring = 1; }
void heavy(Topology& t) { t.exponent_in = t.exponent_out = 2, t.cutoff = 8, t.correlation = -0.5; }
void flat(Topology& t) { t.exponent_in = 3, t.exponent_out = 1.5, t.cutoff = 3; }
void near(Topology& t) { t.sigma = 0.07; }
void far(Topology& t) { t.sigma = 2; }
void torus(Topology& t) { t.sigma = 0.12, t.geometry = Geometry::torus; }
void seven(Topology& t) { t.modules = 7, t.within = 0.8; }
INSTANTIATE_TEST_SUITE_P(Structures, EveryTopology,
                         testing::Values(Case{total, 30, 701, 701, true, 0, 1, true}, Case{total, 30, 701, 701, true}, Case{total, 300, 101, 97, false}, Case{total, 3, 1503, 70001, false},
                                         Case{total, 200, 101, 97, false, 0.7}, Case{ring, 30, 701, 701, true, 0, 1, false, rewired}, Case{ring, 350, 701, 701, true, 0, 1, false, rewired},
                                         Case{ring, 350, 701, 701, true, 0.5, 1, false, all_rewired}, Case{ring, 20, 99, 801, false, 0, 1, false, rewired}, Case{ring, 20, 701, 99, false, 0, 1, false, nullptr},
                                         Case{ring, 4, 1503, 70001, false, 0, 1, false, rewired}, Case{power, 20, 701, 701, true, 0, 1, false, heavy}, Case{power, 43, 701, 701, true, 0.7, 1, false, heavy},
                                         Case{power, 10, 301, 903, false, 0, 1, false, flat}, Case{power, 5, 1500, 75000, false, 0, 1, false, flat}, Case{space, 30, 701, 701, true, 0, 1, false, near},
                                         Case{space, 300, 701, 701, true, 0.7, 1, false, far}, Case{space, 20, 301, 903, false, 0, 1, false, near}, Case{space, 20, 903, 100, false, 0, 1, false, near},
                                         Case{space, 30, 729, 729, true, 0, 1, false, torus}, Case{space, 30, 900, 225, false, 0, 1, false, torus}, Case{space, 4, 1500, 70001, false, 0, 1, false, near},
                                         Case{blocks, 30, 707, 707, true, 0, 1, false, seven}, Case{blocks, 90, 707, 707, true, 0.7, 1, true, seven}, Case{blocks, 12, 707, 70007, false, 0, 1, false, seven}));
INSTANTIATE_TEST_SUITE_P(LawsOfStructures, EveryTopology,
                         testing::Values(law({total, 300, 101, 97, false, 0.7}, WeightLaw::truncated_gaussian, DelayLaw::exponential), law({total, 300, 101, 97, false}, WeightLaw::gaussian, DelayLaw::uniform),
                                         law({ring, 30, 701, 701, true, 0.7, 1, false, rewired}, WeightLaw::lognormal, DelayLaw::gaussian), law({power, 20, 701, 701, true, 0, 1, false, heavy}, WeightLaw::gaussian, DelayLaw::lognormal),
                                         law({space, 20, 301, 903, false, 0.5, 1, false, near}, WeightLaw::truncated_gaussian, DelayLaw::uniform), law({blocks, 30, 707, 707, true, 0.7, 1, false, seven}, WeightLaw::lognormal, DelayLaw::uniform)));

TEST(Slabs, AreManyWhereTheBudgetIsSmall) {
    for (const Case& c : {Case{total, 30, 5003, 5003, true}, Case{ring, 30, 5003, 5003, true, 0, 1, false, rewired}, Case{power, 30, 5003, 5003, true, 0, 1, false, heavy},
                          Case{space, 30, 5003, 5003, true, 0, 1, false, near}, Case{blocks, 30, 4004, 4004, true, 0, 1, false, seven}, Case{er, 30, 5003, 5003, true}, Case{in, 30, 5003, 5003, true}, Case{out, 30, 5003, 5003, true}, Case{cauchy, 30, 5003, 5003, true}}) {
        const auto estimate = estimate_device_graph(projection(c), seeds, c.n_sources, c.n_targets, c.same);
        const DeviceGraph g = build(graph_builder_cpp, c, estimate.least_bytes + 200000);
        EXPECT_GE(g.slabs, 5);
        EXPECT_LT(estimate.least_bytes + 200000, estimate.full_bytes);
        expect_equal(graph_builder_cpp, g, reference(c));
    }
}

TEST(Budget, TooSmallIsRefusedWithNumbers) {
    const Case c{in, 300, 5003, 5003, true};
    const auto estimate = estimate_device_graph(projection(c), seeds, c.n_sources, c.n_targets, c.same);
    EXPECT_GE(estimate.bytes, 2 * 300 * 5003u);
    EXPECT_NO_THROW(build(graph_builder_cpp, c, estimate.least_bytes));
    try {
        build(graph_builder_cpp, c, estimate.least_bytes - 1);
        FAIL() << "no error";
    } catch (const CapacityError& e) {
        const std::string message = e.what();
        EXPECT_NE(message.find("projection.P"), std::string::npos) << message;
        EXPECT_NE(message.find("1500900 synapses"), std::string::npos) << message;   // 300 x 5003
        EXPECT_NE(message.find("takes 3 MiB"), std::string::npos) << message;        // two bytes each
        EXPECT_NE(message.find("only 4 MiB"), std::string::npos) << message;
    }
}

TEST(Degrees, ThatCannotBeRealisedAreRefused) {
    EXPECT_THROW(build(graph_builder_cpp, {in, 10, 10, 10, true}), ConfigurationError);
    EXPECT_THROW(build(graph_builder_cpp, {out, 10, 10, 10, true}), ConfigurationError);
    EXPECT_NO_THROW(build(graph_builder_cpp, {in, 9, 10, 10, true}));
}

TEST(Unstored, TopologiesHaveNoArrays) {
    for (TopologyKind kind : {TopologyKind::all_to_all, TopologyKind::annealed}) {
        const Case c{kind, 50, 301, 401, false};
        const DeviceGraph g = build(graph_builder_cpp, c);
        const cpu::Graph expected = reference(c);
        EXPECT_EQ(g.offsets.size + g.targets16.size + g.targets32.size + g.weights.size + g.delays.size + g.indegree.size, 0u);
        EXPECT_EQ(g.synapses, expected.synapses);
        EXPECT_EQ(g.k_mean, expected.k_mean);
        EXPECT_EQ(g.k_var, expected.k_var);
        EXPECT_EQ(g.checksum, expected.checksum);
    }
}

TEST(Host, TakesThrust) { EXPECT_EQ(&host_graph_builder(), &graph_builder_cpp); }

TEST(Draws, SufficeMostlyAndAreEven) {
    // The first round must complete most rows, or builds would be slow; and no row may stay without more draws in later rounds.
    const RandomKey key = random_key(1, 2, Stream::picks);
    for (const auto& [n, wanted] : std::vector<std::pair<std::int64_t, std::int64_t>>{{4096, 4}, {1000, 100}, {1000, 500}, {100000, 1000}, {20001, 10000}}) {
        const std::int64_t draws = draws_of(wanted, n, 0);
        EXPECT_EQ(draws % 2, 0);
        EXPECT_GT(draws_of(wanted, n, 1), draws);
        EXPECT_LE(static_cast<double>(draws), 1.2 * static_cast<double>(wanted) * (1.0 + static_cast<double>(wanted) / static_cast<double>(n)) + 2);
        int complete = 0;
        constexpr int rows = 200;
        for (std::uint64_t row = 0; row < rows; ++row) {
            std::vector<bool> seen(static_cast<std::size_t>(n));
            std::int64_t distinct = 0;
            for (std::int64_t j = 0; j < draws; ++j) {
                const auto x = static_cast<std::size_t>(mulhi64(key.draw64(row, 0, static_cast<std::uint32_t>(j)), static_cast<std::uint64_t>(n)));
                distinct += !seen[x];
                seen[x] = true;
            }
            complete += distinct >= wanted;
        }
        EXPECT_GE(complete, rows * 85 / 100) << wanted << " of " << n;
    }
}

}  // namespace
}  // namespace spikemass::gpu
