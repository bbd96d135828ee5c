// Graphs (graphs.hpp), digests, records and checkpoints (parity.hpp) of the GPU against the CPU over many networks.
#include <algorithm>
#include <thread>

#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/graphs.hpp"
#include "tests/gpu/programs/parity.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::programs;
    return run_on_gpu(argc, argv, "gpu_parity", [](Json& out) {
        ParityPlan plan;
        plan.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
        const bool graphs = run_graphs(spikemass::gpu::graph_builder_cuda, graph_cases(), plan.threads, true, out);
        return run_parity(cuda_backend(), parity_configurations(), plan, out) && graphs;
    });
}
