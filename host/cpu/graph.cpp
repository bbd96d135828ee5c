#include "host/cpu/graph.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/cpu/graph_builder.hpp"

namespace spikemass::cpu {

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

double DegreeSums::correlation(std::int64_t neurons) const {
    using Wide = __int128;   // equal degrees must cancel exactly
    const auto n = static_cast<Wide>(neurons), square = static_cast<Wide>(synapses) * synapses;
    const auto in = static_cast<double>(n * in_squares - square), out = static_cast<double>(n * out_squares - square);
    return in > 0 && out > 0 ? static_cast<double>(n * products - square) / std::sqrt(in * out) : std::numeric_limits<double>::quiet_NaN();
}

namespace {

using kernels::has_multapses;

bool by_target(TopologyKind k) { return k == TopologyKind::fixed_indegree || k == TopologyKind::lorentzian_indegree || k == TopologyKind::small_world; }

/// Mean number of synapses of a row in a block of `width` targets.
double segment(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, std::int64_t width) {
    return p.topology.mean_indegree / static_cast<double>(n_sources) * static_cast<double>(std::min(width, n_targets));
}

}  // namespace

std::int64_t block_width(const Projection& p, std::int64_t n_sources, std::int64_t n_targets) {
    return segment(p, n_sources, n_targets, tuning::l1_block) >= tuning::l1_segment ? tuning::l1_block : tuning::l2_block;
}

namespace {

Format choose_format(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, const GraphOptions& o) {
    if (kernels::stores_nothing(p.topology.kind)) return Format::none;
    if (o.force != Format::none) return o.force;
    const double density = p.topology.mean_indegree / static_cast<double>(n_sources);
    if (p.strength_sd == 0.0 && p.delay_law == DelayLaw::constant && !has_multapses(p.topology.kind) && density >= tuning::min_density && n_sources < 65536) return Format::bit_rows;
    return n_targets <= tuning::l2_block || segment(p, n_sources, n_targets, tuning::l2_block) >= tuning::l2_segment ? Format::rows16 : Format::rows32;
}

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
    if (has_multapses(p.topology.kind)) temporary = blocks * ns * 8.0 + (p.topology.file ? e.synapses * weight : 16.0 * std::min(e.synapses, static_cast<double>(edge_chunk)));   // cursors; weights or ends before they are sorted
    if (p.topology.kind == TopologyKind::spatial) temporary = 16.0 * nt;    // offsets, while they are sorted
    if (p.topology.kind == TopologyKind::chung_lu) temporary = 40.0 * nt;   // the alias table, while it is made
    e.build_bytes = e.bytes + temporary + nt * 4.0;
    return e;
}

Graph build_graph(const Projection& p, const Seeds& seeds, std::int64_t n_sources, std::int64_t n_targets, bool same_population, const Isa& isa, const GraphOptions& o) {
    const kernels::Setting s{p, seeds, n_sources, n_targets, same_population};
    Builder b(s, isa, o.threads, choose_format(p, n_sources, n_targets, o));
    switch (p.topology.kind) {
        case TopologyKind::erdos_renyi: return b.build(kernels::ErdosRenyiRows(s));
        case TopologyKind::fixed_indegree:
        case TopologyKind::lorentzian_indegree: return b.build(kernels::IndegreeRows(s));
        case TopologyKind::fixed_outdegree: return b.build(kernels::FixedOutdegree(s));
        case TopologyKind::fixed_total: return b.build(kernels::FixedTotal(s));
        case TopologyKind::small_world: return b.build(kernels::SmallWorld(s));
        case TopologyKind::chung_lu: return b.build(kernels::ChungLu(s));
        case TopologyKind::spatial: return b.build(kernels::Spatial(s));
        case TopologyKind::modular: return b.build(kernels::Modular(s));
        case TopologyKind::from_file:
            if (!p.topology.file) s.refuse("from_file without a file.");
            return b.build(*p.topology.file);
        case TopologyKind::all_to_all:
        case TopologyKind::annealed: break;
    }
    return b.describe_unstored();
}

}  // namespace spikemass::cpu
