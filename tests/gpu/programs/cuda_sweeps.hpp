#pragma once
#include "tests/gpu/programs/numerics.hpp"

namespace spikemass::numerics {

/// On the first GPU.
std::vector<Sweep> cuda_sweeps();

}  // namespace spikemass::numerics
