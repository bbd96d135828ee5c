// spikemass run: one network at one level.

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "host/analysis/statistics.hpp"
#include "host/cli/options.hpp"
#include "host/live/consumers.hpp"
#include "host/live/feed.hpp"
#include "host/mass/closure_file.hpp"
#include "host/mass/mass.hpp"
#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/layout.hpp"
#include "host/output/sonata.hpp"
#include "host/sweep/header.hpp"
#include "host/sweep/progress.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/closures/registry.hpp"

namespace spikemass::cli {

namespace {

struct RunOptions {
    Common common;
    std::string file, level = "spiking", closure = "none", out, spikes, live;
    std::uint64_t trial = 0;
    bool ideal_delay = false;
};

/// Threads that help one network: all for steps of 200 us and more.
int useful_threads(const Common& common, const Network& network, const RunPlan& plan) {
    if (common.threads > 0) return common.threads;
    const auto steps = static_cast<double>(plan.warmup_steps + plan.bins * plan.steps_per_bin);
    return estimate_seconds(network, plan) / steps > 200e-6 ? common.all_threads() : 1;
}

nlohmann::ordered_json summary(const RunResult& r, const Configuration& c, std::uint64_t trial, const std::string& backend_reason) {
    const double scale = output::layout::rate_scale(c.run.time_unit);
    const auto number = [](double x) { return std::isfinite(x) ? nlohmann::ordered_json(x) : nlohmann::ordered_json(nullptr); };
    nlohmann::ordered_json j;
    j["level"] = r.level;
    j["backend"] = r.backend;
    j["backend_reason"] = backend_reason;
    j["strategy"] = r.strategy;
    j["seed"] = c.run.seed;
    j["trial"] = trial;
    j["digest"] = r.level == "spiking" ? nlohmann::ordered_json(fmt::format("{:016x}", r.digest)) : nlohmann::ordered_json(nullptr);
    j["steps"] = r.steps;
    j["synapses"] = r.synapses;
    j["spikes"] = r.spikes;
    j["wall_seconds"] = r.wall_seconds;
    j["build_seconds"] = r.build_seconds;
    j["capped_fraction"] = r.capped_fraction;
    auto& populations = j["populations"] = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < r.populations.size(); ++i) {
        const PopulationBins& b = r.populations[i];
        nlohmann::ordered_json p;
        p["size"] = c.network.populations[i].size;
        const auto rate = analysis::mean_over_blocks(b.rate);
        p["rate_mean"] = number(rate.value * scale);
        p["rate_sem"] = number(rate.standard_error * scale);
        if (!b.v.empty()) {
            const auto v = analysis::mean_over_blocks(b.v);
            p["v_mean"] = number(v.value);
            p["v_sem"] = number(v.standard_error);
        }
        if (!b.z_re.empty()) {
            p["z_re_mean"] = number(analysis::mean(b.z_re));
            p["z_im_mean"] = number(analysis::mean(b.z_im));
            std::vector<double> modulus;
            for (std::size_t k = 0; k < b.z_re.size(); ++k) modulus.push_back(std::hypot(b.z_re[k], b.z_im[k]));
            p["z_abs_mean"] = number(analysis::mean(modulus));
        }
        if (i < r.statistics.size()) {
            auto& s = p["statistics"] = nlohmann::ordered_json::object();
            for (const auto& entry : spike_statistics_list) s[entry.name] = number(r.statistics[i].*entry.member);
        }
        populations[c.network.populations[i].name] = p;
    }
    auto& projections = j["projections"] = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < r.projections.size(); ++i) {
        const ProjectionFacts& f = r.projections[i];
        projections[c.network.projections[i].name] = {{"synapses", f.synapses}, {"k_mean", f.k_mean}, {"k_var", f.k_var}, {"degree_correlation", number(f.degree_correlation)}, {"effective_delay", f.effective_delay},
                                                      {"format", f.format}, {"graph_checksum", fmt::format("{:016x}", f.graph_checksum)}};
    }
    if (!r.warnings.empty()) j["warnings"] = r.warnings;
    return j;
}

