#include "host/compare/compare.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>

#include "host/analysis/comparison.hpp"
#include "host/config/configuration.hpp"
#include "host/config/sweep_plan.hpp"
#include "host/mass/mass.hpp"
#include "host/output/dataset.hpp"
#include "host/output/layout.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/progress.hpp"
#include "kernels/coupling.hpp"
#include "models/closures/registry.hpp"

namespace spikemass {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// The configurations that the dataset's points were run with.
class Points {
public:
    explicit Points(const output::Dataset& dataset) {
        const auto file = std::filesystem::temp_directory_path() / fmt::format("spikemass-{}.toml", getpid());
        std::ofstream(file) << dataset.header.network_toml;
        try {
            const NetworkFile network = NetworkFile::load(file);
            std::filesystem::remove(file);
            if (!dataset.header.axes.empty() || (network.has_sweep() && dataset.header.resolved.contains("sweep"))) {
                const SweepPlan plan = network.sweep();
                if (plan.sha256 != dataset.header.sha256)
                    throw ConfigurationError(fmt::format("{}: this version of the program resolves its network file to another configuration than the dataset was made with. "
                                                         "Compare with the version that wrote it ({}).", dataset.path.string(), dataset.header.provenance.program_version));
                for (const SweepPoint& p : plan.points) configurations.push_back(plan.configuration(p));
            } else {
                configurations.push_back(network.resolve(static_cast<std::uint64_t>(dataset.header.first_trial)));
            }
        } catch (...) {
            std::filesystem::remove(file);
            throw;
        }
        for (Configuration& c : configurations) mass::resolve_initial(c.network);
    }
    std::vector<Configuration> configurations;
};

/// Series [trial][bin] of one run and population out of the dataset's [run][trial][time][population].
analysis::Traces traces(const output::Dataset& d, const output::RunArrays& a, std::size_t run, std::size_t population) {
    const auto trials = static_cast<std::size_t>(d.header.trials), bins = d.time.size(), populations = d.header.populations.size();
    analysis::Traces t;
    const auto fill = [&](const std::vector<double>& from, std::vector<std::vector<double>>& to) {
        if (from.empty()) return;
        for (std::size_t k = 0; k < trials; ++k) {
            auto& row = to.emplace_back(bins, nan);
            if (a.status[run * trials + k] != output::TrialStatus::ok) continue;
            for (std::size_t b = 0; b < bins; ++b) row[b] = from[((run * trials + k) * bins + b) * populations + population];
        }
    };
    fill(a.rate, t.rate);
    fill(a.v, t.v);
    return t;
}

struct MassRun {
    std::vector<PopulationBins> populations;
    std::vector<std::string> warnings;
    std::string failure;
};

MassRun run_one(const Configuration& c, const std::string& closure, bool ideal_delay) {
    MassRun m;
    try {
        RunResult r = mass::run_mass(c.network, c.plan, {closure, ideal_delay});
        m.populations = std::move(r.populations);
        m.warnings = std::move(r.warnings);
    } catch (const DivergenceError& e) {
        m.failure = e.what();
    }
    return m;
}

std::string level_name(const std::string& closure) { return closure == "none" ? "mass" : "mass." + closure; }

analysis::PointData point_data(const output::Dataset& d, std::size_t point, const Configuration& c, const std::vector<std::string>& closures, const std::vector<MassRun>& runs) {
    const output::SweepHeader& h = d.header;
    const auto trials = static_cast<std::size_t>(h.trials), bins = d.time.size();
    analysis::PointData data;
    data.bin = h.bin;
    data.start = h.warmup;
    for (std::size_t p = 0; p < h.populations.size(); ++p) {
        const Population& q = c.network.populations[p];
        analysis::PopulationFacts f{q.name, q.size, q.tau, q.eta.center, q.eta.distribution == Distribution::lorentzian ? q.eta.width : 0.0,
                                    q.eta.distribution != Distribution::gaussian, {}};
        if (!h.stimulus.empty()) f.stimulus = h.stimulus[h.stimulus.size() == 1 ? 0 : point][p];
        data.populations.push_back(std::move(f));
        data.spiking.populations.push_back(traces(d, d.runs, point, p));
    }
    data.spiking.name = "spiking";
    data.spiking.deterministic = false;
    for (std::size_t p = 0; p < c.network.projections.size(); ++p) {
        const Projection& q = c.network.projections[p];
        analysis::CouplingFacts f;
        f.source = q.source;
        f.target = q.target;
        f.strength = effective_coupling(q);
        f.indegree = q.topology.mean_indegree;
        f.quenched = q.topology.kind == TopologyKind::annealed ? 1.0 : 1.0 - f.indegree / static_cast<double>(c.network.populations[q.source].size);
        f.delay = static_cast<double>(q.delay_steps) * c.network.dt;
        if (q.normalise == Normalise::mean_indegree)   // the other norms follow the realised degrees by themselves
            for (std::size_t k = 0; k < trials; ++k) f.realised_indegree.push_back(d.runs.k_mean[(point * trials + k) * h.projections.size() + p]);
        data.couplings.push_back(std::move(f));
    }
    for (std::size_t k = 0; k < closures.size(); ++k) {
        analysis::LevelData level;
        level.name = level_name(closures[k]);
        for (std::size_t p = 0; p < h.populations.size(); ++p) {
            analysis::Traces t;
            const bool ok = runs[k].failure.empty();
            t.rate.push_back(ok ? runs[k].populations[p].rate : std::vector<double>(bins, nan));
            t.v.push_back(ok ? runs[k].populations[p].v : std::vector<double>(bins, nan));
            level.populations.push_back(std::move(t));
        }
        data.levels.push_back(std::move(level));
    }
    if (!h.reference_index.empty() && h.reference_index[point] >= 0) {
        analysis::LevelData reference;
        reference.name = "reference";
        reference.deterministic = false;
        for (std::size_t p = 0; p < h.populations.size(); ++p)
            reference.populations.push_back(traces(d, d.references, static_cast<std::size_t>(h.reference_index[point]), p));
        data.reference = std::move(reference);
    }
    return data;
}

/// The longest settled stationary window of a point, -1 without one.
int longest_window(const analysis::PointComparison& c) {
    int best = -1;
    for (std::size_t w = 0; w < c.windows.size(); ++w)
        if (best < 0 || c.windows[w].size() > c.windows[static_cast<std::size_t>(best)].size()) best = static_cast<int>(w);
    return best;
}

/// A metric over all windows where there is such, else in the longest stationary one.
const analysis::Metric* metric(const analysis::PointComparison& c, const std::string& name, const std::string& level, std::size_t population) {
    const analysis::Metric* all = c.find(name, level, population, -1);
    return all ? all : c.find(name, level, population, longest_window(c));
}

/// /compare: every metric as an array [level][point][population], rates in the units of the file.
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
                    const analysis::Metric* m = metric(points[i], name, level, p);
                    out.value.push_back(m ? m->value * scale : nan);
                    out.lo.push_back(m ? m->lo * scale : nan);
                    out.hi.push_back(m ? m->hi * scale : nan);
                }
        metrics.push_back(std::move(out));
    }
    return output::compare_group(levels, metrics);
}

