// spikemass fit: parameters of a mass from the rates of a dataset.

#include "host/fit/fit.hpp"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>

#include "host/cli/options.hpp"
#include "host/output/files.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/configurations_of.hpp"
#include "models/base/error.hpp"

namespace spikemass::cli {

namespace {

struct Options {
    Common common;
    std::string dataset, model = "mpr", closure = "none", level = "spiking", initial = "free", out, write;
    std::vector<std::string> free, start, bounds;
    int starts = 1;
    double segment = 0.0, continuity = 1.0, robust = 0.0;
    bool each = false, ideal_delay = false;
};

fit::FitOptions options_of(const Options& o) {
    if (o.model != "mpr") throw ConfigurationError(fmt::format("--model {}: the masses that can be fitted are those of mpr, with any --closure. Use --model mpr.", o.model));
    if (o.initial != "free" && o.initial != "network")
        throw ConfigurationError(fmt::format("--initial {}: must be free (the state at the start of the recording is fitted) or network (it comes from the network file, through the warm-up).", o.initial));
    if (o.initial == "network" && o.segment > 0.0) throw ConfigurationError("--segment: with --initial network there is one segment, from time zero. Leave one of both away.");
    fit::FitOptions f;
    f.mass = {fit::closure_of_model(o.closure), o.ideal_delay};
    f.free = o.free;
    for (const std::string& s : o.start) f.start.insert(fit::parse_start(s));
    for (const std::string& s : o.bounds) f.bounds.insert(fit::parse_bounds(s));
    f.level = o.level;
    f.each = o.each;
    f.solve.starts = o.starts;
    f.solve.seed = o.common.seed.value_or(1);
    f.solve.threads = o.common.all_threads();
    f.solve.shooting.segment = o.segment;
    f.solve.shooting.continuity = o.continuity;
    f.solve.shooting.from_network = o.initial == "network";
    f.solve.shooting.robust = o.robust;
    return f;
}

/// The fitted network beside --write: it extends the sweep's network.toml where the dataset is in a sweep's folder, else a copy of the dataset's own text.
void write_network(const Options& o, const output::Dataset& dataset, const fit::Fit& f, double dt) {
    const std::filesystem::path file = std::filesystem::absolute(o.write).lexically_normal(), folder = file.parent_path();
    std::filesystem::create_directories(folder);
    std::filesystem::path base = std::filesystem::absolute(dataset.path).lexically_normal().parent_path() / "network.toml";
    if (!std::filesystem::exists(base) || output::read_file(base) != dataset.header.network_toml || base == file) {
        base = folder / (file.stem().string() + ".base.toml");
        output::write_file(base, dataset.header.network_toml);
    }
    output::write_file(file, fit::network_layer(f, base.lexically_relative(folder).string(), dt));
}

int execute(const Options& o) {
    o.common.refuse_cuda("masses are fitted on the CPU.");
    if (!o.common.set.empty()) throw ConfigurationError("--set: the network file of a fit is the dataset's own. Use --start PATH=VALUE for another starting value.");
    check_output_file("--out", o.out);
    check_output_file("--write", o.write);
    const fit::FitOptions options = options_of(o);
    const auto begin = std::chrono::steady_clock::now();
    const output::Dataset dataset = output::read_dataset(output::resolve_dataset(o.dataset));
    const std::vector<Configuration> configurations = configurations_of(dataset);
    const fit::FitReport report = fit::fit(fit::recordings_of(dataset, configurations, o.level), dataset.header.axes, options);
    if (!o.write.empty() && report.fits.size() > 1) throw ConfigurationError("--write: every point has parameters of its own, and a network file has one set. Leave --each away, or fit a dataset of one point.");
    nlohmann::ordered_json j = {{"dataset", o.dataset}};
    j.update(fit::to_json(report));
    j["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    if (!o.out.empty()) {
        std::filesystem::create_directories(std::filesystem::absolute(o.out).lexically_normal().parent_path());
        output::write_file(o.out, j.dump(1) + "\n");
    }
    const bool converged = report.any_converged();
    if (!o.write.empty() && converged) write_network(o, dataset, report.fits.front(), configurations.front().network.dt);
    if (!o.common.quiet) {
        for (const std::string& w : report.warnings) say("warning: " + w);
        for (const fit::Fit& f : report.fits) {
            const std::string where = report.each ? f.name + ": " : "";
            for (const std::string& w : f.solution.warnings) say("warning: " + where + w);
            if (report.each && !f.error.empty()) say("warning: " + where + f.error);
        }
    }
    if (o.common.json) fmt::print("{}\n", j.dump());
    else if (converged || report.each) fmt::print("{}", fit::to_text(report));
    if (converged) return 0;
    throw DivergenceError(report.each ? "no point's fit converged; the first: " + report.fits.front().error : report.fits.front().error);
}

}  // namespace

Verb add_fit(CLI::App& app) {
    auto o = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("fit", "Parameters of a mass from the rates of a dataset, with confidence intervals");
    verb->add_option("dataset", o->dataset, "Folder of a sweep, or dataset.nc")->required();
    verb->add_option("--model", o->model, "The mass: mpr (default)");
    verb->add_option("--closure", o->closure, "What sparsity adds to the mass: none (default), two_cumulant, ..., or a closure file");
    verb->add_option("--free", o->free, "Parameters to fit: paths of the network file, or their ends, as eta,strength (default: center and half_width of eta, strengths)")->delimiter(',');
    verb->add_option("--start", o->start, "Starting value, PATH=VALUE (default: the network file's; repeatable)")->take_all();
    verb->add_option("--bounds", o->bounds, "Between which values to look, PATH=LOW,HIGH (repeatable)")->take_all();
    verb->add_option("--starts", o->starts, "Start from so many places, drawn around the first (default 1)")->check(CLI::Range(1, 1000));
    verb->add_flag("--each", o->each, "Every point has parameters of its own (default: all points share them)");
    verb->add_option("--initial", o->initial, "State at the start of the recording: free (default: fitted), or network (the network file's, through the warm-up)");
    verb->add_option("--segment", o->segment, "Length of the segments of multiple shooting, time units (default: one segment)")->check(CLI::NonNegativeNumber);
    verb->add_option("--continuity", o->continuity, "Weight of the jumps between segments, in units of a bin's (default 1; 0: none)")->check(CLI::NonNegativeNumber);
    verb->add_option("--robust", o->robust, "Count residuals beyond so many standard deviations linearly (default 0: never)")->check(CLI::NonNegativeNumber);
    verb->add_option("--level", o->level, "What to fit: spiking (default), or another level of the dataset, as mass");
    verb->add_flag("--ideal-delay", o->ideal_delay, "Mass with the delay as asked for instead of the network's realised one");
    verb->add_option("--out", o->out, "Write the result as JSON");
    verb->add_option("--write", o->write, "Write a network file with the fitted values, which extends the dataset's");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

}  // namespace spikemass::cli
