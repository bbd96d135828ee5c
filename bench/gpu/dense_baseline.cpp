#include "bench/gpu/dense_baseline.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <exception>
#include <limits>

#include "host/cpu/graph.hpp"
#include "models/base/error.hpp"
#include "models/base/random.hpp"

namespace spikemass::bench {

BaselineGraph baseline_graph(std::int64_t neurons, std::int64_t outdegree, int threads) {
    if (neurons * outdegree > std::numeric_limits<std::int32_t>::max()) throw CapacityError("baseline graph of " + std::to_string(neurons) + " neurons: its " + std::to_string(neurons * outdegree) + " synapses must be below 2^31; use fewer.");
    Projection p;
    p.name = "EE";
    p.topology.kind = TopologyKind::fixed_outdegree;
    p.topology.mean_indegree = static_cast<double>(outdegree);
    const cpu::Graph built = cpu::build_graph(p, {1, 2, 3}, neurons, neurons, true, cpu::best_isa(), {threads, cpu::Format::rows32});
    BaselineGraph g;
    const auto n = static_cast<std::size_t>(neurons);
    g.start.resize(n + 1);
    for (std::size_t i = 0; i <= n; ++i) g.start[i] = built.rows32.start(i);
    g.target.assign(built.rows32.index.data(), built.rows32.index.data() + g.start[n]);

    g.by_target.n_sources = neurons;
    auto& first = g.by_target.row_start;
    first.assign(n + 1, 0);
    for (const std::uint32_t t : g.target) ++first[t + 1];
    for (std::size_t t = 0; t < n; ++t) first[t + 1] += first[t];
    std::vector<std::int32_t> next(first.begin(), first.end() - 1);
    g.by_target.sources.resize(g.target.size());
    for (std::size_t i = 0; i < n; ++i)
        for (std::uint64_t e = g.start[i]; e < g.start[i + 1]; ++e) g.by_target.sources[static_cast<std::size_t>(next[g.target[e]]++)] = static_cast<std::int32_t>(i);
    return g;
}

std::vector<std::uint32_t> spikes_at(double activity, std::int64_t neurons, std::uint32_t trial) {
    const auto n = static_cast<std::size_t>(neurons);
    std::vector<std::uint32_t> ids(n);
    for (std::size_t i = 0; i < n; ++i) ids[i] = static_cast<std::uint32_t>(i);
    const auto count = std::clamp<std::size_t>(static_cast<std::size_t>(std::llround(activity * static_cast<double>(neurons))), 1, n);
    const RandomKey key = random_key(11, name_key("baseline"), Stream::shuffle);
    for (std::size_t i = 0; i < count; ++i) std::swap(ids[i], ids[i + mulhi64(key.draw64(i, trial, 0), n - i)]);   // Fisher-Yates, as far as needed
    ids.resize(count);
    return ids;
}

namespace {

/// By plain loops over the rows.
std::vector<std::uint32_t> counts_of(const BaselineGraph& g, const std::vector<std::uint32_t>& spikes) {
    std::vector<std::uint32_t> counts(g.start.size() - 1, 0);
    for (const std::uint32_t i : spikes)
        for (std::uint64_t e = g.start[i]; e < g.start[i + 1]; ++e) ++counts[g.target[e]];
    return counts;
}

constexpr std::size_t trials = 4;   // different lists; column c has list c mod 4, so that the answers of all columns are known soon

void require_right(const Way& way, std::int64_t calls, const std::vector<std::vector<std::uint32_t>>& right, const std::string& name) {
    const std::vector<std::uint32_t> counts = way.counts(calls);
    const std::size_t n = right[0].size();
    if (counts.size() != way.columns() * n) throw DeviceError(name + ": " + std::to_string(counts.size()) + " counts instead of " + std::to_string(way.columns() * n) + ".");
    for (std::size_t i = 0; i < counts.size(); ++i)
        if (counts[i] != right[i / n % trials][i % n])
            throw DeviceError(name + ": " + std::to_string(counts[i]) + " spikes arrived at target " + std::to_string(i % n) + " of column " + std::to_string(i / n) + ", and " + std::to_string(right[i / n % trials][i % n]) + " is right.");
}

}  // namespace

bool run_baseline(const std::vector<BaselineWay>& ways, const BaselinePlan& plan, Json& out) {
    const auto began = std::chrono::steady_clock::now();
    const auto gone = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count(); };
    out["rows"] = Json::array();
    bool all = !ways.empty() && !plan.graphs.empty() && !plan.activities.empty();
    for (const auto& [neurons, outdegree] : plan.graphs) {
        std::vector<std::unique_ptr<Way>> made;
        BaselineGraph g;
        Json head{{"neurons", neurons}, {"outdegree", outdegree}};
        try {
            if (gone() < plan.seconds) {
                head["seconds_to_build"] = seconds_of([&] {
                    g = baseline_graph(neurons, outdegree, plan.threads);
                    for (const BaselineWay& w : ways) made.push_back(w.make(g));
                });
            }
        } catch (const std::exception& e) {   // too little memory for this one
            head["error"] = e.what();
            out["rows"].push_back(head);
            std::printf("N = %lld, K = %lld: %s\n", static_cast<long long>(neurons), static_cast<long long>(outdegree), e.what());
            all = false;
            continue;
        }
        for (const double activity : plan.activities) {
            Json row = head;
            row["activity"] = activity;
            if (gone() >= plan.seconds) {
                row["not_measured"] = "the time of the whole program was over";
                std::printf("N = %lld, K = %lld, activity %g: not measured, the time is over\n", static_cast<long long>(neurons), static_cast<long long>(outdegree), activity);
                all = false;
                out["rows"].push_back(row);
                continue;
            }
            std::vector<std::vector<std::uint32_t>> lists, right;
            for (std::size_t k = 0; k < trials; ++k) {
                lists.push_back(spikes_at(activity, neurons, static_cast<std::uint32_t>(k)));
                right.push_back(counts_of(g, lists.back()));
            }
            row["spikes"] = lists[0].size();
            row["events"] = lists[0].size() * static_cast<std::size_t>(outdegree);
            std::printf("N = %lld, K = %lld, activity %g:", static_cast<long long>(neurons), static_cast<long long>(outdegree), activity);
            double reference = 0;
            for (std::size_t w = 0; w < ways.size(); ++w) {
                try {
                    std::vector<std::vector<std::uint32_t>> columns;
                    for (std::size_t c = 0; c < made[w]->columns(); ++c) columns.push_back(lists[c % trials]);
                    const Sample s = measure(
                        [&](std::int64_t calls) {
                            made[w]->set(columns);
                            const double seconds = seconds_of([&] { made[w]->run(calls); });
                            require_right(*made[w], calls, right, ways[w].name);
                            return seconds;
                        },
                        plan.measure);
                    const auto per = static_cast<double>(made[w]->columns());
                    Json& entry = row[ways[w].name] = json(s, per);
                    entry["columns"] = made[w]->columns();
                    entry["events_per_second"] = row["events"].get<double>() * per / s.median();
                    if (w == 0) reference = s.median() / per;
                    if (w > 0 && reference > 0) entry["over_" + ways[0].name] = s.median() / per / reference;
                    std::printf(" %s %.4g us (%.4g to %.4g)", ways[w].name.c_str(), 1e6 * s.median() / per, 1e6 * s.least() / per, 1e6 * s.most() / per);
                } catch (const std::exception& e) {
                    row[ways[w].name] = {{"error", e.what()}};
                    std::printf(" %s", e.what());
                    all = false;
                }
            }
            std::printf(" per step\n");
            std::fflush(stdout);
            out["rows"].push_back(row);
        }
    }
    return all;
}

}  // namespace spikemass::bench
