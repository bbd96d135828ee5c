#include "host/analysis/table.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace spikemass::analysis {
namespace {

const std::string gap = "  ";

/// Number of characters on the screen: UTF-8 continuation bytes take no place.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}
std::string right(const std::string& text, std::size_t width) { return std::string(width - std::min(width, width_of(text)), ' ') + text; }
std::string left(const std::string& text, std::size_t width) { return text + std::string(width - std::min(width, width_of(text)), ' '); }
std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
}

std::string percent(double fraction, bool with_sign) {
    const double x = 100.0 * fraction;
    if (!std::isfinite(x)) return "-";
    return fmt::format(fmt::runtime(with_sign ? "{:+.{}f}" : "{:.{}f}"), x, std::abs(x) < 9.995 ? 2 : std::abs(x) < 99.95 ? 1 : 0);
}

bool has_joint(const TableRow& row) {
    return std::any_of(row.levels.begin(), row.levels.end(), [](const LevelErrors& e) { return std::isfinite(e.joint); });
}

std::size_t best_of(const TableRow& row) {
    std::size_t best = row.levels.size();
    const bool joint = has_joint(row);
    double smallest = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < row.levels.size(); ++i) {
        const double error = joint ? row.levels[i].joint : std::abs(row.levels[i].rate);
        if (error < smallest) {
            smallest = error;
            best = i;
        }
    }
    return best;
}

std::string painted(const std::string& text, bool color) { return color ? "\033[1;32m" + text + "\033[0m" : text; }

constexpr std::size_t number_width = 6;

/// What a level's column holds at least: two numbers, or one with its mark.
std::size_t cell_width(const TableOptions& options) { return options.details ? 2 * number_width + 1 : number_width; }

/// A name that is longer than its column in two lines, broken at the underscore that balances them best.
std::pair<std::string, std::string> two_lines(const std::string& name, std::size_t width) {
    if (name.size() <= width) return {"", name};
    std::size_t at = std::string::npos;
    for (std::size_t i = name.find('_'); i != std::string::npos; i = name.find('_', i + 1))
        if (at == std::string::npos || std::max(i + 1, name.size() - i - 1) < std::max(at + 1, name.size() - at - 1)) at = i;
    if (at == std::string::npos) return {"", name};
    return {name.substr(0, at + 1), name.substr(at + 1)};
}

/// A measured value: narrow tables leave the spaces around the sign out.
std::string value_text(const Estimate& e, const TableOptions& options) {
    std::string text = format_estimate(e);
    if (const auto at = text.find(" ± "); !options.details && at != std::string::npos) text.replace(at, std::string(" ± ").size(), "±");
    return text;
}

/// Names and widths of the columns.
struct Columns {
    std::size_t label = 0, rate = 0, v = 0;
    std::vector<std::pair<std::string, std::string>> names;   ///< per level, in two lines
    std::vector<std::size_t> levels;
    bool with_v = false;

    Columns(const std::vector<TableRow>& rows, const TableOptions& options, const std::string& rate_name) : label(width_of(options.label)), rate(width_of(rate_name)) {
        for (const auto& row : rows) {
            label = std::max(label, width_of(row.label));
            rate = std::max(rate, width_of(value_text(row.rate, options)));
            v = std::max(v, width_of(value_text(row.v, options)));
            with_v = with_v || std::isfinite(row.v.value);
        }
        for (const auto& name : options.levels) {
            names.push_back(two_lines(closure_of(name), cell_width(options)));
            levels.push_back(std::max({cell_width(options), width_of(names.back().first), width_of(names.back().second)}));
        }
    }
    std::size_t left() const { return label + 1; }
    std::size_t measured() const { return gap.size() + rate + (with_v ? gap.size() + v : 0); }
    /// The level after the last one that fits beside `taken` columns, at least from + 1.
    std::size_t fitting(std::size_t from, std::size_t terminal, std::size_t taken) const {
        std::size_t to = from;
        while (to < levels.size() && (to == from || terminal == 0 || taken + gap.size() + levels[to] <= terminal)) taken += gap.size() + levels[to++];
        return to;
    }
};

/// Errors of one level in one row; `best`: with the mark.
std::string cell(const TableRow& row, std::size_t level, bool best, const Columns& columns, bool details) {
    const LevelErrors e = level < row.levels.size() ? row.levels[level] : LevelErrors{};
    const std::string mark(best ? 1 : 0, '*');
    if (!details) return right(mark + percent(has_joint(row) ? e.joint : std::abs(e.rate), false), columns.levels[level]);
    return right(right(mark + percent(e.rate, true), number_width) + " " + (columns.with_v ? right(percent(e.v, true), number_width) : ""), columns.levels[level]);
}

