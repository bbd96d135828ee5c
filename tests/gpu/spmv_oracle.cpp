#include "tests/gpu/spmv_oracle.hpp"

#include <cusparse.h>

#include <cmath>
#include <source_location>

#include "host/cuda_check.hpp"
#include "models/base/error.hpp"

namespace spikemass::testing {

namespace {

void check(cusparseStatus_t status, const char* call) {
    if (status != CUSPARSE_STATUS_SUCCESS) throw DeviceError(std::string(call) + " failed: " + cusparseGetErrorName(status) + ": " + cusparseGetErrorString(status) + ".");
}

/// Device memory with the lifetime of its scope.
class Memory {
public:
    explicit Memory(std::size_t bytes) { gpu::check(cudaMalloc(&data_, bytes ? bytes : 1), "cudaMalloc of " + std::to_string(bytes) + " bytes"); }
    template <class T> explicit Memory(const std::vector<T>& values) : Memory(values.size() * sizeof(T)) {
        gpu::check(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy to the device");
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { cudaFree(data_); }
    void* get() const { return data_; }
private:
    void* data_ = nullptr;
};

struct Handles {
    cusparseHandle_t context = nullptr;
    cusparseSpMatDescr_t matrix = nullptr;
    cusparseDnVecDescr_t x = nullptr, y = nullptr;
    ~Handles() {
        if (x) cusparseDestroyDnVec(x);
        if (y) cusparseDestroyDnVec(y);
        if (matrix) cusparseDestroySpMat(matrix);
        if (context) cusparseDestroy(context);
    }
};

}  // namespace

std::vector<std::uint32_t> counts_by_cusparse(const GraphByTarget& graph, const std::vector<std::uint8_t>& spiked) {
    const auto n = graph.n_targets();
    const auto synapses = static_cast<std::int64_t>(graph.sources.size());
    const Memory rows(graph.row_start), columns(graph.sources), values(std::vector<float>(graph.sources.size(), 1.0f));
    const Memory x(std::vector<float>(spiked.begin(), spiked.end())), y(static_cast<std::size_t>(n) * sizeof(float));
    Handles h;
    check(cusparseCreate(&h.context), "cusparseCreate");
    check(cusparseCreateCsr(&h.matrix, n, graph.n_sources, synapses, rows.get(), columns.get(), values.get(), CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I, CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F),
          "cusparseCreateCsr");
    check(cusparseCreateDnVec(&h.x, graph.n_sources, x.get(), CUDA_R_32F), "cusparseCreateDnVec");
    check(cusparseCreateDnVec(&h.y, n, y.get(), CUDA_R_32F), "cusparseCreateDnVec");
    const float one = 1.0f, zero = 0.0f;
    std::size_t bytes = 0;
    check(cusparseSpMV_bufferSize(h.context, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, h.matrix, h.x, &zero, h.y, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, &bytes), "cusparseSpMV_bufferSize");
    const Memory buffer(bytes);
    check(cusparseSpMV(h.context, CUSPARSE_OPERATION_NON_TRANSPOSE, &one, h.matrix, h.x, &zero, h.y, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, buffer.get()), "cusparseSpMV");
    std::vector<float> sums(static_cast<std::size_t>(n));
    gpu::check(cudaMemcpy(sums.data(), y.get(), sums.size() * sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy of counts");
    std::vector<std::uint32_t> counts(sums.size());
    for (std::size_t t = 0; t < counts.size(); ++t) {
        if (!(sums[t] >= 0.0f && sums[t] < 0x1p24f && sums[t] == std::floor(sums[t]))) throw DeviceError("cusparseSpMV: target " + std::to_string(t) + " got " + std::to_string(sums[t]) + ", which is no count.");
        counts[t] = static_cast<std::uint32_t>(sums[t]);
    }
    return counts;
}

}  // namespace spikemass::testing
