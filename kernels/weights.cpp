#include "kernels/weights.hpp"

#include "kernels/laws.hpp"
#include "kernels/parameters.hpp"
#include "models/base/error.hpp"
#include "models/base/math.hpp"

namespace spikemass::kernels {

namespace {

double power(int e) {
    double s = 1.0;
    for (; e > 0; --e) s *= 2.0;
    for (; e < 0; ++e) s *= 0.5;
    return s;
}

constexpr double lognormal_unit = 0x1p-22;   // its largest quantile is 380 standard deviations away, at sd = 3 mean

constexpr int points = 16;   // of an interval, where means over a law are taken

/// Mean of f(u) over evenly spaced u, in a fixed order.
template <class F>
double mean_over(const WeightView& view, F&& f) {
    double sum = 0.0, tail = 0.0;
    const std::uint64_t intervals = WeightView::intervals, body = view.tail ? intervals - 1 : intervals;
    for (std::uint64_t k = 0; k < body * points; ++k) sum += f((2 * k + 1) << 47);
    for (std::uint64_t k = 0; view.tail && k < intervals * points; ++k) tail += f(~std::uint64_t{0} << 52 | (2 * k + 1) << 35);
    return (sum + tail / static_cast<double>(intervals)) / static_cast<double>(intervals * points);
}

/// (L - 1) mean/sd for L lognormal of mean 1, the upper tail in a table of its own: a 4096th of the synapses carries a good part of the sum.
/// Entries are the quantiles at the lower ends of the intervals.  The mean of what is drawn is made exact.
std::vector<std::int32_t> lognormal_table(double mean, double sd) {
    const double ratio = sd / math::abs(mean), variance = math::log1p(ratio * ratio), sigma = math::sqrt(variance);
    constexpr int n = WeightView::intervals;
    std::vector<double> value;
    for (int part = 0; part < 2; ++part)
        for (int i = 0; i < n; ++i) {
            const std::int64_t size = std::int64_t{1} << (part == 0 ? 12 : 24), at = part == 0 ? i : size - n + i;
            value.push_back(at == 0 ? 0.0 : math::exp(sigma * gaussian_quantile(2 * at - size, size) - 0.5 * variance));
        }
    double sum = 0.0, tail = 0.0;   // as WeightView interpolates
    for (int i = 0; i + 1 < n; ++i) {
        sum += 0.5 * (value[static_cast<std::size_t>(i)] + value[static_cast<std::size_t>(i + 1)]);
        tail += 0.5 * (value[static_cast<std::size_t>(n + i)] + value[static_cast<std::size_t>(n + i + 1)]);
    }
    tail += value.back();
    const double factor = n / (sum + tail / n);
    std::vector<std::int32_t> table;
    for (const double x : value) {
        const double z = (x * factor - 1.0) / ratio / lognormal_unit;
        table.push_back(static_cast<std::int32_t>(z < 0 ? z - 0.5 : z + 0.5));
    }
    return table;
}

std::vector<std::int32_t> table_of(const Projection& p) {
    return p.strength_law == WeightLaw::lognormal ? lognormal_table(p.strength, p.strength_sd) : gaussian_table();
}

/// Without key, scale and table.
WeightView law_of(const Projection& p) {
    WeightView v;
    v.mean = p.strength;
    v.sd = p.strength_sd;
    if (p.strength_law == WeightLaw::lognormal) {
        v.tail = true;
        v.unit = lognormal_unit;
        if (p.strength < 0) v.sd = -v.sd;
    }
    if (p.strength_law == WeightLaw::truncated_gaussian) {
        v.mean = p.parent_mean;
        v.sd = p.parent_sd;
        const auto bound = [&](double strength) {   // the table ends far inside
            const double z = (strength - v.mean) / v.sd;
            return static_cast<std::int64_t>((z < -100.0 ? -100.0 : z > 100.0 ? 100.0 : z) * 0x1p24);
        };
        v.low = bound(p.strength_low);
        v.high = bound(p.strength_high);
    }
    return v;
}

}  // namespace

Weights::Weights(const Projection& p, const Seeds& seeds) : drawn_(p.strength_sd > 0.0) {
    if (!drawn_) return;
    view_ = law_of(p);
    double sum;
    if (p.topology.file) {
        const double j = math::abs(p.topology.weight_factor);
        file_factor_ = p.topology.weight_factor;
        largest_ = j * p.topology.file->largest_weight;
        largest_sum_ = sum = j * p.topology.file->largest_sum;
    } else {
        table_ = table_of(p);
        largest_ = math::abs(view_.mean) + 4.0 * math::abs(view_.sd);
        if (view_.tail) largest_ = math::abs(view_.strength(table_.back())) + math::abs(view_.mean);
        if (p.strength_law == WeightLaw::truncated_gaussian) {
            const double bounds = math::abs(p.strength_low) > math::abs(p.strength_high) ? math::abs(p.strength_low) : math::abs(p.strength_high);
            if (bounds < largest_) largest_ = bounds;
        }
        sum = largest_ * (2.0 * p.topology.mean_indegree + 100.0);
    }
    // Rounding adds up to half a unit to each weight of a file; half of the range is room enough for that.
    const double room = p.topology.file ? 1073741823.0 : 2147483647.0;
    const auto fits = [&](int e) { return largest_ * power(e) < 32767.0 && sum * power(e) < room; };
    int exponent = 0;
    while (fits(exponent + 1) && exponent < 60) ++exponent;
    while (!fits(exponent) && exponent > -60) --exponent;
    view_.key = random_key(seeds.graph, name_key(p.name), Stream::weight);
    view_.scale = power(exponent);
}

void Weights::require_sums_fit(const std::string& projection, std::uint32_t max_indegree) const {
    if (largest_sum_ > 0.0) {   // the unit is made for it, unless there is none
        if (largest_ * view_.scale < 32767.0 && largest_sum_ * view_.scale + 0.5 * static_cast<double>(max_indegree) < 2147483647.0) return;
        throw ConfigurationError("projection." + projection + ": the weights of its file reach " + std::to_string(largest_) + " (times strength), and the absolute weights of one target add up to " +
                                 std::to_string(largest_sum_) + ". Sums are 32-bit integers in units of at most 2^60: rescale the weights, or lower strength.");
    }
    if (drawn_ && static_cast<double>(max_indegree) * 32767.0 > 2147483647.0 && static_cast<double>(max_indegree) * (largest_ * view_.scale) > 2147483647.0)
        throw ConfigurationError("projection." + projection + ": a target with " + std::to_string(max_indegree) +
                                 " synapses could overflow the 32-bit sum of fixed-point weights, which holds " + std::to_string(static_cast<std::int64_t>(2147483647.0 / (largest_ * view_.scale))) +
                                 " of the largest weight, " + std::to_string(largest_) + ". Use a single strength, or fewer synapses per neuron.");
}

WeightMoments weight_moments(const Projection& p) {
    const std::vector<std::int32_t> table = table_of(p);
    WeightView v = law_of(p);
    v.table = table.data();
    const auto kept = [&](std::uint64_t u) { return v.quantile(u) >= v.low && v.quantile(u) <= v.high; };
    WeightMoments m;
    m.kept = mean_over(v, [&](std::uint64_t u) { return kept(u) ? 1.0 : 0.0; });
    if (m.kept == 0.0) return m;
    m.mean = mean_over(v, [&](std::uint64_t u) { return kept(u) ? v.strength(v.quantile(u)) : 0.0; }) / m.kept;
    m.sd = math::sqrt(mean_over(v, [&](std::uint64_t u) { return kept(u) ? (v.strength(v.quantile(u)) - m.mean) * (v.strength(v.quantile(u)) - m.mean) : 0.0; }) / m.kept);
    return m;
}

std::vector<double> target_strengths(const Projection& p, std::int64_t n_targets, const Seeds& seeds) {
    // Not the key of the projection's name: a population may have the same, and its eta must not go with the strengths.
    return draw_parameter({Distribution::lorentzian, p.strength, p.strength_half_width, p.strength_draw}, n_targets, seeds.init, name_key("projection." + p.name + ".strength"));
}

}  // namespace spikemass::kernels
