// spikemass learn: a new closure from the runs of a sweep.

#include "host/learn/learn.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "host/cli/options.hpp"
#include "host/output/files.hpp"

namespace spikemass::cli {

namespace {

struct Options {
    Common common;
    std::string dataset, out, form = "static", stage = "joint";
    std::vector<std::string> within;
    LearnOptions what;
};

/// "projection.EE.strength=0,100"
learn::PointRange range_of(const std::string& text) {
    const auto equals = text.find('='), comma = text.find(',', equals == std::string::npos ? 0 : equals);
    learn::PointRange r;
    try {
        if (equals == std::string::npos || comma == std::string::npos) throw std::invalid_argument(text);
        std::size_t low = 0, high = 0;
        r = {text.substr(0, equals), std::stod(text.substr(equals + 1), &low), std::stod(text.substr(comma + 1), &high)};
        if (equals + 1 + low != comma || comma + 1 + high != text.size() || !(r.low <= r.high)) throw std::invalid_argument(text);
    } catch (const std::logic_error&) {
        throw ConfigurationError(fmt::format("--train-range {}: must be PATH=LOW,HIGH with a swept key and LOW <= HIGH, as projection.EE.strength=0,100.", text));
    }
    return r;
}

int execute(const Options& o) {
    o.common.refuse_cuda("closures are trained on the CPU.");
    if (o.form != "static" && o.form != "hidden") throw ConfigurationError(fmt::format("--form {}: must be static (p and q are functions of the state) or hidden (they have equations of their own).", o.form));
    if (o.stage != "steady" && o.stage != "joint") throw ConfigurationError(fmt::format("--stage {}: must be steady (steady windows alone) or joint (steady windows, then trajectories).", o.stage));
    LearnOptions w = o.what;
    w.stage = o.stage == "steady" ? learn::Stage::steady : learn::Stage::joint;
    w.out = o.out;
    for (const std::string& text : o.within) w.train_within.push_back(range_of(text));
    w.hidden = o.form == "hidden";
    w.threads = o.common.all_threads();
    w.quiet = o.common.quiet;
    w.seed = o.common.seed.value_or(1);
    w.stop = &stop_flag();
    const LearnOutcome r = learn_closure(o.dataset, w);
    if (o.common.json) {
        fmt::print("{}\n", nlohmann::ordered_json::parse(output::read_file(w.out / "learn.json")).dump());
        return 0;
    }
    if (!o.common.quiet)
        for (const std::string& line : r.training.left_out) say("warning: " + line);
    fmt::print("{} steady windows, {} segments, {} recordings of mean_indegree {}; validated on {}\n", r.steady_windows, r.segments, r.recordings, fmt::join(r.training.indegrees, ", "), fmt::join(r.validation.indegrees, ", "));
    fmt::print("{:<28} {:>10} {:>12}\n", "closure", "training", "validation");
    fmt::print("{:<28} {:>10.4g} {:>12.4g}\n", "none (the exact mass)", r.exact_mass, r.exact_mass_validation);
    for (std::size_t i = 0; i < r.members.size(); ++i)
        fmt::print("{:<28} {:>10.4g} {:>12.4g}{}\n", fmt::format("network {}, {:.1f} s", i, r.members[i].seconds), r.members[i].joint, r.members[i].validation, i == r.best ? "  best" : "");
    fmt::print("\n{}* chosen by validation: the shortest within a tenth of the least\n\n", fronts_table(r, w.most_terms + 4));
    std::string files = "closure.toml, closure_without_theory.toml, closure_network.toml";
    fmt::print("p = A ({})\nq = A ({})\n", r.p, r.q);
    if (w.free_form) {
        const learn::FreeFormCandidate& c = r.free_form.front[r.chosen_free_form];
        fmt::print("free form, {:.0f} s:\np = A ({})\nq = A ({})\n", r.free_form_seconds, c.p.text(), c.q.text());
        files += ", closure_free_form.toml";
    }
    fmt::print("written to {}: {}, formulas as LaTeX, samples.csv, learn.json; try `spikemass compare {} --closures none,two_cumulant,{}`\n", w.out.string(), files, o.dataset, (w.out / "closure.toml").string());
    return 0;
}

}  // namespace

Verb add_learn(CLI::App& app) {
    auto o = std::make_shared<Options>();
    CLI::App* verb = app.add_subcommand("learn", "A new closure from the runs of a sweep: networks, then a formula");
    verb->add_option("dataset", o->dataset, "Folder of a sweep, or dataset.nc")->required();
    verb->add_option("--out", o->out, "Folder for the closures")->required();
    verb->add_option("--form", o->form, "static (default): p and q are functions of the state; hidden: they have equations of their own");
    verb->add_option("--units", o->what.units, "Hidden units of the network (default 4)")->check(CLI::Range(1, 100));
    verb->add_option("--ensemble", o->what.ensemble, "Networks with different seeds (default 5)")->check(CLI::Range(1, 1000));
    verb->add_option("--ridge", o->what.ridge, "Weight of theta^2/2 (default 0.03)")->check(CLI::NonNegativeNumber);
    verb->add_option("--terms", o->what.most_terms, "Most terms of the formula (default 8)")->check(CLI::Range(1, 28));
    verb->add_option("--train-indegrees", o->what.train_indegrees, "Train on these mean in-degrees (default: all but those of validation)")->delimiter(',');
    verb->add_option("--validate-indegrees", o->what.validate_indegrees, "Choose the number of terms and the best network on these (default: the second largest)")->delimiter(',');
    verb->add_option("--train-range", o->within, "Train only on points whose swept value lies in a range: PATH=LOW,HIGH (again for more)")->allow_extra_args(false);
    verb->add_option("--control-indegree", o->what.control_indegree, "Control: all-to-all runs are taken for sparse ones of this mean in-degree; what is learned should be 0")->check(CLI::NonNegativeNumber);
    verb->add_option("--stage", o->stage, "joint (default): steady windows, then trajectories; steady: steady windows alone");
    verb->add_flag("--without-theory", o->what.without_theory, "Make closure.toml and the thresholded front without the terms that theory suggests");
    verb->add_flag("--free-form", o->what.free_form, "Also search formulas of any form by genetic programming; needs the Python package pyoperon");
    verb->add_option("--free-form-seeds", o->what.free_form_seeds, "Seeds of that search (default 5)")->check(CLI::Range(1, 1000));
    verb->add_option("--free-form-symbols", o->what.free_form_symbols, "What it may use (default add,sub,mul,div,sqrt; also square,exp,log,tanh,abs)");
    verb->add_option("--free-form-variables", o->what.free_form_variables, "Among s,c,eps,h,sg (default s,c,h)");
    verb->add_flag("--resume", o->what.resume, "Go on with a training that was stopped");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

}  // namespace spikemass::cli
