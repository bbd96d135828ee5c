// RandomKey on the device (cuRAND's Philox) against RandomKey on the host (Random123's): the same words.
#include <vector>

#include "host/cuda_check.hpp"
#include "tests/gpu/gpu_test.hpp"
#include "tests/gpu/philox_counters.hpp"

namespace spikemass {

/// sums[k] += mix64(word k + mix64(i)) over all counters i: order-free, and a wrong word changes it.
__global__ void philox_sums(std::uint64_t n, unsigned long long* sums) {
    unsigned long long own[5] = {};
    for (std::uint64_t i = blockIdx.x * std::uint64_t{blockDim.x} + threadIdx.x; i < n; i += std::uint64_t{gridDim.x} * blockDim.x) {
        const auto c = testing::philox_counter(i);
        const uint4 w = curand_Philox4x32_10(make_uint4(c.word[0], c.word[1], c.word[2], c.word[3]), make_uint2(c.key[0], c.key[1]));
        own[0] += mix64(w.x + mix64(i));
        own[1] += mix64(w.y + mix64(i));
        own[2] += mix64(w.z + mix64(i));
        own[3] += mix64(w.w + mix64(i));
        const RandomKey key{mix64(i >> 12), Stream::annealed};
        own[4] += mix64(key.draw64(i & 0xffffff, i >> 3, static_cast<std::uint32_t>(i & 7)) + mix64(i));
    }
    for (int k = 0; k < 5; ++k) atomicAdd(&sums[k], own[k]);
}

using PhiloxGpu = testing::GpuTest;

TEST_F(PhiloxGpu, DeviceWordsEqualRandom123) {
    constexpr std::uint64_t n = testing::philox_counters;
    std::vector<unsigned long long> want(5, 0), got(5, 0);
    for (std::uint64_t i = 0; i < n; ++i) {
        const auto c = testing::philox_counter(i);
        const auto w = r123::Philox4x32{}({{c.word[0], c.word[1], c.word[2], c.word[3]}}, {{c.key[0], c.key[1]}});
        for (int k = 0; k < 4; ++k) want[k] += mix64(w[k] + mix64(i));
        const RandomKey key{mix64(i >> 12), Stream::annealed};
        want[4] += mix64(key.draw64(i & 0xffffff, i >> 3, static_cast<std::uint32_t>(i & 7)) + mix64(i));
    }
    unsigned long long* sums = nullptr;
    gpu::check(cudaMalloc(&sums, 5 * sizeof *sums), "cudaMalloc of 40 bytes");
    gpu::check(cudaMemset(sums, 0, 5 * sizeof *sums), "cudaMemset");
    philox_sums<<<264, 256>>>(n, sums);
    gpu::check_launch("philox_sums");
    gpu::check(cudaMemcpy(got.data(), sums, 5 * sizeof *sums, cudaMemcpyDeviceToHost), "cudaMemcpy of sums");
    gpu::check(cudaFree(sums), "cudaFree");
    for (int k = 0; k < 5; ++k) EXPECT_EQ(got[k], want[k]) << (k < 4 ? "word " : "draw64 ") << k;
}

}  // namespace spikemass
