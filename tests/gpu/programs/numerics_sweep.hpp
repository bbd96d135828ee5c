#pragma once
// CPU against device, function by function.  Apart from numerics.hpp, which nvcc reads too: this one has JSON in it.

#include "tests/gpu/programs/numerics.hpp"
#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

struct NumericsPlan {
    unsigned most_log2_inputs = 32;   ///< caps every function's own number of inputs
    unsigned log2_block = 12;         ///< inputs per hash
    std::uint64_t blocks_at_once = 8192;
};

/// One row per function: inputs, differing blocks, the first differing input with both results.  True if there was none.
bool run_numerics(const std::vector<numerics::Sweep>& host, const std::vector<numerics::Sweep>& device, const NumericsPlan& plan, Json& out);

}  // namespace spikemass::programs
