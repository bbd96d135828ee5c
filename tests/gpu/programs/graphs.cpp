#include "tests/gpu/programs/graphs.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <utility>

#include "host/cpu/graph.hpp"
#include "tests/golden/networks.hpp"

namespace spikemass::programs {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr Seeds seeds{0x71, 0x72, 0x73};
constexpr std::pair<const char*, TopologyKind> drawn[] = {{"erdos_renyi", TopologyKind::erdos_renyi}, {"fixed_indegree", TopologyKind::fixed_indegree},
                                                          {"fixed_outdegree", TopologyKind::fixed_outdegree}, {"lorentzian_indegree", TopologyKind::lorentzian_indegree}};

GraphCase graph_case(const std::string& name, TopologyKind kind, std::int64_t n_sources, std::int64_t n_targets, double k, double strength_sd = 0) {
    Projection p = golden::projection("P", 0, n_sources == n_targets ? 0 : 1, kind, k, 2, 3);
    p.topology.half_width = k / 10;
    p.strength_sd = strength_sd;
    return {name, p, n_sources, n_targets, n_sources == n_targets};
}

gpu::DeviceGraph build(const gpu::GraphBuilder& b, const GraphCase& c, std::uint64_t budget) { return b.build(c.projection, seeds, c.n_sources, c.n_targets, c.same_population, budget); }
gpu::DeviceGraphEstimate estimate(const GraphCase& c) { return gpu::estimate_device_graph(c.projection, seeds, c.n_sources, c.n_targets, c.same_population); }

template <class T, class Range>
bool same(const gpu::GraphBuilder& b, const gpu::DeviceArray<T>& got, const Range& expected) {
    const std::vector<T> host = to_host(b, got);
    return std::equal(host.begin(), host.end(), expected.begin(), expected.end());
}

/// Names of what is not as in the CPU builder's graph.
Json differences(const gpu::GraphBuilder& b, const gpu::DeviceGraph& g, const cpu::Graph& expected) {
    Json what = Json::array();
    const auto require = [&](const char* name, bool good) {
        if (!good) what.push_back(name);
    };
    std::vector<std::uint64_t> offsets;
    for (std::int64_t s = 0; s <= expected.n_sources; ++s) offsets.push_back(expected.rows32.start(static_cast<std::size_t>(s)));
    require("checksum", g.checksum == expected.checksum);
    require("synapses", g.synapses == expected.synapses);
    require("moments", g.k_mean == expected.k_mean && g.k_var == expected.k_var && g.max_indegree == expected.max_indegree && g.weight_unit == expected.weight_unit);
    require("offsets", same(b, g.offsets, offsets));
    require("targets", g.narrow() ? same(b, g.targets16, expected.rows32.index.span()) : same(b, g.targets32, expected.rows32.index.span()));
    require("weights", same(b, g.weights, expected.rows32.weight.span()));
    require("indegree", same(b, g.indegree, expected.indegree));
    return what;
}

}  // namespace

std::vector<GraphCase> graph_cases() {
    std::vector<GraphCase> all;
    for (const auto& [name, kind] : drawn) {
        all.push_back(graph_case(std::string(name) + ", weights, 16-bit targets", kind, 20'011, 20'011, 1000, 1));
        all.push_back(graph_case(std::string(name) + ", 32-bit targets", kind, 10'007, 100'003, 200));
    }
    return all;
}

std::vector<GraphCase> graph_timings() {
    std::vector<GraphCase> all;
    for (const auto& [name, kind] : drawn) all.push_back(graph_case(std::string(name) + ", N = 1e5, K = 1000", kind, 100'000, 100'000, 1000));
    all.push_back(all[1]);
    all.back().name += ", a tenth of the memory";
    all.back().memory = 0.1;
    all.push_back(graph_case("fixed_outdegree, N = 1e4, K = 1000", TopologyKind::fixed_outdegree, 10'000, 10'000, 1000));
    return all;
}

