#include "host/analysis/comparison.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/analysis/comparison_parts.hpp"
#include "models/base/error.hpp"

namespace spikemass::analysis {
namespace {

void check_traces(const Traces& traces, std::size_t bins, const std::string& level, const std::string& population) {
    const auto complain = [&](const char* what, std::size_t size) {
        throw ConfigurationError(fmt::format("Comparison: level {}, population {}: {} has {} bins where the spiking network has {}. "
                                             "Run both levels with the same recorded interval and bin.", level, population, what, size, bins));
    };
    for (const auto& trial : traces.rate) if (trial.size() != bins) complain("the rate of a trial", trial.size());
    for (const auto& trial : traces.v) if (trial.size() != bins) complain("the potential of a trial", trial.size());
    if (!traces.v.empty() && traces.v.size() != traces.rate.size())
        throw ConfigurationError(fmt::format("Comparison: level {}, population {}: {} trials of v and {} of the rate; give both for every trial, or no v.",
                                             level, population, traces.v.size(), traces.rate.size()));
}

/// Number of bins; throws when shapes disagree.
std::size_t check(const PointData& point) {
    if (!(point.bin > 0.0)) throw ConfigurationError("Comparison: the bin is not positive; give its width in the file's time unit.");
    std::size_t bins = 0;
    for (const auto& traces : point.spiking.populations)
        for (const auto& trial : traces.rate) bins = std::max(bins, trial.size());
    const auto check_level = [&](const LevelData& level) {
        if (level.populations.size() != point.populations.size())
            throw ConfigurationError(fmt::format("Comparison: level {} has {} populations, the network has {}. Give the same ones in the same order.",
                                                 level.name, level.populations.size(), point.populations.size()));
        for (std::size_t p = 0; p < level.populations.size(); ++p) check_traces(level.populations[p], bins, level.name, point.populations[p].name);
    };
    check_level(point.spiking);
    for (const auto& level : point.levels) check_level(level);
    if (point.reference) check_level(*point.reference);
    for (const auto& population : point.populations)
        if (!population.stimulus.empty() && population.stimulus.size() != bins)
            throw ConfigurationError(fmt::format("Comparison: the stimulus of population {} has {} bins, its rate {}. Give its mean over each recorded bin.",
                                                 population.name, population.stimulus.size(), bins));
    return bins;
}

bool finite(std::span<const double> x) { return std::all_of(x.begin(), x.end(), [](double value) { return std::isfinite(value); }); }

}  // namespace

Slice slice(const Traces& traces, std::size_t first, std::size_t last) {
    Slice result;
    const auto part = [&](const std::vector<double>& trial) { return std::span(trial).subspan(first, last - first); };
    const bool wanted = std::any_of(traces.v.begin(), traces.v.end(), [&](const auto& trial) { return finite(part(trial)); });
    for (std::size_t t = 0; t < traces.rate.size(); ++t) {
        if (!finite(part(traces.rate[t])) || (wanted && !finite(part(traces.v[t])))) continue;
        result.trials.push_back(t);
        result.rate.push_back(part(traces.rate[t]));
        if (wanted) result.v.push_back(part(traces.v[t]));
    }
    return result;
}

std::vector<double> trial_mean(const std::vector<std::span<const double>>& trials, std::optional<std::size_t> left_out) {
    if (trials.empty()) return {};
    std::vector<double> result(trials[0].size(), 0.0);
    const std::size_t used = trials.size() - (left_out ? 1 : 0);
    for (std::size_t t = 0; t < trials.size(); ++t) {
        if (left_out == t) continue;
        for (std::size_t b = 0; b < result.size(); ++b) result[b] += trials[t][b] / static_cast<double>(used);
    }
    return result;
}

double mean_square_error_of_mean(const std::vector<std::span<const double>>& trials) {
    if (trials.size() < 2) return not_a_number;
    double sum = 0.0;
    std::vector<double> column(trials.size());
    for (std::size_t b = 0; b < trials[0].size(); ++b) {
        for (std::size_t t = 0; t < trials.size(); ++t) column[t] = trials[t][b];
        sum += variance(column);
    }
    return sum / static_cast<double>(trials[0].size() * trials.size());
}

void Comparison::add(const std::string& name, const std::string& unit, const std::string& level, std::size_t population, int window, const Estimate& e) {
    result_.metrics.push_back({name, unit, level, population, window, e.value, e.lo, e.hi, e.method});
}

void Comparison::add(const std::string& name, const std::string& unit, const std::string& level, std::size_t population, int window, double value) {
    result_.metrics.push_back({name, unit, level, population, window, value, not_a_number, not_a_number, Method::none});
}

LevelScore& Comparison::score(const std::string& level) {
    return *std::find_if(result_.scores.begin(), result_.scores.end(), [&](const LevelScore& s) { return s.level == level; });
}

PointComparison Comparison::run() {
    const std::size_t bins = check(point_);
    double slowest = 0.0;
    std::vector<std::vector<double>> inputs;
    for (const auto& population : point_.populations) {
        slowest = std::max(slowest, population.tau);
        if (!population.stimulus.empty()) inputs.push_back(population.stimulus);
    }
    const WindowOptions windows{options_.transient_tau * slowest, options_.shortest_tau * slowest};
    auto structure = analyse_input(inputs, bins, point_.bin, point_.start, windows);
    result_.windows = std::move(structure.stationary);
    result_.edges = std::move(structure.edges);
    for (const auto& level : point_.levels) result_.scores.push_back({.level = level.name});
    steady();
    transients();
    fluctuations();
    for (std::size_t p = 0; p < point_.populations.size(); ++p) {
        add("trials_disagree", "1", spiking_level, p, -1, result_.trials_disagree ? 1.0 : 0.0);
        add("transients_disagree", "1", spiking_level, p, -1, result_.transients_disagree ? 1.0 : 0.0);
    }
    return std::move(result_);
}

const Metric* PointComparison::find(const std::string& name, const std::string& level, std::size_t population, int window) const {
    const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const Metric& m) {
        return m.name == name && m.level == level && m.population == population && m.window == window;
    });
    return found == metrics.end() ? nullptr : &*found;
}

PointComparison compare(const PointData& point, const ComparisonOptions& options) { return Comparison(point, options).run(); }

double delay_damping(double strength, double dimensionless_rate, double v, double delay_over_tau) {
    return strength * dimensionless_rate * delay_over_tau / (2.0 * std::abs(v));
}

}  // namespace spikemass::analysis
