// spikemass validate, info and doctor: is it right, what does it hold, what can this machine do.

#include <fmt/format.h>
#include <sys/utsname.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/options.hpp"
#include "host/config/schema.hpp"
#include "host/config/sweep_plan.hpp"
#include "host/cpu/graph.hpp"
#include "host/cpu/isa.hpp"
#include "host/gpu_devices.hpp"
#include "host/mass/mass.hpp"
#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/graph_file.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/python.hpp"
#include "host/sweep/header.hpp"
#include "host/sweep/sweep.hpp"
#include "host/version.hpp"
#include "kernels/recipes.hpp"
#include "models/closures/registry.hpp"
#include "models/registry.hpp"

namespace spikemass::cli {

namespace {

bool is_network_file(const std::filesystem::path& p) { return p.extension() == ".toml" || p.extension() == ".json"; }

int validate(const Common& common, const std::string& path) {
    if (!is_network_file(path)) {
        const auto file = output::resolve_dataset(path);
        output::validate_dataset(file);
        if (common.json) fmt::print("{}\n", nlohmann::ordered_json{{"file", file.string()}, {"valid", true}}.dump());
        else fmt::print("{}: valid dataset\n", file.string());
        return 0;
    }
    const NetworkFile file = NetworkFile::load(path, common.overrides(), common.seed);
    Configuration c;
    std::string sweep;
    if (file.has_sweep()) {   // what the file leaves to the axes is there at every point
        const SweepPlan plan = file.sweep();
        estimate_sweep(file, plan, 1);
        c = plan.configuration(plan.points.front());
        c.resolved = plan.resolved.at("network");
        sweep = fmt::format(", sweep of {} points x {} trials", plan.points.size(), plan.trials);
    } else {
        c = file.resolve();
        mass::resolve_initial(c.network);
    }
    if (common.json) fmt::print("{}\n", nlohmann::ordered_json{{"file", path}, {"valid", true}, {"resolved", c.resolved}}.dump());
    else fmt::print("{}: valid network: {} populations, {} projections, {} stimuli{}\n", path, c.network.populations.size(), c.network.projections.size(), c.network.stimuli.size(), sweep);
    return 0;
}

/// The stored graphs of a network in a file that topology from_file reads.
void write_graphs(const Configuration& c, const std::filesystem::path& file, int threads) {
    check_output_file("--graph", file);
    output::GraphWriter out(file);
    bool any = false;
    for (const Projection& p : c.network.projections) {
        if (kernels::stores_nothing(p.topology.kind)) continue;
        any = true;
        const Population &source = c.network.populations[p.source], &target = c.network.populations[p.target];
        const cpu::GraphOptions options{threads, cpu::Format::rows32};
        const cpu::GraphEstimate e = cpu::estimate_graph(p, source.size, target.size, p.source == p.target, options);
        const double needed = e.build_bytes + (p.strength_sd > 0 ? 8.0 * e.synapses : 0.0);
        if (needed > available_memory())
            throw CapacityError(fmt::format("projection.{}: writing its graph of {:.3g} synapses takes {}, and {} are free. Use a smaller network.", p.name, e.synapses,
                                            output::human_bytes(static_cast<std::uint64_t>(needed)), output::human_bytes(static_cast<std::uint64_t>(available_memory()))));
        const cpu::Graph g = cpu::build_graph(p, c.network.seeds, source.size, target.size, p.source == p.target, cpu::best_isa(), options);
        std::vector<std::uint64_t> start(static_cast<std::size_t>(source.size) + 1);
        for (std::size_t i = 0; i < start.size(); ++i) start[i] = g.rows32.start(i);
        std::vector<double> weight(g.rows32.weight.size());
        for (std::size_t i = 0; i < weight.size(); ++i) weight[i] = g.rows32.weight[i] * g.weight_unit;
        out.add({p.name, source.name, target.name, start, g.rows32.index.span(), weight});
    }
    if (!any) throw ConfigurationError("--graph: no projection of this network stores a graph: all_to_all and annealed have none. Nothing was written.");
    out.close();
}

int info(const Common& common, const std::string& path, bool keys, const std::string& graph) {
    if (!graph.empty() && (path.empty() || !is_network_file(path))) throw ConfigurationError("info --graph: writes the graphs of a network; name a network file.");
    if (keys) {
        fmt::print("{}", config::describe_keys());
        return 0;
    }
    if (path.empty()) throw ConfigurationError("info: name a dataset, a sweep's folder or a network file, or say --keys to list the keys of network files.");
    if (is_network_file(path)) {
        const NetworkFile file = NetworkFile::load(path, common.overrides(), common.seed);
        const Configuration c = file.resolve();
        if (!graph.empty()) write_graphs(c, graph, common.all_threads());
        if (common.json) {
            fmt::print("{}\n", c.resolved.dump());
            return 0;
        }
        const MemoryEstimate m = estimate_memory(c.network);
        fmt::print("{}: dt {} {}, {} steps of warm-up, {} bins of {} steps\n", path, c.run.dt, c.run.time_unit, c.plan.warmup_steps, c.plan.bins, c.plan.steps_per_bin);
        for (const Population& p : c.network.populations) fmt::print("  population {}: {} {} neurons\n", p.name, p.size, models::NeuronModels::names[static_cast<int>(p.model)]);
        for (const Projection& p : c.network.projections)
            fmt::print("  projection {}: {} -> {}, K = {:g}, J = {:g}, delay {}{} step{}\n", p.name, c.network.populations[p.source].name, c.network.populations[p.target].name,
                       p.topology.mean_indegree, p.strength, p.delay_law == DelayLaw::constant ? "" : fmt::format("{} to ", p.shortest_delay), p.delay_steps, p.delay_steps == 1 ? "" : "s");
        fmt::print("  about {:.3g} synapses, {} of memory\n", m.synapses, output::human_bytes(static_cast<std::uint64_t>(m.bytes)));
        return 0;
    }
    const auto j = output::dataset_info(output::resolve_dataset(path));
    if (common.json) fmt::print("{}\n", j.dump());
    else fmt::print("{}", output::info_text(j));
    return 0;
}

int doctor(bool json) {
    const output::Provenance p = provenance();
    nlohmann::ordered_json j;
    j["version"] = version;
    j["commit"] = git_commit;
    j["compiler"] = compiler;
    utsname system{};
    uname(&system);
    j["system"] = fmt::format("{} {}", system.sysname, system.release);
    j["processor"] = p.device;
    j["threads"] = Common{}.all_threads();
    j["instruction_set"] = fmt::format("x86-64-{}", cpu::best_isa().name);
    j["memory_available_bytes"] = available_memory();
    const GpuSupport gpus = gpu_support();
    j["backends"] = {"cpu"};
    if (gpus.built) j["backends"].push_back("cuda");
    j["cuda"] = describe(gpus);
    std::vector<std::string> models, closures;
    for (const char* m : models::NeuronModels::names) models.emplace_back(m);
    for (const auto c : closures::closure_names) closures.emplace_back(c);
    j["neuron_models"] = models;
    j["closures"] = closures;
    std::string huge = "unknown";
    if (std::ifstream in("/sys/kernel/mm/transparent_hugepage/enabled"); in) std::getline(in, huge);
    j["huge_pages"] = huge;
    j["report"] = python_has("numpy, scipy, matplotlib, netCDF4, h5py") ? "ready" : "Python packages are missing: numpy, scipy, matplotlib, netCDF4, h5py";
    j["free_form"] = python_has("scipy, pyoperon.sklearn") ? "ready" : "Python packages are missing: scipy, pyoperon";
    if (json) {
        fmt::print("{}\n", j.dump());
        return 0;
    }
    for (const auto& [key, value] : j.items()) {
        std::string text = value.is_string() ? value.get<std::string>() : value.dump();
        if (key == "memory_available_bytes") text = output::human_bytes(static_cast<std::uint64_t>(value.get<double>()));
        fmt::print("{:<24}{}\n", key, text);
    }
    return 0;
}

}  // namespace

Verb add_validate(CLI::App& app) {
    struct S { Common common; std::string path; };
    auto o = std::make_shared<S>();
    CLI::App* verb = app.add_subcommand("validate", "Check a network file or a dataset");
    verb->add_option("file", o->path, "Network file, dataset or sweep's folder")->required();
    o->common.add_to(*verb);
    return {verb, [o] { return validate(o->common, o->path); }};
}

Verb add_info(CLI::App& app) {
    struct S { Common common; std::string path, graph; bool keys = false; };
    auto o = std::make_shared<S>();
    CLI::App* verb = app.add_subcommand("info", "What a network file or a dataset holds");
    verb->add_option("file", o->path, "Network file, dataset or sweep's folder");
    verb->add_flag("--keys", o->keys, "List every key of the network file");
    verb->add_option("--graph", o->graph, "Write the network's synapses to this HDF5 file, which topology from_file reads");
    o->common.add_to(*verb);
    return {verb, [o] { return info(o->common, o->path, o->keys, o->graph); }};
}

Verb add_doctor(CLI::App& app) {
    auto json = std::make_shared<bool>(false);
    CLI::App* verb = app.add_subcommand("doctor", "What this machine and this build can do");
    verb->add_flag("--json", *json, "Print one JSON object");
    return {verb, [json] { return doctor(*json); }};
}

}  // namespace spikemass::cli
