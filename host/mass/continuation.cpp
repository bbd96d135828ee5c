#include "host/mass/continuation.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/mass/branch_events.hpp"
#include "host/mass/steady_states.hpp"
#include "models/base/error.hpp"

namespace spikemass::mass {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr int scanned_values = 9;   // at which all fixed points are looked for

VectorXd joined(const std::vector<double>& y, double parameter) {
    VectorXd x(static_cast<Index>(y.size()) + 1);
    x << Eigen::Map<const VectorXd>(y.data(), static_cast<Index>(y.size())), parameter;
    return x;
}

/// A parameter that leaves the equations as they are has no diagram.
void require_influence(const Family& family, const std::vector<double>& held) {
    const auto low = family.model([&] { auto p = held; p[0] = family.ranges()[0].low; return p; }());
    const auto high = family.model([&] { auto p = held; p[0] = family.ranges()[0].high; return p; }());
    std::vector<double> y(low->size()), a(y.size()), b(y.size()), delayed(low->projections().size()), input(low->populations().size(), 0.0);
    for (std::size_t i = 0; i < y.size(); ++i) y[i] = 0.3 + 0.1 * static_cast<double>(i % 7);   // a state without symmetry
    for (std::size_t j = 0; j < delayed.size(); ++j) delayed[j] = 0.2 + 0.05 * static_cast<double>(j);
    MassModel::Workspace<double> workspace(*low);
    low->derivative(y.data(), delayed.data(), input.data(), a.data(), workspace);
    high->derivative(y.data(), delayed.data(), input.data(), b.data(), workspace);
    bool same = a == b;
    for (std::size_t j = 0; j < delayed.size(); ++j) same = same && low->projections()[j].lags == high->projections()[j].lags;
    if (same)
        throw ConfigurationError(fmt::format("The mass with closure {} does not depend on it: its equations are the same at {} and at {}. Choose a parameter that enters them "
                                             "(eta, strength, synapse.tau; mean_indegree enters through closures other than none).",
                                             low->closure_name(), family.ranges()[0].low, family.ranges()[0].high));
}

/// Typical size of every state variable.
VectorXd state_scale(const MassModel& model, const std::vector<std::vector<std::vector<double>>>& found) {
    VectorXd scale = VectorXd::Constant(static_cast<Index>(model.size()), 0.05);
    for (const auto& p : model.projections())
        for (std::size_t stage = 0; stage < p.stages(); ++stage) scale[static_cast<Index>(p.synapse + stage)] /= model.populations()[p.source].tau;
    for (const auto& states : found)
        for (const auto& y : states)
            for (std::size_t i = 0; i < y.size(); ++i) scale[static_cast<Index>(i)] = std::max(scale[static_cast<Index>(i)], std::abs(y[i]));
    return scale;
}

bool passes_through(const Curve& curve, const Curve::Trace& trace, Index unknown, const VectorXd& x) {
    const double value = x[unknown];
    for (std::size_t k = 0; k + 1 < trace.points.size(); ++k) {
        const VectorXd &a = trace.points[k].x, &b = trace.points[k + 1].x;
        const double left = a[unknown] - value, right = b[unknown] - value;
        if (left * right > 0.0) continue;
        const double share = left == right ? 0.0 : left / (left - right);
        const VectorXd near = a + share * (b - a);
        if (curve.distance(near, x) > 0.05) continue;
        if (curve.distance(near, x) < 1e-6) return true;
        const auto there = curve.at(unknown, value, near);
        if (there && curve.distance(*there, x) < 1e-6) return true;
    }
    return false;
}

}  // namespace

std::string describe_stability(const std::vector<std::complex<double>>& eigenvalues) {
    if (eigenvalues.empty()) return "unknown";
    const auto positive = std::count_if(eigenvalues.begin(), eigenvalues.end(), [](const auto& z) { return z.real() > 0.0; });
    const std::complex<double> leading = eigenvalues.front();
    if (std::abs(leading.real()) <= 1e-12 * (1.0 + std::abs(leading))) return leading.imag() != 0.0 ? "centre" : "neutral";
    const bool turns = std::abs(leading.imag()) > 1e-9 * (1.0 + std::abs(leading));   // double roots split by rounding
    if (positive == 0) return turns ? "stable focus" : "stable node";
    if (turns && positive == 2) return "unstable focus";
    return positive == static_cast<std::ptrdiff_t>(eigenvalues.size()) ? (turns ? "unstable focus" : "unstable node") : "saddle";
}

