#pragma once
// Which GPUs this program can use, or why none: plain data, so that whoever asks needs neither CUDA's headers nor its libraries.

#include <cstdint>
#include <string>
#include <vector>

namespace spikemass {

struct GpuDevice {
    int ordinal = 0;                     ///< as CUDA counts them, after CUDA_VISIBLE_DEVICES
    std::string name;
    int major = 0, minor = 0;            ///< compute capability
    int multiprocessors = 0;
    std::uint64_t free_bytes = 0, total_bytes = 0;
    std::uint64_t shared_bytes_per_block = 0;   ///< the most that a kernel can ask for
    std::string why_not;                 ///< empty: this build's kernels run on it
};

struct GpuSupport {
    bool built = false;                  ///< this program has CUDA code
    std::string toolkit;                 ///< "13.0"
    std::string architectures;           ///< "80-real, 90-real, 90-virtual"
    int driver = 0;                      ///< newest CUDA version that the driver knows, 1000 major + 10 minor; 0: no driver
    std::vector<GpuDevice> devices;
    std::string why_none;                ///< one sentence and its remedy where no device can be used, else empty
};

/// Asks the driver; creates a context on every device (some tenths of a second each).  Never throws.
GpuSupport gpu_support();

/// One line for people: "CUDA 13.0 (80-real, ...), driver for 13.1; GPU 0: NVIDIA H100 80GB HBM3, sm_90, 132 SMs, 78.9 of 79.6 GiB free" or why none.
std::string describe(const GpuSupport& support);

/// "13.0" of 13000.
std::string cuda_version_text(int version);

}  // namespace spikemass
