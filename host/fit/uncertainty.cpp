#include "host/fit/uncertainty.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include "host/analysis/statistics.hpp"

namespace spikemass::fit {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double blind = 1e-3;          ///< eigenvalue of the normalised J^T J below which a direction counts as not seen: two parameters correlated above 0.999
constexpr double singular = 1e-11;      ///< below it arithmetic says nothing

/// J_theta of the free parameters without what the start states could do as well.
MatrixXd projected(const Shooting& point, const Matrix& jacobian, const std::vector<Index>& columns) {
    MatrixXd j(jacobian.rows(), static_cast<Index>(columns.size()));
    for (std::size_t k = 0; k < columns.size(); ++k) j.col(static_cast<Index>(k)) = jacobian.col(columns[k]);
    if (point.states() == 0) return j;
    Eigen::ColPivHouseholderQR<MatrixXd> qr(jacobian.rightCols(static_cast<Index>(point.states())));
    qr.setThreshold(1e-12);
    MatrixXd turned = qr.householderQ().adjoint() * j;
    turned.topRows(qr.rank()).setZero();
    return qr.householderQ() * turned;
}

/// Correlation of neighbours.
double neighbours(const VectorXd& x) {
    const Index n = x.size();
    const double all = x.squaredNorm();
    return n < 3 || all == 0.0 ? 0.0 : std::clamp(x.head(n - 1).dot(x.tail(n - 1)) / all, -0.9, 0.97);
}

/// Long-run covariance of the sum of the rows of x [bin][parameter], whose mean is 0.
MatrixXd long_run(const MatrixXd& x) {
    const Index bins = x.rows(), n = x.cols();
    VectorXd rho(n);
    MatrixXd u = x;
    for (Index k = 0; k < n; ++k) {
        rho[k] = neighbours(x.col(k));
        for (Index b = bins - 1; b > 0; --b) u(b, k) = x(b, k) - rho[k] * x(b - 1, k);
        u(0, k) = std::sqrt(1.0 - rho[k] * rho[k]) * x(0, k);
    }
    double above = 0.0, below = 0.0;   // Andrews' alpha(1) of AR(1)s, each weighted by its own variance
    for (Index k = 0; k < n; ++k) {
        const double r = neighbours(u.col(k));
        above += 4.0 * r * r / (std::pow(1.0 - r, 2) * std::pow(1.0 + r, 2));
        below += 1.0;
    }
    const double width = 1.1447 * std::cbrt(above / below * static_cast<double>(bins));
    MatrixXd sum = u.transpose() * u;
    for (Index lag = 1; lag < bins && static_cast<double>(lag) < width; ++lag) {
        const MatrixXd shifted = u.topRows(bins - lag).transpose() * u.bottomRows(bins - lag);
        sum += (1.0 - static_cast<double>(lag) / width) * (shifted + shifted.transpose());
    }
    for (Index i = 0; i < n; ++i)
        for (Index k = 0; k < n; ++k) sum(i, k) /= (1.0 - rho[i]) * (1.0 - rho[k]);
    return sum;
}

std::string list_of(const std::vector<std::string>& names) {
    if (names.size() == 1) return names[0];
    return fmt::format("{} and {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

}  // namespace

Uncertainty uncertainty(const std::vector<const Shooting*>& points, const std::vector<Shooting::Values>& values, const std::vector<Parameter>& parameters, const std::vector<bool>& free) {
    const auto count = static_cast<Index>(parameters.size());
    Uncertainty out;
    out.standard_error = out.half_width = VectorXd::Constant(count, std::numeric_limits<double>::quiet_NaN());
    out.correlation = MatrixXd::Constant(count, count, std::numeric_limits<double>::quiet_NaN());
    std::vector<Index> columns;
    for (Index k = 0; k < count; ++k)
        if (free[static_cast<std::size_t>(k)]) columns.push_back(k);
    const auto n = static_cast<Index>(columns.size());
    if (n == 0) return out;
    const auto path = [&](Index k) { return parameters[static_cast<std::size_t>(columns[static_cast<std::size_t>(k)])].path; };

    const auto bins = static_cast<Index>(points.front()->recording().bins());
    std::size_t trials = points.front()->recording().trials.size(), rows = 0, unknowns = static_cast<std::size_t>(n);
    for (const Shooting* p : points)
        if (p->recording().trials.size() != trials) trials = 0;   // not the same ones everywhere
    MatrixXd a = MatrixXd::Zero(n, n), score = MatrixXd::Zero(bins, n), trial_score = MatrixXd::Zero(static_cast<Index>(trials), n);
    double neighbour = 0.0, neighbour_weight = 0.0;
    for (std::size_t p = 0; p < points.size(); ++p) {
        const Shooting& point = *points[p];
        const Recording& recording = point.recording();
        const MatrixXd j = projected(point, values[p].jacobian, columns);
        a += j.transpose() * j;
        const std::size_t series = recording.series.size();
        for (Index row = 0; row < j.rows(); ++row) {
            const auto bin = static_cast<Index>(point.bin_of(static_cast<std::size_t>(row)));
            if (bin < bins) score.row(bin) += j.row(row) * values[p].residuals[row];
            if (!point.is_data(static_cast<std::size_t>(row))) continue;
            const Series& s = recording.series[static_cast<std::size_t>(row) % series];
            for (std::size_t t = 0; t < trials; ++t) {
                const Trial& trial = recording.trials[t];
                trial_score.row(static_cast<Index>(t)) += j.row(row) * (((s.is_v ? trial.v : trial.rate)[s.population][static_cast<std::size_t>(bin)] - s.mean[static_cast<std::size_t>(bin)]) * s.weight);
            }
        }
        for (std::size_t s = 0; s < series; ++s) {
            VectorXd r(bins);
            for (Index b = 0; b < bins; ++b) r[b] = values[p].residuals[b * static_cast<Index>(series) + static_cast<Index>(s)];
            neighbour += std::max(0.0, neighbours(r));
            neighbour_weight += 1.0;
        }
        rows += series * recording.bins();
        unknowns += point.states();
    }

    VectorXd size = a.diagonal().cwiseSqrt();
    for (Index k = 0; k < n; ++k)
        if (!(size[k] > 0.0)) size[k] = 0.0;
    const VectorXd inverse_size = size.unaryExpr([](double x) { return x > 0.0 ? 1.0 / x : 0.0; });
    const Eigen::SelfAdjointEigenSolver<MatrixXd> eigen(inverse_size.asDiagonal() * a * inverse_size.asDiagonal());
    VectorXd inverse = VectorXd::Zero(n);
    struct Direction {
        std::vector<std::string> names;
        std::vector<Index> members;
        double lambda;
    };
    std::vector<Direction> blind_to;
    std::vector<bool> unseen(static_cast<std::size_t>(n), false);
    for (Index k = 0; k < n; ++k) {
        const double lambda = eigen.eigenvalues()[k];
        inverse[k] = 1.0 / std::max(lambda, singular);
        if (lambda > blind) continue;
        std::vector<std::string> names;
        std::vector<Index> members;
        for (Index i = 0; i < n; ++i)
            if (std::abs(eigen.eigenvectors()(i, k)) > 0.1) {
                names.push_back(path(i));
                members.push_back(i);
            }
        if (lambda <= singular)
            for (const Index i : members) unseen[static_cast<std::size_t>(i)] = true;
        blind_to.push_back({names, members, lambda});
    }
    const MatrixXd bread = inverse_size.asDiagonal() * eigen.eigenvectors() * inverse.asDiagonal() * eigen.eigenvectors().transpose() * inverse_size.asDiagonal();
    const auto correlation = [&](Index i, Index k) { return bread(i, k) / std::sqrt(bread(i, i) * bread(k, k)); };
    for (const auto& [names, members, lambda] : blind_to) {
        if (members.size() == 1) {
            out.warnings.push_back(fmt::format("{}: the data do not depend on it, whatever the other parameters are. Leave it out of --free, or record something that it acts on.", names[0]));
            continue;
        }
        const std::string how = members.size() == 2 ? fmt::format("their estimates are correlated at {:.7g}", std::copysign(std::min(std::abs(correlation(members[0], members[1])), 1.0), correlation(members[0], members[1])))
                                                    : fmt::format("the data see only combinations of them, and {:.1g} of what each does is left of one", std::sqrt(std::max(lambda, 0.0)));
        out.warnings.push_back(fmt::format("{} cannot be told apart: {}. Fix one of them (leave it out of --free), or record what moves them differently, such as the response to a step of the input.", list_of(names), how));
    }

    const double correction = rows > unknowns ? static_cast<double>(rows) / static_cast<double>(rows - unknowns) : 1.0;
    const MatrixXd serial = bread * (correction * long_run(score)) * bread;
    const double rho = neighbour / std::max(neighbour_weight, 1.0), freedom = std::max(3.0, static_cast<double>(bins) * (1.0 - rho) / (1.0 + rho));
    const double t_serial = analysis::student_t_quantile(0.975, freedom), t_trials = trials >= 4 ? analysis::student_t_quantile(0.975, static_cast<double>(trials - 1)) : t_serial;
    MatrixXd between = MatrixXd::Zero(n, n);
    if (trials >= 2) between = bread * (trial_score.transpose() * trial_score) * bread / (static_cast<double>(trials) * static_cast<double>(trials - 1));
    for (Index k = 0; k < n; ++k) {
        const double s = std::sqrt(std::max(serial(k, k), 0.0)), b = std::sqrt(std::max(between(k, k), 0.0));
        const bool lost = unseen[static_cast<std::size_t>(k)] || size[k] == 0.0;
        out.standard_error[columns[static_cast<std::size_t>(k)]] = lost ? infinity : std::max(s, b);
        out.half_width[columns[static_cast<std::size_t>(k)]] = lost ? infinity : std::max(t_serial * s, t_trials * b);
        for (Index i = 0; i < n; ++i) out.correlation(columns[static_cast<std::size_t>(k)], columns[static_cast<std::size_t>(i)]) = correlation(k, i);
    }
    return out;
}

}  // namespace spikemass::fit
