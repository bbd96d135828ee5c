#include "host/export/binned_input.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "kernels/stimulus.hpp"

namespace spikemass::handover {

namespace {

constexpr double edge_tolerance = 1e-6;   // of a bin

/// Times at which a stimulus may jump, within [begin, end].
std::vector<double> edges_of(const Stimulus& s, double begin, double end, double shortest_hold) {
    std::vector<double> edges = {s.start, s.stop};
    switch (s.kind) {
        case StimulusKind::pulse_train:
            for (double k = std::max(0.0, std::floor((begin - s.start) / s.period)); s.start + k * s.period < std::min(end, s.stop); ++k) {
                edges.push_back(s.start + k * s.period);
                edges.push_back(s.start + k * s.period + s.width);
            }
            break;
        case StimulusKind::samples:
            for (std::size_t k = 1; s.interval >= shortest_hold && k <= s.values.size(); ++k) edges.push_back(s.start + static_cast<double>(k) * s.interval);
            edges.push_back(s.start + static_cast<double>(s.values.size()) * s.interval);
            break;
        case StimulusKind::step:
        case StimulusKind::ramp:
        case StimulusKind::sine:
        case StimulusKind::chirp:
        case StimulusKind::poisson: break;
        case StimulusKind::white_noise:          // their mean is 0
        case StimulusKind::ornstein_uhlenbeck: return {};
    }
    std::erase_if(edges, [&](double t) { return !(t > begin && t < end); });
    return edges;
}

/// Whether it is more than rounding: a sine that starts at phase 0 does not jump.
bool jumps(const Stimulus& s, double t, double bin) {
    if (s.kind == StimulusKind::poisson) return s.weight * s.rate != 0.0;
    const double after = value(s, t), before = value(s, t - edge_tolerance * bin);
    return std::abs(after - before) > 1e-3 * std::max({std::abs(after), std::abs(before), std::abs(s.amplitude), std::abs(s.offset), std::abs(s.from)});
}

}  // namespace

BinnedInput binned_input(const Configuration& c, int shortest) {
    BinnedInput out;
    const auto bins = static_cast<std::size_t>(c.plan.bins), populations = c.network.populations.size();
    out.mean.assign(bins * populations, 0.0);
    for (std::size_t b = 0; b < bins && !c.network.stimuli.empty(); ++b)
        for (std::size_t a = 0; a < populations; ++a) {
            for (std::int64_t k = 0; k < c.plan.steps_per_bin; ++k) out.mean[b * populations + a] += mean_input(c.network, a, c.plan.warmup_steps + static_cast<std::int64_t>(b) * c.plan.steps_per_bin + k);
            out.mean[b * populations + a] /= static_cast<double>(c.plan.steps_per_bin);
        }
    const double bin = static_cast<double>(c.plan.steps_per_bin) * c.network.dt, begin = static_cast<double>(c.plan.warmup_steps) * c.network.dt, end = begin + static_cast<double>(bins) * bin;
    std::set<std::size_t> cuts = {0, bins}, broken;
    for (const Stimulus& s : c.network.stimuli)
        for (const double t : edges_of(s, begin, end, shortest * bin * (1.0 - edge_tolerance))) {
            if (!jumps(s, t, bin)) continue;
            const double x = (t - begin) / bin;
            if (std::abs(x - std::round(x)) < edge_tolerance) {
                cuts.insert(static_cast<std::size_t>(std::round(x)));
            } else {
                const auto b = static_cast<std::size_t>(x);
                broken.insert(b);
                cuts.insert(b);
                cuts.insert(b + 1);
            }
        }
    for (auto cut = cuts.begin(), next = std::next(cut); next != cuts.end(); ++cut, ++next)
        if (!broken.contains(*cut)) out.stretches.push_back({*cut, *next});
    return out;
}

}  // namespace spikemass::handover
