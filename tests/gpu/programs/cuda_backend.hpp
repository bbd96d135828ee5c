#pragma once
// The first GPU as a backend of the programs, and what is said of it in their JSON.

#include "host/gpu_devices.hpp"
#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

inline Backend cuda_backend() {
    return {"cuda", [](const Network& n, const GpuLayout& layout) { return make_cuda_engine(n, {0, layout}); }, [](const GpuLayout& layout) { return make_cuda_ensemble({0, layout}); }};
}

/// main() of a program on the first GPU; the JSON says which.
inline int run_on_gpu(int argc, char** argv, const std::string& name, const std::function<bool(Json&)>& body) {
    const GpuSupport support = gpu_support();
    return run_program(argc, argv, name, support.why_none, [&](Json& json) {
        json["device"] = describe(support);
        return body(json);
    });
}

}  // namespace spikemass::programs
