// Spikes to counts of their targets, per storage format, against a scatter loop as anyone would write it; and where the
// formats cross, which is what the thresholds of host/cpu/graph.hpp stand on.

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "bench/harness.hpp"
#include "bench/loops.hpp"
#include "bench/networks.hpp"
#include "host/cpu/graph.hpp"
#include "kernels/engine.hpp"
#include "models/base/random.hpp"

using namespace spikemass;
using namespace spikemass::bench;
using cpu::Format;

namespace {

/// Spike lists of several steps: every source fires with probability f, ids ascending, in segments as the engine leaves them.
class Spikes {
public:
    Spikes(std::int64_t n_sources, double f, std::size_t steps) {
        const auto limit = static_cast<std::uint64_t>(f * 0x1p64);
        lists_.resize(steps);
        for (std::size_t step = 0; step < steps; ++step) {
            List& l = lists_[step];
            std::vector<std::size_t> size;
            for (std::int64_t i = 0; i < n_sources; ++i) {
                if (i % 16384 == 0) size.push_back(0);
                if (mix64(mix64(step + 1) + static_cast<std::uint64_t>(i)) >= limit) continue;
                l.ids.push_back(static_cast<std::uint32_t>(i));
                ++size.back();
            }
            const std::uint32_t* at = l.ids.data();
            for (std::size_t n : size) {
                l.segments.push_back({at, n});
                at += n;
            }
            spikes_ += l.ids.size();
        }
    }
    std::size_t steps() const { return lists_.size(); }
    const std::vector<cpu::SpikeSegment>& segments(std::size_t step) const { return lists_[step % lists_.size()].segments; }
    const std::vector<std::uint32_t>& ids(std::size_t step) const { return lists_[step % lists_.size()].ids; }
    double per_step() const { return static_cast<double>(spikes_) / static_cast<double>(lists_.size()); }

private:
    struct List {
        std::vector<std::uint32_t> ids;
        std::vector<cpu::SpikeSegment> segments;
    };
    std::vector<List> lists_;
    std::uint64_t spikes_ = 0;
};

struct Wiring {
    std::int64_t n_sources, n_targets;
    Projection projection;

    cpu::Graph build(Format format) const {
        return cpu::build_graph(projection, {1, 2, 3}, n_sources, n_targets, n_sources == n_targets, cpu::best_isa(), {omp_get_num_procs(), format});
    }
    Format chosen() const { return cpu::estimate_graph(projection, n_sources, n_targets, n_sources == n_targets).format; }
};

/// One step of propagation through any format, as the engine does it on one thread.
void propagate(const cpu::Graph& g, const std::vector<cpu::SpikeSegment>& s, std::uint16_t* counts) {
    const cpu::Isa& isa = cpu::best_isa();
    if (g.format == Format::rows16) isa.rows16_count16(g.rows16.view(), s.data(), s.size(), 0, g.rows16.blocks, counts);
    if (g.format == Format::rows32) isa.rows32_count16(g.rows32.view(), s.data(), s.size(), 0, ~0u, counts);
    for (std::int64_t chunk = 0; g.format == Format::bit_rows && chunk * 512 < g.n_targets; ++chunk)
        isa.bit_rows(g.bits.data() + chunk * g.n_sources * 8, s.data(), s.size(), counts + chunk * 512);
}

/// A graph in the textbook's form, 32-bit targets and 32-bit counts, and in some of the engine's formats.
class Contest {
public:
    Contest(const Wiring& w, double f, const std::vector<Format>& formats)
        : spikes_(w.n_sources, f, sized<std::size_t>(64, 3)), naive_counts_(static_cast<std::size_t>(w.n_targets)) {
        for (Format format : formats) {
            graphs_.push_back(w.build(format));
            counts_.emplace_back(static_cast<std::size_t>((w.n_targets + 511) / 512 * 512));
        }
        const bool have_rows32 = !graphs_.empty() && graphs_[0].format == Format::rows32;
        require(have_rows32, "propagate: rows32 must come first, the scatter loop reads its rows");
        const auto& rows = graphs_[0].rows32;
        start_ = cpu::Buffer<std::uint64_t>(static_cast<std::size_t>(w.n_sources) + 1);
        for (std::size_t i = 0; i < start_.size(); ++i) start_[i] = rows.start(i);
        std::uint64_t events = 0;
        for (std::size_t step = 0; step < spikes_.steps(); ++step)
            for (std::uint32_t id : spikes_.ids(step)) events += start_[id + 1] - start_[id];
        events_ = static_cast<double>(events) / static_cast<double>(spikes_.steps());
        at_.assign(graphs_.size() + 1, 0);
        check();
    }
    Contest(const Contest&) = delete;
    Contest& operator=(const Contest&) = delete;

