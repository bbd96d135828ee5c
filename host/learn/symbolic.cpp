#include "host/learn/symbolic.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <Eigen/Cholesky>
#include <Eigen/QR>
#include <fmt/format.h>

namespace spikemass::learn {

namespace {

constexpr std::size_t terms = library_terms.size();
constexpr std::array<const char*, terms> latex{"1", "s", "s^2", "s^3", "c", "s c", "h", "h s", "h s^2", "h c", "\\frac{c}{\\sqrt{s^2 + 0.0025}}", "\\sigma", "\\sigma s", "\\sigma h"};

struct Fit {
    Eigen::MatrixXd hessian;
    double loss = 0.0, variance = 0.0;   ///< variance: 2 cost/(rows - P)
    bool reached = false;
};

Fit look(const Form& form, const TrainingData& data, Stage stage, const std::vector<double>& theta, const TrainOptions& o) {
    Fit f;
    Eigen::VectorXd r;
    Eigen::MatrixXd j;
    f.reached = residuals(form, data, stage, theta, o.threads, r, &j);
    f.hessian = j.transpose() * j;
    f.hessian.diagonal().array() += o.ridge;
    f.loss = 0.5 * r.squaredNorm() / static_cast<double>(std::max<std::size_t>(1, stage == Stage::steady ? data.steady.size() : data.segments.size() + data.full.size()));
    f.variance = r.squaredNorm() / static_cast<double>(std::max<Eigen::Index>(1, r.size() - j.cols()));
    return f;
}

std::string number(double x) { return fmt::format("{:.6g}", x); }

}  // namespace

std::vector<bool> without_theory() {
    std::vector<bool> allowed(2 * terms, true);
    for (std::size_t output = 0; output < 2; ++output)
        for (std::size_t i = 0; i < terms; ++i)
            if (library_terms[i] == "s*c" || library_terms[i] == "s^2" || library_terms[i] == "c/sqrt(s^2+0.0025)") allowed[output * terms + i] = false;
    return allowed;
}

std::vector<Candidate> eliminate(const TrainingData& data, const TrainingData* validation, const EliminationOptions& o) {
    std::vector<Candidate> front;
    std::vector<bool> active = o.allowed;
    Form form = Form::symbolic(active);
    std::vector<double> theta = initial_parameters(form, 0);
    TrainOptions training = o.training;
    train(form, data, Stage::steady, theta, training);
    if (o.stage == Stage::joint) {
        // Few windows leave most of the library undetermined: back towards the exact mass as far as trajectories want.
        std::vector<double> start(theta.size(), 0.0);
        double least = loss(form, data, start, training.threads);
        for (double share : {1.0, 0.5, 0.25, 0.125}) {
            std::vector<double> shrunk = theta;
            for (double& x : shrunk) x *= share;
            if (const double there = loss(form, data, shrunk, training.threads); there < least) {
                least = there;
                start = std::move(shrunk);
            }
        }
        theta = start;
        train(form, data, Stage::segments, theta, training);
        train(form, data, Stage::joint, theta, training);
    }
    training.iterations = o.iterations;
    while (!theta.empty()) {
        const Fit fit = look(form, data, o.stage, theta, training);
        const auto size = static_cast<Eigen::Index>(theta.size());
        const Eigen::MatrixXd inverse = fit.hessian.ldlt().solve(Eigen::MatrixXd::Identity(size, size));
        Candidate c{active, theta, {}, fit.reached ? fit.loss : std::numeric_limits<double>::infinity(), validation ? loss(form, *validation, theta, training.threads, o.stage) : std::numeric_limits<double>::quiet_NaN()};
        for (Eigen::Index i = 0; i < size; ++i) c.sd.push_back(std::sqrt(std::max(0.0, fit.variance * inverse(i, i))));
        front.push_back(c);
        if (o.progress && !o.progress(front.back())) break;
        Eigen::Index weakest = 0;
        double least = std::numeric_limits<double>::infinity();
        for (Eigen::Index i = 0; i < size; ++i)
            if (const double wald = theta[static_cast<std::size_t>(i)] * theta[static_cast<std::size_t>(i)] / inverse(i, i); wald < least) least = wald, weakest = i;
        const double amount = theta[static_cast<std::size_t>(weakest)] / inverse(weakest, weakest);
        for (Eigen::Index i = 0; i < size; ++i) theta[static_cast<std::size_t>(i)] -= amount * inverse(i, weakest);
        theta.erase(theta.begin() + weakest);
        Eigen::Index seen = 0;
        for (std::size_t k = 0; k < active.size(); ++k)
            if (active[k] && seen++ == weakest) {
                active[k] = false;
                break;
            }
        form = Form::symbolic(active);
        if (!theta.empty()) train(form, data, o.stage, theta, training);
    }
    return front;
}

std::vector<Candidate> stlsq(const Form& trained, const std::vector<double>& theta, const std::vector<Sample>& samples, const std::vector<bool>& allowed) {
    const Form all = Form::symbolic(std::vector<bool>(2 * terms, true));
    const auto rows = static_cast<Eigen::Index>(samples.size());
    Eigen::MatrixXd x(rows, static_cast<Eigen::Index>(terms));
    Eigen::MatrixXd y(rows, 2);
    for (Eigen::Index i = 0; i < rows; ++i) {
        const Sample& s = samples[static_cast<std::size_t>(i)];
        const double state[4] = {s.r, s.v, 0.0, 0.0};
        double in[14], feature[14];
        trained.features(s.point, state, in);
        Outputs out;
        trained.eval(in, theta.data(), out);
        all.features(s.point, state, feature);
        for (std::size_t k = 0; k < terms; ++k) x(i, static_cast<Eigen::Index>(k)) = feature[k];
        y(i, 0) = out.value[0];
        y(i, 1) = out.value[1];
    }
    std::vector<Candidate> front;
    for (double threshold = 1e-4; threshold < 1.0; threshold *= 1.25) {
        Candidate c;
        c.active = allowed;
        double residual = 0.0;
        std::vector<double> all_theta(2 * terms, 0.0);
        for (std::size_t o = 0; o < 2; ++o) {
            Eigen::VectorXd fitted = Eigen::VectorXd::Zero(rows);
            for (bool changed = true; changed;) {
                std::vector<std::size_t> on;
                for (std::size_t k = 0; k < terms; ++k)
                    if (c.active[o * terms + k]) on.push_back(k);
                changed = false;
                fitted.setZero();
                if (on.empty()) break;
                Eigen::MatrixXd sub(rows, static_cast<Eigen::Index>(on.size()));
                for (std::size_t k = 0; k < on.size(); ++k) sub.col(static_cast<Eigen::Index>(k)) = x.col(static_cast<Eigen::Index>(on[k]));
                const Eigen::VectorXd found = sub.colPivHouseholderQr().solve(y.col(static_cast<Eigen::Index>(o)));
                fitted = sub * found;
                for (std::size_t k = 0; k < on.size(); ++k) {
                    all_theta[o * terms + on[k]] = found[static_cast<Eigen::Index>(k)];
                    if (std::abs(found[static_cast<Eigen::Index>(k)]) >= threshold) continue;
                    c.active[o * terms + on[k]] = false;
                    changed = true;
                }
            }
            residual += (fitted - y.col(static_cast<Eigen::Index>(o))).squaredNorm();
        }
        for (std::size_t k = 0; k < 2 * terms; ++k)
            if (c.active[k]) c.theta.push_back(all_theta[k]);
        c.sd.assign(c.theta.size(), std::numeric_limits<double>::quiet_NaN());
        c.loss = std::sqrt(residual / static_cast<double>(std::max<Eigen::Index>(1, 2 * rows)));
        c.validation = std::numeric_limits<double>::quiet_NaN();
        if (c.theta.empty()) break;
        if (front.empty() || front.back().active != c.active) front.push_back(std::move(c));
    }
    return front;
}

std::size_t choose(const std::vector<double>& score, const std::vector<int>& length, double tolerance) {
    double best = std::numeric_limits<double>::infinity();
    for (double x : score)
        if (x < best) best = x;
    std::size_t chosen = score.size();
    for (std::size_t i = 0; i < score.size(); ++i)
        if (score[i] <= (1.0 + tolerance) * best && (chosen == score.size() || length[i] < length[chosen])) chosen = i;
    return chosen == score.size() ? 0 : chosen;
}

std::size_t choose(const std::vector<Candidate>& front, int most_terms, double tolerance) {
    std::vector<double> score;
    std::vector<int> length;
    for (const Candidate& c : front) {
        score.push_back(c.terms() > most_terms ? std::numeric_limits<double>::infinity() : std::isnan(c.validation) ? c.loss : c.validation);
        length.push_back(c.terms());
    }
    return choose(score, length, tolerance);
}

namespace {

template <class Term>
std::string written(const Candidate& c, int output, Term&& term) {
    std::string text;
    std::size_t at = 0;
    for (std::size_t k = 0; k < c.active.size(); ++k) {
        if (!c.active[k]) continue;
        const double value = c.theta[at++];
        if (static_cast<int>(k / terms) != output) continue;
        text += text.empty() ? (value < 0 ? "-" : "") : value < 0 ? " - " : " + ";
        text += term(number(std::abs(value)), k % terms);
    }
    return text.empty() ? "0" : text;
}

}  // namespace

std::string formula_text(const Candidate& c, int output) {
    return written(c, output, [](const std::string& value, std::size_t k) { return k == 0 ? value : value + "*" + std::string(library_terms[k]); });
}

std::string formula_latex(const Candidate& c, int output) {
    return written(c, output, [](const std::string& value, std::size_t k) { return k == 0 ? value : value + "\\," + latex[k]; });
}

}  // namespace spikemass::learn
