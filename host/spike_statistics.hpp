#pragma once
// Statistics of spike trains while they are fired: intervals, counts in windows, correlations, synchrony.  Memory depends on neurons, not on spikes.

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/engine.hpp"
#include "kernels/network.hpp"
#include "kernels/observables.hpp"

namespace spikemass {

/// One population.  add() step after step, in order; result() once at the end.  Intervals and counts are added as integers, so the result does not depend on threads or backend.
///
/// * isi_cv: sd / mean of a neuron's intervals (the variance divided by their number less 1; Elephant's cv divides by the number: cv_Elephant = cv sqrt((m - 1)/m)).
/// * isi_lv: local variation, 3/(m - 1) sum ((I_k - I_(k+1))/(I_k + I_(k+1)))^2, 1 for Poisson spikes whatever their slow changes of rate (Shinomoto, Shima & Tanji 2003,
///   doi:10.1162/089976603322518759).
///   Both are of neurons with at least `least_intervals`.  Intervals longer than the recording are not seen: that makes both too small where few spikes fit in.
/// * fano_factor: variance / mean of a neuron's counts in windows (variance divided by windows - 1), of neurons that fired in one.  The last window counts only if it is whole.
/// * count_correlation: Pearson's coefficient, mean and sd over all pairs of a sample.  With n neurons mean = (Var(sum z) - n)/(n (n - 1)), z standardised counts; the standard error
///   takes the sum as Gaussian and the W windows as independent: sqrt(2/(W - 1)) Var(sum z)/(n (n - 1)).  Of the sd, 1/sqrt(W - 1) is noise of the estimate.
/// * count_variance, count_covariance: means over all neurons and all pairs, the latter exact: (Var(sum) - sum of variances)/(N (N - 1)); standard error as above.
/// * synchrony: chi^2 = Var(mean count) / mean(Var(count)) in bins (Golomb & Rinzel 1994, doi:10.1016/0167-2789(94)90214-3, of spikes instead of potentials).  Bins overlap in time with
///   what correlates them, so no standard error is known.
/// Standard errors of means over neurons: sd / sqrt(neurons), where neurons are independent.
class SpikeTrainStatistics {
public:
    static constexpr std::uint32_t least_intervals = 10;

    /// sample: distinct ids.  steps: of the whole recording, < 2^32.
    SpikeTrainStatistics(std::int64_t neurons, std::int64_t steps, std::int64_t steps_per_bin, std::int64_t steps_per_window, std::span<const std::uint32_t> sample);
    /// Those that fired in the next step, in any order.
    void add(std::span<const std::uint32_t> ids);
    SpikeStatistics result() const;

    static double bytes(std::int64_t neurons, std::int64_t steps, std::int64_t steps_per_bin, std::int64_t steps_per_window, std::int64_t sample);

private:
    /// One cache line.  Steps, bins and windows count from 1, 0 = none yet.  Sums of squares of counts grow by 2c + 1 with each spike, so nothing is done at the end of a window.
    struct alignas(64) Neuron {
        std::uint64_t interval_squares = 0, variation = 0, count_squares = 0;   // variation: in 2^-32
        std::uint32_t first = 0, last = 0, spikes = 0, interval = 0;
        std::uint32_t bin = 0, in_bin = 0, window = 0, in_window = 0;
        std::uint32_t counted = 0;   // spikes in whole windows
        std::uint32_t sample = 0;    // place in the sample, from 1
    };

    void close_window();
    void intervals(SpikeStatistics&) const;
    void counts(SpikeStatistics&) const;
    void pairs(SpikeStatistics&) const;
    void synchrony(SpikeStatistics&) const;

    std::vector<Neuron> neurons_;
    std::uint32_t steps_per_bin_, steps_per_window_, windows_;
    std::uint32_t step_ = 0, bin_ = 1, window_ = 1;
    std::uint64_t in_bin_ = 0, in_window_ = 0, bin_squares_ = 0;      // squares: sum over neurons and bins
    std::vector<std::uint64_t> per_bin_, per_window_;                 // spikes of the population
    std::vector<std::uint32_t> sample_, sample_counts_, sample_active_;
    std::vector<std::uint64_t> products_;                             // [i (i + 1)/2 + j], j <= i: sums of count_i count_j over windows
};

/// All populations of a run: the sink of its recorded interval.  The sample of a population depends on its name, its size and the seed of initial states alone.
class SpikeStatisticsRecorder {
public:
    SpikeStatisticsRecorder(const Network& network, const RunPlan& plan);
    void add(std::size_t population, std::span<const std::uint32_t> ids) { populations_[population].add(ids); }
    std::vector<SpikeStatistics> result() const;
    static double bytes(const Network& network, const RunPlan& plan);

private:
    std::vector<SpikeTrainStatistics> populations_;
};

}  // namespace spikemass
