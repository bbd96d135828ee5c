#pragma once
// The comparison as an aligned table for a terminal.

#include <cstddef>
#include <limits>
#include <string>
#include <vector>

#include "host/analysis/ranking.hpp"
#include "host/analysis/statistics.hpp"

namespace spikemass::analysis {

/// Errors of one level in one row, relative to the spiking network; NaN where unknown.  With an all-to-all reference: those of the predicted
/// shift (rate_shift_error_relative, v_shift_error_relative, shift_error) for every level, and TableOptions::against_reference.
struct LevelErrors {
    double rate = std::numeric_limits<double>::quiet_NaN();
    double v = std::numeric_limits<double>::quiet_NaN();
    double joint = std::numeric_limits<double>::quiet_NaN();    ///< E_W; the smallest of a row is marked (|rate| where no level has it)
};

struct TableRow {
    std::string group;                       ///< rows of one group stand under one heading: "topology = erdos_renyi"
    std::string label;                       ///< value of the swept quantity, and the population where there are several
    Estimate rate{}, v{};                    ///< of the spiking network
    std::vector<LevelErrors> levels;         ///< in the order of TableOptions::levels
    bool flagged = false;                    ///< "!" beside the label
};

struct TableOptions {
    std::string label = "K";
    std::string rate_unit = "1/tau";
    std::vector<std::string> levels;         ///< names of levels: "mass" is shown as "none", "mass.x" as "x"
    bool against_reference = false;          ///< the errors have the finite-size bias taken off; the footnote says so
    bool color = false;                      ///< ANSI: the best level of each row in bold green
    std::size_t width = 100;                 ///< columns of the terminal; levels that do not fit go into further blocks; 0: no limit
    bool details = true;                     ///< errors of r and v apart; false: one narrow column per level, their joint error
};

/// UTF-8 text that ends with a newline; errors in percent of |r| and |v| of the spiking network, or E_W in percent; best level of each row marked with *.
std::string format_table(const std::vector<TableRow>& rows, const TableOptions& options);

/// The order of levels over all points: mean E_W stationary (and of the shift against all-to-all) and after steps, in percent.
std::string format_ranking(const std::vector<RankedLevel>& ranking, bool color = false);

/// "1.0312 ± 0.0012": two digits of the error; "1.031" without one; "-" for NaN.
std::string format_estimate(const Estimate& e);

/// The name of a closure from the name of its level.
std::string closure_of(const std::string& level);

}  // namespace spikemass::analysis
