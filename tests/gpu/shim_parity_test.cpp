// The device kernels' own source on the shim against the CPU engine: the same spikes in every step, records and checkpoints, on the
// golden networks, for layouts whose sizes are never multiples of anything.

#include <cmath>
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

// ---- graphs, which the device builds itself ----

/// E excites itself and X by synapses of one kind; X has sizes of both widths of targets.
Network of_kind(TopologyKind kind, double strength_sd, std::int64_t x) {
    Network n = golden::named("erdos_renyi").network;
    n.populations[0].size = 501;
    n.populations.push_back(golden::population("X", x, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}, NeuronKind::theta, 0.4));
    n.projections = {golden::projection("EE", 0, 0, kind, 30, 8, 2), golden::projection("EX", 0, 1, kind, 5, 9)};
    for (Projection& p : n.projections) {
        p.strength_sd = strength_sd;
        p.topology.half_width = 3;
        p.topology.self_connections = kind == TopologyKind::annealed;
        if (kind == TopologyKind::all_to_all) p.topology.mean_indegree = static_cast<double>(501 - (p.source == p.target));
    }
    n.projections[1].normalise = Normalise::indegree;
    return n;
}
constexpr TopologyKind drawn[] = {TopologyKind::erdos_renyi, TopologyKind::fixed_indegree, TopologyKind::fixed_outdegree, TopologyKind::lorentzian_indegree};

void expect_same_facts(const Engine& cpu, const Engine& device) {
    for (std::size_t i = 0; i < cpu.projections().size(); ++i) {
        const ProjectionFacts &a = cpu.projections()[i], &b = device.projections()[i];
        EXPECT_EQ(a.graph_checksum, b.graph_checksum);
        EXPECT_EQ(a.synapses, b.synapses);
        EXPECT_EQ(a.k_mean, b.k_mean);
        EXPECT_EQ(a.k_var, b.k_var);
        EXPECT_EQ(std::isnan(a.degree_correlation), std::isnan(b.degree_correlation));
        if (!std::isnan(a.degree_correlation)) EXPECT_EQ(a.degree_correlation, b.degree_correlation);
        EXPECT_EQ(a.weight, b.weight);
        EXPECT_EQ(a.weight_unit, b.weight_unit);
        EXPECT_EQ(a.effective_delay, b.effective_delay);
    }
}

TEST(Graphs, EveryTopologyWithBothWidthsOfTargets) {
    for (const std::int64_t x : {811, 66132})   // 66132: a multiple of 501, and more than 65,536
        for (const TopologyKind kind : {drawn[0], drawn[1], drawn[2], drawn[3], TopologyKind::all_to_all, TopologyKind::annealed})
            for (const double sd : {0.0, 4.0}) {
                const bool stored = kind != TopologyKind::all_to_all && kind != TopologyKind::annealed;
                if (sd > 0 && !stored) continue;   // weights belong to stored synapses
                SCOPED_TRACE(std::to_string(static_cast<int>(kind)) + " " + std::to_string(x) + " " + std::to_string(sd));
                const Network n = of_kind(kind, sd, x);
                const auto cpu = make_cpu_engine(n, {1, ""}), device = on_shim(n, {2, 64}, {shim::Order::random, 3});
                expect_same_facts(*cpu, *device);
                if (stored) {
                    EXPECT_EQ(device->projections()[0].format, sd > 0 ? "rows16/weighted" : "rows16");
                    EXPECT_EQ(device->projections()[1].format, std::string(x > 65536 ? "rows32" : "rows16") + (sd > 0 ? "/weighted" : ""));
                }
                const std::int64_t steps = x > 65536 ? 6 : 60;
                cpu->advance(steps);
                device->advance(steps);
                EXPECT_GT(cpu->spikes(), 10u);
                EXPECT_EQ(cpu->digest(), device->digest());
                std::stringstream a, b;
                cpu->save(a);
                device->save(b);
                EXPECT_TRUE(a.str() == b.str()) << "checkpoints differ";
                const auto again = on_shim(n, {1, 64}, {});
                again->load(a);
                again->advance(2);
                cpu->advance(2);
                EXPECT_EQ(cpu->digest(), again->digest());
            }
}

TEST(Graphs, EveryTopologyInOneLaunch) {
    gpu::EnsembleOn<ShimDevice> ensemble(std::make_shared<ShimDevice>(ShimDevice::Layout{2, 96}, shim::Options{shim::Order::random, 8}));
    std::vector<Engine*> engines;
    std::vector<std::unique_ptr<Engine>> cpu;
    for (const TopologyKind kind : drawn)
        for (const double sd : {0.0, 4.0}) {
            engines.push_back(&ensemble.add(of_kind(kind, sd, 811)));
            cpu.push_back(make_cpu_engine(of_kind(kind, sd, 811), {1, ""}));
        }
    std::vector<std::vector<PopulationBins>> out;
    ensemble.record(2, 25, {}, out);
    for (std::size_t i = 0; i < cpu.size(); ++i) {
        cpu[i]->advance(50);
        EXPECT_EQ(cpu[i]->digest(), engines[i]->digest()) << i;
    }
}

