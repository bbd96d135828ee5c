#include "tests/gpu/programs/layouts.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <set>
#include <sstream>
#include <thread>

#include "tests/golden/networks.hpp"

namespace spikemass::programs {

namespace {

/// Steps a network of its own until it is destroyed.
class Load {
public:
    Load(const Backend& backend, Network n) : thread_([this, &backend, n = std::move(n)] {
        try {
            const auto engine = backend.engine(n, {});
            while (!stop_) {
                engine->advance(50);
                steps_ += 50;
            }
        } catch (const std::exception& e) {
            error_ = e.what();
        }
    }) {}
    ~Load() { join(); }
    /// Steps done.  Errors: what the engine threw.
    std::int64_t finish() {
        join();
        if (!error_.empty()) throw DeviceError("the load beside: " + error_);
        return steps_;
    }

private:
    void join() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
    }
    std::atomic<bool> stop_ = false;
    std::int64_t steps_ = 0;
    std::string error_;
    std::thread thread_;   // last: it uses the others
};

struct Start {
    Network network;
    std::string checkpoint;
    std::uint64_t digest = 0, spikes = 0;   ///< at the end
};

void restore(Engine& e, const std::string& bytes) {
    std::istringstream in(bytes);
    e.load(in);
}

}  // namespace

std::vector<GpuLayout> layouts() {
    return {{}, {32, 0, 32}, {64, 1, 64}, {96, 7, 96, 7}, {128, 131, 256}, {160, 0, 512, 64}, {224, 33, 736}, {256, 2, 992}, {256, 1024, 1024}};
}

Network layout_network() {
    Network n = golden::named("excitatory_inhibitory").network;
    n.populations.push_back(golden::population("X", 777, {Distribution::lorentzian, 2.0, 1.0, Draw::midpoint_quantiles}));
    Projection weighted = golden::projection("XE", 2, 0, TopologyKind::fixed_indegree, 40, 5, 5);
    weighted.strength_sd = 4;
    n.projections.push_back(weighted);
    n.projections.push_back(golden::projection("EX", 0, 2, TopologyKind::annealed, 30, 6, 2));
    return n;
}

bool run_layouts(const Backend& backend, const Network& network, const LayoutPlan& plan, Json& out) {
    out["backend"] = backend.name;
    out["rows"] = Json::array();
    std::vector<Start> starts;
    for (std::size_t i = 0; i < std::max<std::size_t>(1, plan.copies); ++i) {
        Start s{network, {}};
        s.network.seeds.graph += i;
        s.network.seeds.init += i;
        const auto cpu = make_cpu_engine(s.network, {1, ""});
        cpu->advance(plan.warmup);
        std::ostringstream bytes;
        cpu->save(bytes);
        s.checkpoint = bytes.str();
        cpu->advance(plan.steps);
        s.digest = cpu->digest();
        s.spikes = cpu->spikes();
        starts.push_back(std::move(s));
    }
    std::unique_ptr<Load> load;
    if (plan.load) load = std::make_unique<Load>(backend, golden::named("erdos_renyi").network);

    std::set<std::uint64_t> digests;   // of the first network
    std::uint64_t differing = 0, runs = 0;
    const auto row = [&](const GpuLayout& layout, const char* strategy, const std::function<std::vector<std::uint64_t>()>& repeat) {
        std::set<std::uint64_t> seen;
        std::uint64_t wrong = 0;
        const auto began = std::chrono::steady_clock::now();
        for (int r = 0; r < plan.repeats; ++r) {
            const std::vector<std::uint64_t> got = repeat();
            seen.insert(got[0]);
            bool same = true;
            for (std::size_t i = 0; i < got.size(); ++i) same &= got[i] == starts[i].digest;
            wrong += !same;
            ++runs;
        }
        const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
        Json list = Json::array();
        for (std::uint64_t d : seen) list.push_back(hex(d));
        out["rows"].push_back({{"strategy", strategy}, {"block", layout.block}, {"max_blocks", layout.max_blocks}, {"ensemble_block", layout.ensemble_block}, {"chunk_steps", layout.chunk_steps},
                               {"repeats", plan.repeats}, {"differing", wrong}, {"digests", list}, {"seconds", seconds}});
        std::printf("%s block %4u max_blocks %5u ensemble_block %4u chunk_steps %4lld: %d repeats, %llu differ, %zu digests, %.2f s\n", strategy, layout.block, layout.max_blocks, layout.ensemble_block,
                    static_cast<long long>(layout.chunk_steps), plan.repeats, static_cast<unsigned long long>(wrong), seen.size(), seconds);
        std::fflush(stdout);
        differing += wrong;
        digests.merge(seen);
    };
    for (const GpuLayout& layout : plan.layouts) {
        const auto engine = backend.engine(network, layout);
        row(layout, "R", [&] {
            restore(*engine, starts[0].checkpoint);
            engine->advance(plan.steps);
            return std::vector<std::uint64_t>{engine->digest()};
        });
        const auto ensemble = backend.ensemble(layout);
        std::vector<Engine*> engines;
        for (const Start& s : starts) engines.push_back(&ensemble->add(s.network));
        row(layout, "A", [&] {
            for (std::size_t i = 0; i < engines.size(); ++i) restore(*engines[i], starts[i].checkpoint);
            std::vector<std::vector<PopulationBins>> bins;
            ensemble->record(1, plan.steps, {}, bins);
            std::vector<std::uint64_t> got;
            for (const Engine* e : engines) got.push_back(e->digest());
            return got;
        });
    }
    if (load) out["steps_of_load"] = load->finish();
    out["digest_cpu"] = hex(starts[0].digest);
    out["spikes"] = starts[0].spikes;
    out["digests"] = digests.size();
    out["runs"] = runs;
    out["differing"] = differing;
    return runs > 0 && differing == 0 && digests.size() == 1 && starts[0].spikes > 0;
}

}  // namespace spikemass::programs
