#include "host/cpu/graph.hpp"

#include <omp.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/delays.hpp"
#include "kernels/recipes.hpp"
#include "kernels/synapse_hash.hpp"
#include "kernels/weights.hpp"

namespace spikemass::cpu {

using kernels::ErdosRenyi;
using kernels::PickSet;
using kernels::QuantileTable;

const char* format_name(Format f) {
    switch (f) {
        case Format::rows16: return "rows16";
        case Format::rows32: return "rows32";
        case Format::bit_rows: return "bit_rows";
        case Format::none: return "count";
    }
    return "";
}

std::size_t Graph::bytes() const {
    return bits.bytes() + rows16.bytes() + rows32.bytes();
}

namespace {

bool stores_nothing(TopologyKind k) { return k == TopologyKind::all_to_all || k == TopologyKind::annealed; }
bool by_target(TopologyKind k) { return k == TopologyKind::fixed_indegree || k == TopologyKind::lorentzian_indegree; }

/// Mean number of synapses of a row in a block of `width` targets.
double segment(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, std::int64_t width) {
    return p.topology.mean_indegree / static_cast<double>(n_sources) * static_cast<double>(std::min(width, n_targets));
}

/// Targets of a block of rows16.
std::int64_t block_width(const Projection& p, std::int64_t n_sources, std::int64_t n_targets) {
    return segment(p, n_sources, n_targets, tuning::l1_block) >= tuning::l1_segment ? tuning::l1_block : tuning::l2_block;
}

Format choose_format(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, const GraphOptions& o) {
    if (stores_nothing(p.topology.kind)) return Format::none;
    if (o.force != Format::none) return o.force;
    const double density = p.topology.mean_indegree / static_cast<double>(n_sources);
    if (p.strength_sd == 0.0 && p.delay_law == DelayLaw::constant && density >= tuning::min_density && n_sources < 65536) return Format::bit_rows;
    return n_targets <= tuning::l2_block || segment(p, n_sources, n_targets, tuning::l2_block) >= tuning::l2_segment ? Format::rows16 : Format::rows32;
}

struct Builder {
    const Projection& projection;
    const Seeds& seeds;
    const Isa& isa;
    std::int64_t n_sources, n_targets;
    bool skip_self;
    int threads;
    kernels::Weights weights;
    kernels::Delays delays;
    RandomKey picks, binomial, degrees;
    ErdosRenyi er;
    QuantileTable in_degrees;
    std::int64_t fixed_degree = 0;   ///< of every row, where the recipe fixes it
    Buffer<std::uint32_t> sources;   ///< of all targets of a part, while it is sorted
    Graph graph;

    Builder(const Projection& p, const Seeds& s, std::int64_t ns, std::int64_t nt, bool same, const Isa& i, const GraphOptions& o)
        : projection(p), seeds(s), isa(i), n_sources(ns), n_targets(nt), skip_self(same && !p.topology.self_connections),
          threads(o.threads), weights(p, s), delays(p, s) {
        const std::uint64_t key = name_key(p.name);
        picks = random_key(s.graph, key, Stream::picks);
        binomial = random_key(s.graph, key, Stream::binomial);
        degrees = random_key(s.graph, key, Stream::degree);
        if (p.topology.kind == TopologyKind::fixed_indegree || p.topology.kind == TopologyKind::fixed_outdegree) fixed_degree = kernels::fixed_degree(p, ns, nt, same);
        if (p.topology.kind == TopologyKind::erdos_renyi) er = ErdosRenyi(ns, nt, p.topology.mean_indegree, skip_self);
        if (p.topology.kind == TopologyKind::lorentzian_indegree)
            in_degrees = kernels::lorentzian_table(p.topology.mean_indegree, p.topology.half_width, available());
        graph.format = choose_format(p, ns, nt, o);
        graph.n_sources = ns;
        graph.n_targets = nt;
        graph.weight_unit = weights.unit();
    }