std::string_view name_of(Bifurcation kind) {
    switch (kind) {
        case Bifurcation::fold: return "fold";
        case Bifurcation::hopf: return "hopf";
        case Bifurcation::branch_point: return "branch_point";
        case Bifurcation::cusp: return "cusp";
        case Bifurcation::bogdanov_takens: return "bogdanov_takens";
    }
    return "";
}

std::string_view describe_end(CurveEnd end) {
    switch (end) {
        case CurveEnd::range: return "end of the range";
        case CurveEnd::closed: return "closed";
        case CurveEnd::silent: return "a rate reaches 0";
        case CurveEnd::stuck: return "no further solution (the state diverges, or the equations are not smooth)";
        case CurveEnd::too_long: return "given up after the largest number of points";
        case CurveEnd::bogdanov_takens: return "omega reaches 0 (Bogdanov-Takens)";
    }
    return "";
}

SteadyBranches continue_family(const std::shared_ptr<const Family>& family, std::vector<double> held, VectorXd* scale_used) {
    require_influence(*family, held);
    const Interval range = family->ranges()[0];
    std::vector<double> values{held[0]};
    for (int k = 0; k < scanned_values; ++k) values.push_back(range.low + (range.high - range.low) * k / (scanned_values - 1));
    std::erase_if(values, [&](double x) { return !range.contains(x); });
    std::vector<std::vector<std::vector<double>>> found;
    for (const double value : values) {
        held[0] = value;
        found.push_back(steady_states(family->network(held), *family->model(held)));
    }
    const VectorXd scale = state_scale(*family->model(held), found);
    if (scale_used) *scale_used = scale;
    const BifurcationSystem equations(family, held, 1, scale);
    const Index parameter = equations.n();
    const Curve curve(equations.steady(), {{parameter, range}}, [&](const VectorXd& x) { return equations.inside(x); }, CurveEnd::silent, {});

    SteadyBranches result;
    std::vector<Curve::Trace> traces;
    for (std::size_t k = 0; k < values.size(); ++k)
        for (const auto& y : found[k]) {
            const VectorXd x = joined(y, values[k]);
            if (std::any_of(traces.begin(), traces.end(), [&](const auto& trace) { return passes_through(curve, trace, parameter, x); })) continue;
            auto trace = curve.trace(x);
            if (!trace || trace->points.size() < 2) continue;
            if (trace->points.front().x[parameter] > trace->points.back().x[parameter]) trace->reverse();
            traces.push_back(std::move(*trace));
        }
    for (std::size_t b = 0; b < traces.size(); ++b) {
        BranchEvents events(equations, curve, traces[b]);
        Branch branch = events.branch();
        for (SpecialPoint& point : events.special()) {
            point.branch = b;
            result.special.push_back(std::move(point));
        }
        for (const std::string& warning : events.warnings()) result.warnings.push_back(warning);
        for (const CurveEnd end : {branch.first, branch.last})
            if (end == CurveEnd::stuck || end == CurveEnd::too_long)
                result.warnings.push_back(fmt::format("Branch {} ends inside the range, at {:.6g}: {}.", b, (end == branch.first ? branch.points.front() : branch.points.back()).parameter, describe_end(end)));
        result.branches.push_back(std::move(branch));
    }
    if (traces.empty()) result.warnings.push_back("No steady state was found at any value of the parameter.");
    return result;
}

SteadyBranches continue_steady_states(const NetworkAt& networks, const MassOptions& options, Interval range, double value) {
    const auto family = std::make_shared<const Family>(networks, options, std::vector<Interval>{range});
    return continue_family(family, {value}, nullptr);
}

}  // namespace spikemass::mass
