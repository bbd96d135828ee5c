#pragma once
// From a plan to what the dataset must know about it.

#include "host/backend.hpp"
#include "host/config/configuration.hpp"
#include "host/config/sweep_plan.hpp"
#include "host/output/records.hpp"

namespace spikemass {

/// Puts in what computes instead of the processor.
void name_backend(output::Provenance& provenance, const Backend& backend);
/// Program version, git commit, compiler and machine of this build.
output::Provenance provenance(const std::string& backend = "cpu");

output::SweepHeader sweep_header(const NetworkFile& file, const SweepPlan& plan);
/// A single run as a dataset of one point and one trial.
output::SweepHeader run_header(const NetworkFile& file, const Configuration& configuration, std::int64_t trial);

}  // namespace spikemass
