#pragma once
// Symbolic regression with the library of form.hpp: backward elimination on trajectories (theory note 4, section 6), and sequentially thresholded least squares on samples of a trained network.

#include <functional>
#include <string>
#include <vector>

#include "host/learn/train.hpp"

namespace spikemass::learn {

/// One formula of a Pareto front.
struct Candidate {
    std::vector<bool> active;          ///< [28]
    std::vector<double> theta;         ///< [active]
    std::vector<double> sd;            ///< standard errors of theta, from the Gauss-Newton matrix scaled by the residual
    double loss = 0.0;                 ///< training
    double validation = 0.0;           ///< loss on the validation data; NaN without
    int terms() const { return static_cast<int>(theta.size()); }
};

/// Terms that first-order theory would suggest (note 1, 4.2): without them the library must do with others.
std::vector<bool> without_theory();

struct EliminationOptions {
    std::vector<bool> allowed = std::vector<bool>(2 * library_terms.size(), true);
    TrainOptions training;             ///< of each fit
    Stage stage = Stage::joint;        ///< steady: on steady windows alone
    int iterations = 8;                ///< after each deletion
    std::function<bool(const Candidate&)> progress;   ///< false stops
};

/// Fits the allowed terms on the trajectories (or on steady windows), then deletes the one with the smallest Wald statistic theta^2/(H^-1)_ii, corrects the others (Optimal Brain Surgeon), fits again, down to one term.
/// The front, longest first.
std::vector<Candidate> eliminate(const TrainingData& data, const TrainingData* validation, const EliminationOptions& options);

/// Sequentially thresholded least squares of p^ and q^ on samples of another form (Brunton et al. 2016, doi:10.1073/pnas.1517384113): one candidate for each threshold that changes the terms.
/// Their `loss` is the rms residual of the samples.
struct Sample {
    Point point;
    double r = 0.0, v = 0.0;
};
std::vector<Candidate> stlsq(const Form& trained, const std::vector<double>& theta, const std::vector<Sample>& samples, const std::vector<bool>& allowed);

/// The shortest candidate of at most `most_terms` whose validation loss (training loss without validation) is at most `tolerance` above the least of those.
std::size_t choose(const std::vector<Candidate>& front, int most_terms = 8, double tolerance = 0.1);

/// Place of the chosen one among losses on validation data and lengths, the shortest within `tolerance` of the least.
std::size_t choose(const std::vector<double>& score, const std::vector<int>& length, double tolerance = 0.1);

/// "0.0796*c - 0.0125*h*s"; LaTeX of the same.
std::string formula_text(const Candidate&, int output);
std::string formula_latex(const Candidate&, int output);

}  // namespace spikemass::learn
