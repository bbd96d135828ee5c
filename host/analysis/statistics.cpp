#include "host/analysis/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <complex>
#include <limits>
#include <numeric>

#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>

#include "host/analysis/fft.hpp"

namespace spikemass::analysis {
namespace {
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t fewest_blocks = 8;

Estimate with_interval(double value, double standard_error, std::size_t samples, Method method, double confidence) {
    const double half = student_t_quantile(0.5 + 0.5 * confidence, static_cast<double>(samples - 1)) * standard_error;
    return {value, standard_error, value - half, value + half, samples, method};
}
}  // namespace

const char* to_string(Method method) {
    switch (method) {
        case Method::trials: return "trials";
        case Method::blocks: return "blocks";
        case Method::chi_square: return "chi_square";
        case Method::resolution: return "resolution";
        case Method::none: break;
    }
    return "none";
}

double student_t_quantile(double p, double nu) { return boost::math::quantile(boost::math::students_t(nu), p); }
double chi_square_quantile(double p, double nu) { return boost::math::quantile(boost::math::chi_squared(nu), p); }

double mean(std::span<const double> x) {
    return x.empty() ? nan : std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
}

double variance(std::span<const double> x) {
    if (x.size() < 2) return nan;
    const double m = mean(x);
    double sum = 0.0;
    for (double value : x) sum += (value - m) * (value - m);
    return sum / static_cast<double>(x.size() - 1);
}

double quantile(std::span<const double> x, double p) {
    if (x.empty()) return nan;
    std::vector<double> sorted(x.begin(), x.end());
    std::sort(sorted.begin(), sorted.end());
    const double position = std::clamp(p, 0.0, 1.0) * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(position);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], position - static_cast<double>(below));
}

Estimate mean_over_trials(std::span<const double> trials, double confidence) {
    std::vector<double> finite;
    std::copy_if(trials.begin(), trials.end(), std::back_inserter(finite), [](double x) { return std::isfinite(x); });
    if (finite.size() < 2) return {mean(finite), nan, nan, nan, finite.size(), Method::none};
    const double standard_error = std::sqrt(variance(finite) / static_cast<double>(finite.size()));
    return with_interval(mean(finite), standard_error, finite.size(), Method::trials, confidence);
}

Estimate jackknife_over_trials(std::size_t trials, const std::function<double(std::optional<std::size_t>)>& f, double confidence) {
    const double value = f(std::nullopt);
    if (trials < 2) return {value, nan, nan, nan, trials, Method::none};
    std::vector<double> without(trials);
    for (std::size_t t = 0; t < trials; ++t) without[t] = f(t);
    const auto n = static_cast<double>(trials);
    const double standard_error = std::sqrt((n - 1.0) * (n - 1.0) / n * variance(without));
    return with_interval(value, standard_error, trials, Method::trials, confidence);
}

std::vector<double> autocovariance(std::span<const double> x, std::size_t max_lag) {
    if (x.empty()) return {};
    const std::size_t lags = std::min(max_lag, x.size() - 1) + 1;
    std::vector<double> centred(x.begin(), x.end());
    const double m = mean(x);
    for (double& value : centred) value -= m;
    std::size_t length = 1;                                   // zeros keep the circular transform from wrapping
    while (length < x.size() + lags) length *= 2;
    auto spectrum = forward_fft(centred, length);
    for (auto& s : spectrum) s = std::norm(s);
    auto result = inverse_fft(spectrum, length);
    result.resize(lags);
    for (double& c : result) c /= static_cast<double>(length) * static_cast<double>(x.size());
    return result;
}

std::vector<double> autocorrelation(std::span<const double> x, std::size_t max_lag) {
    auto result = autocovariance(x, max_lag);
    if (result.empty()) return result;
    const double m = mean(x), rounding = 1e-13 * m;           // what is left of a constant after its mean is taken off
    const double c0 = result[0] > rounding * rounding ? result[0] : nan;
    for (double& c : result) c /= c0;
    result[0] = 1.0;
    return result;
}

double integrated_correlation_time(std::span<const double> x) {
    if (x.size() < 2) return nan;
    const auto rho = autocorrelation(x, x.size() - 1);
    double tau = 0.5;
    for (std::size_t lag = 1; lag < rho.size(); ++lag) {
        tau += rho[lag];
        if (static_cast<double>(lag) >= 5.0 * tau) break;
    }
    return tau;
}

Blocks choose_blocks(std::span<const double> x) {
    const auto n = static_cast<double>(x.size());
    Blocks blocks;
    if (x.size() < 2) return {x.size(), n, 1.0, false};
    const auto rho = autocorrelation(x, x.size() - 1);
    const double significant = 2.0 / std::sqrt(n);
    for (std::size_t lag = 1; lag < rho.size(); ++lag) {
        if (std::abs(rho[lag]) > significant) blocks.inefficiency += 2.0 * std::abs(rho[lag]);
        if (static_cast<double>(lag) >= 2.5 * blocks.inefficiency) break;
    }
    const double wanted = std::cbrt(2.0 * n * blocks.inefficiency * blocks.inefficiency);
    blocks.count = std::min(x.size(), std::max(fewest_blocks, static_cast<std::size_t>(n / wanted)));
    blocks.length = n / static_cast<double>(blocks.count);
    blocks.resolved = blocks.count >= fewest_blocks && blocks.length >= 2.0 * blocks.inefficiency;
    return blocks;
}

std::vector<double> block_averages(std::span<const double> x, std::size_t count) {
    std::vector<double> averages(count);
    for (std::size_t b = 0; b < count; ++b) {
        const std::size_t from = b * x.size() / count, to = (b + 1) * x.size() / count;
        averages[b] = mean(x.subspan(from, to - from));
    }
    return averages;
}

Estimate mean_over_blocks(std::span<const double> x, double confidence) {
    const Blocks blocks = choose_blocks(x);
    if (blocks.count < 2) return {mean(x), nan, nan, nan, blocks.count, Method::none};
    const auto averages = block_averages(x, blocks.count);
    const double kept = 1.0 - std::min(0.5, blocks.inefficiency / (2.0 * blocks.length));
    const double standard_error = std::sqrt(variance(averages) / static_cast<double>(blocks.count) / kept);
    return with_interval(mean(x), standard_error, blocks.count, Method::blocks, confidence);
}

}  // namespace spikemass::analysis
