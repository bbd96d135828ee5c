// spikemass analyse: fixed points, folds and Hopf points of a network's mass.

#include "host/analyse/analyse.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/options.hpp"
#include "host/output/files.hpp"
#include "host/sweep/header.hpp"

namespace spikemass::cli {

namespace {

struct Options {
    Common common;
    std::string file, out;
    AnalyseOptions what;
};

void write(const Options& o, const NetworkFile& file, const Analysis& a) {
    const auto folder = std::filesystem::absolute(o.out).lexically_normal().parent_path();
    std::filesystem::create_directories(folder);
    const output::SweepHeader header = run_header(file, a.configuration, 0);
    output::check_disk_space(folder, 2 * output::dataset_size_bound(header));
    output::write_dataset(o.out, header, [](const output::TrialId&) { return std::nullopt; });
    output::write_groups(o.out, {to_group(a)});
}

int execute(const Options& o) {
    o.common.refuse_cuda("masses are analysed on the CPU.");
    check_output_file("--out", o.out);
    const NetworkFile file = NetworkFile::load(o.file, o.common.overrides(), o.common.seed);
    const Analysis a = analyse(file, o.what);
    if (!o.out.empty()) write(o, file, a);
    if (!o.common.quiet)
        for (const std::string& w : a.warnings) say("warning: " + w);
    if (o.common.json) fmt::print("{}\n", to_json(a).dump());
    else fmt::print("{}", to_text(a));
    if (!o.out.empty() && !o.common.json) fmt::print("dataset {} (group analysis); `spikemass report {}` draws it\n", o.out, o.out);
    return 0;
}

}  // namespace

Verb add_analyse(CLI::App& app) {
    auto o = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("analyse", "The mass: all fixed points, eigenvalues, folds, Hopf points, continuation");
    verb->add_option("network", o->file, "Network file (TOML)")->required();
    verb->add_option("--closure", o->what.closure, "What sparsity adds to the mass: none (default), two_cumulant, ...");
    verb->add_option("--along", o->what.along, "Follow the fixed points along a real key: PATH LOW HIGH")->expected(3)->type_name("PATH LOW HIGH");
    verb->add_option("--across", o->what.across, "Follow folds and Hopf points through a second key: PATH LOW HIGH")->expected(3)->type_name("PATH LOW HIGH");
    verb->add_flag("--ideal-delay", o->what.ideal_delay, "Mass with the delay as asked for instead of the network's realised one");
    verb->add_option("--out", o->out, "Write a dataset (netCDF-4), which report draws");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

}  // namespace spikemass::cli
