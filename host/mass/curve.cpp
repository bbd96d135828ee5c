#include "host/mass/curve.hpp"

#include <algorithm>
#include <cmath>

#include <Eigen/LU>
#include <Eigen/SVD>

namespace spikemass::mass {

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr double solved = 1e-9;       // residual that a converged solution may have: rounding of large currents
constexpr double still = 1e-11;       // last step of Newton's method, in units of the scale

/// Sign of the determinant.
double orientation_of(const MatrixXd& square) {
    const Eigen::PartialPivLU<MatrixXd> lu(square);
    double sign = lu.permutationP().determinant();
    for (Index i = 0; i < square.rows(); ++i)
        if (lu.matrixLU()(i, i) < 0.0) sign = -sign;
    return sign;
}

MatrixXd bordered(const MatrixXd& jacobian, const VectorXd& row) {
    MatrixXd square(jacobian.rows() + 1, jacobian.cols());
    square << jacobian, row.transpose();
    return square;
}

}  // namespace

MatrixXd difference_jacobian(const System& system, const VectorXd& x) {
    const std::optional<VectorXd> here = system.residual(x);
    if (!here) return {};
    MatrixXd result(here->size(), x.size());
    for (Index k = 0; k < x.size(); ++k) {
        const double step = 6e-6 * std::max(0.1 * system.scale[k], std::min(std::abs(x[k]), system.scale[k]));
        VectorXd low = x, high = x;
        low[k] -= step, high[k] += step;
        std::optional<VectorXd> below = system.residual(low), above = system.residual(high);
        if (!below) below = here, low = x;
        if (!above) above = here, high = x;
        result.col(k) = (*above - *below) / std::max(high[k] - low[k], 1e-300);
    }
    return result;
}

bool solve(const System& system, VectorXd& x) {
    std::optional<VectorXd> residual = system.residual(x);
    double moved = 1e300;
    for (int iteration = 0; iteration < 25 && residual; ++iteration) {
        const MatrixXd jacobian = system.jacobian(x) * system.scale.asDiagonal();
        const VectorXd step = Eigen::PartialPivLU<MatrixXd>(jacobian).solve(*residual);
        if (!step.allFinite()) return false;
        const double size = step.norm();
        if (size > 1.0) return false;   // far from any solution that was meant
        if (size >= moved && moved < 1e-9) break;   // rounding is all that is left
        moved = size;
        x -= step.cwiseProduct(system.scale);
        residual = system.residual(x);
        if (moved < 1e-14) break;
    }
    return residual && moved < still * std::sqrt(static_cast<double>(x.size())) && residual->cwiseAbs().maxCoeff() < solved;
}

System with_equation(const System& system, std::function<double(const VectorXd& x)> value) {
    System result;
    result.scale = system.scale;
    result.residual = [system, value](const VectorXd& x) -> std::optional<VectorXd> {
        const std::optional<VectorXd> f = system.residual(x);
        if (!f) return std::nullopt;
        VectorXd more(f->size() + 1);
        more << *f, value(x);
        return more;
    };
    result.jacobian = [r = System{result.scale, result.residual, {}, {}}](const VectorXd& x) { return difference_jacobian(r, x); };
    return result;
}

std::optional<CurvePoint> Curve::point(const VectorXd& x, const VectorXd& like) const {
    const MatrixXd jacobian = system_.jacobian(x) * system_.scale.asDiagonal();
    VectorXd last = VectorXd::Zero(x.size());
    last[x.size() - 1] = 1.0;
    VectorXd tangent;
    if (like.size() > 0) {
        tangent = Eigen::PartialPivLU<MatrixXd>(bordered(jacobian, like)).solve(last);
    } else {
        const Eigen::JacobiSVD<MatrixXd> svd(jacobian, Eigen::ComputeFullV);
        tangent = svd.matrixV().col(x.size() - 1);
    }
    if (!tangent.allFinite() || tangent.norm() == 0.0) return std::nullopt;
    tangent.normalize();
    return CurvePoint{x, tangent, orientation_of(bordered(jacobian, tangent))};
}

std::optional<VectorXd> Curve::correct(const VectorXd& predicted, const VectorXd& direction, int& iterations) const {
    VectorXd x = predicted;
    double moved = 1e300;
    for (iterations = 0; iterations < 10; ++iterations) {
        const std::optional<VectorXd> residual = system_.residual(x);
        if (!residual) return std::nullopt;
        VectorXd load(x.size());
        load << *residual, direction.dot((x - predicted).cwiseQuotient(system_.scale));
        const VectorXd step = Eigen::PartialPivLU<MatrixXd>(bordered(system_.jacobian(x) * system_.scale.asDiagonal(), direction)).solve(load);
        if (!step.allFinite() || step.norm() > 0.5) return std::nullopt;
        if (step.norm() >= moved && moved < 1e-9) break;
        moved = step.norm();
        x -= step.cwiseProduct(system_.scale);
        if (moved < 1e-12) break;
    }
    const std::optional<VectorXd> residual = system_.residual(x);
    if (!residual || moved > 1e-9 || residual->cwiseAbs().maxCoeff() > solved) return std::nullopt;
    return x;
}