std::string axis_text(const output::AxisValue& v) {
    return std::visit([](const auto& x) {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, bool>) return std::string(x ? "true" : "false");
        else return fmt::format("{}", x);
    }, v);
}

/// One row per point and population: numbers label rows, words make groups.
std::vector<analysis::TableRow> table_rows(const output::Dataset& d, const std::vector<std::string>& levels, const std::vector<analysis::PointComparison>& points, std::string& label_name) {
    const output::SweepHeader& h = d.header;
    std::vector<analysis::TableRow> rows;
    const double scale = output::layout::rate_scale(h.time_unit);
    for (std::size_t i = 0; i < points.size(); ++i)
        for (std::size_t p = 0; p < h.populations.size(); ++p) {
            analysis::TableRow row;
            label_name.clear();
            for (std::size_t a = 0; a < h.axes.size(); ++a) {
                const std::string text = axis_text(h.points[i][a]);
                if (std::holds_alternative<std::string>(h.points[i][a])) row.group += (row.group.empty() ? "" : ", ") + d.axis_names[a] + " = " + text;
                else {
                    row.label += (row.label.empty() ? "" : ", ") + text;
                    label_name += (label_name.empty() ? "" : ", ") + d.axis_names[a];
                }
            }
            if (h.populations.size() > 1) row.label += (row.label.empty() ? "" : " ") + h.populations[p];
            if (row.label.empty()) row.label = h.populations[p];
            const auto estimate = [&](const char* name, double factor) {
                analysis::Estimate e{nan, nan, nan, nan};
                const int w = longest_window(points[i]);
                const std::string noise = std::string(name).substr(0, std::string(name).find('_')) + "_noise";
                if (const auto* m = points[i].find(name, "spiking", p, w)) e = {m->value * factor, nan, m->lo * factor, m->hi * factor, 0, m->method};
                if (const auto* m = points[i].find(noise, "spiking", p, w)) e.standard_error = m->value * factor;
                return e;
            };
            row.rate = estimate("rate_mean", scale);
            row.v = estimate("v_mean", 1.0);
            for (const std::string& level : levels) {
                analysis::LevelErrors e;
                const int w = longest_window(points[i]);
                if (const auto* m = points[i].find("rate_error_relative", level, p, w)) e.rate = m->value;
                if (const auto* m = points[i].find("v_error_relative", level, p, w)) e.v = m->value;
                if (const auto* m = points[i].find("steady_error", level, p, w)) e.joint = m->value;
                row.levels.push_back(e);
            }
            row.flagged = points[i].trials_disagree;
            rows.push_back(std::move(row));
        }
    return rows;
}

}  // namespace

