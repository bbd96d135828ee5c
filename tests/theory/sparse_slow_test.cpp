// The denser of the sparse networks: a minute or more.

#include "tests/theory/sparse_shift.hpp"

namespace spikemass::theory {
namespace {

TEST(FixedIndegree, SecondCumulantAt1000) { expect_fixed_indegree(1000, {32, 256, 64}); }

}  // namespace
}  // namespace spikemass::theory
