#include "host/learn/training_data.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/mass/afferents.hpp"
#include "kernels/delays.hpp"
#include "kernels/stimulus.hpp"
#include "models/base/error.hpp"

namespace spikemass::learn {

namespace {

constexpr double steady_time = 4.0, settle_time = 4.0, before_step = 3.0, after_step = 10.0, onset = 5.0;   // tau
constexpr double steady_disagreement = 0.05, transient_disagreement = 0.10;   // of |W|: of a graph from the mean; of the mean's standard error

/// Means over trials and their standard errors.  Shapes [bin]; trial_r, trial_v [trial that is ok][bin].
struct Mean {
    std::vector<double> r, v, sem;
    std::vector<std::vector<double>> trial_r, trial_v;
    int trials = 0;
};

Mean mean_of(const output::Dataset& d, std::size_t point, double tau) {
    const auto trials = static_cast<std::size_t>(d.header.trials), bins = d.time.size();
    Mean m;
    for (auto* x : {&m.r, &m.v, &m.sem}) x->assign(bins, 0.0);
    const auto each = [&](auto&& f) {
        for (std::size_t t = 0; t < trials; ++t)
            if (d.runs.status[point * trials + t] == output::TrialStatus::ok)
                for (std::size_t b = 0; b < bins; ++b) f(b, d.runs.rate[(point * trials + t) * bins + b] * tau, d.runs.v[(point * trials + t) * bins + b]);
    };
    for (std::size_t t = 0; t < trials; ++t) m.trials += d.runs.status[point * trials + t] == output::TrialStatus::ok;
    if (m.trials == 0) return m;
    each([&](std::size_t b, double r, double v) {
        if (b == 0) {
            m.trial_r.emplace_back();
            m.trial_v.emplace_back();
        }
        m.trial_r.back().push_back(r);
        m.trial_v.back().push_back(v);
        m.r[b] += r / m.trials;
        m.v[b] += v / m.trials;
    });
    each([&](std::size_t b, double r, double v) {
        const double dr = std::numbers::pi * (r - m.r[b]), dv = v - m.v[b];
        m.sem[b] += dr * dr + dv * dv;
    });
    for (double& x : m.sem) x = m.trials > 1 ? std::sqrt(x / (m.trials - 1) / m.trials) : 0.0;
    return m;
}

double size_of(double r, double v) { return std::hypot(std::numbers::pi * r, v); }

}  // namespace

namespace {

[[noreturn]] void refuse(const output::Dataset& d, const std::string& why, const std::string& remedy) {
    throw ConfigurationError(fmt::format("{}: {}. {}", d.path.string(), why, remedy));
}

bool lies_in(const output::Dataset& d, std::size_t point, const PointRange& range) {
    const auto axis = std::find(d.header.axes.begin(), d.header.axes.end(), range.path);
    if (axis == d.header.axes.end()) refuse(d, fmt::format("{} is not swept", range.path), fmt::format("Choose among {}.", fmt::join(d.header.axes, ", ")));
    return std::visit([&](const auto& x) {
        using X = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<X, std::string> || std::is_same_v<X, bool>) refuse(d, fmt::format("{} has no numbers", range.path), "Choose a key whose swept values are numbers.");
        else return static_cast<double>(x) >= range.low && static_cast<double>(x) <= range.high;
        return false;
    }, d.header.points[point][static_cast<std::size_t>(axis - d.header.axes.begin())]);
}

/// The point's parameters, times in tau.
Point point_of(const output::Dataset& d, const Network& n, const DataOptions& options) {
    if (n.populations.size() != 1 || n.projections.size() != 1)
        refuse(d, fmt::format("its network has {} populations and {} projections", n.populations.size(), n.projections.size()), "A closure is learned from one population with one projection onto itself.");
    const Population& population = n.populations[0];
    const Projection& projection = n.projections[0];
    mass::require_exact_mass(population);
    if (projection.synapse.kind != SynapseKind::delta) refuse(d, "its synapses are not of kind delta", "Learn from delta synapses: the closure's rates are then the network's.");
    Point p;
    p.eta = population.eta.center;
    p.delta = mass::half_width(n, 0);
    const closures::Afferent a = mass::make_afferent(n, projection);
    p.coupling = a.coupling;
    p.mean_indegree = a.mean_indegree;
    p.strength = a.noise_strength();
    if (options.control_indegree > 0.0 && projection.topology.kind == TopologyKind::all_to_all) {
        p.mean_indegree = options.control_indegree;
        p.strength = p.coupling * p.coupling / p.mean_indegree;
    }
    p.delay = kernels::mean_delay_steps(projection) * n.dt / population.tau;
    return p;
}

/// Input of every bin, and where it is the same as in the bin before.
std::vector<double> inputs_of(const Configuration& c) {
    std::vector<double> input;
    for (std::int64_t b = 0; b < c.plan.bins; ++b) {
        double sum = 0.0;
        for (std::int64_t s = 0; s < c.plan.steps_per_bin; ++s) sum += mean_input(c.network, 0, c.plan.warmup_steps + b * c.plan.steps_per_bin + s);
        input.push_back(sum / static_cast<double>(c.plan.steps_per_bin));
    }
    return input;
}

struct Stretch { int first, last; };   ///< bins of constant input

std::vector<Stretch> stretches(const std::vector<double>& input) {
    std::vector<Stretch> out;
    const int bins = static_cast<int>(input.size());
    for (int b = 0; b < bins;) {
        int e = b + 1;
        while (e < bins && std::abs(input[static_cast<std::size_t>(e)] - input[static_cast<std::size_t>(b)]) < 1e-9 * (1.0 + std::abs(input[static_cast<std::size_t>(b)]))) ++e;
        out.push_back({b, e});
        b = e;
    }
    return out;
}

class Builder {
public:
    Builder(const Point& point, const Mean& mean, const std::vector<double>& input, double bin, std::string name, TrainingData& data, DataSummary& summary)
        : point_(point), mean_(mean), input_(input), bin_(bin), name_(std::move(name)), data_(data), summary_(summary), stretches_(stretches(input)) {}

