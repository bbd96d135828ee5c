// spikemass export: a dataset handed over to other programs.

#include "host/export/export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/options.hpp"
#include "host/config/wording.hpp"
#include "host/output/sweep_folder.hpp"

namespace spikemass::cli {

namespace {

struct ExportOptions {
    std::string dataset, to, out;
    handover::UdeOptions ude;
    bool json = false, quiet = false;
};

const std::vector<std::string> formats = {"ude", "csv", "sonata"};

void finish(const ExportOptions& o, nlohmann::ordered_json result, const std::vector<std::string>& notes, const std::string& sentence) {
    if (!o.quiet && !o.json)
        for (const std::string& note : notes) say("note: " + note);
    if (!notes.empty()) result["notes"] = notes;
    fmt::print("{}\n", o.json ? result.dump() : sentence);
}

int execute(const ExportOptions& o, bool splits_asked, bool derivative_asked) {
    if (std::find(formats.begin(), formats.end(), o.to) == formats.end()) throw ConfigurationError(fmt::format("--to {}: there is no such hand-over. {}", o.to, config::suggestion(o.to, formats)));
    if (o.to != "ude" && (splits_asked || derivative_asked))
        throw ConfigurationError(fmt::format("--to {}: {} of --to ude. Leave them away.", o.to, splits_asked ? "--hold-out and --validation are" : "--order and --window are"));
    const auto file = output::resolve_dataset(o.dataset);
    if (o.to != "sonata") {
        check_output_file("--out", o.out);
        std::error_code ignored;
        if (std::filesystem::equivalent(o.out, file, ignored)) throw ConfigurationError(fmt::format("--out {}: is the dataset itself. Name another file.", o.out));
    }
    const output::Dataset dataset = output::read_dataset(file);
    nlohmann::ordered_json result{{"to", o.to}, {"out", o.out}};
    if (o.to == "csv") {
        const handover::CsvSummary s = handover::export_csv(dataset, o.out);
        result["rows"] = s.rows;
        finish(o, result, s.notes, fmt::format("{}: {} rows", o.out, s.rows));
    } else if (o.to == "sonata") {
        const handover::SonataSummary s = handover::export_sonata(dataset, o.out);
        result["files"] = s.files;
        result["spikes"] = s.spikes;
        finish(o, result, s.notes, fmt::format("{}: {} files with {} spikes, and runs.csv, which says what they are", o.out, s.files, s.spikes));
    } else {
        const handover::UdeSummary s = handover::export_ude(dataset, o.out, o.ude);
        result["points"] = s.points;
        result["train"] = s.split[0];
        result["validation"] = s.split[1];
        result["test_interpolation"] = s.split[2];
        result["test_extrapolation"] = s.split[3];
        result["hold_out"] = s.hold_out;
        result["validation_rule"] = s.validation;
        finish(o, result, s.notes, fmt::format("{}: {} points, {} to train, {} to validate, {} to test interpolation, {} extrapolation; held out: {}", o.out, s.points, s.split[0], s.split[1], s.split[2], s.split[3], s.hold_out));
    }
    return 0;
}

}  // namespace

Verb add_export(CLI::App& app) {
    auto o = std::make_shared<ExportOptions>();
    CLI::App* verb = app.add_subcommand("export", "Hand a dataset over: training data, tables, spike files");
    verb->add_option("dataset", o->dataset, "Folder of a sweep, or dataset.nc")->required();
    verb->add_option("--to", o->to, "ude: training data for universal differential equations (netCDF-4); csv: one row per point, trial, bin and population; sonata: a folder of spike files")->required();
    verb->add_option("--out", o->out, "File to write (sonata: a new folder)")->required();
    const auto* hold = verb->add_option("--hold-out", o->ude.split.hold_out, "ude: values of a swept key to test on, PATH=v1,v2 (repeatable); none: nothing (default: of mean_indegree the lowest and the second largest)")->take_all();
    const auto* validation = verb->add_option("--validation", o->ude.split.validation, "ude: values of a swept key to validate on, PATH=v1,v2 (repeatable)")->take_all();
    const auto* order = verb->add_option("--order", o->ude.order, "ude: order of the polynomials that give dxdt (default 3)");
    const auto* window = verb->add_option("--window", o->ude.window, "ude: bins that they are fitted to, an odd number (default 5)");
    verb->add_flag("--json", o->json, "Print one JSON object");
    verb->add_flag("--quiet", o->quiet, "No notes on stderr");
    return {verb, [o, hold, validation, order, window] { return execute(*o, hold->count() + validation->count() > 0, order->count() + window->count() > 0); }};
}

}  // namespace spikemass::cli
