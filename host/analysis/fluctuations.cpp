// Spectra and autocorrelations of the rate.

#include <algorithm>
#include <cmath>

#include "host/analysis/comparison_parts.hpp"
#include "host/analysis/spectrum.hpp"

namespace spikemass::analysis {
namespace {

constexpr std::size_t fewest_bins = 64;

bool constant(const std::vector<std::span<const double>>& trials) {
    return std::all_of(trials.begin(), trials.end(), [](auto x) { return std::sqrt(variance(x)) <= 1e-9 * std::abs(mean(x)); });
}

/// Autocorrelation of the mean over trials of the autocovariance.
std::vector<double> mean_autocorrelation(const std::vector<std::span<const double>>& trials, std::size_t lags, std::optional<std::size_t> left_out = std::nullopt) {
    std::vector<double> sum(lags + 1, 0.0);
    for (std::size_t t = 0; t < trials.size(); ++t) {
        if (left_out == t) continue;
        const auto c = autocovariance(trials[t], lags);
        for (std::size_t k = 0; k < c.size(); ++k) sum[k] += c[k];
    }
    for (std::size_t k = sum.size(); k-- > 0;) sum[k] /= sum[0];
    return sum;
}

double rms_difference(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0.0;
    for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
    return std::sqrt(sum / static_cast<double>(a.size()));
}

}  // namespace

void Comparison::fluctuations() {
    for (std::size_t p = 0; p < point_.populations.size(); ++p) {
        const auto& trials = point_.spiking.populations[p].rate;
        Window window{0, trials.empty() ? 0 : trials[0].size(), true};
        const auto longest = std::max_element(result_.windows.begin(), result_.windows.end(), [](const Window& a, const Window& b) { return a.size() < b.size(); });
        if (longest != result_.windows.end()) window = *longest;
        if (window.size() >= fewest_bins) fluctuations_of(p, window);
    }
}

void Comparison::fluctuations_of(std::size_t population, const Window& window) {
    const auto spikes = slice(point_.spiking.populations[population], window.first, window.last).rate;
    if (spikes.empty() || constant(spikes)) return;
    const auto lags = std::min(window.size() / 4, static_cast<std::size_t>(options_.largest_lag_tau * point_.populations[population].tau / point_.bin));
    const auto note = [&](const char* name, const char* unit, const std::string& level, const Estimate& e) { add(name, unit, level, population, -1, e); };
    const auto note_peak = [&](const std::string& level, const Spectrum& s) {
        const Peak peak = find_peak(s);
        const double half = 0.5 * s.resolution;
        note("psd_peak_frequency", "1/time", level, {peak.frequency, not_a_number, peak.frequency - half, peak.frequency + half, s.segments, Method::resolution});
        note("psd_peak_height", "1/time", level, {peak.height, not_a_number, peak.lo, peak.hi, s.segments, Method::chi_square});
    };
    const WelchOptions options{0, options_.confidence};
    const Spectrum measured = welch(spikes, point_.bin, options);
    note_peak(spiking_level, measured);
    const auto rho = mean_autocorrelation(spikes, lags);
    for (const auto& level : point_.levels) {
        const auto trials = slice(level.populations[population], window.first, window.last).rate;
        if (trials.empty() || constant(trials)) continue;      // a fixed point has no spectrum
        const Spectrum modelled = welch(trials, point_.bin, {measured.segment_length, options_.confidence});
        note_peak(level.name, modelled);
        const LogDistance distance = log_distance(measured, modelled);
        add("psd_log_distance", "dB", level.name, population, -1, distance.decibels);
        add("psd_log_distance_noise", "dB", level.name, population, -1, distance.expected_from_noise);
        const auto other = mean_autocorrelation(trials, lags);
        note("rate_acf_distance", "1", level.name, jackknife_over_trials(spikes.size(), [&](auto left_out) {
                 return rms_difference(left_out ? mean_autocorrelation(spikes, lags, left_out) : rho, other);
             }, options_.confidence));
    }
}

}  // namespace spikemass::analysis
