// The device kernels' own source on the shim against the CPU engine: the same spikes in every step, records and checkpoints, on the
// golden networks, for layouts whose sizes are never multiples of anything.

#include <gtest/gtest.h>

#include <sstream>

#include "host/gpu/ensemble.hpp"
#include "host/gpu/reference_engine.hpp"
#include "host/gpu/shim_device.hpp"
#include "tests/golden/networks.hpp"

namespace {

using namespace spikemass;
using gpu::ShimDevice;

std::unique_ptr<Engine> on_shim(const Network& n, ShimDevice::Layout layout, shim::Options options) {
    return std::make_unique<gpu::ReferenceEngine<ShimDevice>>(n, std::make_shared<ShimDevice>(layout, options));
}

struct Variant {
    ShimDevice::Layout layout;
    shim::Options options;
};
const Variant variants[] = {{{1, 32, 10}, {shim::Order::random, 11}}, {{3, 64}, {shim::Order::reverse, 1}}, {{2, 96, 33}, {shim::Order::random, 5}}};   // chunks: parts of a bin, all, more than one

void expect_equal(const std::vector<PopulationBins>& a, const std::vector<PopulationBins>& b, const std::string& name) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].spike_count, b[i].spike_count) << name;
        EXPECT_EQ(a[i].rate, b[i].rate) << name;
        EXPECT_EQ(a[i].v, b[i].v) << name;
        EXPECT_EQ(a[i].z_re, b[i].z_re) << name;
        EXPECT_EQ(a[i].z_im, b[i].z_im) << name;
    }
}

class Parity : public testing::TestWithParam<std::size_t> {};

TEST_P(Parity, SpikesOfEveryStepRecordsAndCheckpoints) {
    const golden::Case c = golden::cases()[GetParam()];
    const Network& n = c.network;
    const Variant& v = variants[GetParam() % std::size(variants)];
    const auto cpu = make_cpu_engine(n, {1, ""}), device = on_shim(n, v.layout, v.options);
    ASSERT_EQ(cpu->projections().size(), device->projections().size());
    for (std::size_t i = 0; i < cpu->projections().size(); ++i) EXPECT_EQ(cpu->projections()[i].graph_checksum, device->projections()[i].graph_checksum);
    for (int step = 0; step < 100; ++step) {
        cpu->advance(1);
        device->advance(1);
        ASSERT_EQ(cpu->digest(), device->digest()) << c.name << ", step " << step;
    }
    std::vector<PopulationBins> a, b;
    cpu->record(4, 25, {true, true, false}, a);
    device->record(4, 25, {true, true, false}, b);
    EXPECT_GT(cpu->spikes(), 100u) << c.name;
    EXPECT_EQ(cpu->spikes(), device->spikes());
    expect_equal(a, b, c.name);
    std::stringstream from_cpu, from_device;
    cpu->save(from_cpu);
    device->save(from_device);
    EXPECT_TRUE(from_cpu.str() == from_device.str()) << c.name << ": checkpoints differ";
    const auto resumed = on_shim(n, {2, 64}, {});   // a CPU checkpoint goes on here, and back
    resumed->load(from_cpu);
    cpu->advance(20);
    resumed->advance(20);
    EXPECT_EQ(cpu->digest(), resumed->digest());
    std::stringstream back;
    resumed->save(back);
    const auto again = make_cpu_engine(n, {2, ""});
    again->load(back);
    again->advance(10);
    cpu->advance(10);
    EXPECT_EQ(cpu->digest(), again->digest());
}

INSTANTIATE_TEST_SUITE_P(Golden, Parity, testing::Range(std::size_t{0}, golden::cases().size()), [](const auto& info) { return golden::cases()[info.param].name; });

TEST(Parity, LayoutsAndInterleavingsDoNotMatter) {
    const Network n = golden::named("excitatory_inhibitory").network;
    const auto cpu = make_cpu_engine(n, {1, ""});
    cpu->advance(60);
    for (const Variant& v : {Variant{{1, 32}, {shim::Order::reverse, 1}}, Variant{{8, 32}, {shim::Order::random, 3}}, Variant{{1, 256}, {shim::Order::round_robin, 1}}, Variant{{5, 96}, {shim::Order::random, 77}}}) {
        const auto device = on_shim(n, v.layout, v.options);
        device->advance(60);
        EXPECT_EQ(cpu->digest(), device->digest()) << v.layout.blocks << " x " << v.layout.block_threads;
    }
}

TEST(Parity, TheSinkSeesTheSameSpikes) {
    const Network n = golden::named("fixed_indegree_delayed").network;
    const auto cpu = make_cpu_engine(n, {1, ""}), device = on_shim(n, {2, 64}, {});
    using Seen = std::vector<std::tuple<std::size_t, std::int64_t, std::vector<std::uint32_t>>>;
    const auto watch = [](Engine& e, std::int64_t steps) {
        Seen seen;
        e.set_spike_sink([&](std::size_t p, std::int64_t s, std::span<const std::uint32_t> ids) { seen.emplace_back(p, s, std::vector(ids.begin(), ids.end())); });
        e.advance(steps);
        e.set_spike_sink({});
        return seen;
    };
    EXPECT_EQ(watch(*cpu, 50), watch(*device, 50));
}

TEST(Ensemble, NetworksLargerThanABlockAreRefused) {
    gpu::EnsembleOn<ShimDevice> ensemble(std::make_shared<ShimDevice>(ShimDevice::Layout{1, 32}));
    Network n = golden::named("erdos_renyi").network;
    n.populations[0].size = 60000;
    n.projections[0].topology.mean_indegree = 1;
    ensemble.add(n);
    std::vector<std::vector<PopulationBins>> out;
    EXPECT_THROW(ensemble.record(1, 1, {}, out), CapacityError);
}

TEST(Ensemble, AllGoldenNetworksInOneLaunch) {
    // Different sizes, models, delays and graphs share a launch with fewer blocks than networks; two calls in a row, of several launches or one, then strategy R.
    const auto cases = golden::cases();
    for (const Variant& v : {Variant{{3, 96, 8}, {shim::Order::random, 9}}, Variant{{2, 32}, {shim::Order::reverse, 1}}}) {
        gpu::EnsembleOn<ShimDevice> ensemble(std::make_shared<ShimDevice>(v.layout, v.options));
        std::vector<Engine*> engines;
        std::vector<std::unique_ptr<Engine>> cpu;
        for (const golden::Case& c : cases) {
            engines.push_back(&ensemble.add(c.network));
            cpu.push_back(make_cpu_engine(c.network, {1, ""}));
        }
        std::vector<std::vector<PopulationBins>> all;
        ensemble.record(3, 7, {true, true, false}, all);
        ensemble.record(2, 20, {true, true, false}, all);
        for (std::size_t i = 0; i < cases.size(); ++i) {
            std::vector<PopulationBins> expected;
            cpu[i]->record(3, 7, {true, true, false}, expected);
            cpu[i]->record(2, 20, {true, true, false}, expected);
            expect_equal(expected, all[i], cases[i].name);
            EXPECT_EQ(cpu[i]->digest(), engines[i]->digest()) << cases[i].name;
            EXPECT_EQ(cpu[i]->spikes(), engines[i]->spikes()) << cases[i].name;
            cpu[i]->advance(9);
            engines[i]->advance(9);
            std::stringstream a, b;
            cpu[i]->save(a);
            engines[i]->save(b);
            EXPECT_TRUE(a.str() == b.str()) << cases[i].name << ": checkpoints differ";
        }
    }
}

}  // namespace
