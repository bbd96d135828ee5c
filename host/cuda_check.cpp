#include "host/cuda_check.hpp"

#include <fmt/format.h>

#include "host/gpu_devices.hpp"
#include "models/base/error.hpp"

namespace spikemass::gpu {

namespace {

double gibibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / (1024.0 * 1024 * 1024); }

/// Path from the root of the sources, which is where every include starts.
std::string short_path(std::string_view file) {
    for (std::string_view top : {"/host/", "/kernels/", "/tests/", "/bench/"})
        if (const auto at = file.rfind(top); at != std::string_view::npos) return std::string(file.substr(at + 1));
    return std::string(file);
}

}  // namespace

bool is_sticky(cudaError_t error) {
    switch (error) {
        case cudaErrorIllegalAddress: case cudaErrorLaunchTimeout: case cudaErrorLaunchFailure: case cudaErrorHardwareStackError: case cudaErrorIllegalInstruction:
        case cudaErrorMisalignedAddress: case cudaErrorInvalidAddressSpace: case cudaErrorInvalidPc: case cudaErrorAssert: case cudaErrorECCUncorrectable:
            return true;
        default: return false;
    }
}

std::string remedy(const Failure& f) {
    switch (f.error) {
        case cudaErrorInsufficientDriver:
        case cudaErrorCallRequiresNewerDriver:
            if (f.driver == 0) return "No NVIDIA driver is installed (libcuda.so.1 was not found): install one, give the container access to it (--gpus all), or use --backend cpu.";
            return fmt::format("The driver knows CUDA {} and this program was built with {}: install a newer driver, build with an older toolkit, or use --backend cpu.",
                               cuda_version_text(f.driver), cuda_version_text(f.runtime));
        case cudaErrorStubLibrary:
            return "The libcuda.so of the toolkit's folder stubs was loaded instead of the driver's: take that folder out of LD_LIBRARY_PATH.";
        case cudaErrorNoDevice:
            return "The driver shows no GPU: see nvidia-smi and CUDA_VISIBLE_DEVICES, or use --backend cpu.";
        case cudaErrorInvalidDevice:
            return "There is no device of that number: see nvidia-smi and CUDA_VISIBLE_DEVICES.";
        case cudaErrorDevicesUnavailable:
            return "Another process holds the device exclusively, or it is being reset: see nvidia-smi for processes and compute mode.";
        case cudaErrorSystemDriverMismatch:
        case cudaErrorCompatNotSupportedOnDevice:
            return "Kernel module and libcuda.so.1 of the driver do not fit together: reboot after an update, and keep CUDA's folder compat out of LD_LIBRARY_PATH.";
        case cudaErrorSystemNotReady:
            return "The system's GPU services are not running yet (nvidia-fabricmanager on machines with NVSwitch): start them.";
        case cudaErrorMemoryAllocation: {
            const std::string memory = f.total_bytes ? fmt::format("{:.2f} of {:.2f} GiB of its memory are free. ", gibibytes(f.free_bytes), gibibytes(f.total_bytes)) : "";
            return memory + "Use a smaller network or fewer networks at a time, end other programs on this device, or use --backend cpu.";
        }
        case cudaErrorNoKernelImageForDevice:
        case cudaErrorInvalidDeviceFunction:
            return fmt::format("This program has no code for compute capability {}.{}: it was built for {}; build it with -DCMAKE_CUDA_ARCHITECTURES={}{}.", f.major, f.minor,
                               SPIKEMASS_CUDA_ARCHITECTURES, f.major, f.minor);
        case cudaErrorUnsupportedPtxVersion:
        case cudaErrorJitCompilerNotFound:
        case cudaErrorInvalidPtx:
            return fmt::format("The driver cannot compile this program's PTX for compute capability {}.{}: install a driver for CUDA {} or later, or build with -DCMAKE_CUDA_ARCHITECTURES={}{}.",
                               f.major, f.minor, cuda_version_text(f.runtime), f.major, f.minor);
        case cudaErrorECCUncorrectable:
            return "The device's memory is faulty: nothing computed there may be trusted; see nvidia-smi -q -d ECC.";
        case cudaErrorInvalidValue:
        case cudaErrorInvalidConfiguration:
        case cudaErrorLaunchOutOfResources:
            return "This is a fault of Spikemass: please report it with this message; --backend cpu gives the same spikes.";
        default:
            if (is_sticky(f.error))
                return "A kernel failed and the results of this launch are lost; the device can be used again by a new process. Please report it with the output of compute-sanitizer; "
                       "--backend cpu gives the same spikes.";
            return "See CUDA's documentation of this error; --backend cpu gives the same spikes.";
    }
}

std::string describe(const Failure& f) {
    const std::string device = f.ordinal < 0 ? "no device" : f.device.empty() ? fmt::format("GPU {}", f.ordinal) : fmt::format("GPU {} ({}, sm_{}{})", f.ordinal, f.device, f.major, f.minor);
    return fmt::format("{}: {} failed on {}: {} ({}): {}. {}", f.place, f.call, device, cudaGetErrorName(f.error), static_cast<int>(f.error), cudaGetErrorString(f.error), remedy(f));
}

void check(cudaError_t error, const std::string& call, std::source_location place) {
    if (error == cudaSuccess) return;
    Failure f{.call = call, .place = fmt::format("{}:{}", short_path(place.file_name()), place.line()), .error = error, .device = {}};
    cudaGetLastError();   // clears an error that does not end the context
    if (cudaDriverGetVersion(&f.driver) != cudaSuccess) f.driver = 0;
    if (cudaRuntimeGetVersion(&f.runtime) != cudaSuccess) f.runtime = 0;
    int devices = 0;
    if (f.driver > 0 && cudaGetDeviceCount(&devices) == cudaSuccess && devices > 0 && cudaGetDevice(&f.ordinal) == cudaSuccess) {
        cudaDeviceProp properties{};
        if (cudaGetDeviceProperties(&properties, f.ordinal) == cudaSuccess) {
            f.device = properties.name;
            f.major = properties.major;
            f.minor = properties.minor;
        }
        std::size_t free = 0, total = 0;
        if (!is_sticky(error) && cudaMemGetInfo(&free, &total) == cudaSuccess) {
            f.free_bytes = free;
            f.total_bytes = total;
        }
    } else {
        f.ordinal = -1;
    }
    cudaGetLastError();
    if (error == cudaErrorMemoryAllocation) throw CapacityError(describe(f));
    throw DeviceError(describe(f), is_sticky(error));
}

void check(cudaError_t error, const char* call, std::source_location place) {
    if (error != cudaSuccess) check(error, std::string(call), place);
}

}  // namespace spikemass::gpu
