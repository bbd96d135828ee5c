// What an analysis says: one JSON object, and tables.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/analyse/parts.hpp"
#include "host/output/layout.hpp"

namespace spikemass {

namespace {

using Json = nlohmann::ordered_json;
using mass::Bifurcation;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json populations(const Analysis& a, const std::vector<double>& r, const std::vector<double>& v) {
    Json out = Json::object();
    for (std::size_t i = 0; i < r.size(); ++i) out[a.configuration.network.populations[i].name] = {{"rate", number(r[i] * rate_scale(a))}, {"v", number(v[i])}};
    return out;
}

Json pairs(const std::vector<std::complex<double>>& values) {
    Json out = Json::array();
    for (const auto& z : values) out.push_back({z.real(), z.imag()});
    return out;
}

Json parameter(const RealKey& p) { return {{"path", p.path}, {"low", p.range.low}, {"high", p.range.high}, {"value", p.value}, {"units", p.units}}; }

/// {"E": {"rate": [..], "v": [..]}} of states [point] with r and v [population].
template <class Points, class State>
Json series(const Analysis& a, const Points& points, State&& state_of) {
    Json out = Json::object();
    for (std::size_t i = 0; i < a.configuration.network.populations.size(); ++i) {
        Json rate = Json::array(), v = Json::array();
        for (const auto& p : points) {
            rate.push_back(state_of(p).r[i] * rate_scale(a));
            v.push_back(state_of(p).v[i]);
        }
        out[a.configuration.network.populations[i].name] = {{"rate", std::move(rate)}, {"v", std::move(v)}};
    }
    return out;
}

Json branch(const Analysis& a, const mass::Branch& b) {
    Json parameters = Json::array(), unstable = Json::array();
    for (const auto& p : b.points) {
        parameters.push_back(p.parameter);
        unstable.push_back(p.unstable);
    }
    return {{"first_end", mass::describe_end(b.first)}, {"last_end", mass::describe_end(b.last)}, {"parameter", std::move(parameters)}, {"unstable", std::move(unstable)},
            {"populations", series(a, b.points, [](const auto& p) -> const auto& { return p.state; })}};
}

Json special(const Analysis& a, const Special& s) {
    const mass::SpecialPoint& p = *s.point;
    Json out = {{"kind", mass::name_of(p.kind)}, {"parameter", p.parameters[0]}};
    if (p.parameters.size() > 1 && a.across) out["across"] = s.curve >= 0 ? p.parameters[1] : a.across->value;
    if (s.branch >= 0) out["branch"] = s.branch;
    if (s.curve >= 0) out["curve"] = s.curve;
    out["populations"] = populations(a, p.state.r, p.state.v);
    out["eigenvalues"] = pairs(p.state.eigenvalues);
    if (p.kind == Bifurcation::hopf) {
        out["omega"] = p.omega;
        out["period"] = p.period();
        out["lyapunov"] = number(p.lyapunov);
        out["supercritical"] = p.lyapunov < 0.0;
    }
    out["located"] = p.located;
    return out;
}

Json curve(const Analysis& a, const mass::BifurcationCurve& c) {
    Json along = Json::array(), across = Json::array(), omega = Json::array();
    for (const auto& p : c.points) {
        along.push_back(p.parameter);
        across.push_back(p.across);
        if (c.kind == Bifurcation::hopf) omega.push_back(p.omega);
    }
    Json out = {{"kind", mass::name_of(c.kind)}, {"first_end", mass::describe_end(c.first)}, {"last_end", mass::describe_end(c.last)}, {"parameter", std::move(along)},
                {"across", std::move(across)}, {"populations", series(a, c.points, [](const auto& p) -> const auto& { return p; })}};
    if (c.kind == Bifurcation::hopf) out["omega"] = std::move(omega);
    return out;
}

std::string eigenvalue_text(const std::vector<std::complex<double>>& values) {
    std::string out;
    for (std::size_t k = 0; k < std::min<std::size_t>(values.size(), 6); ++k) {
        if (values[k].imag() < 0.0) continue;   // said with its partner
        const bool pair = values[k].imag() > 0.0;
        out += fmt::format("{}{:.6g}{}", out.empty() ? "" : ", ", values[k].real(), pair ? fmt::format(" ± {:.6g}i", values[k].imag()) : "");
    }
    return out + (values.size() > 6 ? ", ..." : "");
}

std::string state_text(const Analysis& a, const std::vector<double>& r, const std::vector<double>& v) {
    std::string out;
    for (std::size_t i = 0; i < r.size(); ++i) {
        const std::string of = r.size() > 1 ? "_" + a.configuration.network.populations[i].name : "";
        out += fmt::format("{}r{} {:<14.10g} v{} {:<14.10g}", i > 0 ? " " : "", of, r[i] * rate_scale(a), of, v[i]);
    }
    return out;
}

std::string special_text(const Analysis& a, const Special& s) {
    const mass::SpecialPoint& p = *s.point;
    std::string name(mass::name_of(p.kind));
    std::replace(name.begin(), name.end(), '_', ' ');
    std::string out = fmt::format("  {:<15} {} = {:<16.12g}", name, a.along->short_name(), p.parameters[0]);
    if (s.curve >= 0) out += fmt::format(" {} = {:<16.12g}", a.across->short_name(), p.parameters[1]);
    out += " " + state_text(a, p.state.r, p.state.v);
    if (p.kind == Bifurcation::hopf)
        out += fmt::format(" period {:.10g} {} (omega {:.10g}), {}", p.period(), a.configuration.run.time_unit, p.omega,
                           std::isfinite(p.lyapunov) ? fmt::format("{}, first Lyapunov coefficient {:.4g}", p.lyapunov < 0.0 ? "supercritical" : "subcritical", p.lyapunov) : "criticality unknown");
    if (!p.located) out += " (by bisection)";
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
}

}  // namespace

std::vector<Special> all_special(const Analysis& a) {
    std::vector<Special> out;
    for (const auto& p : a.diagram.steady.special) out.push_back({&p, static_cast<std::int64_t>(p.branch), -1});
    for (std::size_t c = 0; c < a.diagram.curves.size(); ++c)
        for (const auto& p : a.diagram.curves[c].special) out.push_back({&p, -1, static_cast<std::int64_t>(c)});
    return out;
}

double rate_scale(const Analysis& a) { return output::layout::rate_scale(a.configuration.run.time_unit); }

std::string delay_text(const Analysis& a) {
    std::string list;
    for (std::size_t p = 0; p < a.delays.size(); ++p)
        if (a.delays[p] > 0.0) list += fmt::format("{}{} {:g}", list.empty() ? "" : ", ", a.configuration.network.projections[p].name, a.delays[p]);
    if (list.empty()) return a.options.ideal_delay ? "no delay (--ideal-delay): ordinary differential equations" : "no delay: ordinary differential equations";
    return fmt::format("delays [{}] {}{}: eigenvalues of the delay equations", a.configuration.run.time_unit, list, a.options.ideal_delay ? " (as asked for)" : " (the network's own, at least one step)");
}

Json to_json(const Analysis& a) {
    Json j = {{"network", a.configuration.file}, {"closure", a.options.closure}, {"ideal_delay", a.options.ideal_delay}, {"time_unit", a.configuration.run.time_unit},
              {"rate_unit", output::layout::rate_unit(a.configuration.run.time_unit)}};
    j["projections"] = Json::object();
    for (std::size_t p = 0; p < a.delays.size(); ++p) j["projections"][a.configuration.network.projections[p].name] = {{"effective_delay", a.delays[p]}};
    j["fixed_points"] = Json::array();
    for (const auto& p : a.fixed_points)
        j["fixed_points"].push_back({{"type", mass::describe_stability(p.eigenvalues)}, {"stable", p.stable}, {"populations", populations(a, p.r, p.v)}, {"eigenvalues", pairs(p.eigenvalues)}});
    if (a.along) {
        j["along"] = parameter(*a.along);
        j["branches"] = Json::array();
        for (const auto& b : a.diagram.steady.branches) j["branches"].push_back(branch(a, b));
        j["special_points"] = Json::array();
        for (const Special& s : all_special(a)) j["special_points"].push_back(special(a, s));
    }
    if (a.across) {
        j["across"] = parameter(*a.across);
        j["curves"] = Json::array();
        for (const auto& c : a.diagram.curves) j["curves"].push_back(curve(a, c));
    }
    if (!a.warnings.empty()) j["warnings"] = a.warnings;
    return j;
}

std::string to_text(const Analysis& a) {
    std::string out = fmt::format("mass of {}, closure {}; {}\n", a.configuration.file, a.options.closure, delay_text(a));
    out += fmt::format("{} fixed point{} (r in {}, eigenvalues in 1/{})\n", a.fixed_points.size(), a.fixed_points.size() == 1 ? "" : "s",
                       output::layout::rate_unit(a.configuration.run.time_unit), a.configuration.run.time_unit);
    for (const auto& p : a.fixed_points) out += fmt::format("  {:<15} {} {}\n", mass::describe_stability(p.eigenvalues), state_text(a, p.r, p.v), eigenvalue_text(p.eigenvalues));
    if (!a.along) return out;
    const auto specials = all_special(a);
    out += fmt::format("along {} from {:g} to {:g}: {} branch{}\n", a.along->path, a.along->range.low, a.along->range.high, a.diagram.steady.branches.size(), a.diagram.steady.branches.size() == 1 ? "" : "es");
    for (std::size_t b = 0; b < a.diagram.steady.branches.size(); ++b) {
        const mass::Branch& branch = a.diagram.steady.branches[b];
        const auto end = [&](const mass::BranchPoint& p, mass::CurveEnd why) {
            return fmt::format("{:.6g} ({}, {})", p.parameter, mass::describe_stability(p.state.eigenvalues), mass::describe_end(why));
        };
        out += fmt::format("branch {}: {} points, {} ... {}\n", b, branch.points.size(), end(branch.points.front(), branch.first), end(branch.points.back(), branch.last));
        for (const Special& s : specials)
            if (s.branch == static_cast<std::int64_t>(b)) out += special_text(a, s);
    }
    for (std::size_t c = 0; c < a.diagram.curves.size(); ++c) {
        const mass::BifurcationCurve& curve = a.diagram.curves[c];
        const auto at = [](const mass::CurvePointOfTwo& p) { return fmt::format("({:.6g}, {:.6g})", p.parameter, p.across); };
        out += fmt::format("curve {} of {} points across {}: {} points, {} {} ... {} {}\n", c, curve.kind == Bifurcation::fold ? "fold" : "Hopf", a.across->path, curve.points.size(), at(curve.points.front()),
                           mass::describe_end(curve.first), at(curve.points.back()), mass::describe_end(curve.last));
        for (const Special& s : specials)
            if (s.curve == static_cast<std::int64_t>(c)) out += special_text(a, s);
    }
    return out;
}

}  // namespace spikemass
