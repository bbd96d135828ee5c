#include "host/gpu/cuda_device.cuh"
#include "host/gpu/engine.hpp"
#include "host/gpu/ensemble.hpp"
#include "host/gpu/reference_engine.hpp"

namespace spikemass {

std::unique_ptr<Engine> make_cuda_engine(const Network& network, const CudaOptions& options) {
    return std::make_unique<gpu::ReferenceEngine<gpu::CudaDevice>>(network, std::make_shared<gpu::CudaDevice>(options.device, options.layout));
}

std::unique_ptr<Ensemble> make_cuda_ensemble(const CudaOptions& options) {
    return std::make_unique<gpu::EnsembleOn<gpu::CudaDevice>>(std::make_shared<gpu::CudaDevice>(options.device, options.layout));
}

}  // namespace spikemass