    /// Sources that a target can have.
    std::int64_t available() const { return n_sources - (skip_self ? 1 : 0); }
    std::int64_t in_degree(std::int64_t target) const {
        return projection.topology.kind == TopologyKind::fixed_indegree
                   ? fixed_degree
                   : in_degrees.sample(degrees.draw64(static_cast<std::uint64_t>(target), 0, 0));
    }
    /// Sources of a target, in any order (recipes that go by target), into out [degree].
    void sources_of(PickSet& set, std::int64_t target, std::int64_t degree, std::uint32_t* out) const {
        kernels::distinct_picks_in_any_order(set, picks, target, 0, degree, available(), out);
        if (skip_self)
            for (std::int64_t i = 0; i < degree; ++i) out[i] += out[i] >= target ? 1u : 0u;
    }
    /// Targets of a source, ascending (recipes that go by source).
    template <class F>
    void targets_of(PickSet& set, std::int64_t row, F&& f) const {
        if (projection.topology.kind == TopologyKind::fixed_outdegree) {
            const bool skip = skip_self;
            kernels::distinct_picks(set, picks, row, 0, fixed_degree, n_targets - (skip ? 1 : 0),
                                    [&](std::uint32_t x) { f(static_cast<std::uint32_t>(skip && x >= row ? x + 1 : x)); });
            return;
        }
        er.counts(binomial, row, [&](std::int64_t cell, std::int64_t k) {
            if (k == 0) return;
            const bool own = er.is_own(row, cell);
            const std::int64_t first = cell * er.width;
            kernels::distinct_picks(set, picks, row, cell, k, er.cell_size(cell) - (own ? 1 : 0), [&](std::uint32_t x) {
                const std::int64_t t = first + x;
                f(static_cast<std::uint32_t>(own && t >= row ? t + 1 : t));
            });
        });
    }
    std::int64_t pick_range() const {
        switch (projection.topology.kind) {
            case TopologyKind::erdos_renyi: return std::min(er.width, n_targets);
            case TopologyKind::fixed_outdegree: return n_targets;
            default: return n_sources;
        }
    }

    Graph build() {
        if (graph.format == Format::none) return describe_unstored();
        graph.indegree.assign(static_cast<std::size_t>(n_targets), 0);
        if (graph.format == Format::bit_rows)
            build_bits();
        else if (graph.format == Format::rows16)
            build_rows(graph.rows16, block_width(projection, n_sources, n_targets));
        else
            build_rows(graph.rows32, n_targets);
        summarise();
        return std::move(graph);
    }

    Graph describe_unstored() {
        const bool all = projection.topology.kind == TopologyKind::all_to_all;
        graph.k_mean = all ? static_cast<double>(available()) : projection.topology.mean_indegree;
        graph.k_var = all ? 0.0 : graph.k_mean;           // annealed: arrivals per presynaptic spike are binomial
        graph.synapses = all ? static_cast<std::uint64_t>(available()) * static_cast<std::uint64_t>(n_targets) : 0;
        return std::move(graph);
    }

    // ---- bit rows ----

