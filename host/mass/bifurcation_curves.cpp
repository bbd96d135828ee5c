// Folds and Hopf points followed through the plane of two parameters.

#include <algorithm>
#include <cmath>

#include <Eigen/SVD>

#include "host/mass/branch_events.hpp"
#include "host/mass/normal_forms.hpp"
#include "host/mass/steady_states.hpp"

namespace spikemass::mass {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

/// The unknowns of a point that is known from the one-parameter diagram, in those of the two-parameter system.
std::optional<VectorXd> start_of(const BifurcationSystem& one, const SpecialPoint& point, double across) {
    VectorXd x(one.n() + 1);
    x << Eigen::Map<const VectorXd>(point.full_state.data(), one.n()), point.parameters[0];
    std::optional<VectorXd> extended;
    if (point.kind == Bifurcation::fold) {
        const auto at = one.model(x);
        const Eigen::MatrixXd jacobian = steady_jacobian(*at, one.linearisation(*at, x));
        const Eigen::JacobiSVD<Eigen::MatrixXd> svd(jacobian, Eigen::ComputeFullV);
        extended = one.fold_guess(x, svd.matrixV().col(one.n() - 1));
    } else {
        extended = one.hopf_guess(x);
    }
    if (!extended) return std::nullopt;
    VectorXd result(extended->size() + 1);
    result << extended->head(one.first_extra()), across, extended->tail(extended->size() - one.first_extra());
    return result;
}

class CurveEvents {
public:
    CurveEvents(const BifurcationSystem& equations, const Curve& curve, const Curve::Trace& trace) : equations_(equations), curve_(curve) {
        VectorXd psi;
        double cusp_before = 0.0, double_zero_before = 0.0;
        for (std::size_t k = 0; k < trace.points.size(); ++k) {
            const VectorXd& x = trace.points[k].x;
            psi = equations.left_null_vector(x, psi);
            const double cusp = equations.cusp_test(x, psi), double_zero = equations.bogdanov_takens_test(x, psi);
            if (k > 0 && cusp * cusp_before < 0.0) locate(Bifurcation::cusp, trace.points[k - 1], trace.points[k], psi, cusp_before, cusp);
            if (k > 0 && double_zero * double_zero_before < 0.0) locate(Bifurcation::bogdanov_takens, trace.points[k - 1], trace.points[k], psi, double_zero_before, double_zero);
            cusp_before = cusp, double_zero_before = double_zero;
        }
    }
    std::vector<SpecialPoint> special;

private:
    void locate(Bifurcation kind, const CurvePoint& a, const CurvePoint& b, const VectorXd& psi, double at_a, double at_b) {
        const auto test = [this, kind, psi](const VectorXd& x) {
            return kind == Bifurcation::cusp ? equations_.cusp_test(x, psi) : equations_.bogdanov_takens_test(x, psi);
        };
        VectorXd x = a.x + at_a / (at_a - at_b) * (b.x - a.x);
        bool located = solve(with_equation(curve_.system(), test), x) && curve_.distance(x, 0.5 * (a.x + b.x)) < 0.75 * curve_.distance(a.x, b.x) + 1e-9;
        if (!located) x = bisected(test, a, b);
        SpecialPoint point;
        point.kind = kind;
        point.parameters = equations_.parameters(x);
        const auto model = equations_.model(x);
        point.state = describe(*model, equations_.state(x), std::vector<double>(model->populations().size(), 0.0));
        point.located = located;
        special.push_back(std::move(point));
    }

    template <class Test>
    VectorXd bisected(const Test& test, CurvePoint a, CurvePoint b) const {
        const bool negative = test(a.x) < 0.0;
        for (int halving = 0; halving < 40; ++halving) {
            const auto middle = curve_.between(a, b);
            if (!middle) break;
            ((test(middle->x) < 0.0) == negative ? a : b) = *middle;
        }
        return 0.5 * (a.x + b.x);
    }

