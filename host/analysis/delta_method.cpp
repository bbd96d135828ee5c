#include "host/analysis/delta_method.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace spikemass::analysis {
namespace {

Eigen::VectorXd gradient(const std::function<double(const Eigen::VectorXd&)>& f, const Eigen::VectorXd& at) {
    Eigen::VectorXd g(at.size()), x = at;
    for (Eigen::Index i = 0; i < at.size(); ++i) {
        const double h = 6e-6 * std::max(1e-3, std::abs(at[i]));
        x[i] = at[i] + h;
        const double above = f(x);
        x[i] = at[i] - h;
        g[i] = (above - f(x)) / (2.0 * h);
        x[i] = at[i];
    }
    return g;
}

}  // namespace

Estimate delta_method(const std::vector<Repetitions>& sets, const std::function<double(const Eigen::VectorXd&)>& f, double confidence) {
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    Eigen::Index columns = 0;
    for (const auto& set : sets) columns += set.samples.cols();
    Eigen::VectorXd means(columns);
    Eigen::Index at = 0;
    for (const auto& set : sets) {
        means.segment(at, set.samples.cols()) = set.samples.colwise().mean().transpose();
        at += set.samples.cols();
    }
    Estimate result{f(means), nan, nan, nan, 0, Method::none};
    const Eigen::VectorXd g = gradient(f, means);
    double variance = 0.0, satterthwaite = 0.0;
    at = 0;
    for (const auto& set : sets) {
        const Eigen::Index rows = set.samples.rows(), here = at;
        at += set.samples.cols();
        if (rows < 2) continue;
        const Eigen::RowVectorXd centre = set.samples.colwise().mean();
        const Eigen::VectorXd linear = (set.samples.rowwise() - centre) * g.segment(here, set.samples.cols());
        const double part = set.variance_factor * linear.squaredNorm() / static_cast<double>((rows - 1) * rows);
        variance += part;
        satterthwaite += part * part / static_cast<double>(rows - 1);
        if (result.method == Method::none) {
            result.method = set.method;
            result.samples = static_cast<std::size_t>(rows);
        }
    }
    if (result.method == Method::none) return result;
    result.standard_error = std::sqrt(variance);
    const double freedom = satterthwaite > 0.0 ? variance * variance / satterthwaite : static_cast<double>(result.samples - 1);
    const double half = student_t_quantile(0.5 + 0.5 * confidence, freedom) * result.standard_error;
    result.lo = result.value - half;
    result.hi = result.value + half;
    return result;
}

}  // namespace spikemass::analysis
