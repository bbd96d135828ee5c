#include "host/fit/solve.hpp"

#include <ceres/ceres.h>
#include <fmt/format.h>
#include <glog/logging.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>

#include "models/base/error.hpp"
#include "models/base/random.hpp"

namespace spikemass::fit {

namespace {

constexpr double t_at_bound = 1e-6;   ///< relative distance that counts as being there

/// All points at the parameters that Ceres asks for, side by side; what it then gets is copied from here, so that nothing depends on its threads.
class Evaluator : public ceres::EvaluationCallback {
public:
    Evaluator(const std::vector<std::unique_ptr<Shooting>>& points, int threads) : points_(points), values_(points.size()), threads_(threads) {}

    std::vector<double> theta;
    std::vector<std::vector<double>> states;
    int shortened = 0;
    std::string where;

    void PrepareForEvaluation(bool derivatives, bool new_point) override {
        if (!new_point && (!derivatives || derivatives_)) return;
        std::exception_ptr failure;
#pragma omp parallel for schedule(dynamic) num_threads(threads_) if (threads_ > 1)
        for (std::size_t p = 0; p < points_.size(); ++p) try {
                values_[p] = points_[p]->evaluate(theta.data(), states[p].data(), derivatives);
            } catch (...) {
#pragma omp critical
                failure = std::current_exception();
            }
        if (failure) std::rethrow_exception(failure);
        derivatives_ = derivatives;
        for (const Shooting::Values& v : values_)
            if (!v.diverged.empty()) {
                ++shortened;
                if (where.empty()) where = v.diverged;
                break;
            }
    }
    const Shooting::Values& values(std::size_t point) const { return values_[point]; }
    bool sound() const {
        return std::all_of(values_.begin(), values_.end(), [](const Shooting::Values& v) { return v.diverged.empty(); });
    }

private:
    const std::vector<std::unique_ptr<Shooting>>& points_;
    std::vector<Shooting::Values> values_;
    int threads_;
    bool derivatives_ = false;
};

class PointCost : public ceres::CostFunction {
public:
    PointCost(const Evaluator& evaluator, std::size_t point, const Shooting& shooting) : evaluator_(evaluator), point_(point) {
        set_num_residuals(static_cast<int>(shooting.rows()));
        mutable_parameter_block_sizes()->push_back(static_cast<int>(shooting.parameters()));
        if (shooting.states() > 0) mutable_parameter_block_sizes()->push_back(static_cast<int>(shooting.states()));
    }
    bool Evaluate(double const* const*, double* residuals, double** jacobians) const override {
        const Shooting::Values& v = evaluator_.values(point_);
        if (!v.diverged.empty()) return false;
        Eigen::Map<Eigen::VectorXd>(residuals, num_residuals()) = v.residuals;
        if (!jacobians) return true;
        Eigen::Index first = 0;
        for (std::size_t b = 0; b < parameter_block_sizes().size(); ++b) {
            const Eigen::Index n = parameter_block_sizes()[b];
            if (jacobians[b])
                for (Eigen::Index row = 0; row < v.jacobian.rows(); ++row)
                    for (Eigen::Index k = 0; k < n; ++k) jacobians[b][row * n + k] = v.jacobian(row, first + k);
            first += n;
        }
        return true;
    }

private:
    const Evaluator& evaluator_;
    std::size_t point_;
};

/// Ends a fit that nobody waits for any more.
class Stop : public ceres::IterationCallback {
public:
    explicit Stop(const std::atomic<bool>* flag) : flag_(flag) {}
    ceres::CallbackReturnType operator()(const ceres::IterationSummary&) override { return flag_ && *flag_ ? ceres::SOLVER_ABORT : ceres::SOLVER_CONTINUE; }

private:
    const std::atomic<bool>* flag_;
};

struct Attempt {
    bool converged = false;
    double cost = std::numeric_limits<double>::infinity();
    int iterations = 0, shortened = 0;
    std::string why, where;
    std::vector<double> theta;
    std::vector<std::vector<double>> states;
};

Attempt attempt(const std::vector<std::unique_ptr<Shooting>>& points, const std::vector<Parameter>& parameters, std::vector<double> theta, std::vector<std::vector<double>> states, const SolveOptions& options) {
    Evaluator evaluator(points, options.threads);
    evaluator.theta = std::move(theta);
    evaluator.states = std::move(states);
    ceres::Problem::Options problem_options;
    problem_options.evaluation_callback = &evaluator;
    ceres::Problem problem(problem_options);
    ceres::Solver::Options o;
    o.linear_solver_ordering = std::make_shared<ceres::ParameterBlockOrdering>();
    std::size_t free_states = 0;
    for (std::size_t p = 0; p < points.size(); ++p) {
        std::vector<double*> blocks{evaluator.theta.data()};
        if (points[p]->states() > 0) blocks.push_back(evaluator.states[p].data());
        problem.AddResidualBlock(new PointCost(evaluator, p, *points[p]), nullptr, blocks);
        if (points[p]->states() > 0) o.linear_solver_ordering->AddElementToGroup(evaluator.states[p].data(), 0);
        for (std::size_t i = 0; i < points[p]->states(); ++i)
            if (points[p]->non_negative(i)) problem.SetParameterLowerBound(evaluator.states[p].data(), static_cast<int>(i), 1e-9);
        free_states += points[p]->states();
    }
    o.linear_solver_ordering->AddElementToGroup(evaluator.theta.data(), 1);
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        if (std::isfinite(parameters[k].lower)) problem.SetParameterLowerBound(evaluator.theta.data(), static_cast<int>(k), parameters[k].lower);
        if (std::isfinite(parameters[k].upper)) problem.SetParameterUpperBound(evaluator.theta.data(), static_cast<int>(k), parameters[k].upper);
    }
    const bool many = points.size() > 1 && free_states > 0;   // states of different points meet in the parameters alone
    o.linear_solver_type = many ? ceres::DENSE_SCHUR : ceres::DENSE_QR;
    if (!many) o.linear_solver_ordering.reset();
    o.max_num_iterations = options.iterations;
    o.function_tolerance = 1e-10;
    o.gradient_tolerance = 1e-14;
    o.parameter_tolerance = 1e-10;
    o.max_num_consecutive_invalid_steps = 20;
    o.logging_type = ceres::SILENT;
    Stop stop(options.stop);
    o.callbacks.push_back(&stop);
    o.num_threads = 1;   // the evaluator has its own, and sums must not depend on them
    ceres::Solver::Summary summary;
    ceres::Solve(o, &problem, &summary);

