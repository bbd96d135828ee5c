#pragma once
// Training of a form: nonlinear least squares over steady states and trajectories (theory note 4, section 4), and what symbolic regression needs of it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "host/learn/trajectory.hpp"

namespace spikemass::learn {

/// A window of constant input: the mean of (r, v) over trials and time, and its standard error relative to |W|.
struct SteadyWindow {
    Point point;
    double input = 0.0, r = 0.0, v = 0.0, sem = 0.0;
    std::string name;
};

struct TrainingData {
    std::vector<SteadyWindow> steady;
    std::vector<Segment> segments;   ///< around the steps of the input
    std::vector<Segment> full;       ///< whole recordings
};

enum class Stage { steady, segments, joint };   ///< joint: full recordings and segments together
const char* stage_name(Stage);

struct Progress {
    Stage stage = Stage::steady;
    int iteration = 0;
    double loss = 0.0;
    double seconds = 0.0;
};

struct TrainOptions {
    double ridge = 0.01;             ///< ridge |theta|^2/2
    int threads = 1;
    int iterations = 40;
    double gain = 3e-4;              ///< least relative gain of an iteration
    std::function<bool(const Progress&, const std::vector<double>& theta)> progress;   ///< false stops
};

struct TrainResult {
    double loss = 0.0;               ///< mean cost of a segment, pseudo-Huber
    int iterations = 0;
    std::vector<std::string> left_out;   ///< trajectories that left their range before the first step: the stage went on without them
    std::vector<std::string> diverged;   ///< trajectories that left their range at a step that was tried; the step was shortened
    int shortened = 0;                   ///< such steps
    bool stopped = false;
};

/// Residuals of one stage and, where wanted, their Jacobian (rows: residuals).  False where a trajectory left its range.
bool residuals(const Form&, const TrainingData&, Stage, const std::vector<double>& theta, int threads, Eigen::VectorXd& r, Eigen::MatrixXd* jacobian, std::vector<std::string>* diverged = nullptr);

/// Mean cost of a segment or recording (stage steady: of a window); infinite where a trajectory leaves its range, NaN without any.
double loss(const Form&, const TrainingData&, const std::vector<double>& theta, int threads, Stage stage = Stage::joint);

/// Levenberg-Marquardt from theta, which it replaces.  A step that drives a trajectory out of its range, or gives a number that is not finite, is shortened.
TrainResult train(const Form&, const TrainingData&, Stage, std::vector<double>& theta, const TrainOptions& = {});

/// Steady state of the form on the branch of (r, v), which it replaces: where 40 tau of integration lead.  False where it leaves its range.
bool relax(const Form&, const Point&, double input, const std::vector<double>& theta, double& r, double& v);

}  // namespace spikemass::learn
