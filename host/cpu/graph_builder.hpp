#pragma once
// The CPU's graph builder: any recipe, any format.  Internal to graph.cpp.

#include <omp.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/cpu/graph.hpp"
#include "kernels/delays.hpp"
#include "kernels/recipes.hpp"
#include "kernels/synapse_hash.hpp"
#include "kernels/weights.hpp"
#include "models/base/error.hpp"

namespace spikemass::cpu {

using kernels::PickSet;

constexpr std::uint64_t edge_chunk = 1 << 23;   ///< fixed_total: synapses that are sorted at once

/// Rows of such recipes are targets; synapses of such recipes come one by one.  All others go by source.
template <class R>
concept ByTarget = requires(const R& r, kernels::Scratch& s, std::uint32_t* out) { r.sources(s, 0, 0, out); };
template <class R>
concept ByEdge = std::is_same_v<R, kernels::FixedTotal> || std::is_same_v<R, SynapseSource>;

/// Targets of a block of rows16.
std::int64_t block_width(const Projection& p, std::int64_t n_sources, std::int64_t n_targets);

struct Builder {
    const Projection& projection;
    const Isa& isa;
    const kernels::Setting& setting;
    std::int64_t n_sources, n_targets;
    int threads;
    kernels::Weights weights;
    kernels::Delays delays;
    Buffer<std::uint32_t> sources;   ///< of all targets of a part, while it is sorted
    Graph graph;

    Builder(const kernels::Setting& s, const Isa& i, int n_threads, Format format)
        : projection(s.projection), isa(i), setting(s), n_sources(s.n_sources), n_targets(s.n_targets), threads(n_threads), weights(s.projection, s.seeds), delays(s.projection, s.seeds) {
        graph.format = format;
        graph.n_sources = n_sources;
        graph.n_targets = n_targets;
        graph.weight_unit = weights.unit();
    }

    /// With any recipe of kernels/recipes.hpp, or a SynapseSource.
    template <class R>
    Graph build(const R& recipe) {
        graph.indegree.assign(static_cast<std::size_t>(n_targets), 0);
        if (graph.format == Format::bit_rows)
            build_bits(recipe);
        else if (graph.format == Format::rows16)
            build_rows(recipe, graph.rows16, block_width(projection, n_sources, n_targets));
        else
            build_rows(recipe, graph.rows32, n_targets);
        summarise();
        return std::move(graph);
    }

    Graph describe_unstored() {
        const bool all = projection.topology.kind == TopologyKind::all_to_all;
        const std::int64_t available = setting.available_sources();
        graph.k_mean = all ? static_cast<double>(available) : projection.topology.mean_indegree;
        graph.k_var = all ? 0.0 : graph.k_mean;           // annealed: arrivals per presynaptic spike are binomial
        graph.synapses = all ? static_cast<std::uint64_t>(available) * static_cast<std::uint64_t>(n_targets) : 0;
        return std::move(graph);
    }

    // ---- bit rows ----

