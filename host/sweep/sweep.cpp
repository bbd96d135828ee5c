#include "host/sweep/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>

#include "host/mass/mass.hpp"
#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/journal.hpp"
#include "host/output/sonata.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/header.hpp"
#include "host/sweep/progress.hpp"

namespace spikemass {

namespace {

using Clock = std::chrono::steady_clock;
using output::RunKind;
using output::TrialId;
using output::TrialRecord;

/// A step longer than this is worth sharing between threads: two barriers and their wake-ups cost about 10 us.
constexpr double shared_step_seconds = 200e-6;
/// Of the device's memory, for one ensemble.
constexpr double ensemble_part = 0.8;

const SweepPoint& point_of(const SweepPlan& plan, const TrialId& id) {
    return (id.kind == RunKind::point ? plan.points : plan.references)[static_cast<std::size_t>(id.index)];
}

struct Job {
    TrialId id;
    double seconds = 0, bytes = 0;
    bool large = false;
    RunPlan plan;
    std::optional<BlockMemory> block;   ///< of a run that can share a launch with others
    double device_bytes = 0, record_bytes = 0;
};

bool same_times(const RunPlan& a, const RunPlan& b) { return a.warmup_steps == b.warmup_steps && a.steps_per_bin == b.steps_per_bin && a.bins == b.bins; }

/// Trials of a point cost the same.
Job make_job(const SweepPlan& plan, const TrialId& id, const SweepOptions& options, double memory) {
    const Configuration c = plan.configuration(point_of(plan, id));
    Job job{id, estimate_seconds(c.network, c.plan), estimate_memory(c.network, {1, ""}).bytes + recording_bytes(c.network, c.plan), false, c.plan, {}, 0, recording_bytes(c.network, c.plan)};
    if (options.backend.on_device()) {
        const bool spikes = (options.spikes || c.run.record.spikes) && id.kind == RunKind::point;
        job.block.emplace(c.network);
        if (!options.backend.ensemble || spikes || job.block->bytes() > options.backend.block_bytes) job.block.reset();
        job.device_bytes = estimate_ensemble_memory(c.network, c.plan);
        return job;
    }
    const int threads = options.threads;
    const auto steps = static_cast<double>(c.plan.warmup_steps + c.plan.bins * c.plan.steps_per_bin);
    job.large = threads > 1 && (job.seconds / steps > shared_step_seconds || job.bytes * threads > memory);
    return job;
}

/// The pool: workers take small jobs, largest first, as long as their memory fits; progress and results meet here.
class Pool {
public:
    Pool(const SweepPlan& plan, const SweepOptions& options, output::Journal& journal, std::vector<Job> jobs, double memory)
        : plan_(plan), options_(options), journal_(journal), jobs_(std::move(jobs)), memory_(memory), start_(Clock::now()), progress_(options.quiet) {
        for (const Job& j : jobs_) total_ += j.seconds;
        std::stable_sort(jobs_.begin(), jobs_.end(), [](const Job& a, const Job& b) { return a.large != b.large ? a.large : a.seconds > b.seconds; });
    }

    void run() {
        if (options_.backend.on_device()) return run_on_device();
        for (; next_ < jobs_.size() && jobs_[next_].large && !stopping();) {
            const Job& job = jobs_[next_++];
            execute(job, options_.threads, true);
        }
        std::vector<std::thread> workers;
        const auto n = std::min<std::size_t>(static_cast<std::size_t>(options_.threads), jobs_.size() - next_);
        active_ = n;
        for (std::size_t i = 0; i < n; ++i) workers.emplace_back([this] { work(); });
        std::unique_lock lock(mutex_);
        while (active_ > 0) {
            changed_.wait_for(lock, std::chrono::milliseconds(200));
            report();
        }
        lock.unlock();
        for (std::thread& w : workers) w.join();
        if (fatal_) std::rethrow_exception(fatal_);
    }

    /// Why the device is of no more use to this process; empty: it is.
    const std::string& lost() const { return lost_; }

private:
    /// One launch at a time, from this thread.
    void run_on_device() {
        while (next_ < jobs_.size() && !stopping()) {
            const std::size_t first = next_, n = next_ensemble();
            next_ += n;
            together({jobs_.data() + first, n});
        }
        if (fatal_) std::rethrow_exception(fatal_);
    }

    /// How many jobs from the next one on share a launch: as many as fit into blocks, memory of the device and memory here.
    std::size_t next_ensemble() const {
        if (!jobs_[next_].block) return 1;
        const double device_memory = ensemble_part * options_.backend.memory_bytes;
        BlockMemory block = *jobs_[next_].block;
        double bytes = jobs_[next_].device_bytes, recorded = jobs_[next_].record_bytes, largest = jobs_[next_].bytes;
        std::size_t n = 1;
        for (; next_ + n < jobs_.size() && n < options_.backend.together; ++n) {
            const Job& job = jobs_[next_ + n];
            if (!job.block || !same_times(job.plan, jobs_[next_].plan)) break;
            BlockMemory wider = block;
            wider.widen(*job.block);
            if (wider.bytes() > options_.backend.block_bytes || bytes + job.device_bytes > device_memory || recorded + job.record_bytes + std::max(largest, job.bytes) > memory_) break;
            block = wider;
            bytes += job.device_bytes;
            recorded += job.record_bytes;
            largest = std::max(largest, job.bytes);   // graphs are built one after the other
        }
        return n;
    }

