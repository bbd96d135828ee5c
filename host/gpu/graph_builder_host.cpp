// The device-side graph build on Thrust's host systems: what runs where there is no GPU, and checks the same code.

#include <thrust/system/cpp/execution_policy.h>
#include <thrust/system/omp/execution_policy.h>

#include <cstring>

#include "host/gpu/graph_builder.inl.hpp"

namespace spikemass::gpu {

namespace {

struct HostMemory {
    static void* allocate(std::uint64_t bytes) { return ::operator new(bytes); }
    static void release(void* p) { ::operator delete(p); }
    static void upload(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
    static void download(void* to, const void* from, std::size_t bytes) { std::memcpy(to, from, bytes); }
    static void finish() {}
    static bool ends_context(const std::exception&) { return false; }
};
struct CppSystem : HostMemory {
    template <class A>
    static auto policy(A& allocator) { return thrust::cpp::par(allocator); }
};
struct OmpSystem : HostMemory {
    template <class A>
    static auto policy(A& allocator) { return thrust::omp::par(allocator); }
};

}  // namespace

const GraphBuilder graph_builder_cpp{"cpp", build_graph_on<CppSystem>, CppSystem::download};
const GraphBuilder graph_builder_omp{"omp", build_graph_on<OmpSystem>, OmpSystem::download};

}  // namespace spikemass::gpu
