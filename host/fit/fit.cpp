#include "host/fit/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <exception>
#include <set>

#include "host/config/wording.hpp"
#include "host/mass/closure_file.hpp"
#include "host/output/layout.hpp"
#include "models/base/error.hpp"

namespace spikemass::fit {

namespace {

double number(const std::string& option, std::string_view text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) throw ConfigurationError(fmt::format("{}: \"{}\" is no number.", option, config::shorten(std::string(text))));
    return value;
}

std::pair<std::string, std::string> split(const std::string& option, const std::string& text, const std::string& form) {
    const auto sign = text.find('=');
    if (sign == std::string::npos || sign == 0) throw ConfigurationError(fmt::format("{} {}: write {}.", option, config::shorten(text), form));
    return {text.substr(0, sign), text.substr(sign + 1)};
}

/// Options by path or end of path into the parameters.
void apply(const FitOptions& options, std::vector<Parameter>& parameters) {
    const auto each = [&](const std::string& option, const std::string& name, const auto& set) {
        const std::vector<Parameter> meant = choose_parameters(parameters, {name}, option);
        for (Parameter& p : parameters)
            if (std::any_of(meant.begin(), meant.end(), [&](const Parameter& m) { return m.path == p.path; })) set(p);
    };
    for (const auto& [name, range] : options.bounds)
        each("--bounds", name, [&](Parameter& p) {
            const bool lowest = p.kind == Parameter::Kind::eta_half_width || p.kind == Parameter::Kind::tau || p.kind == Parameter::Kind::synapse_tau || p.kind == Parameter::Kind::synapse_rise;
            if (lowest && range.first <= 0.0) throw ConfigurationError(fmt::format("--bounds {}={},{}: must be above 0 for a width or a time. Choose a lower bound above 0.", name, range.first, range.second));
            if (p.kind == Parameter::Kind::delay && range.first < p.lower) throw ConfigurationError(fmt::format("--bounds {}={},{}: a delay is at least one step, {}. Choose a larger lower bound.", name, range.first, range.second, p.lower));
            p.lower = range.first;
            p.upper = range.second;
            p.start = std::clamp(p.start, p.lower, p.upper);
        });
    for (const auto& [name, value] : options.start) each("--start", name, [&](Parameter& p) { p.start = value; });
    for (const Parameter& p : parameters)
        if (p.start < p.lower || p.start > p.upper)
            throw ConfigurationError(fmt::format("{}: the start {} lies outside the bounds [{}, {}]. Give another --start {}=.. or --bounds {}=LOW,HIGH.", p.path, p.start, p.lower, p.upper, p.path, p.path));
}

std::vector<std::string> remarks(const std::vector<const Recording*>& recordings, const FitOptions& options) {
    std::vector<std::string> list;
    bool no_v = false;
    for (const Recording* r : recordings) {
        no_v = no_v || !r->has_v;
        if (r->left_out > 0) list.push_back(fmt::format("{}: {} of {} trials are not ok and left out.", r->name, r->left_out, r->left_out + r->trials.size()));
    }
    if (no_v) list.push_back("v was not recorded, so the fit sees rates alone: what moves v and not the rate is told by transients only, and intervals are wider. Add \"v\" to run.record for another run.");
    const Network& n = recordings.front()->configuration.network;
    const mass::MassModel model(n, options.mass);
    for (std::string& w : mass::noise_warnings(n, model.closure_name(), model.takes_noise())) list.push_back(std::move(w));
    return list;
}

void add_remarks(Solution& s) {
    if (s.shortened > 0) s.warnings.push_back(fmt::format("{} steps of the fit would have left the range of the mass and were shortened; the first: {}", s.shortened, s.shortened_where));
    if (s.starts > 1 && s.converged_starts < s.starts) s.warnings.push_back(fmt::format("{} of {} starts did not converge.", s.starts - s.converged_starts, s.starts));
}

/// Parameters that every point shares start from the first point's values.
Fit run(const std::vector<const Recording*>& recordings, const FitOptions& options) {
    Fit out;
    for (const Recording* r : recordings) out.points.push_back(r->point);
    out.name = recordings.size() == 1 ? recordings.front()->name : fmt::format("{} points", recordings.size());
    std::vector<Parameter> parameters = choose_parameters(parameters_of(recordings.front()->configuration), options.free, "--free");
    for (const Recording* r : recordings)
        for (Parameter& p : parameters)
            if (p.kind == Parameter::Kind::delay) p.lower = std::max(p.lower, r->configuration.network.dt);
    apply(options, parameters);
    SolveOptions solve_options = options.solve;
    solve_options.shooting.mass = options.mass;
    out.solution = solve(recordings, parameters, solve_options);
    add_remarks(out.solution);
    if (!out.solution.converged)
        out.error = fmt::format("the fit did not converge: {}. Try other starting values (--start PATH=VALUE, --starts N), shorter segments (--segment), fewer free parameters, or bounds.", out.solution.failure);
    return out;
}

}  // namespace

