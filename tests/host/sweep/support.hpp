#pragma once
// A small sweep from its network file, in a folder of its own.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "host/config/configuration.hpp"
#include "host/config/sweep_plan.hpp"

namespace spikemass::test {

/// A folder that is gone when the test ends.
class Folder {
public:
    Folder() {
        static int count = 0;
        path_ = std::filesystem::temp_directory_path() / ("spikemass-sweep-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

inline std::string bytes(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

inline const std::string net_toml = R"([run]
seed      = 3
time_unit = "tau"
dt        = 0.01
warmup    = 1.0
duration  = 2.0
bin       = 0.1
record    = ["rate", "v"]

[population.E]
model  = "qif"
size   = 300
params = { eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5 } }

[projection.EE]
source   = "E"
target   = "E"
topology = { kind = "erdos_renyi", mean_indegree = 30 }
strength = 5.0
)";

inline const std::string sweep_toml = net_toml + R"(
[sweep]
trials    = 3
reference = "all_to_all"
"projection.EE.topology.mean_indegree" = [10, 30]
"projection.EE.topology.kind"          = ["erdos_renyi", "fixed_indegree"]
)";

inline NetworkFile network_file(const std::string& text = sweep_toml) { return NetworkFile::from_toml(text, "net.toml"); }

}  // namespace spikemass::test
