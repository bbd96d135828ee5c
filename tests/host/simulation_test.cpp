#include "host/simulation.hpp"

#include <gtest/gtest.h>

#include <numeric>

namespace spikemass {
namespace {

Network network(std::int64_t size = 500, double indegree = 50.0) {
    Network n;
    n.dt = 0.01;
    n.populations.push_back({"E", NeuronKind::qif, size, {Distribution::lorentzian, 1.0, 0.5, Draw::midpoint_quantiles}, 1.0, {}});
    Projection p;
    p.name = "EE";
    p.topology = {TopologyKind::erdos_renyi, indegree, 0.0, false};
    p.strength = 5.0;
    n.projections.push_back(p);
    n.seeds = {11, 12, 13};
    return n;
}

RunPlan plan(std::int64_t warmup = 200, std::int64_t bins = 40) { return {warmup, 10, bins, {true, true, false}}; }

SimulationOptions options(int threads = 1) {
    SimulationOptions o;
    o.threads = threads;
    return o;
}

TEST(Simulation, ResultHasTheShapeOfThePlan) {
    const RunResult r = run_spiking(network(), plan(), options());
    EXPECT_EQ(r.level, "spiking");
    EXPECT_EQ(r.steps, 600);
    ASSERT_EQ(r.populations.size(), 1u);
    const PopulationBins& b = r.populations[0];
    for (const auto* series : {&b.rate, &b.v, &b.z_re, &b.z_im}) EXPECT_EQ(series->size(), 40u);
    ASSERT_EQ(b.spike_count.size(), 40u);
    for (std::size_t i = 0; i < 40; ++i) EXPECT_DOUBLE_EQ(b.rate[i], static_cast<double>(b.spike_count[i]) / (500 * 0.1));
    EXPECT_LE(std::accumulate(b.spike_count.begin(), b.spike_count.end(), std::uint64_t{0}), r.spikes);
    ASSERT_EQ(r.projections.size(), 1u);
    EXPECT_EQ(r.synapses, r.projections[0].synapses);
    EXPECT_TRUE(r.warnings.empty());
}

TEST(Simulation, WhatIsNotAskedForIsNotRecorded) {
    RunPlan p = plan();
    p.record = {};
    const RunResult r = run_spiking(network(), p, options());
    EXPECT_EQ(r.populations[0].rate.size(), 40u);
    EXPECT_TRUE(r.populations[0].v.empty() && r.populations[0].z_re.empty());
    EXPECT_EQ(r.digest, run_spiking(network(), plan(), options()).digest);
}

TEST(Simulation, WarmUpIsTheSameSimulationUnrecorded) {
    const RunResult with = run_spiking(network(), plan(200, 40), options()), without = run_spiking(network(), plan(0, 60), options());
    EXPECT_EQ(with.digest, without.digest);
    EXPECT_EQ(with.spikes, without.spikes);
    for (std::size_t b = 0; b < 40; ++b) {
        EXPECT_EQ(with.populations[0].spike_count[b], without.populations[0].spike_count[b + 20]);
        EXPECT_EQ(with.populations[0].v[b], without.populations[0].v[b + 20]);
    }
}

TEST(Simulation, ThreadsAndFormatsGiveTheSameSpikes) {
    const std::uint64_t expected = run_spiking(network(), plan(), options()).digest;
    for (const int threads : {2, 3, 5})
        for (const char* format : {"", "rows16", "rows32", "bit_rows"}) {
            SimulationOptions o = options(threads);
            o.format = format;
            EXPECT_EQ(run_spiking(network(), plan(), o).digest, expected) << threads << " threads, " << format;
        }
}

TEST(Simulation, ProgressRisesToTheEnd) {
    SimulationOptions o = options();
    std::int64_t last = 0, calls = 0;
    std::uint64_t last_spikes = 0;
    o.progress = [&](std::int64_t done, std::int64_t total, std::uint64_t spikes) {
        EXPECT_EQ(total, 600);
        EXPECT_GT(done, last);
        EXPECT_GE(spikes, last_spikes);
        last = done;
        last_spikes = spikes;
        ++calls;
    };
    const RunResult r = run_spiking(network(), plan(), o);
    EXPECT_EQ(last, 600);
    EXPECT_EQ(last_spikes, r.spikes);
    EXPECT_GE(calls, 2);
}

TEST(Simulation, StopsOnRequestWithTheCodeThatWasAskedFor) {
    for (const ExitCode code : {ExitCode::resumable, ExitCode::interrupted}) {
        StopFlag stop{0};
        SimulationOptions o = options();
        o.stop = &stop;
        std::int64_t reached = 0;
        o.progress = [&](std::int64_t done, std::int64_t, std::uint64_t) {
            reached = done;
            stop = static_cast<int>(code);
        };
        try {
            run_spiking(network(), plan(200, 100000), o);
            FAIL() << "not stopped";
        } catch (const Stopped& e) {
            EXPECT_EQ(e.code(), code);
        }
        EXPECT_LT(reached, 5000);
    }
}

TEST(Simulation, SpikesAreThoseOfTheRecordedInterval) {
    SimulationOptions o = options(2);
    std::vector<std::uint64_t> per_bin(40, 0);
    std::int64_t previous = -1;
    o.spikes = [&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
        EXPECT_EQ(population, 0u);
        EXPECT_GE(step, std::max<std::int64_t>(200, previous));
        ASSERT_LT(step, 600);
        previous = step;
        EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
        per_bin[static_cast<std::size_t>((step - 200) / 10)] += ids.size();
    };
    EXPECT_EQ(per_bin.size(), 40u);
    EXPECT_EQ(run_spiking(network(), plan(), o).populations[0].spike_count, per_bin);
}

TEST(Simulation, AnErrorOfTheSinkComesOut) {
    for (const int threads : {1, 3}) {
        SimulationOptions o = options(threads);
        int calls = 0;
        o.spikes = [&](std::size_t, std::int64_t, std::span<const std::uint32_t>) {
            ++calls;
            throw IoError("the disk is full");
        };
        try {
            run_spiking(network(), plan(), o);
            ADD_FAILURE() << "no error";
        } catch (const IoError& e) {
            EXPECT_STREQ(e.what(), "the disk is full");
        }
        EXPECT_EQ(calls, 1);   // a sink that failed is not asked again
    }
}

TEST(Simulation, CappedNeuronsWarnAndThenFail) {
    Network hot = network();
    hot.populations[0].eta.center = 8.0;
    hot.dt = 1.0;
    try {
        run_spiking(hot, plan(10, 4), options());
        FAIL() << "not refused";
    } catch (const ConfigurationError& e) {
        const std::string message = e.what();
        EXPECT_NE(message.find("At most 2 %"), std::string::npos) << message;
        EXPECT_NE(message.find("allow_capped"), std::string::npos) << message;
    }
    hot.allow_capped = true;
    const RunResult allowed = run_spiking(hot, plan(10, 4), options());
    EXPECT_GT(allowed.capped_fraction, 0.02);
    EXPECT_EQ(allowed.warnings.size(), 1u);
    Network warm = network(20000);
    warm.dt = 0.3;   // x = 9.8 at eta = 109: 0.15 % of a Lorentzian of half width 0.5
    const RunResult few = run_spiking(warm, plan(10, 4), options());
    EXPECT_GT(few.capped_fraction, 0.001);
    EXPECT_LT(few.capped_fraction, 0.02);
    EXPECT_GT(few.capped_rate_bound, 0.0);
    ASSERT_EQ(few.warnings.size(), 1u);
    EXPECT_NE(few.warnings[0].find("smaller dt"), std::string::npos);
}

TEST(Simulation, MemoryIsRefusedBeforeItIsTaken) {
    const auto refused = [](const Network& n, const RunPlan& p, double limit) {
        SimulationOptions o = options();
        o.memory_limit = limit;
        try {
            run_spiking(n, p, o);
        } catch (const CapacityError& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    const double need = estimate_memory(network(), {1, ""}).bytes + recording_bytes(network(), plan());
    EXPECT_EQ(refused(network(), plan(), 1.01 * need), "");
    EXPECT_NE(refused(network(), plan(), 0.99 * need).find("synapses"), std::string::npos);
    EXPECT_NE(refused(network(std::int64_t{1} << 39, 1e6), plan(), 0).find("fewer neurons"), std::string::npos);
    EXPECT_NE(refused(network(), plan(0, std::int64_t{1} << 40), 0).find("run.bin"), std::string::npos);
}

TEST(Simulation, RecordingGrowsWithWhatIsRecorded) {
    RunPlan p = plan();
    p.record = {};
    const double rate = recording_bytes(network(), p);
    p.record.v = true;
    const double with_v = recording_bytes(network(), p);
    p.record.order_parameter = true;
    EXPECT_GT(rate, 40 * 16.0);
    EXPECT_LT(rate, with_v);
    EXPECT_LT(with_v, recording_bytes(network(), p));
    p.bins *= 2;
    EXPECT_EQ(2 * recording_bytes(network(), plan()), recording_bytes(network(), p));
}

TEST(Simulation, FixedPointIsFilledIn) {
    Network n = network();
    n.populations[0].initial = {InitialKind::fixed_point, 0.0, 1.0, 0.0, Branch::high};
    const RunResult r = run_spiking(n, plan(0, 40), options());
    const double early = std::accumulate(r.populations[0].rate.begin(), r.populations[0].rate.begin() + 10, 0.0) / 10;
    const double late = std::accumulate(r.populations[0].rate.end() - 10, r.populations[0].rate.end(), 0.0) / 10;
    EXPECT_NEAR(early / late, 1.0, 0.25);   // it starts near where it stays
}

TEST(Simulation, EstimateOfTimeGrowsWithTheWork) {
    const double base = estimate_seconds(network(), plan());
    EXPECT_GT(base, 0.0);
    EXPECT_GT(estimate_seconds(network(), plan(200, 400)), base);
    EXPECT_GT(estimate_seconds(network(5000), plan()), base);
    EXPECT_GT(estimate_seconds(network(5000, 500), plan()), estimate_seconds(network(5000), plan()));
}

}  // namespace
}  // namespace spikemass
