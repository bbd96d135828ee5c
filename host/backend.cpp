#include "host/backend.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

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

Device cuda_device(const GpuDevice& d) {
    Device device;
    device.name = d.name;
    device.memory_bytes = static_cast<double>(d.free_bytes);
    device.block_bytes = static_cast<std::size_t>(d.shared_bytes_per_block);
    device.together = static_cast<std::size_t>(std::max(1, 2 * d.multiprocessors));   // at most two blocks of the largest size are resident on each
#ifdef SPIKEMASS_HAS_CUDA
    const CudaOptions options{d.ordinal, {}};
    device.engine = [options](const Network& network) { return make_cuda_engine(network, options); };
    device.ensemble = [options] { return make_cuda_ensemble(options); };
#else
    device.engine = [](const Network&) -> std::unique_ptr<Engine> { throw DeviceError("backend cuda: not in this build. Use --backend cpu."); };
#endif
    return device;
}

/// All that can be used.
Backend on_cuda(const GpuSupport& support, std::string reason) {
    Backend b;
    b.name = "cuda";
    b.reason = std::move(reason);
    for (const GpuDevice& d : support.devices)
        if (d.why_not.empty()) b.devices.push_back(cuda_device(d));
    return b;
}

/// Exactly those that were named.
Backend on_named(const GpuSupport& support, const std::vector<int>& ordinals) {
    Backend b;
    b.name = "cuda";
    b.reason = "asked for";
    std::vector<std::string> there;
    for (const GpuDevice& d : support.devices) there.push_back(fmt::format("{} ({})", d.ordinal, d.name));
    for (const int n : ordinals) {
        const auto d = std::find_if(support.devices.begin(), support.devices.end(), [n](const GpuDevice& g) { return g.ordinal == n; });
        if (d == support.devices.end())
            throw ConfigurationError(fmt::format("--devices {}: there is no such GPU. Devices are counted as CUDA does within CUDA_VISIBLE_DEVICES; this process sees {}. "
                                                 "Name some of these; `spikemass doctor` lists them.", n, fmt::join(there, ", ")));
        if (!d->why_not.empty()) throw DeviceError(fmt::format("--devices {}: {} cannot be used. {}", n, d->name, d->why_not));
        b.devices.push_back(cuda_device(*d));
    }
    return b;
}

const GpuDevice* first_usable(const GpuSupport& support) {
    const auto it = std::find_if(support.devices.begin(), support.devices.end(), [](const GpuDevice& d) { return d.why_not.empty(); });
    return it == support.devices.end() ? nullptr : &*it;
}

}  // namespace

Machine::Machine(int n) : built(cuda_built), threads(n) {}

Backend choose_backend(const std::string& request, const Demand& demand, const Machine& machine, const std::vector<int>& ordinals) {
    if (request == "cpu") {
        if (!ordinals.empty()) throw ConfigurationError("--devices: names GPUs, and --backend cpu uses none. Leave one of them away.");
        return on_cpu("asked for");
    }
    if (request == "cuda" || (request == "auto" && !ordinals.empty())) {
        if (!machine.built)
            throw ConfigurationError(fmt::format("{}: this build has no CUDA backend. Available: cpu (which gives the same spikes); leave --backend and --devices away or say --backend cpu, "
                                                 "or build with a CUDA toolkit.", ordinals.empty() ? "--backend cuda" : "--devices"));
        const GpuSupport support = machine.ask();
        if (!first_usable(support)) throw DeviceError("--backend cuda: no GPU can be used. " + support.why_none);
        return ordinals.empty() ? on_cuda(support, "asked for") : on_named(support, ordinals);
    }
    if (request != "auto") throw ConfigurationError(fmt::format("--backend {}: must be auto, cpu or cuda.", request));
    if (!machine.built) return on_cpu("this build has no CUDA backend");
    const Workload todo = demand.work();
    const DeviceCosts& costs = machine.device_costs;
    const double here = cpu_costs.of(todo.all()) / machine.threads;
    const std::string cpu = fmt::format("{:.2g} s on {} thread{}", here, machine.threads, machine.threads == 1 ? "" : "s");
    if (here < worth_asking_seconds) return on_cpu(fmt::format("about {}, which is too short for a GPU", cpu));
    const auto compare = [&](double there) { return fmt::format("about {} and {:.2g} s on a GPU (estimates{})", cpu, there, costs.measured ? "" : "; the GPU's is a prediction"); };
    const double factor = clearly_faster(costs);
    const double typical = costs.of(todo, 2 * costs.multiprocessors, costs.multiprocessors);
    if (here < factor * typical) return on_cpu(compare(typical));
    const GpuSupport support = machine.ask();
    const GpuDevice* first = first_usable(support);
    if (!first) return on_cpu("no GPU can be used: " + support.why_none);
    Backend gpu = on_cuda(support, "");
    double together = 0;
    for (const Device& d : gpu.devices) together += static_cast<double>(d.together);
    const double there = costs.of(todo, together, first->multiprocessors);
    gpu.reason = compare(there);
    if (here < factor * there) return on_cpu(gpu.reason);
    try {
        if (demand.check_memory) demand.check_memory(gpu.devices);
    } catch (const CapacityError& e) {
        return on_cpu(std::string("too large for a GPU: ") + e.what());
    }
    return gpu;
}

