#include "tests/gpu/programs/timings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <set>

#include "tests/golden/networks.hpp"

namespace spikemass::programs {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median(std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x.size() % 2 ? x[x.size() / 2] : 0.5 * (x[x.size() / 2 - 1] + x[x.size() / 2]);
}

/// QIF neurons in the high state of theory at rate 1.03, dt = 1e-3: one spike per thousand neurons and step (Montbrio, Pazo, Roxin 2015).
Network high_state(std::int64_t size, TopologyKind kind, double k) {
    Network n;
    n.dt = 0.001;
    n.populations = {golden::population("E", size, {Distribution::lorentzian, -5.0, 1.0, Draw::midpoint_quantiles}, NeuronKind::qif, 1.030597)};
    n.projections = {golden::projection("EE", 0, 0, kind, k, 15)};
    n.seeds = {1, 2, 3};
    n.allow_capped = true;
    return n;
}

double synapses_of(const Network& n) {
    double synapses = 0;
    for (const Projection& p : n.projections)
        if (p.topology.kind != TopologyKind::all_to_all && p.topology.kind != TopologyKind::annealed) synapses += p.topology.mean_indegree * static_cast<double>(n.populations[p.target].size);
    return synapses;
}

/// The networks of one case.
class Subject {
public:
    Subject(const Backend& backend, const Timing& t) : copies_(t.copies) {
        if (copies_ == 1) {
            own_ = backend.engine(t.network, {});
            engines_ = {own_.get()};
            return;
        }
        ensemble_ = backend.ensemble({});
        for (std::size_t i = 0; i < copies_; ++i) {
            Network n = t.network;
            n.seeds.graph += i;
            n.seeds.init += i;
            engines_.push_back(&ensemble_->add(n));
        }
    }
    void run(std::int64_t steps) {
        if (own_) return own_->advance(steps);
        std::vector<std::vector<PopulationBins>> bins;
        ensemble_->record(1, steps, {}, bins);
    }
    std::uint64_t spikes() const {
        std::uint64_t sum = 0;
        for (const Engine* e : engines_) sum += e->spikes();
        return sum;
    }
    std::size_t digests() const {
        std::set<std::uint64_t> all;
        for (const Engine* e : engines_) all.insert(e->digest());
        return all.size();
    }
    const Engine& first() const { return *engines_.front(); }

private:
    std::size_t copies_;
    std::unique_ptr<Engine> own_;
    std::unique_ptr<Ensemble> ensemble_;
    std::vector<Engine*> engines_;
};

/// Seconds of one run.
double timed(Subject& subject, std::int64_t steps) {
    const auto start = Clock::now();
    subject.run(steps);
    return since(start);
}

/// Fills the row of a case.  True if there were spikes, and every network had its own.
bool measure(Subject& subject, const Timing& t, const TimingPlan& plan, Json& row) {
    const bool stored = synapses_of(t.network) > 0, together = t.copies > 1;
    const auto neurons = static_cast<double>(t.network.populations[0].size), copies = static_cast<double>(t.copies);
    const std::uint64_t synapses = stored ? subject.first().projections()[0].synapses : 0;
    subject.run(plan.warmup);
    std::int64_t steps = 16;
    while (timed(subject, steps) < plan.seconds_per_run * (together ? 20 : 1) && steps < 65536) steps *= 2;

    const double bandwidth_before = plan.copy_bandwidth ? plan.copy_bandwidth() : 0;
    std::vector<double> seconds, events, single;
    double spikes = 0;
    for (int r = 0; r < plan.repeats; ++r) {
        single.push_back(timed(subject, 1));
        const std::uint64_t before = subject.spikes();
        seconds.push_back(timed(subject, steps));
        const auto fired = static_cast<double>(subject.spikes() - before);
        spikes += fired;
        events.push_back(fired * static_cast<double>(synapses) / neurons / seconds.back());
    }
    const double bandwidth_after = plan.copy_bandwidth ? plan.copy_bandwidth() : 0;

    const double rate = static_cast<double>(steps) * copies / median(seconds);
    row["neurons"] = t.network.populations[0].size;
    row["synapses_per_network"] = synapses;
    row["steps_per_run"] = steps;
    row["seconds"] = seconds;
    row["median_seconds"] = median(seconds);
    row["median_seconds_of_one_step"] = median(single);   // a run of one step: what starting a run costs
    row[together ? "network_steps_per_second" : "steps_per_second"] = rate;
    row["spikes_per_network_and_step"] = spikes / (static_cast<double>(steps) * static_cast<double>(plan.repeats) * copies);
    if (stored) row["events_per_second"] = median(events);
    if (bandwidth_before > 0) {
        row["copy_bytes_per_second"] = {bandwidth_before, bandwidth_after};
        if (t.bytes_per_neuron_step > 0) row["share_of_copy_bandwidth"] = rate * neurons * t.bytes_per_neuron_step / std::max(bandwidth_before, bandwidth_after);
    }
    const bool sound = spikes > 0 && subject.digests() == t.copies;
    row["sound"] = sound;
    std::printf("%-40s %.4g %s", t.name.c_str(), rate, together ? "network-steps/s" : "steps/s");
    if (stored) std::printf(", %.3g events/s", median(events));
    const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
    std::printf(", median of %d runs of %lld steps (%.4g to %.4g s)%s\n", plan.repeats, static_cast<long long>(steps), *least, *most, sound ? "" : ": NOT SOUND");
    return sound;
}

}  // namespace

