#pragma once
// `spikemass learn`: from a sweep to closures.  Stage 1 trains an ensemble of small networks in the place of (p, q), stage 2 a formula.

#include <filesystem>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/learn/free_form.hpp"
#include "host/learn/samples.hpp"
#include "host/learn/symbolic.hpp"
#include "host/learn/training_data.hpp"
#include "host/sweep/sweep.hpp"

namespace spikemass {

struct LearnOptions {
    std::filesystem::path out;
    bool hidden = false;
    learn::Stage stage = learn::Stage::joint;                  ///< steady: on steady windows alone
    int units = 4, ensemble = 5, most_terms = 8;
    double ridge = 0.03;
    std::vector<double> train_indegrees, validate_indegrees;   ///< empty: all but the validation's; a level in the middle
    std::vector<learn::PointRange> train_within;               ///< of the points, which are trained on; validation takes all
    double control_indegree = 0.0;
    bool without_theory = false;                               ///< closure.toml is the formula without the terms that theory suggests
    bool free_form = false;
    int free_form_seeds = 5;
    std::string free_form_symbols = "add,sub,mul,div,sqrt", free_form_variables = "s,c,h";
    bool resume = false, quiet = false;
    std::uint64_t seed = 1;
    int threads = 1;
    StopFlag* stop = nullptr;
};

struct Member {
    std::uint64_t seed = 0;
    std::vector<double> theta;
    double steady = 0.0, segments = 0.0, joint = 0.0, validation = 0.0;   ///< losses
    int iterations = 0;
    double seconds = 0.0;
    int shortened = 0;                                        ///< steps of training that drove trajectories out of their range
    std::vector<std::string> diverged, left_out;              ///< those trajectories; those that had left it before the first step of a stage
};

struct LearnOutcome {
    learn::DataSummary training, validation;
    std::size_t steady_windows = 0, segments = 0, recordings = 0;
    double exact_mass = 0.0, exact_mass_validation = 0.0;   ///< losses without any closure
    std::vector<Member> members;
    std::size_t best = 0;
    learn::Size rms;                                          ///< of p^ and q^ of the best network where the data went
    std::vector<learn::Candidate> elimination, elimination_without_theory, thresholded;
    std::size_t chosen = 0, chosen_without_theory = 0;        ///< of the eliminations
    std::vector<double> sampled;                              ///< of thresholded: rms residual on the samples
    double elimination_seconds = 0.0, free_form_seconds = 0.0;
    learn::FreeFormResult free_form;
    std::size_t chosen_free_form = 0;
    std::string p, q;                                         ///< of closure.toml
};

/// Writes closure.toml (the formula), closure_without_theory.toml, closure_free_form.toml (with free_form), formula*.tex, closure_network.toml (the best network), members/, samples.csv, learn.json into `out`.
/// A member that is done is kept in `out`/checkpoint.json: with `resume` it is not trained again.
/// Errors: ConfigurationError (see training_data; too few in-degrees to hold one out; `out` holds something else), Error (free_form without its Python packages), IoError, Stopped.
LearnOutcome learn_closure(const std::filesystem::path& dataset, const LearnOptions& options);

/// What learn.json holds.
nlohmann::ordered_json learn_json(const LearnOutcome&, const LearnOptions&, const std::string& dataset);
/// The fronts side by side: terms (free form: length), loss in training and on validation.
std::string fronts_table(const LearnOutcome&, int most_terms);

}  // namespace spikemass
