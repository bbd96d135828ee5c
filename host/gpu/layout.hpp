#pragma once
// Shape of the launches on a GPU.  Spikes, records and checkpoints do not depend on it (tests/gpu/programs/layouts.hpp).

#include <cstdint>
#include <string>

#include "models/base/error.hpp"

namespace spikemass {

struct GpuLayout {
    unsigned block = 256;             ///< threads of a block of strategy R
    unsigned max_blocks = 0;          ///< of the widest launch of strategy R; 0: eight per multiprocessor
    unsigned ensemble_block = 1024;   ///< threads of a block of strategy A, which holds one network
    std::int64_t chunk_steps = 4096;  ///< steps whose record is copied at once; of a launch of strategy A
};

/// The layout, if launches take it.  Errors: ConfigurationError.
inline const GpuLayout& checked(const GpuLayout& layout) {
    const auto require = [](const char* what, unsigned threads, unsigned most) {
        if (threads == 0 || threads % 32 != 0 || threads > most)
            throw ConfigurationError(std::string("GPU layout: ") + what + " = " + std::to_string(threads) + "; it must be a multiple of 32 from 32 to " + std::to_string(most) + ".");
    };
    require("block", layout.block, 256);
    require("ensemble_block", layout.ensemble_block, 1024);
    if (layout.chunk_steps < 1 || layout.chunk_steps > 1 << 20)
        throw ConfigurationError("GPU layout: chunk_steps = " + std::to_string(layout.chunk_steps) + "; it must be from 1 to 1048576.");
    return layout;
}

}  // namespace spikemass