/// ± after a mean over neurons is its standard error, sd its spread.
void print_statistics(const nlohmann::ordered_json& s, const Configuration& c) {
    const auto value = [&](const std::string& key) { return s[key].is_number() ? s[key].get<double>() : std::nan(""); };
    const auto over_neurons = [&](const char* what, const std::string& key, const char* neurons) {
        return fmt::format("{} {:.4g} ± {:.1g} (sd {:.2g})", what, value(key), value(key + "_sd") / std::sqrt(value(neurons)), value(key + "_sd"));
    };
    const double dt = c.run.dt, window = static_cast<double>(c.plan.statistics_window) * dt;
    fmt::print("    intervals: {}, {}; {} neurons\n", over_neurons("CV", "isi_cv", "isi_neurons"), over_neurons("LV", "isi_lv", "isi_neurons"), value("isi_neurons"));
    fmt::print("    counts in {:.6g} {}: {}; correlation {:.3g} ± {:.1g} (sd {:.2g}; pairs of {} neurons), covariance {:.3g} ± {:.1g} (all pairs)\n", window, c.run.time_unit,
               over_neurons("Fano factor", "fano_factor", "fano_neurons"), value("count_correlation"), value("count_correlation_se"), value("count_correlation_sd"),
               value("correlation_neurons"), value("count_covariance"), value("count_covariance_se"));
    fmt::print("    synchrony in bins of {:.6g} {}: chi {:.3g}\n", c.run.bin, c.run.time_unit, value("synchrony"));
}

void print(const nlohmann::ordered_json& j, const Configuration& c) {
    fmt::print("{} level, {} steps in {:.3f} s (built in {:.3f} s), {} synapses, {} spikes{}\n", j["level"].get<std::string>(), j["steps"].get<std::int64_t>(),
               j["wall_seconds"].get<double>(), j["build_seconds"].get<double>(), j["synapses"].get<std::uint64_t>(), j["spikes"].get<std::uint64_t>(),
               j["digest"].is_null() ? "" : ", digest " + j["digest"].get<std::string>());
    if (j["backend"] != "cpu") fmt::print("backend {} ({}), strategy {}\n", j["backend"].get<std::string>(), j["backend_reason"].get<std::string>(), j["strategy"].get<std::string>());
    const std::string unit = output::layout::rate_unit(c.run.time_unit);
    for (const auto& item : j["populations"].items()) {
        const nlohmann::ordered_json& p = item.value();
        const auto value = [&](const char* key) { return p.contains(key) && p[key].is_number() ? p[key].get<double>() : std::nan(""); };
        fmt::print("  {}: rate {:.6g} ± {:.2g} {}", item.key(), value("rate_mean"), value("rate_sem"), unit);
        if (p.contains("v_mean")) fmt::print(", v {:.6g} ± {:.2g}", value("v_mean"), value("v_sem"));
        if (p.contains("z_abs_mean")) fmt::print(", |z| {:.4g}", value("z_abs_mean"));
        fmt::print(" (mean over {} {})\n", c.run.duration, c.run.time_unit);
        if (p.contains("statistics")) print_statistics(p["statistics"], c);
    }
    if (j.contains("spikes_file")) fmt::print("spikes {}\n", j["spikes_file"].get<std::string>());
}

std::filesystem::path real_path(const std::string& file) { return std::filesystem::weakly_canonical(std::filesystem::absolute(file)); }