    template <class R>
    void build_bits(const R& recipe) {
        if constexpr (ByEdge<R>) setting.refuse("its pairs of neurons may have several synapses, which bit_rows cannot hold. Use rows16 or rows32.");
        else fill_bits(recipe);
    }
    template <class R>
    void fill_bits(const R& recipe) {
        const std::int64_t chunks = (n_targets + tuning::chunk_targets - 1) / tuning::chunk_targets;
        graph.bits = Buffer<std::uint64_t>(static_cast<std::size_t>(chunks * n_sources * 8));
        const auto word = [&](std::int64_t source, std::int64_t target) -> std::uint64_t& {
            return graph.bits[static_cast<std::size_t>(((target / 512) * n_sources + source) * 8 + (target % 512) / 64)];
        };
        std::uint64_t synapses = 0, checksum = 0;
        const auto delay = static_cast<std::uint64_t>(projection.delay_steps);
        if constexpr (ByTarget<R>) {
#pragma omp parallel for num_threads(threads) reduction(+ : synapses, checksum) schedule(static)
            for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
                kernels::Scratch scratch;
                recipe.prepare(scratch);
                std::vector<std::uint32_t> found;
                for (std::int64_t t = chunk * 512; t < std::min(n_targets, (chunk + 1) * 512); ++t) {
                    const std::int64_t degree = recipe.degree(t);
                    found.resize(static_cast<std::size_t>(degree));
                    recipe.sources(scratch, t, degree, found.data());
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
                kernels::Scratch scratch;
                recipe.prepare(scratch);
#pragma omp for schedule(static)
                for (std::int64_t s = 0; s < n_sources; ++s) {
                    const std::uint64_t row = kernels::row_hash(static_cast<std::uint64_t>(s), delay);
                    recipe.targets(scratch, s, [&](std::uint32_t t) {
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

    template <class R, class Index>
    void build_rows(const R& recipe, Rows<Index>& rows, std::int64_t width) {
        rows.width = width;
        rows.blocks = static_cast<std::size_t>((n_targets + width - 1) / width);
        const std::size_t cells = static_cast<std::size_t>(n_sources) * rows.blocks + 1;
        if (projection.topology.mean_indegree * static_cast<double>(n_targets) > 0.9 * std::numeric_limits<std::uint32_t>::max())
            rows.start64 = Buffer<std::uint64_t>(cells);
        else
            rows.start32 = Buffer<std::uint32_t>(cells);
        if constexpr (ByTarget<R>)
            fill_by_target(recipe, rows);
        else if constexpr (ByEdge<R>)
            fill_by_edge(recipe, rows);
        else
            fill_by_source(recipe, rows);
        if (delays.drawn()) draw_delays(rows);
        if constexpr (std::is_same_v<R, SynapseSource>) graph.indegree = recipe.indegree;
        account(rows, ByTarget<R> || std::is_same_v<R, SynapseSource>);
    }

    /// Lengths of whole rows, which every recipe knows without drawing them, then the rows.
    template <class R, class Index>
    void fill_by_source(const R& recipe, Rows<Index>& rows) {
        const std::size_t n_blocks = rows.blocks;
#pragma omp parallel for num_threads(threads) schedule(static)
        for (std::int64_t s = 0; s < n_sources; ++s) rows.set_start(static_cast<std::size_t>(s) * n_blocks, static_cast<std::uint64_t>(recipe.degree(s)));
        allocate(rows, n_blocks);
#pragma omp parallel num_threads(threads)
        {
            kernels::Scratch scratch;
            recipe.prepare(scratch);
#pragma omp for schedule(static)
            for (std::int64_t s = 0; s < n_sources; ++s) {
                std::size_t segment = static_cast<std::size_t>(s) * n_blocks;
                const std::size_t last = segment + n_blocks - 1;
                std::uint64_t at = rows.start(segment), first = 0, end = static_cast<std::uint64_t>(rows.width);
                recipe.targets(scratch, s, [&](std::uint32_t t) {
                    for (; t >= end; first = end, end += static_cast<std::uint64_t>(rows.width)) rows.set_start(++segment, at);
                    if (weights.drawn()) rows.weight[at] = weights(s, t);
                    rows.index[at++] = static_cast<Index>(t - first);
                });
                while (segment < last) rows.set_start(++segment, at);
            }
        }
    }

    /// Turns numbers of synapses at every `stride`-th start into positions, and makes room for as many.
    template <class Index>
    void allocate(Rows<Index>& rows, std::size_t stride) {
        const std::uint64_t total = number(rows, stride);
        rows.index = Buffer<Index>(total);
        if (weights.drawn()) rows.weight = Buffer<std::int16_t>(total);
    }
    template <class Index>
    std::uint64_t number(Rows<Index>& rows, std::size_t stride) {
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
        return total;
    }

    /// The synapses of up to 65,536 targets, by source: segments of rows that are not joined yet.
    struct Part {
        std::int64_t first, size;   ///< targets
        Buffer<std::uint16_t> index;
        Buffer<std::int16_t> weight;
    };

    template <class R, class Index>
    void fill_by_target(const R& recipe, Rows<Index>& rows) {
        const std::int64_t width = std::min<std::int64_t>(rows.width, 65536);
        std::vector<Part> parts;
        for (std::int64_t first = 0; first < n_targets; first += width) parts.push_back({first, std::min(width, n_targets - first), {}, {}});
        const std::size_t per_block = parts.size() / rows.blocks;   // 1, or all
        Buffer<std::uint32_t> sizes(static_cast<std::size_t>(n_sources) * parts.size());   // [source][part]
        for (std::size_t p = 0; p < parts.size(); ++p) sort_part(recipe, parts[p], sizes.data() + p, parts.size());
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
    template <class R>
    void sort_part(const R& recipe, Part& part, std::uint32_t* sizes, std::size_t stride) {
        const auto size = static_cast<std::size_t>(part.size);
        std::vector<std::uint64_t> begin(size + 1, 0);
        for (std::size_t t = 0; t < size; ++t) {
            const std::int64_t degree = recipe.degree(part.first + static_cast<std::int64_t>(t));
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
#pragma omp parallel num_threads(threads)
        {
            kernels::Scratch scratch;
            recipe.prepare(scratch);
#pragma omp for schedule(static)
            for (std::size_t t = 0; t < size; ++t)
                recipe.sources(scratch, part.first + static_cast<std::int64_t>(t), static_cast<std::int64_t>(begin[t + 1] - begin[t]), sources.data() + begin[t]);
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
            std::vector<std::uint64_t> index_kept = at, weight_kept = at;
            for (std::size_t s = low; s < high; ++s) {
                std::uint64_t to = rows.start(s * rows.blocks);
                for (std::size_t p = 0; p < n_parts; ++p) {
                    const std::size_t n = sizes[s * n_parts + p];
                    const auto first = static_cast<Index>(parts[p].first % rows.width);
                    const std::uint16_t* __restrict from = parts[p].index.data() + at[p];
                    Index* __restrict index = rows.index.data() + to;
                    for (std::size_t i = 0; i < n; ++i) index[i] = static_cast<Index>(first + from[i]);
                    if (weights.drawn()) std::copy_n(parts[p].weight.data() + at[p], n, rows.weight.data() + to);
                    at[p] += n;
                    to += n;
                }
                if (s % 4096 == 0)
                    for (std::size_t p = 0; p < n_parts; ++p) {
                        index_kept[p] = parts[p].index.release(index_kept[p], at[p]);
                        weight_kept[p] = parts[p].weight.release(weight_kept[p], at[p]);
                    }
            }
        }
    }
    std::pair<std::uint32_t, std::uint32_t> own_sources() const {
        const std::int64_t t = omp_get_thread_num(), n = omp_get_num_threads();
        return {static_cast<std::uint32_t>(n_sources * t / n), static_cast<std::uint32_t>(n_sources * (t + 1) / n)};
    }

    // ---- synapses in no order ----

    /// Counts the synapses of every segment, then writes each to its segment, then sorts segments: threads take turns in any order, the rows come out the same.
    template <class R, class Index>
    void fill_by_edge(const R& recipe, Rows<Index>& rows) {
        rows.start32.size() ? fill_by_edge(recipe, rows, rows.start32) : fill_by_edge(recipe, rows, rows.start64);
    }
    template <class R, class Index, class Start>
    void fill_by_edge(const R& recipe, Rows<Index>& rows, Buffer<Start>& start) {
        const std::size_t n_segments = static_cast<std::size_t>(n_sources) * rows.blocks;
        const auto width = static_cast<std::uint32_t>(rows.width);
        const bool several = rows.blocks > 1;
        const int shift = std::countr_zero(width);   // several blocks have a width that is a power of two
        const auto segment_of = [&](std::uint32_t s, std::uint32_t t) { return several ? s * rows.blocks + (t >> shift) : s; };
        if constexpr (std::is_same_v<R, SynapseSource>)
            if (recipe.sorted) {   // every synapse is in its place already
                rows.index = Buffer<Index>(recipe.synapses);
                if (weights.drawn()) rows.weight = Buffer<std::int16_t>(recipe.synapses);
                std::uint64_t first = 0;
                recipe.read([&](const SynapseBlock& b) {
                    const std::size_t n = b.source.size();
                    const std::uint32_t *source = b.source.data(), *target = b.target.data();
                    Index* __restrict to = rows.index.data() + first;
                    if (several)
#pragma omp simd
                        for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<Index>(target[i] & (width - 1));
                    else
#pragma omp simd
                        for (std::size_t i = 0; i < n; ++i) to[i] = static_cast<Index>(target[i]);
                    // Segments are runs: their ends are looked for, not counted.
                    for (std::size_t i = 0; i < n;) {
                        const auto row_end = static_cast<std::size_t>(std::upper_bound(source + i, source + n, source[i]) - source);
                        while (i < row_end) {
                            const std::uint32_t block = several ? target[i] >> shift : 0;
                            const auto end = block + 1 < rows.blocks ? static_cast<std::size_t>(std::lower_bound(target + i, target + row_end, (block + 1) * width) - target) : row_end;
                            start[segment_of(source[i], target[i])] += static_cast<Start>(end - i);
                            i = end;
                        }
                    }
                    if (weights.drawn()) {   // so the file has some
                        const double* from = b.weight.data();
                        std::int16_t* __restrict weight_to = rows.weight.data() + first;
#pragma omp simd
                        for (std::size_t i = 0; i < n; ++i) weight_to[i] = weights.of_file(from[i]);
                    }
                    first += n;
                });
                number(rows, 1);
                return;
            }
        for_each_edge(recipe, [&](const std::uint32_t* s, const std::uint32_t* t, const double*, std::size_t n) {
            for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(start.data() + segment_of(s[i], t[i]), 1);
            for (std::size_t i = 0; i < n; ++i) next(start[segment_of(s[i], t[i])]);
        });
        allocate(rows, 1);
        Buffer<Start> cursor(n_segments);
        std::copy_n(start.data(), n_segments, cursor.data());
        Buffer<std::int16_t> weight;   // of a file
        if constexpr (std::is_same_v<R, SynapseSource>)
            if (weights.drawn()) weight = Buffer<std::int16_t>(rows.index.size());
        for_each_edge_nearby(recipe, [&](const std::uint32_t* s, const std::uint32_t* t, const double* w, std::size_t n) {
            Start at[edge_batch];
            for (std::size_t i = 0; i < n; ++i) __builtin_prefetch(cursor.data() + segment_of(s[i], t[i]), 1);
            for (std::size_t i = 0; i < n; ++i) {
                at[i] = next(cursor[segment_of(s[i], t[i])]);
                __builtin_prefetch(rows.index.data() + at[i], 1);
            }
            for (std::size_t i = 0; i < n; ++i) rows.index[at[i]] = static_cast<Index>(several ? t[i] & (width - 1) : t[i]);
            if (weight.size())
                for (std::size_t i = 0; i < n; ++i) weight[at[i]] = weights.of_file(w ? w[i] : 1.0);
        });
        sort_segments(rows, weight);
    }
    template <class Start>
    Start next(Start& counter) const {
        if (threads == 1) return counter++;
        return __atomic_fetch_add(&counter, Start{1}, __ATOMIC_RELAXED);
    }

    static constexpr std::size_t edge_batch = 64;
    /// Calls f(sources, targets, weights or null, n <= edge_batch) on any thread.
    template <class F>
    void for_each_edge(const kernels::FixedTotal& recipe, F&& f) const {
#pragma omp parallel for num_threads(threads) schedule(static)
        for (std::uint64_t first = 0; first < recipe.synapses; first += edge_batch) {
            std::uint32_t s[edge_batch], t[edge_batch];
            for (std::size_t i = 0; i < edge_batch; i += kernels::batch_blocks) recipe.eight(first + i, s + i, t + i);
            f(s, t, nullptr, std::min<std::size_t>(edge_batch, recipe.synapses - first));
        }
    }
    /// The same in an order that keeps what is written in the cache.
    template <class F>
    void for_each_edge_nearby(const SynapseSource& file, F&& f) const { for_each_edge(file, f); }   // its order is as good as it is
    template <class F>
    void for_each_edge_nearby(const kernels::FixedTotal& recipe, F&& f) const {
        // Chunk by chunk, each sorted by ranges of sources first: whoever writes next to a synapse of the same range finds its memory in the cache.
        constexpr int n_ranges = 128;
        int shift = 0;
        while ((n_sources - 1) >> shift >= n_ranges) ++shift;
        const std::uint64_t chunk = std::min((recipe.synapses + edge_batch - 1) / edge_batch * edge_batch, edge_chunk);
        Buffer<std::uint64_t> drawn(chunk), sorted(chunk);
        for (std::uint64_t first = 0; first < recipe.synapses; first += chunk) {
            const std::uint64_t size = std::min(chunk, recipe.synapses - first);
            std::uint64_t at[n_ranges + 1] = {};
#pragma omp parallel num_threads(threads)
            {
#pragma omp for schedule(static)
                for (std::uint64_t e = 0; e < size; e += kernels::batch_blocks) {
                    std::uint32_t s[kernels::batch_blocks], t[kernels::batch_blocks];
                    recipe.eight(first + e, s, t);
                    for (std::uint64_t i = 0; i < kernels::batch_blocks; ++i) drawn[e + i] = static_cast<std::uint64_t>(s[i]) << 32 | t[i];
                }
#pragma omp single
                {
                    for (std::uint64_t e = 0; e < size; ++e) ++at[(drawn[e] >> 32 >> shift) + 1];
                    for (int r = 0; r < n_ranges; ++r) at[r + 1] += at[r];
                }
                const int me = omp_get_thread_num(), all = omp_get_num_threads(), low = n_ranges * me / all, high = n_ranges * (me + 1) / all;
                std::uint64_t next[n_ranges];
                std::copy_n(at, n_ranges, next);
                for (std::uint64_t e = 0; e < size; ++e) {
                    const auto r = static_cast<int>(drawn[e] >> 32 >> shift);
                    if (r >= low && r < high) sorted[next[r]++] = drawn[e];
                }
                for (std::uint64_t e = at[low]; e < at[high]; e += edge_batch) {
                    std::uint32_t s[edge_batch], t[edge_batch];
                    const std::size_t n = std::min<std::size_t>(edge_batch, at[high] - e);
                    for (std::size_t i = 0; i < n; ++i) {
                        s[i] = static_cast<std::uint32_t>(sorted[e + i] >> 32);
                        t[i] = static_cast<std::uint32_t>(sorted[e + i]);
                    }
                    f(s, t, nullptr, n);
                }
            }
        }
    }
    template <class F>
    void for_each_edge(const SynapseSource& file, F&& f) const {
        file.read([&](const SynapseBlock& block) {
            const auto batches = static_cast<std::int64_t>((block.source.size() + edge_batch - 1) / edge_batch);
#pragma omp parallel for num_threads(threads) schedule(static)
            for (std::int64_t b = 0; b < batches; ++b) {
                const std::size_t first = static_cast<std::size_t>(b) * edge_batch;
                f(block.source.data() + first, block.target.data() + first, block.weight.empty() ? nullptr : block.weight.data() + first, std::min(edge_batch, block.source.size() - first));
            }
        });
    }

    /// Ascending targets in every segment; of equal ones a file's weights ascend, and drawn weights follow from (source, target, which of them).
    template <class Index>
    void sort_segments(Rows<Index>& rows, Buffer<std::int16_t>& file_weight) {
#pragma omp parallel num_threads(threads)
        {
            PickSet set;
            set.reserve(rows.width);
            std::vector<std::uint32_t> again;
            std::vector<std::uint64_t> both;
#pragma omp for schedule(static)
            for (std::int64_t s = 0; s < n_sources; ++s)
                for (std::size_t b = 0; b < rows.blocks; ++b) {
                    const std::size_t segment = static_cast<std::size_t>(s) * rows.blocks + b;
                    const std::uint64_t from = rows.start(segment), n = rows.start(segment + 1) - from;
                    Index* row = rows.index.data() + from;
                    if (file_weight.size()) {
                        both.resize(n);
                        for (std::uint64_t i = 0; i < n; ++i) both[i] = static_cast<std::uint64_t>(row[i]) << 16 | static_cast<std::uint16_t>(file_weight[from + i] ^ -0x8000);
                        std::sort(both.begin(), both.end());
                        for (std::uint64_t i = 0; i < n; ++i) {
                            row[i] = static_cast<Index>(both[i] >> 16);
                            rows.weight[from + i] = static_cast<std::int16_t>(static_cast<std::uint16_t>(both[i]) ^ 0x8000);
                        }
                        continue;
                    }
                    if (!std::is_sorted(row, row + n)) {
                        again.clear();
                        for (std::uint64_t i = 0; i < n; ++i)
                            if (!set.insert(row[i])) again.push_back(row[i]);
                        std::sort(again.begin(), again.end());
                        std::size_t repeat = 0;
                        set.drain([&](std::uint32_t t) {
                            *row++ = static_cast<Index>(t);
                            for (; repeat < again.size() && again[repeat] == t; ++repeat) *row++ = static_cast<Index>(t);
                        });
                        row -= n;
                    }
                    if (weights.drawn())
                        for (std::uint64_t i = 0, before = 0; i < n; ++i) {
                            before = i > 0 && row[i] == row[i - 1] ? before + 1 : 0;
                            rows.weight[from + i] = weights(s, static_cast<std::int64_t>(b) * rows.width + row[i], static_cast<std::uint32_t>(before));
                        }
                }
        }
    }

    template <class Index>
    void draw_delays(Rows<Index>& rows) {
        rows.delay = Buffer<std::uint16_t>(rows.index.size());
#pragma omp parallel for num_threads(threads) schedule(static)
        for (std::int64_t s = 0; s < n_sources; ++s)
            for (std::size_t b = 0; b < rows.blocks; ++b) {
                const std::size_t segment = static_cast<std::size_t>(s) * rows.blocks + b;
                const std::uint64_t from = rows.start(segment), end = rows.start(segment + 1);
                std::uint32_t before = 0;   // synapses of the same pair
                for (std::uint64_t e = from; e < end; ++e) {
                    before = e > from && rows.index[e] == rows.index[e - 1] ? before + 1 : 0;
                    rows.delay[e] = delays(s, static_cast<std::int64_t>(b) * rows.width + rows.index[e], before);
                }
            }
    }

    /// Checksum, and in-degrees where nobody has counted them.
    template <class Index>
    void account(const Rows<Index>& rows, bool has_indegrees) {
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
        if (has_indegrees) return;
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
        if (setting.same_population) correlate();
    }

    void correlate() {
        DegreeSums sums{graph.synapses};
        for (std::size_t i = 0; i < static_cast<std::size_t>(n_sources); ++i) {
            const std::uint64_t in = graph.indegree[i], out = outdegree(i);
            sums.in_squares += in * in;
            sums.out_squares += out * out;
            sums.products += in * out;
        }
        graph.degree_correlation = sums.correlation(n_sources);
    }
    std::uint64_t outdegree(std::size_t source) const {
        if (graph.rows16.blocks) return graph.rows16.start((source + 1) * graph.rows16.blocks) - graph.rows16.start(source * graph.rows16.blocks);
        if (graph.rows32.blocks) return graph.rows32.start(source + 1) - graph.rows32.start(source);
        std::uint64_t degree = 0;
        for (std::size_t word = source * 8; word < graph.bits.size(); word += static_cast<std::size_t>(n_sources) * 8)
            for (std::size_t i = 0; i < 8; ++i) degree += static_cast<std::uint64_t>(std::popcount(graph.bits[word + i]));
        return degree;
    }
};


}  // namespace spikemass::cpu
