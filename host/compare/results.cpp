#include "host/compare/results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>

#include "host/output/layout.hpp"

namespace spikemass {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::string axis_text(const output::AxisValue& v) {
    return std::visit([](const auto& x) {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, bool>) return std::string(x ? "true" : "false");
        else return fmt::format("{}", x);
    }, v);
}

/// Mean of the spiking network in a window, with its standard error.
analysis::Estimate estimate(const analysis::PointComparison& point, const std::string& quantity, std::size_t population, int window, double scale) {
    analysis::Estimate e{nan, nan, nan, nan};
    if (const auto* m = point.find(quantity + "_mean", "spiking", population, window)) e = {m->value * scale, nan, m->lo * scale, m->hi * scale, 0, m->method};
    if (const auto* m = point.find(quantity + "_noise", "spiking", population, window)) e.standard_error = m->value * scale;
    return e;
}

analysis::LevelErrors errors(const analysis::PointComparison& point, const std::string& level, std::size_t population, int window, bool of_shift) {
    const auto value = [&](const char* name) {
        const auto* m = point.find(name, level, population, window);
        return m ? m->value : nan;
    };
    if (of_shift) return {value("rate_shift_error_relative"), value("v_shift_error_relative"), value("shift_error")};
    return {value("rate_error_relative"), value("v_error_relative"), value("steady_error")};
}

/// Axes of numbers, or those of words.
std::vector<std::size_t> axes_of(const output::SweepHeader& h, bool words) {
    std::vector<std::size_t> axes;
    for (std::size_t a = 0; a < h.axes.size(); ++a)
        if (std::holds_alternative<std::string>(h.points.front()[a]) == words) axes.push_back(a);
    return axes;
}

}  // namespace

std::string point_name(const output::Dataset& d, std::size_t point) {
    std::string name;
    for (std::size_t a = 0; a < d.header.axes.size(); ++a) name += (name.empty() ? "" : ", ") + d.axis_names[a] + " = " + axis_text(d.header.points[point][a]);
    return name;
}

int longest_window(const analysis::PointComparison& c) {
    int best = -1;
    for (std::size_t w = 0; w < c.windows.size(); ++w)
        if (best < 0 || c.windows[w].size() > c.windows[static_cast<std::size_t>(best)].size()) best = static_cast<int>(w);
    return best;
}

const analysis::Metric* find_metric(const analysis::PointComparison& c, const std::string& name, const std::string& level, std::size_t population) {
    const analysis::Metric* all = c.find(name, level, population, -1);
    return all ? all : c.find(name, level, population, longest_window(c));
}

output::Group compare_arrays(const output::Dataset& d, const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points) {
    const std::size_t n_points = points.size(), n_populations = d.header.populations.size();
    std::map<std::string, std::pair<std::string, std::string>> names;   // name -> unit, method
    for (const auto& p : points)
        for (const analysis::Metric& m : p.metrics) {
            auto& [unit, method] = names[m.name];
            unit = m.unit;
            if (method.empty() || method == "none") method = analysis::to_string(m.method);
        }
    std::vector<output::Metric> metrics;
    for (const auto& [name, facts] : names) {
        output::Metric out;
        out.name = name;
        const bool rate = facts.first == "1/time";
        const double scale = rate ? output::layout::rate_scale(d.header.time_unit) : 1.0;
        out.units = rate ? output::layout::rate_unit(d.header.time_unit) : facts.first;
        out.long_name = name + ", over all windows or in the longest stationary one";
        out.method = facts.second == "none" ? "no interval" : "95 % interval from " + facts.second;
        for (const std::string& level : levels)
            for (std::size_t i = 0; i < n_points; ++i)
                for (std::size_t p = 0; p < n_populations; ++p) {
                    const analysis::Metric* m = find_metric(points[i], name, level, p);
                    out.value.push_back(m ? m->value * scale : nan);
                    out.lo.push_back(m ? m->lo * scale : nan);
                    out.hi.push_back(m ? m->hi * scale : nan);
                }
        metrics.push_back(std::move(out));
    }
    return output::compare_group(levels, metrics);
}

bool has_shifts(const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points) {
    bool any = false;
    for (const auto& point : points)
        for (const analysis::Metric& m : point.metrics) {
            if (m.name != "steady_error" || m.window != longest_window(point) || std::find(levels.begin(), levels.end(), m.level) == levels.end()) continue;
            if (!point.find("shift_error", m.level, m.population, m.window)) return false;
            any = true;
        }
    return any;
}

analysis::TableOptions table_options(const output::Dataset& d, const std::vector<std::string>& levels) {
    analysis::TableOptions options;
    options.label.clear();
    for (const std::size_t a : axes_of(d.header, false)) options.label += (options.label.empty() ? "" : ", ") + d.axis_names[a];
    if (options.label.empty()) options.label = "population";
    options.levels = levels;
    options.rate_unit = output::layout::rate_unit(d.header.time_unit);
    return options;
}

std::vector<analysis::TableRow> table_rows(const output::Dataset& d, const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points, bool of_shift) {
    const output::SweepHeader& h = d.header;
    const double scale = output::layout::rate_scale(h.time_unit);
    const auto numeric = axes_of(h, false), words = axes_of(h, true);
    std::vector<analysis::TableRow> rows;
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t p = 0; p < h.populations.size(); ++p) {
            analysis::TableRow row;
            for (const std::size_t a : words) row.group += (row.group.empty() ? "" : ", ") + d.axis_names[a] + " = " + axis_text(h.points[i][a]);
            for (const std::size_t a : numeric) row.label += (row.label.empty() ? "" : ", ") + axis_text(h.points[i][a]);
            if (h.populations.size() > 1 || row.label.empty()) row.label += (row.label.empty() ? "" : " ") + h.populations[p];
            const int window = longest_window(points[i]);
            row.rate = estimate(points[i], "rate", p, window, scale);
            row.v = estimate(points[i], "v", p, window, 1.0);
            for (const std::string& level : levels) row.levels.push_back(errors(points[i], level, p, window, of_shift));
            row.flagged = points[i].trials_disagree;
            rows.push_back(std::move(row));
        }
    return rows;
}

}  // namespace spikemass
