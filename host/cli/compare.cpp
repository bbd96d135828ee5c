// spikemass compare and report: the table of the project's main question, and the page with its pictures.

#include "host/compare/compare.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/options.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/python.hpp"
#include "host/sweep/sweep.hpp"
#include "models/base/error.hpp"

namespace spikemass::cli {

namespace {

struct Options {
    Common common;
    std::vector<std::string> inputs;
    std::string levels = "spiking,mass", closures, out;
    std::int64_t trials = 4;
    bool ideal_delay = false, details = false;
};

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::string part;
    for (char c : list + ",") {
        if (c != ',') part += c;
        else if (!part.empty()) parts.push_back(std::exchange(part, {}));
    }
    return parts;
}

/// A network file is swept first (one point and --trials trials where it has no [sweep]); its folder is then compared.
std::filesystem::path sweep_first(const Options& o, const std::string& input) {
    std::vector<Override> overrides = o.common.overrides();
    NetworkFile file = NetworkFile::load(input, overrides, o.common.seed);
    if (!file.has_sweep()) {
        overrides.push_back({"sweep.trials", std::to_string(o.trials)});
        file = NetworkFile::load(input, overrides, o.common.seed);
    }
    SweepOptions s;
    s.out = o.out.empty() ? std::filesystem::path(input).stem().string() + ".compare" : o.out;
    s.threads = o.common.all_threads();
    s.quiet = o.common.quiet;
    s.stop = &stop_flag();
    const SweepPlan plan = file.sweep();
    s.backend = o.common.choose_backend({[&] { return estimate_workload(plan); }, [&](std::span<const Device> devices) { check_device_memory(plan, devices); }});
    s.resume = std::filesystem::exists(s.out);
    const SweepOutcome r = run_sweep(file, plan, s);
    const bool ended = r.code == ExitCode::resumable || r.code == ExitCode::interrupted;
    if (!r.message.empty() && !ended) say("spikemass: " + r.message);
    if (ended) throw Stopped(r.code, !r.message.empty() ? r.message : "stopped on request; the runs that are finished are kept in " + s.out.string() + ". Say the same command again to go on.");
    return s.out;
}

nlohmann::ordered_json number(double x) { return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr); }

nlohmann::ordered_json to_json(const CompareOutcome& c, const std::string& dataset) {
    nlohmann::ordered_json j = {{"dataset", dataset}, {"points", c.points}, {"diverged", c.diverged}};
    for (std::size_t i = 0; i < c.rows.size(); ++i) {
        const analysis::TableRow& r = c.rows[i];
        nlohmann::ordered_json row = {{"group", r.group}, {"label", r.label}, {"rate", number(r.rate.value)}, {"rate_se", number(r.rate.standard_error)},
                                      {"v", number(r.v.value)}, {"v_se", number(r.v.standard_error)}, {"flagged", r.flagged}};
        for (std::size_t k = 0; k < r.levels.size(); ++k) {
            auto& level = row["levels"][c.table.levels[k]];
            level = {{"rate_error_relative", number(r.levels[k].rate)}, {"v_error_relative", number(r.levels[k].v)}, {"steady_error", number(r.levels[k].joint)}};
            if (c.shift_rows.empty()) continue;
            const analysis::LevelErrors& shift = c.shift_rows[i].levels[k];
            level["rate_shift_error_relative"] = number(shift.rate);
            level["v_shift_error_relative"] = number(shift.v);
            level["shift_error"] = number(shift.joint);
        }
        j["rows"].push_back(row);
    }
    for (const auto& r : c.ranking)
        j["ranking"].push_back({{"level", r.level}, {"score", number(r.score)}, {"steady", number(r.steady)}, {"shift", number(r.shift)}, {"transient", number(r.transient)},
                                {"steady_net", number(r.steady_net)}, {"transient_net", number(r.transient_net)}, {"points", r.points}});
    j["warnings"] = c.warnings;
    return j;
}

nlohmann::ordered_json to_json(const analysis::CellScores& s) {
    nlohmann::ordered_json j{{"cells", s.cells}, {"left_out", s.left_out}, {"best_shortcut", s.best_shortcut}, {"oracle", number(s.oracle)}};
    for (const std::string& c : s.columns) j["noise"][c] = number(s.noise.at(c));
    for (const analysis::LevelScoreOfCells& l : s.levels) {
        auto& level = j["levels"][l.level];
        for (const std::string& c : s.columns) level[c] = number(l.column.at(c));
        level.update({{"joint", number(l.joint)}, {"of_exact", number(l.of_exact)}, {"of_best_shortcut", number(l.of_best)}, {"onset_median", number(l.onset_median)}, {"steady_rate", number(l.steady_rate)},
                      {"steady_v", number(l.steady_v)}, {"above", l.above}, {"diverged", l.diverged}, {"worst", l.worst}, {"worst_error", number(l.worst_error)}});
    }
    return j;
}

nlohmann::ordered_json cells_json(const CompareOutcome& r) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const analysis::Cell& c : r.cells) {
        nlohmann::ordered_json cell{{"column", c.column}, {"name", c.name}, {"noise", number(c.noise)}, {"trials_disagree", c.trials_disagree}};
        for (std::size_t k = 0; k < r.levels.size(); ++k) cell["error"][r.levels[k]] = number(c.error[k]);
        list.push_back(std::move(cell));
    }
    return list;
}