std::vector<Timing> timings() {
    const auto sparse = [](std::int64_t n) { return high_state(n, TopologyKind::fixed_outdegree, 1000); };   // the quickest to build
    return {{"update only, all-to-all, N = 1e6", high_state(1'000'000, TopologyKind::all_to_all, 1e6), 1, 12},   // V read and written, eta read
            {"update only, all-to-all, N = 1e7", high_state(10'000'000, TopologyKind::all_to_all, 1e7), 1, 12},
            {"R, N = 1e5, K = 1000", sparse(100'000)},
            {"R, N = 1e6, K = 1000", sparse(1'000'000)},
            {"A, 264 networks of N = 1e4, K = 1000", sparse(10'000), 264}};
}

bool run_timings(const Backend& backend, const std::vector<Timing>& cases, const TimingPlan& plan, Json& out) {
    const auto began = Clock::now();
    out["backend"] = backend.name;
    if (plan.facts) out["before"] = plan.facts();
    out["rows"] = Json::array();
    bool all = !cases.empty();
    double build_seconds = 0, built_synapses = 0;
    for (const Timing& t : cases) {
        const double synapses = synapses_of(t.network) * static_cast<double>(t.copies), expected = built_synapses > 0 ? synapses * build_seconds / built_synapses : 0;
        Json row{{"name", t.name}, {"strategy", t.copies == 1 ? "R" : "A"}, {"networks", t.copies}};
        bool good = false;
        if (since(began) + expected > plan.seconds) {
            char why[160];
            std::snprintf(why, sizeof why, "its graphs of %.3g synapses take about %.0f s to build, and %.0f s of %.0f s are gone", synapses, expected, since(began), plan.seconds);
            row["not_measured"] = why;
            std::printf("%-40s not measured: %s\n", t.name.c_str(), why);
        } else {
            try {
                const auto start = Clock::now();
                Subject subject(backend, t);
                const double seconds = since(start);
                row["seconds_to_build"] = seconds;
                if (synapses > 0) build_seconds += seconds, built_synapses += synapses;
                good = measure(subject, t, plan, row);
            } catch (const std::exception& e) {   // too little memory for this one: the next may fit
                row["error"] = e.what();
                std::printf("%-40s %s\n", t.name.c_str(), e.what());
            }
        }
        all &= good;
        out["rows"].push_back(row);
        std::fflush(stdout);
    }
    if (plan.facts) out["after"] = plan.facts();
    return all;
}

}  // namespace spikemass::programs
