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
    double sum;
    if (p.topology.file) {
        const double j = p.topology.weight_factor;
        file_factor_ = j;
        largest_ = (j < 0 ? -j : j) * p.topology.file->largest_weight;
        largest_sum_ = sum = (j < 0 ? -j : j) * p.topology.file->largest_sum;
    } else {
        table_ = gaussian_table();
        largest_ = (p.strength < 0 ? -p.strength : p.strength) + 4.0 * p.strength_sd;
        sum = largest_ * (2.0 * p.topology.mean_indegree + 100.0);
    }
    // Rounding adds up to half a unit to each weight of a file; half of the range is room enough for that.
    const double room = p.topology.file ? 1073741823.0 : 2147483647.0;
    const auto fits = [&](int e) { return largest_ * power(e) < 32767.0 && sum * power(e) < room; };
    int exponent = 0;
    while (fits(exponent + 1) && exponent < 60) ++exponent;
    while (!fits(exponent) && exponent > -60) --exponent;
    view_ = {random_key(seeds.graph, name_key(p.name), Stream::weight), nullptr, p.strength, p.strength_sd, power(exponent)};
}

void Weights::require_sums_fit(const std::string& projection, std::uint32_t max_indegree) const {
    if (largest_sum_ > 0.0) {   // the unit is made for it, unless there is none
        if (largest_ * view_.scale < 32767.0 && largest_sum_ * view_.scale + 0.5 * static_cast<double>(max_indegree) < 2147483647.0) return;
        throw ConfigurationError("projection." + projection + ": the weights of its file reach " + std::to_string(largest_) + " (times strength), and the absolute weights of one target add up to " +
                                 std::to_string(largest_sum_) + ". Sums are 32-bit integers in units of at most 2^60: rescale the weights, or lower strength.");
    }
    if (drawn_ && static_cast<double>(max_indegree) * 32767.0 > 2147483647.0 && static_cast<double>(max_indegree) * (largest_ * view_.scale) > 2147483647.0)
        throw ConfigurationError("projection." + projection + ": a target with " + std::to_string(max_indegree) +
                                 " synapses could overflow the 32-bit sum of fixed-point weights. Use a single strength, or fewer synapses per neuron.");
}

}  // namespace spikemass::kernels
