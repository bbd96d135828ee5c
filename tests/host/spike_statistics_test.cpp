#include "host/spike_statistics.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "host/simulation.hpp"
#include "kernels/spike_statistics.hpp"

namespace spikemass {
namespace {

namespace reference {
#include "tests/host/spike_statistics_reference.inc"
}

using Trains = std::vector<std::vector<std::uint32_t>>;

/// trains [neuron][spike]: steps, from 0.  sample: empty = everybody.
SpikeStatistics statistics_of(const Trains& trains, std::int64_t steps, std::int64_t bin, std::int64_t window, std::vector<std::uint32_t> sample = {}, bool backwards = false) {
    std::vector<std::vector<std::uint32_t>> fired(static_cast<std::size_t>(steps));
    for (std::uint32_t i = 0; i < trains.size(); ++i)
        for (const std::uint32_t step : trains[i]) fired[step].push_back(i);
    if (sample.empty())
        for (std::uint32_t i = 0; i < trains.size(); ++i) sample.push_back(i);
    SpikeTrainStatistics s(static_cast<std::int64_t>(trains.size()), steps, bin, window, sample);
    for (auto& ids : fired) {
        if (backwards) std::reverse(ids.begin(), ids.end());
        s.add(ids);
    }
    return s.result();
}

void expect_same(const SpikeStatistics& a, const SpikeStatistics& b) {
    for (const auto& number : spike_statistics_list) {
        const double x = a.*number.member, y = b.*number.member;
        EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y))) << number.name << ": " << x << ", " << y;
    }
}

TEST(SpikeStatistics, AreElephants) {
    const SpikeStatistics s = statistics_of(reference::trains, reference::steps, reference::steps_per_bin, reference::steps_per_window);
    for (const auto& number : spike_statistics_list) {
        const double expected = reference::expected.*number.member;
        EXPECT_NEAR(s.*number.member, expected, 1e-9 * std::max(1.0, std::abs(expected))) << number.name;   // 2^-32 per interval of the local variation
    }
}

TEST(SpikeStatistics, OrderWithinAStepDoesNotMatter) {
    expect_same(statistics_of(reference::trains, reference::steps, 10, 200), statistics_of(reference::trains, reference::steps, 10, 200, {}, true));
}

TEST(SpikeStatistics, PairsOfASampleAreThoseOfItsNeurons) {
    const std::vector<std::uint32_t> sample = {2, 5, 6, 11, 20};
    Trains alone;
    for (const std::uint32_t i : sample) alone.push_back(reference::trains[i]);
    const SpikeStatistics all = statistics_of(reference::trains, reference::steps, 10, 200), few = statistics_of(reference::trains, reference::steps, 10, 200, sample),
                          by_themselves = statistics_of(alone, reference::steps, 10, 200);
    EXPECT_EQ(few.correlation_neurons, 5);
    EXPECT_EQ(few.count_correlation, by_themselves.count_correlation);
    EXPECT_EQ(few.count_correlation_sd, by_themselves.count_correlation_sd);
    EXPECT_EQ(few.isi_cv, all.isi_cv);
    EXPECT_EQ(few.count_covariance, all.count_covariance);
    EXPECT_NE(few.count_correlation, all.count_correlation);
}

TEST(SpikeStatistics, OfAClockAreExact) {
    Trains clocks(7);
    for (std::uint32_t i = 0; i < 7; ++i)
        for (std::uint32_t step = 0; step < 3000; step += 20) clocks[i].push_back(step);   // 5 in every window of 100
    const SpikeStatistics together = statistics_of(clocks, 3000, 10, 100);
    EXPECT_EQ(together.isi_cv, 0.0);
    EXPECT_EQ(together.isi_cv_sd, 0.0);
    EXPECT_EQ(together.isi_lv, 0.0);
    EXPECT_EQ(together.fano_factor, 0.0);
    EXPECT_EQ(together.count_variance, 0.0);
    EXPECT_EQ(together.correlation_neurons, 0.0);   // constant counts correlate with nothing
    EXPECT_TRUE(std::isnan(together.count_correlation));
    EXPECT_NEAR(together.synchrony, 1.0, 1e-12);
    for (std::uint32_t& step : clocks[0]) step += 10;   // one of them in the bins where the others are silent
    EXPECT_NEAR(statistics_of(clocks, 3000, 10, 100).synchrony, 5.0 / 7.0, 1e-12);
}

TEST(SpikeStatistics, NeuronsWithTooFewSpikesAreLeftOut) {
    Trains trains(3);
    for (std::uint32_t k = 0; k <= 10; ++k) trains[0].push_back(30 * k);   // 10 intervals
    for (std::uint32_t k = 0; k < 10; ++k) trains[1].push_back(30 * k + k * k);
    const SpikeStatistics s = statistics_of(trains, 1000, 10, 100);
    EXPECT_EQ(s.isi_neurons, 1);
    EXPECT_EQ(s.isi_cv, 0.0);
    EXPECT_TRUE(std::isnan(s.isi_cv_sd));
    EXPECT_EQ(s.fano_neurons, 2);
    EXPECT_EQ(s.correlation_neurons, 2);
    const SpikeStatistics silent = statistics_of(Trains(4), 1000, 10, 100);
    EXPECT_EQ(silent.isi_neurons, 0);
    EXPECT_EQ(silent.count_covariance, 0.0);
    for (const double x : {silent.isi_cv, silent.isi_lv, silent.fano_factor, silent.count_correlation, silent.count_correlation_se, silent.synchrony}) EXPECT_TRUE(std::isnan(x));
}

