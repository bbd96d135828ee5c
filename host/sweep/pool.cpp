#include "host/sweep/pool.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <thread>

#include "host/output/sonata.hpp"
#include "host/output/sweep_folder.hpp"

namespace spikemass {

namespace {

using output::RunKind;
using output::TrialId;
using output::TrialRecord;

/// A step longer than this is worth sharing between threads: two barriers and their wake-ups cost about 10 us.
constexpr double shared_step_seconds = 200e-6;
/// Of the device's memory, for one ensemble.
constexpr double ensemble_part = 0.8;

bool same_times(const RunPlan& a, const RunPlan& b) { return a.warmup_steps == b.warmup_steps && a.steps_per_bin == b.steps_per_bin && a.bins == b.bins; }

bool writes_spikes(const SweepOptions& options, const Configuration& c, const TrialId& id) { return (options.spikes || c.run.record.spikes) && id.kind == RunKind::point; }
/// An ensemble counts spikes; who fired, only a run alone can tell.
bool needs_spikes(const SweepOptions& options, const Configuration& c, const TrialId& id) { return c.run.record.statistics || writes_spikes(options, c, id); }

}  // namespace

const SweepPoint& point_of(const SweepPlan& plan, const TrialId& id) { return (id.kind == RunKind::point ? plan.points : plan.references)[static_cast<std::size_t>(id.index)]; }

Job make_job(const SweepPlan& plan, const TrialId& id, const SweepOptions& options, double memory) {
    const Configuration c = plan.configuration(point_of(plan, id));
    Job job;
    job.id = id;
    job.plan = c.plan;
    job.seconds = estimate_seconds(c.network, c.plan);
    job.record_bytes = recording_bytes(c.network, c.plan);
    job.bytes = estimate_memory(c.network, options.backend, 1).bytes + job.record_bytes;
    if (options.backend.on_device()) {
        job.device_bytes = estimate_device_memory(c.network);
        job.ensemble_bytes = estimate_ensemble_memory(c.network, c.plan);
        if (!needs_spikes(options, c, id)) job.block.emplace(c.network);
        return job;
    }
    const auto steps = static_cast<double>(c.plan.warmup_steps + c.plan.bins * c.plan.steps_per_bin);
    job.large = options.threads > 1 && (job.seconds / steps > shared_step_seconds || job.bytes * options.threads > memory);
    return job;
}

Pool::Pool(const SweepPlan& plan, const SweepOptions& options, output::Journal& journal, LiveFeed& live, std::vector<Job> jobs, double memory)
    : plan_(plan), options_(options), journal_(journal), live_(live), memory_(memory), progress_(options.quiet), planned_(jobs.size()), alive_(options.backend.devices.size()) {
    for (const Job& j : jobs) total_ += j.seconds;
    std::stable_sort(jobs.begin(), jobs.end(), [](const Job& a, const Job& b) { return a.large != b.large ? a.large : a.seconds > b.seconds; });
    waiting_.assign(std::make_move_iterator(jobs.begin()), std::make_move_iterator(jobs.end()));
}

void Pool::run() {
    const auto& devices = options_.backend.devices;
    while (!waiting_.empty() && waiting_.front().large && !stopping()) {
        Job job = std::move(waiting_.front());
        waiting_.pop_front();
        alone(job, nullptr, options_.threads, true);
    }
    const std::size_t n = devices.empty() ? std::min(static_cast<std::size_t>(options_.threads), waiting_.size()) : devices.size();
    active_ = n;
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < n; ++i) workers.emplace_back([this, device = devices.empty() ? nullptr : &devices[i]] { work(device); });
    {
        std::unique_lock lock(mutex_);
        while (active_ > 0) {
            changed_.wait_for(lock, std::chrono::milliseconds(200));
            report();
        }
    }
    for (std::thread& w : workers) w.join();
    if (fatal_) std::rethrow_exception(fatal_);
    if (lost_.empty()) return;
    int expected = 0;
    ended_early_ = alive_ == 0 || (!waiting_.empty() && options_.stop->load() == 0);
    if (ended_early_) options_.stop->compare_exchange_strong(expected, static_cast<int>(ExitCode::resumable));
}

void Pool::work(const Device* device) {
    const int threads = device ? std::max(1, options_.threads / static_cast<int>(options_.backend.devices.size())) : 1;
    std::unique_lock lock(mutex_);
    for (bool alive = true; alive && !stopping();) {
        std::vector<Job> jobs = take(device);
        if (jobs.empty()) {
            if (running_ == 0) break;   // else memory may come free, or a device be lost and its runs come back
            changed_.wait_for(lock, std::chrono::milliseconds(50));
            continue;
        }
        double bytes = 0;
        for (const Job& j : jobs) bytes = std::max(bytes, j.bytes - j.record_bytes);   // graphs are built one after the other
        for (const Job& j : jobs) bytes += j.record_bytes;
        ++running_;
        in_use_ += bytes;
        lock.unlock();
        try {
            alive = jobs.size() == 1 ? alone(jobs.front(), device, threads, false) : together(jobs, *device);
        } catch (...) {   // of the journal, or of this very class
            const std::lock_guard again(mutex_);
            if (!fatal_) fatal_ = std::current_exception();
        }
        lock.lock();
        --running_;
        in_use_ -= bytes;
        changed_.notify_all();
    }
    --active_;
    changed_.notify_all();
}

