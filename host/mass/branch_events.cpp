#include "host/mass/branch_events.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "host/mass/normal_forms.hpp"
#include "host/mass/steady_states.hpp"

namespace spikemass::mass {

namespace {

using Eigen::Index;
using Eigen::VectorXd;

constexpr int deepest_hopf = 16, deepest = 36;   // halvings of a step of the continuation

std::vector<double> no_input(const MassModel& model) { return std::vector<double>(model.populations().size(), 0.0); }

}  // namespace

BranchEvents::BranchEvents(const BifurcationSystem& equations, const Curve& curve, const Curve::Trace& trace) : equations_(equations), curve_(curve), trace_(trace) {
    for (const CurvePoint& point : trace.points) unstable_.push_back(unstable(point.x, false));
    for (std::size_t k = 0; k + 1 < trace.points.size(); ++k) look(trace.points[k], trace.points[k + 1], unstable_[k], unstable_[k + 1], 0);
}

Branch BranchEvents::branch() const {
    Branch result;
    result.first = trace_.first;
    result.last = trace_.last;
    for (std::size_t k = 0; k < trace_.points.size(); ++k) {
        const VectorXd& x = trace_.points[k].x;
        const auto model = equations_.model(x);
        result.points.push_back({equations_.parameters(x)[0], describe(*model, equations_.state(x), no_input(*model)), unstable_[k]});
    }
    return result;
}

int BranchEvents::unstable(const VectorXd& x, bool without_zero) const {
    const auto model = equations_.model(x);
    auto roots = characteristic_roots(*model, equations_.linearisation(*model, x));
    if (without_zero) roots.erase(std::min_element(roots.begin(), roots.end(), [](const auto& a, const auto& b) { return std::abs(a) < std::abs(b); }));
    return static_cast<int>(std::count_if(roots.begin(), roots.end(), [](const auto& z) { return z.real() > 1e-9 * (1.0 + std::abs(z)); }));
}

void BranchEvents::add(Bifurcation kind, const VectorXd& x, bool located) {
    SpecialPoint point;
    point.kind = kind;
    point.parameters = {equations_.parameters(x)[0]};
    const auto model = equations_.model(x);
    point.state = describe(*model, equations_.state(x), no_input(*model));
    point.full_state = equations_.state(x);
    point.located = located;
    if (kind == Bifurcation::hopf) {
        point.omega = equations_.omega(x);
        point.lyapunov = first_lyapunov(*model, equations_.state(x), equations_.q(x), point.omega);
    }
    special_.push_back(std::move(point));
}

/// The solution of an extended system, if Newton's method ends between a and b.
std::optional<VectorXd> BranchEvents::accepted(const System& system, std::optional<VectorXd> guess, const CurvePoint& a, const CurvePoint& b) const {
    if (!guess || !solve(system, *guess)) return std::nullopt;
    const VectorXd x = guess->head(a.x.size());
    if (curve_.distance(x, 0.5 * (a.x + b.x)) > 0.75 * curve_.distance(a.x, b.x) + 1e-9) return std::nullopt;
    return guess;
}

void BranchEvents::look(const CurvePoint& a, const CurvePoint& b, int unstable_a, int unstable_b, int depth) {
    const Index parameter = a.x.size() - 1;
    const bool turns = a.tangent[parameter] * b.tangent[parameter] < 0.0, branches = a.orientation != b.orientation;
    if (!turns && !branches) return look_for_hopf(a, b, unstable_a, unstable_b, depth);
    if (!branches) {
        const CurvePoint& nearer = std::abs(a.tangent[parameter]) < std::abs(b.tangent[parameter]) ? a : b;
        const auto found = accepted(equations_.fold(), equations_.fold_guess(nearer.x, nearer.tangent.cwiseProduct(curve_.system().scale)), a, b);
        if (found) return cross_zero(Bifurcation::fold, found->head(a.x.size()), true, a, b, unstable_a, unstable_b, depth);
    }
    const auto middle = depth < deepest ? curve_.between(a, b) : std::nullopt;
    if (!middle) return cross_zero(branches ? Bifurcation::branch_point : Bifurcation::fold, 0.5 * (a.x + b.x), false, a, b, unstable_a, unstable_b, depth);
    const int there = unstable(middle->x, false);
    look(a, *middle, unstable_a, there, depth + 1);
    look(*middle, b, there, unstable_b, depth + 1);
}

void BranchEvents::cross_zero(Bifurcation kind, const VectorXd& x, bool located, const CurvePoint& a, const CurvePoint& b, int unstable_a, int unstable_b, int depth) {
    const CurvePoint zero{x, a.tangent, a.orientation};
    const int others = unstable(x, true);
    const auto beside = [&](int count) { return others + std::abs(count - others) % 2; };   // with the root that is 0 at x on its side of 0
    look_for_hopf(a, zero, unstable_a, beside(unstable_a), depth);
    add(kind, x, located);
    look_for_hopf(zero, b, beside(unstable_b), unstable_b, depth);
}

void BranchEvents::look_for_hopf(const CurvePoint& a, const CurvePoint& b, int unstable_a, int unstable_b, int depth) {
    if (std::abs(unstable_a - unstable_b) < 2) return;
    for (const CurvePoint* from : {&a, &b}) {
        auto guess = equations_.hopf_guess(from->x);
        if (!guess) continue;
        const auto found = accepted(equations_.hopf(equations_.q(*guess)), guess, a, b);
        if (found && std::abs(equations_.omega(*found)) > 1e-6) return add(Bifurcation::hopf, *found, true);
    }
    const auto middle = depth < deepest_hopf ? curve_.between(a, b) : std::nullopt;
    if (!middle) {
        warnings_.push_back(fmt::format("Two eigenvalues cross the imaginary axis near {:.6g}, and no Hopf point was found there.", equations_.parameters(a.x)[0]));
        return;
    }
    const int there = unstable(middle->x, false);
    look_for_hopf(a, *middle, unstable_a, there, depth + 1);
    look_for_hopf(*middle, b, there, unstable_b, depth + 1);
}

}  // namespace spikemass::mass
