#pragma once
// Bifurcation analysis of a mass: steady states along one parameter, folds and Hopf points along two.
// Stimuli are left out.  Rates are in 1/time unit, eigenvalues too; periods in time units.

#include <complex>
#include <functional>
#include <limits>
#include <numbers>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/mass/mass.hpp"

namespace spikemass::mass {

struct Interval {
    double low = 0.0, high = 1.0;
    bool contains(double x) const { return x >= low && x <= high; }
};

/// The network at given parameter values (one or two): defined, and smooth, on the whole of their ranges.
using NetworkAt = std::function<Network(std::span<const double>)>;

/// "stable node", "saddle", "unstable focus", ...: eigenvalues rightmost first.
std::string describe_stability(const std::vector<std::complex<double>>& eigenvalues);

enum class Bifurcation { fold, hopf, branch_point, cusp, bogdanov_takens };
std::string_view name_of(Bifurcation);

/// How a branch or curve ends.
enum class CurveEnd { range, closed, silent, stuck, too_long, bogdanov_takens };
std::string_view describe_end(CurveEnd);

/// `unstable`: eigenvalues with positive real part.
struct BranchPoint {
    double parameter = 0.0;
    FixedPoint state;
    int unstable = 0;
};
struct Branch {
    std::vector<BranchPoint> points;
    CurveEnd first = CurveEnd::range, last = CurveEnd::range;
};

/// parameters: [1], or [2] of a point of codimension 2.  `branch`: on which (folds, Hopf and branch points).  hopf: omega > 0 and the first
/// Lyapunov coefficient (< 0 supercritical), else NaN.  `located`: by Newton's method on the equations of the bifurcation (to about 1e-11);
/// otherwise by bisection (to about 1e-8), which is all there is for branch points.
struct SpecialPoint {
    Bifurcation kind = Bifurcation::fold;
    std::size_t branch = 0;
    std::vector<double> parameters;
    FixedPoint state;
    std::vector<double> full_state;         ///< the mass's own variables, see MassModel
    double omega = std::numeric_limits<double>::quiet_NaN(), lyapunov = omega;
    bool located = true;
    double period() const { return 2.0 * std::numbers::pi / omega; }
};

/// Special points of a branch follow one another as along the branch.
struct SteadyBranches {
    std::vector<Branch> branches;
    std::vector<SpecialPoint> special;
    std::vector<std::string> warnings;
};

/// All branches of steady states with the first parameter in `range`, `others` held: they start from the fixed points at several values of the parameter, so
/// a branch is missed only if it lies between two of these values and is connected to nothing.
/// Method: pseudo-arclength continuation with exact Jacobians; folds and Hopf points are found by their test functions and located by
/// Newton's method on extended systems, branch points by bisection.  Errors: ConfigurationError (a parameter that the mass does not
/// depend on, or that changes its number of equations; the errors of fixed_points).
SteadyBranches continue_steady_states(const NetworkAt& networks, const MassOptions& options, Interval range, double value);

/// A curve of folds or Hopf points in the plane of both parameters.  omega: hopf only.
struct CurvePointOfTwo {
    double parameter = 0.0, across = 0.0;
    std::vector<double> r, v;
    double omega = std::numeric_limits<double>::quiet_NaN();
};
struct BifurcationCurve {
    Bifurcation kind = Bifurcation::fold;
    std::vector<CurvePointOfTwo> points;
    std::vector<SpecialPoint> special;      ///< cusp, bogdanov_takens
    CurveEnd first = CurveEnd::range, last = CurveEnd::range;
};
struct BifurcationDiagram {
    SteadyBranches steady;
    std::vector<BifurcationCurve> curves;
};

/// continue_steady_states with the second parameter at `across_value`, then every fold and Hopf point of it followed through both ranges.
BifurcationDiagram continue_bifurcations(const NetworkAt& networks, const MassOptions& options, Interval along, double value, Interval across, double across_value);

}  // namespace spikemass::mass
