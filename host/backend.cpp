#include "host/backend.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "models/base/error.hpp"

namespace spikemass {

namespace {

/// Below this the start of a GPU and its copies are not worth asking for.
constexpr double worth_asking_seconds = 2.0;
/// Estimates of both sides can be off by a factor of two together; predictions by more.
double clearly_faster(const DeviceCosts& costs) { return costs.measured ? 2.0 : 3.0; }

Backend on_cpu(std::string reason) {
    Backend b;
    b.reason = std::move(reason);
    return b;
}

#ifdef SPIKEMASS_HAS_CUDA
constexpr bool cuda_built = true;
#else
constexpr bool cuda_built = false;
#endif

Backend on_cuda(const GpuDevice& d, std::string reason) {
    Backend b;
    b.name = "cuda";
    b.reason = std::move(reason);
    b.device = d.name;
    b.memory_bytes = static_cast<double>(d.free_bytes);
    b.block_bytes = static_cast<std::size_t>(d.shared_bytes_per_block);
    b.together = static_cast<std::size_t>(std::max(1, 2 * d.multiprocessors));   // at most two blocks of the largest size are resident on each
#ifdef SPIKEMASS_HAS_CUDA
    const CudaOptions options{d.ordinal, {}};
    b.engine = [options](const Network& network) { return make_cuda_engine(network, options); };
    b.ensemble = [options] { return make_cuda_ensemble(options); };
#else
    b.engine = [](const Network&) -> std::unique_ptr<Engine> { throw DeviceError("backend cuda: not in this build. Use --backend cpu."); };
#endif
    return b;
}

const GpuDevice* first_usable(const GpuSupport& support) {
    const auto it = std::find_if(support.devices.begin(), support.devices.end(), [](const GpuDevice& d) { return d.why_not.empty(); });
    return it == support.devices.end() ? nullptr : &*it;
}

}  // namespace

Machine::Machine(int n) : built(cuda_built), threads(n) {}

Backend choose_backend(const std::string& request, const std::function<Workload()>& work, const Machine& machine) {
    if (request == "cpu") return on_cpu("asked for");
    if (request == "cuda") {
        if (!machine.built)
            throw ConfigurationError("--backend cuda: this build has no CUDA backend. Available: cpu (which gives the same spikes); leave --backend away or say --backend cpu, "
                                     "or build with a CUDA toolkit.");
        const GpuSupport support = machine.ask();
        if (const GpuDevice* device = first_usable(support)) return on_cuda(*device, "asked for");
        throw DeviceError("--backend cuda: no GPU can be used. " + support.why_none);
    }
    if (request != "auto") throw ConfigurationError(fmt::format("--backend {}: must be auto, cpu or cuda.", request));
    if (!machine.built) return on_cpu("this build has no CUDA backend");
    const Workload todo = work();
    const DeviceCosts& costs = machine.device_costs;
    const double here = cpu_costs.of(todo.all()) / machine.threads;
    const std::string cpu = fmt::format("{:.2g} s on {} thread{}", here, machine.threads, machine.threads == 1 ? "" : "s");
    if (here < worth_asking_seconds) return on_cpu(fmt::format("about {}, which is too short for a GPU", cpu));
    const auto compare = [&](double there) { return fmt::format("about {} and {:.2g} s on a GPU (estimates{})", cpu, there, costs.measured ? "" : "; the GPU's is a prediction"); };
    const double factor = clearly_faster(costs);
    const double typical = costs.of(todo, 2 * costs.multiprocessors, costs.multiprocessors);
    if (here < factor * typical) return on_cpu(compare(typical));
    const GpuSupport support = machine.ask();
    const GpuDevice* device = first_usable(support);
    if (!device) return on_cpu("no GPU can be used: " + support.why_none);
    Backend gpu = on_cuda(*device, "");
    const double there = costs.of(todo, static_cast<double>(gpu.together), device->multiprocessors);
    gpu.reason = compare(there);
    if (here < factor * there) return on_cpu(gpu.reason);
    if (todo.device_bytes > usable_device_part * gpu.memory_bytes)
        return on_cpu(fmt::format("{} needs about {:.2f} GiB and {:.2f} GiB are free on {}", todo.networks > 1 ? "the largest network" : "the network", todo.device_bytes / 0x1p30,
                                  usable_device_part * gpu.memory_bytes / 0x1p30, gpu.device));
    return gpu;
}

std::unique_ptr<Engine> make_engine(const Backend& backend, const Network& network, const CpuOptions& cpu) {
    return backend.engine ? backend.engine(network) : make_cpu_engine(network, cpu);
}

void check_device_memory(const Network& network, const Backend& backend) {
    if (!backend.on_device()) return;
    const double need = estimate_device_memory(network), have = usable_device_part * backend.memory_bytes;
    if (need <= have) return;
    throw CapacityError(fmt::format("device memory: the network needs about {:.2f} GiB and {:.2f} GiB are free on {}. It must fit before it is built: use fewer neurons or a "
                                    "smaller mean_indegree, a GPU with more memory, or --backend cpu.",
                                    need / 0x1p30, have / 0x1p30, backend.device.empty() ? "the device" : backend.device));
}

}  // namespace spikemass
