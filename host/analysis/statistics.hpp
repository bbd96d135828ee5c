#pragma once
// Means, variances and their errors for time series and for repeated trials.
// Samples that are not finite are a caller's error in a series (the result is NaN), and missing trials among trials (left out).

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

namespace spikemass::analysis {

/// Where an interval comes from.
enum class Method {
    none,     ///< no interval: one number, nothing to repeat it with
    trials,   ///< spread between independent trials, Student t
    blocks,   ///< spread between blocks of one series longer than its correlations, Student t
    chi_square,   ///< band of a spectral density
    resolution,   ///< half a frequency step to either side
};
const char* to_string(Method method);

/// A number with its standard error and a two-sided interval of the stated confidence; NaN where there is none.
struct Estimate {
    double value, standard_error, lo, hi;
    std::size_t samples = 0;      ///< trials or blocks behind the standard error
    Method method = Method::none;
};

/// p-quantile of Student's t with nu > 0 degrees of freedom, of chi-square with nu > 0.
double student_t_quantile(double p, double nu);
double chi_square_quantile(double p, double nu);

double mean(std::span<const double> x);          ///< NaN when empty
double variance(std::span<const double> x);      ///< unbiased (n - 1); NaN for n < 2

/// Sample quantile, 0 <= p <= 1: linear between order statistics at position p (n - 1) (Hyndman & Fan 1996, type 7). NaN when empty.
double quantile(std::span<const double> x, double p);

/// Mean of independent trials: standard error sd/sqrt(n), interval mean +- t_(n-1) se.  Trials that are not finite are left out.
Estimate mean_over_trials(std::span<const double> trials, double confidence = 0.95);

/// Any function of all trials, `f(t)` = its value without trial t, `f(nullopt)` with all: delete-one jackknife, Student t (Efron & Stein 1981).
Estimate jackknife_over_trials(std::size_t trials, const std::function<double(std::optional<std::size_t>)>& f, double confidence = 0.95);

/// c_k = (1/n) sum_i (x_i - m)(x_(i+k) - m), k = 0 .. max_lag (at most n - 1); m the sample mean; by FFT with zero padding.
std::vector<double> autocovariance(std::span<const double> x, std::size_t max_lag);
/// c_k / c_0; NaN beyond lag 0 for a constant series.
std::vector<double> autocorrelation(std::span<const double> x, std::size_t max_lag);

/// tau = 1/2 + sum_(k=1)^M rho_k in samples, M the smallest with M >= 5 tau(M) (Sokal 1997); 1/2 for white noise.
/// Var(mean) = 2 tau Var(x) / n.
double integrated_correlation_time(std::span<const double> x);

/// A partition of a series into `count` blocks of equal length (to one sample), long against its correlations.
struct Blocks {
    std::size_t count = 0;
    double length = 0.0;          ///< samples
    double inefficiency = 1.0;    ///< 1 + 2 sum |rho_k| over the significant lags: also slow oscillations make blocks long
    bool resolved = false;        ///< length >= 2 inefficiency and at least 8 blocks: the error can be trusted
};

/// length^3 = 2 n inefficiency^2, which balances the bias of short blocks against the noise of few
/// (Lee et al. 2011, doi:10.1063/1.3519037), but at least 8 blocks where the series has 8 samples.
Blocks choose_blocks(std::span<const double> x);
std::vector<double> block_averages(std::span<const double> x, std::size_t count);

/// Mean of one autocorrelated series: standard error from `choose_blocks`, its square divided by 1 - inefficiency/(2 length),
/// the first-order loss of variance between blocks of finite length; interval by Student t with count - 1 degrees of freedom.
Estimate mean_over_blocks(std::span<const double> x, double confidence = 0.95);

}  // namespace spikemass::analysis
