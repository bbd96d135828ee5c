#include "host/live/running_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/analysis/statistics.hpp"
#include "host/mass/mass.hpp"
#include "host/output/files.hpp"
#include "host/output/layout.hpp"
#include "models/base/error.hpp"

namespace spikemass {

namespace {

nlohmann::ordered_json number(double x) { return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr); }

/// As the dataset has them.
std::vector<double> stored(const std::vector<double>& x, double scale) {
    std::vector<double> values;
    for (const double y : x) values.push_back(static_cast<double>(static_cast<float>(y * scale)));
    return values;
}

}  // namespace

void RunningComparison::take(const RateChunk& chunk) {
    if (chunk.reference) return;
    auto found = points_.find(chunk.point);
    if (found == points_.end()) {
        if (chunk.forget) return;
        found = points_.emplace(chunk.point, new_point(chunk.point)).first;
    }
    Point& point = found->second;
    const auto trial = static_cast<std::size_t>(chunk.trial);
    for (std::size_t p = 0; p < point.rate.size(); ++p) {
        if (chunk.forget) {
            point.rate[p].forget(trial);
            point.v[p].forget(trial);
            continue;
        }
        point.rate[p].add(trial, stored(chunk.rate.at(p), output::layout::rate_scale(context_.header.time_unit)));
        if (!chunk.v.empty()) point.v[p].add(trial, stored(chunk.v.at(p), 1.0));
    }
    if (!written_ || std::chrono::steady_clock::now() - *written_ > std::chrono::seconds(1)) write(false);
}

RunningComparison::Point RunningComparison::new_point(std::int64_t index) const {
    const auto& h = context_.header;
    Point point;
    point.rate.assign(h.populations.size(), BlockStatistics(static_cast<std::size_t>(h.trials), static_cast<std::size_t>(h.n_bins())));
    point.v = point.rate;
    try {
        const Configuration c = context_.configuration(index);
        const RunResult mass = mass::run_mass(c.network, c.plan);
        for (const PopulationBins& p : mass.populations) {
            point.mass.rate.push_back(analysis::mean(p.rate) * output::layout::rate_scale(h.time_unit));
            point.mass.v.push_back(analysis::mean(p.v));
        }
    } catch (const ConfigurationError& e) {   // no exact mass
        point.mass.missing = e.what();
    } catch (const DivergenceError& e) {
        point.mass.missing = e.what();
    }
    return point;
}

nlohmann::ordered_json RunningComparison::json(bool complete) const {
    const auto& h = context_.header;
    nlohmann::ordered_json j = {{"complete", complete}, {"rate_unit", output::layout::rate_unit(h.time_unit)}, {"points", nlohmann::ordered_json::array()}};
    for (std::int64_t i = 0; i < h.n_points(); ++i) {
        const auto found = points_.find(h.representative(i));
        if (found == points_.end()) continue;
        const Point& point = found->second;
        nlohmann::ordered_json one = {{"point", i}, {"values", nlohmann::ordered_json::object()}, {"trials", point.rate.front().result().trials}};
        for (std::size_t a = 0; a < h.axes.size(); ++a) std::visit([&](const auto& x) { one["values"][h.axes[a]] = x; }, h.points[static_cast<std::size_t>(i)][a]);
        for (std::size_t p = 0; p < h.populations.size(); ++p) {
            const auto rate = point.rate[p].result(), v = point.v[p].result();
            nlohmann::ordered_json q = {{"bins", rate.values}, {"rate_mean", number(rate.mean)}, {"rate_sem", number(rate.standard_error)}};
            if (h.record.v) {
                q["v_mean"] = number(v.mean);
                q["v_sem"] = number(v.standard_error);
            }
            if (!point.mass.rate.empty()) {
                q["mass_rate_mean"] = number(point.mass.rate[p]);
                q["mass_v_mean"] = number(point.mass.v[p]);
                q["rate_error_relative"] = number(point.mass.rate[p] / rate.mean - 1.0);
            }
            one["populations"][h.populations[p]] = std::move(q);
        }
        if (!point.mass.missing.empty()) one["mass_missing"] = point.mass.missing;
        j["points"].push_back(std::move(one));
    }
    return j;
}

std::string RunningComparison::summary() const {
    std::vector<double> errors;
    for (const auto& [index, point] : points_)
        for (std::size_t p = 0; p < point.mass.rate.size(); ++p)
            if (const double e = std::abs(point.mass.rate[p] / point.rate[p].result().mean - 1.0); std::isfinite(e)) errors.push_back(e);
    const std::string text = fmt::format("{} points", points_.size());
    return errors.empty() ? text : text + fmt::format(", rate of the mass off by {:.2g} % (median)", 100 * analysis::quantile(errors, 0.5));
}

void RunningComparison::write(bool complete) {
    output::write_file(path_, json(complete).dump(1) + "\n");
    line_ = summary();
    written_ = std::chrono::steady_clock::now();
}

std::uint64_t RunningComparison::size_bound(const output::SweepHeader& h) {
    std::uint64_t values = 0;
    for (const std::string& axis : h.axes) values += axis.size() + 64;
    return 2 * (1024 + static_cast<std::uint64_t>(h.n_points()) * (1024 + values + 512 * h.populations.size()));   // twice: the part beside it
}

}  // namespace spikemass