std::pair<std::string, double> parse_start(const std::string& text) {
    const auto [name, value] = split("--start", text, "PATH=VALUE, as projection.EE.strength=10");
    return {name, number("--start " + name, value)};
}

std::pair<std::string, std::pair<double, double>> parse_bounds(const std::string& text) {
    const std::string form = "PATH=LOW,HIGH, as projection.EE.strength=0,20";
    const auto [name, range] = split("--bounds", text, form);
    const auto comma = range.find(',');
    if (comma == std::string::npos) throw ConfigurationError(fmt::format("--bounds {}: write {}.", config::shorten(text), form));
    const double low = number("--bounds " + name, std::string_view(range).substr(0, comma)), high = number("--bounds " + name, std::string_view(range).substr(comma + 1));
    if (!(low < high)) throw ConfigurationError(fmt::format("--bounds {}: the lower bound must be below the upper one. Write {}.", config::shorten(text), form));
    return {name, {low, high}};
}

std::string closure_of_model(const std::string& model) {
    if (model == "mpr") return "none";
    mass::find_closure(model);   // throws
    return model;
}

bool FitReport::any_converged() const {
    return std::any_of(fits.begin(), fits.end(), [](const Fit& f) { return f.error.empty(); });
}

std::string name_of_point(const output::SweepHeader& h, std::int64_t point) {
    std::string values;
    for (std::size_t a = 0; a < h.axes.size(); ++a)
        std::visit([&](const auto& x) { values += fmt::format("{}{} = {}", values.empty() ? "" : ", ", h.axes[a], x); }, h.points[static_cast<std::size_t>(point)][a]);
    return values.empty() ? fmt::format("point {}", point) : fmt::format("point {} ({})", point, values);
}

std::vector<Recording> recordings_of(const output::Dataset& d, const std::vector<Configuration>& configurations, const std::string& level) {
    const auto bins = d.time.size(), populations = d.header.populations.size();
    const auto cut = [&](const std::vector<double>& x, std::size_t run, std::size_t population) {   // [run][time][population]
        std::vector<double> series;
        for (std::size_t b = 0; b < bins && !x.empty(); ++b) series.push_back(x[(run * bins + b) * populations + population]);
        return series;
    };
    const auto trial = [&](const std::vector<double>& rate, const std::vector<double>& v, std::size_t run) {
        Trial t;
        for (std::size_t p = 0; p < populations; ++p) {
            t.rate.push_back(cut(rate, run, p));
            t.v.push_back(cut(v, run, p));
            if (std::all_of(t.v.back().begin(), t.v.back().end(), [](double x) { return std::isnan(x); })) t.v.back().clear();   // this population has none
        }
        return t;
    };
    const auto is_mass = [](const std::string& name) { return name.starts_with("mass"); };
    if (level == "spiking" && std::none_of(d.runs.status.begin(), d.runs.status.end(), [](output::TrialStatus s) { return s == output::TrialStatus::ok; }) && std::any_of(d.groups.begin(), d.groups.end(), is_mass))
        throw ConfigurationError(fmt::format("{}: holds no spiking run that is ok, but the level {}. Use --level {} to fit that.", d.path.string(), *std::find_if(d.groups.begin(), d.groups.end(), is_mass), *std::find_if(d.groups.begin(), d.groups.end(), is_mass)));
    output::Group group;
    std::vector<double> rate, v, status;
    std::size_t group_trials = 1;
    if (level != "spiking") {
        if (std::find(d.groups.begin(), d.groups.end(), level) == d.groups.end()) {
            std::vector<std::string> known = {"spiking"};
            for (const std::string& g : d.groups)
                if (is_mass(g)) known.push_back(g);
            throw ConfigurationError(fmt::format("--level {}: {} has no such level. {}", config::shorten(level), d.path.string(), config::suggestion(level, known, "Levels")));
        }
        group = output::read_group(d.path, level);
        for (const auto& x : group.variables) {
            if (!std::holds_alternative<std::vector<double>>(x.values)) continue;
            const auto& values = std::get<std::vector<double>>(x.values);
            if (x.name == "status") status = values;
            if (x.name == "v") v = values;
            if (x.name != "rate") continue;
            rate = values;
            for (double& y : rate) y /= output::layout::rate_scale(d.header.time_unit);
            if (std::find(x.dimensions.begin(), x.dimensions.end(), "trial") != x.dimensions.end()) group_trials = static_cast<std::size_t>(d.header.trials);
        }
        if (rate.empty()) throw ConfigurationError(fmt::format("--level {}: the group of {} holds no rates. Levels with rates are spiking, mass, mass.two_cumulant and so on.", level, d.path.string()));
    }
    std::vector<Recording> list;
    const auto trials = static_cast<std::size_t>(d.header.trials);
    for (std::int64_t i = 0; i < d.header.n_points(); ++i) {
        if (d.header.representative(i) != i) continue;
        const auto point = static_cast<std::size_t>(i);
        Recording r;
        r.point = i;
        r.name = name_of_point(d.header, i);
        r.configuration = configurations[point];
        if (level == "spiking") {
            for (std::size_t t = 0; t < trials; ++t) {
                if (d.runs.status[point * trials + t] == output::TrialStatus::ok) r.trials.push_back(trial(d.runs.rate, d.runs.v, point * trials + t));
                else ++r.left_out;
            }
        } else {
            for (std::size_t t = 0; t < group_trials; ++t) {
                const std::size_t run = point * group_trials + t;
                if (run >= status.size() || status[run] == static_cast<double>(output::TrialStatus::ok)) r.trials.push_back(trial(rate, v, run));
                else ++r.left_out;
            }
        }
        list.push_back(std::move(r));
    }
    return list;
}

