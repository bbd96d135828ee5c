// Our scatter of spiking rows beside cuSPARSE's products with the whole matrix, on the first GPU (dense_baseline.hpp).
#include <algorithm>
#include <thread>

#include "bench/gpu/dense_baseline.hpp"
#include "tests/gpu/programs/cuda_backend.hpp"
#include "tests/gpu/programs/device_json.hpp"

namespace {

using namespace spikemass;
using namespace spikemass::bench;

/// A product of cuSPARSE as a way: all synapses in every step.
class ProductWay final : public Way {
public:
    ProductWay(const BaselineGraph& g, std::size_t columns) : columns_(columns), sources_(g.start.size() - 1), product_(g.by_target, columns) {}
    std::size_t columns() const override { return columns_; }
    void set(const std::vector<std::vector<std::uint32_t>>& spikes) override {
        std::vector<std::uint8_t> spiked(columns_ * sources_, 0);
        for (std::size_t c = 0; c < columns_; ++c)
            for (const std::uint32_t i : spikes.at(c)) spiked[c * sources_ + i] = 1;
        product_.set(spiked);
    }
    void run(std::int64_t calls) override { product_.run(calls); }
    std::vector<std::uint32_t> counts(std::int64_t) const override { return product_.counts(); }

private:
    std::size_t columns_, sources_;
    testing::CusparseProduct product_;
};

}  // namespace

int main(int argc, char** argv) {
    return programs::run_on_gpu(argc, argv, "gpu_dense_baseline", [](Json& out) {
        out["machine"] = machine();
        out["before"] = programs::device_json();
        BaselinePlan plan;
        plan.threads = static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 1u, 16u));
        const auto product = [](std::size_t columns) { return [=](const BaselineGraph& g) { return std::make_unique<ProductWay>(g, columns); }; };
        const bool good = run_baseline({{"scatter", scatter_on_gpu}, {"spmv", product(1)}, {"spmm", product(32)}}, plan, out);
        out["after"] = programs::device_json();
        return good;
    });
}
