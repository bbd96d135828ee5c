#include "tests/gpu/programs/device_facts.hpp"

#include <cuda_runtime.h>

#include <algorithm>
#include <fstream>
#include <utility>
#include <vector>

#include "host/cuda_check.hpp"

namespace spikemass::programs {

namespace {

using gpu::check;

__global__ void spin(long long cycles, long long* spent) {
    const long long start = clock64();
    long long now = start;
    while (now - start < cycles) now = clock64();
    *spent = now - start;
}

struct Memory {
    explicit Memory(std::size_t bytes) { check(cudaMalloc(&data, bytes), "cudaMalloc of " + std::to_string(bytes) + " bytes"); }
    ~Memory() { cudaFree(data); }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    void* data = nullptr;
};

/// Milliseconds between two events in the default stream.
class Stopwatch {
public:
    Stopwatch() {
        check(cudaEventCreate(&start_), "cudaEventCreate");
        check(cudaEventCreate(&end_), "cudaEventCreate");
    }
    ~Stopwatch() {
        cudaEventDestroy(start_);
        cudaEventDestroy(end_);
    }
    template <class Work>
    double milliseconds(Work&& work) {
        check(cudaEventRecord(start_), "cudaEventRecord");
        work();
        check(cudaEventRecord(end_), "cudaEventRecord");
        check(cudaEventSynchronize(end_), "cudaEventSynchronize");
        float ms = 0;
        check(cudaEventElapsedTime(&ms, start_, end_), "cudaEventElapsedTime");
        return static_cast<double>(ms);
    }

private:
    cudaEvent_t start_ = nullptr, end_ = nullptr;
};

double attribute(cudaDeviceAttr what) {
    int value = 0;
    check(cudaDeviceGetAttribute(&value, what, 0), "cudaDeviceGetAttribute");
    return value;
}

}  // namespace

DeviceFacts device_facts() {
    DeviceFacts f;
    check(cudaSetDevice(0), "cudaSetDevice");
    cudaDeviceProp properties;
    check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
    check(cudaDriverGetVersion(&f.driver_cuda), "cudaDriverGetVersion");
    check(cudaRuntimeGetVersion(&f.runtime_cuda), "cudaRuntimeGetVersion");
    f.name = properties.name;
    f.multiprocessors = properties.multiProcessorCount;
    f.l2_bytes = properties.l2CacheSize;
    f.memory_bytes = static_cast<double>(properties.totalGlobalMem);
    f.clock_max_hz = 1e3 * attribute(cudaDevAttrClockRate);
    std::ifstream version("/proc/driver/nvidia/version");
    std::getline(version, f.driver);

    Memory spent(sizeof(long long));
    Stopwatch watch;
    const auto run = [&](long long cycles) {
        const double ms = watch.milliseconds([&] {
            spin<<<1, 1>>>(cycles, static_cast<long long*>(spent.data));
            gpu::check_launch("spin");
        });
        long long done = 0;
        check(cudaMemcpy(&done, spent.data, sizeof done, cudaMemcpyDeviceToHost), "cudaMemcpy");
        return std::pair{static_cast<double>(done), ms * 1e-3};
    };
    run(1000);
    const auto [few, short_time] = run(1 << 20);   // the launch itself drops out of the difference
    const auto [many, long_time] = run(1 << 24);
    if (long_time > short_time) f.clock_hz = (many - few) / (long_time - short_time);
    return f;
}

double copy_bandwidth() {
    check(cudaSetDevice(0), "cudaSetDevice");
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    const std::size_t bytes = std::min<std::size_t>(std::size_t{1} << 30, free / 8);
    const Memory from(bytes), to(bytes);
    check(cudaMemset(from.data, 1, bytes), "cudaMemset");
    Stopwatch watch;
    std::vector<double> ms;
    for (int i = 0; i < 6; ++i) {   // the first one warms up
        const double t = watch.milliseconds([&] {
            for (int k = 0; k < 4; ++k) check(cudaMemcpyAsync(to.data, from.data, bytes, cudaMemcpyDeviceToDevice), "cudaMemcpyAsync");
        });
        if (i > 0) ms.push_back(t);
    }
    std::nth_element(ms.begin(), ms.begin() + 2, ms.end());
    return 4.0 * 2.0 * static_cast<double>(bytes) / (ms[2] * 1e-3);
}

}  // namespace spikemass::programs
