#include "host/cpu/isa.hpp"

#include <cstdlib>
#include <cstring>

namespace spikemass::cpu {

const Isa& best_isa() {
    const char* forced = std::getenv("SPIKEMASS_ISA");
    if (forced && std::strcmp(forced, "v3") == 0) return isa_v3;
    const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return v4 ? isa_v4 : isa_v3;
}

}  // namespace spikemass::cpu
