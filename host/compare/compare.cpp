#include "host/compare/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "host/analysis/comparison.hpp"
#include "host/compare/cells.hpp"
#include "host/compare/remarks.hpp"
#include "host/compare/results.hpp"
#include "host/config/configuration.hpp"
#include "host/mass/afferents.hpp"
#include "host/mass/closure_file.hpp"
#include "host/mass/mass.hpp"
#include "host/output/dataset.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/configurations_of.hpp"
#include "host/sweep/progress.hpp"
#include "kernels/coupling.hpp"
#include "kernels/delays.hpp"
#include "models/closures/registry.hpp"

namespace spikemass {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

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

std::string level_name(const std::string& closure) { return closure == "none" ? "mass" : "mass." + mass::closure_title(closure); }

analysis::PointData point_data(const output::Dataset& d, std::size_t point, const Configuration& c, const std::vector<std::string>& closures, const std::vector<MassRun>& runs) {
    const output::SweepHeader& h = d.header;
    const auto trials = static_cast<std::size_t>(h.trials), bins = d.time.size();
    analysis::PointData data;
    data.bin = h.bin;
    data.start = h.warmup;
    for (std::size_t p = 0; p < h.populations.size(); ++p) {
        const Population& q = c.network.populations[p];
        analysis::PopulationFacts f{q.name, q.size, q.tau, q.eta.center, q.eta.distribution == Distribution::lorentzian ? q.eta.width : 0.0,
                                    q.eta.distribution == Distribution::lorentzian || q.eta.distribution == Distribution::constant, {}};
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
        f.delay = kernels::mean_delay_steps(q) * c.network.dt;
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

bool any_capped(const output::Dataset& d, std::size_t point) {
    const auto trials = static_cast<std::size_t>(d.header.trials);
    for (std::size_t k = 0; k < trials; ++k)
        if (d.runs.capped_fraction[point * trials + k] > 0.001) return true;
    return false;
}

/// What a reader of this point's numbers should know about the network and the record.
void remark_on(Remarks& remarks, std::size_t i, const analysis::PointComparison& point, const output::Dataset& d) {
    const auto trials = static_cast<std::size_t>(d.header.trials);
    const auto not_ok = [&](std::size_t k) { return d.runs.status[i * trials + k] != output::TrialStatus::ok; };
    std::size_t bad = 0;
    for (std::size_t k = 0; k < trials; ++k) bad += not_ok(k) ? 1 : 0;
    if (bad == trials) remarks.add(i, "runs", "No spiking run is there: all failed or are missing (`spikemass status` says why; `spikemass sweep --resume` runs them).");
    else if (bad > 0) remarks.add(i, "runs", "Some trials of the spiking network failed or are missing (`spikemass status` says why) and are left out.");
    if (point.windows.empty())
        remarks.add(i, "window", "No stationary means: the recorded input is nowhere constant for 5 membrane time constants. Use a larger run.duration.");
    else if (std::none_of(point.windows.begin(), point.windows.end(), [](const analysis::Window& w) { return w.settled; }))
        remarks.add(i, "window", "The stationary window may not have settled: no 5 membrane time constants of constant input begin 20 after its last change. "
                                 "Use a larger run.warmup or run.duration.");
    for (std::size_t p = 0; p < d.header.populations.size(); ++p) {
        const analysis::Metric* m = find_metric(point, "delay_damping", "spiking", p);
        if (m && std::abs(m->value) > analysis::delay_damping_warning)
            remarks.add(i, fmt::format("The delivery delay changes the damping of population {} by {:.1f} % (J r m dt/(2|v|)). The masses here have the same delay; "
                                       "for the network without delay use a smaller dt.", d.header.populations[p], 100 * std::abs(m->value)));
    }
}

}  // namespace

void check_closures(const std::vector<std::string>& closures) {
    std::set<std::string> seen;
    for (const std::string& c : closures) {
        if (!seen.insert(mass::closure_title(c)).second) throw ConfigurationError(fmt::format("Closure \"{}\" is named twice. Name each once.", c));
    }
}

analysis::CellScores scores_of(const std::vector<const CompareOutcome*>& outcomes) {
    std::vector<analysis::Cell> cells;
    for (const CompareOutcome* o : outcomes) cells.insert(cells.end(), o->cells.begin(), o->cells.end());
    const CompareOutcome& first = *outcomes.front();
    const auto exact = std::find(first.levels.begin(), first.levels.end(), "mass");
    return analysis::score_cells(cells, first.levels, exact == first.levels.end() ? -1 : static_cast<int>(exact - first.levels.begin()), first.shortcut);
}

CompareOutcome compare_dataset(const std::filesystem::path& path, const CompareOptions& options) {
    const output::Dataset d = output::read_dataset(output::resolve_dataset(path));
    std::vector<std::string> closures = options.closures;
    const std::vector<Configuration> configurations = configurations_of(d);
    if (closures.empty()) {
        const bool poles = std::any_of(configurations.begin(), configurations.end(), [](const Configuration& c) {
            return std::any_of(c.network.populations.begin(), c.network.populations.end(), [](const Population& p) { return mass::poles_of(p).size > 0; });
        });
        for (const auto name : closures::closure_names)
            if (!poles || name == closures::None::name) closures.emplace_back(name);   // no other is made for such a law of eta
    }
    check_closures(closures);
    const std::size_t n_points = configurations.size(), n_levels = closures.size(), bins = d.time.size(), n_populations = d.header.populations.size();

    // Masses: one run per point and closure; equal points once.
    std::vector<std::vector<MassRun>> runs(n_points, std::vector<MassRun>(n_levels));
    std::exception_ptr failure;
    std::int64_t done = 0;
    ProgressLine progress(options.quiet);
#pragma omp parallel for num_threads(options.threads) schedule(dynamic) collapse(2)
    for (std::size_t i = 0; i < n_points; ++i)
        for (std::size_t k = 0; k < n_levels; ++k) {
            if (d.header.representative(static_cast<std::int64_t>(i)) != static_cast<std::int64_t>(i)) continue;
            if (options.stop && options.stop->load() != 0) continue;
            try {
                runs[i][k] = run_one(configurations[i], closures[k], options.ideal_delay);
            } catch (...) {
#pragma omp critical
                failure = std::current_exception();
            }
#pragma omp critical
            progress.show(static_cast<double>(++done) / static_cast<double>(n_points * n_levels), fmt::format("{}/{} masses", done, n_points * n_levels));
        }
    if (failure) std::rethrow_exception(failure);
    const auto stop_here = [&] {
        if (options.stop && options.stop->load() != 0)
            throw Stopped(static_cast<ExitCode>(options.stop->load()), fmt::format("stopped on request; {} is as it was. Say the same command again.", d.path.string()));
    };
    stop_here();
    for (std::size_t i = 0; i < n_points; ++i)
        if (const auto r = static_cast<std::size_t>(d.header.representative(static_cast<std::int64_t>(i))); r != i) runs[i] = runs[r];

    CompareOutcome outcome;
    outcome.points = n_points;
    for (const std::string& c : closures) {
        outcome.levels.push_back(level_name(c));
        outcome.shortcut.push_back(c != closures::None::name && std::find(closures::closure_names.begin(), closures::closure_names.end(), c) != closures::closure_names.end());
    }
    std::vector<analysis::PointComparison> comparisons(n_points);
    std::vector<std::vector<analysis::Cell>> cells(n_points);
    done = 0;
#pragma omp parallel for num_threads(options.threads) schedule(dynamic)
    for (std::size_t i = 0; i < n_points; ++i) {
        if (options.stop && options.stop->load() != 0) continue;
        try {
            const analysis::PointData data = point_data(d, i, configurations[i], closures, runs[i]);
            comparisons[i] = analysis::compare(data);
            if (d.header.representative(static_cast<std::int64_t>(i)) == static_cast<std::int64_t>(i)) cells[i] = cells_of(data, configurations[i], closures, options.ideal_delay, point_name(d, i));
        } catch (...) {
#pragma omp critical
            failure = std::current_exception();
        }
#pragma omp critical
        progress.show(static_cast<double>(++done) / static_cast<double>(n_points), fmt::format("{}/{} points compared", done, n_points));
    }
    if (failure) std::rethrow_exception(failure);
    stop_here();
    for (auto& of_point : cells) std::move(of_point.begin(), of_point.end(), std::back_inserter(outcome.cells));
    std::vector<analysis::PointScores> scores;
    Remarks remarks;
    for (std::size_t i = 0; i < n_points; ++i) {
        scores.push_back(analysis::scores_of(comparisons[i], any_capped(d, i)));
        for (std::size_t k = 0; k < n_levels; ++k) {
            for (const std::string& w : runs[i][k].warnings) remarks.add(i, w);
            if (runs[i][k].failure.empty()) continue;
            ++outcome.diverged;
            remarks.add(i, "diverged " + closures[k], runs[i][k].failure);
        }
        remark_on(remarks, i, comparisons[i], d);
    }
    outcome.ranking = analysis::rank_levels(scores);
    outcome.warnings = remarks.lines(n_points);

    const std::vector<std::string>& level_names = outcome.levels;
    std::vector<std::string> with_spiking{"spiking"};
    with_spiking.insert(with_spiking.end(), level_names.begin(), level_names.end());
    outcome.table = table_options(d, level_names);
    outcome.table.against_reference = has_shifts(level_names, comparisons);
    outcome.rows = table_rows(d, level_names, comparisons, false);
    if (outcome.table.against_reference) outcome.shift_rows = table_rows(d, level_names, comparisons, true);

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
