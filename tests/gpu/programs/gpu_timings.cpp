// Steps per second on the GPU beside its copy bandwidth (timings.hpp).
#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/device_json.hpp"
#include "tests/gpu/programs/timings.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::programs;
    return run_on_gpu(argc, argv, "gpu_timings", [](Json& out) {
        TimingPlan plan;
        plan.copy_bandwidth = copy_bandwidth;
        plan.facts = device_json;
        return run_timings(cuda_backend(), timings(), plan, out);
    });
}
