#pragma once
// Sweeps with live consumers.

#include "host/output/dataset.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/sweep.hpp"
#include "tests/host/output/live_reading.hpp"
#include "tests/host/sweep/support.hpp"

namespace spikemass::test {

inline SweepOutcome live_run(const std::filesystem::path& out, const std::string& text, SweepOptions o = {}) {
    const NetworkFile file = network_file(text);
    o.out = out;
    o.quiet = true;
    if (o.threads == 1) o.threads = 2;
    return run_sweep(file, file.sweep(), o);
}

inline const std::vector<std::string> all_series = {"rate", "v", "reference/rate", "reference/v"};

inline void expect_live_is_dataset(const std::filesystem::path& folder, const std::vector<std::string>& series = all_series) {
    output::test::expect_live_is_dataset(folder / "live.h5", output::dataset_path(folder), series);
}

}  // namespace spikemass::test
