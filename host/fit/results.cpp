// What a fit found, for scripts, for people, and as a layer of a network file.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/fit/fit.hpp"

namespace spikemass::fit {

namespace {

nlohmann::ordered_json number(double x) { return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr); }

/// "1.234 [1.200, 1.268]".
std::string interval(const Estimate& e) {
    if (!e.at_bound.empty()) return "at its " + e.at_bound + " bound";
    if (!std::isfinite(e.low)) return "not identifiable";
    const double half = std::max(e.high - e.value, e.value - e.low);
    const int digits = half > 0.0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(half))), 0, 9) : 9;
    return fmt::format("[{:.{}f}, {:.{}f}]", e.low, digits, e.high, digits);
}

std::string value(const Estimate& e) {
    const double half = std::max(e.high - e.value, e.value - e.low);
    if (!std::isfinite(half) || half <= 0.0) return fmt::format("{:.6g}", e.value);
    return fmt::format("{:.{}f}", e.value, std::clamp(1 - static_cast<int>(std::floor(std::log10(half))), 0, 9));
}

/// Without the parts that all paths share.
std::string short_path(const std::string& path) {
    std::string s = path;
    for (const char* part : {"population.", "projection.", "stimulus.", "params."})
        if (const auto at = s.find(part); at != std::string::npos) s.erase(at, std::string(part).size());
    return s;
}

void line(std::string& text, const std::vector<std::string>& cells, const std::vector<std::size_t>& width) {
    for (std::size_t i = 0; i < cells.size(); ++i) text += fmt::format("{}{:<{}}", i ? "  " : "", cells[i], i + 1 < cells.size() ? width[i] : 0);
    text += "\n";
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> width(rows.front().size(), 0);
    for (const auto& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    std::string text;
    for (const auto& row : rows) line(text, row, width);
    return text;
}

}  // namespace

nlohmann::ordered_json to_json(const Fit& f, const std::vector<std::string>& populations) {
    const Solution& s = f.solution;
    nlohmann::ordered_json j = {{"points", f.points}, {"name", f.name}, {"converged", f.error.empty()}};
    if (!f.error.empty()) j["error"] = f.error;
    auto& list = j["parameters"] = nlohmann::ordered_json::array();
    for (const Estimate& e : s.estimates) {
        nlohmann::ordered_json one = {{"path", e.parameter.path}, {"units", e.parameter.units}, {"start", e.parameter.start}, {"value", number(e.value)}};
        if (f.error.empty()) {
            one["low"] = number(e.low);
            one["high"] = number(e.high);
            one["standard_error"] = number(e.standard_error);
        }
        one["at_bound"] = e.at_bound.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(e.at_bound);
        one["bounds"] = {number(e.parameter.lower), number(e.parameter.upper)};
        list.push_back(std::move(one));
    }
    if (f.error.empty()) {
        auto& rows = j["correlation"] = nlohmann::ordered_json::array();
        for (Eigen::Index i = 0; i < s.correlation.rows(); ++i) {
            rows.push_back(nlohmann::ordered_json::array());
            for (Eigen::Index k = 0; k < s.correlation.cols(); ++k) rows.back().push_back(number(s.correlation(i, k)));
        }
        auto& misfit = j["misfit"] = nlohmann::ordered_json::array();
        for (const Misfit& m : s.misfit)
            misfit.push_back({{"population", populations.at(m.population)}, {"variable", m.is_v ? "v" : "rate"}, {"rms", number(m.rms)}, {"noise", number(m.noise)}, {"scale", number(m.scale)}});
    }
    j["iterations"] = s.iterations;
    j["starts"] = s.starts;
    j["converged_starts"] = s.converged_starts;
    j["shortened_steps"] = s.shortened;
    j["cost"] = number(s.cost);
    j["warnings"] = s.warnings;
    return j;
}

nlohmann::ordered_json to_json(const FitReport& r) {
    nlohmann::ordered_json j = {{"model", "mpr"}, {"closure", r.closure}, {"level", r.level}, {"time_unit", r.time_unit}, {"initial", r.from_network ? "network" : "free"}, {"each", r.each}};
    auto& fits = j["fits"] = nlohmann::ordered_json::array();
    for (const Fit& f : r.fits) fits.push_back(to_json(f, r.populations));
    j["warnings"] = r.warnings;
    return j;
}

std::string to_text(const FitReport& r) {
    std::string text;
    if (!r.each) {
        const Fit& f = r.fits.front();
        text += fmt::format("{}, closure {}: {}\n", f.name, r.closure, f.error.empty() ? fmt::format("converged after {} iterations", f.solution.iterations) : f.error);
        std::vector<std::vector<std::string>> rows = {{"parameter", "unit", "start", "value", "95 % interval"}};
        for (const Estimate& e : f.solution.estimates)
            rows.push_back({e.parameter.path, e.parameter.units, fmt::format("{:.6g}", e.parameter.start), f.error.empty() ? value(e) : "-", f.error.empty() ? interval(e) : "-"});
        text += table(rows);
        for (const Misfit& m : f.solution.misfit)
            text += fmt::format("{} of {}: off by {:.2g} % (noise of a bin: {:.2g} %)\n", m.is_v ? "v" : "rate", r.populations.at(m.population), 100.0 * m.rms / m.scale, 100.0 * m.noise / m.scale);
        return text;
    }
    std::vector<std::vector<std::string>> rows = {{"point"}};
    for (const Fit& f : r.fits)
        if (!f.solution.estimates.empty()) {
            for (const Estimate& e : f.solution.estimates) rows.front().push_back(short_path(e.parameter.path));
            break;
        }
    rows.front().push_back("");
    for (const Fit& f : r.fits) {
        rows.push_back({f.name});
        for (const Estimate& e : f.solution.estimates) rows.back().push_back(f.error.empty() ? value(e) + " " + interval(e) : "-");
        while (rows.back().size() + 1 < rows.front().size()) rows.back().push_back("-");
        rows.back().push_back(!f.error.empty() ? "no fit" : f.solution.warnings.empty() ? "" : "!");
    }
    return text + table(rows);
}

std::string network_layer(const Fit& f, const std::string& base, double dt) {
    std::string text = fmt::format("# Fitted by spikemass fit to {}.\nextends = {}\n", f.name, nlohmann::json(base).dump());
    for (const Estimate& e : f.solution.estimates) {
        double x = e.value;
        if (e.parameter.kind == Parameter::Kind::delay) x = std::max(1.0, std::round(x / dt)) * dt;   // networks delay by whole steps
        text += fmt::format("{} = {}{}\n", e.parameter.path, nlohmann::json(x).dump(), e.parameter.kind == Parameter::Kind::delay ? fmt::format("   # {:.10g}, rounded to whole steps", e.value) : "");
    }
    return text;
}

}  // namespace spikemass::fit