    /// The scatter loop first, then one call per format.
    std::vector<Call> calls() {
        std::vector<Call> all;
        all.push_back([this] { scatter(at_[0]++); });
        for (std::size_t i = 0; i < graphs_.size(); ++i)
            all.push_back([this, i] { propagate(graphs_[i], spikes_.segments(at_[i + 1]++), counts_[i].data()); });
        return all;
    }
    double events() const { return events_; }
    const std::vector<cpu::Graph>& graphs() const { return graphs_; }

private:
    void scatter(std::size_t step) {
        const auto& s = spikes_.segments(step);
        loops_of(cpu::best_isa()).naive_scatter(start_.data(), graphs_[0].rows32.index.data(), s.data(), s.size(), naive_counts_.data());
    }
    /// All formats count the same.
    void check() {
        scatter(0);
        for (std::size_t i = 0; i < graphs_.size(); ++i) {
            propagate(graphs_[i], spikes_.segments(0), counts_[i].data());
            for (std::size_t t = 0; t < naive_counts_.size(); ++t)
                require(counts_[i][t] == naive_counts_[t], std::string("propagate: ") + cpu::format_name(graphs_[i].format) + " counts differently from the scatter loop");
        }
    }

    Spikes spikes_;
    std::vector<cpu::Graph> graphs_;
    std::vector<cpu::Buffer<std::uint16_t>> counts_;
    cpu::Buffer<std::uint32_t> naive_counts_;
    cpu::Buffer<std::uint64_t> start_;
    std::vector<std::size_t> at_;   // step that each side does next
    double events_ = 0;
};

/// Rates of all formats, and their ratios to the scatter loop; "chosen" is the format that the engine takes.
void add_contest(const std::string& name, const Wiring& w, double f, const std::vector<Format>& formats) {
    add("propagate/" + name, [=]() -> Round {
        auto contest = std::make_shared<Contest>(w, f, formats);
        const std::vector<Call> calls = contest->calls();
        return [=] {
            const std::vector<double> t = interleaved(calls);
            Numbers n{{"naive_events_per_s", contest->events() / t[0]}};
            double rows32 = 0, rows16 = 0, bits = 0, chosen = 0;
            for (std::size_t i = 0; i < formats.size(); ++i) {
                const double seconds = t[i + 1];
                (formats[i] == Format::rows32 ? rows32 : formats[i] == Format::rows16 ? rows16 : bits) = seconds;
                if (formats[i] == w.chosen()) chosen = seconds;
                const std::string format = cpu::format_name(formats[i]);
                n.push_back({format + "_events_per_s", contest->events() / seconds});
                n.push_back({format + "_vs_naive", t[0] / seconds});
            }
            if (chosen > 0) n.push_back({"chosen_vs_naive", t[0] / chosen});
            if (rows16 > 0) n.push_back({"rows16_vs_rows32", rows32 / rows16});
            if (bits > 0) n.push_back({"bit_rows_vs_csr", rows32 / bits});   // csr: 32-bit rows, fetched ahead
            if (bits > 0 && rows16 > 0) n.push_back({"bit_rows_vs_rows16", rows16 / bits});
            return n;
        };
    });
}

/// Fixed-point weights, 16-bit rows, against the same rows with single-precision weights and sums.
void add_weights(std::int64_t n, double k, double f) {
    add("propagate/weights", [=]() -> Round {
        struct State {
            cpu::Graph graph;
            Spikes spikes;
            cpu::Buffer<float> weight;
            cpu::Buffer<std::int32_t> fixed;
            cpu::Buffer<float> floating;
            std::size_t at[2] = {0, 0};
        };
        Wiring w{n, n, projection(TopologyKind::fixed_outdegree, k)};
        w.projection.strength_sd = 5.0;
        const auto size = static_cast<std::size_t>(n);
        auto s = std::make_shared<State>(State{w.build(Format::rows16), Spikes(n, f, sized<std::size_t>(64, 3)), {}, cpu::Buffer<std::int32_t>(size), cpu::Buffer<float>(size)});
        const auto& rows = s->graph.rows16;
        s->weight = cpu::Buffer<float>(rows.weight.size());
        for (std::size_t i = 0; i < rows.weight.size(); ++i) s->weight[i] = static_cast<float>(rows.weight[i]);
        const cpu::Isa& isa = cpu::best_isa();
        const Loops& loops = loops_of(isa);
        const std::vector<Call> calls = {
            [s, &isa] {
                const auto& list = s->spikes.segments(s->at[0]++);
                isa.rows16_weighted(s->graph.rows16.view(), list.data(), list.size(), 0, s->graph.rows16.blocks, s->fixed.data());
            },
            [s, &loops] {
                const auto& list = s->spikes.segments(s->at[1]++);
                const auto& r = s->graph.rows16;
                for (std::size_t b = 0; b < r.blocks; ++b)
                    loops.float_scatter({r.start32.data() + b, r.blocks, r.index.data(), s->weight.data()}, list.data(), list.size(), s->floating.data() + b * static_cast<std::size_t>(r.width));
            }};
        for (const Call& c : calls) c();
        for (std::size_t i = 0; i < size; ++i)   // sums of integers below 2^24 are exact in single precision
            require(static_cast<float>(s->fixed[i]) == s->floating[i] || std::abs(s->floating[i]) > 0x1p24f, "propagate: fixed-point sums differ from those in single precision");
        const double events = s->spikes.per_step() * k;
        return [=] {
            const std::vector<double> t = interleaved(calls);
            return Numbers{{"fixed_vs_float", t[1] / t[0]}, {"fixed_events_per_s", events / t[0]}, {"float_events_per_s", events / t[1]}};
        };
    });
}

/// Delays of their own, uniform from 1 to `slots` steps, into a ring of counts, against one delay, each in the format that the engine takes.
void add_delays(const std::string& name, std::int64_t n, double k, double f, std::int64_t slots) {
    add("propagate/delays/" + name, [=]() -> Round {
        struct State {
            Contest one;
            cpu::Graph graph;
            Spikes spikes;
            cpu::Buffer<std::uint16_t> ring, due;
            std::vector<void*> slot;   // twice
            std::size_t at = 0;
        };
        Wiring w{n, n, projection(TopologyKind::fixed_outdegree, k)}, drawn = w;
        drawn.projection.delay_law = DelayLaw::uniform;
        drawn.projection.delay_steps = slots;
        const auto size = static_cast<std::size_t>(n), ring = static_cast<std::size_t>(slots);
        const std::vector<Format> formats = w.chosen() == Format::rows32 ? std::vector{Format::rows32} : std::vector{Format::rows32, w.chosen()};
        auto s = std::shared_ptr<State>(new State{{w, f, formats}, drawn.build(drawn.chosen()), Spikes(n, f, sized<std::size_t>(64, 3)), cpu::Buffer<std::uint16_t>(ring * size), cpu::Buffer<std::uint16_t>(size), {}});
        for (std::size_t i = 0; i < 2 * ring; ++i) s->slot.push_back(s->ring.data() + i % ring * size);
        const cpu::Isa& isa = cpu::best_isa();
        const auto deliver = [s, ring, &isa] {
            const auto& list = s->spikes.segments(s->at);
            void* const* slot = s->slot.data() + s->at++ % ring;
            if (s->graph.format == Format::rows16) isa.delayed16_count16(s->graph.rows16.view(), list.data(), list.size(), 0, s->graph.rows16.blocks, slot);
            else isa.delayed32_count16(s->graph.rows32.view(), list.data(), list.size(), 0, ~0u, slot);
        };
        deliver();   // every synapse of the first step's spikes is in one slot
        std::uint64_t found = 0;
        for (std::size_t i = 0; i < ring * size; ++i) found += s->ring[i];
        require(found == s->spikes.ids(0).size() * static_cast<std::uint64_t>(k), "propagate: drawn delays lose or invent arrivals");
        const std::vector<Call> all = s->one.calls(), calls = {all.back(), deliver};
        const double events = s->spikes.per_step() * k;
        return [=] {
            const std::vector<double> t = interleaved(calls);
            return Numbers{{"drawn_vs_one_delay", t[1] / t[0]}, {"drawn_events_per_s", events / t[1]}, {"one_delay_events_per_s", events / t[0]}};
        };
    });
}

std::string text(const char* form, double a, double b = 0) {
    char out[96];
    std::snprintf(out, sizeof out, form, a, b);
    return out;
}

}  // namespace

