#include "host/mass/normal_forms.hpp"

#include <Eigen/LU>
#include <Eigen/SVD>
#include <boost/math/differentiation/autodiff.hpp>

#include "host/mass/linear_stability.hpp"

namespace spikemass::mass {

namespace {

using Taylor = boost::math::differentiation::detail::fvar<double, 3>;
using Complex = std::complex<double>;
using ComplexDirection = Direction<Complex>;

/// Multilinear forms of the right-hand side at a state, from derivatives along real directions (polarisation).
class Forms {
public:
    Forms(const MassModel& model, const std::vector<double>& y) : model_(model), y_(y) {}

    Eigen::VectorXcd second(const ComplexDirection& a, const ComplexDirection& b) const {
        const Direction<double> ar = part(a, true), ai = part(a, false), br = part(b, true), bi = part(b, false);
        return join(bilinear(ar, br) - bilinear(ai, bi), bilinear(ar, bi) + bilinear(ai, br));
    }
    /// C(q, q, conj q)
    Eigen::VectorXcd third(const ComplexDirection& q) const {
        const Direction<double> a = part(q, true), b = part(q, false);
        const Eigen::VectorXd aaa = along(model_, y_, a).third, bbb = along(model_, y_, b).third;
        const Eigen::VectorXd plus = along(model_, y_, sum(a, b, 1.0)).third, minus = along(model_, y_, sum(a, b, -1.0)).third;
        const Eigen::VectorXd abb = (plus + minus - 2.0 * aaa) / 6.0, aab = (plus - minus - 2.0 * bbb) / 6.0;
        return join(aaa + abb, aab + bbb);
    }

private:
    static Direction<double> part(const ComplexDirection& x, bool real) {
        return real ? Direction<double>{x.state.real(), x.delayed.real()} : Direction<double>{x.state.imag(), x.delayed.imag()};
    }
    static Direction<double> sum(const Direction<double>& a, const Direction<double>& b, double sign) {
        return {a.state + sign * b.state, a.delayed + sign * b.delayed};
    }
    static Eigen::VectorXcd join(const Eigen::VectorXd& re, const Eigen::VectorXd& im) { return re.cast<Complex>() + im.cast<Complex>() * Complex(0.0, 1.0); }
    Eigen::VectorXd bilinear(const Direction<double>& a, const Direction<double>& b) const {
        return 0.25 * (along(model_, y_, sum(a, b, 1.0)).second - along(model_, y_, sum(a, b, -1.0)).second);
    }
    const MassModel& model_;
    const std::vector<double>& y_;
};

}  // namespace

ComplexDirection eigenfunction(const MassModel& model, const Eigen::VectorXcd& q, Complex lambda) {
    ComplexDirection result{q, source_rows(model).cast<Complex>() * q};
    for (std::size_t j = 0; j < model.projections().size(); ++j) {
        Complex factor = 0.0;
        for (const Lag& lag : model.projections()[j].lags) factor += lag.weight * std::exp(-lambda * lag.delay);
        result.delayed[static_cast<Eigen::Index>(j)] *= factor;
    }
    return result;
}

Derivatives along(const MassModel& model, const std::vector<double>& y, const Direction<double>& direction) {
    const std::size_t n = model.size();
    const Taylor step = boost::math::differentiation::make_fvar<double, 3>(0.0);
    std::vector<Taylor> state(n), delayed(model.projections().size()), input(model.populations().size(), Taylor(0.0)), derivative(n);
    for (std::size_t i = 0; i < n; ++i) state[i] = step * direction.state[static_cast<Eigen::Index>(i)] + y[i];
    for (std::size_t j = 0; j < delayed.size(); ++j)
        delayed[j] = step * direction.delayed[static_cast<Eigen::Index>(j)] + model.rate(y.data(), model.projections()[j].source);
    MassModel::Workspace<Taylor> workspace(model);
    model.derivative(state.data(), delayed.data(), input.data(), derivative.data(), workspace);
    Derivatives result{Eigen::VectorXd(n), Eigen::VectorXd(n)};
    for (std::size_t i = 0; i < n; ++i) {
        result.second[static_cast<Eigen::Index>(i)] = derivative[i].derivative(2);
        result.third[static_cast<Eigen::Index>(i)] = derivative[i].derivative(3);
    }
    return result;
}

double fold_coefficient(const MassModel& model, const std::vector<double>& y, const Eigen::VectorXd& phi, const Eigen::VectorXd& psi) {
    return psi.dot(along(model, y, {phi, source_rows(model) * phi}).second);
}

double first_lyapunov(const MassModel& model, const std::vector<double>& y, const Eigen::VectorXcd& q, double omega) {
    const std::vector<double> input(model.populations().size(), 0.0);
    const Linearisation at = linearise(model, y, input);
    const Complex root(0.0, omega);
    const Eigen::MatrixXcd matrix = characteristic_matrix(model, at, root);
    const Eigen::JacobiSVD<Eigen::MatrixXcd> svd(matrix, Eigen::ComputeFullU);
    Eigen::VectorXcd p = svd.matrixU().col(matrix.cols() - 1).conjugate();   // p^T Delta = 0
    p /= (p.transpose() * characteristic_matrix(model, at, root, 1) * q).value();

    const Forms forms(model, y);
    const ComplexDirection forward = eigenfunction(model, q, root), backward = eigenfunction(model, q.conjugate(), -root);
    const auto response = [&](Complex lambda, const Eigen::VectorXcd& load) {
        return eigenfunction(model, Eigen::PartialPivLU<Eigen::MatrixXcd>(characteristic_matrix(model, at, lambda)).solve(load), lambda);
    };
    const ComplexDirection mean = response(0.0, forms.second(forward, backward)), twice = response(2.0 * root, forms.second(forward, forward));
    const Eigen::VectorXcd cubic = forms.third(forward) + 2.0 * forms.second(forward, mean) + forms.second(backward, twice);
    return 0.5 * (p.transpose() * cubic).value().real() / omega;
}

}  // namespace spikemass::mass
