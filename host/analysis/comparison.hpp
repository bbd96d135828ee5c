#pragma once
// One point of a sweep: the spiking network against other levels of description, in rate and in mean potential.
//
// Conventions.  R = tau r, W = pi R - i v.  Errors are level minus spiking.  E_W = |(pi dR, dv)| / |W| scores both at once: the rate alone accepts
// wrong masses (strong inhibition fits r to 1 % with v off by half).  p and q are the second pseudo-cumulant of the membrane potentials
// (Goldobin, di Volo & Torcini 2021, doi:10.1103/PhysRevLett.127.038301), zero where the exact mass (doi:10.1103/PhysRevX.5.021028) holds.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "host/analysis/statistics.hpp"
#include "host/analysis/windows.hpp"

namespace spikemass::analysis {

/// Bins of one population at one level.  Shapes: [trial][bin]; v empty where it was not recorded.  Units: 1/time unit; 1.
/// A trial that failed is a row of NaN.
struct Traces {
    std::vector<std::vector<double>> rate, v;
};

struct LevelData {
    std::string name;                           ///< "mass", "mass.resonant", ...
    std::vector<Traces> populations;            ///< file order
    bool deterministic = true;                  ///< masses: one trial is exact; false for the stochastic and mesoscopic levels
};

struct PopulationFacts {
    std::string name;
    std::int64_t size = 0;
    double tau = 1.0;                           ///< time unit
    double eta = 0.0, half_width = 0.0;         ///< centre and HWHM; p and q need `lorentzian`
    bool lorentzian = true;
    std::vector<double> stimulus;               ///< [bin]; empty: none
};

struct CouplingFacts {
    std::size_t source = 0, target = 0;
    double strength = 0.0;                      ///< J of the mass: mean recurrent input J tau s (for `none`: J K, for `sqrt_mean_indegree`: J sqrt K)
    double indegree = 0.0;                      ///< K
    double quenched = 1.0;                      ///< 1 - K/N; 1 for annealed
    double delay = 0.0;                         ///< effective, m dt, time unit
    std::vector<double> realised_indegree;      ///< [trial]; empty: K.  The mean input of trial t is J tau s realised/K
};

struct PointData {
    double bin = 0.0;                           ///< time unit
    double start = 0.0;                         ///< time since the input last changed before the first bin: the warm-up
    std::vector<PopulationFacts> populations;
    std::vector<CouplingFacts> couplings;
    LevelData spiking;
    std::vector<LevelData> levels;
    std::optional<LevelData> reference;         ///< all-to-all spiking network with the same draws of eta; paired by trial if the numbers agree
};

struct ComparisonOptions {
    double confidence = 0.95;
    double transient_tau = 20.0;                ///< left out of stationary windows after every change of the input
    double shortest_tau = 5.0;                  ///< of a stationary window
    double early_tau = 5.0, late_tau = 20.0;    ///< transient errors: the first 5 tau after each edge, and the 20 tau that follow
    double largest_lag_tau = 10.0;              ///< of autocorrelations
    double reference_apart = 0.2;               ///< |W| of reference minus exact mass, relative: further apart they sit on different branches
    double disagreement_steady = 0.05;          ///< trials on different branches: spread of W between trials / |W| above this flags the point
    double disagreement_transient = 0.10;       ///< standard error of the mean trace after edges / |W| above this flags the transients
};

/// One number of the comparison.  `level` is "spiking" for what is measured on the network itself.  `window`: index into
/// PointComparison::windows, or -1 for all of them together or for what has no window.
struct Metric {
    std::string name, unit, level;
    std::size_t population = 0;
    int window = -1;
    double value, lo, hi;                       ///< 95 % interval, or NaN where nothing was repeated
    Method method = Method::none;
};

/// What ranks a level at this point; means over populations (root mean square over windows).
struct LevelScore {
    std::string level;
    double steady = std::numeric_limits<double>::quiet_NaN();           ///< E_W in stationary windows
    double shift = std::numeric_limits<double>::quiet_NaN();            ///< the same of the predicted effect of sparsity: finite-size bias taken off
    double transient = std::numeric_limits<double>::quiet_NaN();        ///< E_W over early and late windows together
    double steady_noise = std::numeric_limits<double>::quiet_NaN();     ///< the same score of the trial mean against the truth, from its standard error
    double transient_noise = std::numeric_limits<double>::quiet_NaN();
    bool rate_only = false;                     ///< v was not recorded: every *_error is that of r alone, |dr|/r
};

/// Metrics, by `name` (unit 1 unless said).  * spiking and every level; + every level; the rest spiking only.
/// stationary windows: rate_mean* v_mean* [1/time, 1]; rate_noise v_noise (standard errors); rate_sd* v_sd*; rate_error+ rate_error_relative+
///   v_error+ v_error_relative+ steady_error+ (E_W); rate_variance_ratio+ v_variance_ratio+ (level/spiking)
/// with a reference: reference_rate_mean reference_v_mean; rate_shift v_shift (network - reference: what sparsity does, free of the finite-size bias
///   that both share); with level "mass" too: rate_shift_error_relative+ v_shift_error_relative+ (of level - "mass" against the shift, over |r|, |v| of
///   the network), shift_error+ (E_W of it); none where reference and "mass" are further apart than `reference_apart`
/// one population, one recurrent projection: x = v/(pi R), epsilon = J^2/(K |W|^2); p q; with a reference p_excess q_excess (minus the same of the
///   all-to-all network); p_scaled q_scaled = K p/J^2, K q/J^2 and p_shape q_shape = K p/(J^2 (1 - K/N)), of the excess where there is one;
///   delay_damping = J R d/(2 |v| tau)
/// after edges: early_rate_rms+ early_v_rms+ early_error+ late_...+, transient_error+ (both); *_noise (standard error of the trial mean)
/// flags: trials_disagree transients_disagree (0 or 1, of the point)
/// whole record: trace_rate_rms+ trace_v_rms+ trace_error+
/// spectra of the rate (longest stationary window, or the record): psd_peak_frequency* psd_peak_height*; psd_log_distance+ [dB]
///   psd_log_distance_noise+ [dB] (what estimation alone gives); rate_acf_distance+ (rms over lags 0 .. 10 tau)
struct PointComparison {
    std::vector<Window> windows;
    std::vector<Edge> edges;
    std::vector<Metric> metrics;
    std::vector<LevelScore> scores;             ///< one per level
    bool trials_disagree = false;               ///< some graphs sit on another branch: leave the point out of averages
    bool transients_disagree = false;

    /// nullptr where the metric does not exist.
    const Metric* find(const std::string& name, const std::string& level, std::size_t population = 0, int window = -1) const;
};

/// Intervals come from trials where there are two or more that did not fail, else from blocks of the one series (`method`).
/// Throws ConfigurationError when shapes disagree.
PointComparison compare(const PointData& point, const ComparisonOptions& options = {});

/// Relative change of the damping 2|v| of the mass by a delivery lag d = m dt: J R (d/tau)/(2 |v|), dimensionless, signed (> 0: more damping).
double delay_damping(double strength, double dimensionless_rate, double v, double delay_over_tau);
inline constexpr double delay_damping_warning = 0.05;

}  // namespace spikemass::analysis
