// Stationary windows: means, errors, variances.

#include <algorithm>
#include <cmath>

#include "host/analysis/window_samples.hpp"

namespace spikemass::analysis {
void Comparison::steady() {
    for (std::size_t p = 0; p < point_.populations.size(); ++p)
        for (std::size_t w = 0; w < result_.windows.size(); ++w) steady_window(p, static_cast<int>(w));
    steady_score("steady_error", &LevelScore::steady);
    steady_score("shift_error", &LevelScore::shift);
}

/// Root mean square over windows of a metric, as a metric without window and as a score (mean over populations).
void Comparison::steady_score(const std::string& name, double LevelScore::*column) {
    const auto populations = point_.populations.size(), windows = result_.windows.size();
    if (windows == 0) return;
    for (const auto& level : point_.levels) {
        double total = 0.0, noise_total = 0.0;
        for (std::size_t p = 0; p < populations; ++p) {
            double squares = 0.0, noise = 0.0, spread = 0.0;
            Method method = Method::none;
            std::size_t count = 0;
            for (std::size_t w = 0; w < windows; ++w) {
                const Metric* e = result_.find(name, level.name, p, static_cast<int>(w));
                const Metric* n = result_.find("steady_noise", spiking_level, p, static_cast<int>(w));
                if (!e || !n) continue;
                ++count;
                squares += e->value * e->value;
                noise += n->value * n->value;
                spread += std::abs(e->value) * (e->hi - e->value);
                method = e->method;
            }
            const auto number = static_cast<double>(count);
            const double value = count ? std::sqrt(squares / number) : not_a_number, half = value > 0.0 ? spread / (number * value) : not_a_number;
            if (count) add(name, "1", level.name, p, -1, not_below_zero({value, not_a_number, value - half, value + half, 0, method}));
            total += value;
            noise_total += count ? std::sqrt(noise / number) : not_a_number;
        }
        score(level.name).*column = total / static_cast<double>(populations);
        if (std::isfinite(noise_total)) score(level.name).steady_noise = noise_total / static_cast<double>(populations);
    }
}

void Comparison::steady_window(std::size_t population, int window) {
    const Window& w = result_.windows[static_cast<std::size_t>(window)];
    const PopulationFacts& facts = point_.populations[population];
    const double tau = facts.tau;
    const Slice spikes = slice(point_.spiking.populations[population], w.first, w.last);
    const bool has_v = spikes.has_v();
    if (spikes.rate.empty()) return;
    const Repetitions measured = repetitions(spikes, false);
    const auto spiking = [&](const auto& f) { return delta_method({measured}, f, options_.confidence); };
    const auto note = [&](const char* name, const char* unit, const std::string& level, const Estimate& e) { add(name, unit, level, population, window, e); };

    const Estimate r = spiking([](const auto& m) { return m[rate]; }), v = spiking([](const auto& m) { return m[potential]; });
    note("rate_mean", "1/time", spiking_level, r);
    note("rate_sd", "1/time", spiking_level, spiking([](const auto& m) { return std::sqrt(m[rate_variance]); }));
    add("rate_noise", "1/time", spiking_level, population, window, r.standard_error);
    if (has_v) {
        note("v_mean", "1", spiking_level, v);
        note("v_sd", "1", spiking_level, spiking([](const auto& m) { return std::sqrt(m[potential_variance]); }));
        add("v_noise", "1", spiking_level, population, window, v.standard_error);
    }
    const double size = magnitude(tau, r.value, has_v ? v.value : 0.0);
    const double noise = magnitude(tau, r.standard_error, has_v ? v.standard_error : 0.0) / size;
    add("steady_noise", "1", spiking_level, population, window, noise);
    if (measured.method == Method::trials && noise * std::sqrt(static_cast<double>(spikes.rate.size())) > options_.disagreement_steady) result_.trials_disagree = true;

    for (const auto& level : point_.levels) {
        const Slice other = slice(level.populations[population], w.first, w.last);
        const bool both_v = has_v && other.has_v();
        if (!both_v) score(level.name).rate_only = true;
        if (other.rate.empty()) {                              // the level left the finite numbers here
            add("steady_error", "1", level.name, population, window, not_a_number);
            continue;
        }
        const Repetitions modelled = repetitions(other, level.deterministic);
        constexpr Eigen::Index at = column_count;              // the level's columns follow the network's
        const auto joint = [&](const auto& f) { return delta_method({measured, modelled}, f, options_.confidence); };
        note("rate_mean", "1/time", level.name, delta_method({modelled}, [](const auto& m) { return m[rate]; }, options_.confidence));
        note("rate_sd", "1/time", level.name, delta_method({modelled}, [](const auto& m) { return std::sqrt(m[rate_variance]); }, options_.confidence));
        note("rate_error", "1/time", level.name, joint([](const auto& m) { return m[at + rate] - m[rate]; }));
        note("rate_error_relative", "1", level.name, joint([](const auto& m) { return m[at + rate] / m[rate] - 1.0; }));
        note("rate_variance_ratio", "1", level.name, joint([](const auto& m) { return m[at + rate_variance] / m[rate_variance]; }));
        const auto steady_error = [&](const auto& m) {
            const double dv = both_v ? m[at + potential] - m[potential] : 0.0;
            return magnitude(tau, m[at + rate] - m[rate], dv) / magnitude(tau, m[rate], both_v ? m[potential] : 0.0);
        };
        note("steady_error", "1", level.name, not_below_zero(joint(steady_error)));
        if (!both_v) continue;
        note("v_mean", "1", level.name, delta_method({modelled}, [](const auto& m) { return m[potential]; }, options_.confidence));
        note("v_sd", "1", level.name, delta_method({modelled}, [](const auto& m) { return std::sqrt(m[potential_variance]); }, options_.confidence));
        note("v_error", "1", level.name, joint([](const auto& m) { return m[at + potential] - m[potential]; }));
        note("v_error_relative", "1", level.name, joint([](const auto& m) { return (m[at + potential] - m[potential]) / std::abs(m[potential]); }));
        note("v_variance_ratio", "1", level.name, joint([](const auto& m) { return m[at + potential_variance] / m[potential_variance]; }));
    }
    shifts(population, window);
    if (has_v) {
        damping(population, window);
        if (point_.populations.size() == 1 && point_.couplings.size() == 1 && facts.lorentzian) pseudo_cumulant(population, window);
    }
}

void Comparison::damping(std::size_t population, int window) {
    const double tau = point_.populations[population].tau;
    const Metric* r = result_.find("rate_mean", spiking_level, population, window);
    const Metric* v = result_.find("v_mean", spiking_level, population, window);
    double sum = 0.0;
    bool recurrent = false;
    for (const auto& c : point_.couplings) {
        if (c.source != population || c.target != population) continue;
        recurrent = true;
        sum += delay_damping(c.strength, tau * r->value, v->value, c.delay / tau);
    }
    if (recurrent) add("delay_damping", "1", spiking_level, population, window, sum);
}

}  // namespace spikemass::analysis