    void build_bits() {
        const std::int64_t chunks = (n_targets + tuning::chunk_targets - 1) / tuning::chunk_targets;
        graph.bits = Buffer<std::uint64_t>(static_cast<std::size_t>(chunks * n_sources * 8));
        const auto word = [&](std::int64_t source, std::int64_t target) -> std::uint64_t& {
            return graph.bits[static_cast<std::size_t>(((target / 512) * n_sources + source) * 8 + (target % 512) / 64)];
        };
        std::uint64_t synapses = 0, checksum = 0;
        const auto delay = static_cast<std::uint64_t>(projection.delay_steps);
        if (by_target(projection.topology.kind)) {
#pragma omp parallel for num_threads(threads) reduction(+ : synapses, checksum) schedule(static)
            for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
                PickSet set;
                set.reserve(pick_range());
                std::vector<std::uint32_t> found;
                for (std::int64_t t = chunk * 512; t < std::min(n_targets, (chunk + 1) * 512); ++t) {
                    const std::int64_t degree = in_degree(t);
                    found.resize(static_cast<std::size_t>(degree));
                    sources_of(set, t, degree, found.data());
                    for (std::size_t i = 0; i < static_cast<std::size_t>(degree); ++i) {
                        word(found[i], t) |= 1ull << (t & 63);
                        checksum += kernels::synapse_hash(kernels::row_hash(found[i], delay), static_cast<std::uint64_t>(t));
                    }
                    graph.indegree[static_cast<std::size_t>(t)] = static_cast<std::uint32_t>(degree);
                    synapses += static_cast<std::uint64_t>(degree);
                }
            }
        } else {
            std::vector<std::vector<std::uint32_t>> private_degree(static_cast<std::size_t>(threads));
#pragma omp parallel num_threads(threads) reduction(+ : synapses, checksum)
            {
                auto& degree = private_degree[static_cast<std::size_t>(omp_get_thread_num())];
                degree.assign(static_cast<std::size_t>(n_targets), 0);
                PickSet set;
                set.reserve(pick_range());
#pragma omp for schedule(static)
                for (std::int64_t s = 0; s < n_sources; ++s) {
                    const std::uint64_t row = kernels::row_hash(static_cast<std::uint64_t>(s), delay);
                    targets_of(set, s, [&](std::uint32_t t) {
                        word(s, t) |= 1ull << (t & 63);
                        ++degree[t];
                        checksum += kernels::synapse_hash(row, t);
                        ++synapses;
                    });
                }
            }
            for (const auto& d : private_degree)
                for (std::size_t t = 0; t < d.size(); ++t) graph.indegree[t] += d[t];
        }
        graph.synapses = synapses;
        graph.checksum = checksum;
    }

    // ---- rows ----

    template <class Index>
    void build_rows(Rows<Index>& rows, std::int64_t width) {
        rows.width = width;
        rows.blocks = static_cast<std::size_t>((n_targets + width - 1) / width);
        const std::size_t cells = static_cast<std::size_t>(n_sources) * rows.blocks + 1;
        if (projection.topology.mean_indegree * static_cast<double>(n_targets) > 0.9 * std::numeric_limits<std::uint32_t>::max())
            rows.start64 = Buffer<std::uint64_t>(cells);
        else
            rows.start32 = Buffer<std::uint32_t>(cells);
        if (by_target(projection.topology.kind))
            fill_by_target(rows);
        else
            fill_by_source(rows);
        account(rows);
    }

    /// Lengths of whole rows, which every recipe knows without drawing them, then the rows.
    template <class Index>
    void fill_by_source(Rows<Index>& rows) {
        const std::size_t n_blocks = rows.blocks;
#pragma omp parallel for num_threads(threads) schedule(static)
        for (std::int64_t s = 0; s < n_sources; ++s) {
            std::uint64_t size = 0;
            if (projection.topology.kind == TopologyKind::fixed_outdegree)
                size = static_cast<std::uint64_t>(fixed_degree);
            else
                er.counts(binomial, s, [&](std::int64_t, std::int64_t k) { size += static_cast<std::uint64_t>(k); });
            rows.set_start(static_cast<std::size_t>(s) * n_blocks, size);
        }
        allocate(rows, n_blocks);
#pragma omp parallel num_threads(threads)
        {
            PickSet set;
            set.reserve(pick_range());
#pragma omp for schedule(static)
            for (std::int64_t s = 0; s < n_sources; ++s) {
                std::size_t segment = static_cast<std::size_t>(s) * n_blocks;
                const std::size_t last = segment + n_blocks - 1;
                std::uint64_t at = rows.start(segment), first = 0, end = static_cast<std::uint64_t>(rows.width);
                targets_of(set, s, [&](std::uint32_t t) {
                    for (; t >= end; first = end, end += static_cast<std::uint64_t>(rows.width)) rows.set_start(++segment, at);
                    if (weights.drawn()) rows.weight[at] = weights(s, t);
                    if (delays.drawn()) rows.delay[at] = delays(s, t);
                    rows.index[at++] = static_cast<Index>(t - first);
                });
                while (segment < last) rows.set_start(++segment, at);
            }
        }
    }

