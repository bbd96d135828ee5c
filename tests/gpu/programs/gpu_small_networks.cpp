// 50 steps of networks of about 500 neurons by strategies R and A, against the CPU: short enough for compute-sanitizer.
#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/parity.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::programs;
    return run_on_gpu(argc, argv, "gpu_small_networks",
                      [](Json& out) { return run_parity(cuda_backend(), small_configurations(), {.bins = 2, .steps_per_bin = 25, .steps_after = 10}, out); });
}
