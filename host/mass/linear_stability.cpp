#include "host/mass/linear_stability.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/SVD>
#include <ceres/jet.h>

namespace spikemass::mass {

namespace {

constexpr int directions = 8;   // derivatives per sweep
using Dual = ceres::Jet<double, directions>;

/// Chebyshev differentiation on n + 1 nodes x_k = cos(k pi/n) (Trefethen 2000, ch. 6).
Eigen::MatrixXd chebyshev_derivative(int n) {
    Eigen::VectorXd x(n + 1), c = Eigen::VectorXd::Ones(n + 1);
    for (int k = 0; k <= n; ++k) x[k] = std::cos(k * std::numbers::pi / n);
    c[0] = c[n] = 2.0;
    Eigen::MatrixXd d = Eigen::MatrixXd::Zero(n + 1, n + 1);
    for (int i = 0; i <= n; ++i) {
        for (int j = 0; j <= n; ++j)
            if (i != j) d(i, j) = (c[i] / c[j]) * ((i + j) % 2 == 0 ? 1.0 : -1.0) / (x[i] - x[j]);
        d(i, i) = -d.row(i).sum();
    }
    return d;
}

/// Weights of the values on those nodes in the interpolating polynomial's value at x (Berrut, Trefethen 2004).
Eigen::VectorXd chebyshev_values(int n, double x) {
    Eigen::VectorXd w(n + 1);
    for (int k = 0; k <= n; ++k) {
        const double distance = x - std::cos(k * std::numbers::pi / n);
        if (std::abs(distance) < 1e-14) {
            w.setZero();
            w[k] = 1.0;
            return w;
        }
        w[k] = (k % 2 == 0 ? 1.0 : -1.0) * (k == 0 || k == n ? 0.5 : 1.0) / distance;
    }
    return w / w.sum();
}

}  // namespace

Linearisation linearise(const MassModel& model, const std::vector<double>& y, std::span<const double> input) {
    const std::size_t n = model.size(), lags = model.projections().size();
    Linearisation result{Eigen::VectorXd(n), Eigen::MatrixXd::Zero(n, n), Eigen::MatrixXd::Zero(n, lags)};
    std::vector<Dual> state(n), delayed(lags), current(input.size()), derivative(n);
    MassModel::Workspace<Dual> workspace(model);
    for (std::size_t a = 0; a < input.size(); ++a) current[a] = Dual(input[a]);
    for (std::size_t first = 0; first < n + lags; first += directions) {
        for (std::size_t i = 0; i < n; ++i)
            state[i] = i >= first && i < first + directions ? Dual(y[i], static_cast<int>(i - first)) : Dual(y[i]);
        for (std::size_t j = 0; j < lags; ++j) {
            const std::size_t source = model.projections()[j].source;
            delayed[j] = Dual(model.rate(y.data(), source));
            if (n + j >= first && n + j < first + directions) delayed[j].v[static_cast<int>(n + j - first)] = 1.0;
        }
        model.derivative(state.data(), delayed.data(), current.data(), derivative.data(), workspace);
        for (std::size_t i = 0; i < n; ++i) {
            result.value[i] = derivative[i].a;
            for (std::size_t k = first; k < std::min(first + directions, n + lags); ++k)
                (k < n ? result.state(i, k) : result.lagged(i, k - n)) = derivative[i].v[static_cast<int>(k - first)];
        }
    }
    const Eigen::MatrixXd rows = source_rows(model);
    for (std::size_t j = 0; j < lags; ++j) {
        if (model.projections()[j].longest_delay() > 0.0) continue;
        result.state += result.lagged.col(j) * rows.row(j);
        result.lagged.col(j).setZero();
    }
    return result;
}

Eigen::MatrixXd source_rows(const MassModel& model) {
    Eigen::MatrixXd rows = Eigen::MatrixXd::Zero(model.projections().size(), model.size());
    for (std::size_t j = 0; j < model.projections().size(); ++j) {
        const auto& a = model.populations()[model.projections()[j].source];
        for (std::size_t k = 0; k < a.classes(); ++k) {
            rows(j, a.first + 2 * k) = a.class_weight[k] / a.tau;
            rows(j, a.first + 2 * k + 1) = a.class_imaginary(k) * std::numbers::inv_pi / a.tau;
        }
    }
    return rows;
}

Eigen::MatrixXd steady_jacobian(const MassModel& model, const Linearisation& at) {
    return at.state + at.lagged * source_rows(model);
}

Eigen::MatrixXcd characteristic_matrix(const MassModel& model, const Linearisation& at, std::complex<double> lambda, int order) {
    const auto n = static_cast<Eigen::Index>(model.size());
    Eigen::MatrixXcd result = Eigen::MatrixXcd::Identity(n, n) * (order == 0 ? lambda : std::complex<double>(1.0));
    if (order == 0) result -= at.state.cast<std::complex<double>>();
    const Eigen::MatrixXd rows = source_rows(model);
    for (std::size_t j = 0; j < model.projections().size(); ++j) {
        if (!(model.projections()[j].longest_delay() > 0.0)) continue;
        std::complex<double> factor = 0.0;
        for (const Lag& lag : model.projections()[j].lags) factor += lag.weight * std::exp(-lambda * lag.delay) * (order == 0 ? -1.0 : lag.delay);
        result += (at.lagged.col(static_cast<Eigen::Index>(j)) * rows.row(static_cast<Eigen::Index>(j))).cast<std::complex<double>>() * factor;
    }
    return result;
}

std::vector<std::complex<double>> characteristic_roots(const MassModel& model, const Linearisation& at) {
    const auto n = static_cast<Eigen::Index>(model.size());
    const Eigen::MatrixXd rows = source_rows(model);
    // Projections that read the same past are one.
    struct Past {
        std::size_t source;
        const std::vector<Lag>* lags;
        double longest;
        Eigen::VectorXd column;
        Eigen::Index row, nodes;
    };
    std::vector<Past> pasts;
    Eigen::Index size = n;
    for (std::size_t j = 0; j < model.projections().size(); ++j) {
        const auto& projection = model.projections()[j];
        const double longest = projection.longest_delay();
        if (!(longest > 0.0)) continue;
        const auto column = at.lagged.col(static_cast<Eigen::Index>(j));
        const auto known = std::find_if(pasts.begin(), pasts.end(), [&](const Past& p) { return p.source == projection.source && *p.lags == projection.lags; });
        if (known != pasts.end()) {
            known->column += column;
            continue;
        }
        pasts.push_back({projection.source, &projection.lags, longest, column, static_cast<Eigen::Index>(j), 0});
    }
    const double speed = at.state.norm() + at.lagged.norm() * rows.norm();   // bounds |lambda| of roots with Re >= 0
    for (Past& past : pasts) {
        past.nodes = speed * past.longest < 0.5 ? 10 : 24;
        size += past.nodes;
    }
    // History u(theta), theta in [-d, 0], d the longest delay: u(0) = rate now, du/dt = du/dtheta at the other nodes, F reads u at every -lag.
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(size, size);
    a.topLeftCorner(n, n) = at.state;
    Eigen::Index block = n;
    for (const Past& past : pasts) {
        const Eigen::MatrixXd derivative = chebyshev_derivative(static_cast<int>(past.nodes)) * (2.0 / past.longest);
        a.block(block, block, past.nodes, past.nodes) = derivative.bottomRightCorner(past.nodes, past.nodes);
        a.block(block, 0, past.nodes, n) = derivative.bottomLeftCorner(past.nodes, 1) * rows.row(past.row);
        for (const Lag& lag : *past.lags) {
            const Eigen::VectorXd at_lag = chebyshev_values(static_cast<int>(past.nodes), 1.0 - 2.0 * lag.delay / past.longest) * lag.weight;
            a.topLeftCorner(n, n) += past.column * at_lag[0] * rows.row(past.row);
            a.block(0, block, n, past.nodes) += past.column * at_lag.tail(past.nodes).transpose();
        }
        block += past.nodes;
    }
    const Eigen::VectorXcd all = Eigen::EigenSolver<Eigen::MatrixXd>(a, false).eigenvalues();
    std::vector<std::complex<double>> sorted(all.data(), all.data() + all.size());
    std::sort(sorted.begin(), sorted.end(), [](const auto& x, const auto& y) {
        return x.real() != y.real() ? x.real() > y.real() : x.imag() > y.imag();
    });
    return sorted;
}

std::complex<double> refined_root(const MassModel& model, const Linearisation& at, std::complex<double> lambda) {
    const auto n = static_cast<Eigen::Index>(model.size());
    const Eigen::JacobiSVD<Eigen::MatrixXcd> svd(characteristic_matrix(model, at, lambda), Eigen::ComputeFullV);
    const Eigen::VectorXcd fixed = svd.matrixV().col(n - 1);
    Eigen::VectorXcd q = fixed;
    std::complex<double> root = lambda;
    for (int iteration = 0; iteration < 8; ++iteration) {   // Delta(lambda) q = 0, <fixed, q> = 1
        const Eigen::MatrixXcd matrix = characteristic_matrix(model, at, root);
        Eigen::MatrixXcd system = Eigen::MatrixXcd::Zero(n + 1, n + 1);
        system.topLeftCorner(n, n) = matrix;
        system.topRightCorner(n, 1) = characteristic_matrix(model, at, root, 1) * q;
        system.bottomLeftCorner(1, n) = fixed.adjoint();
        Eigen::VectorXcd residual(n + 1);
        residual << matrix * q, fixed.dot(q) - 1.0;
        const Eigen::VectorXcd step = Eigen::PartialPivLU<Eigen::MatrixXcd>(system).solve(residual);
        if (!step.allFinite()) return lambda;
        q -= step.head(n);
        root -= step[n];
        if (std::abs(step[n]) < 1e-15 * (1.0 + std::abs(root)) || !(std::abs(root - lambda) < 1e-3 * (1.0 + std::abs(lambda)))) break;
    }
    if (lambda.imag() == 0.0) root = root.real();
    return std::abs(root - lambda) < 1e-4 * (1.0 + std::abs(lambda)) ? root : lambda;
}

std::vector<std::complex<double>> eigenvalues(const MassModel& model, const Linearisation& at) {
    auto roots = characteristic_roots(model, at);
    roots.resize(model.size());
    const bool delayed = std::any_of(model.projections().begin(), model.projections().end(), [](const auto& p) { return p.longest_delay() > 0.0; });
    for (std::size_t k = 0; delayed && k < std::min<std::size_t>(roots.size(), 6); ++k) roots[k] = refined_root(model, at, roots[k]);
    return roots;
}

}  // namespace spikemass::mass
