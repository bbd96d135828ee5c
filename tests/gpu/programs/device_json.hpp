#pragma once
// Facts about the first GPU as JSON.

#include "tests/gpu/programs/device_facts.hpp"
#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

inline Json device_json() {
    const DeviceFacts f = device_facts();
    return {{"name", f.name}, {"driver", f.driver}, {"driver_cuda", f.driver_cuda}, {"runtime_cuda", f.runtime_cuda}, {"multiprocessors", f.multiprocessors}, {"clock_max_hz", f.clock_max_hz},
            {"clock_hz", f.clock_hz}, {"l2_bytes", f.l2_bytes}, {"memory_bytes", f.memory_bytes}};
}

}  // namespace spikemass::programs
