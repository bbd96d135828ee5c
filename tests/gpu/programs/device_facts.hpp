#pragma once
// What a timing needs beside it: which GPU, its clock, the driver, what a plain copy reaches.

#include <string>

namespace spikemass::programs {

struct DeviceFacts {
    std::string name, driver;          ///< driver: its own version line, or empty
    int driver_cuda = 0, runtime_cuda = 0;   ///< 1000 major + 10 minor
    int multiprocessors = 0;
    double clock_max_hz = 0;           ///< of the multiprocessors, as the driver says
    double clock_hz = 0;               ///< measured now: cycles of a spinning thread over their time
    double l2_bytes = 0, memory_bytes = 0;
};

/// Of the first GPU.  Errors: DeviceError.
DeviceFacts device_facts();

/// Bytes read + written per second by cudaMemcpy on the device, 1 GiB (or an eighth of the free memory) at a time, median of 5.
double copy_bandwidth();

}  // namespace spikemass::programs
