#include "host/live/running_fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/mass/mass.hpp"
#include "host/output/files.hpp"
#include "host/output/layout.hpp"
#include "models/base/error.hpp"

namespace spikemass {

namespace {

/// As the dataset gives them back.
void append_stored(std::vector<double>& to, const std::vector<double>& x, double scale) {
    for (const double y : x) to.push_back(static_cast<double>(static_cast<float>(y * scale)) / scale);
}

}  // namespace

RunningFit::RunningFit(const LiveContext& context, const std::string& model) : context_(context), model_(model), path_(context.place("live_fit.json")) {
    options_.mass.closure = fit::closure_of_model(model);
    options_.each = true;
    options_.solve.stop = &stop_;
}

RunningFit::~RunningFit() { stop(); }

void RunningFit::begin() {
    Configuration c = context_.configuration(0);
    mass::resolve_initial(c.network);
    mass::MassModel(c.network, options_.mass);   // throws where there is none
    write(false);
    const unsigned n = std::max(1u, std::thread::hardware_concurrency() / 4);
    for (unsigned i = 0; i < n; ++i) workers_.emplace_back([this] { work(); });
}

void RunningFit::take(const RateChunk& chunk) {
    if (chunk.reference) return;
    rethrow();
    const std::lock_guard lock(mutex_);
    const auto& h = context_.header;
    Point& point = points_[chunk.point];
    if (point.trials.empty()) {
        point.trials.resize(static_cast<std::size_t>(h.trials));
        point.have.resize(point.trials.size(), 0);
    }
    const auto t = static_cast<std::size_t>(chunk.trial);
    fit::Trial& trial = point.trials[t];
    if (chunk.forget) {
        trial = {};
        point.have[t] = 0;
        point.fit.reset();
        point.asked = false;
        ++point.changes;
        return;
    }
    trial.rate.resize(h.populations.size());
    trial.v.resize(h.populations.size());
    for (std::size_t p = 0; p < h.populations.size(); ++p) {
        append_stored(trial.rate[p], chunk.rate.at(p), output::layout::rate_scale(h.time_unit));
        if (!chunk.v.empty()) append_stored(trial.v[p], chunk.v.at(p), 1.0);
    }
    point.have[t] += chunk.bins;
    if (std::all_of(point.have.begin(), point.have.end(), [&](std::int64_t n) { return n == h.n_bins(); })) ask(chunk.point);
}

void RunningFit::ask(std::int64_t point) {
    Point& p = points_[point];
    if (p.asked) return;
    p.asked = true;
    waiting_.push_back(point);
    changed_.notify_all();
}

fit::Recording RunningFit::recording(std::int64_t index, const Point& point) const {
    fit::Recording r;
    r.point = index;
    r.name = fit::name_of_point(context_.header, index);
    for (std::size_t t = 0; t < static_cast<std::size_t>(context_.header.trials); ++t) {
        if (t < point.have.size() && point.have[t] == context_.header.n_bins()) r.trials.push_back(point.trials[t]);
        else ++r.left_out;
    }
    return r;
}

void RunningFit::work() {
    try {
        std::unique_lock lock(mutex_);
        for (;;) {
            changed_.wait(lock, [this] { return !waiting_.empty() || last_ || stop_; });
            if (stop_ || waiting_.empty()) return;
            const std::int64_t index = waiting_.front();
            waiting_.pop_front();
            const int changes = points_[index].changes;
            fit::Recording r = recording(index, points_[index]);
            lock.unlock();
            r.configuration = context_.configuration(index);
            mass::resolve_initial(r.configuration.network);
            fit::Fit fit = fit::fit_one(std::move(r), options_);
            lock.lock();
            Point& point = points_[index];
            if (stop_ || point.changes != changes) continue;
            point.fit = std::move(fit);
            if (!written_ || std::chrono::steady_clock::now() - *written_ > std::chrono::seconds(1)) {
                lock.unlock();
                write(false);
                lock.lock();
            }
        }
    } catch (...) {
        const std::lock_guard lock(mutex_);
        if (!failure_) failure_ = std::current_exception();
    }
}

void RunningFit::rethrow() {
    const std::lock_guard lock(mutex_);
    if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void RunningFit::stop() {
    stop_ = true;
    {
        const std::lock_guard lock(mutex_);
        changed_.notify_all();
    }
    for (std::thread& w : workers_) w.join();
    workers_.clear();
}

void RunningFit::finish(bool all) {
    if (!all) {
        stop();
        write(false);
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        for (std::int64_t i = 0; i < context_.header.n_points(); ++i) {
            if (context_.header.representative(i) == i) ask(i);   // also those of which trials failed, or belong to another shard
        }
        last_ = true;
        changed_.notify_all();
    }
    const unsigned n = std::max(1u, std::thread::hardware_concurrency());   // the engines are done
    while (workers_.size() < n) workers_.emplace_back([this] { work(); });
    for (std::thread& w : workers_) w.join();
    workers_.clear();
    rethrow();
    write(true);
}

std::string RunningFit::line() const {
    const std::lock_guard lock(mutex_);
    const auto done = std::count_if(points_.begin(), points_.end(), [](const auto& p) { return p.second.fit.has_value(); });
    return fmt::format("{} points fitted", done);
}

nlohmann::ordered_json RunningFit::json(bool complete) const {
    fit::FitReport report;
    const std::lock_guard lock(mutex_);
    report.closure = options_.mass.closure;
    report.level = options_.level;
    report.time_unit = context_.header.time_unit;
    report.each = true;
    report.populations = context_.header.populations;
    for (const auto& [index, point] : points_)
        if (point.fit) report.fits.push_back(*point.fit);
    nlohmann::ordered_json j = {{"complete", complete}};
    j.update(fit::to_json(report));
    return j;
}

void RunningFit::write(bool complete) {
    const std::lock_guard one(writing_);
    const std::string text = json(complete).dump(1) + "\n";
    output::write_file(path_, text);
    const std::lock_guard lock(mutex_);
    written_ = std::chrono::steady_clock::now();
}

std::uint64_t RunningFit::size_bound(const output::SweepHeader& h) {
    const std::uint64_t parameters = 2 * h.populations.size() + h.projections.size();
    return 2 * (1024 + static_cast<std::uint64_t>(h.n_points()) * (8192 + parameters * (768 + 32 * parameters) + 512 * h.populations.size()));   // twice: the part beside it
}

}  // namespace spikemass