/// Everything about the options that can be refused before any work.
void check_options(const RunOptions& o) {
    if (o.level != "spiking" && o.level != "mass") throw ConfigurationError(fmt::format("--level {}: networks run at the levels spiking and mass. Choose one of them.", o.level));
    if (o.level != "mass" && o.closure != "none") throw ConfigurationError(fmt::format("--closure {}: closures belong to the mass. Add --level mass.", o.closure));
    mass::find_closure(o.closure);
    if (o.level == "mass") o.common.refuse_cuda("masses are integrated on the CPU.");
    if (!o.spikes.empty() && o.level != "spiking") throw ConfigurationError("--spikes: only the spiking level has spikes. Leave --spikes away or use --level spiking.");
    if (!o.live.empty()) {
        parse_live(o.live);
        if (o.level != "spiking") throw ConfigurationError("--live: only the spiking level gives its bins while it goes on. Leave --live away or use --level spiking.");
        if (o.out.empty()) throw ConfigurationError("--live: live files stand beside the dataset. Add --out FILE.nc.");
    }
    check_output_file("--out", o.out);
    check_output_file("--spikes", o.spikes);
    if (!o.out.empty() && !o.spikes.empty() && real_path(o.out) == real_path(o.spikes))
        throw ConfigurationError(fmt::format("--out {} and --spikes {} are the same file. Dataset and spikes need a file each.", o.out, o.spikes));
}

std::filesystem::path folder_of(const std::string& file) { return std::filesystem::absolute(file).lexically_normal().parent_path(); }

RunResult run_mass_level(const RunOptions& o, const Configuration& c) {
    Network network = c.network;
    mass::resolve_initial(network);
    return mass::run_mass(network, c.plan, {o.closure, o.ideal_delay});
}

/// Live files of OUT.nc: OUT.live.h5 and so on.
std::unique_ptr<LiveFeed> make_feed(const RunOptions& o, const Configuration& c, const output::SweepHeader& header) {
    std::filesystem::create_directories(folder_of(o.out));
    const LiveContext context{header, [&c](std::int64_t) { return c; }, [&o](const std::string& name) { return std::filesystem::path(o.out).replace_extension("." + name); }};
    return std::make_unique<LiveFeed>(make_live_consumers(parse_live(o.live), context), folder_of(o.out));
}

RunResult run_spiking_level(const RunOptions& o, const Configuration& c, const Backend& backend, const std::optional<output::SweepHeader>& header) {
    SimulationOptions s;
    std::unique_ptr<LiveFeed> feed;
    s.threads = useful_threads(o.common, c.network, c.plan);
    s.stop = &stop_flag();
    s.backend = backend;
    ProgressLine progress(o.common.quiet);
    s.progress = [&](std::int64_t done, std::int64_t total, std::uint64_t spikes) {
        const std::string live = feed ? feed->line() : "";
        progress.show(static_cast<double>(done) / static_cast<double>(total),
                      fmt::format("step {}/{}, {:.3g} spikes{}{}", done, total, static_cast<double>(spikes), live.empty() ? "" : "; ", live));
    };
    if (!o.live.empty())
        s.rates = [&](std::size_t, RateChunk chunk) {
            if (!feed) feed = make_feed(o, c, *header);   // as the spike file below
            feed->push(std::move(chunk));
        };
    const auto run = [&] {
        RunResult result = run_spiking(c.network, c.plan, s);
        if (!feed) return result;
        feed->end([] { return stop_flag().load() != 0; });
        for (const LiveFeed::Failure& f : feed->failures()) result.warnings.push_back(fmt::format("live consumer {}: {} Run and dataset are not touched by it.", f.consumer, f.message));
        return result;
    };
    if (o.spikes.empty()) return run();
    std::optional<output::SpikeWriter> writer;
    const auto open = [&] {   // after the first step: a network that is refused leaves no folder behind
        std::vector<std::string> names;
        for (const Population& p : c.network.populations) names.push_back(p.name);
        std::filesystem::create_directories(folder_of(o.spikes));
        writer.emplace(o.spikes, names, c.run.time_unit, c.run.dt);
    };
    s.spikes = [&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) {
        if (!writer) open();
        writer->append(population, step, ids);
    };
    RunResult result = run();
    if (!writer) open();
    writer->close();
    return result;
}

output::LevelSeries mass_series(const RunResult& r, const std::string& closure) {
    output::LevelSeries level;
    level.level = r.level;
    level.attributes["closure"] = closure;
    for (std::size_t b = 0; b < r.populations.front().rate.size(); ++b)
        for (const PopulationBins& p : r.populations) {
            level.rate.push_back(p.rate[b]);
            level.v.push_back(p.v[b]);
            if (!p.z_re.empty()) {
                level.z_re.push_back(p.z_re[b]);
                level.z_im.push_back(p.z_im[b]);
            }
        }
    return level;
}