/// The next run, and on a device those that share its launch; none while nothing fits.
std::vector<Job> Pool::take(const Device* device) {
    for (std::size_t first = 0; first < waiting_.size(); ++first) {
        if (device && !fits(waiting_[first].device_bytes, *device)) continue;
        if (running_ > 0 && in_use_ + waiting_[first].bytes > memory_) return {};
        const auto from = waiting_.begin() + static_cast<std::ptrdiff_t>(first), to = from + static_cast<std::ptrdiff_t>(device ? ensemble_from(first, *device) : 1);
        std::vector<Job> jobs(std::make_move_iterator(from), std::make_move_iterator(to));
        waiting_.erase(from, to);
        return jobs;
    }
    return {};
}

/// An ensemble takes about as long as its longest run, however many there are (up to device.together): what waits is divided among the devices that wait.
std::size_t Pool::ensemble_from(std::size_t first, const Device& device) const {
    const Job& head = waiting_[first];
    if (!head.block || !device.ensemble) return 1;
    const std::size_t idle = std::max<std::size_t>(1, active_ - running_), most = std::min(device.together, (waiting_.size() + idle - 1) / idle);
    BlockMemory block = *head.block;
    double there = head.ensemble_bytes, recorded = head.record_bytes, largest = head.bytes;
    std::size_t n = 1;
    for (; first + n < waiting_.size() && n < most; ++n) {
        const Job& job = waiting_[first + n];
        if (!job.block || !same_times(job.plan, head.plan)) break;
        BlockMemory wider = block;
        wider.widen(*job.block);
        if (wider.bytes() > device.block_bytes || there + job.ensemble_bytes > ensemble_part * device.memory_bytes ||
            in_use_ + recorded + job.record_bytes + std::max(largest, job.bytes) > memory_) break;
        block = wider;
        there += job.ensemble_bytes;
        recorded += job.record_bytes;
        largest = std::max(largest, job.bytes);
    }
    return n;
}

/// Runs in one ensemble; false: the device is lost.  Where they fail they are halved until the run that fails stands alone, and the others are done.
bool Pool::together(std::span<Job> jobs, const Device& device) {
    if (jobs.size() == 1) return alone(jobs.front(), &device, 1, false);
    std::vector<TrialRecord> records(jobs.size());
    Share share;
    for (const Job& job : jobs) share.seconds += job.seconds;
    try {
        std::vector<Network> networks;
        for (std::size_t i = 0; i < jobs.size(); ++i) {
            records[i].id = jobs[i].id;
            networks.push_back(plan_.configuration(point_of(plan_, jobs[i].id), static_cast<std::uint64_t>(jobs[i].id.trial)).network);
            records[i].seeds = networks.back().seeds;
        }
        SimulationOptions o = simulation_options(share, &device, false);
        if (!live_.empty()) o.rates = [&](std::size_t run, RateChunk chunk) { push(jobs[run], std::move(chunk)); };
        std::vector<RunResult> results = run_spiking_together(std::move(networks), jobs.front().plan, o);
        for (std::size_t i = 0; i < jobs.size(); ++i) records[i].result = std::move(results[i]);
    } catch (const Stopped&) {
        forget(jobs);
        return true;
    } catch (const std::exception& e) {
        forget(jobs);
        const std::size_t half = jobs.size() / 2;
        {
            const std::lock_guard lock(mutex_);
            revoke(share);
            if (lose(e, &device)) {   // nobody knows whose fault it was
                for (Job& job : jobs) ++job.losses;
                give_back(jobs);
                return false;
            }
            if (stopping()) return true;
        }
        if (together(jobs.first(half), device)) return together(jobs.subspan(half), device);
        const std::lock_guard lock(mutex_);
        give_back(jobs.subspan(half));
        return false;
    }
    finish(share);
    for (const TrialRecord& record : records) store(record);
    return true;
}

