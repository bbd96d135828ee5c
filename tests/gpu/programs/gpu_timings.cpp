// Steps per second on the GPU beside its copy bandwidth (timings.hpp), and synapses per second of the graph build (graphs.hpp).
#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/device_json.hpp"
#include "tests/gpu/programs/graphs.hpp"
#include "tests/gpu/programs/timings.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::programs;
    return run_on_gpu(argc, argv, "gpu_timings", [](Json& out) {
        TimingPlan plan;
        plan.copy_bandwidth = copy_bandwidth;
        plan.facts = device_json;
        const bool graphs = time_graphs(spikemass::gpu::graph_builder_cuda, graph_timings(), plan.repeats, 10, out);   // first, and short: the limit of the part is for the steps
        return run_timings(cuda_backend(), timings(), plan, out) && graphs;
    });
}
