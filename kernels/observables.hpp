#pragma once
// What a run leaves behind, for any level of description.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace spikemass {

/// Bins of one population.  Shapes: every vector [bin] or empty where not recorded.  Units: rates 1/time unit, v dimensionless.
struct PopulationBins {
    std::vector<std::uint64_t> spike_count;      ///< spiking level only; exact
    std::vector<double> rate;                    ///< bin average
    std::vector<double> v;                       ///< bin average
    std::vector<double> z_re, z_im;              ///< bin average of the Kuramoto order parameter
};

/// Spike trains of one population over the recorded interval (host/spike_statistics.hpp says how); NaN where too few spikes were fired.
/// `neurons` are whole numbers; counts are those of spikes in windows.
struct SpikeStatistics {
    static constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    double isi_cv = nan, isi_cv_sd = nan;              ///< mean over neurons, standard deviation over neurons
    double isi_lv = nan, isi_lv_sd = nan;
    double isi_neurons = nan;                          ///< neurons with enough intervals
    double fano_factor = nan, fano_factor_sd = nan, fano_neurons = nan;
    double count_correlation = nan, count_correlation_sd = nan, count_correlation_se = nan, correlation_neurons = nan;   ///< over pairs of a sample
    double count_variance = nan, count_covariance = nan, count_covariance_se = nan;   ///< over all neurons, all pairs
    double synchrony = nan;                            ///< chi, of counts in bins
};

/// What was built for one projection.
struct ProjectionFacts {
    std::uint64_t synapses = 0;
    double k_mean = 0.0, k_var = 0.0;            ///< realised in-degrees over the targets
    double degree_correlation = std::numeric_limits<double>::quiet_NaN();   ///< of the in- and the out-degree of a neuron; NaN between populations, where one of them is the same for all, and where nothing is stored
    std::uint64_t graph_checksum = 0;            ///< order-free (docs/numerics.md)
    double effective_delay = 0.0;                ///< delay_steps * dt, file's time unit
    double weight = 0.0;                         ///< J / norm of one synapse (mean over targets)
    double weight_unit = 0.0;                    ///< drawn strengths J are whole multiples of this power of two; 0 = all are equal
    std::string format;                          ///< "count", "rows16", "rows32", "bitrows", "annealed", + "/weighted"
};

struct RunResult {
    std::string level = "spiking";
    std::string backend = "cpu", strategy;
    std::uint64_t digest = 0;                    ///< docs/numerics.md; 0 for mass levels
    std::int64_t steps = 0;
    std::uint64_t synapses = 0, spikes = 0;      ///< spikes: all, including the warm-up
    double build_seconds = 0.0, wall_seconds = 0.0;
    double capped_fraction = 0.0;                ///< neurons that fire once per step because their input is above 9.8/dt^2
    double capped_rate_bound = 0.0;              ///< bound on the rate that this loses
    std::vector<PopulationBins> populations;     ///< file order
    std::vector<SpikeStatistics> statistics;     ///< [population], file order; empty where not recorded
    std::vector<ProjectionFacts> projections;    ///< file order
    std::vector<std::string> warnings;           ///< what the reader of these numbers should know; one sentence each
};

}  // namespace spikemass
