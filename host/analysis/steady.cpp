// Stationary windows: means, errors, variances, the measured pseudo-cumulant (p, q).

#include <algorithm>
#include <cmath>

#include "host/analysis/comparison_parts.hpp"

namespace spikemass::analysis {
namespace {

constexpr double pi = std::numbers::pi;

/// Columns of the repetitions of one level in one window; the coupling follows for a recurrent population.
enum Column : Eigen::Index { rate, potential, rate_variance, potential_variance, coupling, column_count };

double mean_square_deviation(std::span<const double> x) {
    const double m = mean(x);
    double sum = 0.0;
    for (double value : x) sum += (value - m) * (value - m);
    return sum / static_cast<double>(x.size());
}

std::vector<double> squared_deviations(std::span<const double> x) {
    const double m = mean(x);
    std::vector<double> result(x.begin(), x.end());
    for (double& value : result) value = (value - m) * (value - m);
    return result;
}

Repetitions by_trials(const Slice& s) {
    Repetitions r{Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(s.rate.size()), column_count), s.rate.size() > 1 ? Method::trials : Method::none, 1.0};
    for (std::size_t t = 0; t < s.rate.size(); ++t) {
        const auto row = static_cast<Eigen::Index>(t);
        r.samples(row, rate) = mean(s.rate[t]);
        r.samples(row, rate_variance) = mean_square_deviation(s.rate[t]);
        if (!s.has_v()) continue;
        r.samples(row, potential) = mean(s.v[t]);
        r.samples(row, potential_variance) = mean_square_deviation(s.v[t]);
    }
    return r;
}

Repetitions by_blocks(const Slice& s) {
    Blocks blocks = choose_blocks(s.rate[0]);
    if (s.has_v()) {
        const Blocks other = choose_blocks(s.v[0]);
        if (other.inefficiency > blocks.inefficiency) blocks = other;
    }
    Repetitions r{Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(blocks.count), column_count), Method::blocks,
                  1.0 / (1.0 - std::min(0.5, blocks.inefficiency / (2.0 * blocks.length)))};
    const auto fill = [&](Column column, std::span<const double> x) {
        const auto averages = block_averages(x, blocks.count);
        for (std::size_t b = 0; b < averages.size(); ++b) r.samples(static_cast<Eigen::Index>(b), column) = averages[b];
    };
    fill(rate, s.rate[0]);
    fill(rate_variance, squared_deviations(s.rate[0]));
    if (s.has_v()) {
        fill(potential, s.v[0]);
        fill(potential_variance, squared_deviations(s.v[0]));
    }
    return r;
}

Repetitions repetitions(const Slice& s, bool deterministic) {
    return s.rate.size() > 1 || deterministic ? by_trials(s) : by_blocks(s);
}

/// Fills in the coupling of each repetition: J times what the trial's graph realised of K.
void set_coupling(Repetitions& r, const Slice& s, const CouplingFacts& c) {
    for (Eigen::Index row = 0; row < r.samples.rows(); ++row) {
        const std::size_t trial = s.trials[r.method == Method::trials ? static_cast<std::size_t>(row) : 0];
        const bool known = trial < c.realised_indegree.size() && c.indegree > 0.0;
        r.samples(row, coupling) = known ? c.strength * c.realised_indegree[trial] / c.indegree : c.strength;
    }
}

/// Second pseudo-cumulant p + i q of a stationary population, from r, v and the mean recurrent coupling J.
double measured_p(const PopulationFacts& n, double input, double r, double v, double J) {
    const double R = n.tau * r;
    return pi * pi * R * R - v * v - n.eta - input - J * R;
}
double measured_q(const PopulationFacts& n, double r, double v) { return -n.half_width - 2.0 * pi * n.tau * r * v; }

bool zero(double x) { return !(std::abs(x) > 0.0); }

}  // namespace

void Comparison::steady() {
    const std::size_t populations = point_.populations.size();
    for (std::size_t p = 0; p < populations; ++p)
        for (std::size_t w = 0; w < result_.windows.size(); ++w) steady_window(p, static_cast<int>(w));

    for (const auto& level : point_.levels) {
        double total = 0.0, noise_total = 0.0;
        for (std::size_t p = 0; p < populations; ++p) {
            double squares = 0.0, noise = 0.0, spread = 0.0;
            Method method = Method::none;
            for (std::size_t w = 0; w < result_.windows.size(); ++w) {
                const int window = static_cast<int>(w);
                const Metric* e = result_.find("steady_error", level.name, p, window);
                const Metric* n = result_.find("steady_noise", spiking_level, p, window);
                squares += e ? e->value * e->value : not_a_number;
                noise += n ? n->value * n->value : not_a_number;
                if (e) {
                    spread += std::abs(e->value) * (e->hi - e->value);
                    method = e->method;
                }
            }
            const auto count = static_cast<double>(result_.windows.size());
            const double value = std::sqrt(squares / count), half = value > 0.0 ? spread / (count * value) : not_a_number;
            if (!result_.windows.empty()) add("steady_error", "1", level.name, p, -1, not_below_zero({value, not_a_number, value - half, value + half, 0, method}));
            total += value;
            noise_total += std::sqrt(noise / count);
        }
        score(level.name).steady = result_.windows.empty() ? not_a_number : total / static_cast<double>(populations);
        score(level.name).steady_noise = result_.windows.empty() ? not_a_number : noise_total / static_cast<double>(populations);
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

    std::optional<Slice> all;
    if (point_.reference) all = slice(point_.reference->populations[population], w.first, w.last);
    const bool excess = all && !all->rate.empty() && all->has_v();
    if (excess) {                                              // pairs of trials share eta and initial state: their covariance belongs in the error
        Repetitions reference = repetitions(*all, false);
        const bool paired = sets[0].method == Method::trials && all->trials == spikes.trials;
        if (paired) {
            Eigen::MatrixXd both(sets[0].samples.rows(), 2 * column_count);
            both << sets[0].samples, reference.samples;
            sets[0].samples = both;
        } else {
            sets.push_back(reference);
        }
    }
    constexpr Eigen::Index at = column_count;
    const auto p_net = [&](const auto& m) { return p_raw(m) - (excess ? measured_p(facts, input, m[at + rate], m[at + potential], c.strength) : 0.0); };
    const auto q_net = [&](const auto& m) { return q_raw(m) - (excess ? measured_q(facts, m[at + rate], m[at + potential]) : 0.0); };
    if (excess) {
        note("p_excess", p_net);
        note("q_excess", q_net);
    }
    if (zero(c.strength) || zero(c.indegree)) return;
    const double scale = c.indegree / (c.strength * c.strength);
    note("epsilon", [&](const auto& m) { return 1.0 / (scale * std::pow(magnitude(facts.tau, m[rate], m[potential]), 2)); });
    note("p_scaled", [&](const auto& m) { return scale * p_net(m); });
    note("q_scaled", [&](const auto& m) { return scale * q_net(m); });
    if (c.quenched < 1e-3) return;                             // all-to-all has no shape
    note("p_shape", [&](const auto& m) { return scale * p_net(m) / c.quenched; });
    note("q_shape", [&](const auto& m) { return scale * q_net(m) / c.quenched; });
}

}  // namespace spikemass::analysis