std::vector<int> parse_devices(const std::string& text) {
    std::vector<int> ordinals;
    const char *at = text.data(), *const last = at + text.size();
    for (bool good = true; good;) {
        int n = -1;
        const auto [end, error] = std::from_chars(at, last, n);
        good = error == std::errc() && n >= 0 && (end == last || *end == ',') && std::find(ordinals.begin(), ordinals.end(), n) == ordinals.end();
        if (!good) break;
        ordinals.push_back(n);
        if (end == last) return ordinals;
        at = end + 1;
    }
    throw ConfigurationError(fmt::format("--devices {}: must be numbers of GPUs separated by commas, each once, as 0,2. `spikemass doctor` lists them.", text));
}

std::string Backend::device_names() const {
    std::vector<std::pair<std::string, int>> counted;
    for (const Device& d : devices) {
        const auto it = std::find_if(counted.begin(), counted.end(), [&](const auto& c) { return c.first == d.name; });
        if (it == counted.end()) counted.emplace_back(d.name, 1);
        else ++it->second;
    }
    std::string names;
    for (const auto& [name, n] : counted) names += (names.empty() ? "" : ", ") + (n > 1 ? fmt::format("{} x {}", n, name) : name);
    return names;
}

std::unique_ptr<Engine> make_engine(const Backend& backend, const Network& network, const CpuOptions& cpu) {
    return backend.on_device() ? backend.devices.front().engine(network) : make_cpu_engine(network, cpu);
}

MemoryEstimate estimate_memory(const Network& network, const Backend& backend, int threads) {
    MemoryEstimate e = estimate_memory(network, CpuOptions{threads, ""});
    if (!backend.on_device()) return e;
    constexpr double draws = 40, tables = 4e6;   // of a neuron: parameters and phases in double precision, columns; of a network: the record's pinned halves and the like
    e.bytes = tables;
    for (const Population& p : network.populations) e.bytes += draws * static_cast<double>(p.size);
    return e;
}

bool fits(double bytes, const Device& device) { return bytes <= usable_device_part * device.memory_bytes; }

void check_device_memory(const Network& network, std::span<const Device> devices) {
    if (devices.empty()) return;
    const double need = estimate_device_memory(network);
    const Device& largest = *std::max_element(devices.begin(), devices.end(), [](const Device& a, const Device& b) { return a.memory_bytes < b.memory_bytes; });
    if (fits(need, largest)) return;
    throw CapacityError(fmt::format("device memory: the network needs about {:.2f} GiB and {:.2f} GiB are free on {}. It must fit before it is built: use fewer neurons or a "
                                    "smaller mean_indegree, a GPU with more memory, or --backend cpu.",
                                    need / 0x1p30, usable_device_part * largest.memory_bytes / 0x1p30, largest.name.empty() ? "the device" : largest.name));
}

}  // namespace spikemass
