// An analysis as a group of a dataset.

#include <algorithm>
#include <cmath>

#include "host/analyse/parts.hpp"
#include "host/output/layout.hpp"

namespace spikemass {

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