/// Scores of every dataset and of all together: held-out sets of a learned closure.
int show_suites(const Options& o, const std::vector<CompareOutcome>& outcomes, const std::vector<std::string>& files) {
    std::vector<const CompareOutcome*> all;
    for (const CompareOutcome& r : outcomes) {
        if (r.levels != outcomes[0].levels) throw ConfigurationError(fmt::format("{} and {} do not have the same closures by default. Name them by --closures.", files[0], files[all.size()]));
        all.push_back(&r);
    }
    nlohmann::ordered_json j;
    for (std::size_t i = 0; i <= outcomes.size(); ++i) {
        const bool together = i == outcomes.size();
        const analysis::CellScores scores = scores_of(together ? all : std::vector<const CompareOutcome*>{all[i]});
        if (!o.common.json) {
            fmt::print("{}\n", analysis::format_cell_scores(scores, together ? "All together" : files[i]));
            continue;
        }
        auto& at = together ? j["all"] : j["suites"].emplace_back(nlohmann::ordered_json{{"dataset", files[i]}});
        at["scores"] = to_json(scores);
        if (!together && o.details) at["cells"] = cells_json(outcomes[i]);
        if (!together) at["warnings"] = outcomes[i].warnings;
    }
    if (o.common.json) fmt::print("{}\n", j.dump());
    else if (!o.common.quiet)
        for (const CompareOutcome& r : outcomes)
            for (const std::string& w : r.warnings) say("warning: " + w);
    return 0;
}

int show_one(const Options& o, CompareOutcome& r, const std::string& file) {
    const analysis::CellScores scores = scores_of({&r});
    if (o.common.json) {
        auto j = to_json(r, file);
        j["scores"] = to_json(scores);
        if (o.details) j["cells"] = cells_json(r);
        fmt::print("{}\n", j.dump());
        return 0;
    }
    r.table.color = color_on_stdout();
    r.table.details = o.details;
    r.table.width = terminal_width();
    fmt::print("{}\n{}\n", analysis::format_table(r.table.against_reference ? r.shift_rows : r.rows, r.table), analysis::format_ranking(r.ranking, r.table.color));
    if (scores.cells > 0) fmt::print("{}\n", analysis::format_cell_scores(scores, "Scores by kind of stimulus"));
    if (!o.common.quiet)
        for (const std::string& w : r.warnings) say("warning: " + w);
    fmt::print("dataset {} (groups mass*, compare)\n", file);
    return 0;
}

int execute(const Options& o) {
    for (const std::string& l : split(o.levels))
        if (l != "spiking" && l != "mass") throw ConfigurationError(fmt::format("--levels {}: this version compares the levels spiking and mass. Use --levels spiking,mass.", o.levels));
    const std::vector<std::string> closures = split(o.closures);
    check_closures(closures);   // before a network is run
    CompareOptions c;
    c.closures = closures;
    c.ideal_delay = o.ideal_delay;
    c.threads = o.common.all_threads();
    c.quiet = o.common.quiet;
    c.stop = &stop_flag();
    if (o.inputs.size() > 1 && !o.out.empty()) throw ConfigurationError("--out is the folder for the runs of one network file. Compare several without it: each gets a folder of its own, NAME.compare.");
    std::vector<CompareOutcome> outcomes;
    std::vector<std::string> files;
    for (const std::string& input : o.inputs) {
        std::filesystem::path dataset = input;
        const bool is_network = dataset.extension() == ".toml" || dataset.extension() == ".json";
        if (!is_network) o.common.refuse_cuda("the spikes of a dataset are there already, and masses are integrated on the CPU.");
        if (is_network) dataset = sweep_first(o, input);
        outcomes.push_back(compare_dataset(dataset, c));
        files.push_back(output::resolve_dataset(dataset).string());
    }
    return outcomes.size() == 1 ? show_one(o, outcomes[0], files[0]) : show_suites(o, outcomes, files);
}

/// The page is made by Python and matplotlib.
int report(const std::vector<std::string>& arguments) {
    return run_python("report", python_script("spikemass_report.py"), arguments, {.packages = "numpy, matplotlib, netCDF4 and h5py", .output = {}, .line = {}});
}

}  // namespace

Verb add_compare(CLI::App& app) {
    auto o = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("compare", "The same networks as spikes and as masses: table, errors, ranking of closures");
    verb->add_option("input", o->inputs, "Sweeps' folders, datasets, or network files (which are run first); of several, scores of each and of all together")->required();
    verb->add_option("--levels", o->levels, "Levels to compare (default spiking,mass)");
    verb->add_option("--closures", o->closures, "Closures of the mass, separated by commas (default: all; none alone where eta has poles)");
    verb->add_flag("--ideal-delay", o->ideal_delay, "Masses with the delay as asked for instead of the network's realised one");
    verb->add_flag("--details", o->details, "Errors of r and v apart in the table; with --json every cell of the scores");
    verb->add_option("--trials", o->trials, "Trials of a network file without [sweep] (default 4)")->check(CLI::Range(1, 1000000));
    verb->add_option("--out", o->out, "Folder for the runs of a network file (default NAME.compare)");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

Verb add_report(CLI::App& app) {
    struct S { std::string dataset, out, png; bool quiet = false; };
    auto o = std::make_shared<S>();
    CLI::App* verb = app.add_subcommand("report", "One self-contained HTML page with tables and pictures");
    verb->add_option("dataset", o->dataset, "A sweep's folder or a dataset file")->required();
    verb->add_option("-o,--out", o->out, "The page (default: report.html beside the dataset)");
    verb->add_option("--png", o->png, "Also write the figures as PNG into this folder");
    verb->add_flag("--quiet", o->quiet, "Do not print what was written");
    return {verb, [o] {
        std::vector<std::string> a{o->dataset};
        if (!o->out.empty()) a.insert(a.end(), {"-o", o->out});
        if (!o->png.empty()) a.insert(a.end(), {"--png", o->png});
        if (o->quiet) a.push_back("--quiet");
        return report(a);
    }};
}

}  // namespace spikemass::cli
