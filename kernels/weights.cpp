#include "kernels/weights.hpp"

#include "kernels/recipes.hpp"
#include "models/base/error.hpp"

namespace spikemass::kernels {

namespace {

double power(int e) {
    double s = 1.0;
    for (; e > 0; --e) s *= 2.0;
    for (; e < 0; ++e) s *= 0.5;
    return s;
}

}  // namespace

Weights::Weights(const Projection& p, const Seeds& seeds) : drawn_(p.strength_sd > 0.0) {
    if (!drawn_) return;
    table_ = gaussian_table();
    const double max_indegree = 2.0 * p.topology.mean_indegree + 100.0;
    largest_ = (p.strength < 0 ? -p.strength : p.strength) + 4.0 * p.strength_sd;
    int exponent = 0;
    while (largest_ * power(exponent + 1) < 32767.0 && largest_ * power(exponent + 1) * max_indegree < 2147483647.0 && exponent < 60) ++exponent;
    while ((largest_ * power(exponent) >= 32767.0 || largest_ * power(exponent) * max_indegree >= 2147483647.0) && exponent > -60) --exponent;
    view_ = {random_key(seeds.graph, name_key(p.name), Stream::weight), nullptr, p.strength, p.strength_sd, power(exponent)};
}

void Weights::require_sums_fit(const std::string& projection, std::uint32_t max_indegree) const {
    if (drawn_ && static_cast<double>(max_indegree) * 32767.0 > 2147483647.0 && static_cast<double>(max_indegree) * (largest_ * view_.scale) > 2147483647.0)
        throw ConfigurationError("projection." + projection + ": a target with " + std::to_string(max_indegree) +
                                 " synapses could overflow the 32-bit sum of fixed-point weights. Use a single strength, or fewer synapses per neuron.");
}

}  // namespace spikemass::kernels
