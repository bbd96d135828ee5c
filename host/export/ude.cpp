#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include <fmt/format.h>

#include "host/config/wording.hpp"
#include "host/export/baseline.hpp"
#include "host/export/binned_input.hpp"
#include "host/export/export.hpp"
#include "host/export/parameters.hpp"
#include "host/mass/afferents.hpp"
#include "host/output/sha256.hpp"
#include "host/sweep/configurations_of.hpp"
#include "host/version.hpp"
#include "models/base/error.hpp"

namespace spikemass::handover {

namespace {

using Series = std::vector<double>;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Moments {
    Series mean, sem;
};

/// Mean over trials and its standard error, element by element; NaN errors of a single trial.
Moments moments(const std::vector<Series>& trials) {
    Moments m{Series(trials.front().size(), 0.0), Series(trials.front().size(), nan)};
    const double n = static_cast<double>(trials.size());
    for (std::size_t i = 0; i < m.mean.size(); ++i) {
        double square = 0.0;
        for (const Series& t : trials) m.mean[i] += t[i] / n;
        for (const Series& t : trials) square += (t[i] - m.mean[i]) * (t[i] - m.mean[i]);
        if (trials.size() > 1) m.sem[i] = std::sqrt(square / (n - 1.0) / n);
    }
    return m;
}

class UdeFile {
public:
    UdeFile(const output::Dataset& d, const UdeOptions& o)
        : d_(d), o_(o), where_(d.path.string()), configurations_(configurations_of(d)), trials_(static_cast<std::size_t>(d.header.trials)), bins_(d.time.size()), populations_(d.header.populations.size()), states_(2 * populations_) {}

    output::Group make(UdeSummary& summary) {
        check();
        summary_ = &summary;
        choose_points();
        const Splits splits = make_splits(d_.header, points_, o_.split, where_);
        for (const std::string& note : splits.notes) summary.notes.push_back(note);
        for (const std::size_t p : points_) add(p);
        summary.points = points_.size();
        summary.hold_out = splits.hold_out;
        summary.validation = splits.validation;
        for (const Split s : splits.of) ++summary.split[static_cast<std::size_t>(s)];
        return group(splits);
    }

private:
    [[noreturn]] void refuse(const std::string& why, const std::string& remedy) const { throw ConfigurationError(fmt::format("{}: {}. {}", where_, why, remedy)); }

    void check() const {
        if (o_.order < 1 || o_.order > 8) throw ConfigurationError(fmt::format("--order {}: derivatives come from polynomials of order 1 to 8.", o_.order));
        if (o_.window % 2 == 0 || o_.window <= o_.order) throw ConfigurationError(fmt::format("--window {}: must be an odd number of bins, and more than --order {}.", o_.window, o_.order));
        if (static_cast<std::size_t>(o_.window) > bins_) throw ConfigurationError(fmt::format("--window {}: {} has {} bins. Use a smaller window.", o_.window, where_, bins_));
        for (const Population& p : configurations_.front().network.populations) mass::require_exact_mass(p);
        if (d_.runs.v.empty()) refuse("v was not recorded", "A neural mass is trained on r and v together: add \"v\" to run.record and run the sweep again.");
    }

    /// Those with a run that is ok; of equal networks the first.
    void choose_points() {
        summary_->notes = unusable_runs(d_);
        for (std::size_t p = 0; p < configurations_.size(); ++p) {
            const auto first = static_cast<std::size_t>(d_.header.representative(static_cast<std::int64_t>(p)));
            if (first != p) {
                summary_->notes.push_back(fmt::format("{} left out: it is the same network as point {}.", describe_point(d_, p), first));
                continue;
            }
            bool any = false;
            for (std::size_t t = 0; t < trials_; ++t) any = any || ok(p, t);
            if (any) points_.push_back(p);
        }
        if (points_.empty()) refuse("none of its runs is ok", "Finish the sweep with `spikemass sweep --resume`; `spikemass status` lists failures.");
    }

    bool ok(std::size_t p, std::size_t t) const { return d_.runs.status[p * trials_ + t] == output::TrialStatus::ok; }

    /// tau r and v of one run, [bin][state].
    Series states_of(const Configuration& c, std::size_t p, std::size_t t) const {
        Series x(bins_ * states_);
        for (std::size_t b = 0; b < bins_; ++b)
            for (std::size_t a = 0; a < populations_; ++a) {
                const std::size_t from = ((p * trials_ + t) * bins_ + b) * populations_ + a;
                x[b * states_ + 2 * a] = d_.runs.rate[from] * c.network.populations[a].tau;
                x[b * states_ + 2 * a + 1] = d_.runs.v[from];
            }
        if (!std::all_of(x.begin(), x.end(), [](double y) { return std::isfinite(y); }))
            refuse(fmt::format("r or v of {}, trial {}, is not a number though the run is marked ok", describe_point(d_, p), d_.header.first_trial + static_cast<std::int64_t>(t)), "The dataset is damaged: `spikemass validate` says where.");
        return x;
    }

