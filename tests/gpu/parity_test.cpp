// On a device: the CUDA engine against the CPU engine, digest by digest, records and checkpoints, on the golden networks and on larger ones.

#include <gtest/gtest.h>

#include <sstream>

#include "host/gpu/engine.hpp"
#include "tests/golden/networks.hpp"
#include "tests/gpu/gpu_test.hpp"

namespace {

using namespace spikemass;

class CudaParity : public spikemass::testing::GpuTest, public ::testing::WithParamInterface<std::size_t> {};

void compare(const Network& n, std::int64_t single_steps, std::int64_t steps) {
    const auto cpu = make_cpu_engine(n, {2, ""}), gpu = make_cuda_engine(n);
    for (std::size_t i = 0; i < cpu->projections().size(); ++i) EXPECT_EQ(cpu->projections()[i].graph_checksum, gpu->projections()[i].graph_checksum);
    for (std::int64_t step = 0; step < single_steps; ++step) {
        cpu->advance(1);
        gpu->advance(1);
        ASSERT_EQ(cpu->digest(), gpu->digest()) << "step " << step;
    }
    std::vector<PopulationBins> a, b;
    cpu->record(steps / 50, 50, {true, true, false}, a);
    gpu->record(steps / 50, 50, {true, true, false}, b);
    EXPECT_GT(cpu->spikes(), 100u);
    EXPECT_EQ(cpu->digest(), gpu->digest());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].spike_count, b[i].spike_count);
        EXPECT_EQ(a[i].v, b[i].v);
        EXPECT_EQ(a[i].z_re, b[i].z_re);
        EXPECT_EQ(a[i].z_im, b[i].z_im);
    }
    std::stringstream from_cpu, from_gpu;
    cpu->save(from_cpu);
    gpu->save(from_gpu);
    EXPECT_TRUE(from_cpu.str() == from_gpu.str()) << "checkpoints differ";
}

TEST_P(CudaParity, GoldenNetwork) {
    const golden::Case c = golden::cases()[GetParam()];
    SCOPED_TRACE(c.name);
    compare(c.network, 100, 2000);
}
INSTANTIATE_TEST_SUITE_P(Golden, CudaParity, ::testing::Range(std::size_t{0}, golden::cases().size()), [](const auto& info) { return golden::cases()[info.param].name; });

using CudaParityLarge = spikemass::testing::GpuTest;
TEST_F(CudaParityLarge, HundredThousandNeurons) {
    Network n = golden::named("erdos_renyi").network;
    n.populations[0].size = 100003;
    n.projections[0].topology.mean_indegree = 1000;
    compare(n, 20, 500);
}

TEST_F(CudaParityLarge, HundredNetworksInOneLaunch) {
    const auto ensemble = make_cuda_ensemble();
    std::vector<Engine*> gpu;
    std::vector<std::unique_ptr<Engine>> cpu;
    const auto cases = golden::cases();
    for (std::size_t i = 0; i < 100; ++i) {
        Network n = cases[i % cases.size()].network;
        n.seeds.graph += i;
        n.seeds.init += i;
        gpu.push_back(&ensemble->add(n));
        cpu.push_back(make_cpu_engine(n, {1, ""}));
    }
    std::vector<std::vector<PopulationBins>> all;
    ensemble->record(10, 50, {true, true, false}, all);
    for (std::size_t i = 0; i < cpu.size(); ++i) {
        std::vector<PopulationBins> expected;
        cpu[i]->record(10, 50, {true, true, false}, expected);
        EXPECT_EQ(cpu[i]->digest(), gpu[i]->digest()) << i;
        for (std::size_t p = 0; p < expected.size(); ++p) {
            EXPECT_EQ(expected[p].spike_count, all[i][p].spike_count) << i;
            EXPECT_EQ(expected[p].v, all[i][p].v) << i;
            EXPECT_EQ(expected[p].z_re, all[i][p].z_re) << i;
        }
    }
}

}  // namespace
