// Every exact function on the GPU against the CPU, up to 2^28 inputs each (numerics_kernel.hpp).
#include <algorithm>
#include <thread>

#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/cuda_sweeps.hpp"
#include "tests/gpu/programs/numerics_sweep.hpp"

int main(int argc, char** argv) {
    using namespace spikemass;
    return programs::run_on_gpu(argc, argv, "gpu_numerics", [](programs::Json& out) {
        const int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
        return programs::run_numerics(numerics::host_sweeps(threads), numerics::cuda_sweeps(), {}, out);
    });
}
