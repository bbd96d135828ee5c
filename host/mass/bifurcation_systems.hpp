#pragma once
// The equations whose solutions are steady states, folds and Hopf points, and what tells their kinds apart along a curve.

#include <deque>
#include <memory>
#include <vector>

#include <Eigen/Core>

#include "host/mass/curve.hpp"
#include "host/mass/linear_stability.hpp"
#include "host/mass/mass_model.hpp"

namespace spikemass::mass {

/// The mass along one or two parameters.  Models are kept for the last few values.
class Family {
public:
    Family(NetworkAt networks, MassOptions options, std::vector<Interval> ranges);

    std::size_t parameters() const { return ranges_.size(); }
    const std::vector<Interval>& ranges() const { return ranges_; }
    const MassOptions& options() const { return options_; }
    Network network(const std::vector<double>& at) const { return networks_(at); }
    /// nullptr outside of the ranges.  Throws ConfigurationError where the number of equations changes.
    std::shared_ptr<const MassModel> model(const std::vector<double>& at) const;
    Eigen::Index size() const { return size_; }

private:
    NetworkAt networks_;
    MassOptions options_;
    std::vector<Interval> ranges_;
    mutable Eigen::Index size_ = 0;
    mutable std::deque<std::pair<std::vector<double>, std::shared_ptr<const MassModel>>> recent_;
};

/// Unknowns: y [n], the parameters that are free (the first `free` ones; the others are held), then what the kind adds:
/// fold: the null vector phi [n];  hopf: Re q [n], Im q [n], omega.
class BifurcationSystem {
public:
    /// `held`: values of all parameters; the free ones are ignored.  `state_scale` [n].
    BifurcationSystem(std::shared_ptr<const Family> family, std::vector<double> held, std::size_t free, Eigen::VectorXd state_scale)
        : family_(std::move(family)), held_(std::move(held)), free_(free), state_scale_(std::move(state_scale)) {}

    System steady() const;
    System fold() const;
    /// The phase of q is fixed against `reference`, which follows the curve.
    System hopf(const Eigen::VectorXcd& reference) const;

    Eigen::Index n() const { return family_->size(); }
    Eigen::Index first_extra() const { return n() + static_cast<Eigen::Index>(free_); }
    const Family& family() const { return *family_; }
    std::vector<double> parameters(const Eigen::VectorXd& x) const;
    std::vector<double> state(const Eigen::VectorXd& x) const { return {x.data(), x.data() + n()}; }
    Eigen::VectorXd phi(const Eigen::VectorXd& x) const { return x.segment(first_extra(), n()); }
    Eigen::VectorXcd q(const Eigen::VectorXd& x) const;
    double omega(const Eigen::VectorXd& x) const { return x[first_extra() + 2 * n()]; }
    std::shared_ptr<const MassModel> model(const Eigen::VectorXd& x) const { return family_->model(parameters(x)); }
    Linearisation linearisation(const MassModel& model, const Eigen::VectorXd& x) const;
    bool inside(const Eigen::VectorXd& x) const;

    /// Starting values for Newton's method from a steady state.
    Eigen::VectorXd fold_guess(const Eigen::VectorXd& x, const Eigen::VectorXd& direction) const;
    /// With the complex root nearest to the imaginary axis; nothing where there is none.
    std::optional<Eigen::VectorXd> hopf_guess(const Eigen::VectorXd& x) const;

    /// Left null vector of the steady Jacobian, with the sign that is closer to `like` (if any).
    Eigen::VectorXd left_null_vector(const Eigen::VectorXd& x, const Eigen::VectorXd& like) const;
    /// Along folds: 0 at a cusp, and 0 at a Bogdanov-Takens point.
    double cusp_test(const Eigen::VectorXd& x, const Eigen::VectorXd& psi) const;
    double bogdanov_takens_test(const Eigen::VectorXd& x, const Eigen::VectorXd& psi) const;

private:
    Eigen::VectorXd scale(Eigen::Index extra) const;
    std::shared_ptr<const Family> family_;
    std::vector<double> held_;
    std::size_t free_;
    Eigen::VectorXd state_scale_;
};

}  // namespace spikemass::mass