    Attempt a;
    a.shortened = evaluator.shortened;
    a.where = evaluator.where;
    a.iterations = static_cast<int>(summary.iterations.size());
    a.converged = summary.termination_type == ceres::CONVERGENCE && std::isfinite(summary.final_cost);
    a.cost = summary.final_cost;
    a.theta = evaluator.theta;
    a.states = evaluator.states;
    if (summary.termination_type == ceres::NO_CONVERGENCE) a.why = fmt::format("{} iterations were not enough", options.iterations);
    else if (!a.converged) a.why = a.where.empty() ? summary.message : "the mass leaves its range at the start or near it: " + a.where;
    return a;
}

/// The k-th start: the given one, then draws within the bounds where both are finite, else around the given one.
std::vector<double> start(const std::vector<Parameter>& parameters, int k, std::uint64_t seed) {
    std::vector<double> theta;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        const Parameter& p = parameters[i];
        double x = p.start;
        if (k > 0) {
            const double u = static_cast<double>(mix64(mix64(seed + static_cast<std::uint64_t>(k)) + i) >> 11) * 0x1p-53;
            const bool positive = p.lower >= 0.0 && p.start > 0.0;
            if (positive) x = p.start * std::exp(std::log(4.0) * (2.0 * u - 1.0));
            else if (std::isfinite(p.lower) && std::isfinite(p.upper)) x = p.lower + u * (p.upper - p.lower);
            else x = p.start + (2.0 * u - 1.0) * std::max(1.0, std::abs(p.start));
        }
        theta.push_back(std::clamp(x, p.lower, p.upper));
    }
    return theta;
}

}  // namespace

