#pragma once
// `spikemass learn`: from a sweep to closures.  Stage 1 trains an ensemble of small networks in the place of (p, q), stage 2 a formula.

#include <filesystem>
#include <string>
#include <vector>

#include "host/learn/symbolic.hpp"
#include "host/learn/training_data.hpp"
#include "host/sweep/sweep.hpp"

namespace spikemass {

struct LearnOptions {
    std::filesystem::path out;
    bool hidden = false;
    int units = 4, ensemble = 5, most_terms = 8;
    double ridge = 0.03;
    std::vector<double> train_indegrees, validate_indegrees;   ///< empty: all but the validation's; a level in the middle
    double control_indegree = 0.0;
    bool without_theory = false, resume = false, quiet = false;
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
};

struct LearnOutcome {
    learn::DataSummary training, validation;
    std::size_t steady_windows = 0, segments = 0, recordings = 0;
    double exact_mass = 0.0, exact_mass_validation = 0.0;   ///< losses without any closure
    std::vector<Member> members;
    std::size_t best = 0;
    std::vector<learn::Candidate> elimination, thresholded;
    std::size_t chosen = 0;                                  ///< of elimination
    double elimination_seconds = 0.0;
    std::string p, q;
};

/// Writes closure.toml (the formula), closure_network.toml (the best network), members/, formula.tex, learn.json into `out`.
/// A member that is done is kept in `out`/checkpoint.json: with `resume` it is not trained again.
/// Errors: ConfigurationError (see training_data; too few in-degrees to hold one out; `out` holds something else), IoError, Stopped.
LearnOutcome learn_closure(const std::filesystem::path& dataset, const LearnOptions& options);

}  // namespace spikemass
