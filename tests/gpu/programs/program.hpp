#pragma once
// What the programs of scripts/gpu_check.sh share: `--json FILE`, exit codes, and the backend they run on.

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "host/gpu/engine.hpp"

namespace spikemass::programs {

using Json = nlohmann::ordered_json;

/// Engines of one device.  Programs use a GPU (cuda_backend.hpp), tests the shim.
struct Backend {
    std::string name;
    std::function<std::unique_ptr<Engine>(const Network&, const GpuLayout&)> engine;    ///< strategy R
    std::function<std::unique_ptr<Ensemble>(const GpuLayout&)> ensemble;                ///< strategy A
};

/// The main() of a program `name [--json FILE]`.  `body` fills one JSON object and says whether everything agreed; the file is written, whole or not
/// at all, also when it did not or threw (key "error").  `why_no_gpu`: empty, or why there is no device; nothing is run or written then.
/// Returns 0 everything agreed, 1 not, or an error, 2 usage, 77 no GPU.
int run_program(int argc, const char* const* argv, const std::string& name, const std::string& why_no_gpu, const std::function<bool(Json&)>& body);

/// 16 hexadecimal digits.
std::string hex(std::uint64_t x);

}  // namespace spikemass::programs
