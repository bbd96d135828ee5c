#include "host/cuda_check.hpp"

#include <gtest/gtest.h>

#include "host/gpu_devices.hpp"
#include "models/base/error.hpp"
#include "tests/gpu/gpu_test.hpp"

namespace spikemass {

using gpu::Failure;

namespace {

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// A failure on an H100, as check() would fill it in.
Failure on_h100(cudaError_t error) {
    return {.call = "cudaMalloc of the rows", .place = "host/gpu/engine.cpp:7", .error = error, .ordinal = 1, .device = "NVIDIA H100", .major = 9, .minor = 0, .driver = 12080, .runtime = 13000};
}

template <class Thrown> std::string message_of(auto&& call) {
    try {
        call();
    } catch (const Thrown& e) {
        return e.what();
    }
    return "nothing was thrown";
}

}  // namespace

TEST(CudaCheck, MessageNamesPlaceCallDeviceErrorAndRemedy) {
    const std::string m = describe(on_h100(cudaErrorInvalidValue));
    for (const char* part : {"host/gpu/engine.cpp:7: ", "cudaMalloc of the rows failed", "GPU 1 (NVIDIA H100, sm_90)", "cudaErrorInvalidValue (1): invalid argument", "please report it"})
        EXPECT_TRUE(contains(m, part)) << part << " is not in: " << m;
}

TEST(CudaCheck, RemedyFitsTheError) {
    struct Case { Failure failure; const char* part; };
    Failure no_driver{.call = {}, .place = {}, .error = cudaErrorInsufficientDriver, .device = {}, .runtime = 13000};
    Failure full = on_h100(cudaErrorMemoryAllocation);
    full.free_bytes = 3ull << 29;
    full.total_bytes = 80ull << 30;
    for (const Case& c : {Case{no_driver, "No NVIDIA driver is installed"}, Case{on_h100(cudaErrorInsufficientDriver), "The driver knows CUDA 12.8 and this program was built with 13.0"},
                          Case{full, "1.50 of 80.00 GiB of its memory are free"}, Case{on_h100(cudaErrorMemoryAllocation), "smaller network"},
                          Case{on_h100(cudaErrorNoKernelImageForDevice), "no code for compute capability 9.0"}, Case{on_h100(cudaErrorNoKernelImageForDevice), "-DCMAKE_CUDA_ARCHITECTURES=90."},
                          Case{on_h100(cudaErrorUnsupportedPtxVersion), "install a driver for CUDA 13.0"}, Case{on_h100(cudaErrorNoDevice), "CUDA_VISIBLE_DEVICES"},
                          Case{on_h100(cudaErrorIllegalAddress), "compute-sanitizer"}, Case{on_h100(cudaErrorStubLibrary), "LD_LIBRARY_PATH"},
                          Case{on_h100(cudaErrorSystemNotReady), "fabricmanager"}, Case{on_h100(cudaErrorPeerAccessUnsupported), "CUDA's documentation"}})
        EXPECT_TRUE(contains(remedy(c.failure), c.part)) << cudaGetErrorName(c.failure.error) << ": " << remedy(c.failure);
    EXPECT_FALSE(contains(remedy(on_h100(cudaErrorMemoryAllocation)), "GiB")) << "unknown memory must not be printed as 0";
}

TEST(CudaCheck, StickyErrorsAreThoseThatEndTheContext) {
    EXPECT_TRUE(gpu::is_sticky(cudaErrorIllegalAddress));
    EXPECT_TRUE(gpu::is_sticky(cudaErrorLaunchTimeout));
    EXPECT_FALSE(gpu::is_sticky(cudaErrorMemoryAllocation));
    EXPECT_FALSE(gpu::is_sticky(cudaErrorInvalidValue));
}

TEST(CudaCheck, ThrowsTheTypesOfTheProject) {
    EXPECT_NO_THROW(gpu::check(cudaSuccess, "nothing"));
    EXPECT_TRUE(contains(message_of<CapacityError>([] { gpu::check(cudaErrorMemoryAllocation, "cudaMalloc of state"); }), "cudaMalloc of state failed"));
    const std::string m = message_of<DeviceError>([] { gpu::check(cudaErrorInvalidValue, "cudaMemcpy of state"); });
    EXPECT_TRUE(contains(m, "cudaMemcpy of state failed")) << m;
    EXPECT_TRUE(m.starts_with("tests/gpu/cuda_check_test.cpp:")) << m;
    try {
        gpu::check(cudaErrorMemoryAllocation, "cudaMalloc");
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ExitCode::would_not_fit);
    }
}

/// What this very machine says: without a driver the message has to say so, with one the calls have to work.
TEST(CudaCheck, AnErrorThatEndsTheContextLosesTheDevice) {
    for (const auto& [error, lost] : {std::pair{cudaErrorIllegalAddress, true}, {cudaErrorECCUncorrectable, true}, {cudaErrorInvalidValue, false}, {cudaErrorNoDevice, false}})
        try {
            gpu::check(error, "a launch");
            ADD_FAILURE() << "not thrown";
        } catch (const DeviceError& e) {
            EXPECT_EQ(e.lost(), lost) << e.what();
        }
}

TEST(CudaCheck, RealMessageOfThisMachine) {
    int count = 0, driver = 0;
    const cudaError_t error = cudaGetDeviceCount(&count);
    const bool has_driver = cudaDriverGetVersion(&driver) == cudaSuccess && driver > 0;
    const GpuSupport support = gpu_support();
    EXPECT_TRUE(support.built);
    EXPECT_EQ(support.toolkit, cuda_version_text(CUDART_VERSION));
    EXPECT_EQ(support.devices.size(), static_cast<std::size_t>(error == cudaSuccess ? count : 0));
    if (error == cudaSuccess) {
        EXPECT_TRUE(contains(describe(support), support.devices.at(0).name));
        return;
    }
    const std::string m = message_of<DeviceError>([&] { gpu::check(error, "cudaGetDeviceCount"); });
    EXPECT_TRUE(contains(m, "cudaGetDeviceCount failed on no device: cudaError")) << m;
    EXPECT_TRUE(has_driver || contains(m, "No NVIDIA driver is installed")) << m;
    EXPECT_TRUE(contains(describe(support), support.why_none)) << describe(support);
    EXPECT_FALSE(support.why_none.empty());
}

using CudaCheckGpu = testing::GpuTest;

TEST_F(CudaCheckGpu, AllocationBeyondTheDeviceNamesItsMemory) {
    void* memory = nullptr;
    const std::string m = message_of<CapacityError>([&] { gpu::check(cudaMalloc(&memory, std::size_t{1} << 46), "cudaMalloc of 64 TiB"); });
    EXPECT_TRUE(contains(m, "GiB of its memory are free")) << m;
    gpu::check(cudaMalloc(&memory, 1024), "cudaMalloc after a failed one");
    gpu::check(cudaFree(memory), "cudaFree");
}

}  // namespace spikemass
