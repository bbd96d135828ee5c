#include "tests/gpu/spmv_oracle.hpp"

#include <gtest/gtest.h>

#include <array>

#include "models/base/random.hpp"
#include "tests/gpu/gpu_test.hpp"

namespace spikemass {

using testing::GraphByTarget;

/// In-degrees between 0 and 2K, sources with repetitions.
GraphByTarget random_graph(std::int64_t n_sources, std::int64_t n_targets, std::uint64_t k) {
    GraphByTarget g{.n_sources = n_sources, .row_start = {0}, .sources = {}};
    const RandomKey key = random_key(7, name_key("oracle"), Stream::picks);
    for (std::int64_t t = 0; t < n_targets; ++t) {
        const auto degree = mulhi64(key.draw64(static_cast<std::uint64_t>(t), 0, 0), 2 * k + 1);
        for (std::uint64_t j = 0; j < degree; ++j)
            g.sources.push_back(static_cast<std::int32_t>(mulhi64(key.draw64(static_cast<std::uint64_t>(t), 1, static_cast<std::uint32_t>(j)), static_cast<std::uint64_t>(n_sources))));
        g.row_start.push_back(static_cast<std::int32_t>(g.sources.size()));
    }
    return g;
}

using SpmvOracleGpu = testing::GpuTest;

TEST_F(SpmvOracleGpu, CountsEqualThoseOfTheHost) {
    for (const auto [n_sources, n_targets, k] : {std::array<std::int64_t, 3>{1, 1, 1}, {333, 1001, 40}, {10'007, 4'999, 1'000}}) {
        const GraphByTarget g = random_graph(n_sources, n_targets, static_cast<std::uint64_t>(k));
        for (const double rate : {0.0, 0.001, 0.1, 1.0}) {
            std::vector<std::uint8_t> spiked(static_cast<std::size_t>(n_sources));
            const RandomKey key = random_key(8, name_key("spikes"), Stream::eta);
            for (std::size_t i = 0; i < spiked.size(); ++i) spiked[i] = key.uniform(i, 0, 0) < rate;
            EXPECT_EQ(testing::counts_by_cusparse(g, spiked), testing::counts_on_host(g, spiked)) << n_sources << " sources, rate " << rate;
        }
    }
}

TEST_F(SpmvOracleGpu, SeveralColumnsAtOnceEqualThoseOfTheHost) {
    const GraphByTarget g = random_graph(1009, 1501, 100);
    const RandomKey key = random_key(9, name_key("spikes"), Stream::eta);
    for (const std::size_t columns : {2u, 7u, 32u}) {   // column c at rate c/columns: no two alike, the first silent
        std::vector<std::uint8_t> spiked(columns * static_cast<std::size_t>(g.n_sources));
        for (std::size_t i = 0; i < spiked.size(); ++i) spiked[i] = key.uniform(i, columns, 0) < static_cast<double>(i / static_cast<std::size_t>(g.n_sources)) / static_cast<double>(columns);
        EXPECT_EQ(testing::counts_by_cusparse(g, spiked, columns), testing::counts_on_host(g, spiked, columns)) << columns << " columns";
    }
}

TEST_F(SpmvOracleGpu, RepeatedProductsAddNothing) {
    const GraphByTarget g{.n_sources = 2, .row_start = {0, 2, 3}, .sources = {0, 1, 1}};
    for (const std::size_t columns : {1u, 2u}) {
        const std::vector<std::uint8_t> spiked = columns == 1 ? std::vector<std::uint8_t>{1, 1} : std::vector<std::uint8_t>{1, 1, 0, 1};
        testing::CusparseProduct product(g, columns);
        product.set(spiked);
        product.run(3);
        EXPECT_EQ(product.counts(), testing::counts_on_host(g, spiked, columns));
    }
}

}  // namespace spikemass
