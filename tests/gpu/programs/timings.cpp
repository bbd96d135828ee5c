#include "tests/gpu/programs/timings.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
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
    const auto facts = [&](const char* key) {
        if (plan.facts) out[key] = plan.facts();
    };
    facts("before");
    out["rows"] = Json::array();
    bool all = true;
    double build_seconds = 0, built_synapses = 0;
    for (const Timing& t : cases) {
        const double synapses = synapses_of(t.network) * static_cast<double>(t.copies), expected = built_synapses > 0 ? synapses * build_seconds / built_synapses : 0;
        Json row{{"name", t.name}, {"strategy", t.copies == 1 ? "R" : "A"}, {"networks", t.copies}};
        if (since(began) + expected > plan.seconds) {
            char why[160];
            std::snprintf(why, sizeof why, "its graphs of %.3g synapses take about %.0f s to build, and %.0f s of %.0f s are gone", synapses, expected, since(began), plan.seconds);
            row["not_measured"] = why;
            out["rows"].push_back(row);
            std::printf("%-40s not measured: %s\n", t.name.c_str(), why);
            all = false;
            continue;
        }
        auto start = Clock::now();
        Subject subject(backend, t);
        const double seconds_to_build = since(start);
        if (synapses > 0) build_seconds += seconds_to_build, built_synapses += synapses;
        subject.run(plan.warmup);
        const double target = plan.seconds_per_run * (t.copies > 1 ? 10 : 1);
        std::int64_t steps = 16;
        for (; steps < 65536; steps *= 2) {
            start = Clock::now();
            subject.run(steps);
            if (since(start) >= target) break;
        }
        const double bandwidth_before = plan.copy_bandwidth ? plan.copy_bandwidth() : 0;
        std::vector<double> seconds, events;
        double spikes = 0;
        double degree = 0;   // synapses per spike
        for (const ProjectionFacts& f : subject.first().projections()) degree += static_cast<double>(f.synapses);
        degree /= static_cast<double>(t.network.populations[0].size);
        for (int r = 0; r < plan.repeats; ++r) {
            const std::uint64_t before = subject.spikes();
            start = Clock::now();
            subject.run(steps);
            seconds.push_back(since(start));
            const auto fired = static_cast<double>(subject.spikes() - before);
            spikes += fired;
            if (synapses > 0) events.push_back(fired * degree / seconds.back());
        }
        const double bandwidth_after = plan.copy_bandwidth ? plan.copy_bandwidth() : 0, neurons = static_cast<double>(t.network.populations[0].size);
        const double middle = median(seconds), rate = static_cast<double>(steps) * static_cast<double>(t.copies) / middle;
        row["neurons"] = t.network.populations[0].size;
        row["synapses_per_network"] = synapses > 0 ? Json(subject.first().projections()[0].synapses) : Json(0);
        row["seconds_to_build"] = seconds_to_build;
        row["steps_per_run"] = steps;
        row["seconds"] = seconds;
        row["median_seconds"] = middle;
        row[t.copies == 1 ? "steps_per_second" : "network_steps_per_second"] = rate;
        row["spikes_per_network_and_step"] = spikes / (static_cast<double>(steps) * static_cast<double>(plan.repeats) * static_cast<double>(t.copies));
        if (!events.empty()) row["events_per_second"] = median(events);
        if (bandwidth_before > 0) {
            const double ceiling = std::max(bandwidth_before, bandwidth_after);
            row["copy_bytes_per_second"] = {bandwidth_before, bandwidth_after};
            if (t.bytes_per_neuron_step > 0) row["share_of_copy_bandwidth"] = rate * neurons * t.bytes_per_neuron_step / ceiling;
        }
        const bool sound = spikes > 0 && subject.digests() == t.copies;
        row["sound"] = sound;   // spikes, and every network its own
        all &= sound;
        std::printf("%-40s %.4g %s", t.name.c_str(), rate, t.copies == 1 ? "steps/s" : "network-steps/s");
        if (!events.empty()) std::printf(", %.3g events/s", row["events_per_second"].get<double>());
        std::printf(", median of %d runs of %lld steps (%.4g to %.4g s)%s\n", plan.repeats, static_cast<long long>(steps), *std::min_element(seconds.begin(), seconds.end()),
                    *std::max_element(seconds.begin(), seconds.end()), sound ? "" : ": NOT SOUND");
        std::fflush(stdout);
        out["rows"].push_back(row);
    }
    facts("after");
    return all && !out["rows"].empty();
}

}  // namespace spikemass::programs
