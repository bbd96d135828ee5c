#pragma once
// What decides the kind of a bifurcation beyond its linear part.

#include <complex>
#include <vector>

#include <Eigen/Core>

#include "host/mass/mass_model.hpp"

namespace spikemass::mass {

/// A direction of the equations: the states [n], and every projection's delayed source rate [projection].  For an eigenfunction
/// q exp(lambda theta) the rates are exp(-lambda d_j) c_j q.
template <class T>
struct Direction {
    Eigen::Matrix<T, Eigen::Dynamic, 1> state, delayed;
};
Direction<std::complex<double>> eigenfunction(const MassModel& model, const Eigen::VectorXcd& q, std::complex<double> lambda);

/// Second and third directional derivatives of the right-hand side at a steady state, exact (truncated Taylor arithmetic).
struct Derivatives {
    Eigen::VectorXd second, third;
};
Derivatives along(const MassModel& model, const std::vector<double>& y, const Direction<double>& direction);

/// psi D^2F(phi, phi) at a fold, the quadratic coefficient of the flow along phi but for its norm: 0 at a cusp.  phi, psi: null vectors of
double fold_coefficient(const MassModel& model, const std::vector<double>& y, const Eigen::VectorXd& phi, const Eigen::VectorXd& psi);

/// First Lyapunov coefficient Re c_1/omega at a Hopf point with Delta(i omega) q = 0, |q| = 1 (Kuznetsov 2004, section 10.2; with delays
/// Janssens 2010): < 0 supercritical, a stable cycle is born; > 0 subcritical.
double first_lyapunov(const MassModel& model, const std::vector<double>& y, const Eigen::VectorXcd& q, double omega);

}  // namespace spikemass::mass
