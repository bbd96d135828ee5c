#pragma once
// How well masses predict networks, cell by cell: a cell is a stretch of one point's record of one kind.  Closures are ranked by these (theory note 4, section 5).
//
// E = |(pi d(tau r), dv)| / |W|, W = pi tau r - i v: both observables at once, root mean square over the stretch, relative to the network's own.

#include <map>
#include <string>
#include <vector>

namespace spikemass::analysis {

/// Columns of the table: "steady" (constant input, the mass relaxed from the measured state, so on the same branch, and averaged as the network is), "onset" (first 5 tau after a step of the input, free run),
/// "late" (from there to the next change), and one per kind of varying stimulus ("sine", "ramp", ...), free run.
struct Cell {
    std::string column;
    std::string name;                        ///< which point and when
    double noise = 0.0;                      ///< standard error of the trial mean, in the unit of E
    bool trials_disagree = false;            ///< graphs on different branches: left out
    std::vector<double> error;               ///< [level] E; NaN where the mass diverged
    std::vector<double> rate_error, v_error; ///< [level] of steady cells: |dr|/r, |dv|/max(|v|, 0.1)
};

/// Noise is taken off aggregates only: sqrt(mean E^2 - mean noise^2), 0 where noise explains it all.
struct LevelScoreOfCells {
    std::string level;
    std::map<std::string, double> column;    ///< net E
    double joint = 0.0;                      ///< root mean square of the columns
    double onset_median = 0.0;               ///< noise included; NaN without onsets
    double steady_rate = 0.0, steady_v = 0.0;///< root mean square; NaN without
    std::size_t above = 0;                   ///< cells with E > large_error
    std::size_t diverged = 0;                ///< cells without a value, which count as E = 1
    double of_exact = 0.0, of_best = 0.0;    ///< joint over that of the exact mass, and over that of the best shortcut of the whole suite; NaN where there is none
    std::string worst;                       ///< the cell with the largest E
    double worst_error = 0.0;
};

struct CellScores {
    std::vector<std::string> columns;        ///< in the order steady, onset, late, others
    std::vector<LevelScoreOfCells> levels;
    std::map<std::string, double> noise;     ///< root mean square per column
    std::size_t cells = 0, left_out = 0;
    std::string best_shortcut;               ///< lowest joint of those marked so
    double oracle = 0.0;                     ///< joint of the best shortcut of each cell apart: no closure, a bound; NaN without shortcuts
};

inline constexpr double large_error = 0.15;

/// `levels`: names as in Cell::error.  `exact`: index of the exact mass, -1 if it is not among them.  `shortcut[level]`: a closure from theory.
CellScores score_cells(const std::vector<Cell>& cells, const std::vector<std::string>& levels, int exact, const std::vector<bool>& shortcut);

/// The table as text; several lines.
std::string format_cell_scores(const CellScores& scores, const std::string& title);

}  // namespace spikemass::analysis
