#pragma once
// `compare`: the runs of a dataset against masses of the same networks, written back into the dataset.  No spiking run is repeated.

#include <filesystem>
#include <string>
#include <vector>

#include "host/analysis/cells.hpp"
#include "host/analysis/ranking.hpp"
#include "host/analysis/table.hpp"
#include "host/simulation.hpp"

namespace spikemass {

struct CompareOptions {
    std::vector<std::string> closures;          ///< names of models/closures/registry.hpp; empty: all
    bool ideal_delay = false;                   ///< masses with the delay as asked for instead of the realised one
    int threads = 1;
    bool quiet = false;
    const StopFlag* stop = nullptr;             ///< between masses; the dataset stays as it was
};

struct CompareOutcome {
    std::vector<analysis::TableRow> rows;       ///< errors of the stationary means
    std::vector<analysis::TableRow> shift_rows; ///< the same with the errors of the effect of sparsity, where table.against_reference
    analysis::TableOptions table;
    std::vector<analysis::RankedLevel> ranking;
    std::vector<std::string> levels;            ///< "mass", "mass.two_cumulant", ...
    std::vector<bool> shortcut;                 ///< [level]: a closure from theory
    std::vector<analysis::Cell> cells;          ///< of all points; errors by level
    std::vector<std::string> warnings;
    std::size_t points = 0, diverged = 0;       ///< diverged: masses, over points and closures
};

/// Scores of the cells of one or several comparisons with the same closures.
analysis::CellScores scores_of(const std::vector<const CompareOutcome*>& outcomes);

/// Throws ConfigurationError for an unknown closure or one that is named twice.
void check_closures(const std::vector<std::string>& closures);

/// DATASET: a sweep's folder or a dataset file.  Adds groups "mass", "mass.<closure>" and "compare".
/// Errors: IoError (damaged dataset), ConfigurationError (closures; no exact mass), Stopped.
CompareOutcome compare_dataset(const std::filesystem::path& dataset, const CompareOptions& options);

}  // namespace spikemass