    void build() {
        for (const Stretch& s : stretches_) steady(s);
        for (std::size_t i = 1; i < stretches_.size(); ++i)
            if ((stretches_[i - 1].last - stretches_[i - 1].first) * bin_ >= before_step + 1.0 && (stretches_[i].last - stretches_[i].first) * bin_ >= onset)
                add(stretches_[i].first - bins(before_step), std::min(stretches_[i].last, stretches_[i].first + bins(after_step)), "a segment", data_.segments);
        const int all = static_cast<int>(input_.size());
        add(std::min(all - 1, bins(1.0)), all, "the whole recording", data_.full);
    }

private:
    int bins(double time) const { return static_cast<int>(std::lround(time / bin_)); }
    double mean(const std::vector<double>& x, int first, int last) const {
        double sum = 0.0;
        for (int b = first; b < last; ++b) sum += x[static_cast<std::size_t>(b)];
        return sum / (last - first);
    }
    void leave_out(int first, int last, const char* what, const char* measure, double amount) {
        summary_.left_out.push_back(fmt::format("{}: {} from {:.4g} to {:.4g} tau left out, {} is {:.1f} % of it: graphs may be on different branches.", name_, what, first * bin_, last * bin_, measure, 100.0 * amount));
    }
    void steady(const Stretch& s) {
        if ((s.last - s.first) * bin_ < settle_time + steady_time) return;
        const int first = s.last - bins(steady_time);
        SteadyWindow w{point_, input_[static_cast<std::size_t>(first)], mean(mean_.r, first, s.last), mean(mean_.v, first, s.last), 0.0, name_};
        const double size = size_of(w.r, w.v);
        double square = 0.0, largest = 0.0;   // of the trials' means over the window
        for (std::size_t t = 0; t < mean_.trial_r.size(); ++t) {
            const double d = size_of(mean(mean_.trial_r[t], first, s.last) - w.r, mean(mean_.trial_v[t], first, s.last) - w.v) / size;
            square += d * d;
            largest = std::max(largest, d);
        }
        if (mean_.trials > 1) w.sem = std::sqrt(square / (mean_.trials - 1) / mean_.trials);
        if (largest > steady_disagreement) {
            leave_out(first, s.last, "a steady window", "the largest difference of a graph from the mean", largest);
            return;
        }
        data_.steady.push_back(std::move(w));
        steady_.push_back({first, s.last});
    }
    Segment cut(int first, int last) const {
        Segment s;
        s.point = point_;
        s.bin = bin_;
        s.name = fmt::format("{}, {:.4g} to {:.4g} tau", name_, first * bin_, last * bin_);
        const int back = std::min(first, bins(1.0));
        s.start_r = back > 0 ? mean(mean_.r, first - back, first) : mean_.r[0];
        s.start_v = back > 0 ? mean(mean_.v, first - back, first) : mean_.v[0];
        double square = 0.0, noise = 0.0;
        for (int b = first; b < last; ++b) {
            const auto i = static_cast<std::size_t>(b);
            s.input.push_back(input_[i]);
            s.r.push_back(mean_.r[i]);
            s.v.push_back(mean_.v[i]);
            s.weight.push_back(1.0);
            square += std::pow(size_of(mean_.r[i], mean_.v[i]), 2);
            noise += mean_.sem[i] * mean_.sem[i];
        }
        s.scale = std::sqrt(square / (last - first));
        s.noise = std::sqrt(noise / (last - first)) / s.scale;
        for (const Stretch& w : steady_)
            if (w.first >= first && w.last <= last) s.steady.push_back({w.first - first, w.last - first});
        return s;
    }
    void weigh_onsets(Segment& s, int first) const {
        for (const Stretch& x : stretches_)
            for (int b = x.first; x.first > 0 && b < std::min(x.last, x.first + bins(onset)); ++b)
                if (b >= first && b - first < static_cast<int>(s.weight.size())) s.weight[static_cast<std::size_t>(b - first)] = 1.5;
    }
    void add(int first, int last, const char* what, std::vector<Segment>& to) {
        Segment s = cut(first, last);
        if (s.noise > transient_disagreement) {
            leave_out(first, last, what, "the standard error of the mean", s.noise);
            return;
        }
        to.push_back(std::move(s));
        weigh_onsets(to.back(), first);
    }

