// Memory that may still be taken: the machine's free memory, or what is left of the control group that a scheduler set.

#include <algorithm>
#include <fstream>
#include <string>

#include "kernels/engine.hpp"

namespace spikemass {

namespace {

/// First number of a file; negative if there is none ("max", no such file).
double number_in(const std::string& path) {
    std::ifstream in(path);
    double x = -1;
    return in >> x ? x : -1;
}

}  // namespace

double available_memory() {
    double bytes = 1e300;
    std::ifstream info("/proc/meminfo");
    for (std::string key, unit; info >> key;) {
        double kib = 0;
        if (key == "MemAvailable:" && info >> kib) {
            bytes = kib * 1024.0;
            break;
        }
        std::getline(info, unit);
    }
    std::string group;
    std::ifstream own("/proc/self/cgroup");
    for (std::string line; std::getline(own, line);)
        if (line.starts_with("0::")) group = line.substr(3);
    for (; ; group = group.substr(0, group.find_last_of('/'))) {   // a limit may sit on any parent
        const std::string base = "/sys/fs/cgroup" + group;
        const double limit = number_in(base + "/memory.max"), used = number_in(base + "/memory.current");
        if (limit >= 0 && used >= 0) bytes = std::min(bytes, std::max(0.0, limit - used));
        if (group.empty() || group == "/") break;
    }
    const double limit = number_in("/sys/fs/cgroup/memory/memory.limit_in_bytes"), used = number_in("/sys/fs/cgroup/memory/memory.usage_in_bytes");
    if (limit >= 0 && used >= 0) bytes = std::min(bytes, std::max(0.0, limit - used));
    return bytes;
}

}  // namespace spikemass
