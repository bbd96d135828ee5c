#pragma once
// Configurations for the tests of hand-overs.

#include <string>

#include "host/config/configuration.hpp"

namespace spikemass::handover::test {

inline const std::string one_population = R"(
[run]
dt = 0.005
warmup = 2.0
duration = 4.0
bin = 0.1
record = ["rate", "v"]
[population.E]
model = "qif"
size = 1000
params = { eta = { distribution = "lorentzian", center = 1.0, half_width = 0.5 } }
[projection.EE]
source = "E"
target = "E"
topology = { kind = "fixed_indegree", mean_indegree = 100 }
strength = 4.0
delay = 0.05
)";

inline Configuration configuration(const std::string& more) { return NetworkFile::from_toml(one_population + more, "test").resolve(); }

}  // namespace spikemass::handover::test