Fit fit_one(Recording recording, const FitOptions& options) {
    Fit out;
    out.points = {recording.point};
    out.name = recording.name;
    try {
        summarise(recording);
        FitOptions one = options;
        one.solve.threads = 1;
        out = run({&recording}, one);
        for (std::string& w : remarks({&recording}, options)) out.solution.warnings.push_back(std::move(w));
    } catch (const ConfigurationError& e) {
        out.error = e.what();
        out.unusable = true;
    } catch (const DivergenceError& e) {
        out.error = e.what();
    }
    return out;
}

FitReport fit(std::vector<Recording> recordings, const std::vector<std::string>& axes, const FitOptions& options) {
    FitReport report;
    report.closure = options.mass.closure;
    report.level = options.level;
    report.each = options.each;
    report.from_network = options.solve.shooting.from_network;
    if (recordings.empty()) throw ConfigurationError("There is no point to fit.");
    report.time_unit = recordings.front().configuration.run.time_unit;
    for (const Population& p : recordings.front().configuration.network.populations) report.populations.push_back(p.name);
    if (!options.each) {
        std::vector<Parameter> all = parameters_of(recordings.front().configuration);
        std::vector<Parameter> chosen = choose_parameters(all, options.free, "--free");
        std::set<std::string> varied;
        for (const Parameter& p : chosen)
            for (const std::string& axis : axes)
                if (means(p, axis)) varied.insert(p.path);
        if (!varied.empty() && recordings.size() > 1) {
            if (!options.free.empty())
                throw ConfigurationError(fmt::format("--free {}: the sweep varies it, so its points cannot share one value. Use --each to fit each point by itself, or leave it out of --free: every point then has its own known value.", *varied.begin()));
            report.warnings.push_back(fmt::format("{}: not free, since the sweep varies it; every point has its own value. --each fits each point by itself.", *varied.begin()));
        }
        std::vector<std::string> free;
        for (const Parameter& p : chosen)
            if (recordings.size() == 1 || !varied.count(p.path)) free.push_back(p.path);
        if (free.empty()) throw ConfigurationError("--free: nothing is left to fit, since the sweep varies all that is free by default. Name parameters by --free, or use --each.");
        FitOptions shared = options;
        shared.free = free;
        std::vector<Recording> usable;
        std::string first_error;
        for (Recording& r : recordings) {
            if (r.trials.empty() && recordings.size() > 1) {
                report.warnings.push_back(fmt::format("{}: left out, none of its trials is ok.", r.name));
                continue;
            }
            summarise(r);
            usable.push_back(std::move(r));
        }
        if (usable.empty()) throw ConfigurationError("None of the dataset's points has a trial that is ok, so there is nothing to fit. `spikemass status` says why they failed.");
        std::vector<const Recording*> list;
        for (const Recording& r : usable) list.push_back(&r);
        for (const Recording* r : list)
            if (r->series.size() != list.front()->series.size()) throw ConfigurationError(fmt::format("{}: v was recorded of other populations than of {}. Fit them apart, by --each.", r->name, list.front()->name));
        report.fits.push_back(run(list, shared));
        for (std::string& w : remarks(list, options)) report.warnings.push_back(std::move(w));
        return report;
    }
    report.fits.resize(recordings.size());
    std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic) num_threads(options.solve.threads)
    for (std::size_t i = 0; i < recordings.size(); ++i) try {
            report.fits[i] = fit_one(std::move(recordings[i]), options);
        } catch (...) {
#pragma omp critical
            failure = std::current_exception();
        }
    if (failure) std::rethrow_exception(failure);
    if (!report.any_converged() && std::all_of(report.fits.begin(), report.fits.end(), [](const Fit& f) { return f.unusable; })) throw ConfigurationError(report.fits.front().error);
    return report;
}

}  // namespace spikemass::fit
