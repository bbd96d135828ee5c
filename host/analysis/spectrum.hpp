#pragma once
// Power spectral density by Welch's method (doi:10.1109/TAU.1967.1161901), averaged over segments and trials.

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace spikemass::analysis {

struct WelchOptions {
    std::size_t segment_length = 0;   ///< samples; 0: the longest even length with at least 8 segments over all trials
    double confidence = 0.95;         ///< of the band at each frequency
};

/// One-sided density: sum of `density` times `resolution` = variance; unit (unit of x)^2 per frequency, frequency in cycles per time unit.
/// Shapes: every vector [frequency], frequency k * resolution, k = 0 .. segment_length/2.
/// The mean of each segment is taken off, so that frequency 0 (and half of the first) says nothing.
/// The band [lo, hi] holds the true density with `confidence` at each frequency on its own: chi-square with `degrees_of_freedom`
/// (half of it at the two ends), which counts the correlation of overlapping segments (Percival & Walden 1993, eq. 292b).
struct Spectrum {
    std::vector<double> frequency, density, lo, hi;
    double resolution = 0.0;
    double degrees_of_freedom = 0.0;
    std::size_t segment_length = 0, segments = 0;
    std::string convention = "one-sided: integral over 0 .. 1/(2 bin) = variance; Hann, 50 % overlap, mean of each segment removed";
};

/// Series of equal length, one per trial, sampled every `interval` (time unit).  Throws ConfigurationError for unequal lengths, fewer than
/// 4 samples, or a segment longer than the series.
Spectrum welch(std::span<const std::span<const double>> trials, double interval, const WelchOptions& options = {});
Spectrum welch(std::span<const double> series, double interval, const WelchOptions& options = {});

/// The largest density away from frequency 0 (and the first, which the mean removal lowers), its place refined by a parabola through
/// the logarithms of the three points around it.
struct Peak {
    double frequency, height, lo, hi;   ///< [lo, hi]: the band of the height
};
Peak find_peak(const Spectrum& spectrum);

/// Root mean square over frequencies above `from` of 10 log10(a/b), decibels; both spectra on the same frequencies.
/// `expected_from_noise` is what two estimates of the same density would give: (10/ln 10) sqrt(psi'(nu_a/2) + psi'(nu_b/2)).
struct LogDistance {
    double decibels, expected_from_noise;
};
LogDistance log_distance(const Spectrum& a, const Spectrum& b, double from = 0.0);

}  // namespace spikemass::analysis
