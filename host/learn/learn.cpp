#include "host/learn/learn.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "host/mass/closure_file.hpp"
#include "host/output/files.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/configurations_of.hpp"
#include "host/sweep/progress.hpp"
#include "models/base/error.hpp"

namespace spikemass {

using namespace learn;

namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;
double since(Clock::time_point t) { return std::chrono::duration<double>(Clock::now() - t).count(); }

constexpr int checkpoint_version = 1;

struct Split {
    std::vector<double> train, validate;
};

/// In-degrees for training and validation: as asked for, else the second largest validates.
Split split(const DataSummary& all, const LearnOptions& o) {
    Split s{o.train_indegrees, o.validate_indegrees};
    const auto held = [&](double k) { return std::any_of(s.validate.begin(), s.validate.end(), [&](double x) { return std::abs(x - k) < 1e-9 * k; }); };
    if (s.validate.empty() && all.indegrees.size() >= 3) s.validate = {all.indegrees[all.indegrees.size() - 2]};
    if (s.train.empty())
        for (double k : all.indegrees)
            if (!held(k)) s.train.push_back(k);
    for (const auto* list : {&s.train, &s.validate})
        for (double k : *list)
            if (std::none_of(all.indegrees.begin(), all.indegrees.end(), [&](double x) { return std::abs(x - k) < 1e-9 * k; }))
                throw ConfigurationError(fmt::format("mean_indegree {:g} is asked for and is not in the dataset, which has {}. Choose among those.", k, fmt::join(all.indegrees, ", ")));
    if (s.validate.empty() || s.train.empty())
        throw ConfigurationError(fmt::format("The dataset has {} level{} of sparsity (mean_indegree {}): too few to hold one out, and the number of terms of a formula is chosen on levels that were not trained on. "
                                             "Sweep at least three values of mean_indegree, or name --train-indegrees and --validate-indegrees.", all.indegrees.size(), all.indegrees.size() == 1 ? "" : "s", fmt::join(all.indegrees, ", ")));
    return s;
}

/// JSON has no infinity: a trajectory that left its range is null there.
double loss_in(const Json& j) { return j.is_null() ? std::numeric_limits<double>::infinity() : j.get<double>(); }

/// Range of the data, for warnings when a closure is used outside.
void note_range(closures::LearnedForm& f, const TrainingData& data) {
    f.lowest_s = 1.0;
    f.highest_s = -1.0;
    const auto see = [&](const Point& p, double r, double v) {
        const closures::Features<double> x = closures::features(closures::Complex<double>{std::numbers::pi * r, -v}, p.coupling, p.mean_indegree);
        f.largest_eps = std::max(f.largest_eps, x.eps);
        f.lowest_s = std::min(f.lowest_s, x.s);
        f.highest_s = std::max(f.highest_s, x.s);
    };
    for (const auto* list : {&data.segments, &data.full})
        for (const Segment& s : *list)
            for (std::size_t b = 0; b < s.r.size(); ++b) see(s.point, s.r[b], s.v[b]);
}

class Learner {
public:
    Learner(const std::filesystem::path& path, const LearnOptions& o) : o_(o), dataset_(output::read_dataset(output::resolve_dataset(path))), progress_(o.quiet) {}

