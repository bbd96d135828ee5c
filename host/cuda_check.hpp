#pragma once
// Checked CUDA calls: every failure says which call, on which device, what CUDA says, and what to do.

#include <cuda_runtime_api.h>

#include <cstdint>
#include <source_location>
#include <string>

namespace spikemass::gpu {

/// What is known about a failed call; unknown parts stay empty or 0.
struct Failure {
    std::string call;                             ///< "cudaMalloc of 3.2 GiB for the rows of EE"
    std::string place;                            ///< "host/gpu/engine.cpp:120"
    cudaError_t error = cudaSuccess;
    int ordinal = -1;                             ///< device; -1: none was chosen yet
    std::string device;                           ///< its name
    int major = 0, minor = 0;                     ///< its compute capability
    int driver = 0, runtime = 0;                  ///< CUDA versions, 1000 major + 10 minor; driver 0: none is installed
    std::uint64_t free_bytes = 0, total_bytes = 0;   ///< memory of the device; 0, 0: not known
};

/// One paragraph: call, device, CUDA's name and words for the error, remedy.
std::string describe(const Failure& failure);
/// The remedy alone: a sentence.
std::string remedy(const Failure& failure);
/// True where the error ends the CUDA context: every later call of this process on this device fails too.
bool is_sticky(cudaError_t error);

/// Throws CapacityError (out of device memory) or DeviceError (anything else) unless `error` is cudaSuccess.  Fills in what it can ask the driver for,
/// and clears the error where CUDA allows that.
void check(cudaError_t error, const char* call, std::source_location place = std::source_location::current());
void check(cudaError_t error, const std::string& call, std::source_location place = std::source_location::current());
/// After a launch: its configuration (bad arguments, no code for this device).  Errors inside the kernel appear at the next synchronising call.
inline void check_launch(const char* kernel, std::source_location place = std::source_location::current()) {
    if (const cudaError_t error = cudaGetLastError(); error != cudaSuccess) check(error, std::string("launch of ") + kernel, place);
}

/// What cudaFuncGetAttributes says of an empty kernel on the current device: is there code for it in this program.
cudaError_t probe_kernel_image();

}  // namespace spikemass::gpu
