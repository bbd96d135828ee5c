#pragma once
// Errors of functions of means (p, q, relative errors, scores) by linear propagation.

#include <functional>
#include <vector>

#include <Eigen/Core>

#include "host/analysis/statistics.hpp"

namespace spikemass::analysis {

/// Repetitions of several quantities measured together: rows = trials or blocks, columns = quantities.  One row: exact numbers
/// (a deterministic mass).  Blocks carry the factor by which their variance is too small.
struct Repetitions {
    Eigen::MatrixXd samples;
    Method method = Method::none;
    double variance_factor = 1.0;
};

/// f(means of all columns of all sets, in order), with var f = sum over sets of g^T Sigma g / rows; covariances between columns of one set are
/// kept, sets are independent.  Gradient g by central differences.  Degrees of freedom by Welch-Satterthwaite.
Estimate delta_method(const std::vector<Repetitions>& sets, const std::function<double(const Eigen::VectorXd&)>& f, double confidence = 0.95);

}  // namespace spikemass::analysis
