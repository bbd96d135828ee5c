#pragma once
// The device-side graph build, written once for all of Thrust's systems.  A System has policy(arena), allocate (bad_alloc where memory is short), release, upload, download;
// finish(): returns when all work is done; ends_context(exception): nothing more can be computed there by this process.
// The only file that names Thrust, with graph_builder_host.cpp and graph_builder.cu, which instantiate it.

#include <thrust/copy.h>
#include <thrust/fill.h>
#include <thrust/for_each.h>
#include <thrust/functional.h>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/reduce.h>
#include <thrust/scan.h>
#include <thrust/sequence.h>
#include <thrust/sort.h>
#include <thrust/tabulate.h>
#include <thrust/transform.h>
#include <thrust/transform_reduce.h>

#include <algorithm>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "host/cpu/graph.hpp"
#include "host/gpu/graph_arena.hpp"
#include "host/gpu/graph_builder.hpp"
#include "host/gpu/graph_functions.hpp"
#include "host/gpu/graph_plan.hpp"
#include "models/base/error.hpp"

namespace spikemass::gpu {

template <class System>
class GraphBuild {
public:
    GraphBuild(const GraphPlan& plan, std::uint64_t budget) : plan_(plan), recipe_(plan.recipe), workspace_(plan.stored ? choose_workspace(plan, budget) : 0) {
        graph_.n_sources = plan.n_sources;
        graph_.n_targets = plan.n_targets;
        graph_.weight_unit = plan.weights.unit();
    }

    DeviceGraph build() {
        if (!plan_.stored) {
            graph_.k_mean = plan_.k_mean;
            graph_.k_var = plan_.k_var;
            graph_.synapses = plan_.unstored_synapses;
            return std::move(graph_);
        }
        upload_tables();
        arena_.emplace(memory_, workspace_);
        graph_.offsets = result<std::uint64_t>(sources() + 1);
        graph_.indegree = result<std::uint32_t>(static_cast<std::uint64_t>(plan_.n_targets));
        degrees();
        graph_.synapses = plan_.by_target() ? sum(graph_.indegree) : read(graph_.offsets.data + sources());
        if (plan_.narrow())
            graph_.targets16 = result<std::uint16_t>(graph_.synapses);
        else
            graph_.targets32 = result<std::uint32_t>(graph_.synapses);
        targets_ = {graph_.targets16.data, graph_.targets32.data};
        if (plan_.weights.drawn()) graph_.weights = result<std::int16_t>(graph_.synapses);
        if (plan_.delays.drawn()) graph_.delays = result<std::uint16_t>(graph_.synapses);
        switch (plan_.order) {
            case Order::in_place:
            case Order::by_source: fill_by_source(); break;
            case Order::by_target: fill_by_target(); break;
            case Order::by_edge: fill_by_edge(); break;
        }
        finish();
        System::finish();
        graph_.peak_bytes = memory_.peak();
        return std::move(graph_);
    }

    /// A graph that stands on the host.
    DeviceGraph copy(const cpu::Graph& g) {
        const auto upload = [&](const auto& from) {
            using T = std::decay_t<decltype(from[0])>;
            DeviceArray<T> to = result<T>(from.size());
            if (to.size) System::upload(to.data, from.data(), from.size() * sizeof(T));
            return to;
        };
        graph_ = facts_of(g);
        graph_.offsets = upload(offsets_of(g));
        graph_.indegree = upload(g.indegree);
        if (plan_.narrow())
            graph_.targets16 = upload(std::vector<std::uint16_t>(g.rows32.index.data(), g.rows32.index.data() + g.rows32.index.size()));
        else
            graph_.targets32 = upload(g.rows32.index);
        graph_.weights = upload(g.rows32.weight);
        graph_.delays = upload(g.rows32.delay);
        graph_.peak_bytes = memory_.peak();
        graph_.slabs = 1;
        System::finish();
        return std::move(graph_);
    }

private:
    using Index = thrust::counting_iterator<std::uint32_t>;
    using LongIndex = thrust::counting_iterator<std::uint64_t>;
    template <class T>
    using Temporary = Local<T, System>;

    auto policy() { return System::policy(*arena_); }
    std::uint64_t sources() const { return static_cast<std::uint64_t>(plan_.n_sources); }

