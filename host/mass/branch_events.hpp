#pragma once
// What happens along one branch of steady states: stability, folds, Hopf points, branch points.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/mass/bifurcation_systems.hpp"
#include "host/mass/curve.hpp"

namespace spikemass::mass {

class BranchEvents {
public:
    /// `curve`: of equations.steady(); `trace`: one curve of it.
    BranchEvents(const BifurcationSystem& equations, const Curve& curve, const Curve::Trace& trace);

    Branch branch() const;
    std::vector<SpecialPoint>& special() { return special_; }
    const std::vector<std::string>& warnings() const { return warnings_; }

private:
    void look(const CurvePoint& a, const CurvePoint& b, int unstable_a, int unstable_b, int depth);
    void look_for_hopf(const CurvePoint& a, const CurvePoint& b, int unstable_a, int unstable_b, int depth);
    std::optional<Eigen::VectorXd> accepted(const System& system, std::optional<Eigen::VectorXd> guess, const CurvePoint& a, const CurvePoint& b) const;
    /// Roots with positive real part; without the one nearest to 0 at a fold or branch point.
    int unstable(const Eigen::VectorXd& x, bool without_zero) const;
    void add(Bifurcation kind, const Eigen::VectorXd& x, bool located);
    /// A root is 0 at x; a complex pair may have crossed on either side of it.
    void cross_zero(Bifurcation kind, const Eigen::VectorXd& x, bool located, const CurvePoint& a, const CurvePoint& b, int unstable_a, int unstable_b, int depth);

    const BifurcationSystem& equations_;
    const Curve& curve_;
    const Curve::Trace& trace_;
    std::vector<int> unstable_;
    std::vector<SpecialPoint> special_;
    std::vector<std::string> warnings_;
};

/// continue_steady_states for a family; held: values of all its parameters.  `scale`, if any, gets the size of the states.
SteadyBranches continue_family(const std::shared_ptr<const Family>& family, std::vector<double> held, Eigen::VectorXd* scale);

}  // namespace spikemass::mass