void write(const RunOptions& o, const Configuration& c, const output::SweepHeader& header, const output::TrialRecord& record) {
    std::filesystem::create_directories(folder_of(o.out));
    if (o.level == "spiking") {
        output::write_dataset(o.out, header, record);
        return;
    }
    output::write_dataset(o.out, header, [](const output::TrialId&) { return std::nullopt; });
    output::write_groups(o.out, {output::level_group(mass_series(record.result, o.closure), c.run.time_unit)});
}

/// Where run.record asks for spikes and no file is named: beside the dataset, else here, under the network file's name.
std::string default_spikes_file(const RunOptions& o) {
    return o.out.empty() ? std::filesystem::path(o.file).stem().string() + ".spikes.h5" : std::filesystem::path(o.out).replace_extension(".spikes.h5").string();
}

int execute(RunOptions o) {
    check_options(o);
    const NetworkFile file = NetworkFile::load(o.file, o.common.overrides(), o.common.seed);
    Configuration c = file.resolve(o.trial);
    if (o.level != "spiking") c.run.record.statistics = c.plan.record.statistics = false;   // of spikes, which masses do not have
    if (c.run.record.spikes && o.spikes.empty() && o.level == "spiking") check_output_file("--spikes", o.spikes = default_spikes_file(o));
    check_recording(c.network, c.plan);
    Backend backend;
    backend.reason = "masses are integrated on the CPU";
    if (o.level == "spiking") backend = o.common.choose_backend({[&] { return estimate_workload(c.network, c.plan, true); },
                                                                            [&](std::span<const Device> devices) { check_device_memory(c.network, devices.first(1)); }});
    std::optional<output::SweepHeader> header;
    if (!o.out.empty()) {
        header = run_header(file, c, static_cast<std::int64_t>(o.trial));
        name_backend(header->provenance, backend);
        output::check_disk_space(folder_of(o.out), 2 * output::dataset_size_bound(*header) + live_bytes(o.live.empty() ? std::vector<std::string>{} : parse_live(o.live), *header));   // twice: room for a level's group
    }
    output::TrialRecord record;
    record.seeds = c.network.seeds;
    record.result = o.level == "mass" ? run_mass_level(o, c) : run_spiking_level(o, c, backend, header);
    if (header) write(o, c, *header, record);
    if (!o.common.quiet)
        for (const std::string& w : record.result.warnings) say("warning: " + w);
    auto j = summary(record.result, c, o.trial, backend.reason);
    if (!o.spikes.empty()) j["spikes_file"] = o.spikes;
    if (o.common.json) fmt::print("{}\n", j.dump());
    else print(j, c);
    return 0;
}

}  // namespace

Verb add_run(CLI::App& app) {
    auto o = std::make_shared<RunOptions>();
    CLI::App* verb = app.add_subcommand("run", "Run one network at one level");
    verb->add_option("network", o->file, "Network file (TOML)")->required();
    verb->add_option("--level", o->level, "spiking (default) or mass");
    verb->add_option("--closure", o->closure, "What sparsity adds to the mass (level mass): none, two_cumulant, ...");
    verb->add_flag("--ideal-delay", o->ideal_delay, "Mass with the delay as asked for instead of the network's realised one");
    verb->add_option("--trial", o->trial, "Reproduce this trial of a sweep")->check(whole_number);
    verb->add_option("--out", o->out, "Write a dataset (netCDF-4)");
    verb->add_option("--spikes", o->spikes, "File for the recorded spikes (SONATA, HDF5); default with \"spikes\" in run.record: NAME.spikes.h5");
    verb->add_option("--live", o->live, "Write live files beside --out while the run goes on: rates (OUT.live.h5), compare (OUT.live_compare.json), fit=MODEL (OUT.live_fit.json; mpr or a closure), or several, as rates,fit=mpr");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

}  // namespace spikemass::cli
