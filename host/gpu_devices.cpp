#include "host/gpu_devices.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#ifdef SPIKEMASS_CUDA_ARCHITECTURES
#include "host/cuda_check.hpp"
#endif

namespace spikemass {

std::string cuda_version_text(int version) { return fmt::format("{}.{}", version / 1000, version % 1000 / 10); }

std::string describe(const GpuSupport& s) {
    if (!s.built) return s.why_none;
    std::string line = fmt::format("CUDA {} ({}), ", s.toolkit, s.architectures);
    line += s.driver ? fmt::format("driver for CUDA {}", cuda_version_text(s.driver)) : "no driver";
    constexpr double gib = 1024.0 * 1024 * 1024;
    for (const GpuDevice& d : s.devices) {
        line += fmt::format("; GPU {}: {}, sm_{}{}, {} SMs, {:.1f} of {:.1f} GiB free", d.ordinal, d.name, d.major, d.minor, d.multiprocessors, d.free_bytes / gib, d.total_bytes / gib);
        if (!d.why_not.empty()) line += fmt::format(" (cannot be used: {})", d.why_not);
    }
    if (s.devices.empty()) line += "; no GPU: " + s.why_none;
    return line;
}

#ifdef SPIKEMASS_CUDA_ARCHITECTURES

GpuSupport gpu_support() {
    GpuSupport s;
    s.built = true;
    s.toolkit = cuda_version_text(CUDART_VERSION);
    s.architectures = SPIKEMASS_CUDA_ARCHITECTURES;
    if (cudaDriverGetVersion(&s.driver) != cudaSuccess) s.driver = 0;
    int count = 0;
    if (const cudaError_t error = cudaGetDeviceCount(&count); error != cudaSuccess) {
        cudaGetLastError();
        s.why_none = gpu::remedy({.call = {}, .place = {}, .error = error, .device = {}, .driver = s.driver, .runtime = CUDART_VERSION});
        return s;
    }
    int before = 0;
    const bool had = cudaGetDevice(&before) == cudaSuccess;
    bool usable = false;
    for (int i = 0; i < count; ++i) {
        GpuDevice d;
        d.ordinal = i;
        cudaDeviceProp properties{};
        cudaError_t error = cudaGetDeviceProperties(&properties, i);
        if (error == cudaSuccess) {
            d.name = properties.name;
            d.major = properties.major;
            d.minor = properties.minor;
            d.multiprocessors = properties.multiProcessorCount;
            d.total_bytes = properties.totalGlobalMem;
            d.shared_bytes_per_block = properties.sharedMemPerBlockOptin;
            error = cudaSetDevice(i);
        }
        std::size_t free = 0, total = 0;
        if (error == cudaSuccess && (error = cudaMemGetInfo(&free, &total)) == cudaSuccess) d.free_bytes = free;
        if (error == cudaSuccess) error = gpu::probe_kernel_image();
        if (error != cudaSuccess) {
            d.why_not = gpu::remedy({.call = {}, .place = {}, .error = error, .ordinal = i, .device = d.name, .major = d.major, .minor = d.minor, .driver = s.driver, .runtime = CUDART_VERSION});
            cudaGetLastError();
        }
        usable |= d.why_not.empty();
        if (s.why_none.empty()) s.why_none = d.why_not;
        s.devices.push_back(std::move(d));
    }
    if (had) cudaSetDevice(before);
    if (usable) s.why_none.clear();
    return s;
}

#else

GpuSupport gpu_support() {
    GpuSupport s;
    s.why_none = "not in this build";
    return s;
}

#endif

}  // namespace spikemass