void register_benchmarks() {
    const auto n5 = sized<std::int64_t>(100000, 3001), n6 = sized<std::int64_t>(1000000, 5001), n4 = sized<std::int64_t>(10000, 1203);
    const auto k3 = sized(1000.0, 60.0), k2 = sized(100.0, 30.0);
    const auto wiring = [](std::int64_t n, double k) { return Wiring{n, n, projection(TopologyKind::fixed_outdegree, k)}; };
    const std::vector<Format> rows = {Format::rows32, Format::rows16}, all = {Format::rows32, Format::rows16, Format::bit_rows};

    add_contest("N1e5_K1000_f1", wiring(n5, k3), 0.01, rows);
    add_contest("N1e5_K100_f1", wiring(n5, k2), 0.01, rows);
    add_contest("N1e6_K100_f1", wiring(n6, k2), 0.01, rows);
    if (settings().large || settings().tiny) add_contest("N1e6_K1000_f0.2", wiring(n6, k3), 0.002, rows);
    add_weights(n5, k3, 0.01);
    const auto ring = sized<std::int64_t>(50, 7);
    add_delays("N1e5_K1000_f1", n5, k3, 0.01, ring);
    add_delays("N1e5_K100_f1", n5, k2, 0.01, ring);
    add_delays("N1e4_K1000_f1", n4, k3, 0.01, ring);
    add_delays("N1e6_K100_f1", n6, k2, 0.01, ring);

    for (double f : {0.001, 0.01, 0.03, 0.1}) add_contest(text("bits/p0.1_f%g", 100 * f), wiring(n4, sized(1000.0, 120.0)), f, all);

    // Crossovers.  Mean synapses of a row in a block of 65536 targets: fewer sources than targets keep the graph small.
    for (double k : {30.0, 100.0, 200.0, 400.0, 700.0, 1000.0}) {
        const std::int64_t sources = sized<std::int64_t>(100000, 1000), targets = sized<std::int64_t>(1000000, 3001);
        const Wiring w{sources, targets, projection(TopologyKind::fixed_outdegree, sized(k, 10.0) * static_cast<double>(sources) / static_cast<double>(targets))};
        add_contest(text("crossover/segment%.3g", k * 65536e-6), w, 2000.0 / 100000, rows);
    }
    for (double density : {1.0 / 64, 1.0 / 32, 1.0 / 16, 1.0 / 8})
        for (double f : {0.001, 0.01, 0.03})
            add_contest(text("crossover/density1:%g_f%g", 1 / density, 100 * f), wiring(n4, std::round(static_cast<double>(n4) * density)), f, all);
}
