#include "tests/gpu/spmv_oracle.hpp"

#include <cusparse.h>

#include <cmath>
#include <string>

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
    explicit Memory(std::size_t bytes) : bytes_(bytes) { gpu::check(cudaMalloc(&data_, bytes ? bytes : 1), "cudaMalloc of " + std::to_string(bytes) + " bytes"); }
    template <class T> explicit Memory(const std::vector<T>& values) : Memory(values.size() * sizeof(T)) {
        gpu::check(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice), "cudaMemcpy to the device");
    }
    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;
    ~Memory() { cudaFree(data_); }
    void* get() const { return data_; }
    std::size_t bytes() const { return bytes_; }
private:
    void* data_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace

struct CusparseProduct::State {
    State(const GraphByTarget& graph, std::size_t n_columns)
        : columns(n_columns), sources(static_cast<std::size_t>(graph.n_sources)), targets(static_cast<std::size_t>(graph.n_targets())), row_start(graph.row_start), source(graph.sources),
          value(std::vector<float>(graph.sources.size(), 1.0f)), x(columns * sources * sizeof(float)), y(columns * targets * sizeof(float)) {}
    ~State() {
        if (x_vector) cusparseDestroyDnVec(x_vector);
        if (y_vector) cusparseDestroyDnVec(y_vector);
        if (x_matrix) cusparseDestroyDnMat(x_matrix);
        if (y_matrix) cusparseDestroyDnMat(y_matrix);
        if (matrix) cusparseDestroySpMat(matrix);
        if (context) cusparseDestroy(context);
    }
    void prepare() {
        const auto rows = static_cast<std::int64_t>(targets), width = static_cast<std::int64_t>(sources), n = static_cast<std::int64_t>(columns);
        check(cusparseCreate(&context), "cusparseCreate");
        check(cusparseCreateCsr(&matrix, rows, width, static_cast<std::int64_t>(source.bytes() / sizeof(std::int32_t)), row_start.get(), source.get(), value.get(), CUSPARSE_INDEX_32I, CUSPARSE_INDEX_32I,
                                CUSPARSE_INDEX_BASE_ZERO, CUDA_R_32F),
              "cusparseCreateCsr");
        std::size_t bytes = 0;
        if (columns == 1) {
            check(cusparseCreateDnVec(&x_vector, width, x.get(), CUDA_R_32F), "cusparseCreateDnVec");
            check(cusparseCreateDnVec(&y_vector, rows, y.get(), CUDA_R_32F), "cusparseCreateDnVec");
            check(cusparseSpMV_bufferSize(context, plain, &one, matrix, x_vector, &zero, y_vector, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, &bytes), "cusparseSpMV_bufferSize");
            buffer = std::make_unique<Memory>(bytes);
            check(cusparseSpMV_preprocess(context, plain, &one, matrix, x_vector, &zero, y_vector, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, buffer->get()), "cusparseSpMV_preprocess");
        } else {
            check(cusparseCreateDnMat(&x_matrix, width, n, n, x.get(), CUDA_R_32F, CUSPARSE_ORDER_ROW), "cusparseCreateDnMat");
            check(cusparseCreateDnMat(&y_matrix, rows, n, n, y.get(), CUDA_R_32F, CUSPARSE_ORDER_ROW), "cusparseCreateDnMat");
            check(cusparseSpMM_bufferSize(context, plain, plain, &one, matrix, x_matrix, &zero, y_matrix, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG2, &bytes), "cusparseSpMM_bufferSize");
            buffer = std::make_unique<Memory>(bytes);
            check(cusparseSpMM_preprocess(context, plain, plain, &one, matrix, x_matrix, &zero, y_matrix, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG2, buffer->get()), "cusparseSpMM_preprocess");
        }
    }

    static constexpr auto plain = CUSPARSE_OPERATION_NON_TRANSPOSE;
    const float one = 1.0f, zero = 0.0f;
    std::size_t columns, sources, targets;
    Memory row_start, source, value, x, y;   // x [source][column], y [target][column]
    std::unique_ptr<Memory> buffer;
    cusparseHandle_t context = nullptr;
    cusparseSpMatDescr_t matrix = nullptr;
    cusparseDnVecDescr_t x_vector = nullptr, y_vector = nullptr;
    cusparseDnMatDescr_t x_matrix = nullptr, y_matrix = nullptr;
};

CusparseProduct::CusparseProduct(const GraphByTarget& graph, std::size_t columns) : state_(std::make_unique<State>(graph, columns)) { state_->prepare(); }
CusparseProduct::~CusparseProduct() = default;

void CusparseProduct::set(const std::vector<std::uint8_t>& spiked) {
    const State& s = *state_;
    if (spiked.size() != s.columns * s.sources) throw DeviceError("CusparseProduct: spikes of " + std::to_string(spiked.size()) + " sources, and the product takes " + std::to_string(s.columns * s.sources) + ".");
    std::vector<float> x(spiked.size());
    for (std::size_t c = 0; c < s.columns; ++c)
        for (std::size_t i = 0; i < s.sources; ++i) x[i * s.columns + c] = spiked[c * s.sources + i];
    gpu::check(cudaMemcpy(s.x.get(), x.data(), x.size() * sizeof(float), cudaMemcpyHostToDevice), "cudaMemcpy of spikes");
}

void CusparseProduct::run(std::int64_t times) {
    State& s = *state_;
    for (std::int64_t i = 0; i < times; ++i) {
        if (s.columns == 1)
            check(cusparseSpMV(s.context, s.plain, &s.one, s.matrix, s.x_vector, &s.zero, s.y_vector, CUDA_R_32F, CUSPARSE_SPMV_ALG_DEFAULT, s.buffer->get()), "cusparseSpMV");
        else
            check(cusparseSpMM(s.context, s.plain, s.plain, &s.one, s.matrix, s.x_matrix, &s.zero, s.y_matrix, CUDA_R_32F, CUSPARSE_SPMM_CSR_ALG2, s.buffer->get()), "cusparseSpMM");
    }
    gpu::check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
}

std::vector<std::uint32_t> CusparseProduct::counts() const {
    const State& s = *state_;
    std::vector<float> sums(s.columns * s.targets);
    gpu::check(cudaMemcpy(sums.data(), s.y.get(), sums.size() * sizeof(float), cudaMemcpyDeviceToHost), "cudaMemcpy of counts");
    std::vector<std::uint32_t> counts(sums.size());
    for (std::size_t c = 0; c < s.columns; ++c)
        for (std::size_t t = 0; t < s.targets; ++t) {
            const float sum = sums[t * s.columns + c];
            if (!(sum >= 0.0f && sum < 0x1p24f && sum == std::floor(sum))) throw DeviceError("cuSPARSE: target " + std::to_string(t) + " got " + std::to_string(sum) + ", which is no count.");
            counts[c * s.targets + t] = static_cast<std::uint32_t>(sum);
        }
    return counts;
}

}  // namespace spikemass::testing
