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
    std::string dataset, out, form = "static";
    LearnOptions what;
};

int execute(const Options& o) {
    o.common.refuse_cuda("closures are trained on the CPU.");
    if (o.form != "static" && o.form != "hidden") throw ConfigurationError(fmt::format("--form {}: must be static (p and q are functions of the state) or hidden (they have equations of their own).", o.form));
    LearnOptions w = o.what;
    w.out = o.out;
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
    for (const learn::Candidate& c : r.elimination)
        if (c.terms() <= w.most_terms + 4) fmt::print("{:<28} {:>10.4g} {:>12.4g}{}\n", fmt::format("formula of {} terms", c.terms()), c.loss, c.validation, &c == &r.elimination[r.chosen] ? "  chosen" : "");
    fmt::print("p = A ({})\nq = A ({})\nwritten to {}: closure.toml, closure_network.toml, formula.tex, learn.json; try `spikemass compare {} --closures none,two_cumulant,{}`\n", r.p, r.q, w.out.string(), o.dataset, (w.out / "closure.toml").string());
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
    verb->add_option("--control-indegree", o->what.control_indegree, "Control: all-to-all runs are taken for sparse ones of this mean in-degree; what is learned should be 0")->check(CLI::NonNegativeNumber);
    verb->add_flag("--without-theory", o->what.without_theory, "Leave out the terms that theory suggests");
    verb->add_flag("--resume", o->what.resume, "Go on with a training that was stopped");
    o->common.add_to(*verb);
    return {verb, [o] { return execute(*o); }};
}

}  // namespace spikemass::cli