/// A device of little memory, which remembers in how many parts graphs were built.
struct Tight : ShimDevice {
    using ShimDevice::ShimDevice;
    std::uint64_t free = 0;
    static inline std::int64_t slabs = 0;
    std::uint64_t free_memory() const { return free; }
    const gpu::GraphBuilder& graphs() const {
        static const gpu::GraphBuilder watched{"watched", [](const Projection& p, const Seeds& s, std::int64_t n_sources, std::int64_t n_targets, bool same, std::uint64_t budget) {
            gpu::DeviceGraph g = gpu::host_graph_builder().build(p, s, n_sources, n_targets, same, budget);
            slabs = std::max(slabs, g.slabs);
            return g;
        }, gpu::host_graph_builder().copy_to_host};
        return watched;
    }
};
double whole_record(const Network& n) { return estimate_record_memory(n, 1, {.v = true, .order_parameter = true}); }
std::unique_ptr<Engine> on_tight(const Network& n, std::uint64_t free) {
    const auto device = std::make_shared<Tight>(ShimDevice::Layout{2, 64});
    device->free = free;
    return std::make_unique<gpu::ReferenceEngine<Tight>>(n, device);
}

TEST(Graphs, AreBuiltInSlabsWhereMemoryIsShortAndRefusedWhereItIsTooShort) {
    for (const TopologyKind kind : drawn)
        for (const double sd : {0.0, 4.0}) {
            SCOPED_TRACE(std::to_string(static_cast<int>(kind)) + " " + std::to_string(sd));
            Network n = golden::named("erdos_renyi").network;
            n.populations[0].size = 5003;
            n.projections = {golden::projection("EE", 0, 0, kind, 30, 10)};
            n.projections[0].strength_sd = sd;
            n.projections[0].topology.half_width = 4;
            const ProjectionMemory m = estimate_projection_memory(n, n.projections[0]);
            EXPECT_GE(m.graph, 30 * 5003 * (sd > 0 ? 4.0 : 2.0));
            const double least = m.graph + m.building + m.targets + recorder_bytes * 5003 + whole_record(n);   // what is still to come when the populations are there
            Tight::slabs = 0;
            const auto cpu = make_cpu_engine(n, {1, ""}), device = on_tight(n, static_cast<std::uint64_t>((least + 200000) / usable_device_part));
            if (std::string(gpu::host_graph_builder().system) == "cpp") {
                EXPECT_GE(Tight::slabs, 5);
            }
            expect_same_facts(*cpu, *device);
            cpu->advance(15);
            device->advance(15);
            EXPECT_GT(cpu->spikes(), 10u);
            EXPECT_EQ(cpu->digest(), device->digest());
            EXPECT_NO_THROW(on_tight(n, static_cast<std::uint64_t>(least / usable_device_part) + 2));
            try {
                on_tight(n, static_cast<std::uint64_t>((least - 2) / usable_device_part));
                FAIL() << "no error";
            } catch (const CapacityError& e) {
                EXPECT_NE(std::string(e.what()).find("projection.EE"), std::string::npos) << e.what();
                EXPECT_NE(std::string(e.what()).find("MiB"), std::string::npos) << e.what();
            }
        }
}

TEST(Graphs, MemoryOfLaterOnesIsKeptAside) {
    // Two projections: while the first one is built, all of the second and the arrays of both must have room.
    const Network n = of_kind(TopologyKind::fixed_indegree, 0, 811);
    double kept = whole_record(n), building = 0;
    for (const Population& p : n.populations) kept += recorder_bytes * static_cast<double>(p.size);
    for (const Projection& p : n.projections) {
        const ProjectionMemory m = estimate_projection_memory(n, p);
        kept += m.graph + m.targets;
        building = std::max(building, m.building);
    }
    EXPECT_GE(estimate_device_memory(n), device_context_bytes + kept + building);
    EXPECT_NO_THROW(on_tight(n, static_cast<std::uint64_t>((kept + building) / usable_device_part) + 2));
    const ProjectionMemory first = estimate_projection_memory(n, n.projections[spiking::projections_by_key(n).front()]);
    EXPECT_THROW(on_tight(n, static_cast<std::uint64_t>((kept + first.building - 2) / usable_device_part)), CapacityError);
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