    LearnOutcome run() {
        prepare();
        for (int m = 0; m < o_.ensemble; ++m) train_member(m);
        choose_member();
        formulas();
        write();
        return std::move(out_);
    }

private:
    void prepare() {
        const std::vector<Configuration> configurations = configurations_of(dataset_);
        DataOptions options{{}, o_.control_indegree};
        DataSummary all;
        training_data(dataset_, configurations, options, all);
        const Split s = split(all, o_);
        options.only_indegrees = s.train;
        train_ = training_data(dataset_, configurations, options, out_.training);
        options.only_indegrees = s.validate;
        validate_ = training_data(dataset_, configurations, options, out_.validation);
        out_.steady_windows = train_.steady.size();
        out_.segments = train_.segments.size();
        out_.recordings = train_.full.size();
        if (train_.segments.empty())
            throw ConfigurationError(fmt::format("{}: no recording has a step of the input with {} tau of constant input before it. A closure is learned from steady states and transients together: add a stimulus.", dataset_.path.string(), 4));
        form_ = Form::network(o_.hidden, o_.units);
        const Form nothing = Form::symbolic(std::vector<bool>(2 * library_terms.size(), false));
        out_.exact_mass = loss(nothing, train_, {}, o_.threads);
        out_.exact_mass_validation = loss(nothing, validate_, {}, o_.threads);
        std::filesystem::create_directories(o_.out);
        output::check_writable(o_.out);
        identity_ = Json{{"version", checkpoint_version}, {"dataset", dataset_.header.sha256}, {"hidden", o_.hidden}, {"units", o_.units}, {"ridge", o_.ridge}, {"seed", o_.seed},
                         {"train", s.train}, {"validate", s.validate}, {"control", o_.control_indegree}};
        if (std::filesystem::exists(checkpoint_file())) {
            if (!o_.resume) throw ConfigurationError(fmt::format("{} exists: --out holds an earlier training. Add --resume to go on with it, or choose another folder.", checkpoint_file().string()));
            try {
                const Json saved = Json::parse(output::read_file(checkpoint_file()));
                if (saved.at("identity") != identity_) refuse_checkpoint();
                for (const Json& m : saved.at("members")) {
                    out_.members.push_back({m.at("seed").get<std::uint64_t>(), m.at("theta").get<std::vector<double>>(), loss_in(m.at("steady")), loss_in(m.at("segments")), loss_in(m.at("joint")), loss_in(m.at("validation")),
                                            m.at("iterations").get<int>(), m.at("seconds").get<double>()});
                    if (static_cast<int>(out_.members.back().theta.size()) != form_.size()) refuse_checkpoint();
                }
            } catch (const Json::exception&) {
                refuse_checkpoint();
            }
        }
    }
    [[noreturn]] void refuse_checkpoint() const {
        throw ConfigurationError(fmt::format("{} is of another training (other data or options), or damaged. Choose another folder, or remove it.", checkpoint_file().string()));
    }
    std::filesystem::path checkpoint_file() const { return o_.out / "checkpoint.json"; }
    void check_stop() const {
        if (o_.stop && o_.stop->load() != 0)
            throw Stopped(static_cast<ExitCode>(o_.stop->load()), fmt::format("stopped on request; {} of {} networks are in {}. Say the same command again with --resume.", out_.members.size(), o_.ensemble, o_.out.string()));
    }

    void train_member(int index) {
        if (index < static_cast<int>(out_.members.size())) return;
        const auto start = Clock::now();
        Member m;
        m.seed = o_.seed + static_cast<std::uint64_t>(index);
        m.theta = initial_parameters(form_, m.seed);
        TrainOptions t{o_.ridge, o_.threads, 40, 3e-4, {}};
        t.progress = [&](const Progress& p, const std::vector<double>&) {
            const double done = (index + (static_cast<int>(p.stage) + std::min(1.0, p.iteration / 25.0)) / 3.0) / (o_.ensemble + 2);
            progress_.show(done, fmt::format("network {}/{}: {}, iteration {}, loss {:.4g}", index + 1, o_.ensemble, stage_name(p.stage), p.iteration, p.loss));
            return !(o_.stop && o_.stop->load() != 0);
        };
        if (!o_.hidden) m.steady = train(form_, train_, Stage::steady, m.theta, t).loss;
        const TrainResult segments = train(form_, train_, Stage::segments, m.theta, t);
        m.segments = segments.loss;
        TrainResult joint = train(form_, train_, Stage::joint, m.theta, t);
        m.joint = joint.loss;
        m.iterations = segments.iterations + joint.iterations;
        check_stop();
        if (!std::isfinite(m.joint))
            progress_.interrupt(fmt::format("warning: network {}: trajectories leave their range at the end of training: {}", index + 1, fmt::join(joint.diverged, "; ")));
        m.validation = loss(form_, validate_, m.theta, o_.threads);
        m.seconds = since(start);
        out_.members.push_back(std::move(m));
        Json saved{{"identity", identity_}, {"members", Json::array()}};
        for (const Member& each : out_.members)
            saved["members"].push_back({{"seed", each.seed}, {"theta", each.theta}, {"steady", each.steady}, {"segments", each.segments}, {"joint", each.joint}, {"validation", each.validation}, {"iterations", each.iterations}, {"seconds", each.seconds}});
        output::write_file(checkpoint_file(), saved.dump(1));
    }
    void choose_member() {
        for (std::size_t i = 0; i < out_.members.size(); ++i)
            if (!(out_.members[i].validation >= out_.members[out_.best].validation)) out_.best = i;
    }

