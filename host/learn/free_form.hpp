#pragma once
// Free-form symbolic regression: genetic programming by Operon's Python package (python/spikemass_search.py) on samples, then every pair of formulas scored and fitted on trajectories.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/learn/symbolic.hpp"

namespace spikemass::learn {

struct FreeFormOptions {
    int seeds = 5;                                     ///< of the search
    std::uint64_t first_seed = 1;
    std::string symbols = "add,sub,mul,div,sqrt", variables = "s,c,h";
    Stage stage = Stage::joint;
    TrainOptions training;                             ///< of the constants
    std::function<bool(double done, const std::string&)> progress;   ///< done: fraction; false stops
};

/// One pair of formulas.
struct FreeFormCandidate {
    closures::Expression p, q;
    double sampled = 0.0;                              ///< error on the samples, relative: the larger one of p^ and q^
    double loss = 0.0, validation = 0.0;
    std::vector<std::string> diverged;                 ///< trajectories that left their range while constants were fitted
    int length() const { return static_cast<int>(p.size() + q.size()); }
    int constants() const { return static_cast<int>(p.constants().size() + q.constants().size()); }
};

struct FreeFormResult {
    std::vector<FreeFormCandidate> front;              ///< longest first
    std::size_t pairs = 0;                             ///< that were scored
};

/// Errors: ConfigurationError (a name that is not known), Error with the remedy where the interpreter cannot import what the search needs.
void require_search(const std::string& symbols, const std::string& variables);

/// `samples`: the file for the script; it and what the script prints (samples.csv -> free_form.json) stay there.  Same samples, options and seeds: same result.
/// Errors: Error (the script failed), IoError.
FreeFormResult free_form(const std::filesystem::path& samples, const TrainingData& data, const TrainingData& validation, const FreeFormOptions& options);

/// Whether it is finite, and not larger than `limit`, for every s in [-1, 1], c = sqrt(1 - s^2), eps up to `largest_eps`, both signs of J.
bool bounded(const closures::Expression& formula, double largest_eps, double limit = 10.0);

/// LaTeX of a formula's text.
std::string latex_of(const std::string& text);

}  // namespace spikemass::learn