    /// Runs in one ensemble.  Where that fails they are halved until the run that fails stands alone, and the others are done.
    void together(std::span<const Job> jobs) {
        if (stopping()) return;
        if (jobs.size() == 1) return execute(jobs.front(), options_.threads, true);
        std::vector<TrialRecord> records(jobs.size());
        double seconds = 0, share = 0;
        for (const Job& job : jobs) seconds += job.seconds;
        std::uint64_t seen = 0;
        bool apart = false;
        try {
            std::vector<Network> networks;
            for (std::size_t i = 0; i < jobs.size(); ++i) {
                records[i].id = jobs[i].id;
                networks.push_back(plan_.configuration(point_of(plan_, jobs[i].id), static_cast<std::uint64_t>(jobs[i].id.trial)).network);
                records[i].seeds = networks.back().seeds;
            }
            SimulationOptions o;
            o.stop = options_.stop;
            o.memory_limit = memory_;
            o.backend = options_.backend;
            o.progress = [&](std::int64_t steps, std::int64_t total, std::uint64_t spikes) {
                const double now = seconds * static_cast<double>(steps) / static_cast<double>(total);
                done_ += now - share;
                spikes_ += spikes - seen;
                share = now;
                seen = spikes;
                stopping();
                report();
            };
            std::vector<RunResult> results = run_spiking_together(std::move(networks), jobs.front().plan, o);
            for (std::size_t i = 0; i < jobs.size(); ++i) records[i].result = std::move(results[i]);
        } catch (const Stopped&) {
            return;
        } catch (const std::exception& e) {
            done_ -= share;
            spikes_ -= seen;
            if (lose(e)) return;   // nobody knows whose fault it was: all of them are missing
            apart = true;
        }
        if (apart) {
            together(jobs.first(jobs.size() / 2));
            together(jobs.subspan(jobs.size() / 2));
            return;
        }
        done_ += seconds - share;
        for (const TrialRecord& record : records) {
            journal_.record(record);
            ++finished_;
        }
        report();
    }

    /// A device that is lost ends the sweep, which can be resumed by a new process.
    bool lose(const std::exception& e) {
        const auto* device = dynamic_cast<const DeviceError*>(&e);
        if (!device || !device->lost()) return false;
        if (lost_.empty()) lost_ = e.what();
        int expected = 0;
        options_.stop->compare_exchange_strong(expected, static_cast<int>(ExitCode::resumable));
        return true;
    }

    bool stopping() {
        if (options_.max_wall_seconds && std::chrono::duration<double>(Clock::now() - start_).count() > *options_.max_wall_seconds && options_.stop->load() == 0)
            options_.stop->store(static_cast<int>(ExitCode::resumable));
        return options_.stop->load() != 0 || fatal_ != nullptr;
    }

    void work() {
        std::unique_lock lock(mutex_);
        while (next_ < jobs_.size() && !stopping()) {
            const Job& job = jobs_[next_];
            if (running_ > 0 && in_use_ + job.bytes > memory_) {
                changed_.wait_for(lock, std::chrono::milliseconds(50));
                continue;
            }
            ++next_;
            ++running_;
            in_use_ += job.bytes;
            lock.unlock();
            execute(job, 1, false);
            lock.lock();
            --running_;
            in_use_ -= job.bytes;
            changed_.notify_all();
        }
        --active_;
        changed_.notify_all();
    }

    /// One run, from configuration to committed transaction.  A failure is a result too; only the journal's own errors end the sweep.
    void execute(const Job& job, int threads, bool alone) {
        TrialRecord record;
        record.id = job.id;
        double share = 0;   // of this run's seconds, added to done_ so far
        try {
            const SweepPoint& point = point_of(plan_, job.id);
            const Configuration c = plan_.configuration(point, static_cast<std::uint64_t>(job.id.trial));
            record.seeds = c.network.seeds;
            SimulationOptions o;
            o.threads = threads;
            o.stop = options_.stop;
            o.memory_limit = memory_;
            o.backend = options_.backend;
            std::uint64_t seen = 0;
            o.progress = [&](std::int64_t steps, std::int64_t total, std::uint64_t spikes) {
                std::unique_lock lock(mutex_);
                const double now = job.seconds * static_cast<double>(steps) / static_cast<double>(total);
                done_ += now - share;
                spikes_ += spikes - seen;
                share = now;
                seen = spikes;
                stopping();
                if (alone) report();
            };
            std::optional<output::SpikeWriter> writer;
            if ((options_.spikes || c.run.record.spikes) && job.id.kind == RunKind::point) {
                std::vector<std::string> names;
                for (const Population& p : c.network.populations) names.push_back(p.name);
                const auto file = output::spikes_folder(options_.out) / fmt::format("point{:05}_trial{:03}.h5", job.id.index, job.id.trial);
                writer.emplace(file, names, c.run.time_unit, c.run.dt);
                o.spikes = [&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) { writer->append(population, step, ids); };
            }
            record.result = run_spiking(c.network, c.plan, o);
            if (writer) writer->close();
            const std::lock_guard lock(mutex_);
            done_ += job.seconds - share;
        } catch (const Stopped&) {
            return;
        } catch (const std::exception& e) {
            record.status = output::TrialStatus::failed;
            record.message = e.what();
            const std::lock_guard lock(mutex_);
            lose(e);
            done_ += job.seconds - share;
            tell_failure(job.id, e.what());
        }
        try {
            journal_.record(record);
            const std::lock_guard lock(mutex_);
            ++finished_;
        } catch (...) {
            const std::lock_guard lock(mutex_);
            if (!fatal_) fatal_ = std::current_exception();
        }
        if (alone && fatal_) std::rethrow_exception(fatal_);
    }

