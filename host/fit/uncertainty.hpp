#pragma once
// How well the data determine the parameters: covariance with serially correlated noise, directions that are not seen.

#include <string>
#include <vector>

#include <Eigen/Core>

#include "host/fit/shooting.hpp"

namespace spikemass::fit {

struct Uncertainty {
    Eigen::VectorXd standard_error, half_width;   ///< [parameter]; half width of the 95 % interval; infinite: not identifiable; NaN: not free
    Eigen::MatrixXd correlation;                  ///< NaN where not free
    std::vector<std::string> warnings;            ///< a sentence for each direction that the data do not see
};

/// `values` with derivatives, at the solution.  `free`: parameters that are not at a bound.
///
/// Start states are projected out of the Jacobian: what is left, J, has A = J^T J.  With the residuals r the estimate's covariance is A^-1 O A^-1, O the covariance of the score
/// sum_b x_b, x_b = sum of J^T r over the rows of bin b of all points.  The noise of a finite network is coloured, and points share their seeds, so O is the long-run covariance of x_b
/// (Bartlett weights, bandwidth of Andrews 1991, doi:10.2307/2938229; prewhitened by an AR(1) for each parameter, Andrews, Monahan 1992, doi:10.2307/2951574).
/// Trials are independent, and what is quenched differs between them: with two or more, O is also the covariance of the trials' own scores over the whole recording.
/// The larger of both standard errors is told.
Uncertainty uncertainty(const std::vector<const Shooting*>& points, const std::vector<Shooting::Values>& values, const std::vector<Parameter>& parameters, const std::vector<bool>& free);

}  // namespace spikemass::fit
