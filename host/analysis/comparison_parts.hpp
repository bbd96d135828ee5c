#pragma once
// The parts of compare(), one file each.

#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <vector>

#include "host/analysis/comparison.hpp"
#include "host/analysis/delta_method.hpp"

namespace spikemass::analysis {

inline constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
inline const std::string spiking_level = "spiking", exact_mass = "mass";

/// |(pi tau r, v)|, or tau r pi where v is not known.
inline double magnitude(double tau, double r, double v) { return std::hypot(std::numbers::pi * tau * r, v); }

/// The interval of a distance, which cannot be negative; an unknown bound stays unknown.
inline Estimate not_below_zero(Estimate e) {
    if (e.lo < 0.0) e.lo = 0.0;
    return e;
}

/// Bins [first, last) of every trial that is finite there; v empty where the level lacks it.
struct Slice {
    std::vector<std::span<const double>> rate, v;
    std::vector<std::size_t> trials;                       ///< which ones
    bool has_v() const { return !v.empty(); }
};
Slice slice(const Traces& traces, std::size_t first, std::size_t last);

/// Mean over trials, [bin].
std::vector<double> trial_mean(const std::vector<std::span<const double>>& trials, std::optional<std::size_t> left_out = std::nullopt);

/// Square of the standard error of trial_mean, averaged over bins; NaN for one trial.
double mean_square_error_of_mean(const std::vector<std::span<const double>>& trials);

class Comparison {
public:
    Comparison(const PointData& point, const ComparisonOptions& options) : point_(point), options_(options) {}
    PointComparison run();

private:
    void steady();
    void transients();
    void fluctuations();

    void steady_window(std::size_t population, int window);
    void shifts(std::size_t population, int window);
    void steady_score(const std::string& name, double LevelScore::*column);
    std::optional<Slice> reference_slice(std::size_t population, const Window& window) const;
    void pseudo_cumulant(std::size_t population, int window);
    void damping(std::size_t population, int window);
    void fluctuations_of(std::size_t population, const Window& window);
    void add(const std::string& name, const std::string& unit, const std::string& level, std::size_t population, int window, const Estimate& e);
    void add(const std::string& name, const std::string& unit, const std::string& level, std::size_t population, int window, double value);
    LevelScore& score(const std::string& level);

    const PointData& point_;
    const ComparisonOptions& options_;
    PointComparison result_;
};

}  // namespace spikemass::analysis
