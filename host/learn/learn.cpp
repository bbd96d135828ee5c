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

constexpr int checkpoint_version = 2;

struct Split {
    std::vector<double> train, validate;
};

/// In-degrees for training and validation: as asked for, else the second largest validates.  A control has one level, which does both.
Split split(const DataSummary& all, const LearnOptions& o) {
    Split s{o.train_indegrees, o.validate_indegrees};
    const auto held = [&](double k) { return std::any_of(s.validate.begin(), s.validate.end(), [&](double x) { return std::abs(x - k) < 1e-9 * k; }); };
    if (o.control_indegree > 0.0 && all.indegrees.size() == 1 && s.validate.empty() && s.train.empty()) return {all.indegrees, all.indegrees};
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
    for (const SteadyWindow& w : data.steady) see(w.point, w.r, w.v);
}

std::string some_of(const std::vector<std::string>& names) {
    constexpr std::size_t most = 3;
    return fmt::format("{}{}", fmt::join(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(most, names.size())), "; "), names.size() > most ? fmt::format("; and {} more", names.size() - most) : "");
}

class Learner {
public:
    Learner(const std::filesystem::path& path, const LearnOptions& o) : o_(o), dataset_(output::read_dataset(output::resolve_dataset(path))), progress_(o.quiet) {}