    template <class T>
    DeviceArray<T> result(std::uint64_t size) {
        const std::uint64_t bytes = size * sizeof(T);
        if (bytes == 0) return {};
        void* p = memory_.allocate(bytes);
        return {static_cast<T*>(p), static_cast<std::size_t>(size), std::shared_ptr<void>(p, System::release)};
    }
    template <class T>
    static T read(const T* at) {
        T x;
        System::download(&x, at, sizeof(T));
        return x;
    }
    std::uint64_t sum(const DeviceArray<std::uint32_t>& a) { return thrust::reduce(policy(), a.data, a.data + a.size, std::uint64_t{0}, thrust::plus<std::uint64_t>()); }
    template <class F>
    void each(std::uint64_t n, F f) {   // positions in a slab
        thrust::for_each_n(policy(), Index(0), static_cast<std::int64_t>(n), f);
    }
    /// a [n] -> [n + 1]: the sum of what stands before each, and at last of all.
    template <class T>
    void scan(T* a, std::uint64_t n) {
        thrust::fill_n(policy(), a + n, 1, T{0});   // does not count, but is read
        thrust::exclusive_scan(policy(), a, a + n + 1, a, T{0});
    }

    void upload_tables() {
        const auto upload = [&](const auto& from) {
            using T = std::decay_t<decltype(from[0])>;
            DeviceArray<T> to = result<T>(from.size());
            if (to.size) System::upload(to.data, from.data(), from.size() * sizeof(T));
            return to;
        };
        thresholds_ = upload(plan_.thresholds);
        gaussian_ = upload(plan_.weights.table());
        delay_law_ = upload(plan_.delays.table().threshold);
        std::vector<kernels::QuantileView> laws;
        for (std::size_t i = 0; i < plan_.law.size(); ++i) laws.push_back({plan_.law[i].first, thresholds_.data + plan_.law_start[i], plan_.law[i].size});
        laws_ = upload(laws);
        recipe_.law = laws_.data;
        shells_ = upload(plan_.shells);
        recipe_.shell = shells_.data;
        offsets_ = upload(plan_.offsets);
        recipe_.offsets = offsets_.data;
        alias_ = upload(plan_.alias);
        recipe_.alias = alias_.data;
    }

    /// Lengths of rows, which every recipe knows without drawing them: offsets by source, in-degrees by target.
    void degrees() {
        if (plan_.order == Order::by_edge) {
            thrust::fill(policy(), graph_.offsets.data, graph_.offsets.data + sources(), std::uint64_t{0});
            thrust::fill(policy(), graph_.indegree.data, graph_.indegree.data + graph_.indegree.size, 0u);
            each_edge(body::CountEdge{{plan_.edges}, graph_.offsets.data, graph_.indegree.data});
            scan(graph_.offsets.data, sources());
            return;
        }
        if (recipe_.shape == Shape::ring) {
            replaced_ = result<std::uint32_t>(static_cast<std::uint64_t>(plan_.n_targets));
            thrust::tabulate(policy(), replaced_.data, replaced_.data + replaced_.size, body::CountReplaced{recipe_.ring});
            recipe_.replaced = replaced_.data;
        }
        const body::RowDegree degree{recipe_};
        if (plan_.by_target()) {
            thrust::tabulate(policy(), graph_.indegree.data, graph_.indegree.data + graph_.indegree.size, degree);
        } else {
            thrust::tabulate(policy(), graph_.offsets.data, graph_.offsets.data + sources(), degree);
            scan(graph_.offsets.data, sources());
            thrust::fill(policy(), graph_.indegree.data, graph_.indegree.data + graph_.indegree.size, 0u);
        }
    }

    struct Extent {
        std::int64_t rows;
        std::uint64_t segments, draws, picks, ring;   ///< ring: places for sources on the ring, of which those that stay are synapses, too
    };
    /// The longest slab from `first` on, of at most `most` rows, that the workspace has room for.
    Extent choose_slab(std::int64_t first, std::int64_t most) {
        const auto cells = static_cast<std::uint64_t>(recipe_.cells);
        const auto room = static_cast<std::int64_t>(std::max<std::uint64_t>(plan_.max_segments / cells, 1));
        for (std::int64_t rows = std::min({most, recipe_.rows - first, room});;) {
            const body::Slab slab{recipe_, first};
            Extent x{rows, static_cast<std::uint64_t>(rows) * cells, 0, 0, recipe_.shape == Shape::ring ? static_cast<std::uint64_t>(rows * recipe_.ring.k) : 0};
            const Index begin(0), end(static_cast<std::uint32_t>(x.segments));
            x.picks = thrust::transform_reduce(policy(), begin, end, body::SegmentDegree{slab}, std::uint64_t{0}, thrust::plus<std::uint64_t>());
            x.draws = thrust::transform_reduce(policy(), begin, end, body::SegmentDraws{slab, reserved_round}, std::uint64_t{0}, thrust::plus<std::uint64_t>());
            const std::uint64_t bytes = slab_bytes(plan_.order, plan_.n_sources, x.segments, x.draws, x.picks + x.ring);
            const bool fits = bytes <= workspace_ && x.draws < positions && x.picks + x.ring < positions && x.segments < positions;
            if (fits || rows == 1) return x;
            const double shrink = std::min({static_cast<double>(workspace_) / static_cast<double>(bytes), static_cast<double>(positions) / static_cast<double>(x.draws + 1),
                                            static_cast<double>(positions) / static_cast<double>(x.picks + x.ring + 1), 0.95});
            rows = std::max<std::int64_t>(1, static_cast<std::int64_t>(0.97 * shrink * static_cast<double>(rows)));
        }
    }

