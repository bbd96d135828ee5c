#include "host/gpu/graph_plan.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "host/cpu/graph.hpp"
#include "kernels/recipes.hpp"
#include "models/base/error.hpp"

namespace spikemass::gpu {

namespace {

using kernels::QuantileTable;

/// A law of degrees in cells of `range` partners, and how many segments follow it.
struct Law {
    QuantileTable table;
    std::int64_t range = 0;
    double segments = 0;
};

/// Means over the law of: degree, its square, draws.
struct Moments { double degree = 0, square = 0, draws = 0; };

Moments moments(const Law& law) {
    Moments m;
    double below = 0.0;
    for (std::size_t i = 0; i <= law.table.threshold.size(); ++i) {
        const double c = i < law.table.threshold.size() ? static_cast<double>(law.table.threshold[i]) * 0x1p-64 : 1.0, p = c - below;
        const std::int64_t k = law.table.first + static_cast<std::int64_t>(i);
        below = c;
        m.degree += p * static_cast<double>(k);
        m.square += p * static_cast<double>(k) * static_cast<double>(k);
        m.draws += p * static_cast<double>(draws_of(wanted_values(k, law.range), law.range, reserved_round));
    }
    return m;
}

/// More than draws_of are made where values are refused: GraphRecipe::draws.
double more_draws(Shape shape) { return shape == Shape::weights ? 1.25 + 0.25 * reserved_round : shape == Shape::ring ? 3.0 : 1.0; }

std::int64_t most_draws(const Law& law, Shape shape) {
    const std::int64_t half = law.range / 2, k = std::clamp(half, law.table.first, law.table.largest());
    return static_cast<std::int64_t>(more_draws(shape) * static_cast<double>(draws_of(wanted_values(k, law.range), law.range, reserved_round))) + (shape == Shape::weights || shape == Shape::ring ? 32 : 0);
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string((bytes + 1048575) >> 20) + " MiB"; }

constexpr std::uint64_t align(std::uint64_t bytes) { return (bytes + 255) / 256 * 256; }

std::uint64_t to_bytes(double x) { return x >= 0x1p62 ? std::uint64_t{1} << 62 : static_cast<std::uint64_t>(x); }

/// A slab costs time, however short it is: memory for about a hundredth of the graph is asked for at least.
constexpr std::uint64_t most_slabs = 128;

}  // namespace

std::uint64_t slab_bytes(Order order, std::int64_t n_sources, std::uint64_t segments, std::uint64_t draws, std::uint64_t pairs) {
    // The same arrays in the same order as in graph_builder.inl.hpp.  Sorting takes a second array and some counters.
    constexpr std::uint64_t slack = 128 << 10;
    const auto sorting = [](std::uint64_t n) { return align(8 * n + n / 4); };
    const auto sources = static_cast<std::uint64_t>(n_sources);
    if (order == Order::by_edge) return slack + align(8 * sources) + align(8 * pairs) + sorting(pairs);
    const std::uint64_t lists = 2 * align(4 * segments) + 4 * align(4 * (segments + 1));
    const std::uint64_t rounds = lists + align(8 * draws) + std::max(sorting(draws), align(4 * (draws + 1)) + align(4 * draws));
    if (order == Order::in_place) return slack + rounds;
    const std::uint64_t places = order == Order::by_target ? align(8 * sources) + align(4 * (sources + 1)) : 0;
    return slack + places + align(8 * pairs) + std::max(rounds, sorting(pairs));
}

/// Synapses one by one: their number is known.
static void plan_edges(GraphPlan& plan, const Projection& p) {
    plan.synapses = p.topology.mean_indegree * static_cast<double>(plan.n_targets);
    const auto synapses = static_cast<std::uint64_t>(std::llround(plan.synapses));
    plan.result_bytes = align(8 * static_cast<std::uint64_t>(plan.n_sources + 1)) + align(4 * static_cast<std::uint64_t>(plan.n_targets)) + align(synapses * (plan.narrow() ? 2 : 4)) +
                        (plan.weights.drawn() ? align(2 * synapses) : 0) + (plan.delays.drawn() ? align(2 * synapses) : 0);
    if (p.topology.file) return;   // built on the host, and copied
    plan.table_bytes = align(4 * plan.weights.table().size()) + align(8 * plan.delays.table().threshold.size());
    const double row = plan.synapses / static_cast<double>(plan.n_sources);
    const std::uint64_t longest_row = std::min(synapses, to_bytes(row + 12.0 * std::sqrt(row) + 64.0));
    plan.full_workspace = slab_bytes(Order::by_edge, plan.n_sources, 0, 0, synapses);
    plan.least_workspace = std::max(slab_bytes(Order::by_edge, plan.n_sources, 0, 0, longest_row), plan.full_workspace / most_slabs);
}

GraphPlan plan_graph(const Projection& p, const Seeds& seeds, std::int64_t n_sources, std::int64_t n_targets, bool same_population) {
    GraphPlan plan;
    const TopologyKind kind = p.topology.kind;
    const bool skip = same_population && !p.topology.self_connections;
    plan.name = p.name;
    plan.n_sources = n_sources;
    plan.n_targets = n_targets;
    plan.same_population = same_population;
    plan.delay_steps = static_cast<std::uint64_t>(p.delay_steps);
    if (kind == TopologyKind::all_to_all || kind == TopologyKind::annealed) {
        const std::int64_t available = n_sources - (skip ? 1 : 0);
        const bool all = kind == TopologyKind::all_to_all;
        plan.k_mean = all ? static_cast<double>(available) : p.topology.mean_indegree;
        plan.k_var = all ? 0.0 : plan.k_mean;
        plan.unstored_synapses = all ? static_cast<std::uint64_t>(available) * static_cast<std::uint64_t>(n_targets) : 0;
        plan.weights = kernels::Weights(p, seeds);
        return plan;
    }
    if (n_sources >= 0xffffffff || n_targets >= 0xffffffff)
        throw CapacityError("projection." + p.name + ": populations of stored graphs have fewer than 2^32 neurons. Use fewer neurons, or all_to_all.");
    const kernels::Setting setting{p, seeds, n_sources, n_targets, same_population};
    plan.stored = true;
    plan.order = kind == TopologyKind::fixed_indegree || kind == TopologyKind::lorentzian_indegree || kind == TopologyKind::small_world ? Order::by_target
                 : kind == TopologyKind::spatial || kind == TopologyKind::modular                                                      ? Order::by_source
                 : kind == TopologyKind::fixed_total || kind == TopologyKind::from_file                                                ? Order::by_edge
                                                                                                                                       : Order::in_place;
    plan.weights = kernels::Weights(p, seeds);
    plan.delays = kernels::Delays(p, seeds);
    if (plan.order == Order::by_edge) {
        if (kind == TopologyKind::fixed_total) plan.edges = kernels::FixedTotal(setting);
        plan_edges(plan, p);
        return plan;
    }

    GraphRecipe& r = plan.recipe;
    r.rows = plan.by_target() ? n_targets : n_sources;
    r.partners = plan.by_target() ? n_sources : n_targets;
    r.width = r.partners;
    r.skip_self = skip;
    r.picks = random_key(seeds.graph, name_key(p.name), Stream::picks);
    r.degrees = random_key(seeds.graph, name_key(p.name), kind == TopologyKind::erdos_renyi || plan.order == Order::by_source ? Stream::binomial : Stream::degree);
    const std::int64_t available = r.partners - (skip ? 1 : 0);
    const auto rows = static_cast<double>(r.rows);
    std::vector<Law> laws;
    double fixed_synapses = -1.0, beside = 0.0;   // small_world: of all rows; of a row, not drawn
    if (kind == TopologyKind::erdos_renyi) {
        const kernels::ErdosRenyi er(n_sources, n_targets, p.topology.mean_indegree, skip);
        r.width = er.width;
        r.cells = er.cells;
        const std::int64_t tail = er.cell_size(er.cells - 1);
        const std::int64_t whole = er.cells > 1 ? er.width : 0;   // a law of range 0 is not used
        laws = {{er.full, whole, rows * static_cast<double>(er.cells - 1)}, {er.full_own, skip ? whole - 1 : 0, 0}, {er.last, tail, rows}, {er.last_own, skip ? tail - 1 : 0, 0}};
    } else if (kind == TopologyKind::modular) {
        const kernels::Modular m(setting);
        r.shape = Shape::modules;
        r.own_cells = m.own.cells;
        r.own_width = m.own.width;
        r.width = m.others.width;
        r.cells = m.own.cells + m.others.cells;
        r.module_rows = m.sources;
        r.module_partners = m.targets_each;
        for (const kernels::ErdosRenyi* er : {&m.own, &m.others}) {
            const std::int64_t tail = er->cell_size(er->cells - 1), whole = er->cells > 1 ? er->width : 0;
            const bool own = skip && er == &m.own;
            laws.insert(laws.end(), {{er->full, whole, rows * static_cast<double>(er->cells - 1)}, {er->full_own, own ? whole - 1 : 0, 0}, {er->last, tail, rows}, {er->last_own, own ? tail - 1 : 0, 0}});
        }
    } else if (kind == TopologyKind::spatial) {
        kernels::Spatial s(setting);
        r.shape = Shape::shells;
        r.lattice = s.lattice;
        r.cells = static_cast<std::int64_t>(s.shells.size());
        for (const auto& shell : s.shells) {
            plan.shells.push_back({shell.first, shell.size});
            laws.push_back({shell.law, shell.size, rows});
        }
        plan.offsets = std::move(s.offsets);
    } else if (kind == TopologyKind::small_world) {
        r.shape = Shape::ring;
        r.ring = kernels::SmallWorld(setting).ring;
        // At most all of them, in the mean as many as rewiring says: enough for both bounds.
        const double mean = p.topology.rewiring * p.topology.mean_indegree;
        laws = {{kernels::binomial_table(r.ring.k, p.topology.rewiring), available, rows}};
        fixed_synapses = p.topology.mean_indegree * rows;
        beside = p.topology.mean_indegree - mean;
    } else if (kind == TopologyKind::chung_lu) {
        kernels::ChungLu c(setting);
        r.shape = Shape::weights;
        r.correlated = c.degrees;
        plan.alias = std::move(c.alias);
        laws = {{c.out_law, r.partners, rows}};
    } else if (kind == TopologyKind::lorentzian_indegree) {
        laws = {{kernels::lorentzian_table(p.topology.mean_indegree, p.topology.half_width, available), available, rows}};
    } else {
        r.fixed = kernels::fixed_degree(p, n_sources, n_targets, same_population);
        laws = {{{r.fixed, {}}, available, rows}};
    }
    double variance = 0, draws = 0, row_draws = 0, row_picks = 0;
    std::int64_t deepest = 0;
    for (const Law& law : laws) {
        if (law.range <= 0) continue;
        const Moments m = moments(law);
        plan.synapses += law.segments * m.degree;
        variance += law.segments * (m.square - m.degree * m.degree);
        draws += more_draws(r.shape) * law.segments * m.draws + (r.shape == Shape::ring || r.shape == Shape::weights ? 32.0 * law.segments : 0.0);
        const double in_row = std::max(1.0, law.segments / rows);   // an own cell takes the place of another
        row_draws += in_row * static_cast<double>(most_draws(law, r.shape));
        row_picks += in_row * static_cast<double>(law.table.largest());
        deepest = std::max(deepest, most_draws(law, r.shape));
    }
    if (row_draws > 0x1p30 || row_picks > 0x1p30)
        throw CapacityError("projection." + p.name + ": a row may have " + std::to_string(to_bytes(row_picks)) +
                            " synapses; graphs are built on a device with at most 2^30 in one. Use a smaller mean_indegree, or the CPU backend.");
    std::int64_t widest = 1;
    if (r.shape == Shape::cells && laws.size() == 1) laws.resize(4, laws[0]);   // one cell, whose law does not depend on the own neuron
    for (const Law& law : laws) {
        widest = std::max(widest, law.range);
        if (r.fixed >= 0 || r.shape == Shape::ring) continue;   // no table is asked
        plan.law_start.push_back(plan.thresholds.size());
        plan.thresholds.insert(plan.thresholds.end(), law.table.threshold.begin(), law.table.threshold.end());
        plan.law.push_back({law.table.first, nullptr, law.table.threshold.size()});
    }
    plan.value_bits = std::bit_width(static_cast<std::uint64_t>(r.shape == Shape::cells ? std::max<std::int64_t>(std::min(r.width, r.partners) - 1, 0) : widest));
    plan.draw_bits = std::bit_width(static_cast<std::uint64_t>((r.shape == Shape::weights ? 32 : r.shape == Shape::ring ? 8 : 2) * deepest + 64));
    plan.max_segments = std::uint64_t{1} << std::min(31, 64 - plan.value_bits - plan.draw_bits);

    const auto bound = [](double mean, double var) { return to_bytes(mean + 8.0 * std::sqrt(std::max(var, 0.0)) + 64.0); };
    if (fixed_synapses >= 0.0) {
        plan.synapses = fixed_synapses;
        row_picks += beside;
    }
    const std::uint64_t synapses = r.fixed >= 0 || fixed_synapses >= 0.0 ? static_cast<std::uint64_t>(plan.synapses) : bound(plan.synapses, variance);
    const std::uint64_t ring_pairs = r.shape == Shape::ring ? synapses : 0;   // all ring sources are sorted, with those that were replaced
    plan.table_bytes = align(sizeof(kernels::QuantileView) * plan.law.size()) + align(8 * plan.thresholds.size()) + align(4 * plan.weights.table().size()) + align(8 * plan.delays.table().threshold.size()) +
                       align(sizeof(GraphRecipe::Shell) * plan.shells.size()) + align(4 * plan.offsets.size()) + align(sizeof(kernels::AliasColumn) * plan.alias.size()) +
                       (r.shape == Shape::ring ? align(4 * static_cast<std::uint64_t>(n_targets)) : 0);
    plan.result_bytes = align(8 * static_cast<std::uint64_t>(n_sources + 1)) + align(4 * static_cast<std::uint64_t>(n_targets)) + align(synapses * (plan.narrow() ? 2 : 4)) +
                        (plan.weights.drawn() ? align(2 * synapses) : 0) + (plan.delays.drawn() ? align(2 * synapses) : 0);
    const auto cells = static_cast<std::uint64_t>(r.cells);
    const std::uint64_t longest_row = slab_bytes(plan.order, n_sources, cells, to_bytes(row_draws), to_bytes(row_picks) + static_cast<std::uint64_t>(r.shape == Shape::ring ? r.ring.k : 0));
    const std::uint64_t all_draws = r.fixed >= 0 ? to_bytes(draws) : to_bytes(1.02 * draws + 8.0 * std::sqrt(variance) + 64.0);
    plan.full_workspace = std::max(longest_row, slab_bytes(plan.order, n_sources, cells * static_cast<std::uint64_t>(r.rows), all_draws, synapses + ring_pairs));
    plan.least_workspace = std::max(longest_row, plan.full_workspace / most_slabs);
    return plan;
}

std::uint64_t choose_workspace(const GraphPlan& plan, std::uint64_t budget) {
    if (plan.least_bytes() > budget)
        throw CapacityError("projection." + plan.name + ": its graph of about " + std::to_string(to_bytes(plan.synapses)) + " synapses takes " + mebibytes(plan.result_bytes) +
                            " on the device and " + mebibytes(plan.least_workspace + plan.table_bytes) + " more while it is built, but only " + mebibytes(budget) +
                            " are free for it. A graph must fit into the device's memory: use fewer neurons, a smaller mean_indegree, or the CPU backend.");
    // Rows by source gain nothing from larger slabs; recipes by target draw twice unless all targets fit into one.
    constexpr std::uint64_t enough = std::uint64_t{1} << 30;
    const std::uint64_t wanted = plan.by_target() ? plan.full_workspace : std::min(plan.full_workspace, std::max(plan.least_workspace, enough));
    return std::min(wanted, budget - plan.result_bytes - plan.table_bytes);
}

DeviceGraphEstimate estimate_device_graph(const Projection& p, const Seeds& seeds, std::int64_t n_sources, std::int64_t n_targets, bool same_population) {
    const GraphPlan plan = plan_graph(p, seeds, n_sources, n_targets, same_population);
    if (!plan.stored) return {};
    return {plan.synapses, plan.result_bytes, plan.least_bytes(), plan.result_bytes + plan.table_bytes + plan.full_workspace};
}

DeviceGraph facts_of(const cpu::Graph& g) {
    DeviceGraph out;
    out.n_sources = g.n_sources;
    out.n_targets = g.n_targets;
    out.synapses = g.synapses;
    out.checksum = g.checksum;
    out.max_indegree = g.max_indegree;
    out.weight_unit = g.weight_unit;
    out.k_mean = g.k_mean;
    out.k_var = g.k_var;
    out.degree_correlation = g.degree_correlation;
    return out;
}

std::vector<std::uint64_t> offsets_of(const cpu::Graph& g) {
    std::vector<std::uint64_t> offsets;
    for (std::int64_t s = 0; s <= g.n_sources; ++s) offsets.push_back(g.rows32.start(static_cast<std::size_t>(s)));
    return offsets;
}

}  // namespace spikemass::gpu
