#pragma once
// The consumers that --live knows.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/live/consumer.hpp"
#include "host/output/records.hpp"

namespace spikemass {

/// What a consumer can know of its sweep.
struct LiveContext {
    const output::SweepHeader& header;                                      ///< outlives the consumers
    std::function<Configuration(std::int64_t point)> configuration;         ///< of a point; may be called from any thread
    std::function<std::filesystem::path(const std::string& name)> place;    ///< where a live file of this name belongs
};

/// "rates,fit=mpr": the consumers of --live, each once.  Throws ConfigurationError.
std::vector<std::string> parse_live(const std::string& text);
void check_live(const std::vector<std::string>& names);
std::vector<std::shared_ptr<LiveConsumer>> make_live_consumers(const std::vector<std::string>& names, const LiveContext& context);
/// Upper bound on what they leave on disk.
std::uint64_t live_bytes(const std::vector<std::string>& names, const output::SweepHeader& header);

/// All bins of a finished run as one chunk.
RateChunk whole_run(const output::TrialId& id, const RunResult& result);

}  // namespace spikemass