    void fill_by_source() {
        std::int64_t most = recipe_.rows;
        for (std::int64_t first = 0; first < recipe_.rows; ++graph_.slabs) {
            const Extent x = choose_slab(first, most);
            const std::uint64_t start = read(graph_.offsets.data + first);
            if (plan_.order == Order::in_place) {
                pick(first, x, body::ToRows{targets_, start, graph_.indegree.data});
            } else {
                Temporary<std::uint64_t> pairs(*arena_, x.picks);
                pick(first, x, body::ToPairs{pairs.get(), false});
                thrust::sort(policy(), pairs.get(), pairs.get() + x.picks);
                each(x.picks, body::WriteSorted{pairs.get(), start, targets_, graph_.indegree.data});
            }
            first += x.rows;
            most = x.rows + x.rows / 32 + 1;
        }
    }

    /// Several slabs: a first pass counts how many synapses each source has, a second one draws them again and puts them in place.
    void fill_by_target() {
        Temporary<std::uint64_t> next(*arena_, sources());
        Temporary<std::uint32_t> begin(*arena_, sources() + 1);
        const Extent whole = choose_slab(0, recipe_.rows);
        const bool single = whole.rows == recipe_.rows;
        if (!single) {
            thrust::fill(policy(), graph_.offsets.data, graph_.offsets.data + sources(), std::uint64_t{0});
            each_slab(whole.rows, [&](std::int64_t first, const Extent& x) {
                pick(first, x, body::ToOutDegrees{graph_.offsets.data});
                each(x.ring, body::CountRing{{recipe_.ring, first}, graph_.offsets.data});
            });
            scan(graph_.offsets.data, sources());
            thrust::copy(policy(), graph_.offsets.data, graph_.offsets.data + sources(), next.get());
        }
        each_slab(whole.rows, [&](std::int64_t first, const Extent& x) {
            Temporary<std::uint64_t> pairs(*arena_, x.picks + x.ring);
            pick(first, x, body::ToPairs{pairs.get(), true});
            thrust::tabulate(policy(), pairs.get() + x.picks, pairs.get() + x.picks + x.ring, body::RingPair{recipe_.ring, first});
            thrust::sort(policy(), pairs.get(), pairs.get() + x.picks + x.ring);
            const std::uint64_t synapses = x.ring ? x.ring : x.picks;   // every replaced source has given way to a pick
            thrust::transform(policy(), LongIndex(0), LongIndex(sources() + 1), begin.get(), body::FirstPair{pairs.get(), static_cast<std::uint32_t>(synapses)});
            if (single) {
                thrust::copy(policy(), begin.get(), begin.get() + sources() + 1, graph_.offsets.data);
                thrust::copy(policy(), begin.get(), begin.get() + sources(), next.get());
            }
            each(synapses, body::Place{pairs.get(), begin.get(), next.get(), targets_});
            each(sources(), body::Advance{begin.get(), next.get()});
            ++graph_.slabs;
        });
    }
    /// Synapses in any order within their rows; then slabs of rows are sorted.
    void fill_by_edge() {
        {
            Temporary<std::uint64_t> next(*arena_, sources());
            thrust::copy(policy(), graph_.offsets.data, graph_.offsets.data + sources(), next.get());
            each_edge(body::PlaceEdge{{plan_.edges}, next.get(), targets_});
        }
        const body::Synapses synapses{graph_.offsets.data, sources(), targets_, nullptr};
        for (std::int64_t first = 0; first < plan_.n_sources; ++graph_.slabs) {
            // The last row that ends within the workspace, and one at least.
            const std::uint64_t start = read(graph_.offsets.data + first);
            const auto size = [&](std::int64_t end) { return read(graph_.offsets.data + end) - start; };
            std::int64_t low = first + 1, high = plan_.n_sources;
            for (std::int64_t end = high; low < high; end = low + (high - low + 1) / 2) {
                const std::uint64_t n = size(end);
                n < positions && slab_bytes(Order::by_edge, plan_.n_sources, 0, 0, n) <= workspace_ ? low = end : high = end - 1;
            }
            const std::uint64_t n = size(low);
            Temporary<std::uint64_t> pairs(*arena_, n);
            thrust::tabulate(policy(), pairs.get(), pairs.get() + n, body::PairOfSynapse{synapses, start});
            thrust::sort(policy(), pairs.get(), pairs.get() + n);
            each(n, body::WriteSorted{pairs.get(), start, targets_, nullptr});
            first = low;
        }
    }
    template <class F>
    void each_edge(F f) { thrust::for_each_n(policy(), LongIndex(0), static_cast<std::int64_t>(plan_.edges.synapses), f); }
    template <class F>
    void each_slab(std::int64_t most, F&& f) {
        for (std::int64_t first = 0; first < recipe_.rows;) {
            const Extent x = choose_slab(first, most);
            f(first, x);
            first += x.rows;
        }
    }

