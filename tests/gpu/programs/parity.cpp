#include "tests/gpu/programs/parity.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <sstream>

namespace spikemass::programs {

namespace {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

constexpr RecordFlags flags{true, true, false};

/// What the CPU engine says.
struct Truth {
    std::unique_ptr<Engine> engine;
    std::string middle, end;              // checkpoints
    std::uint64_t digest = 0, spikes = 0, digest_after = 0;
    std::vector<PopulationBins> bins;
};

std::string checkpoint(const Engine& e) {
    std::ostringstream out;
    e.save(out);
    return out.str();
}
void restore(Engine& e, const std::string& bytes) {
    std::istringstream in(bytes);
    e.load(in);
}

Truth on_cpu(const Network& n, const ParityPlan& plan) {
    Truth t;
    t.engine = make_cpu_engine(n, {plan.threads, ""});
    t.engine->record(plan.bins / 2, plan.steps_per_bin, flags, t.bins);
    t.middle = checkpoint(*t.engine);
    t.engine->record(plan.bins / 2, plan.steps_per_bin, flags, t.bins);
    t.end = checkpoint(*t.engine);
    t.digest = t.engine->digest();
    t.spikes = t.engine->spikes();
    t.engine->advance(plan.steps_after);
    t.digest_after = t.engine->digest();
    return t;
}

bool same_bins(const std::vector<PopulationBins>& a, const std::vector<PopulationBins>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (a[i].spike_count != b[i].spike_count || a[i].rate != b[i].rate || a[i].v != b[i].v || a[i].z_re != b[i].z_re || a[i].z_im != b[i].z_im) return false;
    return true;
}

/// Names of what differs between an engine of the backend, at the end, and the CPU; bins: null where it did not record.
Json differences(const Engine& e, const std::vector<PopulationBins>* bins, const Truth& t, const ParityPlan& plan) {
    Json what = Json::array();
    for (std::size_t i = 0; i < t.engine->projections().size(); ++i)
        if (t.engine->projections()[i].graph_checksum != e.projections()[i].graph_checksum) what.push_back("graph");
    if (e.digest() != t.digest) what.push_back("digest");
    if (e.spikes() != t.spikes) what.push_back("spikes");
    if (bins && !same_bins(*bins, t.bins)) what.push_back("records");
    const std::string end = checkpoint(e);
    if (end != t.end) what.push_back("checkpoint");
    restore(*t.engine, end);
    t.engine->advance(plan.steps_after);
    if (t.engine->digest() != t.digest_after) what.push_back("continued on the CPU");
    return what;
}

/// Differences, or what was thrown where an engine did not get so far; an engine that fails is a difference, and the next one goes on.
template <class Compare>
Json compared(Compare&& compare) {
    try {
        return compare();
    } catch (const std::exception& e) {
        return Json::array({std::string("error: ") + e.what()});
    }
}

class Rows {
public:
    Rows(const ParityPlan& plan, Json& out) : plan_(plan), out_(out) { out_["rows"] = Json::array(); }
    /// e: null where there is none.
    void add(const Configuration& c, const char* strategy, const Engine* e, Json what, const Truth& t, double seconds) {
        std::uint64_t digest = 0, spikes = 0;
        if (e && what.empty()) what = compared([&] { return digest = e->digest(), spikes = e->spikes(), Json::array(); });
        else if (e) compared([&] { return digest = e->digest(), spikes = e->spikes(), Json::array(); });
        const bool differing = !what.empty();
        differing_ += differing;
        silent_ += t.spikes == 0;
        std::int64_t neurons = 0;
        for (const Population& p : c.network.populations) neurons += p.size;
        Json row{{"name", c.name}, {"strategy", strategy}, {"neurons", neurons}, {"populations", c.network.populations.size()}, {"projections", c.network.projections.size()},
                 {"steps", plan_.bins * plan_.steps_per_bin}, {"digest", hex(digest)}, {"spikes", spikes}, {"differing", differing}, {"seconds", seconds}};
        if (differing) row["digest_cpu"] = hex(t.digest), row["what"] = what;
        out_["rows"].push_back(row);
        if (plan_.print)
            std::printf("%-50s %-12s %s %10llu spikes %7.3f s  %s\n", c.name.c_str(), strategy, hex(digest).c_str(), static_cast<unsigned long long>(spikes), seconds,
                        differing ? ("DIFFERS: " + what.dump()).c_str() : "same");
        std::fflush(stdout);
    }
    bool finish(std::size_t configurations) {
        out_["configurations"] = configurations;
        out_["differing"] = differing_;
        out_["silent"] = silent_;
        return differing_ == 0 && silent_ == 0 && !out_["rows"].empty();
    }

private:
    const ParityPlan& plan_;
    Json& out_;
    std::size_t differing_ = 0, silent_ = 0;
};

}  // namespace

bool run_parity(const Backend& backend, const std::vector<Configuration>& configurations, const ParityPlan& plan, Json& out) {
    out["backend"] = backend.name;
    Rows rows(plan, out);
    const std::int64_t half = plan.bins / 2;
    const auto ensemble = backend.ensemble({});
    std::vector<Engine*> engines;
    std::vector<Truth> kept;
    std::vector<const Configuration*> together;
    for (const Configuration& c : configurations) {
        Truth t = on_cpu(c.network, plan);
        std::unique_ptr<Engine> engine;
        double seconds = 0;
        Json what = compared([&] {
            const auto start = Clock::now();
            engine = backend.engine(c.network, {});
            std::vector<PopulationBins> bins;
            for (int part = 0; part < 2; ++part) engine->record(half, plan.steps_per_bin, flags, bins);
            seconds = since(start);
            return differences(*engine, &bins, t, plan);
        });
        rows.add(c, "R", engine.get(), what, t, seconds);
        if (engine) {
            seconds = 0;
            what = compared([&] {
                const auto start = Clock::now();
                restore(*engine, t.middle);
                engine->advance(half * plan.steps_per_bin);
                seconds = since(start);
                return differences(*engine, nullptr, t, plan);
            });
            rows.add(c, "R, resumed", engine.get(), what, t, seconds);
        }
        engine.reset();
        if (c.one_by_one) continue;
        what = compared([&] {
            engines.push_back(&ensemble->add(c.network));
            return Json::array();
        });
        if (!what.empty()) {
            rows.add(c, "A", nullptr, what, t, 0);
            continue;
        }
        together.push_back(&c);
        kept.push_back(std::move(t));
    }
    // Strategy A steps all of them in one launch: each row says the mean of its time.
    const auto launch = [&](const char* strategy, bool resumed) {
        std::vector<std::vector<PopulationBins>> bins;
        double seconds = 0;
        const Json failed = compared([&] {
            const auto start = Clock::now();
            if (resumed) {
                for (std::size_t i = 0; i < engines.size(); ++i) restore(*engines[i], kept[i].middle);
                ensemble->record(half, plan.steps_per_bin, {}, bins);
            } else {
                for (int part = 0; part < 2; ++part) ensemble->record(half, plan.steps_per_bin, flags, bins);
            }
            seconds = since(start) / static_cast<double>(engines.size());
            return Json::array();
        });
        for (std::size_t i = 0; i < engines.size(); ++i)
            rows.add(*together[i], strategy, engines[i], failed.empty() ? compared([&] { return differences(*engines[i], resumed ? nullptr : &bins[i], kept[i], plan); }) : failed, kept[i], seconds);
    };
    if (!engines.empty()) {
        launch("A", false);
        launch("A, resumed", true);
    }
    return rows.finish(configurations.size());
}

}  // namespace spikemass::programs
