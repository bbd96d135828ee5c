#pragma once
// A backend against the CPU engine over many networks: digest, spikes, records, checkpoints, by strategies R and A.

#include <cstdint>
#include <string>
#include <vector>

#include "tests/gpu/programs/program.hpp"

namespace spikemass::programs {

struct Configuration {
    std::string name;
    Network network;
    bool one_by_one = false;   ///< too large for a block: strategy R alone
};

/// Steps of every configuration: an even number of bins, so that a checkpoint stands in the middle.
struct ParityPlan {
    std::int64_t bins = 20, steps_per_bin = 25, steps_after = 40;   ///< steps_after: of the CPU, from the backend's last checkpoint
    int threads = 1;                                                 ///< of the CPU engine
    bool print = true;
};

/// The golden networks; the same with other seeds and four times the size (a square lattice stays one); sizes below a warp and a block; delays, synapses, time steps, norms, weights,
/// stimuli, initial states, several populations; three of 1e5 to 1e6 neurons.
std::vector<Configuration> parity_configurations();
/// A handful of about 500 neurons with every kernel among them: for compute-sanitizer.
std::vector<Configuration> small_configurations();

/// One row per configuration and strategy: R, R from the CPU's checkpoint in the middle, A (all in one launch).  Every checkpoint of the backend goes on on the CPU.
/// True if nothing differed and no network was silent.
bool run_parity(const Backend& backend, const std::vector<Configuration>& configurations, const ParityPlan& plan, Json& out);

}  // namespace spikemass::programs