    LearnOutcome run() {
        if (o_.stage == Stage::steady && o_.hidden) throw ConfigurationError("--stage steady with --form hidden: hidden states have no value in a steady window that could be read off. Use --form static, or --stage joint.");
        if (o_.free_form && (o_.hidden || o_.ensemble < 1)) throw ConfigurationError("--free-form with --form hidden: formulas are found for p and q as functions of the state. Use --form static.");
        if (o_.free_form) require_search(o_.free_form_symbols, o_.free_form_variables);
        prepare();
        for (int m = 0; m < o_.ensemble; ++m) train_member(m);
        choose_member();
        formulas();
        sample();
        if (o_.free_form) search();
        write();
        return std::move(out_);
    }

private:
    void prepare() {
        const std::vector<Configuration> configurations = configurations_of(dataset_);
        DataOptions options{{}, o_.control_indegree, {}};
        DataSummary all;
        training_data(dataset_, configurations, options, all);
        const Split s = split(all, o_);
        options.only_indegrees = s.train;
        options.within = o_.train_within;
        train_ = training_data(dataset_, configurations, options, out_.training);
        options.within.clear();
        options.only_indegrees = s.validate;
        validate_ = training_data(dataset_, configurations, options, out_.validation);
        out_.training.left_out = all.left_out;   // points without any run that is ok belong to neither part
        out_.steady_windows = train_.steady.size();
        out_.segments = train_.segments.size();
        out_.recordings = train_.full.size();
        if (o_.stage == Stage::steady && (train_.steady.empty() || validate_.steady.empty()))
            throw ConfigurationError(fmt::format("{}: no steady window is left to {}. Record constant input for at least 8 tau.", dataset_.path.string(), train_.steady.empty() ? "train on" : "validate on"));
        if (o_.stage != Stage::steady && train_.segments.empty())
            throw ConfigurationError(fmt::format("{}: no recording has a step of the input with {} tau of constant input before it. A closure is learned from steady states and transients together: add a stimulus, or train on steady states alone with --stage steady.", dataset_.path.string(), 4));
        form_ = Form::network(o_.hidden, o_.units);
        const Form nothing = Form::symbolic(std::vector<bool>(2 * library_terms.size(), false));
        out_.exact_mass = loss(nothing, train_, {}, o_.threads, o_.stage);
        out_.exact_mass_validation = loss(nothing, validate_, {}, o_.threads, o_.stage);
        std::filesystem::create_directories(o_.out);
        output::check_writable(o_.out);
        identity_ = Json{{"version", checkpoint_version}, {"dataset", dataset_.header.sha256}, {"hidden", o_.hidden}, {"stage", stage_word()}, {"units", o_.units}, {"ridge", o_.ridge}, {"seed", o_.seed},
                         {"train", s.train}, {"validate", s.validate}, {"control", o_.control_indegree}};
        for (const PointRange& r : o_.train_within) identity_["within"].push_back({r.path, r.low, r.high});
        if (std::filesystem::exists(checkpoint_file())) {
            if (!o_.resume) throw ConfigurationError(fmt::format("{} exists: --out holds an earlier training. Add --resume to go on with it, or choose another folder.", checkpoint_file().string()));
            try {
                const Json saved = Json::parse(output::read_file(checkpoint_file()));
                if (saved.at("identity") != identity_) refuse_checkpoint();
                for (const Json& m : saved.at("members")) {
                    out_.members.push_back({m.at("seed").get<std::uint64_t>(), m.at("theta").get<std::vector<double>>(), loss_in(m.at("steady")), loss_in(m.at("segments")), loss_in(m.at("joint")), loss_in(m.at("validation")),
                                            m.at("iterations").get<int>(), m.at("seconds").get<double>(), m.at("shortened").get<int>(), m.at("diverged").get<std::vector<std::string>>(), m.at("left_out").get<std::vector<std::string>>()});
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
    const char* stage_word() const { return o_.stage == Stage::steady ? "steady" : "joint"; }
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
            const double done = (index + (static_cast<int>(p.stage) + std::min(1.0, p.iteration / 25.0)) / 3.0) / work();
            progress_.show(done, fmt::format("network {}/{}: {}, iteration {}, loss {:.4g}", index + 1, o_.ensemble, stage_name(p.stage), p.iteration, p.loss));
            return !(o_.stop && o_.stop->load() != 0);
        };
        const auto stage = [&](Stage which) {
            const TrainResult r = train(form_, train_, which, m.theta, t);
            m.iterations += r.iterations;
            m.shortened += r.shortened;
            for (const auto& [to, from] : {std::pair{&m.diverged, &r.diverged}, {&m.left_out, &r.left_out}})
                for (const std::string& name : *from)
                    if (std::find(to->begin(), to->end(), name) == to->end()) to->push_back(name);
            return r.loss;
        };
        if (!o_.hidden) m.joint = m.steady = stage(Stage::steady);
        if (o_.stage != Stage::steady) {
            m.segments = stage(Stage::segments);
            m.joint = stage(Stage::joint);
        }
        check_stop();
        if (!m.left_out.empty()) progress_.interrupt(fmt::format("warning: network {}: trajectories left their range before the first step of a stage, which went on without them: {}", index + 1, some_of(m.left_out)));
        if (m.shortened > 0) progress_.interrupt(fmt::format("warning: network {}: {} steps of training drove trajectories out of their range and were shortened: {}", index + 1, m.shortened, some_of(m.diverged)));
        if (!std::isfinite(m.joint)) progress_.interrupt(fmt::format("warning: network {}: trajectories leave their range at the end of training; its loss is infinite (null in learn.json).", index + 1));
        m.validation = loss(form_, validate_, m.theta, o_.threads, o_.stage);
        m.seconds = since(start);
        out_.members.push_back(std::move(m));
        Json saved{{"identity", identity_}, {"members", Json::array()}};
        for (const Member& each : out_.members)
            saved["members"].push_back({{"seed", each.seed}, {"theta", each.theta}, {"steady", each.steady}, {"segments", each.segments}, {"joint", each.joint}, {"validation", each.validation}, {"iterations", each.iterations}, {"seconds", each.seconds}, {"shortened", each.shortened}, {"diverged", each.diverged}, {"left_out", each.left_out}});
        output::write_file(checkpoint_file(), saved.dump(1));
    }
    void choose_member() {
        for (std::size_t i = 0; i < out_.members.size(); ++i)
            if (!(out_.members[i].validation >= out_.members[out_.best].validation)) out_.best = i;
    }

    /// What is to be done, in networks.
    double work() const { return o_.ensemble + 3.0 + (o_.free_form ? 5.0 : 0.0); }
    bool going(double done, const std::string& text) {
        progress_.show(done / work(), text);
        return !(o_.stop && o_.stop->load() != 0);
    }
    std::vector<Candidate> eliminated(const std::vector<bool>& allowed, double from, const char* what) {
        EliminationOptions e;
        e.allowed = allowed;
        e.stage = o_.stage;
        e.training = {1e-4, o_.threads, 25, 3e-4, {}};
        const auto all = static_cast<double>(std::count(allowed.begin(), allowed.end(), true));
        e.progress = [&](const Candidate& c) { return going(from + 1.5 * (all - c.terms()) / all, fmt::format("formula of {} terms{}: loss {:.4g}, on validation {:.4g}", c.terms(), what, c.loss, c.validation)); };
        std::vector<Candidate> front = eliminate(train_, &validate_, e);
        check_stop();
        return front;
    }
    void formulas() {
        const auto start = Clock::now();
        const std::vector<bool> all(2 * library_terms.size(), true);
        out_.elimination = eliminated(all, o_.ensemble, "");
        out_.chosen = choose(out_.elimination, o_.most_terms);
        out_.elimination_without_theory = eliminated(without_theory(), o_.ensemble + 1.5, " without theory's");
        out_.chosen_without_theory = choose(out_.elimination_without_theory, o_.most_terms);
        out_.elimination_seconds = since(start);
        if (!o_.hidden && !out_.members.empty()) {
            out_.thresholded = stlsq(form_, out_.members[out_.best].theta, visited(train_, o_.stage, 2), o_.without_theory ? without_theory() : all);
            for (Candidate& c : out_.thresholded) {
                const Form form = Form::symbolic(c.active);
                out_.sampled.push_back(c.loss);
                c.loss = loss(form, train_, c.theta, o_.threads, o_.stage);
                c.validation = loss(form, validate_, c.theta, o_.threads, o_.stage);
            }
        }
        out_.p = formula_text(chosen_formula(), 0);
        out_.q = formula_text(chosen_formula(), 1);
    }
    const Candidate& chosen_formula() const { return o_.without_theory ? out_.elimination_without_theory[out_.chosen_without_theory] : out_.elimination[out_.chosen]; }
    std::filesystem::path samples_file() const { return o_.out / "samples.csv"; }
    void sample() {
        if (o_.hidden || out_.members.empty()) return;
        std::vector<std::vector<double>> networks;   // those that are about as good as the best
        for (const Member& m : out_.members)
            if (m.validation <= 2.0 * out_.members[out_.best].validation) networks.push_back(m.theta);
        const auto rows = sample_rows(form_, out_.members[out_.best].theta, networks, visited(train_, o_.stage, 4), train_.steady);
        out_.rms = rms(rows);
        output::write_file(samples_file(), csv_of(rows));
    }
    void search() {
        const auto start = Clock::now();
        FreeFormOptions f;
        f.seeds = o_.free_form_seeds;
        f.first_seed = o_.seed;
        f.symbols = o_.free_form_symbols;
        f.variables = o_.free_form_variables;
        f.stage = o_.stage;
        f.training = {1e-4, o_.threads, 10, 3e-4, {}};
        double reached = 0.0;
        f.progress = [&](double done, const std::string& text) {
            if (done >= 0.0) reached = done;
            return going(o_.ensemble + 3.0 + 5.0 * reached, text.empty() ? "free-form search" : text);
        };
        out_.free_form = free_form(samples_file(), train_, validate_, f);
        check_stop();
        std::vector<double> score;
        std::vector<int> length;
        for (const FreeFormCandidate& c : out_.free_form.front) {
            score.push_back(c.validation);
            length.push_back(c.length());
        }
        if (score.empty()) throw Error(ExitCode::runtime, fmt::format("learn --free-form: the search found no formula that is bounded for every state. Allow more --free-form-symbols or --free-form-seeds; {} has what was searched.", samples_file().string()));
        out_.chosen_free_form = choose(score, length);
        out_.free_form_seconds = since(start);
    }

    closures::LearnedForm network_form(const Member& m, const std::string& title) const {
        closures::LearnedForm f;
        f.title = title;
        f.hidden = o_.hidden;
        f.network = {form_.inputs(), o_.units, 2, 0.1, m.theta};
        note_range(f, train_);
        return f;
    }
    void write_formula(const std::string& suffix, const std::string& title, const std::string& p, const std::string& q, const std::string& latex_p, const std::string& latex_q, const std::map<std::string, std::string>& notes) const {
        closures::LearnedForm formula;
        formula.title = title;
        formula.p = closures::Expression(p, closures::feature_names);
        formula.q = closures::Expression(q, closures::feature_names);
        note_range(formula, train_);
        output::write_file(o_.out / fmt::format("closure{}.toml", suffix), mass::closure_text(formula, notes));
        output::write_file(o_.out / fmt::format("formula{}.tex", suffix), fmt::format("\\hat p = {}, \\qquad\n\\hat q = {}\n", latex_p, latex_q));
    }
    void write_formula(const std::string& suffix, const std::string& title, const Candidate& c, const std::map<std::string, std::string>& notes) const {
        write_formula(suffix, title, formula_text(c, 0), formula_text(c, 1), formula_latex(c, 0), formula_latex(c, 1), notes);
    }
    void write() {
        std::map<std::string, std::string> notes{{"dataset_sha256", fmt::format("\"{}\"", dataset_.header.sha256)}, {"mean_indegrees", fmt::format("[{}]", fmt::join(out_.training.indegrees, ", "))}};
        std::filesystem::create_directories(o_.out / "members");
        for (std::size_t i = 0; i < out_.members.size(); ++i)
            output::write_file(o_.out / "members" / fmt::format("network_{}.toml", i), mass::closure_text(network_form(out_.members[i], fmt::format("{}network_{}", o_.hidden ? "hidden_" : "", i)), notes));
        if (!out_.members.empty()) output::write_file(o_.out / "closure_network.toml", mass::closure_text(network_form(out_.members[out_.best], o_.hidden ? "learned_hidden_network" : "learned_network"), notes));
        write_formula("", "learned_formula", chosen_formula(), notes);
        write_formula("_without_theory", "learned_without_theory", out_.elimination_without_theory[out_.chosen_without_theory], notes);
        if (o_.free_form) {
            const FreeFormCandidate& c = out_.free_form.front[out_.chosen_free_form];
            write_formula("_free_form", "learned_free_form", c.p.text(), c.q.text(), latex_of(c.p.text()), latex_of(c.q.text()), notes);
        }
        output::write_file(o_.out / "learn.json", learn_json(out_, o_, dataset_.path.string()).dump(1) + "\n");
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
