#include "host/analysis/cells.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include <fmt/format.h>

namespace spikemass::analysis {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::array<const char*, 3> first_columns{"steady", "onset", "late"};

struct Square {
    double sum = 0.0;
    std::size_t count = 0;
    void add(double x) { sum += x * x, ++count; }
    double mean() const { return count == 0 ? nan : sum / static_cast<double>(count); }
    double root() const { return std::sqrt(mean()); }
};

double net(const Square& error, const Square& noise) { return std::sqrt(std::max(0.0, error.mean() - noise.mean())); }

double median(std::vector<double> x) {
    if (x.empty()) return nan;
    std::sort(x.begin(), x.end());
    const std::size_t half = x.size() / 2;
    return x.size() % 2 == 1 ? x[half] : 0.5 * (x[half - 1] + x[half]);
}

}  // namespace

CellScores score_cells(const std::vector<Cell>& cells, const std::vector<std::string>& levels, int exact, const std::vector<bool>& shortcut) {
    CellScores s;
    std::map<std::string, Square> noise;
    std::vector<const Cell*> used;
    for (const Cell& c : cells) {
        if (c.trials_disagree) {
            ++s.left_out;
            continue;
        }
        used.push_back(&c);
        noise[c.column].add(c.noise);
    }
    s.cells = used.size();
    for (const char* name : first_columns)
        if (noise.count(name) > 0) s.columns.emplace_back(name);
    for (const auto& [name, x] : noise) {
        s.noise[name] = x.root();
        if (std::find(first_columns.begin(), first_columns.end(), name) == first_columns.end()) s.columns.push_back(name);
    }
    const auto error_of = [](const Cell& c, std::size_t level) { return std::isfinite(c.error[level]) ? c.error[level] : 1.0; };
    /// Columns and joint score of an error per cell.
    const auto joint_of = [&](const std::function<double(const Cell&)>& error, std::map<std::string, double>* columns) {
        std::map<std::string, Square> squares;
        for (const Cell* c : used) squares[c->column].add(error(*c));
        Square joint;
        for (const std::string& name : s.columns) {
            const double x = net(squares[name], noise[name]);
            if (columns) (*columns)[name] = x;
            joint.add(x);
        }
        return joint.root();
    };
    for (std::size_t k = 0; k < levels.size(); ++k) {
        LevelScoreOfCells l;
        l.level = levels[k];
        l.joint = joint_of([&](const Cell& c) { return error_of(c, k); }, &l.column);
        Square rate, v;
        std::vector<double> onsets;
        for (const Cell* c : used) {
            const double e = error_of(*c, k);
            l.diverged += !std::isfinite(c->error[k]);
            l.above += e > large_error;
            if (e > l.worst_error) l.worst_error = e, l.worst = c->column + ", " + c->name;
            if (c->column == "onset") onsets.push_back(e);
            if (c->column != "steady" || !std::isfinite(c->error[k])) continue;
            rate.add(c->rate_error[k]);
            v.add(c->v_error[k]);
        }
        l.onset_median = median(std::move(onsets));
        l.steady_rate = rate.root();
        l.steady_v = v.root();
        s.levels.push_back(std::move(l));
    }
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t k = 0; k < levels.size(); ++k)
        if (shortcut[k] && s.levels[k].joint < best) best = s.levels[k].joint, s.best_shortcut = levels[k];
    s.oracle = s.best_shortcut.empty() ? nan : joint_of([&](const Cell& c) {
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t k = 0; k < levels.size(); ++k)
            if (shortcut[k]) least = std::min(least, error_of(c, k));
        return least;
    }, nullptr);
    for (LevelScoreOfCells& l : s.levels) {
        l.of_exact = exact < 0 ? nan : l.joint / s.levels[static_cast<std::size_t>(exact)].joint;
        l.of_best = s.best_shortcut.empty() ? nan : l.joint / best;
    }
    return s;
}

std::string format_cell_scores(const CellScores& s, const std::string& title) {
    std::string text = fmt::format("{}: {} cells, {} left out where graphs disagree; errors in r and v together, noise taken off\n{:<28}", title, s.cells, s.left_out, "closure");
    for (const std::string& c : s.columns) text += fmt::format(" {:>8}", c);
    text += fmt::format(" {:>8} {:>8} {:>10} {:>6}\n", "joint", "/exact", "/shortcut", fmt::format(">{:g}", large_error));
    const auto number = [](double x) { return std::isfinite(x) ? fmt::format("{:.4f}", x) : std::string("-"); };
    for (const LevelScoreOfCells& l : s.levels) {
        text += fmt::format("{:<28}", l.level);
        for (const std::string& c : s.columns) text += fmt::format(" {:>8}", number(l.column.at(c)));
        text += fmt::format(" {:>8} {:>8} {:>10} {:>6}{}\n", number(l.joint), number(l.of_exact), number(l.of_best), l.above, l.diverged > 0 ? fmt::format("  diverged in {}", l.diverged) : "");
    }
    text += fmt::format("{:<28}", "noise");
    for (const std::string& c : s.columns) text += fmt::format(" {:>8}", number(s.noise.at(c)));
    text += "\n";
    if (!s.best_shortcut.empty()) text += fmt::format("best single shortcut: {}; the best of each cell apart would have {}\n", s.best_shortcut, number(s.oracle));
    return text;
}

}  // namespace spikemass::analysis