CompareOutcome compare_dataset(const std::filesystem::path& path, const CompareOptions& options) {
    const output::Dataset d = output::read_dataset(output::resolve_dataset(path));
    std::vector<std::string> closures = options.closures;
    if (closures.empty())
        for (const auto name : closures::closure_names) closures.emplace_back(name);
    for (const std::string& c : closures) closures::make_closure(c);   // refuses unknown names before any work
    const Points configured(d);
    const std::size_t n_points = configured.configurations.size(), n_levels = closures.size(), bins = d.time.size(), n_populations = d.header.populations.size();

    // Masses: one run per point and closure; equal points once.
    std::vector<std::vector<MassRun>> runs(n_points, std::vector<MassRun>(n_levels));
    std::exception_ptr failure;
    std::int64_t done = 0;
    ProgressLine progress(options.quiet);
#pragma omp parallel for num_threads(options.threads) schedule(dynamic) collapse(2)
    for (std::size_t i = 0; i < n_points; ++i)
        for (std::size_t k = 0; k < n_levels; ++k) {
            if (d.header.representative(static_cast<std::int64_t>(i)) != static_cast<std::int64_t>(i)) continue;
            try {
                runs[i][k] = run_one(configured.configurations[i], closures[k], options.ideal_delay);
            } catch (...) {
#pragma omp critical
                failure = std::current_exception();
            }
#pragma omp critical
            progress.show(static_cast<double>(++done) / static_cast<double>(n_points * n_levels), fmt::format("{}/{} masses", done, n_points * n_levels));
        }
    if (failure) std::rethrow_exception(failure);
    for (std::size_t i = 0; i < n_points; ++i)
        if (const auto r = static_cast<std::size_t>(d.header.representative(static_cast<std::int64_t>(i))); r != i) runs[i] = runs[r];

    CompareOutcome outcome;
    outcome.points = n_points;
    std::vector<analysis::PointComparison> comparisons;
    std::vector<analysis::PointScores> scores;
    std::set<std::string> warnings;
    for (std::size_t i = 0; i < n_points; ++i) {
        comparisons.push_back(analysis::compare(point_data(d, i, configured.configurations[i], closures, runs[i])));
        const auto trials = static_cast<std::size_t>(d.header.trials);
        bool capped = false;
        for (std::size_t k = 0; k < trials; ++k) capped = capped || d.runs.capped_fraction[i * trials + k] > 0.001;
        scores.push_back(analysis::scores_of(comparisons.back(), capped));
        for (std::size_t k = 0; k < n_levels; ++k) {
            for (const std::string& w : runs[i][k].warnings) warnings.insert(w);
            if (runs[i][k].failure.empty()) continue;
            ++outcome.diverged;
            warnings.insert(runs[i][k].failure);
        }
        for (std::size_t p = 0; p < n_populations; ++p) {
            const analysis::Metric* m = metric(comparisons.back(), "delay_damping", "spiking", p);
            if (m && std::abs(m->value) > analysis::delay_damping_warning)
                warnings.insert(fmt::format("The delivery delay changes the damping of population {} by up to more than {:.0f} % (J r m dt/(2|v|)). The masses here have the same delay; "
                                            "for the network without delay use a smaller dt.", d.header.populations[p], 100 * analysis::delay_damping_warning));
        }
    }
    outcome.ranking = analysis::rank_levels(scores);
    outcome.warnings.assign(warnings.begin(), warnings.end());

    std::vector<std::string> level_names, with_spiking{"spiking"};
    for (const std::string& c : closures) level_names.push_back(level_name(c));
    with_spiking.insert(with_spiking.end(), level_names.begin(), level_names.end());
    outcome.rows = table_rows(d, level_names, comparisons, outcome.table.label);
    outcome.table.levels = level_names;
    outcome.table.rate_unit = output::layout::rate_unit(d.header.time_unit);
    if (outcome.table.label.empty()) outcome.table.label = "population";

    std::vector<output::Group> groups;
    for (std::size_t k = 0; k < n_levels; ++k) {
        output::LevelSeries s;
        s.level = level_names[k];
        s.attributes["closure"] = closures[k];
        s.attributes["delay"] = options.ideal_delay ? "as asked for" : "as realised by the network";
        for (std::size_t i = 0; i < n_points; ++i) {
            const bool ok = runs[i][k].failure.empty();
            s.status.push_back(static_cast<std::int8_t>(ok ? output::TrialStatus::ok : output::TrialStatus::failed));
            for (std::size_t b = 0; b < bins; ++b)
                for (std::size_t p = 0; p < n_populations; ++p) {
                    s.rate.push_back(ok ? runs[i][k].populations[p].rate[b] : nan);
                    s.v.push_back(ok ? runs[i][k].populations[p].v[b] : nan);
                }
        }
        groups.push_back(output::level_group(s, d.header.time_unit));
    }
    groups.push_back(compare_arrays(d, with_spiking, comparisons));
    output::write_groups(d.path, groups);
    return outcome;
}

}  // namespace spikemass
