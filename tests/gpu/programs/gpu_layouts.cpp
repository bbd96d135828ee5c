// One network in many layouts, 20 times each beside another load: one digest (layouts.hpp).
#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/layouts.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::programs;
    return run_on_gpu(argc, argv, "gpu_layouts", [](Json& out) {
        LayoutPlan plan;
        plan.layouts = layouts();
        return run_layouts(cuda_backend(), layout_network(), plan, out);
    });
}