    void formulas() {
        const auto start = Clock::now();
        EliminationOptions e;
        if (o_.without_theory) e.allowed = without_theory();
        e.training = {1e-4, o_.threads, 25, 3e-4, {}};
        e.progress = [&](const Candidate& c) {
            progress_.show((o_.ensemble + 1.0 + (28.0 - c.terms()) / 28.0) / (o_.ensemble + 2.0), fmt::format("formula of {} terms: loss {:.4g}, on validation {:.4g}", c.terms(), c.loss, c.validation));
            return !(o_.stop && o_.stop->load() != 0);
        };
        out_.elimination = eliminate(train_, &validate_, e);
        check_stop();
        out_.chosen = choose(out_.elimination, o_.most_terms);
        out_.elimination_seconds = since(start);
        if (!o_.hidden && !out_.members.empty()) {
            std::vector<Sample> samples;
            for (const Segment& s : train_.segments)
                for (std::size_t b = 0; b < s.r.size(); b += 2) samples.push_back({s.point, s.r[b], s.v[b]});
            out_.thresholded = stlsq(form_, out_.members[out_.best].theta, samples, e.allowed);
            for (Candidate& c : out_.thresholded) c.validation = loss(Form::symbolic(c.active), validate_, c.theta, o_.threads);
        }
        out_.p = formula_text(out_.elimination[out_.chosen], 0);
        out_.q = formula_text(out_.elimination[out_.chosen], 1);
    }

    closures::LearnedForm network_form(const Member& m, const std::string& title) const {
        closures::LearnedForm f;
        f.title = title;
        f.hidden = o_.hidden;
        f.network = {form_.inputs(), o_.units, 2, 0.1, m.theta};
        note_range(f, train_);
        return f;
    }
    static Json candidates(const std::vector<Candidate>& list) {
        Json out = Json::array();
        const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
        for (const Candidate& c : list) {
            Json sd = Json::array();
            for (double x : c.sd) sd.push_back(number(x));
            out.push_back({{"terms", c.terms()}, {"loss", number(c.loss)}, {"validation", number(c.validation)}, {"p", formula_text(c, 0)}, {"q", formula_text(c, 1)}, {"theta", c.theta}, {"sd", sd}});
        }
        return out;
    }
    void write() {
        const auto number = [](double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); };
        std::map<std::string, std::string> notes{{"dataset_sha256", fmt::format("\"{}\"", dataset_.header.sha256)}, {"mean_indegrees", fmt::format("[{}]", fmt::join(out_.training.indegrees, ", "))}};
        std::filesystem::create_directories(o_.out / "members");
        for (std::size_t i = 0; i < out_.members.size(); ++i)
            output::write_file(o_.out / "members" / fmt::format("network_{}.toml", i), mass::closure_text(network_form(out_.members[i], fmt::format("network_{}", i)), notes));
        if (!out_.members.empty()) output::write_file(o_.out / "closure_network.toml", mass::closure_text(network_form(out_.members[out_.best], "learned_network"), notes));
        closures::LearnedForm formula;
        formula.title = "learned_formula";
        formula.p = closures::Expression(out_.p, closures::feature_names);
        formula.q = closures::Expression(out_.q, closures::feature_names);
        note_range(formula, train_);
        output::write_file(o_.out / "closure.toml", mass::closure_text(formula, notes));
        const Candidate& c = out_.elimination[out_.chosen];
        output::write_file(o_.out / "formula.tex", fmt::format("\\hat p = {}, \\qquad\n\\hat q = {}\n", formula_latex(c, 0), formula_latex(c, 1)));
        Json j{{"dataset", dataset_.path.string()}, {"form", o_.hidden ? "hidden" : "static"}, {"units", o_.units}, {"ridge", o_.ridge},
               {"train_indegrees", out_.training.indegrees}, {"validate_indegrees", out_.validation.indegrees}, {"steady_windows", out_.steady_windows}, {"segments", out_.segments}, {"recordings", out_.recordings},
               {"left_out", out_.training.left_out}, {"exact_mass", {{"loss", number(out_.exact_mass)}, {"validation", number(out_.exact_mass_validation)}}}};
        for (const Member& m : out_.members)
            j["networks"].push_back({{"seed", m.seed}, {"loss", number(m.joint)}, {"validation", number(m.validation)}, {"iterations", m.iterations}, {"seconds", m.seconds}});
        j["best_network"] = out_.best;
        j["elimination"] = candidates(out_.elimination);
        j["thresholded"] = candidates(out_.thresholded);
        j["chosen_terms"] = c.terms();
        j["formula"] = {{"p", out_.p}, {"q", out_.q}};
        j["elimination_seconds"] = out_.elimination_seconds;
        output::write_file(o_.out / "learn.json", j.dump(1) + "\n");
    }

    const LearnOptions& o_;
    output::Dataset dataset_;
    ProgressLine progress_;
    TrainingData train_, validate_;
    Form form_;
    Json identity_;
    LearnOutcome out_;
};

}  // namespace

LearnOutcome learn_closure(const std::filesystem::path& dataset, const LearnOptions& options) { return Learner(dataset, options).run(); }

}  // namespace spikemass
