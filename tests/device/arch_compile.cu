// Compiled, not run: the device side of arch.hpp and the launch wrapper.
#include "kernels/device/launch.cuh"
#include "tests/device/kernels.hpp"

namespace spikemass::device_test {

void launch_all(cudaStream_t stream, Global<unsigned> memory) {
    const Dims dims{.grid = 4, .block = 128, .cluster = 2, .shared_bytes = 4096};
    launch(BlockSum{{memory.data(), memory.size()}, memory, memory}, dims, stream);
    launch(AppendList{{memory.data(), memory.size()}, memory, memory}, dims, stream);
    launch(ClusterExchange<Barrier::cluster>{memory, 10}, dims, stream);
    launch(GridPingPong{memory, memory, 10, {memory}}, {.grid = 4, .block = 128, .cooperative = true}, stream);
    launch(FlagAndCopy{{memory.data(), memory.size()}, memory, memory, 3, 1000}, dims, stream);
}

}  // namespace spikemass::device_test
