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

std::string percent(double fraction) {
    const double x = 100.0 * fraction;
    if (!std::isfinite(x)) return "-";
    return fmt::format("{:+.{}f}", x, std::abs(x) < 9.995 ? 2 : std::abs(x) < 99.95 ? 1 : 0);
}

std::size_t best_of(const TableRow& row) {
    std::size_t best = row.levels.size();
    const bool joint = std::any_of(row.levels.begin(), row.levels.end(), [](const LevelErrors& e) { return std::isfinite(e.joint); });
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

/// One block: the label, r and v, and the levels [from, to).
std::string block(const std::vector<TableRow>& rows, const TableOptions& options, std::size_t from, std::size_t to) {
    std::size_t label_width = width_of(options.label) + 1, rate_width = 4, v_width = 4;
    const std::string rate_name = fmt::format("r [{}]", options.rate_unit);
    for (const auto& row : rows) {
        label_width = std::max(label_width, width_of(row.label) + 1);
        rate_width = std::max({rate_width, width_of(format_estimate(row.rate)), width_of(rate_name)});
        v_width = std::max(v_width, width_of(format_estimate(row.v)));
    }
    constexpr std::size_t number = 7;
    std::vector<std::size_t> widths;
    for (std::size_t i = from; i < to; ++i) widths.push_back(std::max(width_of(closure_of(options.levels[i])), 2 * number + 1));

    std::string names = right(options.label, label_width - 1) + " " + gap + right(rate_name, rate_width) + gap + right("v", v_width);
    std::string units(width_of(names), ' ');
    for (std::size_t i = from; i < to; ++i) {
        names += gap + right(closure_of(options.levels[i]), widths[i - from]);
        units += gap + right(right("r %", number) + " " + right("v %", number), widths[i - from]);
    }
    std::string text = trimmed(names) + "\n" + (to > from ? trimmed(units) + "\n" : "");
    for (const auto& row : rows) {
        text += right(row.label, label_width - 1) + (row.flagged ? "!" : " ") + gap + right(format_estimate(row.rate), rate_width) + gap + right(format_estimate(row.v), v_width);
        const std::size_t best = best_of(row);
        for (std::size_t i = from; i < to; ++i) {
            const LevelErrors e = i < row.levels.size() ? row.levels[i] : LevelErrors{};
            const std::string mark = i == best ? "*" : "";
            const std::string cell = right(right(mark + percent(e.rate), number) + " " + right(percent(e.v), number), widths[i - from]);
            text += gap + (i == best ? painted(cell, options.color) : cell);
        }
        text = trimmed(text) + "\n";
    }
    return text;
}

/// How many levels fit beside the first columns.
std::size_t levels_per_block(const TableOptions& options, std::size_t label_width) {
    if (options.width == 0) return std::max<std::size_t>(options.levels.size(), 1);
    std::size_t widest = 15;
    for (const auto& level : options.levels) widest = std::max(widest, width_of(closure_of(level)));
    const std::size_t first = label_width + 40;
    return options.width > first ? std::max<std::size_t>(1, (options.width - first) / (widest + gap.size())) : 1;
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
    std::size_t label_width = width_of(options.label) + 1;
    bool flagged = false;
    for (const auto& row : rows) {
        if (std::find(groups.begin(), groups.end(), row.group) == groups.end()) groups.push_back(row.group);
        label_width = std::max(label_width, width_of(row.label) + 1);
        flagged = flagged || row.flagged;
    }
    const std::size_t step = levels_per_block(options, label_width);
    std::string text;
    for (const auto& group : groups) {
        std::vector<TableRow> members;
        std::copy_if(rows.begin(), rows.end(), std::back_inserter(members), [&](const TableRow& row) { return row.group == group; });
        if (!text.empty()) text += "\n";
        if (!group.empty()) text += group + "\n";
        std::size_t from = 0;
        do {
            if (from > 0) text += "\n";
            const std::size_t to = std::min(options.levels.size(), from + step);
            text += block(members, options, from, to);
            from = to;
        } while (from < options.levels.size());
    }
    if (!options.levels.empty()) text += "\nErrors: level - spiking, in % of |r| and |v|; * smallest |(pi dr, dv)|/|W|, W = pi r - i v.\n";
    if (flagged) text += "! trials or windows of this point are doubtful (see `flags`); it is left out of the ranking.\n";
    return text;
}

std::string format_ranking(const std::vector<RankedLevel>& ranking, bool color) {
    std::size_t name_width = 5;
    bool rate_only = false, missing = false;
    for (const auto& level : ranking) {
        name_width = std::max(name_width, width_of(closure_of(level.level)));
        rate_only = rate_only || level.rate_only;
        missing = missing || level.missing > 0;
    }
    const auto number = [](double x) { return std::isfinite(x) ? fmt::format("{:.2f}", 100.0 * x) : std::string("-"); };
    std::string text = left("level", name_width) + gap + right("steady %", 9) + gap + right("transient %", 11) + gap + right("points", 6) + "\n";
    for (std::size_t i = 0; i < ranking.size(); ++i) {
        const auto& level = ranking[i];
        const std::string row = left(closure_of(level.level), name_width) + gap + right(number(level.steady), 9) + gap + right(number(level.transient), 11) + gap +
                                right(std::to_string(level.points), 6) + (level.missing ? fmt::format(" (diverged at {})", level.missing) : "");
        text += (i == 0 ? painted(row, color) : row) + "\n";
    }
    text += rate_only ? "Mean relative error of r (v was not recorded: record = [\"rate\", \"v\"] scores both), best first.\n"
                      : "Mean of |(pi dr, dv)|/|W| over the points, best first.\n";
    if (missing) text += "A level that diverges at some point stands after all that do not.\n";
    return text;
}

}  // namespace spikemass::analysis