bool run_graphs(const gpu::GraphBuilder& builder, const std::vector<GraphCase>& cases, int threads, bool print, Json& out) {
    Json& rows = out["graphs"] = Json::array();
    std::uint64_t differing = 0;
    for (const GraphCase& c : cases) {
        const cpu::Graph expected = cpu::build_graph(c.projection, seeds, c.n_sources, c.n_targets, c.same_population, cpu::best_isa(), {threads, cpu::Format::rows32});
        const gpu::DeviceGraphEstimate need = estimate(c);
        for (const std::uint64_t budget : {need.full_bytes, (need.least_bytes + need.full_bytes) / 2, need.least_bytes}) {
            Json row{{"name", c.name}, {"synapses", expected.synapses}, {"budget_bytes", budget}}, what = Json::array();
            try {
                const auto start = Clock::now();
                const gpu::DeviceGraph g = build(builder, c, budget);
                row["seconds"] = since(start);
                row["slabs"] = g.slabs;
                row["peak_bytes"] = g.peak_bytes;
                row["checksum"] = hex(g.checksum);
                what = differences(builder, g, expected);
                if (g.peak_bytes > budget) what.push_back("budget");
                if ((budget == need.full_bytes) != (g.slabs == 1)) what.push_back("slabs");
            } catch (const std::exception& e) {
                what.push_back(std::string("error: ") + e.what());
            }
            row["differing"] = !what.empty();
            if (!what.empty()) row["checksum_cpu"] = hex(expected.checksum), row["what"] = what;
            differing += !what.empty();
            if (print)
                std::printf("%-46s %9llu synapses in %7llu KiB: %s %s\n", c.name.c_str(), static_cast<unsigned long long>(expected.synapses), static_cast<unsigned long long>(budget >> 10),
                            row.value("checksum", "-").c_str(), what.empty() ? "same" : ("DIFFERS: " + what.dump()).c_str());
            std::fflush(stdout);
            rows.push_back(row);
        }
    }
    out["graphs_differing"] = differing;
    return differing == 0 && !rows.empty();
}

bool time_graphs(const gpu::GraphBuilder& builder, const std::vector<GraphCase>& cases, int repeats, double seconds, Json& out) {
    const auto began = Clock::now();
    Json& rows = out["graph_builds"] = Json::array();
    bool all = !cases.empty();
    for (const GraphCase& c : cases) {
        Json row{{"name", c.name}};
        bool good = false;
        try {
            const gpu::DeviceGraphEstimate need = estimate(c);
            const std::uint64_t budget = need.least_bytes + static_cast<std::uint64_t>(c.memory * static_cast<double>(need.full_bytes - need.least_bytes));
            std::vector<double> times;
            const auto timed = [&] {
                const auto start = Clock::now();
                gpu::DeviceGraph g = build(builder, c, budget);
                times.push_back(since(start));
                return g;
            };
            if (since(began) >= seconds) throw CapacityError("not measured: the time for graphs is over");
            const gpu::DeviceGraph first = timed();
            row["synapses"] = first.synapses;
            row["budget_bytes"] = budget;
            row["peak_bytes"] = first.peak_bytes;
            row["slabs"] = first.slabs;
            row["first_seconds"] = times[0];
            if (since(began) + repeats * times[0] > seconds) throw CapacityError("not measured: " + std::to_string(repeats) + " builds take longer than is left for graphs");
            times.clear();
            good = first.synapses > 0;
            for (int r = 0; r < repeats; ++r) good &= timed().checksum == first.checksum;
            std::vector<double> sorted = times;
            std::sort(sorted.begin(), sorted.end());
            const double median = sorted[sorted.size() / 2];
            row["seconds"] = times;
            row["median_seconds"] = median;
            row["synapses_per_second"] = static_cast<double>(first.synapses) / median;
            std::printf("%-62s %.4g synapses/s, median of %d builds in %lld slabs (%.4g to %.4g s)\n", c.name.c_str(), static_cast<double>(first.synapses) / median, repeats,
                        static_cast<long long>(first.slabs), sorted.front(), sorted.back());
        } catch (const std::exception& e) {   // too little memory for this one: the next may fit
            row["error"] = e.what();
            std::printf("%-62s %s\n", c.name.c_str(), e.what());
        }
        std::fflush(stdout);
        all &= good;
        rows.push_back(row);
    }
    return all;
}

}  // namespace spikemass::programs