    /// Calls sink(position in the slab, row, partner) for every synapse of a slab, in any order; partners ascend with the position.
    template <class Sink>
    void pick(std::int64_t first_row, const Extent& x, Sink sink) {
        const body::Slab slab{recipe_, first_row};
        Temporary<std::uint32_t> start(*arena_, x.segments + 1), ids(*arena_, x.segments), others(*arena_, x.segments);
        thrust::tabulate(policy(), start.get(), start.get() + x.segments, body::SegmentDegree{slab});
        scan(start.get(), x.segments);
        thrust::sequence(policy(), ids.get(), ids.get() + x.segments);
        std::uint32_t *now = ids.get(), *later = others.get();
        std::uint64_t count = x.segments;
        for (std::int64_t round = 0; count > 0; ++round, std::swap(now, later)) {
            if (round == most_rounds)
                throw Error(ExitCode::runtime, "projection." + plan_.name + ": " + std::to_string(count) + " rows of its graph are incomplete after " + std::to_string(round) +
                                                   " rounds of draws. This is a fault of the program: please report it; the CPU backend builds this graph.");
            count = draw_round(slab, round, now, count, later, start.get(), sink);
        }
    }

    /// Draws for the segments now [count] and emits those that have all their picks; the others go to `later`.  Returns how many.
    template <class Sink>
    std::uint64_t draw_round(const body::Slab& slab, std::int64_t number, const std::uint32_t* now, std::uint64_t count, std::uint32_t* later,
                             const std::uint32_t* slab_start, Sink sink) {
        Temporary<std::uint32_t> start(*arena_, count + 1), kept(*arena_, count + 1), made(*arena_, count + 1);
        body::Round r{slab, number, static_cast<std::uint32_t>(count), now, start.get(), kept.get(), made.get(), plan_.value_bits, plan_.draw_bits};
        thrust::tabulate(policy(), start.get(), start.get() + count, body::CountBlocks{r});
        scan(start.get(), count);
        const std::uint64_t blocks = read(start.get() + count), draws = 2 * blocks;
        Temporary<std::uint64_t> keys(*arena_, draws);
        r.keys = keys.get();
        each(blocks, body::DrawBlock{r});
        thrust::sort(policy(), keys.get(), keys.get() + draws);   // keys are unique
        Temporary<std::uint32_t> rank(*arena_, draws + 1);
        r.rank = rank.get();
        each(draws, body::MarkFirst{r});
        scan(rank.get(), draws);
        each(count, body::CountKept{r});
        const Index every(0);
        std::uint32_t* end = thrust::copy_if(policy(), every, every + static_cast<std::int64_t>(count), later, body::IsShort{r});
        thrust::transform(policy(), later, end, later, body::Gather{now});
        each(draws, body::Drop{r});
        scan(kept.get(), count);
        scan(made.get(), count);
        thrust::tabulate(policy(), rank.get(), rank.get() + draws, body::MarkKept{r});
        scan(rank.get(), draws);
        Temporary<std::uint32_t> values(*arena_, read(kept.get() + count));
        r.values = values.get();
        each(draws, body::KeepValue{r});
        each(read(made.get() + count), body::Emit<Sink>{r, slab_start, sink});
        return static_cast<std::uint64_t>(end - later);
    }