    /// Turns numbers of synapses at every `stride`-th start into positions, and makes room for as many.
    template <class Index>
    void allocate(Rows<Index>& rows, std::size_t stride) {
        const std::size_t cells = static_cast<std::size_t>(n_sources) * rows.blocks;
        std::uint64_t total = 0;
        for (std::size_t i = 0; i < cells; i += stride) {
            const std::uint64_t n = rows.start(i);
            rows.set_start(i, total);
            total += n;
        }
        rows.set_start(cells, total);
        if (rows.start32.size() && total > std::numeric_limits<std::uint32_t>::max())
            throw CapacityError("projection." + projection.name + ": more than 2^32 synapses where fewer were expected. Use fewer neurons or a smaller mean_indegree.");
        rows.index = Buffer<Index>(total);
        if (weights.drawn()) rows.weight = Buffer<std::int16_t>(total);
        if (delays.drawn()) rows.delay = Buffer<std::uint16_t>(total);
    }

    /// The synapses of up to 65,536 targets, by source: segments of rows that are not joined yet.
    struct Part {
        std::int64_t first, size;   ///< targets
        Buffer<std::uint16_t> index;
        Buffer<std::int16_t> weight;
        Buffer<std::uint16_t> delay;
    };

    template <class Index>
    void fill_by_target(Rows<Index>& rows) {
        const std::int64_t width = std::min<std::int64_t>(rows.width, 65536);
        std::vector<Part> parts;
        for (std::int64_t first = 0; first < n_targets; first += width) parts.push_back({first, std::min(width, n_targets - first), {}, {}, {}});
        const std::size_t per_block = parts.size() / rows.blocks;   // 1, or all
        Buffer<std::uint32_t> sizes(static_cast<std::size_t>(n_sources) * parts.size());   // [source][part]
        for (std::size_t p = 0; p < parts.size(); ++p) sort_part(parts[p], sizes.data() + p, parts.size());
        sources = {};
        for (std::size_t segment = 0; segment < static_cast<std::size_t>(n_sources) * rows.blocks; ++segment) {
            std::uint64_t n = 0;
            for (std::size_t p = 0; p < per_block; ++p) n += sizes[segment * per_block + p];
            rows.set_start(segment, n);
        }
        allocate(rows, 1);
        join(rows, parts, sizes);
    }

    /// Sources of all targets of a part, then a counting sort by source that keeps targets ascending.
    void sort_part(Part& part, std::uint32_t* sizes, std::size_t stride) {
        const auto size = static_cast<std::size_t>(part.size);
        std::vector<std::uint64_t> begin(size + 1, 0);
        for (std::size_t t = 0; t < size; ++t) {
            const std::int64_t degree = in_degree(part.first + static_cast<std::int64_t>(t));
            graph.indegree[static_cast<std::size_t>(part.first) + t] = static_cast<std::uint32_t>(degree);
            begin[t + 1] = begin[t] + static_cast<std::uint64_t>(degree);
        }
        const std::uint64_t total = begin[size];
        if (total > std::numeric_limits<std::uint32_t>::max())
            throw CapacityError("projection." + projection.name + ": more than 2^32 synapses onto " + std::to_string(size) + " targets. Use a smaller mean_indegree.");
        if (sources.size() < total) sources = Buffer<std::uint32_t>(total + total / 16);   // kept for the next part
        Buffer<std::uint32_t> cursor(static_cast<std::size_t>(n_sources));
        part.index = Buffer<std::uint16_t>(total);
        if (weights.drawn()) part.weight = Buffer<std::int16_t>(total);
        if (delays.drawn()) part.delay = Buffer<std::uint16_t>(total);
#pragma omp parallel num_threads(threads)
        {
            PickSet set;
            set.reserve(pick_range());
#pragma omp for schedule(static)
            for (std::size_t t = 0; t < size; ++t)
                sources_of(set, part.first + static_cast<std::int64_t>(t), static_cast<std::int64_t>(begin[t + 1] - begin[t]), sources.data() + begin[t]);
            // Each thread owns a range of sources: no two write to one row.
            const auto [low, high] = own_sources();
            for (std::size_t e = 0; e < total; ++e)
                if (sources[e] >= low && sources[e] < high) ++cursor[sources[e]];
#pragma omp barrier
#pragma omp single
            {
                std::uint64_t at = 0;
                for (std::size_t s = 0; s < cursor.size(); ++s) {
                    const std::uint32_t n = cursor[s];
                    sizes[s * stride] = n;
                    cursor[s] = static_cast<std::uint32_t>(at);
                    at += n;
                }
            }
            constexpr std::uint64_t ahead_cursor = 32, ahead_target = 16;   // the writes go all over the part
            for (std::size_t t = 0; t < size; ++t)
                for (std::uint64_t e = begin[t]; e < begin[t + 1]; ++e) {
                    if (e + ahead_cursor < total) {
                        __builtin_prefetch(cursor.data() + sources[e + ahead_cursor], 1);
                        __builtin_prefetch(part.index.data() + cursor[sources[e + ahead_target]], 1);
                    }
                    const std::uint32_t s = sources[e];
                    if (s < low || s >= high) continue;
                    const std::uint32_t at = cursor[s]++;
                    part.index[at] = static_cast<std::uint16_t>(t);
                    if (weights.drawn()) part.weight[at] = weights(s, part.first + static_cast<std::int64_t>(t));
                    if (delays.drawn()) part.delay[at] = delays(s, part.first + static_cast<std::int64_t>(t));
                }
        }
    }