Solution solve(const std::vector<const Recording*>& recordings, const std::vector<Parameter>& parameters, const SolveOptions& options) {
    static const bool quiet = [] { return FLAGS_minloglevel = google::GLOG_FATAL, true; }();   // Ceres tells what we tell ourselves
    (void)quiet;
    std::vector<std::unique_ptr<Shooting>> points;
    for (const Recording* r : recordings) points.push_back(std::make_unique<Shooting>(*r, parameters, options.shooting));
    Solution out;
    out.starts = options.starts;
    Attempt best;
    for (int k = 0; k < options.starts; ++k) {
        Attempt a;
        a.theta = start(parameters, k, options.seed);
        for (auto& p : points) {
            p->use_substeps(p->substeps(a.theta));
            a.states.push_back(p->guess(a.theta));
        }
        for (int round = 0;; ++round) {   // the step that the mass needs depends on where the fit ends
            const int shortened = a.shortened, iterations = a.iterations;
            const std::string where = a.where;
            a = attempt(points, parameters, std::move(a.theta), std::move(a.states), options);
            a.shortened += shortened;
            a.iterations += iterations;
            if (a.where.empty()) a.where = where;
            bool same = true;
            for (auto& p : points) {
                const std::int64_t n = p->substeps(a.theta);
                same = same && n == p->used_substeps();
                if (a.converged && round < 3) p->use_substeps(n);
            }
            if (!a.converged || same || round == 3) break;
        }
        out.shortened += a.shortened;
        out.iterations += a.iterations;
        out.converged_starts += a.converged;
        if (out.shortened_where.empty()) out.shortened_where = a.where;
        if (k == 0 || (a.converged && (!best.converged || a.cost < best.cost))) best = a;
    }
    out.converged = best.converged;
    out.cost = best.cost;
    out.failure = best.converged ? "" : best.why;
    out.states = best.states;
    std::vector<bool> free;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        const Parameter& p = parameters[k];
        Estimate e;
        e.parameter = p;
        e.value = best.theta[k];
        const double unit = t_at_bound * std::max(1.0, std::abs(e.value));
        if (e.value - p.lower < unit) e.at_bound = "lower";
        if (p.upper - e.value < unit) e.at_bound = "upper";
        free.push_back(e.at_bound.empty());
        out.estimates.push_back(e);
    }
    if (!out.converged) return out;

    for (auto& p : points) p->use_substeps(p->substeps(best.theta));
    Evaluator evaluator(points, options.threads);
    evaluator.theta = best.theta;
    evaluator.states = best.states;
    evaluator.PrepareForEvaluation(true, true);
    if (!evaluator.sound()) {
        out.converged = false;
        out.failure = "the mass left its range at the solution: " + evaluator.where;
        return out;
    }
    std::vector<const Shooting*> list;
    std::vector<Shooting::Values> values;
    for (std::size_t p = 0; p < points.size(); ++p) {
        list.push_back(points[p].get());
        values.push_back(evaluator.values(p));
    }
    const Uncertainty u = uncertainty(list, values, parameters, free);
    out.correlation = u.correlation;
    out.warnings = u.warnings;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        Estimate& e = out.estimates[k];
        const auto i = static_cast<Eigen::Index>(k);
        e.standard_error = u.standard_error[i];
        e.low = e.value - u.half_width[i];
        e.high = e.value + u.half_width[i];
        if (std::isfinite(e.low)) e.low = std::max(e.low, e.parameter.lower), e.high = std::min(e.high, e.parameter.upper);
        if (!e.at_bound.empty())
            out.warnings.push_back(fmt::format("{} ended at its {} bound, {:.6g}: the other intervals hold it there. Move the bound (--bounds {}=LOW,HIGH), or leave it out of --free.", e.parameter.path, e.at_bound,
                                               e.at_bound == "lower" ? e.parameter.lower : e.parameter.upper, e.parameter.path));
    }
    const std::size_t series = recordings.front()->series.size();
    double worst = 0.0;
    const bool repeated = std::all_of(recordings.begin(), recordings.end(), [](const Recording* r) { return r->trials.size() > 1; });   // one trial does not tell the noise of slow modes
    for (std::size_t s = 0; s < series; ++s) {
        Misfit m;
        m.population = recordings.front()->series[s].population;
        m.is_v = recordings.front()->series[s].is_v;
        double bins = 0.0, square = 0.0;
        for (std::size_t p = 0; p < points.size(); ++p) {
            const Series& x = recordings[p]->series[s];
            for (std::size_t b = 0; b < recordings[p]->bins(); ++b) square += std::pow(values[p].residuals[static_cast<Eigen::Index>(b * series + s)] / x.weight, 2);
            m.noise += x.noise * x.noise / static_cast<double>(points.size());
            m.scale += x.scale * x.scale / static_cast<double>(points.size());
            bins += static_cast<double>(recordings[p]->bins());
        }
        m.rms = std::sqrt(square / bins);
        m.noise = std::sqrt(m.noise);
        m.scale = std::sqrt(m.scale);
        if (repeated && m.noise > 1e-4 * m.scale) worst = std::max(worst, m.rms / m.noise);
        out.misfit.push_back(m);
    }
    if (worst > 3.0)
        out.warnings.push_back(fmt::format("The mass misses the data by up to {:.1f} times the noise of a bin: it lacks something (a closure, a free parameter), and the intervals tell how far the data determine its parameters, not how true it is.", worst));
    return out;
}

}  // namespace spikemass::fit
