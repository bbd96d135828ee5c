#pragma once
// Pseudo-arclength continuation of the solutions of any system with one unknown more than it has equations.

#include <functional>
#include <optional>
#include <vector>

#include <Eigen/Core>

#include "host/mass/continuation.hpp"

namespace spikemass::mass {

/// Unknowns x; distances are measured in x/scale.  `residual` gives nothing where the equations are not defined.  A Jacobian that is a little off
/// costs iterations, not accuracy: what is solved is residual = 0.
struct System {
    Eigen::VectorXd scale;
    std::function<std::optional<Eigen::VectorXd>(const Eigen::VectorXd& x)> residual;
    std::function<Eigen::MatrixXd(const Eigen::VectorXd& x)> jacobian;
    /// Called with every point that a curve has reached, where normalisations move along with the solution.
    std::function<void(const Eigen::VectorXd& x)> reached = {};
};

/// Central differences, one-sided at the edge of the domain.
Eigen::MatrixXd difference_jacobian(const System& system, const Eigen::VectorXd& x);

/// Newton's method for as many equations as unknowns, from x; false: it did not converge.
bool solve(const System& system, Eigen::VectorXd& x);

/// `system` with one more equation.
System with_equation(const System& system, std::function<double(const Eigen::VectorXd& x)> value);

/// tangent: of length 1 in x/scale.  orientation: the sign of det [Jacobian; tangent], which changes at branch points alone.
struct CurvePoint {
    Eigen::VectorXd x, tangent;
    double orientation = 1.0;
};

class Curve {
public:
    struct Bound {
        Eigen::Index unknown;
        Interval range;
    };
    struct Settings {
        double first_step = 4e-3, largest_step = 0.015, smallest_step = 1e-7;
        int most_points = 3000;
    };
    /// `inside`: where solutions mean something.
    Curve(System system, std::vector<Bound> bounds, std::function<bool(const Eigen::VectorXd& x)> inside, CurveEnd outside, Settings settings)
        : system_(std::move(system)), bounds_(std::move(bounds)), inside_(std::move(inside)), outside_(outside), settings_(settings) {}

    const System& system() const { return system_; }
    double distance(const Eigen::VectorXd& a, const Eigen::VectorXd& b) const { return (a - b).cwiseQuotient(system_.scale).norm(); }

    struct Trace {
        std::vector<CurvePoint> points;
        CurveEnd first = CurveEnd::range, last = CurveEnd::range;
        /// The other way round.
        void reverse();
    };
    /// The whole curve through a solution, in both directions; nothing where it has no tangent.
    std::optional<Trace> trace(const Eigen::VectorXd& start) const;

    /// The point of the curve midway between two neighbours.
    std::optional<CurvePoint> between(const CurvePoint& a, const CurvePoint& b) const;
    /// The solution with x[unknown] = value near x.
    std::optional<Eigen::VectorXd> at(Eigen::Index unknown, double value, Eigen::VectorXd x) const;

private:
    std::optional<CurvePoint> point(const Eigen::VectorXd& x, const Eigen::VectorXd& like) const;
    std::optional<Eigen::VectorXd> correct(const Eigen::VectorXd& predicted, const Eigen::VectorXd& direction, int& iterations) const;
    std::optional<Eigen::VectorXd> land(const CurvePoint& from, double step) const;
    CurveEnd follow(std::vector<CurvePoint>& points) const;

    System system_;
    std::vector<Bound> bounds_;
    std::function<bool(const Eigen::VectorXd&)> inside_;
    CurveEnd outside_;
    Settings settings_;
};

}  // namespace spikemass::mass
