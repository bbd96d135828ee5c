// Every microbenchmark's kernel on the shim: its sums are what plain loops say, and a wrong one is found.
#include <gtest/gtest.h>

#include <set>

#include "bench/gpu/run_ceilings.hpp"
#include "host/gpu/shim_device.hpp"

namespace {

using namespace spikemass;
using namespace spikemass::bench;

struct BenchShim : gpu::ShimDevice {
    BenchShim() : ShimDevice(Layout{2, 64}) {}
    template <class Kernel>
    void launch_as(const Kernel& kernel, const arch::Dims& dims) {
        if (++launches % lost_every == 0) return;
        const cpu::FloatingPointGuard guard;
        shim::launch(kernel, dims, {.seed = static_cast<std::uint64_t>(launches)});
    }
    template <class Work>
    double seconds(Work&& work) { return work(), 1e-3; }
    std::int64_t launches = 0, lost_every = 1 << 30;
};

CeilingSizes small() {
    return {.multiprocessors = 4, .blocks_each = 2, .threads = 64, .wide = 96, .stream_bytes = 1600, .read_bytes = {16384}, .chase_bytes = {1280}, .red_bytes = {40, 4000}, .shared_bytes = {32, 256}, .shared_limit = 3000,
            .clusters = {2, 4}, .each = 3, .rounds = 5};
}
const MeasurePlan quick{.repeats = 5, .seconds_per_run = 2e-3, .most_calls = 2};

TEST(Ceilings, EverySumIsRight) {
    Json out;
    EXPECT_TRUE(run_ceilings(ceiling_points(std::make_shared<BenchShim>(), small()), quick, 1e9, out)) << out.dump(1);
    std::set<std::string> ids;
    for (const Json& row : out["rows"]) {
        ids.insert(row["id"].get<std::string>());
        EXPECT_EQ(row["seconds"]["runs"].size(), 5u);
        EXPECT_DOUBLE_EQ(row["per_second"].get<double>() * row["seconds"]["median"].get<double>(), row["operations"].get<double>());
    }
    EXPECT_EQ(ids, (std::set<std::string>{"B0", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8"}));
}

TEST(Ceilings, ALostLaunchIsFound) {
    // Reading and writing the same again shows nothing; whatever adds up does.
    auto device = std::make_shared<BenchShim>();
    device->lost_every = 4;
    Json out;
    EXPECT_FALSE(run_ceilings(ceiling_points(device, small()), quick, 1e9, out));
    for (const Json& row : out["rows"])
        if (row["what"] != "write" && row["what"] != "copy") {
            EXPECT_TRUE(row.contains("error")) << row;
        }
}

TEST(Ceilings, BlocksFitTheSharedMemory) {
    for (const Point& p : ceiling_points(std::make_shared<BenchShim>(), CeilingSizes{})) {
        if (p.id != "B3") continue;
        EXPECT_LE(p.parameters[1].second * (p.parameters[0].second + 1024), 227 * 1024);
        EXPECT_LE(p.parameters[1].second * p.parameters[2].second, 2048);
    }
}

TEST(Ceilings, WhatTimeIsTooShortForIsSaid) {
    Json out;
    EXPECT_FALSE(run_ceilings(ceiling_points(std::make_shared<BenchShim>(), small()), quick, 0, out));
    for (const Json& row : out["rows"]) EXPECT_TRUE(row.contains("not_measured") && !row.contains("seconds"));
}

}  // namespace
