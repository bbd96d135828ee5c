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

/// The n rightmost characteristic roots, rightmost first.  Delays: the rates' history on Chebyshev nodes of each projection's delay
/// (Breda, Maset, Vermiglio 2005, doi:10.1137/030601600), right to rounding for |lambda| delay up to about 10.
std::vector<std::complex<double>> eigenvalues(const MassModel& model, const Linearisation& at);

}  // namespace spikemass::mass
