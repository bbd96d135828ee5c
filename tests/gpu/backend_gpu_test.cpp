// The front door on a real device: what --backend cuda gives is what the CPU gives, one by one and in ensembles.

#include <gtest/gtest.h>

#include "host/simulation.hpp"
#include "tests/golden/networks.hpp"
#include "tests/gpu/gpu_test.hpp"

namespace {

using namespace spikemass;

class BackendGpu : public spikemass::testing::GpuTest {};

void expect_equal(const RunResult& a, const RunResult& b, const std::string& name) {
    EXPECT_EQ(a.digest, b.digest) << name;
    EXPECT_EQ(a.spikes, b.spikes) << name;
    ASSERT_EQ(a.populations.size(), b.populations.size());
    for (std::size_t i = 0; i < a.populations.size(); ++i) {
        EXPECT_EQ(a.populations[i].spike_count, b.populations[i].spike_count) << name;
        EXPECT_EQ(a.populations[i].v, b.populations[i].v) << name;
        EXPECT_EQ(a.populations[i].z_re, b.populations[i].z_re) << name;
    }
}

TEST_F(BackendGpu, RunsAndEnsemblesAreTheCpus) {
    SimulationOptions cpu, device;
    device.backend = choose_backend("cuda", {[] { return Workload{}; }, {}});
    EXPECT_EQ(device.backend.name, "cuda");
    std::vector<Network> together;
    std::vector<RunResult> expected;
    const RunPlan plan = golden::cases().front().plan;
    for (const golden::Case& c : golden::cases()) {
        expected.push_back(run_spiking(c.network, plan, cpu));
        const RunResult alone = run_spiking(c.network, plan, device);
        EXPECT_EQ(alone.backend, "cuda");
        expect_equal(expected.back(), alone, c.name);
        if (BlockMemory(c.network).bytes() <= device.backend.devices.front().block_bytes) together.push_back(c.network);
        else expected.pop_back();
    }
    ASSERT_GT(together.size(), 1u);
    const std::vector<RunResult> results = run_spiking_together(together, plan, device);
    for (std::size_t i = 0; i < results.size(); ++i) expect_equal(expected[i], results[i], std::to_string(i));
}

}  // namespace
