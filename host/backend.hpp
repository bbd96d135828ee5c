#pragma once
// Which backend computes a network, why, and its engines: the one place that knows of more than one.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "host/costs.hpp"
#include "host/gpu/engine.hpp"
#include "host/gpu_devices.hpp"
#include "kernels/engine.hpp"

namespace spikemass {

/// What computes a run.  As it is: the CPU.  Tests put in engines of their own.
struct Backend {
    std::string name = "cpu";
    std::string reason = "the default";                                 ///< why this one, in words
    std::string device;                                                 ///< its name; empty: the processor
    double memory_bytes = 0;                                            ///< of the device, free when it was chosen
    std::size_t block_bytes = 0;                                        ///< shared memory that a network may take in an ensemble
    std::size_t together = 1;                                           ///< networks in an ensemble at most
    std::function<std::unique_ptr<Engine>(const Network&)> engine;      ///< empty: make_cpu_engine
    std::function<std::unique_ptr<Ensemble>()> ensemble;                ///< empty: networks run one by one

    bool on_device() const { return static_cast<bool>(engine); }
};

/// What choose_backend knows of the machine; the driver is asked at most once, and only if the answer matters.
struct Machine {
    bool built;                                                         ///< this program has CUDA code
    int threads = 1;                                                    ///< that the CPU would use
    std::function<GpuSupport()> ask = gpu_support;
    DeviceCosts device_costs = predicted_device_costs;
    explicit Machine(int threads = 1);
};

/// request: auto, cpu or cuda (anything else: ConfigurationError).  `auto` takes a GPU where estimates promise that it is clearly faster at work that is worth it;
/// `cpu` never asks the driver.  Errors of `cuda`: ConfigurationError (not in this build), DeviceError (no device can be used).
Backend choose_backend(const std::string& request, const std::function<Workload()>& work, const Machine& machine = Machine());

/// `cpu` matters on the CPU alone.  Errors: those of make_cpu_engine and make_cuda_engine.
std::unique_ptr<Engine> make_engine(const Backend& backend, const Network& network, const CpuOptions& cpu = {});

/// Throws CapacityError if the network does not fit into what the device had free; the CPU is never refused here.
void check_device_memory(const Network& network, const Backend& backend);

}  // namespace spikemass