    /// Parts become whole rows.  Their pages are given back on the way: both never stand in memory at once.
    template <class Index>
    void join(Rows<Index>& rows, std::vector<Part>& parts, const Buffer<std::uint32_t>& sizes) {
        const std::size_t n_parts = parts.size();
#pragma omp parallel num_threads(threads)
        {
            const auto [low, high] = own_sources();
            std::vector<std::uint64_t> at(n_parts, 0);
            for (std::size_t i = 0; i < low * n_parts; ++i) at[i % n_parts] += sizes[i];
            std::vector<std::uint64_t> index_kept = at, weight_kept = at, delay_kept = at;
            for (std::size_t s = low; s < high; ++s) {
                std::uint64_t to = rows.start(s * rows.blocks);
                for (std::size_t p = 0; p < n_parts; ++p) {
                    const std::size_t n = sizes[s * n_parts + p];
                    const auto first = static_cast<Index>(parts[p].first % rows.width);
                    const std::uint16_t* __restrict from = parts[p].index.data() + at[p];
                    Index* __restrict index = rows.index.data() + to;
                    for (std::size_t i = 0; i < n; ++i) index[i] = static_cast<Index>(first + from[i]);
                    if (weights.drawn()) std::copy_n(parts[p].weight.data() + at[p], n, rows.weight.data() + to);
                    if (delays.drawn()) std::copy_n(parts[p].delay.data() + at[p], n, rows.delay.data() + to);
                    at[p] += n;
                    to += n;
                }
                if (s % 4096 == 0)
                    for (std::size_t p = 0; p < n_parts; ++p) {
                        index_kept[p] = parts[p].index.release(index_kept[p], at[p]);
                        weight_kept[p] = parts[p].weight.release(weight_kept[p], at[p]);
                        delay_kept[p] = parts[p].delay.release(delay_kept[p], at[p]);
                    }
            }
        }
    }
    std::pair<std::uint32_t, std::uint32_t> own_sources() const {
        const std::int64_t t = omp_get_thread_num(), n = omp_get_num_threads();
        return {static_cast<std::uint32_t>(n_sources * t / n), static_cast<std::uint32_t>(n_sources * (t + 1) / n)};
    }

