#include "bench/gpu/ceilings.hpp"
#include "host/gpu/cuda_device.cuh"

namespace spikemass::bench {

namespace {

using gpu::check;

/// Memory of gpu::CudaDevice; launches of any shape in a stream of their own, timed by events.
class BenchDevice : public gpu::CudaDevice {
public:
    BenchDevice() : CudaDevice(0) {
        check(cudaStreamCreateWithFlags(&stream_, cudaStreamNonBlocking), "cudaStreamCreateWithFlags");
        check(cudaEventCreate(&start_), "cudaEventCreate");
        check(cudaEventCreate(&end_), "cudaEventCreate");
    }
    ~BenchDevice() {
        cudaEventDestroy(start_);
        cudaEventDestroy(end_);
        cudaStreamDestroy(stream_);
    }
    template <class Kernel>
    void launch_as(const Kernel& kernel, const Dims& dims) {
        arch::launch(kernel, dims, stream_);
    }
    template <class Work>
    double seconds(Work&& work) {
        check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");   // arrays are zeroed in another stream
        check(cudaEventRecord(start_, stream_), "cudaEventRecord");
        work();
        check(cudaEventRecord(end_, stream_), "cudaEventRecord");
        check(cudaEventSynchronize(end_), "cudaEventSynchronize");
        float ms = 0;
        check(cudaEventElapsedTime(&ms, start_, end_), "cudaEventElapsedTime");
        return 1e-3 * static_cast<double>(ms);
    }
    cudaStream_t stream() const { return stream_; }

private:
    cudaStream_t stream_ = nullptr;
    cudaEvent_t start_ = nullptr, end_ = nullptr;
};

/// A graph of nodes, one after the other; gone with the object.
class NodeGraph {
public:
    NodeGraph(BenchDevice& device, Global<u32> sum, const Dims& dims, int nodes) {
        cudaGraph_t graph = nullptr;
        check(cudaStreamBeginCapture(device.stream(), cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
        for (int i = 0; i < nodes; ++i) device.launch_as(Node{sum}, dims);
        check(cudaStreamEndCapture(device.stream(), &graph), "cudaStreamEndCapture");
        const cudaError_t made = cudaGraphInstantiate(&run_, graph, 0);
        cudaGraphDestroy(graph);
        check(made, "cudaGraphInstantiate");
    }
    ~NodeGraph() {
        if (run_) cudaGraphExecDestroy(run_);
    }
    NodeGraph(const NodeGraph&) = delete;
    NodeGraph& operator=(const NodeGraph&) = delete;
    void launch(cudaStream_t stream) { check(cudaGraphLaunch(run_, stream), "cudaGraphLaunch"); }

private:
    cudaGraphExec_t run_ = nullptr;
};

int attribute(cudaDeviceAttr what) {
    int value = 0;
    check(cudaDeviceGetAttribute(&value, what, 0), "cudaDeviceGetAttribute");
    return value;
}

}  // namespace

std::vector<Point> ceilings_of_gpu() {
    const auto device = std::make_shared<BenchDevice>();
    CeilingSizes sizes;
    sizes.multiprocessors = static_cast<unsigned>(attribute(cudaDevAttrMultiProcessorCount));
    sizes.shared_limit = static_cast<std::uint64_t>(attribute(cudaDevAttrMaxSharedMemoryPerMultiprocessor));
    const auto most = static_cast<unsigned>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin));
    std::erase_if(sizes.shared_bytes, [&](unsigned bytes) { return bytes > most; });
    if (attribute(cudaDevAttrComputeCapabilityMajor) < 9) sizes.clusters.clear();
    else if (resident_clusters(16) > 0) sizes.clusters.push_back(16);
    std::vector<Point> all = ceiling_points(device, sizes);

    constexpr int nodes = 256;
    const Dims dims{sizes.multiprocessors, sizes.wide, 1, 0, false};
    all.push_back({"B6", "node of a graph", {{"nodes", nodes}, {"blocks", dims.grid}, {"threads", dims.block}}, nodes, "nodes", [=] {
                       auto sum = std::make_shared<BenchDevice::Array<u32>>(*device, 1);
                       auto graph = std::make_shared<NodeGraph>(*device, sum->view(), dims, nodes);
                       return [=](std::int64_t calls) {
                           u32 got = 0;
                           device->upload(*sum, &got, 1);
                           const double seconds = device->seconds([&] {
                               for (std::int64_t i = 0; i < calls; ++i) graph->launch(device->stream());
                           });
                           device->download(*sum, &got, 1);
                           if (got != nodes * static_cast<u32>(calls)) throw DeviceError("graph: " + std::to_string(got) + " nodes ran in " + std::to_string(calls) + " graphs of " + std::to_string(nodes) + ".");
                           return seconds;
                       };
                   }});
    return all;
}

int resident_clusters(unsigned blocks) {
    if (attribute(cudaDevAttrComputeCapabilityMajor) < 9) return 0;
    const auto function = &arch::entry<ClusterSync>;
    const auto most = static_cast<std::size_t>(attribute(cudaDevAttrMaxSharedMemoryPerBlockOptin));   // so that there is one block per multiprocessor
    check(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(most)), "cudaFuncSetAttribute");
    if (blocks > 8) check(cudaFuncSetAttribute(function, cudaFuncAttributeNonPortableClusterSizeAllowed, 1), "cudaFuncSetAttribute");
    cudaLaunchAttribute cluster;
    cluster.id = cudaLaunchAttributeClusterDimension;
    cluster.val.clusterDim = {blocks, 1, 1};
    cudaLaunchConfig_t config{};
    config.gridDim = dim3(blocks);
    config.blockDim = dim3(256);
    config.dynamicSmemBytes = most;
    config.attrs = &cluster;
    config.numAttrs = 1;
    int count = 0;
    check(cudaOccupancyMaxActiveClusters(&count, function, &config), "cudaOccupancyMaxActiveClusters");
    return count;
}

}  // namespace spikemass::bench
