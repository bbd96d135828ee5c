#include "host/mass/linear_stability.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <Eigen/Eigenvalues>
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
        for (std::size_t k = 0; k < a.classes(); ++k) rows(j, a.first + 2 * k) = a.class_weight[k] / a.tau;
    }
    return rows;
}

Eigen::MatrixXd steady_jacobian(const MassModel& model, const Linearisation& at) {
    return at.state + at.lagged * source_rows(model);
}

std::vector<std::complex<double>> eigenvalues(const MassModel& model, const Linearisation& at) {
    constexpr int nodes = 24;
    const auto n = static_cast<Eigen::Index>(model.size());
    const Eigen::MatrixXd rows = source_rows(model);
    std::vector<std::size_t> lagged;
    for (std::size_t j = 0; j < model.projections().size(); ++j)
        if (model.projections()[j].longest_delay() > 0.0) lagged.push_back(j);
    // History u_j(theta), theta in [-d_j, 0]: u_j(0) = rate now, du_j/dt = du_j/dtheta at the other nodes, F reads u_j(-d_j).
    Eigen::MatrixXd a = Eigen::MatrixXd::Zero(n + nodes * static_cast<Eigen::Index>(lagged.size()), n + nodes * static_cast<Eigen::Index>(lagged.size()));
    a.topLeftCorner(n, n) = at.state;
    const Eigen::MatrixXd derivative = chebyshev_derivative(nodes);
    for (std::size_t i = 0; i < lagged.size(); ++i) {
        const std::size_t j = lagged[i];
        const Eigen::Index block = n + nodes * static_cast<Eigen::Index>(i);
        const double longest = model.projections()[j].longest_delay(), scale = 2.0 / longest;
        a.block(block, block, nodes, nodes) = scale * derivative.bottomRightCorner(nodes, nodes);
        a.block(block, 0, nodes, n) = scale * derivative.bottomLeftCorner(nodes, 1) * rows.row(j);
        for (const Lag& lag : model.projections()[j].lags) {
            const Eigen::VectorXd at_lag = chebyshev_values(nodes, 1.0 - 2.0 * lag.delay / longest) * lag.weight;
            a.topLeftCorner(n, n) += at.lagged.col(j) * at_lag[0] * rows.row(j);
            a.block(0, block, n, nodes) += at.lagged.col(j) * at_lag.tail(nodes).transpose();
        }
    }
    const Eigen::VectorXcd all = Eigen::EigenSolver<Eigen::MatrixXd>(a, false).eigenvalues();
    std::vector<std::complex<double>> sorted(all.data(), all.data() + all.size());
    std::sort(sorted.begin(), sorted.end(), [](const auto& x, const auto& y) {
        return x.real() != y.real() ? x.real() > y.real() : x.imag() > y.imag();
    });
    sorted.resize(static_cast<std::size_t>(n));
    return sorted;
}

}  // namespace spikemass::mass