    /// Checksum, and in-degrees where the recipe went by source.
    template <class Index>
    void account(const Rows<Index>& rows) {
        std::uint64_t checksum = 0;
        const auto delay = static_cast<std::uint64_t>(projection.delay_steps);
#pragma omp parallel for num_threads(threads) reduction(+ : checksum) schedule(static)
        for (std::int64_t s = 0; s < n_sources; ++s) {
            const std::uint64_t row = kernels::row_hash(static_cast<std::uint64_t>(s), delay);
            for (std::size_t b = 0; b < rows.blocks; ++b) {
                const std::size_t segment = static_cast<std::size_t>(s) * rows.blocks + b;
                const std::uint64_t from = rows.start(segment), first = b * static_cast<std::uint64_t>(rows.width);
                const std::size_t n = rows.start(segment + 1) - from;
                const std::int16_t* w = rows.weight.size() ? rows.weight.data() + from : nullptr;
                if (rows.delay.size()) {   // each synapse with its own
                    for (std::size_t i = 0; i < n; ++i) {
                        const std::uint64_t own = kernels::row_hash(static_cast<std::uint64_t>(s), rows.delay[from + i]), target = first + rows.index[from + i];
                        checksum += w ? kernels::synapse_hash(own, target, w[i]) : kernels::synapse_hash(own, target);
                    }
                    continue;
                }
                if constexpr (sizeof(Index) == 2)
                    checksum += isa.checksum16(row, first, rows.index.data() + from, w, n);
                else
                    checksum += isa.checksum32(row, first, rows.index.data() + from, w, n);
            }
        }
        graph.checksum = checksum;
        graph.synapses = rows.index.size();
        if (by_target(projection.topology.kind)) return;
        for (std::size_t segment = 0; segment < static_cast<std::size_t>(n_sources) * rows.blocks; ++segment) {
            std::uint32_t* degree = graph.indegree.data() + segment % rows.blocks * static_cast<std::size_t>(rows.width);
            for (std::uint64_t e = rows.start(segment), end = rows.start(segment + 1); e < end; ++e) ++degree[rows.index[e]];
        }
    }

    void summarise() {
        double sum = 0, squares = 0;
        for (std::uint32_t k : graph.indegree) {
            graph.max_indegree = std::max(graph.max_indegree, k);
            sum += k;
            squares += static_cast<double>(k) * k;
        }
        const auto n = static_cast<double>(n_targets);
        graph.k_mean = sum / n;
        graph.k_var = squares / n - graph.k_mean * graph.k_mean;
        weights.require_sums_fit(projection.name, graph.max_indegree);
    }
};

}  // namespace

GraphEstimate estimate_graph(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, bool, const GraphOptions& o) {
    GraphEstimate e;
    e.format = choose_format(p, n_sources, n_targets, o);
    const auto ns = static_cast<double>(n_sources), nt = static_cast<double>(n_targets);
    if (e.format == Format::none) return e;
    e.synapses = p.topology.mean_indegree * nt;
    const double weight = (p.strength_sd > 0 ? 2.0 : 0.0) + (p.delay_law != DelayLaw::constant ? 2.0 : 0.0);   // and the delay
    const double blocks = e.format == Format::rows16 ? std::ceil(nt / static_cast<double>(block_width(p, n_sources, n_targets))) : 1.0;
    if (e.format == Format::bit_rows)
        e.bytes = std::ceil(nt / 512.0) * ns * 64.0;
    else
        e.bytes = e.synapses * ((e.format == Format::rows16 ? 2.0 : 4.0) + weight) + (blocks * ns + 1) * (e.synapses > 0.9 * 4294967295.0 ? 8.0 : 4.0);
    double temporary = 0.0;
    if (e.format != Format::bit_rows && by_target(p.topology.kind)) {
        const double parts = std::ceil(nt / std::min(e.format == Format::rows16 ? static_cast<double>(block_width(p, n_sources, n_targets)) : nt, 65536.0));
        const double sizes = ns * parts * 4.0, sorting = e.synapses * (2.0 + weight) + e.synapses / parts * 4.0 + ns * 4.0;
        const double joining = e.bytes + std::min(e.synapses * (2.0 + weight), parts * (o.threads + 1) * 4194304.0);   // of the parts, what is not given back yet
        temporary = sizes + std::max(sorting, joining) - e.bytes;
    }
    e.build_bytes = e.bytes + temporary + nt * 4.0;
    return e;
}

Graph build_graph(const Projection& p, const Seeds& seeds, std::int64_t n_sources, std::int64_t n_targets, bool same_population, const Isa& isa, const GraphOptions& o) {
    return Builder(p, seeds, n_sources, n_targets, same_population, isa, o).build();
}

}  // namespace spikemass::cpu