std::optional<VectorXd> Curve::at(Index unknown, double value, VectorXd x) const {
    x[unknown] = value;
    const double scale = system_.scale[unknown];
    System square{system_.scale, {}, {}, {}};
    square.residual = [&](const VectorXd& z) -> std::optional<VectorXd> {
        const std::optional<VectorXd> f = system_.residual(z);
        if (!f) return std::nullopt;
        VectorXd more(z.size());
        more << *f, (z[unknown] - value) / scale;
        return more;
    };
    square.jacobian = [&](const VectorXd& z) {
        VectorXd row = VectorXd::Zero(z.size());
        row[unknown] = 1.0 / scale;
        return bordered(system_.jacobian(z), row);
    };
    if (!solve(square, x)) return std::nullopt;
    x[unknown] = value;
    return x;
}

/// Where the step leaves the range of a parameter: the solution at its edge.
std::optional<VectorXd> Curve::land(const CurvePoint& from, double step) const {
    double share = 1.0;
    const Bound* crossed = nullptr;
    double edge = 0.0;
    const VectorXd move = from.tangent.cwiseProduct(system_.scale) * step;
    for (const Bound& bound : bounds_) {
        const double target = move[bound.unknown] > 0.0 ? bound.range.high : bound.range.low;
        const double reach = move[bound.unknown] == 0.0 ? 2.0 : (target - from.x[bound.unknown]) / move[bound.unknown];
        if (reach > share) continue;
        share = std::max(reach, 0.0), crossed = &bound, edge = target;
    }
    if (!crossed) return std::nullopt;
    std::optional<VectorXd> landed = at(crossed->unknown, edge, from.x + share * move);
    if (landed && distance(*landed, from.x) > 2.0 * step) return std::nullopt;
    return landed;
}

CurveEnd Curve::follow(std::vector<CurvePoint>& points) const {
    double step = settings_.first_step;
    const VectorXd origin = points.front().x;
    if (system_.reached) system_.reached(origin);
    while (static_cast<int>(points.size()) < settings_.most_points) {
        const CurvePoint& from = points.back();
        const VectorXd predicted = from.x + step * from.tangent.cwiseProduct(system_.scale);
        const bool leaves = std::any_of(bounds_.begin(), bounds_.end(), [&](const Bound& b) { return !b.range.contains(predicted[b.unknown]); });
        int iterations = 0;
        const std::optional<VectorXd> x = leaves ? land(from, step) : correct(predicted, from.tangent, iterations);
        std::optional<CurvePoint> next;
        if (x && leaves && distance(*x, from.x) < 1e-9) return CurveEnd::range;
        const bool outside = x && !inside_(*x);
        if (x && !outside && distance(*x, predicted) < 0.5 * step + (leaves ? 2.0 * step : 0.0)) next = point(*x, from.tangent);
        const double turn = next ? next->tangent.dot(from.tangent) : 0.0;
        if (!next || turn < 0.985) {
            step *= 0.5;
            if (step < settings_.smallest_step) return outside ? outside_ : CurveEnd::stuck;
            continue;
        }
        points.push_back(*next);
        if (system_.reached) system_.reached(next->x);
        if (leaves) return CurveEnd::range;
        const double back = distance(next->x, origin);
        if (points.size() > 10 && back < step && points.front().tangent.dot(next->tangent) > 0.9) {
            points.push_back(points.front());
            return CurveEnd::closed;
        }
        if (iterations <= 4 && turn > 0.997) step = std::min(1.5 * step, settings_.largest_step);
    }
    return CurveEnd::too_long;
}

void Curve::Trace::reverse() {
    std::reverse(points.begin(), points.end());
    std::swap(first, last);
    for (CurvePoint& p : points) p.tangent *= -1.0, p.orientation *= -1.0;
}

std::optional<Curve::Trace> Curve::trace(const VectorXd& start) const {
    if (system_.reached) system_.reached(start);
    const std::optional<CurvePoint> middle = point(start, {});
    if (!middle) return std::nullopt;
    Trace result;
    std::vector<CurvePoint> forward{*middle}, backward{*middle};
    const CurveEnd end = follow(forward);
    if (end == CurveEnd::closed) {
        result.first = result.last = end;
        result.points = std::move(forward);
        return result;
    }
    backward.front().tangent *= -1.0;
    backward.front().orientation *= -1.0;
    result.points = std::move(backward);
    result.last = follow(result.points);
    result.reverse();
    result.points.pop_back();
    result.last = end;
    result.points.insert(result.points.end(), forward.begin(), forward.end());
    return result;
}

std::optional<CurvePoint> Curve::between(const CurvePoint& a, const CurvePoint& b) const {
    VectorXd direction = (b.x - a.x).cwiseQuotient(system_.scale);
    if (direction.norm() == 0.0) return std::nullopt;
    direction.normalize();
    int iterations = 0;
    const auto x = correct(0.5 * (a.x + b.x), direction, iterations);
    return x ? point(*x, direction) : std::nullopt;
}

}  // namespace spikemass::mass
