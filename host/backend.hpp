#pragma once
// Which backend computes a network, why, and its engines: the one place that knows of more than one.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "host/costs.hpp"
#include "host/gpu/engine.hpp"
#include "host/gpu_devices.hpp"
#include "kernels/engine.hpp"

namespace spikemass {

/// What computes beside the processor: what it has, and its engines.  Those belong to the thread that made them.
struct Device {
    std::string name;
    double memory_bytes = 0;                                            ///< free when it was chosen
    std::size_t block_bytes = 0;                                        ///< shared memory that a network may take in an ensemble
    std::size_t together = 1;                                           ///< networks in an ensemble at most
    std::function<std::unique_ptr<Engine>(const Network&)> engine;
    std::function<std::unique_ptr<Ensemble>()> ensemble;                ///< empty: networks run one by one
};

/// What computes runs.  As it is: the CPU.  Tests put in engines of their own.
struct Backend {
    std::string name = "cpu";
    std::string reason = "the default";                                 ///< why this one, in words
    std::vector<Device> devices;                                        ///< a sweep uses them all, a single run the first; empty: the processor

    bool on_device() const { return !devices.empty(); }
    /// "NVIDIA H200", "2 x NVIDIA H200, NVIDIA A100"; empty: the processor.
    std::string device_names() const;
};

/// What choose_backend knows of the machine; the driver is asked at most once, and only if the answer matters.
struct Machine {
    bool built;                                                         ///< this program has CUDA code
    int threads = 1;                                                    ///< that the CPU would use
    std::function<GpuSupport()> ask = gpu_support;
    DeviceCosts device_costs = predicted_device_costs;
    explicit Machine(int threads = 1);
};

/// What is asked about the work, and only if the answer matters: planning graphs takes its time, and a network may be too large for any device.
struct Demand {
    std::function<Workload()> work;
    std::function<void(std::span<const Device>)> check_memory;          ///< throws CapacityError where the devices hold too little; may be empty
};

/// request: auto, cpu or cuda (anything else: ConfigurationError).  `auto` takes a GPU where estimates promise that it is clearly faster at work that is worth it;
/// `cpu` never asks the driver.  A GPU means all that can be used, or exactly those of `ordinals` (as CUDA counts them), in that order; to name any is to ask
/// for `cuda`.  Errors of `cuda`: ConfigurationError (not in this build, ordinals that are not there), DeviceError (no device, or one of `ordinals`, can be used).
Backend choose_backend(const std::string& request, const Demand& demand, const Machine& machine = Machine(), const std::vector<int>& ordinals = {});
/// "0,2" of --devices: ordinals, each once.  Throws ConfigurationError.
std::vector<int> parse_devices(const std::string& text);

/// On the first device, or the CPU, where alone `cpu` matters.  Errors: those of make_cpu_engine and make_cuda_engine.
std::unique_ptr<Engine> make_engine(const Backend& backend, const Network& network, const CpuOptions& cpu = {});

/// Memory of this machine that building and running takes, bytes: on a device the graph is not in it, but the neurons' draws are.
MemoryEstimate estimate_memory(const Network& network, const Backend& backend, int threads);
/// Whether a network that takes `bytes` there (estimate_device_memory) can be built on it.
bool fits(double bytes, const Device& device);
/// Throws CapacityError if the network fits into none of the devices; the CPU is never refused here.
void check_device_memory(const Network& network, std::span<const Device> devices);

}  // namespace spikemass