    Series derivative(const Configuration& c, const Series& x, const std::vector<Stretch>& stretches) const {
        Series slope(x.size());
        for (std::size_t s = 0; s < states_; ++s) {
            Series one(bins_);
            for (std::size_t b = 0; b < bins_; ++b) one[b] = x[b * states_ + s];
            const LocalDerivative local(o_.order, o_.window, static_cast<double>(c.plan.steps_per_bin) * c.network.dt / c.network.populations[s / 2].tau);
            const Series d = local(one, stretches);
            for (std::size_t b = 0; b < bins_; ++b) slope[b * states_ + s] = d[b];
        }
        return slope;
    }

    void add(std::size_t p) {
        const Configuration& c = configurations_[p];
        const BinnedInput input = binned_input(c, o_.order + 1);
        std::vector<Series> runs, slopes;
        for (std::size_t t = 0; t < trials_; ++t) {
            status_.push_back(static_cast<std::int8_t>(d_.runs.status[p * trials_ + t]));
            if (!ok(p, t)) {
                x_.insert(x_.end(), bins_ * states_, nan);
                continue;
            }
            runs.push_back(states_of(c, p, t));
            slopes.push_back(derivative(c, runs.back(), input.stretches));
            append(x_, runs.back());
        }
        const Moments x = moments(runs), slope = moments(slopes);
        append(mean_, x.mean);
        append(sem_, x.sem);
        append(slope_, slope.mean);
        append(slope_sem_, slope.sem);
        append(input_, input.mean);
        trials_used_.push_back(static_cast<std::int64_t>(runs.size()));
        const auto lost = static_cast<std::size_t>(std::count_if(slope.mean.begin(), slope.mean.end(), [](double y) { return std::isnan(y); })) / states_;
        if (lost > 0) summary_->notes.push_back(fmt::format("{}: dxdt is NaN in {} of {} bins, in which the input jumps, or which lie between jumps that are at most {} bins apart.", describe_point(d_, p), lost, bins_, o_.order));
        std::string why;
        const auto mass = mass_trajectory(c, why);
        if (!mass) summary_->notes.push_back(fmt::format("{}: baseline and residual are NaN, the exact mass diverges: {}", describe_point(d_, p), why));
        const auto rhs = mass_right_hand_side(c, x.mean, input.mean, why);
        if (!rhs) summary_->notes.push_back(fmt::format("{}: rhs_baseline is NaN: {}.", describe_point(d_, p), why));
        append(baseline_, mass.value_or(Series(bins_ * states_, nan)));
        append(rhs_, rhs.value_or(Series(bins_ * states_, nan)));
        if (names_.empty()) names_ = parameters_of(c.network, d_.header.time_unit);
        for (const NamedParameter& q : parameters_of(c.network, d_.header.time_unit)) theta_.push_back(q.value);
    }

    static void append(Series& to, const Series& from) { to.insert(to.end(), from.begin(), from.end()); }

    /// Root mean square over bins of the points that `use` [point]; NaN left out.
    Series rms(const Series& values, const std::vector<bool>& use) const {
        Series square(states_, 0.0), count(states_, 0.0);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!use[i / (bins_ * states_)] || std::isnan(values[i])) continue;
            square[i % states_] += values[i] * values[i];
            count[i % states_] += 1.0;
        }
        for (std::size_t s = 0; s < states_; ++s) square[s] = count[s] > 0.0 ? std::sqrt(square[s] / count[s]) : nan;
        return square;
    }

    output::Group group(const Splits& splits) const;

    const output::Dataset& d_;
    const UdeOptions& o_;
    std::string where_;
    std::vector<Configuration> configurations_;
    std::size_t trials_, bins_, populations_, states_;
    UdeSummary* summary_ = nullptr;
    std::vector<std::size_t> points_;
    Series x_, mean_, sem_, slope_, slope_sem_, input_, theta_, baseline_, rhs_;
    std::vector<std::int8_t> status_;
    std::vector<std::int64_t> trials_used_;
    std::vector<NamedParameter> names_;
};