TEST(SpikeStatistics, SpikesAfterTheLastWholeWindowAreInIntervalsAndBinsOnly) {
    Trains trains = reference::trains;
    const SpikeStatistics before = statistics_of(trains, reference::steps, 10, 200);
    for (auto& t : trains) std::erase_if(t, [](std::uint32_t step) { return step >= 4000; });
    const SpikeStatistics cut = statistics_of(trains, reference::steps, 10, 200);
    EXPECT_EQ(before.fano_factor, cut.fano_factor);
    EXPECT_EQ(before.count_covariance, cut.count_covariance);
    EXPECT_EQ(before.count_correlation, cut.count_correlation);
    EXPECT_NE(before.isi_cv, cut.isi_cv);
    EXPECT_NE(before.synchrony, cut.synchrony);
}

// ---- in a run ---------------------------------------------------------------------------------------------------------------

Network network(std::int64_t size = 307) {
    Network n;
    n.dt = 0.01;
    n.populations.push_back({"E", NeuronKind::qif, size, {Distribution::lorentzian, 2.0, 0.5, Draw::midpoint_quantiles}, 1.0, {}});
    n.populations.push_back({"I", NeuronKind::qif, 101, {Distribution::lorentzian, 1.0, 0.5, Draw::midpoint_quantiles}, 1.0, {}});
    for (std::size_t source : {0, 1}) {
        Projection p;
        p.name = source == 0 ? "EE" : "IE";
        p.source = source;
        p.topology = {TopologyKind::erdos_renyi, 30.0, 0.0, false};
        p.strength = source == 0 ? 3.0 : -4.0;
        p.delay_steps = 3;
        n.projections.push_back(p);
    }
    n.seeds = {11, 12, 13};
    return n;
}

RunPlan plan(bool statistics = true, std::int64_t sample = 50) {
    RunPlan p{137, 10, 200, {}};
    p.record.statistics = statistics;
    p.statistics_window = 70;
    p.statistics_sample = sample;
    return p;
}

RunResult run(const Network& n, const RunPlan& p, int threads = 1) {
    SimulationOptions o;
    o.threads = threads;
    return run_spiking(n, p, o);
}

TEST(RecordedStatistics, LeaveTheSpikesAsTheyAre) {
    const RunResult with = run(network(), plan()), without = run(network(), plan(false));
    EXPECT_EQ(with.digest, without.digest);
    EXPECT_EQ(with.populations[0].spike_count, without.populations[0].spike_count);
    EXPECT_TRUE(without.statistics.empty());
    ASSERT_EQ(with.statistics.size(), 2u);
    EXPECT_GT(with.statistics[0].correlation_neurons, 40);   // of 50, those that do not fall silent
    EXPECT_LE(with.statistics[0].correlation_neurons, 50);
    EXPECT_GT(with.statistics[0].isi_neurons, 50);
    EXPECT_GT(with.statistics[1].isi_cv, 0.0);
}

TEST(RecordedStatistics, AreTheSameForAnyNumberOfThreads) {
    const RunResult one = run(network(), plan());
    for (const int threads : {2, 3, 7}) {
        const RunResult more = run(network(), plan(), threads);
        for (std::size_t p = 0; p < 2; ++p) expect_same(more.statistics[p], one.statistics[p]);
    }
}

TEST(RecordedStatistics, AreThoseOfTheSpikesThatAreWritten) {
    Trains trains(307);
    const RunPlan p = plan(true, 1000);
    SimulationOptions o;
    o.spikes = [&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
        for (const std::uint32_t id : ids)
            if (population == 0) trains[id].push_back(static_cast<std::uint32_t>(step - p.warmup_steps));
    };
    const RunResult r = run_spiking(network(), p, o);
    expect_same(r.statistics[0], statistics_of(trains, 2000, 10, 70));
}

TEST(RecordedStatistics, TheSampleFollowsSeedAndName) {
    Network other = network(), renamed = network();
    other.seeds.noise = 99;   // nothing here is noisy: the same spikes, the same sample
    const SpikeStatistics expected = run(network(), plan()).statistics[0];
    expect_same(run(other, plan()).statistics[0], expected);
    EXPECT_NE(run(network(), plan(true, 60)).statistics[0].count_correlation, expected.count_correlation);
    SpikeStatisticsRecorder a(network(), plan());
    renamed.populations[0].name = "F";
    SpikeStatisticsRecorder b(renamed, plan());
    for (std::uint32_t step = 0; step < 2000; ++step) {   // neuron i fires every 7 + i steps
        std::vector<std::uint32_t> ids;
        for (std::uint32_t i = 0; i < 307; ++i)
            if (step % (7 + i) == 0) ids.push_back(i);
        a.add(0, ids);
        b.add(0, ids);
    }
    EXPECT_EQ(a.result()[0].fano_factor, b.result()[0].fano_factor);
    EXPECT_NE(a.result()[0].count_correlation, b.result()[0].count_correlation);
}

TEST(RecordedStatistics, CountInTheMemoryThatARunNeeds) {
    const double with = recording_bytes(network(1'000'000), plan()), without = recording_bytes(network(1'000'000), plan(false));
    EXPECT_GT(with - without, 64e6);
    EXPECT_LT(with - without, 66e6);
    EXPECT_THROW(check_recording(network(1'000'000), plan(), 50e6), CapacityError);
}

}  // namespace
}  // namespace spikemass
