#include <bit>
#include <cstdint>

#include "host/mass/afferents.hpp"
#include "host/mass/mass.hpp"
#include "host/mass/rate_equilibria.hpp"
#include "models/base/error.hpp"

namespace spikemass::mass {

namespace {

/// Nearest number with 40 bits of mantissa (12 decimal digits): swallows the last roundings of the root finder.
double round_to_40_bits(double x) {
    constexpr std::uint64_t unit = std::uint64_t{1} << 13;
    return std::bit_cast<double>((std::bit_cast<std::uint64_t>(x) + unit / 2) & ~(unit - 1));
}

}  // namespace

void resolve_initial(Network& network) {
    const Population* wanted = nullptr;
    for (const Population& population : network.populations)
        if (population.initial.kind == InitialKind::fixed_point) wanted = &population;
    if (!wanted) return;
    for (const Population& population : network.populations) require_stationary_rates(population);

    std::vector<std::vector<double>> stable;
    for (auto& rho : rate_equilibria(rate_system(network)))
        if (is_stable(network, rho)) stable.push_back(std::move(rho));
    if (stable.empty())
        throw ConfigurationError("Population \"" + wanted->name + "\": initial.kind = \"fixed_point\", but the exact mass of this network "
                                 "has no stable fixed point. Use initial = { kind = \"asynchronous\", rate = .. } instead.");
    for (std::size_t a = 0; a < network.populations.size(); ++a) {
        Population& population = network.populations[a];
        if (population.initial.kind != InitialKind::fixed_point) continue;
        const auto& rho = population.initial.branch == Branch::low ? stable.front() : stable.back();
        population.initial.rate = round_to_40_bits(rho[a] / population.tau);
    }
}

}  // namespace spikemass::mass
