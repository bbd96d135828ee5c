#pragma once
// Delays that differ between the synapses of a projection: whole steps, drawn for each by an integer table (docs/numerics.md, "Delays").

#include <cstdint>
#include <vector>

#include "kernels/network.hpp"
#include "kernels/quantiles.hpp"
#include "models/base/random.hpp"

namespace spikemass::kernels {

constexpr std::int64_t longest_drawn_delay = 65535;   ///< steps

/// What a delay is made of; the table in whatever memory.
struct DelayView {
    RandomKey key;
    QuantileView law;

    /// `before`: synapses of the same pair that come before this one.
    SPIKEMASS_HD std::uint16_t operator()(std::int64_t source, std::int64_t target, std::uint32_t before = 0) const {
        return static_cast<std::uint16_t>(law.sample(key.draw64(static_cast<std::uint64_t>(source), static_cast<std::uint64_t>(target), before)));
    }
};

class Delays {
public:
    Delays() = default;
    Delays(const Projection&, const Seeds&);

    /// False where all synapses have the same delay: then nothing is drawn or stored.
    bool drawn() const { return drawn_; }
    /// On the host's table.
    DelayView view() const { return {key_, table_.view()}; }
    const QuantileTable& table() const { return table_; }
    std::uint16_t operator()(std::int64_t source, std::int64_t target, std::uint32_t before = 0) const { return view()(source, target, before); }

private:
    bool drawn_ = false;
    RandomKey key_;
    QuantileTable table_;
};

/// Part of the law that lies between the shortest and the longest delay, from which steps are drawn.
double kept_delays(const Projection&);
/// Probability of every delay from shortest_delay to delay_steps, as they are drawn.  One delay: {1}.
std::vector<double> delay_probabilities(const Projection&);
/// Mean over synapses, in steps.
double mean_delay_steps(const Projection&);

}  // namespace spikemass::kernels