/// One run, from configuration to committed transaction; false: the device is lost.  A failure is a result too.
bool Pool::alone(Job& job, const Device* device, int threads, bool reporting) {
    TrialRecord record;
    record.id = job.id;
    Share share;
    share.seconds = job.seconds;
    bool alive = true;
    try {
        const Configuration c = plan_.configuration(point_of(plan_, job.id), static_cast<std::uint64_t>(job.id.trial));
        record.seeds = c.network.seeds;
        SimulationOptions o = simulation_options(share, device, reporting);
        o.threads = threads;
        if (!live_.empty()) o.rates = [&](std::size_t, RateChunk chunk) { push(job, std::move(chunk)); };
        std::optional<output::SpikeWriter> writer;
        if (writes_spikes(options_, c, job.id)) {
            std::vector<std::string> names;
            for (const Population& p : c.network.populations) names.push_back(p.name);
            const auto file = output::spikes_folder(options_.out) / output::spike_file_name(job.id.index, job.id.trial);
            writer.emplace(file, names, c.run.time_unit, c.run.dt);
            o.spikes = [&](std::size_t population, std::int64_t step, std::span<const std::uint32_t> ids) { writer->append(population, step, ids); };
        }
        record.result = run_spiking(c.network, c.plan, o);
        if (writer) writer->close();
    } catch (const Stopped&) {
        forget({&job, 1});
        return true;
    } catch (const std::exception& e) {
        forget({&job, 1});
        record.status = output::TrialStatus::failed;
        record.message = e.what();
        const std::lock_guard lock(mutex_);
        alive = !lose(e, device);
        if (!alive && alive_ > 0 && job.losses++ == 0) {   // a faulty device, or a run that kills devices: a second one tells
            revoke(share);
            give_back({&job, 1});
            return false;
        }
        tell_failure(job.id, e.what());
    }
    finish(share);
    store(record);
    return alive;
}

/// To the end of the queue: if one of them killed the device, the others are done first.  Under the lock.
void Pool::give_back(std::span<const Job> jobs) {
    waiting_.insert(waiting_.end(), jobs.begin(), jobs.end());
    changed_.notify_all();
}

/// Whether that error means that the device is of no more use to this process.  Under the lock.
bool Pool::lose(const std::exception& e, const Device* device) {
    const auto* error = dynamic_cast<const DeviceError*>(&e);
    if (!device || !error || !error->lost()) return false;
    --alive_;
    lost_ += fmt::format("{}{}", lost_.empty() ? "" : " ", e.what());
    if (alive_ > 0) progress_.interrupt(fmt::format("{} is lost, {} left: {}", device->name, alive_, e.what()));
    int expected = 0;
    if (alive_ == 0) options_.stop->compare_exchange_strong(expected, static_cast<int>(ExitCode::resumable));
    return true;
}

void Pool::store(const TrialRecord& record) {
    journal_.record(record);
    const std::lock_guard lock(mutex_);
    ++finished_;
}

void Pool::push(const Job& job, RateChunk chunk) {
    chunk.reference = job.id.kind == RunKind::reference;
    chunk.point = job.id.index;
    chunk.trial = job.id.trial;
    live_.push(std::move(chunk));
}

/// Their bins that have been pushed are void.
void Pool::forget(std::span<const Job> jobs) {
    if (live_.empty()) return;
    RateChunk none;
    none.forget = true;
    for (const Job& job : jobs) push(job, none);
}

/// share: must outlive the run.
SimulationOptions Pool::simulation_options(Share& share, const Device* device, bool reporting) {
    SimulationOptions o;
    o.stop = options_.stop;
    o.memory_limit = memory_;
    o.backend.name = options_.backend.name;
    o.backend.reason = options_.backend.reason;
    if (device) o.backend.devices = {*device};
    o.progress = [this, &share, reporting](std::int64_t steps, std::int64_t total, std::uint64_t spikes) {
        const std::lock_guard lock(mutex_);
        const double now = share.seconds * static_cast<double>(steps) / static_cast<double>(total);
        done_ += now - share.done;
        spikes_ += spikes - share.spikes;
        share.done = now;
        share.spikes = spikes;
        stopping();
        if (reporting) report();
    };
    return o;
}

/// Under the lock.
void Pool::revoke(Share& share) {
    done_ -= share.done;
    spikes_ -= share.spikes;
    share.done = 0;
    share.spikes = 0;
}

void Pool::finish(Share& share) {
    const std::lock_guard lock(mutex_);
    done_ += share.seconds - share.done;
}

/// Under the lock, where there are other threads.
bool Pool::stopping() {
    if (options_.max_wall_seconds && std::chrono::duration<double>(Clock::now() - start_).count() > *options_.max_wall_seconds) {
        int expected = 0;
        options_.stop->compare_exchange_strong(expected, static_cast<int>(ExitCode::resumable));
    }
    return options_.stop->load() != 0 || fatal_ != nullptr;
}

/// The first ones; the journal keeps all.
void Pool::tell_failure(const TrialId& id, const char* why) {
    if (options_.quiet || ++failures_ > 5) return;
    progress_.interrupt(fmt::format("run of {} trial {} failed: {}", describe_point(plan_, point_of(plan_, id)), id.trial, why));
    if (failures_ == 5) progress_.interrupt(fmt::format("further failures are not printed; `spikemass status {}` lists them.", options_.out.string()));
}

void Pool::report() {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start_).count();
    const std::string live = live_.line();
    progress_.show(total_ > 0 ? std::min(1.0, done_ / total_) : 1.0, fmt::format("{}/{} runs, {:.2g} spikes/s{}{}", finished_, planned_, static_cast<double>(spikes_) / std::max(elapsed, 1e-9),
                                                                                 live.empty() ? "" : "; ", live));
}

}  // namespace spikemass
