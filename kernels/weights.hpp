#pragma once
// Fixed-point weights: J drawn per synapse from a Gaussian by the integer table, in units of 2^-exponent (docs/numerics.md, "Graphs").

#include <cstdint>
#include <vector>

#include "kernels/network.hpp"
#include "models/base/arithmetic.hpp"
#include "models/base/random.hpp"

namespace spikemass::kernels {

/// What a weight is made of; the table in whatever memory.
struct WeightView {
    static constexpr std::int32_t intervals = 4096;
    RandomKey key;
    const std::int32_t* table = nullptr;        ///< [intervals] Gaussian quantiles in units of 2^-24
    double mean = 0.0, sd = 0.0, scale = 1.0;   ///< scale: units of fixed point in one of J, a power of two

    /// `before`: synapses of the same pair that come before this one.
    SPIKEMASS_HD std::int16_t operator()(std::int64_t source, std::int64_t target, std::uint32_t before = 0) const {
        // 12 bits choose the table's interval, the next 20 interpolate inside it.
        const std::uint64_t u = key.draw64(static_cast<std::uint64_t>(source), static_cast<std::uint64_t>(target), before);
        const auto i = static_cast<std::int32_t>(u >> 52);
        const std::int32_t j = i + 1 < intervals ? i + 1 : i;
        const auto part = static_cast<std::int64_t>((u >> 32) & 0xfffff);
        const std::int64_t z = table[i] + (((static_cast<std::int64_t>(table[j]) - table[i]) * part) >> 20);
        const double w = math::fma(sd, static_cast<double>(z) * 0x1p-24, mean) * scale;
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

inline WeightView Weights::view() const {
    WeightView v = view_;
    v.table = table_.data();
    return v;
}

}  // namespace spikemass::kernels