    /// The first ones; the journal keeps all.
    void tell_failure(const TrialId& id, const char* why) {
        if (options_.quiet || ++failures_ > 5) return;
        progress_.interrupt(fmt::format("run of {} trial {} failed: {}", describe_point(plan_, point_of(plan_, id)), id.trial, why));
        if (failures_ == 5) progress_.interrupt(fmt::format("further failures are not printed; `spikemass status {}` lists them.", options_.out.string()));
    }

    void report() {
        const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
        progress_.show(total_ > 0 ? std::min(1.0, done_ / total_) : 1.0,
                       fmt::format("{}/{} runs, {:.2g} spikes/s", finished_, jobs_.size(), static_cast<double>(spikes_) / std::max(elapsed, 1e-9)));
    }

    const SweepPlan& plan_;
    const SweepOptions& options_;
    output::Journal& journal_;
    std::vector<Job> jobs_;
    double memory_;
    Clock::time_point start_;
    ProgressLine progress_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t next_ = 0, running_ = 0, active_ = 0, finished_ = 0, failures_ = 0;
    double total_ = 0, done_ = 0, in_use_ = 0;
    std::uint64_t spikes_ = 0;
    std::exception_ptr fatal_;
    std::string lost_;
};

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

}  // namespace

Workload estimate_workload(const SweepPlan& plan) {
    Workload all;
    for (const auto* points : {&plan.points, &plan.references})
        for (const SweepPoint& point : *points) {
            const Configuration c = plan.configuration(point);
            const Workload one = estimate_workload(c.network, c.plan, c.run.record.spikes);
            for (std::int64_t t = 0; t < plan.trials; ++t) all += one;
        }
    return all;
}

SweepEstimate estimate_sweep(const NetworkFile& file, const SweepPlan& plan, int threads, const Backend& backend) {
    check_plan(plan);
    SweepEstimate e;
    e.points = static_cast<std::int64_t>(plan.points.size());
    const output::SweepHeader header = sweep_header(file, plan);
    const std::vector<TrialId> planned = output::planned_trials(header);
    e.runs = static_cast<std::int64_t>(planned.size());
    for_each_network(plan, planned, [&](const Configuration& c) {   // trials of a point cost the same
        MemoryEstimate m = estimate_memory(c.network, {threads, ""});
        m.bytes += recording_bytes(c.network, c.plan);
        e.synapses = std::max(e.synapses, m.synapses);
        e.memory_bytes = std::max(e.memory_bytes, m.bytes);
        if (backend.on_device()) {
            check_device_memory(c.network, backend);
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
    output::SweepHeader header = sweep_header(file, plan);
    name_backend(header.provenance, o.backend);
    header.check();

    // Everything that can be refused is refused before the first byte is written.
    const double memory = available_memory() * 0.9;
    std::vector<TrialId> planned = output::planned_trials(header);
    for_each_network(plan, planned, [&](const Configuration& c) {
        check_memory(c.network, c.plan, 1, memory);
        check_device_memory(c.network, o.backend);
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
    output::check_disk_space(o.out, output::estimate_output_bytes(header));
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
    Pool pool(plan, o, journal, std::move(jobs), memory);
    pool.run();

    SweepOutcome outcome;
    if (!pool.lost().empty())
        outcome.message = fmt::format("the sweep ended early: {} What is finished is kept; go on with --resume.", pool.lost());
    const auto states = journal.states();
    outcome.planned = static_cast<std::int64_t>(mine.size());
    for (const TrialId& id : mine) {
        const auto it = states.find(id);
        if (it == states.end() || it->second.status == output::TrialStatus::missing) ++outcome.missing;
        else ++(it->second.status == output::TrialStatus::ok ? outcome.done : outcome.failed);
    }
    if (!nothing_to_do || !holds_all(o.out, states)) output::write_sweep_dataset(o.out);
    if ((outcome.missing > 0 || !pool.lost().empty()) && o.stop->load() != 0)
        outcome.code = static_cast<ExitCode>(o.stop->load());
    else if (outcome.failed > 0)
        outcome.code = ExitCode::failed_points;
    outcome.wall_seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return outcome;
}

}  // namespace spikemass
