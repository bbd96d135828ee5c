#include "host/analysis/spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <boost/math/special_functions/trigamma.hpp>
#include <fmt/format.h>

#include "host/analysis/fft.hpp"
#include "host/analysis/statistics.hpp"
#include "models/base/error.hpp"

namespace spikemass::analysis {
namespace {

constexpr std::size_t fewest_segments = 8;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

std::vector<double> hann(std::size_t length) {
    std::vector<double> window(length);
    for (std::size_t i = 0; i < length; ++i) {
        const double s = std::sin(std::numbers::pi * static_cast<double>(i) / static_cast<double>(length));
        window[i] = s * s;
    }
    return window;
}

std::size_t automatic_length(std::size_t samples, std::size_t trials) {
    const std::size_t per_trial = (fewest_segments + trials - 1) / trials;
    return std::max<std::size_t>(4, 2 * samples / (per_trial + 1)) / 2 * 2;
}

/// Degrees of freedom of the average over `trials` records of `segments` half-overlapping segments each.
double degrees_of_freedom(std::span<const double> window, std::size_t segments, std::size_t trials) {
    const std::size_t half = window.size() / 2;
    double power = 0.0, overlap = 0.0;
    for (double w : window) power += w * w;
    for (std::size_t i = 0; i + half < window.size(); ++i) overlap += window[i] * window[i + half];
    const double rho = overlap * overlap / (power * power);
    const auto s = static_cast<double>(segments);
    return static_cast<double>(trials) * 2.0 * s / (1.0 + 2.0 * (s - 1.0) / s * rho);
}

}  // namespace

Spectrum welch(std::span<const std::span<const double>> trials, double interval, const WelchOptions& options) {
    const std::size_t samples = trials.empty() ? 0 : trials[0].size();
    if (samples < 4) throw ConfigurationError(fmt::format("Spectrum: {} samples per trial; at least 4 are needed. Record for longer.", samples));
    for (const auto& series : trials)
        if (series.size() != samples)
            throw ConfigurationError(fmt::format("Spectrum: trials of {} and {} samples; all must have the same length.", samples, series.size()));
    const std::size_t length = options.segment_length ? options.segment_length : automatic_length(samples, trials.size());
    if (length > samples || length < 4 || length % 2)
        throw ConfigurationError(fmt::format("Spectrum: segments of {} samples; the length must be even and from 4 to {}, the samples of a trial.", length, samples));

    Spectrum result;
    result.segment_length = length;
    result.resolution = 1.0 / (static_cast<double>(length) * interval);
    const std::size_t frequencies = length / 2 + 1, hop = length / 2, per_trial = (samples - length) / hop + 1;
    result.segments = per_trial * trials.size();
    const auto window = hann(length);
    double power = 0.0;
    for (double w : window) power += w * w;

    result.density.assign(frequencies, 0.0);
    std::vector<double> segment(length);
    for (const auto& series : trials) {
        for (std::size_t s = 0; s < per_trial; ++s) {
            const auto part = series.subspan(s * hop, length);
            const double m = mean(part);
            for (std::size_t i = 0; i < length; ++i) segment[i] = window[i] * (part[i] - m);
            const auto transform = forward_fft(segment, length);
            for (std::size_t k = 0; k < frequencies; ++k) result.density[k] += std::norm(transform[k]);
        }
    }
    result.degrees_of_freedom = degrees_of_freedom(window, per_trial, trials.size());
    const double scale = interval / (power * static_cast<double>(result.segments));
    const double tail = 0.5 - 0.5 * options.confidence;
    for (std::size_t k = 0; k < frequencies; ++k) {
        const bool end = k == 0 || k == frequencies - 1;      // real, and without a mirror image
        const double nu = end ? 0.5 * result.degrees_of_freedom : result.degrees_of_freedom;
        const double density = (end ? 1.0 : 2.0) * scale * result.density[k];
        result.density[k] = density;
        result.frequency.push_back(static_cast<double>(k) * result.resolution);
        result.lo.push_back(nu * density / chi_square_quantile(1.0 - tail, nu));
        result.hi.push_back(nu * density / chi_square_quantile(tail, nu));
    }
    return result;
}

Spectrum welch(std::span<const double> series, double interval, const WelchOptions& options) {
    return welch(std::span<const std::span<const double>>(&series, 1), interval, options);
}

Peak find_peak(const Spectrum& spectrum) {
    const auto& density = spectrum.density;
    if (density.size() < 4) return {nan, nan, nan, nan};
    const auto top = std::max_element(density.begin() + 2, density.end());
    const auto k = static_cast<std::size_t>(top - density.begin());
    Peak peak{spectrum.frequency[k], *top, spectrum.lo[k], spectrum.hi[k]};
    if (k + 1 < density.size() && density[k - 1] > 0.0 && density[k + 1] > 0.0 && density[k - 1] <= *top) {
        const double left = std::log(density[k - 1]), middle = std::log(*top), right = std::log(density[k + 1]);
        const double curvature = left - 2.0 * middle + right;
        if (curvature < 0.0) peak.frequency += 0.5 * (left - right) / curvature * spectrum.resolution;
    }
    return peak;
}

LogDistance log_distance(const Spectrum& a, const Spectrum& b, double from) {
    if (a.frequency.size() != b.frequency.size() || std::abs(a.resolution - b.resolution) > 1e-9 * a.resolution)
        throw ConfigurationError("Distance of spectra: the two must have the same frequencies; use the same bin and segment length for both.");
    double sum = 0.0;
    std::size_t count = 0;
    for (std::size_t k = 1; k + 1 < a.density.size(); ++k) {
        if (a.frequency[k] < from) continue;
        if (!(a.density[k] > 0.0) || !(b.density[k] > 0.0)) return {nan, nan};
        const double decibels = 10.0 * std::log10(a.density[k] / b.density[k]);
        sum += decibels * decibels;
        ++count;
    }
    if (count == 0) return {nan, nan};
    const double noise = boost::math::trigamma(0.5 * a.degrees_of_freedom) + boost::math::trigamma(0.5 * b.degrees_of_freedom);
    return {std::sqrt(sum / static_cast<double>(count)), 10.0 / std::numbers::ln10 * std::sqrt(noise)};
}

}  // namespace spikemass::analysis
