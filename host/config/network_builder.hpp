#pragma once
// Canonical JSON -> Network: steps, in-degrees, references by name; the rules that concern more than one key.

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/canonical.hpp"
#include "host/config/configuration.hpp"

namespace spikemass::config {

/// Fills `out.run`, `out.network` (seeds of trial 0) and `out.plan` from `out.resolved`, and completes the latter:
/// mean_indegree where a probability was given.  Throws ConfigurationError.
void build_network(const Reading& reading, Configuration& out);

/// Steps are counted in 44 bits of the random counter.
constexpr double max_steps = 0x1p44;

/// Throws ConfigurationError if two names have one key: they would share their random numbers.
void check_distinct_keys(const Reading& reading, std::string_view what, const std::vector<std::string>& names, std::uint64_t (*key)(std::string_view));

}  // namespace spikemass::config
