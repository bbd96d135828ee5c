#include "host/gpu_devices.hpp"

#include <gtest/gtest.h>

namespace spikemass {

TEST(GpuDevices, VersionText) {
    EXPECT_EQ(cuda_version_text(12040), "12.4");
    EXPECT_EQ(cuda_version_text(13000), "13.0");
}

TEST(GpuDevices, OneLineForEverySituation) {
    EXPECT_EQ(describe(GpuSupport{.toolkit = {}, .architectures = {}, .devices = {}, .why_none = "not in this build"}), "not in this build");
    GpuSupport s{.built = true, .toolkit = "13.0", .architectures = "90-real", .devices = {}, .why_none = "No NVIDIA driver is installed."};
    EXPECT_EQ(describe(s), "CUDA 13.0 (90-real), no driver; no GPU: No NVIDIA driver is installed.");
    s.driver = 13010;
    s.why_none.clear();
    s.devices = {{.ordinal = 0, .name = "NVIDIA H100", .major = 9, .minor = 0, .multiprocessors = 132, .free_bytes = 79ull << 30, .total_bytes = 80ull << 30, .why_not = {}},
                 {.ordinal = 1, .name = "Tesla V100", .major = 7, .minor = 0, .multiprocessors = 80, .free_bytes = 1ull << 30, .total_bytes = 16ull << 30, .why_not = "too old"}};
    EXPECT_EQ(describe(s), "CUDA 13.0 (90-real), driver for CUDA 13.1; GPU 0: NVIDIA H100, sm_90, 132 SMs, 79.0 of 80.0 GiB free; "
                           "GPU 1: Tesla V100, sm_70, 80 SMs, 1.0 of 16.0 GiB free (cannot be used: too old)");
}

TEST(GpuDevices, AskingNeverThrows) {
    const GpuSupport s = gpu_support();
    bool usable = false;
    for (const GpuDevice& d : s.devices) usable |= d.why_not.empty();
    EXPECT_EQ(s.why_none.empty(), usable) << describe(s);
}

}  // namespace spikemass
