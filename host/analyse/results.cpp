// What an analysis leaves: one JSON object, tables, a group of a dataset.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/analyse/analyse.hpp"
#include "host/output/layout.hpp"

namespace spikemass {

namespace {

using Json = nlohmann::ordered_json;
using mass::Bifurcation;

Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

/// All special points: of branches, then of curves (branch = none).
struct Special {
    const mass::SpecialPoint* point;
    std::int64_t branch, curve;
};
std::vector<Special> all_special(const Analysis& a) {
    std::vector<Special> out;
    for (const auto& p : a.diagram.steady.special) out.push_back({&p, static_cast<std::int64_t>(p.branch), -1});
    for (std::size_t c = 0; c < a.diagram.curves.size(); ++c)
        for (const auto& p : a.diagram.curves[c].special) out.push_back({&p, -1, static_cast<std::int64_t>(c)});
    return out;
}

double rate_scale(const Analysis& a) { return output::layout::rate_scale(a.configuration.run.time_unit); }

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

std::string delay_text(const Analysis& a) {
    std::string list;
    for (std::size_t p = 0; p < a.delays.size(); ++p)
        if (a.delays[p] > 0.0) list += fmt::format("{}{} {:g}", list.empty() ? "" : ", ", a.configuration.network.projections[p].name, a.delays[p]);
    if (list.empty()) return a.options.ideal_delay ? "no delay (--ideal-delay): ordinary differential equations" : "no delay: ordinary differential equations";
    return fmt::format("delays [{}] {}{}: eigenvalues of the delay equations", a.configuration.run.time_unit, list, a.options.ideal_delay ? " (as asked for)" : " (the network's own, at least one step)");
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

output::Group to_group(const Analysis& a) {
    const std::size_t n = a.configuration.network.populations.size();
    std::size_t eigenvalues = a.fixed_points.empty() ? 0 : a.fixed_points.front().eigenvalues.size();
    if (!a.diagram.steady.branches.empty()) eigenvalues = a.diagram.steady.branches.front().points.front().state.eigenvalues.size();
    eigenvalues = std::min<std::size_t>(eigenvalues, 8);
    const std::string rate = output::layout::rate_unit(a.configuration.run.time_unit), time = a.configuration.run.time_unit, per_time = "1/" + time;
    output::Group g{"analysis", {{"closure", a.options.closure}, {"ideal_delay", a.options.ideal_delay ? "true" : "false"}, {"delays", delay_text(a)}}, {}, {}};
    if (a.along) g.attributes["along"] = a.along->path;
    if (a.across) g.attributes["across"] = a.across->path;
    if (eigenvalues > 0) g.dimensions.emplace_back("eigenvalue", eigenvalues);
    std::string dimension;
    const auto add = [&](const std::string& name, const std::string& units, const std::string& what, auto values, std::vector<std::string> more = {}, std::map<std::string, std::string> attributes = {}) {
        more.insert(more.begin(), dimension);
        g.variables.push_back({name, std::move(more), units, what, std::move(values), false, std::move(attributes)});
    };
    const auto begin = [&](const std::string& name, std::size_t size) {
        dimension = name;
        if (size > 0) g.dimensions.emplace_back(name, size);
        return size > 0;
    };
    const auto attributes = [](const RealKey& p) { return std::map<std::string, std::string>{{"path", p.path}}; };

    struct States {   // of one dimension
        std::vector<double> rate, v, re, im;
        std::vector<std::string> type;
    };
    const auto append = [&](States& s, const mass::FixedPoint& p) {
        for (std::size_t i = 0; i < n; ++i) s.rate.push_back(p.r[i] * rate_scale(a)), s.v.push_back(p.v[i]);
        for (std::size_t k = 0; k < eigenvalues; ++k) {
            s.re.push_back(k < p.eigenvalues.size() ? p.eigenvalues[k].real() : std::nan(""));
            s.im.push_back(k < p.eigenvalues.size() ? p.eigenvalues[k].imag() : std::nan(""));
        }
        s.type.push_back(mass::describe_stability(p.eigenvalues));
    };
    const auto add_states = [&](const std::string& prefix, States s, bool with_eigenvalues = true) {
        add(prefix + "rate", rate, "firing rate per neuron", std::move(s.rate), {"population"});
        add(prefix + "v", "1", "mean membrane potential", std::move(s.v), {"population"});
        if (!with_eigenvalues) return;
        add(prefix + "eigenvalue_re", per_time, "eigenvalues, rightmost first, real part", std::move(s.re), {"eigenvalue"});
        add(prefix + "eigenvalue_im", per_time, "eigenvalues, imaginary part", std::move(s.im), {"eigenvalue"});
        add(prefix + "type", "1", "kind of steady state", std::move(s.type));
    };

    if (begin("fixed_point", a.fixed_points.size())) {
        States s;
        for (const auto& p : a.fixed_points) append(s, p);
        add_states("fixed_", std::move(s));
    }
    std::size_t points = 0;
    for (const auto& b : a.diagram.steady.branches) points += b.points.size();
    if (begin("branch_point", points)) {
        States s;
        std::vector<double> at;
        std::vector<std::int64_t> branch, unstable;
        for (std::size_t b = 0; b < a.diagram.steady.branches.size(); ++b)
            for (const auto& p : a.diagram.steady.branches[b].points) {
                append(s, p.state);
                at.push_back(p.parameter);
                branch.push_back(static_cast<std::int64_t>(b));
                unstable.push_back(p.unstable);
            }
        add("branch", "1", "number of the branch; its points follow one another", std::move(branch));
        add("branch_parameter", a.along->units, "value of " + a.along->path, std::move(at), {}, attributes(*a.along));
        add("branch_unstable", "1", "eigenvalues with positive real part; 0: stable", std::move(unstable));
        add_states("branch_", std::move(s));
    }
    const auto specials = all_special(a);
    if (begin("special_point", specials.size())) {
        States s;
        std::vector<double> at, across, omega, period, lyapunov;
        std::vector<std::int64_t> branch;
        std::vector<std::string> kind;
        for (const Special& each : specials) {
            const mass::SpecialPoint& p = *each.point;
            append(s, p.state);
            kind.emplace_back(mass::name_of(p.kind));
            at.push_back(p.parameters[0]);
            across.push_back(each.curve >= 0 ? p.parameters[1] : a.across ? a.across->value : std::nan(""));
            branch.push_back(each.branch);
            omega.push_back(p.omega);
            period.push_back(p.period());
            lyapunov.push_back(p.lyapunov);
        }
        add("special_kind", "1", "fold, hopf, branch_point, cusp, bogdanov_takens", std::move(kind));
        add("special_branch", "1", "its branch; -1: on a curve of two parameters", std::move(branch));
        add("special_parameter", a.along->units, "value of " + a.along->path, std::move(at), {}, attributes(*a.along));
        if (a.across) add("special_across", a.across->units, "value of " + a.across->path, std::move(across), {}, attributes(*a.across));
        add_states("special_", std::move(s));
        add("special_omega", per_time, "angular frequency at a Hopf point", std::move(omega));
        add("special_period", time, "period at a Hopf point, 2 pi/omega", std::move(period));
        add("special_lyapunov", "1", "first Lyapunov coefficient at a Hopf point: < 0 supercritical", std::move(lyapunov));
    }
    points = 0;
    for (const auto& c : a.diagram.curves) points += c.points.size();
    if (begin("curve_point", points)) {
        States s;
        std::vector<double> at, across, omega;
        std::vector<std::int64_t> curve;
        std::vector<std::string> kind;
        for (std::size_t c = 0; c < a.diagram.curves.size(); ++c)
            for (const auto& p : a.diagram.curves[c].points) {
                for (std::size_t i = 0; i < n; ++i) s.rate.push_back(p.r[i] * rate_scale(a)), s.v.push_back(p.v[i]);
                at.push_back(p.parameter);
                across.push_back(p.across);
                omega.push_back(p.omega);
                curve.push_back(static_cast<std::int64_t>(c));
                kind.emplace_back(mass::name_of(a.diagram.curves[c].kind));
            }
        add("curve", "1", "number of the curve; its points follow one another", std::move(curve));
        add("curve_kind", "1", "what the curve is of: fold, hopf", std::move(kind));
        add("curve_parameter", a.along->units, "value of " + a.along->path, std::move(at), {}, attributes(*a.along));
        add("curve_across", a.across->units, "value of " + a.across->path, std::move(across), {}, attributes(*a.across));
        add_states("curve_", std::move(s), false);
        add("curve_omega", per_time, "angular frequency along Hopf points", std::move(omega));
    }
    return g;
}

}  // namespace spikemass
