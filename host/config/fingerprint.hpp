#pragma once
// Is this the same configuration?  A hash to ask, a list of differences to explain.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace spikemass {

/// SHA-256 as 64 hex digits.
std::string sha256(std::string_view bytes);

/// One line per path that differs, "run.dt: 0.002 -> 0.005"; "" if equal.  After `limit` lines the rest is counted.
std::string difference(const nlohmann::ordered_json& before, const nlohmann::ordered_json& after, std::size_t limit = 20);

}  // namespace spikemass