    const Point& point_;
    const Mean& mean_;
    const std::vector<double>& input_;
    double bin_;
    std::string name_;
    TrainingData& data_;
    DataSummary& summary_;
    std::vector<Stretch> stretches_, steady_;
};

}  // namespace

TrainingData training_data(const output::Dataset& dataset, const std::vector<Configuration>& configurations, const DataOptions& options, DataSummary& summary) {
    if (dataset.runs.v.empty()) refuse(dataset, "v was not recorded", "A closure is learned from r and v together: add \"v\" to run.record and run the sweep again.");
    for (std::size_t b = 2; b < dataset.time.size(); ++b) {
        const double width = dataset.time[b] - dataset.time[b - 1], first = dataset.time[1] - dataset.time[0];
        if (!(std::abs(width - first) <= 1e-6 * first))
            refuse(dataset, fmt::format("its bins are not equal: bin centres {} to {} are {:.6g}, {:.6g} and {:.6g}", b - 2, b, dataset.time[b - 2], dataset.time[b - 1], dataset.time[b]), "Rates are compared bin by bin: record with one bin width.");
    }
    TrainingData data;
    std::set<double> indegrees;
    summary.points = configurations.size();
    for (std::size_t i = 0; i < configurations.size(); ++i) {
        const Configuration& c = configurations[i];
        const Point point = point_of(dataset, c.network, options);
        const double tau = c.network.populations[0].tau;
        const std::string name = fmt::format("eta = {:g}, J = {:g}, K = {:g}", point.eta, point.coupling, point.mean_indegree);
        if (std::any_of(options.within.begin(), options.within.end(), [&](const PointRange& r) { return !lies_in(dataset, i, r); })) continue;
        if (!options.only_indegrees.empty() && std::none_of(options.only_indegrees.begin(), options.only_indegrees.end(), [&](double k) { return std::abs(k - point.mean_indegree) < 1e-9 * k; })) continue;
        const Mean m = mean_of(dataset, i, tau);
        if (m.trials == 0) {
            summary.left_out.push_back(name + ": left out, none of its trials is ok.");
            continue;
        }
        if (m.trials < static_cast<int>(dataset.header.trials)) summary.left_out.push_back(fmt::format("{}: {} of {} trials are not ok and left out.", name, static_cast<int>(dataset.header.trials) - m.trials, dataset.header.trials));
        if (std::any_of(m.r.begin(), m.r.end(), [](double x) { return !std::isfinite(x); }) || std::any_of(m.v.begin(), m.v.end(), [](double x) { return !std::isfinite(x); }))
            refuse(dataset, name + ": r or v is not a number in trials that are marked ok", "The dataset is damaged: `spikemass validate` says where.");
        if (point.strength == 0.0) {
            summary.left_out.push_back(name + ": left out, every neuron hears every other and (p, q) is 0.");
            continue;
        }
        const double bin = static_cast<double>(c.plan.steps_per_bin) * c.network.dt;
        if (c.plan.bins != static_cast<std::int64_t>(dataset.time.size()) || (dataset.time.size() > 1 && !(std::abs(dataset.time[1] - dataset.time[0] - bin) <= 1e-6 * bin)))
            refuse(dataset, fmt::format("{}: {} bins of {:g} are configured, and the file has {} bins that are {:.6g} apart", name, c.plan.bins, bin, dataset.time.size(), dataset.time.size() > 1 ? dataset.time[1] - dataset.time[0] : 0.0),
                   "Bins must be the same whole number of steps in all of a point's recording: run the sweep again.");
        ++summary.used;
        indegrees.insert(point.mean_indegree);
        Builder(point, m, inputs_of(c), static_cast<double>(c.plan.steps_per_bin) * c.network.dt / tau, name, data, summary).build();
    }
    summary.indegrees.assign(indegrees.begin(), indegrees.end());
    if (data.steady.empty() && data.segments.empty())
        refuse(dataset, "nothing is left to learn from", summary.left_out.empty() ? "Record points with constant input for at least 8 tau." : summary.left_out.front());
    return data;
}

}  // namespace spikemass::learn
