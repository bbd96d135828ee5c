// What sparsity does in a stationary window: the shift against the all-to-all network of the same draws, and the pseudo-cumulant (p, q).

#include <algorithm>
#include <cmath>

#include "host/analysis/window_samples.hpp"

namespace spikemass::analysis {
namespace {

constexpr double pi = std::numbers::pi;

/// Second pseudo-cumulant p + i q of a stationary population, from r, v and the mean recurrent coupling J.
double measured_p(const PopulationFacts& n, double input, double r, double v, double J) {
    const double R = n.tau * r;
    return pi * pi * R * R - v * v - n.eta - input - J * R;
}
double measured_q(const PopulationFacts& n, double r, double v) { return -n.half_width - 2.0 * pi * n.tau * r * v; }

}  // namespace

std::optional<Slice> Comparison::reference_slice(std::size_t population, const Window& w) const {
    if (!point_.reference) return std::nullopt;
    Slice all = slice(point_.reference->populations[population], w.first, w.last);
    if (all.rate.empty()) return std::nullopt;
    return all;
}

void Comparison::shifts(std::size_t population, int window) {
    const Window& w = result_.windows[static_cast<std::size_t>(window)];
    const double tau = point_.populations[population].tau;
    const Slice spikes = slice(point_.spiking.populations[population], w.first, w.last);
    const std::optional<Slice> all = reference_slice(population, w);
    if (!all) return;
    const bool has_v = spikes.has_v() && all->has_v();
    const auto note = [&](const char* name, const char* unit, const std::string& level, const Estimate& e) { add(name, unit, level, population, window, e); };

    constexpr Eigen::Index reference = column_count, model = 2 * column_count, exact = 3 * column_count;
    auto sets = with_reference(repetitions(spikes, false), spikes, *all);
    const auto measured = [&](const auto& f) { return delta_method(sets, f, options_.confidence); };
    note("reference_rate_mean", "1/time", spiking_level, measured([](const auto& m) { return m[reference + rate]; }));
    note("rate_shift", "1/time", spiking_level, measured([](const auto& m) { return m[rate] - m[reference + rate]; }));
    if (has_v) {
        note("reference_v_mean", "1", spiking_level, measured([](const auto& m) { return m[reference + potential]; }));
        note("v_shift", "1", spiking_level, measured([](const auto& m) { return m[potential] - m[reference + potential]; }));
    }

    const auto mass = std::find_if(point_.levels.begin(), point_.levels.end(), [](const LevelData& level) { return level.name == exact_mass; });
    if (mass == point_.levels.end()) return;
    const Slice baseline = slice(mass->populations[population], w.first, w.last);
    if (baseline.rate.empty()) return;
    const Repetitions base = repetitions(baseline, mass->deterministic);
    const auto r0 = base.samples.col(rate).mean(), r_all = mean(trial_mean(all->rate));
    const auto v0 = base.samples.col(potential).mean(), v_all = has_v ? mean(trial_mean(all->v)) : v0;
    if (magnitude(tau, r_all - r0, v_all - v0) > options_.reference_apart * magnitude(tau, r0, v0)) return;   // not the same branch
    for (const auto& level : point_.levels) {
        const Slice other = slice(level.populations[population], w.first, w.last);
        const bool both_v = has_v && other.has_v() && baseline.has_v();
        if (other.rate.empty()) {
            add("shift_error", "1", level.name, population, window, not_a_number);
            continue;
        }
        auto with_levels = sets;
        with_levels.push_back(repetitions(other, level.deterministic));
        with_levels.push_back(base);
        const auto joint = [&](const auto& f) { return delta_method(with_levels, f, options_.confidence); };
        const auto error = [](const auto& m, Column c) { return (m[model + c] - m[exact + c]) - (m[c] - m[reference + c]); };
        note("rate_shift_error_relative", "1", level.name, joint([&](const auto& m) { return error(m, rate) / m[rate]; }));
        if (both_v) note("v_shift_error_relative", "1", level.name, joint([&](const auto& m) { return error(m, potential) / std::abs(m[potential]); }));
        note("shift_error", "1", level.name, not_below_zero(joint([&](const auto& m) {
                 return magnitude(tau, error(m, rate), both_v ? error(m, potential) : 0.0) / magnitude(tau, m[rate], both_v ? m[potential] : 0.0);
             })));
    }
}

void Comparison::pseudo_cumulant(std::size_t population, int window) {
    const Window& w = result_.windows[static_cast<std::size_t>(window)];
    const PopulationFacts& facts = point_.populations[population];
    const CouplingFacts& c = point_.couplings[0];
    const double input = facts.stimulus.empty() ? 0.0 : mean(std::span(facts.stimulus).subspan(w.first, w.size()));
    const Slice spikes = slice(point_.spiking.populations[population], w.first, w.last);
    std::vector<Repetitions> sets{repetitions(spikes, false)};
    set_coupling(sets[0], spikes, c);

    const auto note = [&](const std::string& name, const auto& f) { add(name, "1", spiking_level, population, window, delta_method(sets, f, options_.confidence)); };
    const auto p_raw = [&](const auto& m) { return measured_p(facts, input, m[rate], m[potential], m[coupling]); };
    const auto q_raw = [&](const auto& m) { return measured_q(facts, m[rate], m[potential]); };
    note("x", [&](const auto& m) { return m[potential] / (pi * facts.tau * m[rate]); });
    note("p", p_raw);
    note("q", q_raw);

    const std::optional<Slice> all = reference_slice(population, w);
    const bool excess = all && all->has_v();
    if (excess) sets = with_reference(std::move(sets[0]), spikes, *all);
    constexpr Eigen::Index at = column_count;
    const auto p_net = [&](const auto& m) { return p_raw(m) - (excess ? measured_p(facts, input, m[at + rate], m[at + potential], c.strength) : 0.0); };
    const auto q_net = [&](const auto& m) { return q_raw(m) - (excess ? measured_q(facts, m[at + rate], m[at + potential]) : 0.0); };
    if (excess) {
        note("p_excess", p_net);
        note("q_excess", q_net);
    }
    if (!(std::abs(c.strength) > 0.0) || !(c.indegree > 0.0)) return;
    const double scale = c.indegree / (c.strength * c.strength);
    note("epsilon", [&](const auto& m) { return 1.0 / (scale * std::pow(magnitude(facts.tau, m[rate], m[potential]), 2)); });
    note("p_scaled", [&](const auto& m) { return scale * p_net(m); });
    note("q_scaled", [&](const auto& m) { return scale * q_net(m); });
    if (c.quenched < 1e-3) return;                             // all-to-all has no shape
    note("p_shape", [&](const auto& m) { return scale * p_net(m) / c.quenched; });
    note("q_shape", [&](const auto& m) { return scale * q_net(m) / c.quenched; });
}

}  // namespace spikemass::analysis