/// One block: the label, in the first block r and v, and the levels [from, to).
std::string block(const std::vector<TableRow>& rows, const TableOptions& options, const Columns& w, const std::string& rate_name, std::size_t from, std::size_t to) {
    const bool first = from == 0;
    std::string lines[3];
    lines[0] = lines[2] = std::string(w.left() + (first ? w.measured() : 0), ' ');
    lines[1] = right(options.label, w.label) + " " + (first ? gap + right(rate_name, w.rate) + (w.with_v ? gap + right("v", w.v) : "") : "");
    for (std::size_t i = from; i < to; ++i) {
        lines[0] += gap + right(w.names[i].first, w.levels[i]);
        lines[1] += gap + right(w.names[i].second, w.levels[i]);
        if (options.details) lines[2] += gap + right(right("r %", number_width) + " " + (w.with_v ? right("v %", number_width) : ""), w.levels[i]);
    }
    std::string text;
    for (const std::string& line : lines)
        if (!trimmed(line).empty()) text += trimmed(line) + "\n";
    for (const auto& row : rows) {
        text += right(row.label, w.label) + (row.flagged ? "!" : " ");
        if (first) text += gap + right(value_text(row.rate, options), w.rate) + (w.with_v ? gap + right(value_text(row.v, options), w.v) : "");
        const std::size_t best = best_of(row);
        for (std::size_t i = from; i < to; ++i) {
            const std::string errors = cell(row, i, i == best, w, options.details);
            text += gap + (i == best ? painted(errors, options.color) : errors);
        }
        text = trimmed(text) + "\n";
    }
    return text;
}

}  // namespace

std::string closure_of(const std::string& level) {
    if (level == "mass") return "none";
    return level.rfind("mass.", 0) == 0 ? level.substr(5) : level;
}

std::string format_estimate(const Estimate& e) {
    if (!std::isfinite(e.value)) return "-";
    if (!(e.standard_error > 0.0) || !std::isfinite(e.standard_error)) return fmt::format("{:.4g}", e.value);
    const int decimals = std::clamp(1 - static_cast<int>(std::floor(std::log10(e.standard_error))), 0, 8);
    return fmt::format("{:.{}f} ± {:.{}f}", e.value, decimals, e.standard_error, decimals);
}

std::string format_table(const std::vector<TableRow>& rows, const TableOptions& options) {
    std::vector<std::string> groups;
    for (const auto& row : rows)
        if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
    const std::string rate_name = fmt::format("r [{}]", options.rate_unit);
    const Columns columns(rows, options, rate_name);
    const std::size_t all = options.levels.size();
    std::string text;
    for (const auto& group : groups) {
        std::vector<TableRow> members;
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(members), [&](const TableRow& row) { return row.group == group; });
        if (!text.empty()) text += "\n";
        if (!group.empty()) text += group + "\n";
        std::size_t from = 0;
        do {
            if (from > 0) text += "\n";
            const std::size_t to = columns.fitting(from, options.width, columns.left() + (from == 0 ? columns.measured() : 0));
            text += block(members, options, columns, rate_name, from, to);
            from = to;
        } while (from < all);
    }
    if (all > 0) {
        if (options.details) text += "\nErrors: level - spiking, in % of |r| and |v|; * smallest |(pi dr, dv)|/|W|, W = pi r - i v.\n";
        else text += columns.with_v ? "\nErrors of r and v together: |(pi dr, dv)|/|W| in %, W = pi r - i v of the spiking network; * smallest.\n"
                                    : "\nErrors of r: |dr|/r in %; * smallest.\n";
        if (options.against_reference) text += "What the exact mass misses of the all-to-all network with the same draws (finite size) is taken off all of them.\n";
    }
    if (std::any_of(rows.begin(), rows.end(), [](const TableRow& row) { return row.flagged; }))
        text += "! trials of this point disagree (different branches), or its neurons are capped: it is left out of the ranking.\n";
    return text;
}

std::string format_ranking(const std::vector<RankedLevel>& ranking, bool color) {
    std::size_t name_width = 5;
    bool rate_only = false, missing = false, shift = false;
    for (const auto& level : ranking) {
        name_width = std::max(name_width, width_of(closure_of(level.level)));
        rate_only = rate_only || level.rate_only;
        missing = missing || level.missing > 0;
        shift = shift || std::isfinite(level.shift);
    }
    const auto number = [](double x) { return std::isfinite(x) ? fmt::format("{:.2f}", 100.0 * x) : std::string("-"); };
    const auto row = [&](const std::string& name, const std::string& steady, const std::string& shifted, const std::string& transient, const std::string& points) {
        return left(name, name_width) + gap + right(steady, 9) + (shift ? gap + right(shifted, 9) : "") + gap + right(transient, 11) + gap + right(points, 6);
    };
    std::string text = row("level", "steady %", "shift %", "transient %", "points") + "\n";
    for (std::size_t i = 0; i < ranking.size(); ++i) {
        const auto& level = ranking[i];
        const std::string line = row(closure_of(level.level), number(level.steady), number(level.shift), number(level.transient), std::to_string(level.points)) +
                                 (level.missing ? fmt::format(" (diverged at {})", level.missing) : "");
        text += (i == 0 ? painted(line, color) : line) + "\n";
    }
    text += rate_only ? "Mean relative error of r (v was not recorded: record = [\"rate\", \"v\"] scores both), best first.\n"
                      : "Mean of |(pi dr, dv)|/|W| over the points, best first.\n";
    if (shift) text += "shift: of the effect of sparsity, network - all-to-all network, free of the finite-size bias of both.\nThe order is that of shift and transient together.\n";
    if (missing) text += "A level that diverges at some point stands after all that do not.\n";
    return text;
}

}  // namespace spikemass::analysis
