// After edges of the input, and over the whole record: the mean trace of the network against the trace of a level.

#include <algorithm>
#include <cmath>

#include "host/analysis/comparison_parts.hpp"

namespace spikemass::analysis {
namespace {

constexpr double pi = std::numbers::pi;

/// Several windows of one population, glued together: [trial][bin].
struct Glued {
    std::vector<std::vector<double>> rate, v;
    bool usable() const { return !rate.empty() && !rate[0].empty(); }
};

Glued glue(const Traces& traces, const std::vector<Window>& windows) {
    Glued result;
    const std::size_t end = traces.rate.empty() ? 0 : traces.rate[0].size();
    const Slice whole = slice(traces, 0, end);
    const auto pick = [&](const auto& trials, auto& into) {
        for (const auto& trial : trials) {
            auto& glued = into.emplace_back();
            for (const Window& w : windows)
                glued.insert(glued.end(), trial.begin() + static_cast<std::ptrdiff_t>(w.first), trial.begin() + static_cast<std::ptrdiff_t>(w.last));
        }
    };
    pick(whole.rate, result.rate);
    pick(whole.v, result.v);
    return result;
}

std::vector<std::span<const double>> views(const std::vector<std::vector<double>>& trials) { return {trials.begin(), trials.end()}; }

/// Root mean square of level minus mean over trials.
Estimate rms_error(const std::vector<std::vector<double>>& spiking, const std::vector<std::vector<double>>& level, double confidence) {
    const auto trials = views(spiking);
    const auto model = trial_mean(views(level));
    const auto squares = [&](std::optional<std::size_t> left_out) {
        auto x = trial_mean(trials, left_out);
        for (std::size_t b = 0; b < x.size(); ++b) x[b] = (model[b] - x[b]) * (model[b] - x[b]);
        return x;
    };
    if (trials.size() > 1) return jackknife_over_trials(trials.size(), [&](auto left_out) { return std::sqrt(mean(squares(left_out))); }, confidence);
    Estimate e = mean_over_blocks(squares(std::nullopt), confidence);
    const double root = std::sqrt(e.value);
    return {root, e.standard_error / (2.0 * root), std::sqrt(std::max(0.0, e.lo)), std::sqrt(e.hi), e.samples, e.method};
}

/// sqrt(mean |dW|^2) / sqrt(mean |W|^2), W of the network.
Estimate joint_error(const Glued& spiking, const Glued& level, double tau, double confidence) {
    const auto rates = views(spiking.rate), potentials = views(spiking.v);
    const auto model_rate = trial_mean(views(level.rate)), model_v = trial_mean(views(level.v));
    const double scale = pi * tau;
    const auto squares = [&](std::optional<std::size_t> left_out) {
        const auto r = trial_mean(rates, left_out), v = trial_mean(potentials, left_out);
        std::pair<std::vector<double>, double> result{std::vector<double>(r.size()), 0.0};
        for (std::size_t b = 0; b < r.size(); ++b) {
            const double dr = scale * (model_rate[b] - r[b]), dv = model_v[b] - v[b];
            result.first[b] = dr * dr + dv * dv;
            result.second += (scale * scale * r[b] * r[b] + v[b] * v[b]) / static_cast<double>(r.size());
        }
        return result;
    };
    const auto value = [&](std::optional<std::size_t> left_out) {
        const auto [error, size] = squares(left_out);
        return std::sqrt(mean(error) / size);
    };
    if (rates.size() > 1) return jackknife_over_trials(rates.size(), value, confidence);
    const auto [error, size] = squares(std::nullopt);
    const Estimate e = mean_over_blocks(error, confidence);
    return {std::sqrt(e.value / size), not_a_number, std::sqrt(std::max(0.0, e.lo) / size), std::sqrt(e.hi / size), e.samples, e.method};
}

Estimate relative_rate_error(const Glued& spiking, const Glued& level, double confidence) {
    Estimate e = rms_error(spiking.rate, level.rate, confidence);
    double square = 0.0;
    const auto r = trial_mean(views(spiking.rate));
    for (double x : r) square += x * x / static_cast<double>(r.size());
    const double scale = 1.0 / std::sqrt(square);
    return {e.value * scale, e.standard_error * scale, e.lo * scale, e.hi * scale, e.samples, e.method};
}

double joint_noise(const Glued& spiking, double tau) {
    const double scale = pi * tau;
    double square = 0.0;
    const auto r = trial_mean(views(spiking.rate)), v = trial_mean(views(spiking.v));
    for (std::size_t b = 0; b < r.size(); ++b) square += (scale * scale * r[b] * r[b] + (v.empty() ? 0.0 : v[b] * v[b])) / static_cast<double>(r.size());
    double noise = scale * scale * mean_square_error_of_mean(views(spiking.rate));
    if (!v.empty()) noise += mean_square_error_of_mean(views(spiking.v));
    return std::sqrt(noise / square);
}

}  // namespace

void Comparison::transients() {
    const std::size_t populations = point_.populations.size();
    const std::size_t bins = point_.spiking.populations.empty() || point_.spiking.populations[0].rate.empty() ? 0 : point_.spiking.populations[0].rate[0].size();
    for (auto& s : result_.scores) s.transient = s.transient_noise = result_.edges.empty() ? not_a_number : 0.0;
    for (std::size_t p = 0; p < populations; ++p) {
        const double tau = point_.populations[p].tau;
        const auto in_bins = [&](double taus) { return static_cast<std::size_t>(std::llround(taus * tau / point_.bin)); };
        std::vector<Window> early, late, both;
        for (const Edge& e : result_.edges) {
            const std::size_t middle = std::min(e.next, e.bin + in_bins(options_.early_tau));
            const std::size_t end = std::min(e.next, e.bin + in_bins(options_.early_tau + options_.late_tau));
            early.push_back({e.bin, middle, true});
            if (end > middle) late.push_back({middle, end, true});
            both.push_back({e.bin, end, true});
        }
        struct Part { std::string name; std::vector<Window> windows; };
        for (const Part& part : {Part{"early", early}, Part{"late", late}, Part{"transient", both}, Part{"trace", {{0, bins, true}}}}) {
            const Glued spiking = glue(point_.spiking.populations[p], part.windows);
            if (!spiking.usable()) continue;
            const bool scored = part.name == "transient";
            const double noise = joint_noise(spiking, tau);
            add(part.name + "_noise", "1", spiking_level, p, -1, noise);
            add(part.name + "_rate_noise", "1/time", spiking_level, p, -1, std::sqrt(mean_square_error_of_mean(views(spiking.rate))));
            if (!spiking.v.empty()) add(part.name + "_v_noise", "1", spiking_level, p, -1, std::sqrt(mean_square_error_of_mean(views(spiking.v))));
            if (scored && noise > options_.disagreement_transient) result_.transients_disagree = true;
            for (const auto& level : point_.levels) {
                const Glued model = glue(level.populations[p], part.windows);
                const bool both_v = !spiking.v.empty() && !model.v.empty();
                Estimate joint{not_a_number, not_a_number, not_a_number, not_a_number, 0, Method::none};
                if (model.usable()) {
                    add(part.name + "_rate_rms", "1/time", level.name, p, -1, rms_error(spiking.rate, model.rate, options_.confidence));
                    if (both_v) add(part.name + "_v_rms", "1", level.name, p, -1, rms_error(spiking.v, model.v, options_.confidence));
                    joint = both_v ? joint_error(spiking, model, tau, options_.confidence) : relative_rate_error(spiking, model, options_.confidence);
                }
                add(part.name + "_error", "1", level.name, p, -1, not_below_zero(joint));
                if (!scored) continue;
                score(level.name).transient += joint.value / static_cast<double>(populations);
                score(level.name).transient_noise += noise / static_cast<double>(populations);
            }
        }
    }
}

}  // namespace spikemass::analysis
