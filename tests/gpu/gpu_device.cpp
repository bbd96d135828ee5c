// One line about the GPUs of this machine; exit 0 where one runs this build's kernels, 77 where none does.  scripts/gpu_check.sh asks first.
#include <cstdio>

#include "host/gpu_devices.hpp"

int main() {
    const spikemass::GpuSupport support = spikemass::gpu_support();
    std::puts(spikemass::describe(support).c_str());
    return support.why_none.empty() ? 0 : 77;
}