    void finish() {
        const std::uint64_t n = graph_.synapses;
        const body::Synapses synapses{graph_.offsets.data, sources(), targets_, graph_.weights.data, graph_.delays.data};
        kernels::WeightView weight = plan_.weights.view();
        weight.table = gaussian_.data;
        if (plan_.weights.drawn()) thrust::for_each_n(policy(), LongIndex(0), static_cast<std::int64_t>(n), body::SetWeight{synapses, weight});
        kernels::DelayView delay = plan_.delays.view();
        delay.law.threshold = delay_law_.data;
        if (plan_.delays.drawn()) thrust::for_each_n(policy(), LongIndex(0), static_cast<std::int64_t>(n), body::SetDelay{synapses, delay});
        const auto plus = thrust::plus<std::uint64_t>();
        graph_.checksum = thrust::transform_reduce(policy(), LongIndex(0), LongIndex(n), body::Hash{synapses, plan_.delay_steps}, std::uint64_t{0}, plus);
        const std::uint32_t *begin = graph_.indegree.data, *end = begin + graph_.indegree.size;
        const std::uint64_t squares = thrust::transform_reduce(policy(), begin, end, body::Square{}, std::uint64_t{0}, plus);
        graph_.max_indegree = thrust::reduce(policy(), begin, end, 0u, thrust::maximum<std::uint32_t>());
        const auto targets = static_cast<double>(plan_.n_targets);
        graph_.k_mean = static_cast<double>(n) / targets;
        graph_.k_var = static_cast<double>(squares) / targets - graph_.k_mean * graph_.k_mean;
        if (plan_.same_population) {
            const LongIndex first(0), last(static_cast<std::int64_t>(sources()));
            const std::uint64_t out_squares = thrust::transform_reduce(policy(), first, last, body::OutSquare{graph_.offsets.data}, std::uint64_t{0}, plus);
            const std::uint64_t products = thrust::transform_reduce(policy(), first, last, body::DegreeProduct{graph_.offsets.data, begin}, std::uint64_t{0}, plus);
            graph_.degree_correlation = cpu::DegreeSums{n, squares, out_squares, products}.correlation(plan_.n_sources);
        }
        plan_.weights.require_sums_fit(plan_.name, graph_.max_indegree);
    }

    static constexpr std::uint64_t positions = std::uint64_t{1} << 31;   ///< of a slab
    static constexpr std::int64_t most_rounds = 64;

    const GraphPlan& plan_;
    GraphRecipe recipe_;   ///< with tables in the system's memory
    std::uint64_t workspace_;
    Memory<System> memory_;
    std::optional<Arena<System>> arena_;
    DeviceArray<std::uint64_t> thresholds_, delay_law_;
    DeviceArray<kernels::QuantileView> laws_;
    DeviceArray<std::int32_t> gaussian_;
    DeviceArray<GraphRecipe::Shell> shells_;
    DeviceArray<std::uint32_t> offsets_, replaced_;
    DeviceArray<kernels::AliasColumn> alias_;
    body::Targets targets_;
    DeviceGraph graph_;
};

/// GraphBuilder::build of a System.
template <class System>
DeviceGraph build_graph_on(const Projection& p, const Seeds& seeds, std::int64_t n_sources, std::int64_t n_targets, bool same_population, std::uint64_t budget) {
    const GraphPlan plan = plan_graph(p, seeds, n_sources, n_targets, same_population);
    try {
        if (p.topology.file) {
            choose_workspace(plan, budget);
            return GraphBuild<System>(plan, budget).copy(cpu::build_graph(p, seeds, n_sources, n_targets, same_population, cpu::best_isa(), {1, cpu::Format::rows32}));
        }
        return GraphBuild<System>(plan, budget).build();
    } catch (const Error&) {
        throw;
    } catch (const std::bad_alloc&) {
        throw CapacityError("projection." + p.name + ": the device refused memory for a graph of about " + std::to_string(static_cast<std::uint64_t>(plan.synapses)) +
                            " synapses, which takes " + std::to_string((plan.least_bytes() + 1048575) >> 20) +
                            " MiB at least while it is built. Use fewer neurons, a smaller mean_indegree, or the CPU backend.");
    } catch (const std::exception& e) {   // thrust::system_error
        throw DeviceError("projection." + p.name + ": building its graph on the device failed: " + e.what() + ". See nvidia-smi, or use the CPU backend.", System::ends_context(e));
    }
}

}  // namespace spikemass::gpu
