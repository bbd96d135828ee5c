#pragma once
// The mass linearised at a state.

#include <complex>
#include <span>
#include <vector>

#include <Eigen/Core>

#include "host/mass/mass_model.hpp"

namespace spikemass::mass {

/// Right-hand side F and its derivatives, by dual numbers.  With rates r_j(t - d_j) of the projections' sources:
/// dF/dt = state y + lagged r_lagged.  Shapes: value [n], state [n, n] (undelayed projections are inside), lagged [n, projection].
struct Linearisation {
    Eigen::VectorXd value;
    Eigen::MatrixXd state, lagged;
};

/// At the state y with every source's rate constant in time, input [population].
Linearisation linearise(const MassModel& model, const std::vector<double>& y, std::span<const double> input);

/// d rate(source of projection j)/d y, shape [projection, n].
Eigen::MatrixXd source_rows(const MassModel& model);

/// Jacobian of the steady-state equations: delays drop out.
Eigen::MatrixXd steady_jacobian(const MassModel& model, const Linearisation& at);

/// Delta(lambda) = lambda - A - sum_j b_j exp(-lambda d_j) c_j: lambda is a characteristic root where it is singular.  `order` = 1: its
/// derivative by lambda.  Shape [n, n].
Eigen::MatrixXcd characteristic_matrix(const MassModel& model, const Linearisation& at, std::complex<double> lambda, int order = 0);

/// Characteristic roots, rightmost first: the eigenvalues of A without delays; with delays, those of the rates' history on Chebyshev nodes
/// (Breda, Maset, Vermiglio 2005, doi:10.1137/030601600), right to rounding for |lambda| delay up to about 10: many more than n, of which
/// the leftmost are artefacts.
std::vector<std::complex<double>> characteristic_roots(const MassModel& model, const Linearisation& at);

/// The root near `lambda`, by Newton's method on the characteristic equation itself; `lambda` where that does not converge.
std::complex<double> refined_root(const MassModel& model, const Linearisation& at, std::complex<double> lambda);

/// The n rightmost characteristic roots, the first few of them refined.
std::vector<std::complex<double>> eigenvalues(const MassModel& model, const Linearisation& at);

}  // namespace spikemass::mass
