#include "kernels/recipes.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>
#include <tuple>

#include "models/base/error.hpp"
#include "models/base/math.hpp"

namespace spikemass::kernels {

ErdosRenyi::ErdosRenyi(std::int64_t n_sources, std::int64_t n, double mean_indegree, bool skip)
    : n_targets(n), skip_self(skip) {
    p = mean_indegree / static_cast<double>(n_sources - (skip ? 1 : 0));
    while (static_cast<double>(width) * p < 4.0 && width < (std::int64_t{1} << 40)) width *= 2;
    cells = (n + width - 1) / width;
    const std::int64_t tail = n - (cells - 1) * width;
    full = binomial_table(width, p);
    full_own = binomial_table(width - 1, p);
    last = binomial_table(tail, p);
    last_own = binomial_table(tail - 1, p);
}

void Setting::refuse(const std::string& what) const { throw ConfigurationError("projection." + projection.name + ": " + what); }

namespace {

std::string text(double x) {   // six digits, as people write them
    std::ostringstream out;
    out << x;
    return out.str();
}

}  // namespace

ErdosRenyiRows::ErdosRenyiRows(const Setting& s)
    : er(s.n_sources, s.n_targets, s.projection.topology.mean_indegree, s.skip_self()), binomial(s.key(Stream::binomial)), picks(s.key(Stream::picks)) {}

namespace {

/// Sources of a neuron within its module, without itself.
std::int64_t module_sources(const Setting& s) { return s.n_sources / s.projection.topology.modules - (s.skip_self() ? 1 : 0); }

void check_modular(const Setting& s) {
    const Topology& t = s.projection.topology;
    if (t.modules < 2 || s.n_sources % t.modules != 0 || s.n_targets % t.modules != 0)
        s.refuse("modules = " + std::to_string(t.modules) + " must divide the sizes of both populations, " + std::to_string(s.n_sources) + " and " + std::to_string(s.n_targets) +
                 ", into at least 2 equal modules. Change modules or the sizes.");
    const double own = t.within * t.mean_indegree, others = (1.0 - t.within) * t.mean_indegree;
    const std::int64_t own_sources = module_sources(s), other_sources = s.n_sources - s.n_sources / t.modules;
    if (own > static_cast<double>(own_sources) || others > static_cast<double>(other_sources))
        s.refuse("a neuron would have " + text(own) + " sources in its module, which offers " + std::to_string(own_sources) + ", and " + text(others) + " in the others, which offer " +
                 std::to_string(other_sources) + ". Lower mean_indegree, change within, or use fewer modules.");
}

}  // namespace

Modular::Modular(const Setting& s) : n_targets(s.n_targets), binomial(s.key(Stream::binomial)), picks(s.key(Stream::picks)) {
    check_modular(s);
    const Topology& t = s.projection.topology;
    sources = s.n_sources / t.modules;
    targets_each = s.n_targets / t.modules;
    own = ErdosRenyi(sources, targets_each, t.within * t.mean_indegree, s.skip_self());
    others = ErdosRenyi(s.n_sources - sources, s.n_targets - targets_each, (1.0 - t.within) * t.mean_indegree, false);
}

FixedOutdegree::FixedOutdegree(const Setting& s)
    : k(fixed_degree(s.projection, s.n_sources, s.n_targets, s.same_population)), n_targets(s.n_targets), skip_self(s.skip_self()), picks(s.key(Stream::picks)) {}

IndegreeRows::IndegreeRows(const Setting& s) : n_sources(s.n_sources), skip_self(s.skip_self()), degrees(s.key(Stream::degree)), picks(s.key(Stream::picks)) {
    const Topology& t = s.projection.topology;
    if (t.kind == TopologyKind::fixed_indegree)
        fixed = fixed_degree(s.projection, s.n_sources, s.n_targets, s.same_population);
    else
        law = lorentzian_table(t.mean_indegree, t.half_width, s.available_sources());
}

namespace {

void check_small_world(const Setting& s) {
    const double k = s.projection.topology.mean_indegree;
    const auto whole = static_cast<std::int64_t>(k);
    if (static_cast<double>(whole) != k || whole < 2 || whole % 2 != 0) s.refuse("mean_indegree = " + text(k) + " must be even for small_world: as many sources on each side. Use the next even number.");
    if (2 * whole > s.available_sources())
        s.refuse("mean_indegree = " + text(k) + " is more than half of the " + std::to_string(s.available_sources()) +
                 " possible sources, where a ring has no neighbourhood left. Lower mean_indegree, or use fixed_indegree.");
}

}  // namespace

SmallWorld::SmallWorld(const Setting& s) : picks(s.key(Stream::picks)) {
    check_small_world(s);
    const Topology& t = s.projection.topology;
    ring = {s.n_sources, s.n_targets, static_cast<std::int64_t>(t.mean_indegree), static_cast<std::uint64_t>(t.rewiring * 0x1p32), s.same_population, s.skip_self(), s.key(Stream::rewire)};
}

std::int64_t square_side(std::int64_t n) {
    auto side = static_cast<std::int64_t>(math::sqrt(static_cast<double>(n)));
    while (side * side > n) --side;
    while ((side + 1) * (side + 1) <= n) ++side;
    return side * side == n ? side : 0;
}

namespace {

struct Distances {
    std::vector<Spatial::Shell> shells;   ///< p: mean of exp(-d^2/2 sigma^2)
    double weight = 0.0, largest = 0.0;   ///< sum and largest mean of it
};

/// Shells of a lattice of n targets, and the offsets in the order of their distances if asked for.
Distances distances(const Topology& t, std::int64_t n, bool skip_self, std::vector<std::uint32_t>* offsets) {
    // Offsets by squared distance in lattice units, which are integers.
    std::vector<std::pair<std::uint64_t, std::uint32_t>> all;   // [square, offset or number of offsets]
    const bool ring = t.geometry == Geometry::ring;
    const std::int64_t side = ring ? n : square_side(n);
    const double cut = Spatial::longest * t.sigma * static_cast<double>(side);
    const std::int64_t reach = cut < static_cast<double>(side / 2) ? static_cast<std::int64_t>(cut) : side / 2;
    const auto largest_square = cut < 0x1p31 ? static_cast<std::uint64_t>(cut * cut) : ~0ull;
    const auto add = [&](std::int64_t x, std::int64_t y) {
        const auto square = static_cast<std::uint64_t>(x * x + y * y);
        // (offsets as Lattice::target takes them)
        if (square > largest_square || (square == 0 && skip_self)) return;
        for (std::int64_t yy : {y, side - y}) {
            for (std::int64_t xx : {x, side - x}) {
                all.emplace_back(square, static_cast<std::uint32_t>(ring ? xx % side : (yy % side) << 16 | xx % side));
                if (x == 0 || 2 * x == side) break;
            }
            if (ring || y == 0 || 2 * y == side) break;
        }
    };
    for (std::int64_t y = 0; y <= (ring ? 0 : reach); ++y)
        for (std::int64_t x = 0; x <= reach; ++x) add(x, y);
    if (!ring) std::sort(all.begin(), all.end());
    Distances out;
    const double length = static_cast<double>(side), unit = 1.0 / (2.0 * t.sigma * t.sigma * length * length), per_shell = Spatial::shells_per_sigma / (t.sigma * length);
    double now = -1.0, w = 0.0, sum = 0.0;
    std::int64_t shell = -1;
    const auto close = [&] {
        if (shell < 0) return;
        Spatial::Shell& s = out.shells.back();
        out.weight += sum;
        s.p = sum / static_cast<double>(s.size);
        out.largest = std::max(out.largest, s.p);
    };
    for (const auto& [square, offset] : all) {
        const auto d2 = static_cast<double>(square);
        if (d2 != now) {
            now = d2;
            w = math::exp(-d2 * unit);
            if (const auto at = static_cast<std::int64_t>(math::sqrt(d2) * per_shell); at != shell) {
                close();
                out.shells.push_back({out.shells.empty() ? 0 : out.shells.back().first + out.shells.back().size, 0, 0.0, {}});
                shell = at;
                sum = 0.0;
            }
        }
        ++out.shells.back().size;
        sum += w;
        if (offsets) offsets->push_back(offset);
    }
    close();
    return out;
}

Distances check_spatial(const Setting& s, std::vector<std::uint32_t>* offsets) {
    const Topology& t = s.projection.topology;
    if (t.geometry == Geometry::torus)
        for (std::int64_t n : {s.n_sources, s.n_targets})
            if (square_side(n) == 0) {
                const auto side = static_cast<std::int64_t>(math::sqrt(static_cast<double>(n)));
                s.refuse("geometry = \"torus\" is a square lattice, and a population of " + std::to_string(n) + " neurons fills none. Use " + std::to_string(side * side) + " or " +
                         std::to_string((side + 1) * (side + 1)) + " neurons, or a ring.");
            }
    if (s.n_targets >= 0xffffffff) s.refuse("spatial populations have fewer than 2^32 neurons. Use fewer.");
    Distances d = distances(t, s.n_targets, s.skip_self(), offsets);
    const double k = s.mean_outdegree();
    if (d.shells.empty() || k * d.largest > d.weight * (1.0 + 1e-12)) {
        const double most = d.shells.empty() ? 0.0 : d.weight / d.largest * static_cast<double>(s.n_sources) / static_cast<double>(s.n_targets);
        s.refuse("within sigma = " + text(t.sigma) + " there is no room for mean_indegree = " + text(t.mean_indegree) + ": already " + text(most) +
                 " connect the nearest neurons with certainty. Use a larger sigma, a smaller mean_indegree, or more neurons.");
    }
    return d;
}

}  // namespace

Spatial::Spatial(const Setting& s) : binomial(s.key(Stream::binomial)), picks(s.key(Stream::picks)) {
    const Topology& t = s.projection.topology;
    Distances d = check_spatial(s, &offsets);
    const bool torus = t.geometry == Geometry::torus;
    lattice = {t.geometry, s.n_sources, s.n_targets, torus ? square_side(s.n_sources) : 0, torus ? square_side(s.n_targets) : 0};
    shells = std::move(d.shells);
    const double p0 = s.mean_outdegree() / d.weight;
    for (Shell& shell : shells) {
        shell.p = std::min(1.0, shell.p * p0);
        shell.law = binomial_table(shell.size, shell.p);
    }
}

std::vector<AliasColumn> alias_table(const std::vector<std::uint32_t>& weight) {
    const std::uint64_t n = weight.size();
    std::uint64_t total = 0;
    for (std::uint32_t w : weight) total += w;
    // Columns hold `total` each, weights n w: as many units.  Short ones are filled up by long ones, both in the order of their index.
    std::vector<std::uint64_t> left(n);
    std::vector<std::uint32_t> small, large;
    for (std::uint64_t i = 0; i < n; ++i) {
        left[i] = n * weight[i];
        (left[i] < total ? small : large).push_back(static_cast<std::uint32_t>(i));
    }
    std::vector<AliasColumn> table(n);
    for (std::uint64_t i = 0; i < n; ++i) table[i] = {~0u, static_cast<std::uint32_t>(i)};
    std::size_t at = 0;
    for (std::size_t i = 0; i < small.size() && at < large.size(); ++i) {
        const std::uint32_t s = small[i], l = large[at];
        table[s] = {static_cast<std::uint32_t>((static_cast<unsigned __int128>(left[s]) << 32) / total), l};
        left[l] -= total - left[s];
        if (left[l] < total) {
            small.push_back(l);
            ++at;
        }
    }
    return table;
}

namespace {

void check_chung_lu(const Setting& s) {
    const Topology& t = s.projection.topology;
    if (t.correlation != 0.0 && !s.same_population)
        s.refuse("correlation is that of a neuron's in- and out-degree, and this projection goes from one population to another. Remove correlation.");
    const double out = s.mean_outdegree();
    for (const auto& [mean, exponent, what, others] : {std::tuple{out, t.exponent_out, "out", s.available_targets()}, std::tuple{t.mean_indegree, t.exponent_in, "in", s.available_sources()}}) {
        const std::string law = std::string(what) + "-degrees k^-" + text(exponent) + " up to " + text(t.cutoff) + " times their mean " + text(mean);
        if (2.0 * t.cutoff * mean > static_cast<double>(others))
            s.refuse(law + " reach beyond half of the " + std::to_string(others) + " possible partners. Lower cutoff or mean_indegree, or use more neurons.");
        if (power_law_table(exponent, mean, t.cutoff).first < 1)
            s.refuse("there are no " + law + ": the smallest degree would be below 1. Use a larger mean_indegree or exponent, or a smaller cutoff.");
    }
}

}  // namespace

ChungLu::ChungLu(const Setting& s) : n_targets(s.n_targets), skip_self(s.skip_self()), picks(s.key(Stream::picks)) {
    check_chung_lu(s);
    const Topology& t = s.projection.topology;
    out_law = power_law_table(t.exponent_out, s.mean_outdegree(), t.cutoff);
    in_law = power_law_table(t.exponent_in, t.mean_indegree, t.cutoff);
    const double c = t.correlation < 0 ? -t.correlation : t.correlation;
    degrees = {c >= 1.0 ? ~0ull : static_cast<std::uint64_t>(c * 0x1p64), t.correlation < 0, s.key(Stream::degree), s.key(Stream::in_weight)};
    std::vector<std::uint32_t> weight(static_cast<std::size_t>(n_targets));
    for (std::int64_t i = 0; i < n_targets; ++i) weight[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(in_weight(i));
    alias = alias_table(weight);
}

FixedTotal::FixedTotal(const Setting& s)
    : synapses(static_cast<std::uint64_t>(std::llround(s.projection.topology.mean_indegree * static_cast<double>(s.n_targets)))),
      n_sources(static_cast<std::uint64_t>(s.n_sources)), n_targets(static_cast<std::uint64_t>(s.n_targets)), skip_self(s.skip_self()), ends(s.key(Stream::synapse)) {
    if (synapses >= std::uint64_t{1} << 56) s.refuse("more than 2^56 synapses. Use fewer.");
}

double indegree_variance(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, bool same_population) {
    const Seeds none;
    const Setting s{p, none, n_sources, n_targets, same_population};
    const Topology& t = p.topology;
    const double k = t.mean_indegree;
    const auto independent = [](double mean, double candidates) { return mean * (1.0 - mean / std::max(candidates, mean)); };
    switch (t.kind) {
        case TopologyKind::erdos_renyi:
        case TopologyKind::fixed_outdegree: return independent(k, static_cast<double>(s.available_sources()));
        case TopologyKind::fixed_total: return k * (1.0 - 1.0 / static_cast<double>(n_targets));
        case TopologyKind::modular:
            return independent(t.within * k, static_cast<double>(module_sources(s))) + independent((1.0 - t.within) * k, static_cast<double>(n_sources - n_sources / t.modules));
        case TopologyKind::spatial: {
            const Distances d = check_spatial(s, nullptr);
            double sum = 0.0;
            for (const Spatial::Shell& shell : d.shells) {
                const double probability = shell.p * s.mean_outdegree() / d.weight;
                sum += static_cast<double>(shell.size) * probability * (1.0 - probability);
            }
            return sum * static_cast<double>(n_sources) / static_cast<double>(n_targets);
        }
        case TopologyKind::chung_lu: return moments(power_law_table(t.exponent_in, k, t.cutoff)).variance + k;
        case TopologyKind::lorentzian_indegree: {
            const double width = t.half_width;
            return width > 0.0 ? width * width * (k / width / std::atan(k / width) - 1.0) : 0.0;
        }
        case TopologyKind::from_file: return t.file ? t.file->indegree_variance : 0.0;
        case TopologyKind::all_to_all:
        case TopologyKind::fixed_indegree:
        case TopologyKind::small_world:
        case TopologyKind::annealed: break;
    }
    return 0.0;
}

void check_recipe(const Projection& p, std::int64_t n_sources, std::int64_t n_targets, bool same_population) {
    const Seeds seeds;
    const Setting s{p, seeds, n_sources, n_targets, same_population};
    switch (p.topology.kind) {
        case TopologyKind::fixed_indegree:
        case TopologyKind::fixed_outdegree: fixed_degree(p, n_sources, n_targets, same_population); break;
        case TopologyKind::small_world: check_small_world(s); break;
        case TopologyKind::chung_lu: check_chung_lu(s); break;
        case TopologyKind::spatial: check_spatial(s, nullptr); break;
        case TopologyKind::modular: check_modular(s); break;
        default: break;
    }
}

}  // namespace spikemass::kernels
