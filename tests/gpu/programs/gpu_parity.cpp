// Digests, records and checkpoints of the GPU against the CPU over many networks (parity.hpp).
#include <algorithm>
#include <thread>

#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/parity.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::programs;
    return run_on_gpu(argc, argv, "gpu_parity", [](Json& out) {
        ParityPlan plan;
        plan.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
        return run_parity(cuda_backend(), parity_configurations(), plan, out);
    });
}
