// What the first GPU can do at most (ceilings.hpp).
#include "bench/gpu/run_ceilings.hpp"
#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/device_json.hpp"

int main(int argc, char** argv) {
    using namespace spikemass::bench;
    return spikemass::programs::run_on_gpu(argc, argv, "gpu_ceilings", [](Json& out) {
        out["machine"] = machine();
        out["before"] = spikemass::programs::device_json();
        for (const unsigned blocks : {2u, 4u, 8u, 16u}) out["resident_clusters"][std::to_string(blocks)] = resident_clusters(blocks);
        const bool good = run_ceilings(ceilings_of_gpu(), {}, 50, out);
        out["after"] = spikemass::programs::device_json();
        return good;
    });
}