    const BifurcationSystem& equations_;
    const Curve& curve_;
};

/// The curve goes through a point with the same parameters and the same state.
bool holds(const Curve& curve, const Curve::Trace& trace, Index parameters, const VectorXd& x) {
    const Index across = parameters + 1;
    for (std::size_t k = 0; k + 1 < trace.points.size(); ++k) {
        const VectorXd &a = trace.points[k].x, &b = trace.points[k + 1].x;
        const double left = a[across] - x[across], right = b[across] - x[across];
        if (left * right > 0.0) continue;
        const double share = left == right ? 0.0 : left / (left - right);
        const VectorXd gap = (a + share * (b - a) - x).cwiseQuotient(curve.system().scale).head(parameters + 2);   // null vectors have no sign
        if (gap.norm() < 1e-3) return true;
    }
    return false;
}

}  // namespace

BifurcationDiagram continue_bifurcations(const NetworkAt& networks, const MassOptions& options, Interval along, double value, Interval across, double across_value) {
    const auto family = std::make_shared<const Family>(networks, options, std::vector<Interval>{along, across});
    BifurcationDiagram result;
    VectorXd scale;
    result.steady = continue_family(family, {value, across_value}, &scale);
    const BifurcationSystem one(family, {value, across_value}, 1, scale), two(family, {value, across_value}, 2, scale);
    std::vector<std::pair<Curve, Curve::Trace>> traced;
    std::vector<Bifurcation> kinds;
    for (const SpecialPoint& point : result.steady.special) {
        if (point.kind != Bifurcation::fold && point.kind != Bifurcation::hopf) continue;
        const auto start = start_of(one, point, across_value);
        if (!start) continue;
        bool known = false;
        for (std::size_t k = 0; k < traced.size(); ++k) known = known || (kinds[k] == point.kind && holds(traced[k].first, traced[k].second, two.n(), *start));
        if (known) continue;
        const bool is_hopf = point.kind == Bifurcation::hopf;
        const auto inside = [&two, is_hopf](const VectorXd& x) { return two.inside(x) && (!is_hopf || two.omega(x) > 0.0); };
        Curve curve(is_hopf ? two.hopf(two.q(*start)) : two.fold(), {{two.n(), along}, {two.n() + 1, across}}, inside,
                    is_hopf ? CurveEnd::bogdanov_takens : CurveEnd::silent, {});
        auto trace = curve.trace(*start);
        if (!trace || trace->points.size() < 2) {
            result.steady.warnings.push_back("A " + std::string(name_of(point.kind)) + " could not be followed into the second parameter.");
            continue;
        }
        BifurcationCurve out;
        out.kind = point.kind;
        out.first = trace->first, out.last = trace->last;
        if (is_hopf) {   // the equations of Hopf points are singular where omega is 0
            double largest = 0.0;
            for (const CurvePoint& p : trace->points) largest = std::max(largest, two.omega(p.x));
            if (out.first == CurveEnd::stuck && two.omega(trace->points.front().x) < 1e-2 * largest) out.first = CurveEnd::bogdanov_takens;
            if (out.last == CurveEnd::stuck && two.omega(trace->points.back().x) < 1e-2 * largest) out.last = CurveEnd::bogdanov_takens;
        }
        for (const CurvePoint& p : trace->points) {
            const auto model = two.model(p.x);
            CurvePointOfTwo at;
            at.parameter = p.x[two.n()];
            at.across = p.x[two.n() + 1];
            for (std::size_t i = 0; i < model->populations().size(); ++i) {
                at.r.push_back(model->rate(p.x.data(), i));
                at.v.push_back(model->v(p.x.data(), i));
            }
            if (is_hopf) at.omega = two.omega(p.x);
            out.points.push_back(std::move(at));
        }
        if (!is_hopf) out.special = CurveEvents(two, curve, *trace).special;
        result.curves.push_back(std::move(out));
        traced.emplace_back(std::move(curve), std::move(*trace));
        kinds.push_back(point.kind);
    }
    return result;
}

}  // namespace spikemass::mass
