#pragma once
// Strengths that are drawn: per synapse as fixed-point weights in units of 2^-exponent, or per target (docs/numerics.md, "Graphs").

#include <cstdint>
#include <vector>

#include "kernels/network.hpp"
#include "models/base/arithmetic.hpp"
#include "models/base/random.hpp"

namespace spikemass::kernels {

/// What a weight is made of; the table in whatever memory.
struct WeightView {
    static constexpr std::int32_t intervals = 4096;
    static constexpr std::uint32_t most_draws = 4096;   ///< of one weight; laws that keep less than a hundredth of their draws are refused
    RandomKey key;
    const std::int32_t* table = nullptr;        ///< [intervals] quantiles of the law in standard deviations from its mean, in units; with a tail [2 intervals]
    double unit = 0x1p-24;                      ///< of the table
    double mean = 0.0, sd = 0.0, scale = 1.0;   ///< scale: units of fixed point in one of J, a power of two
    std::int64_t low = -(std::int64_t{1} << 40), high = std::int64_t{1} << 40;   ///< draws outside are drawn again; units of the table
    bool tail = false;                          ///< the table's last interval has quantiles of its own, which follow the others

    /// Quantile at u/2^64: 12 bits choose the interval, the next 20 interpolate inside it.
    SPIKEMASS_HD std::int64_t quantile(std::uint64_t u) const {
        const std::int32_t* t = table;
        auto i = static_cast<std::int32_t>(u >> 52);
        if (tail && i + 1 == intervals) {
            t += intervals;
            u <<= 12;
            i = static_cast<std::int32_t>(u >> 52);
        }
        const std::int32_t j = i + 1 < intervals ? i + 1 : i;
        const auto part = static_cast<std::int64_t>((u >> 32) & 0xfffff);
        return t[i] + (((static_cast<std::int64_t>(t[j]) - t[i]) * part) >> 20);
    }
    SPIKEMASS_HD double strength(std::int64_t quantile) const { return math::fma(sd, static_cast<double>(quantile) * unit, mean); }
    /// `before`: synapses of the same pair that come before this one, fewer than 2^20.
    SPIKEMASS_HD std::int16_t operator()(std::int64_t source, std::int64_t target, std::uint32_t before = 0) const {
        std::int64_t z = 0;
        for (std::uint32_t j = 0; j < most_draws; ++j) {
            z = quantile(key.draw64(static_cast<std::uint64_t>(source), static_cast<std::uint64_t>(target), j << 20 | before));
            if (z >= low && z <= high) break;
        }
        const double w = strength(z) * scale;
        return static_cast<std::int16_t>(w < 0 ? w - 0.5 : w + 0.5);
    }
};

class Weights {
public:
    Weights() = default;
    /// The unit is the smallest in which no weight leaves i16 and no sum of one target's weights leaves i32.
    Weights(const Projection&, const Seeds&);

    /// False where all weights are equal: then nothing is drawn or stored.
    bool drawn() const { return drawn_; }
    double unit() const { return 1.0 / view_.scale; }
    /// On the host's table.
    WeightView view() const;
    const std::vector<std::int32_t>& table() const { return table_; }
    std::int16_t operator()(std::int64_t source, std::int64_t target, std::uint32_t before = 0) const { return view()(source, target, before); }
    /// A weight of a file, which was J times `w`.
    std::int16_t of_file(double w) const {
        const double x = file_factor_ * w * view_.scale;
        return static_cast<std::int16_t>(x < 0 ? x - 0.5 : x + 0.5);
    }
    /// ConfigurationError where the sum over a target's `max_indegree` weights could leave i32.
    void require_sums_fit(const std::string& projection, std::uint32_t max_indegree) const;

private:
    bool drawn_ = false;
    double largest_ = 0.0;   ///< bound on |weight|
    double largest_sum_ = 0.0;   ///< from_file: of |weight| over the synapses of a target; 0: bounded by the in-degree
    double file_factor_ = 1.0;
    WeightView view_;
    std::vector<std::int32_t> table_;
};

/// Mean and standard deviation of J over synapses as weights are drawn (before rounding to units), and the part of the draws that is kept.
struct WeightMoments {
    double mean = 0.0, sd = 0.0, kept = 1.0;
};
WeightMoments weight_moments(const Projection&);

/// J_i of every target, where `strength_half_width` > 0.  Drawn and shuffled as a neuron parameter is (kernels/parameters.hpp), by seed_init.  Shape: [target].
std::vector<double> target_strengths(const Projection&, std::int64_t n_targets, const Seeds&);

inline WeightView Weights::view() const {
    WeightView v = view_;
    v.table = table_.data();
    return v;
}

}  // namespace spikemass::kernels
