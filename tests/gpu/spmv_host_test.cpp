#include <gtest/gtest.h>

#include "tests/gpu/spmv_oracle.hpp"

namespace spikemass {

using testing::GraphByTarget;

TEST(SpmvOracle, HostCountsByHand) {
    const GraphByTarget g{.n_sources = 3, .row_start = {0, 2, 2, 5}, .sources = {0, 2, 1, 1, 2}};   // target 2 hears source 1 twice
    EXPECT_EQ(testing::counts_on_host(g, {1, 0, 1}), (std::vector<std::uint32_t>{2, 0, 1}));
    EXPECT_EQ(testing::counts_on_host(g, {0, 1, 0}), (std::vector<std::uint32_t>{0, 0, 2}));
}

TEST(SpmvOracle, SeveralColumnsByHand) {
    const GraphByTarget g{.n_sources = 3, .row_start = {0, 2, 2, 5}, .sources = {0, 2, 1, 1, 2}};
    EXPECT_EQ(testing::counts_on_host(g, {1, 0, 1, 0, 1, 0}, 2), (std::vector<std::uint32_t>{2, 0, 1, 0, 0, 2}));
}

}  // namespace spikemass
