#include "host/sweep/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "host/live/consumers.hpp"
#include "host/live/feed.hpp"
#include "host/mass/mass.hpp"
#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/journal.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/spill_file.hpp"
#include "host/sweep/header.hpp"
#include "host/sweep/pool.hpp"

namespace spikemass {

namespace {

using Clock = std::chrono::steady_clock;
using output::RunKind;
using output::TrialId;

/// After a stop consumers get so long for what waits.
constexpr double seconds_after_stop = 5;

/// True if the folder has a sound dataset with as many good and failed runs as the journal: other levels in it are then kept.
bool holds_all(const std::filesystem::path& folder, const std::map<TrialId, output::JournalState>& states) {
    std::map<output::TrialStatus, std::int64_t> in_journal, in_dataset;
    for (const auto& [id, state] : states) ++in_journal[state.status];
    try {
        const output::Dataset d = output::read_dataset(output::dataset_path(folder), false);
        for (const TrialId& id : output::planned_trials(d.header)) {
            const auto& runs = id.kind == RunKind::point ? d.runs : d.references;
            ++in_dataset[runs.status[static_cast<std::size_t>(id.index * d.header.trials + id.trial)]];
        }
    } catch (const IoError&) {
        return false;   // missing or damaged
    }
    using enum output::TrialStatus;
    return in_journal[ok] == in_dataset[ok] && in_journal[failed] == in_dataset[failed];
}

/// Refuses what would not even fit as a plan: before headers and lists are made.
void check_plan(const SweepPlan& plan) {
    constexpr double bytes_per_run = 512;
    const double runs = static_cast<double>(plan.points.size() + plan.references.size()) * static_cast<double>(plan.trials), have = available_memory();
    if (runs * bytes_per_run > have)
        throw CapacityError(fmt::format("memory: the list of {:.3g} runs ({} points and references x {} trials) needs about {:.2f} GiB and {:.2f} GiB are free. Use fewer trials or "
                                        "points, or several sweeps.", runs, plan.points.size() + plan.references.size(), plan.trials, runs * bytes_per_run / 0x1p30, have / 0x1p30));
    const Configuration c = plan.configuration(plan.points.front());   // duration and bin are the same everywhere
    check_recording(c.network, c.plan);
}

/// f(the network) of every run that differs by more than its seeds, initial rates filled in.  Throws ConfigurationError where a fixed point is missing.
template <class F>
void for_each_network(const SweepPlan& plan, const std::vector<TrialId>& planned, F&& f) {
    for (const TrialId& id : planned) {
        if (id.trial > 0) continue;
        const SweepPoint& point = point_of(plan, id);
        Configuration c = plan.configuration(point);
        try {
            mass::resolve_initial(c.network);
        } catch (const ConfigurationError& e) {
            throw ConfigurationError(fmt::format("{}: {} (Sweep {} {}: {}.)", plan.file, e.what(), id.kind == RunKind::point ? "point" : "reference", id.index, describe_point(plan, point)));
        }
        f(c);
    }
}

/// The consumers of a sweep, fed with what its journal has already.
std::unique_ptr<LiveFeed> make_feed(const SweepPlan& plan, const SweepOptions& o, const output::SweepHeader& header, const output::Journal& journal) {
    SpillFile::remove_leftovers(o.out);
    LiveContext context{header, [&plan](std::int64_t point) { return plan.configuration(plan.points.at(static_cast<std::size_t>(point))); },
                        [&o](const std::string& name) { return output::shard_path(o.out / name, o.shard, o.shards); }};
    auto consumers = make_live_consumers(o.live, context);
    consumers.insert(consumers.end(), o.consumers.begin(), o.consumers.end());
    std::vector<TrialId> finished;
    for (const auto& [id, state] : journal.states())
        if (state.status == output::TrialStatus::ok) finished.push_back(id);
    return std::make_unique<LiveFeed>(std::move(consumers), o.out, [&journal, finished](const auto& take) {
        for (const TrialId& id : finished)
            if (const auto record = journal.load(id)) take(whole_run(id, record->result));
    });
}

/// Until every consumer has had everything; once the sweep was stopped, not for long.
void end_feed(LiveFeed& feed, const StopFlag& stop) {
    std::optional<Clock::time_point> stopped;
    feed.end([&] {
        if (stop.load() == 0) return false;
        if (!stopped) stopped = Clock::now();
        return std::chrono::duration<double>(Clock::now() - *stopped).count() > seconds_after_stop;
    });
}

}  // namespace

Workload estimate_workload(const SweepPlan& plan) {
    Workload all;
    for (const auto* points : {&plan.points, &plan.references})
        for (const SweepPoint& point : *points) {
            const Configuration c = plan.configuration(point);
            Workload one = estimate_workload(c.network, c.plan, c.run.record.spikes || c.run.record.statistics);
            all += one *= static_cast<double>(plan.trials);
        }
    return all;
}

void check_device_memory(const SweepPlan& plan, std::span<const Device> devices) {
    for (const auto* points : {&plan.points, &plan.references})
        for (const SweepPoint& point : *points) check_device_memory(plan.configuration(point).network, devices);
}

SweepEstimate estimate_sweep(const NetworkFile& file, const SweepPlan& plan, int threads, const Backend& backend) {
    check_plan(plan);
    SweepEstimate e;
    e.points = static_cast<std::int64_t>(plan.points.size());
    const output::SweepHeader header = sweep_header(file, plan);
    const std::vector<TrialId> planned = output::planned_trials(header);
    e.runs = static_cast<std::int64_t>(planned.size());
    for_each_network(plan, planned, [&](const Configuration& c) {   // trials of a point cost the same
        MemoryEstimate m = estimate_memory(c.network, backend, threads);
        m.bytes += recording_bytes(c.network, c.plan);
        e.synapses = std::max(e.synapses, m.synapses);
        e.memory_bytes = std::max(e.memory_bytes, m.bytes);
        if (backend.on_device()) {
            check_device_memory(c.network, backend.devices);
            e.device_bytes = std::max(e.device_bytes, estimate_device_memory(c.network));
        }
        e.core_seconds += estimate_seconds(c.network, c.plan) * static_cast<double>(plan.trials);
    });
    e.disk_bytes = static_cast<double>(output::estimate_output_bytes(header));
    return e;
}

SweepOutcome run_sweep(const NetworkFile& file, const SweepPlan& plan, const SweepOptions& options) {
    const auto start = Clock::now();
    StopFlag own_stop{0};
    SweepOptions o = options;
    if (!o.stop) o.stop = &own_stop;
    check_plan(plan);
    check_live(o.live);
    output::SweepHeader header = sweep_header(file, plan);
    name_backend(header.provenance, o.backend);
    header.check();

    // Everything that can be refused is refused before the first byte is written.
    const double memory = available_memory() * 0.9;
    std::vector<TrialId> planned = output::planned_trials(header);
    for_each_network(plan, planned, [&](const Configuration& c) {
        check_memory(c.network, c.plan, o.backend, 1, memory);
        check_device_memory(c.network, o.backend.devices);
    });
    const auto journal_file = output::journal_path(o.out, o.shard, o.shards);
    if (!o.resume && output::Journal::holds_sweep(journal_file))
        throw ConfigurationError(fmt::format("{}: a sweep is stored there already. A folder holds one sweep: go on with it by --resume, or give another --out.", o.out.string()));
    if (output::find_journals(o.out).empty() && std::filesystem::exists(output::dataset_path(o.out)))
        throw ConfigurationError(fmt::format("{}: is there already and no journal of a sweep is beside it, so it would be overwritten. Give another --out, or move it away.",
                                             output::dataset_path(o.out).string()));
    for (const auto& other : output::find_journals(o.out)) {   // of other shards
        const auto stored = output::Journal::open(other);
        if (other != journal_file && stored.header().sha256 != header.sha256)
            throw ConfigurationError(fmt::format("{}: is a shard of another configuration, and a folder holds one sweep. Give another --out. Differences (stored -> asked for):\n{}", other.string(),
                                                 output::configuration_difference(stored.header().resolved, header.resolved)));
    }
    output::check_disk_space(o.out, output::estimate_output_bytes(header) + live_bytes(o.live, header));
    output::check_writable(o.out);
    output::Journal journal = o.resume ? output::Journal::resume(journal_file, header) : output::Journal::create(journal_file, header);
    output::prepare_folder(o.out, header);
    if (o.spikes || header.record.spikes) output::check_writable(output::spikes_folder(o.out));

    std::vector<Job> jobs;
    std::int64_t k = 0;
    std::vector<TrialId> mine;
    for (const TrialId& id : planned)
        if (k++ % o.shards == o.shard - 1) mine.push_back(id);
    const std::vector<TrialId> remaining_list = journal.remaining();
    const std::set<TrialId> remaining(remaining_list.begin(), remaining_list.end());
    for (const TrialId& id : mine) {
        if (!remaining.count(id)) continue;
        if (!jobs.empty() && jobs.back().id.kind == id.kind && jobs.back().id.index == id.index) {
            jobs.push_back(jobs.back());
            jobs.back().id = id;
        } else {
            jobs.push_back(make_job(plan, id, o, memory));
        }
    }
    const bool nothing_to_do = jobs.empty();
    const auto feed = make_feed(plan, o, header, journal);
    Pool pool(plan, o, journal, *feed, std::move(jobs), memory);
    pool.run();
    end_feed(*feed, *o.stop);

    SweepOutcome outcome;
    if (pool.ended_early()) outcome.message = fmt::format("the sweep ended early: {} What is finished is kept; go on with --resume.", pool.lost());
    else if (!pool.lost().empty()) outcome.message = fmt::format("a device was lost, and its runs were done by the others: {}", pool.lost());
    for (const LiveFeed::Failure& f : feed->failures())
        outcome.warnings.push_back(fmt::format("live consumer {}: {} Runs and dataset are not touched by it; the same sweep with --resume --live {} feeds it again with all that is finished.",
                                               f.consumer, f.message, f.consumer));
    const auto states = journal.states();
    outcome.planned = static_cast<std::int64_t>(mine.size());
    for (const TrialId& id : mine) {
        const auto it = states.find(id);
        if (it == states.end() || it->second.status == output::TrialStatus::missing) ++outcome.missing;
        else ++(it->second.status == output::TrialStatus::ok ? outcome.done : outcome.failed);
    }
    if (!nothing_to_do || !holds_all(o.out, states)) output::write_sweep_dataset(o.out);
    if ((outcome.missing > 0 || pool.ended_early()) && o.stop->load() != 0)
        outcome.code = static_cast<ExitCode>(o.stop->load());
    else if (outcome.failed > 0)
        outcome.code = ExitCode::failed_points;
    outcome.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return outcome;
}

}  // namespace spikemass
