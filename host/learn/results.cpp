// What `learn` tells: learn.json and the table of fronts.

#include <cmath>

#include <fmt/format.h>

#include "host/learn/learn.hpp"

namespace spikemass {

using namespace learn;

namespace {

using Json = nlohmann::ordered_json;

/// JSON has no infinity: a trajectory that left its range is null there.
Json number(double x) { return std::isfinite(x) ? Json(x) : Json(nullptr); }

Json candidates(const std::vector<Candidate>& list, const std::vector<double>* sampled = nullptr) {
    Json out = Json::array();
    for (std::size_t i = 0; i < list.size(); ++i) {
        const Candidate& c = list[i];
        Json each{{"terms", c.terms()}, {"loss", number(c.loss)}, {"validation", number(c.validation)}, {"p", formula_text(c, 0)}, {"q", formula_text(c, 1)}, {"theta", c.theta}};
        if (sampled) each["sample_residual"] = number((*sampled)[i]);
        else
            for (double x : c.sd) each["sd"].push_back(number(x));
        out.push_back(std::move(each));
    }
    return out;
}

}  // namespace

Json learn_json(const LearnOutcome& r, const LearnOptions& o, const std::string& dataset) {
    Json j{{"dataset", dataset}, {"form", o.hidden ? "hidden" : "static"}, {"stage", o.stage == Stage::steady ? "steady" : "joint"}, {"units", o.units}, {"ridge", o.ridge},
           {"train_indegrees", r.training.indegrees}, {"validate_indegrees", r.validation.indegrees}, {"steady_windows", r.steady_windows}, {"segments", r.segments}, {"recordings", r.recordings},
           {"left_out", r.training.left_out}, {"exact_mass", {{"loss", number(r.exact_mass)}, {"validation", number(r.exact_mass_validation)}}}};
    for (const Member& m : r.members)
        j["networks"].push_back({{"seed", m.seed}, {"loss", number(m.joint)}, {"validation", number(m.validation)}, {"iterations", m.iterations}, {"seconds", m.seconds},
                                 {"shortened_steps", m.shortened}, {"diverged", m.diverged}, {"left_out", m.left_out}});
    j["best_network"] = r.best;
    j["rms"] = {{"p", r.rms.p}, {"q", r.rms.q}};
    j["elimination"] = candidates(r.elimination);
    j["elimination_without_theory"] = candidates(r.elimination_without_theory);
    j["thresholded"] = candidates(r.thresholded, &r.sampled);
    if (o.free_form) {
        for (const FreeFormCandidate& c : r.free_form.front)
            j["free_form"].push_back({{"length", c.length()}, {"constants", c.constants()}, {"loss", number(c.loss)}, {"validation", number(c.validation)}, {"p", c.p.text()}, {"q", c.q.text()}, {"sample_error", number(c.sampled)}, {"diverged", c.diverged}});
        const FreeFormCandidate& c = r.free_form.front[r.chosen_free_form];
        j["free_form_formula"] = {{"p", c.p.text()}, {"q", c.q.text()}, {"length", c.length()}};
        j["free_form_pairs"] = r.free_form.pairs;
        j["free_form_seconds"] = r.free_form_seconds;
    }
    j["chosen_terms"] = (o.without_theory ? r.elimination_without_theory[r.chosen_without_theory] : r.elimination[r.chosen]).terms();
    j["formula"] = {{"p", r.p}, {"q", r.q}};
    const Candidate& plain = r.elimination_without_theory[r.chosen_without_theory];
    j["formula_without_theory"] = {{"p", formula_text(plain, 0)}, {"q", formula_text(plain, 1)}};
    j["elimination_seconds"] = r.elimination_seconds;
    return j;
}

std::string fronts_table(const LearnOutcome& r, int most_terms) {
    struct Column {
        const char *head, *size;
        std::vector<std::string> cells;
    };
    std::vector<Column> columns;
    const auto cell = [](int size, double loss, double validation, bool chosen) { return fmt::format("{:>3}{} {:>8.4g} {:>8.4g}", size, chosen ? "*" : " ", loss, validation); };
    const auto add = [&](const char* head, const std::vector<Candidate>& front, std::size_t chosen) {
        Column c{head, "terms", {}};
        for (std::size_t i = 0; i < front.size(); ++i)
            if (front[i].terms() <= most_terms) c.cells.push_back(cell(front[i].terms(), front[i].loss, front[i].validation, i == chosen));
        if (!front.empty()) columns.push_back(std::move(c));
    };
    add("elimination", r.elimination, r.chosen);
    add("without theory's terms", r.elimination_without_theory, r.chosen_without_theory);
    add("thresholded", r.thresholded, r.thresholded.size());
    if (!r.free_form.front.empty()) {
        columns.push_back({"free form", "length", {}});
        for (std::size_t i = 0; i < r.free_form.front.size(); ++i) {
            const FreeFormCandidate& c = r.free_form.front[i];
            columns.back().cells.push_back(cell(c.length(), c.loss, c.validation, i == r.chosen_free_form));
        }
    }
    std::string heads, sizes, rows;
    for (const Column& c : columns) {
        heads += fmt::format("{:<25}", c.head);
        sizes += fmt::format("{:<6} {:>6} {:>7}    ", c.size, "train", "valid.");
    }
    for (std::size_t i = 0;; ++i) {
        bool any = false;
        std::string line;
        for (const Column& c : columns) {
            line += fmt::format("{:<25}", i < c.cells.size() ? c.cells[i] : "");
            any = any || i < c.cells.size();
        }
        if (!any) break;
        rows += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return heads + "\n" + sizes + "\n" + rows;
}

}  // namespace spikemass
