#pragma once
// Network files on disk for one test, and errors taken apart.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "models/base/error.hpp"

namespace spikemass::test {

/// A folder that is gone when the test ends.
class Folder {
public:
    Folder() {
        static int count = 0;
        path_ = std::filesystem::temp_directory_path() / ("spikemass-config-" + std::to_string(::getpid()) + "-" + std::to_string(count++));
        std::filesystem::create_directories(path_);
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    std::filesystem::path write(const std::string& name, const std::string& text) const {
        std::filesystem::remove(path_ / name);    // truncating a file makes some file systems flush it
        std::ofstream(path_ / name, std::ios::binary) << text;
        return path_ / name;
    }
    std::filesystem::path path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline std::string read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

/// `text` with its only occurrence of `from` replaced.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    if (at == std::string::npos) return text;
    EXPECT_EQ(text.find(from, at + 1), std::string::npos) << "more than once: " << from;
    return text.replace(at, from.size(), to);
}

/// Runs f, which must throw an Error with this exit code and a one-paragraph message that holds all of these parts.
template <class F>
void expect_error(F&& f, const std::vector<std::string>& parts, ExitCode code = ExitCode::configuration) {
    try {
        f();
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(static_cast<int>(error.code()), static_cast<int>(code)) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
        for (const std::string& part : parts) EXPECT_NE(message.find(part), std::string::npos) << "no \"" << part << "\" in: " << message;
        return;
    }
    ADD_FAILURE() << "no error; expected one about " << (parts.empty() ? "" : parts.front());
}

/// Small, complete and valid; lines are referred to by number in the tests.
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
size   = 500
params = { eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5 } }

[population.I]
model  = "theta"
size   = 100
params = { eta = 2.0 }

[projection.EE]
source   = "E"
target   = "E"
topology = { kind = "erdos_renyi", mean_indegree = 50 }
strength = 5.0

[projection.EI]
source   = "I"
target   = "E"
topology = { kind = "fixed_indegree", mean_indegree = 20 }
strength = -4.0
synapse  = { kind = "exponential", tau = 0.5 }
delay    = 0.03

[stimulus.kick]
target    = "E"
kind      = "step"
start     = 0.5
stop      = 1.5
amplitude = 3.0
)";

}  // namespace spikemass::test