output::Group UdeFile::group(const Splits& splits) const {
    const output::SweepHeader& h = d_.header;
    using Strings = std::vector<std::string>;
    output::Group g{"ude", {}, {}, {}};
    g.attributes = {{"title", "training data for universal differential equations"},
                    {"profile", "spikemass-ude"},
                    {"profile_version", "1.0"},
                    {"Conventions", "CF-1.10"},
                    {"dataset", d_.path.filename().string()},
                    {"dataset_sha256", output::sha256_of_file(d_.path)},
                    {"dataset_program_version", h.provenance.program_version},
                    {"program_version", version},
                    {"git_commit", git_commit},
                    {"time_unit", h.time_unit},
                    {"resolved_sha256", h.sha256},
                    {"resolved_configuration", h.resolved.dump()},
                    {"network_file", h.network_toml},
                    {"hold_out", splits.hold_out},
                    {"validation", splits.validation.empty() ? "none" : splits.validation},
                    {"notes", summary_->notes.empty() ? "none" : config::join(summary_->notes, "\n")}};
    g.numbers = {{"bin", h.bin}, {"dt", h.dt}, {"warmup", h.warmup}, {"duration", h.duration}};
    g.dimensions = {{"point", points_.size()}, {"trial", trials_}, {"time", bins_}, {"population", populations_}, {"state", states_}, {"parameter", names_.size()}};

    const Strings series = {"point", "time", "state"};
    const auto add = [&](const char* name, const Strings& dimensions, const std::string& units, const std::string& long_name, auto values) -> output::GroupVariable& {
        return g.variables.emplace_back(output::GroupVariable{name, dimensions, units, long_name, std::move(values), false, {}});
    };
    std::vector<std::int64_t> trial(trials_), index(points_.begin(), points_.end()), of_population;
    std::iota(trial.begin(), trial.end(), h.first_trial);
    Strings states, parameters, parameter_units, meanings;
    for (std::size_t a = 0; a < populations_; ++a)
        for (const char* kind : {"r_", "v_"}) {
            states.push_back(kind + h.populations[a]);
            of_population.push_back(static_cast<std::int64_t>(a));
        }
    for (const NamedParameter& p : names_) {
        parameters.push_back(p.name);
        parameter_units.push_back(p.units);
        meanings.push_back(p.meaning);
    }
    add("trial", {"trial"}, "1", "trial", trial);
    add("time", {"time"}, h.time_unit, "bin centre, from the start of the simulation", d_.time);
    add("population", {"population"}, "1", "population name", h.populations);
    add("state", {"state"}, "1", "r_NAME: rate of population NAME times its tau; v_NAME: its mean membrane potential", states);
    add("state_population", {"state"}, "1", "population of a state, counted from 0", of_population);
    add("parameter", {"parameter"}, "1", "parameter name", parameters);
    add("parameter_units", {"parameter"}, "1", "units of theta", parameter_units);
    add("parameter_meaning", {"parameter"}, "1", "what a parameter is", meanings);
    add("dataset_point", {"point"}, "1", "number of the point in the dataset", index);

    std::vector<double> theta = theta_, residual(mean_.size());
    for (std::size_t i = 0; i < residual.size(); ++i) residual[i] = mean_[i] - baseline_[i];
    const auto local = [&](output::GroupVariable& v) {
        v.attributes["method"] = "least-squares polynomial (Savitzky-Golay), within stretches in which the input does not jump; one-sided at their ends";
        v.numbers = {{"polynomial_order", static_cast<double>(o_.order)}, {"window_bins", static_cast<double>(o_.window)}};
    };
    add("x", {"point", "trial", "time", "state"}, "1", "tau r and v of every run, bin means; NaN where status is not ok", x_);
    add("x_mean", series, "1", "mean of x over the trials that are ok", mean_);
    add("x_sem", series, "1", "its standard error", sem_);
    local(add("dxdt", series, "1", "tau d(x_mean)/dt, tau of the state's population; its noise is large, see dxdt_sem", slope_));
    local(add("dxdt_sem", series, "1", "standard error of dxdt, from the trials' own derivatives", slope_sem_));
    add("u", {"point", "time", "population"}, "1", "input beside eta: mean of the stimuli over each bin", input_);
    add("theta", {"point", "parameter"}, "1", "parameters of the network, units in parameter_units", std::move(theta));
    add("baseline", series, "1", "the exact mass (no closure) from its own initial state, bin means", baseline_);
    add("residual", series, "1", "x_mean - baseline", std::move(residual));
    add("rhs_baseline", series, "1", "tau dx/dt of the exact mass at x_mean and u; dxdt - rhs_baseline is (q/pi, p) and noise", rhs_);
    std::vector<std::int8_t> split;
    for (const Split s : splits.of) split.push_back(static_cast<std::int8_t>(s));
    add("split", {"point"}, "1", "what a point is for", split).attributes["flag_meanings"] = split_meanings;
    add("status", {"point", "trial"}, "1", "state of the run", status_).attributes["flag_meanings"] = "missing ok failed";
    add("n_trials", {"point"}, "1", "trials that are ok", trials_used_);
    std::vector<bool> training, all(points_.size(), true);
    for (const Split s : splits.of) training.push_back(s == Split::train);
    add("scale", {"state"}, "1", "root mean square of x_mean at the training points", rms(mean_, training));
    add("dxdt_scale", {"state"}, "1", "root mean square of dxdt at the training points", rms(slope_, training));
    add("noise_floor", {"state"}, "1", "root mean square of x_sem: what finite size and the number of trials leave; no model can be told to be closer", rms(sem_, all));

    for (output::GroupVariable& v : output::swept_variables(h, points_)) {
        const bool taken = std::any_of(g.variables.begin(), g.variables.end(), [&](const output::GroupVariable& w) { return w.name == v.name; });
        if (taken || std::any_of(g.dimensions.begin(), g.dimensions.end(), [&](const auto& d) { return d.first == v.name; })) v.name = "swept_" + v.name;
        g.variables.push_back(std::move(v));
    }
    return g;
}

}  // namespace

UdeSummary export_ude(const output::Dataset& dataset, const std::filesystem::path& file, const UdeOptions& options) {
    UdeSummary summary;
    const output::Group group = UdeFile(dataset, options).make(summary);
    output::write_group_file(file, group);
    return summary;
}

}  // namespace spikemass::handover
