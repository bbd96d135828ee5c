#pragma once
// Tests that need a GPU: skipped, visibly and with the reason, where there is none; with SPIKEMASS_REQUIRE_GPU=1 they fail there instead.

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "host/gpu_devices.hpp"

namespace spikemass::testing {

/// Empty where a device runs this build's kernels, else why none does.
inline const std::string& why_no_gpu() {
    static const std::string why = gpu_support().why_none;
    return why;
}

inline bool gpu_required() {
    const char* value = std::getenv("SPIKEMASS_REQUIRE_GPU");
    return value && std::string(value) == "1";
}

/// Fixture of every test that launches a kernel or allocates on a device.
class GpuTest : public ::testing::Test {
protected:
    void SetUp() override {
        if (why_no_gpu().empty()) return;
        if (gpu_required()) FAIL() << "SPIKEMASS_REQUIRE_GPU=1 and no GPU: " << why_no_gpu();
        GTEST_SKIP() << "no GPU: " << why_no_gpu();
    }
};

}  // namespace spikemass::testing
