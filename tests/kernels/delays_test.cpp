#include "kernels/delays.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "host/cpu/graph.hpp"

namespace spikemass {
namespace {

using kernels::delay_probabilities;

Projection drawn(DelayLaw law, std::int64_t low, std::int64_t high, double mean = 0, double sd = 0) {
    Projection p;
    p.name = "P";
    p.topology = {TopologyKind::fixed_indegree, 300, 0, false};
    p.delay_law = law;
    p.shortest_delay = low;
    p.delay_steps = high;
    p.delay_mean = mean;
    p.delay_sd = sd;
    return p;
}

/// The laws by libm.
double cdf(const Projection& p, double x) {
    const double z = (x - p.delay_mean) / p.delay_sd, variance = std::log1p(p.delay_sd / p.delay_mean * (p.delay_sd / p.delay_mean));
    if (p.delay_law == DelayLaw::gaussian) return 0.5 * std::erfc(-z / std::sqrt(2.0));
    if (p.delay_law == DelayLaw::lognormal) return x <= 0 ? 0 : 0.5 * std::erfc(-(std::log(x / p.delay_mean) + variance / 2) / std::sqrt(2 * variance));
    if (p.delay_law == DelayLaw::exponential) return x <= 0 ? 0 : 1 - std::exp(-x / p.delay_mean);
    return (x - static_cast<double>(p.shortest_delay) + 0.5) / static_cast<double>(p.delay_steps - p.shortest_delay + 1);
}

const Projection laws[] = {drawn(DelayLaw::uniform, 1, 17), drawn(DelayLaw::uniform, 4, 4), drawn(DelayLaw::gaussian, 2, 30, 11, 6), drawn(DelayLaw::gaussian, 1, 200, 100.3, 0.4),
                           drawn(DelayLaw::gaussian, 20, 30, 11, 6), drawn(DelayLaw::lognormal, 1, 40, 9, 7), drawn(DelayLaw::exponential, 3, 25, 8), drawn(DelayLaw::exponential, 1, 65535, 2000)};

TEST(Delays, ProbabilitiesAreThoseOfTheLawWithinItsBounds) {
    for (const Projection& p : laws) {
        const auto probability = delay_probabilities(p);
        const auto low = static_cast<double>(p.shortest_delay);
        const double all = cdf(p, static_cast<double>(p.delay_steps) + 0.5) - cdf(p, low - 0.5);
        ASSERT_EQ(probability.size(), static_cast<std::size_t>(p.delay_steps - p.shortest_delay + 1));
        EXPECT_NEAR(kernels::kept_delays(p), all, 1e-13);
        double sum = 0, mean = 0;
        for (std::size_t k = 0; k < probability.size(); ++k) {
            const double x = low + static_cast<double>(k);
            EXPECT_NEAR(probability[k], (cdf(p, x + 0.5) - cdf(p, x - 0.5)) / all, 1e-12) << k;
            sum += probability[k];
            mean += probability[k] * x;
        }
        EXPECT_NEAR(sum, 1, 1e-12);
        EXPECT_NEAR(kernels::mean_delay_steps(p), mean, 1e-9 * mean);
    }
    Projection one;
    one.delay_steps = 7;
    EXPECT_EQ(kernels::mean_delay_steps(one), 7);
    EXPECT_FALSE(kernels::Delays(one, {}).drawn());
}

TEST(Delays, OfSynapsesFollowTheLawInEveryFormatAndCountInTheChecksum) {
    for (const Projection& p : laws) {
        const auto a = cpu::build_graph(p, {5, 0, 0}, 1500, 1500, true, cpu::best_isa(), {2, cpu::Format::rows16});
        const auto b = cpu::build_graph(p, {5, 0, 0}, 1500, 1500, true, cpu::isa_v3, {1, cpu::Format::rows32});
        ASSERT_EQ(a.rows16.delay.size(), a.synapses);
        EXPECT_EQ(a.checksum, b.checksum);
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < a.synapses; ++i) {   // one block: the same order
            ASSERT_EQ(a.rows16.delay[i], b.rows32.delay[i]);
            ASSERT_GE(a.rows16.delay[i], p.shortest_delay);
            ASSERT_LE(a.rows16.delay[i], p.delay_steps);
            sum += a.rows16.delay[i];
            squares += static_cast<double>(a.rows16.delay[i]) * a.rows16.delay[i];
        }
        const auto n = static_cast<double>(a.synapses);
        const double mean = sum / n, sd = std::sqrt(std::max(0.0, squares / n - mean * mean));
        EXPECT_NEAR(mean, kernels::mean_delay_steps(p), 5 * sd / std::sqrt(n) + 1e-12);
        std::uint64_t checksum = 0;   // docs/numerics.md, "Graphs"
        for (std::uint64_t s = 0; s < 1500; ++s)
            for (std::uint64_t e = b.rows32.start(s); e < b.rows32.start(s + 1); ++e) checksum += mix64(mix64(mix64(b.rows32.delay[e]) + s) + b.rows32.index[e]);
        EXPECT_EQ(a.checksum, checksum);
    }
}

TEST(Delays, AreStoredInRowsNeverInBits) {
    Projection p = drawn(DelayLaw::uniform, 1, 9);
    EXPECT_EQ(cpu::estimate_graph(p, 1000, 1000, true).format, cpu::Format::rows16);
    EXPECT_GE(cpu::estimate_graph(p, 1000, 1000, true).bytes, 300 * 1000 * 4.0);
    p.delay_law = DelayLaw::constant;
    EXPECT_EQ(cpu::estimate_graph(p, 1000, 1000, true).format, cpu::Format::bit_rows);
}

}  // namespace
}  // namespace spikemass
