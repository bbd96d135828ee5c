// spikemass sweep and status: all points x trials of a network file, and how far they are.

#include "host/sweep/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/options.hpp"
#include "host/live/consumers.hpp"
#include "host/output/files.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/progress.hpp"

namespace spikemass::cli {

namespace {

struct Options {
    Common common;
    std::string file, out, max_wall, shard;
    bool resume = false, dry_run = false, spikes = false;
    std::string live;
};

/// "90", "90s", "15min", "3h" in seconds.
double parse_duration(const std::string& text) {
    std::size_t used = 0;
    double value = 0;
    try {
        value = std::stod(text, &used);
    } catch (const std::exception&) {
        used = 0;
    }
    const std::string unit = text.substr(used);
    const double factor = unit.empty() || unit == "s" ? 1 : unit == "min" || unit == "m" ? 60 : unit == "h" ? 3600 : unit == "d" ? 86400 : 0;
    if (used == 0 || factor == 0 || !(value > 0) || !std::isfinite(value)) throw ConfigurationError(fmt::format("--max-wall {}: a duration above 0 is a number and s, min, h or d, as 90s or 3h.", text));
    return value * factor;
}

/// "2/8": this process does the second eighth of the runs.
void parse_shard(const std::string& text, SweepOptions& o) {
    const auto slash = text.find('/');
    const auto number = [&](std::string_view part, int& value) {
        const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
        return error == std::errc() && end == part.data() + part.size();
    };
    const std::string_view view = text;
    if (slash == std::string::npos || !number(view.substr(0, slash), o.shard) || !number(view.substr(slash + 1), o.shards) || o.shard < 1 || o.shard > o.shards || o.shards > 100000)
        throw ConfigurationError(fmt::format("--shard {}: must be i/n with 1 <= i <= n <= 100000, as 2/8.", text));
}

/// Without --shard: the place of this task in its Slurm array, "" where it is in none.
std::string slurm_shard() {
    const auto number = [](const char* name, long& value) {
        const char* text = std::getenv(name);
        if (!text) return false;
        const auto [end, error] = std::from_chars(text, text + std::strlen(text), value);
        return error == std::errc() && *end == 0;
    };
    long id = 0, first = 0, last = 0, count = 0, step = 1;
    if (!number("SLURM_ARRAY_TASK_ID", id)) return "";
    const bool known = number("SLURM_ARRAY_TASK_MIN", first) && number("SLURM_ARRAY_TASK_MAX", last) && number("SLURM_ARRAY_TASK_COUNT", count);
    number("SLURM_ARRAY_TASK_STEP", step);
    if (!known || step < 1 || last < first || (last - first) / step + 1 != count || id < first || id > last || (id - first) % step != 0)
        throw ConfigurationError("--shard: this is task " + std::to_string(id) + " of a Slurm array whose tasks are not evenly numbered, so which part of the sweep it should do is not known. "
                                 "Submit with --array=1-N, or give --shard i/n.");
    return fmt::format("{}/{}", (id - first) / step + 1, count);
}

/// On the device that has most.
double free_on_device(const Backend& backend) {
    double most = 0;
    for (const Device& d : backend.devices) most = std::max(most, d.memory_bytes);
    return most;
}

int dry_run(const Options& o, const NetworkFile& file, const SweepPlan& plan, const Backend& backend) {
    const int threads = o.common.all_threads();
    const SweepEstimate e = estimate_sweep(file, plan, threads, backend);
    const double have = available_memory();
    if (o.common.json) {
        nlohmann::ordered_json j = {{"points", e.points}, {"references", plan.references.size()}, {"trials", plan.trials}, {"runs", e.runs}, {"synapses_largest_run", e.synapses},
                                    {"memory_bytes_largest_run", e.memory_bytes}, {"memory_bytes_available", have}, {"disk_bytes", e.disk_bytes}, {"core_seconds", e.core_seconds}, {"threads", threads}, {"backend", backend.name}, {"backend_reason", backend.reason}};
        if (backend.on_device()) j["device_memory_bytes_largest_run"] = e.device_bytes, j["device_memory_bytes_available"] = free_on_device(backend);
        fmt::print("{}\n", j.dump());
    } else {
        fmt::print("points        {} ({} runs: {} trials each, {} references)\n", e.points, e.runs, plan.trials, plan.references.size());
        for (std::size_t a = 0; a < plan.axes.size(); ++a) fmt::print("axis          {}: {} values\n", plan.axes[a], plan.axis_values[a].size());
        fmt::print("synapses      {:.3g} in the largest run\n", e.synapses);
        fmt::print("memory        {} in the largest run, {} available\n", output::human_bytes(static_cast<std::uint64_t>(e.memory_bytes)), output::human_bytes(static_cast<std::uint64_t>(have)));
        if (backend.on_device())
            fmt::print("on {}: {} in the largest run, {} free\n", backend.device_names(), output::human_bytes(static_cast<std::uint64_t>(e.device_bytes)), output::human_bytes(static_cast<std::uint64_t>(free_on_device(backend))));
        fmt::print("disk          at most {}\n", output::human_bytes(static_cast<std::uint64_t>(e.disk_bytes)));
        fmt::print("time          about {} on {} threads (an estimate)\n", human_duration(e.core_seconds / threads), threads);
    }
    if (e.memory_bytes > have) throw CapacityError(fmt::format("memory: the largest run needs about {:.2f} GiB and {:.2f} GiB are free. Use fewer neurons or a smaller mean_indegree.", e.memory_bytes / 0x1p30, have / 0x1p30));
    return 0;
}

int execute(Options o) {
    if (o.shard.empty() && !o.dry_run) {
        o.shard = slurm_shard();
        if (!o.shard.empty() && !o.common.quiet) say(fmt::format("shard {} (from SLURM_ARRAY_TASK_ID)", o.shard));
    }
    const NetworkFile file = NetworkFile::load(o.file, o.common.overrides(), o.common.seed);
    const SweepPlan plan = file.sweep();
    const Backend backend = o.common.choose_backend({[&] { return estimate_workload(plan); }, [&](std::span<const Device> devices) { check_device_memory(plan, devices); }});
    if (o.dry_run) return dry_run(o, file, plan, backend);
    if (o.out.empty()) throw ConfigurationError("--out: a sweep needs a folder for its results. Add --out FOLDER, or --dry-run to see what it would do.");
    SweepOptions s;
    s.out = o.out;
    s.threads = o.common.all_threads();
    s.resume = o.resume;
    s.spikes = o.spikes;
    s.quiet = o.common.quiet;
    s.stop = &stop_flag();
    s.backend = backend;
    if (!o.live.empty()) s.live = parse_live(o.live);
    if (!o.shard.empty()) parse_shard(o.shard, s);
    if (!o.max_wall.empty()) s.max_wall_seconds = parse_duration(o.max_wall);
    const SweepOutcome r = run_sweep(file, plan, s);
    const auto dataset = output::dataset_path(o.out).string();
    if (!r.message.empty()) say("spikemass: " + r.message);
    if (!o.common.quiet)
        for (const std::string& w : r.warnings) say("warning: " + w);
    if (o.common.json) {
        nlohmann::ordered_json j = {{"planned", r.planned}, {"done", r.done}, {"failed", r.failed}, {"missing", r.missing}, {"wall_seconds", r.wall_seconds}, {"dataset", dataset}, {"backend", backend.name}, {"backend_reason", backend.reason}};
        if (!r.warnings.empty()) j["warnings"] = r.warnings;
        fmt::print("{}\n", j.dump());
    } else {
        if (backend.on_device()) fmt::print("backend {} ({}): {}\n", backend.name, backend.reason, backend.device_names());
        fmt::print("{} of {} runs done, {} failed, {} missing, in {}\ndataset {}\n", r.done, r.planned, r.failed, r.missing, human_duration(r.wall_seconds), dataset);
        if (r.missing > 0) fmt::print("go on with: spikemass sweep {} --out {} --resume{}\n", o.file, o.out, o.shard.empty() ? "" : " --shard " + o.shard);
    }
    return static_cast<int>(r.code);
}

int status(const std::string& folder, bool json, bool write) {
    const output::SweepStatus s = output::sweep_status(folder);
    if (write) output::write_sweep_dataset(folder);
    if (json) {
        fmt::print("{}\n", output::to_json(s).dump());
        return 0;
    }
    fmt::print("{} points x {} trials, {} references: {} of {} runs done, {} failed, {} missing\n", s.points, s.trials, s.references, s.done, s.planned, s.failed, s.missing);
    for (const auto& j : s.journals)
        fmt::print("journal {}: {}\n", j.path.filename().string(), j.being_written ? fmt::format("being written by process {} on {}", j.writer.pid, j.writer.host) : "nobody is writing");
    for (const auto& f : s.failures) fmt::print("failed: {} {} trial {}: {}\n", f.id.kind == output::RunKind::point ? "point" : "reference", f.id.index, f.id.trial, f.message);
    fmt::print("dataset {}\n", write ? "written" : s.dataset);
    return 0;
}

}  // namespace

Verb add_sweep(CLI::App& app) {
    auto o = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("sweep", "Run all points x trials of a network file into a folder");
    verb->add_option("network", o->file, "Network file with a [sweep] section")->required();
    verb->add_option("--out", o->out, "Folder for journal and dataset");
    verb->add_flag("--resume", o->resume, "Go on with what is missing in the folder");
    verb->add_option("--shard", o->shard, "Do the i-th of n parts of the runs, e.g. 2/8; parts may share a folder or be merged later (default in a Slurm array: the task's part)");
    verb->add_flag("--dry-run", o->dry_run, "Print points, synapses, memory, disk and time, and stop");
    verb->add_option("--max-wall", o->max_wall, "Stop (exit 75, resumable) after this long, e.g. 3h");
    verb->add_flag("--spikes", o->spikes, "Also write SONATA spike files into FOLDER/spikes, as \"spikes\" in run.record does");
    verb->add_option("--live", o->live, "Write live files while the sweep goes on: rates (live.h5), compare (live_compare.json), fit=MODEL (live_fit.json; mpr or a closure), or several, as rates,fit=mpr");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

Verb add_merge(CLI::App& app) {
    struct S { std::string out; std::vector<std::string> folders; bool json = false; };
    auto o = std::make_shared<S>();
    CLI::App* verb = app.add_subcommand("merge", "Join the shards of a sweep that were run into several folders");
    verb->add_option("folders", o->folders, "Folders of the shards")->required();
    verb->add_option("--out", o->out, "Folder of the whole sweep")->required();
    verb->add_flag("--json", o->json, "Print one JSON object");
    return {verb, [o] {
        output::merge_sweeps(o->out, {o->folders.begin(), o->folders.end()});
        return status(o->out, o->json, false);
    }};
}

Verb add_status(CLI::App& app) {
    struct S { std::string folder; bool json = false, write = false; };
    auto o = std::make_shared<S>();
    CLI::App* verb = app.add_subcommand("status", "How far a sweep is");
    verb->add_option("folder", o->folder, "A sweep's folder")->required();
    verb->add_flag("--json", o->json, "Print one JSON object");
    verb->add_flag("--write", o->write, "Also write dataset.nc from what is finished");
    return {verb, [o] { return status(o->folder, o->json, o->write); }};
}

}  // namespace spikemass::cli
