#include "host/mass/quadrature.hpp"

#include <cmath>

#include <Eigen/Eigenvalues>

namespace spikemass::mass {

namespace {

/// Nodes: eigenvalues of the Jacobi matrix with this off-diagonal; weights: squared first components of its eigenvectors.
template <class OffDiagonal>
Quadrature golub_welsch(std::size_t n, OffDiagonal off_diagonal) {
    const auto size = static_cast<Eigen::Index>(n);
    Eigen::VectorXd diagonal = Eigen::VectorXd::Zero(size), off(size > 0 ? size - 1 : 0);
    for (Eigen::Index k = 0; k + 1 < size; ++k) off[k] = off_diagonal(static_cast<double>(k + 1));
    Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver;
    solver.computeFromTridiagonal(diagonal, off);
    Quadrature rule;
    for (Eigen::Index k = 0; k < size; ++k) {
        rule.node.push_back(solver.eigenvalues()[k]);
        rule.weight.push_back(solver.eigenvectors()(0, k) * solver.eigenvectors()(0, k));
    }
    return rule;
}

}  // namespace

Quadrature gauss_hermite(std::size_t n) {
    return golub_welsch(n, [](double k) { return std::sqrt(k); });
}

Quadrature gauss_legendre(std::size_t n) {
    Quadrature rule = golub_welsch(n, [](double k) { return k / std::sqrt(4.0 * k * k - 1.0); });
    for (double& x : rule.node) x = 0.5 * (x + 1.0);
    return rule;
}

}  // namespace spikemass::mass
