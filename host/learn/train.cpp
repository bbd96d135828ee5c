#include "host/learn/train.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <numbers>

#include <Eigen/Cholesky>

namespace spikemass::learn {

namespace {

using Clock = std::chrono::steady_clock;

/// e -> e g(|e|), so that half the square is sqrt(1 + |e|^2) - 1: the pseudo-Huber cost as a sum of squares.
struct Robust {
    double g, slope;   ///< d(e g) = g de + slope e (e . de)
    explicit Robust(double square) {
        const double u = std::sqrt(1.0 + square);
        g = std::sqrt(2.0 / (1.0 + u));
        slope = -g / (2.0 * u * (1.0 + u));
    }
};

struct Rows {
    std::vector<double> value;
    std::vector<double> by_theta;   ///< [row][P]
    bool reached = true;
};

/// Appends the pair e = (pi dr, dv)/sigma with its derivatives, made robust, times weight.
void add_pair(Rows& rows, double er, double ev, const double* dr, const double* dv, std::size_t size, double sigma, double weight) {
    const double a = std::numbers::pi * er / sigma, b = ev / sigma;
    const Robust robust(a * a + b * b);
    rows.value.push_back(weight * a * robust.g);
    rows.value.push_back(weight * b * robust.g);
    if (size == 0) return;
    const std::size_t at = rows.by_theta.size();
    rows.by_theta.resize(at + 2 * size);
    for (std::size_t e = 0; e < size; ++e) {
        const double da = std::numbers::pi * dr[e] / sigma, db = dv[e] / sigma, along = robust.slope * (a * da + b * db);
        rows.by_theta[at + e] = weight * (robust.g * da + along * a);
        rows.by_theta[at + size + e] = weight * (robust.g * db + along * b);
    }
}

Rows rows_of(const Form& form, const Segment& s, const std::vector<double>& theta, bool sensitivities) {
    Rows rows;
    const Trajectory t = integrate(form, s, theta, sensitivities);
    const std::size_t bins = s.input.size(), size = sensitivities ? theta.size() : 0;
    rows.reached = t.bins == static_cast<int>(bins);
    if (!rows.reached) return rows;
    double counted = 0.0;
    for (double w : s.weight) counted += w > 0.0;
    const double per_bin = 1.0 / std::sqrt(std::max(1.0, counted)), sigma = s.scale * (0.03 + s.noise);
    for (std::size_t b = 0; b < bins; ++b)
        if (s.weight[b] > 0.0)
            add_pair(rows, t.r[b] - s.r[b], t.v[b] - s.v[b], t.r_by_theta.data() + b * size, t.v_by_theta.data() + b * size, size, sigma, std::sqrt(s.weight[b]) * per_bin);
    for (const auto& [first, last] : s.steady) {
        double r = 0.0, v = 0.0, mr = 0.0, mv = 0.0;
        std::vector<double> dr(size, 0.0), dv(size, 0.0);
        const double share = 1.0 / (last - first);
        for (int i = first; i < last; ++i) {
            const auto b = static_cast<std::size_t>(i);
            r += share * t.r[b];
            v += share * t.v[b];
            mr += share * s.r[b];
            mv += share * s.v[b];
            for (std::size_t e = 0; e < size; ++e) {
                dr[e] += share * t.r_by_theta[b * size + e];
                dv[e] += share * t.v_by_theta[b * size + e];
            }
        }
        const double w = std::hypot(std::numbers::pi * mr, mv);
        add_pair(rows, r - mr, v - mv, dr.data(), dv.data(), size, w * (0.004 + 0.3 * s.noise), std::sqrt(1.5));
    }
    return rows;
}

/// W_2 of the form at the measured (r, v) against W_2 read off the steady state.
Rows rows_of(const Form& form, const SteadyWindow& s, const std::vector<double>& theta, bool sensitivities) {
    Rows rows;
    const double a = s.point.strength, rho = s.r, pi_r = std::numbers::pi * rho, norm2 = pi_r * pi_r + s.v * s.v;
    const double q = -s.point.delta - 2.0 * std::numbers::pi * rho * s.v, p = pi_r * pi_r - s.v * s.v - s.point.eta - s.input - s.point.coupling * rho;
    double x[14];
    const double y[4] = {rho, s.v, p, q};
    form.features(s.point, y, x);
    Outputs out;
    form.eval(x, theta.data(), out);
    const double sigma = 2.0 * norm2 * (0.004 + s.sem);
    const std::size_t size = sensitivities ? theta.size() : 0;
    std::vector<double> dp(size), dq(size);
    for (std::size_t e = 0; e < size; ++e) {
        dp[e] = a * out.by_theta[0][e] / std::numbers::pi;   // add_pair multiplies by pi
        dq[e] = a * out.by_theta[1][e];
    }
    add_pair(rows, (a * out.value[0] - p) / std::numbers::pi, a * out.value[1] - q, dp.data(), dq.data(), size, sigma, 1.0);
    return rows;
}

}  // namespace

const char* stage_name(Stage s) { return s == Stage::steady ? "steady states" : s == Stage::segments ? "segments" : "segments and full trajectories"; }

bool residuals(const Form& form, const TrainingData& data, Stage stage, const std::vector<double>& theta, int threads, Eigen::VectorXd& r, Eigen::MatrixXd* jacobian, std::vector<std::string>* diverged) {
    std::vector<const Segment*> segments;
    if (stage != Stage::steady)
        for (const Segment& s : data.segments) segments.push_back(&s);
    if (stage == Stage::joint)
        for (const Segment& s : data.full) segments.push_back(&s);
    const std::size_t n = stage == Stage::steady ? data.steady.size() : segments.size();
    std::vector<Rows> rows(n);
#pragma omp parallel for num_threads(threads) schedule(dynamic)
    for (std::size_t i = 0; i < n; ++i) rows[i] = stage == Stage::steady ? rows_of(form, data.steady[i], theta, jacobian != nullptr) : rows_of(form, *segments[i], theta, jacobian != nullptr);
    std::size_t total = 0;
    bool reached = true;
    for (std::size_t i = 0; i < n; ++i) {
        total += rows[i].value.size();
        if (rows[i].reached) continue;
        reached = false;
        if (diverged && stage != Stage::steady) diverged->push_back(segments[i]->name);
    }
    const auto size = static_cast<Eigen::Index>(theta.size());
    r.resize(static_cast<Eigen::Index>(total));
    if (jacobian) jacobian->resize(static_cast<Eigen::Index>(total), size);
    Eigen::Index at = 0;
    for (const Rows& each : rows)
        for (std::size_t k = 0; k < each.value.size(); ++k, ++at) {
            r[at] = each.value[k];
            if (jacobian) jacobian->row(at) = Eigen::Map<const Eigen::RowVectorXd>(each.by_theta.data() + k * theta.size(), size);
        }
    return reached && r.allFinite();
}

namespace {

std::size_t parts_of(const TrainingData& data, Stage stage) {
    return stage == Stage::steady ? data.steady.size() : data.segments.size() + (stage == Stage::joint ? data.full.size() : 0);
}

TrainingData without(TrainingData data, const std::vector<std::string>& names) {
    for (auto* list : {&data.segments, &data.full}) std::erase_if(*list, [&](const Segment& s) { return std::find(names.begin(), names.end(), s.name) != names.end(); });
    return data;
}

void merge(std::vector<std::string>& to, const std::vector<std::string>& names) {
    for (const std::string& n : names)
        if (std::find(to.begin(), to.end(), n) == to.end()) to.push_back(n);
}

}  // namespace

double loss(const Form& form, const TrainingData& data, const std::vector<double>& theta, int threads, Stage stage) {
    const std::size_t parts = parts_of(data, stage);
    if (parts == 0) return std::numeric_limits<double>::quiet_NaN();
    Eigen::VectorXd r;
    return residuals(form, data, stage, theta, threads, r, nullptr) ? 0.5 * r.squaredNorm() / static_cast<double>(parts) : std::numeric_limits<double>::infinity();
}

TrainResult train(const Form& form, const TrainingData& all, Stage stage, std::vector<double>& theta, const TrainOptions& o) {
    const auto start = Clock::now();
    const auto size = static_cast<Eigen::Index>(theta.size());
    Eigen::Map<Eigen::VectorXd> x(theta.data(), size);
    TrainResult result;
    Eigen::VectorXd r;
    Eigen::MatrixXd j;
    TrainingData reduced;
    const TrainingData* data = &all;
    bool reached = residuals(form, all, stage, theta, o.threads, r, &j, &result.left_out);
    if (!result.left_out.empty()) {
        reduced = without(all, result.left_out);
        data = &reduced;
        reached = residuals(form, reduced, stage, theta, o.threads, r, &j);
    }
    const std::size_t count = parts_of(*data, stage);
    reached = reached && count > 0;
    const double parts = static_cast<double>(std::max<std::size_t>(1, count));
    const auto cost_of = [&](const Eigen::VectorXd& e, const Eigen::VectorXd& at) { return 0.5 * e.squaredNorm() + 0.5 * o.ridge * at.squaredNorm(); };
    double cost = reached ? cost_of(r, x) : std::numeric_limits<double>::infinity();
    double damping = 1e-2;
    for (int k = 0; k < o.iterations && size > 0; ++k) {
        if (o.progress && !o.progress({stage, k, cost / parts, std::chrono::duration<double>(Clock::now() - start).count()}, theta)) {
            result.stopped = true;
            break;
        }
        if (!reached) break;
        Eigen::MatrixXd h = j.transpose() * j;
        h.diagonal().array() += o.ridge;
        const Eigen::VectorXd gradient = j.transpose() * r + o.ridge * x;
        bool better = false;
        double next_cost = cost;
        for (int attempt = 0; attempt < 9 && !better; ++attempt) {
            Eigen::MatrixXd damped = h;
            damped.diagonal() += damping * h.diagonal();
            Eigen::VectorXd step = -damped.ldlt().solve(gradient);
            const double most = step.cwiseAbs().maxCoeff();
            if (!(most < 1e300)) {
                damping *= 4.0;
                continue;
            }
            if (most > 1.0) step /= most;
            const std::vector<double> before = theta;
            x += step;
            Eigen::VectorXd there;
            std::vector<std::string> diverged;
            const bool ok = residuals(form, *data, stage, theta, o.threads, there, nullptr, &diverged);
            if (!ok) {
                ++result.shortened;
                merge(result.diverged, diverged);
            }
            next_cost = ok ? cost_of(there, x) : std::numeric_limits<double>::infinity();
            better = next_cost < cost;
            damping = std::clamp(damping * (better ? 0.3 : 4.0), 1e-12, 1e12);
            if (!better) theta = before;
        }
        result.iterations = k + 1;
        if (!better) break;
        const double gain = (cost - next_cost) / cost;
        cost = next_cost;
        reached = residuals(form, *data, stage, theta, o.threads, r, &j);
        if (gain < o.gain) break;
    }
    result.loss = result.left_out.empty() ? cost / parts : loss(form, all, theta, o.threads, stage);
    return result;
}

bool relax(const Form& form, const Point& point, double input, const std::vector<double>& theta, double& r, double& v) {
    Segment s;
    s.point = point;
    s.bin = 0.5;
    s.start_r = r;
    s.start_v = v;
    s.input.assign(80, input);
    const Trajectory t = integrate(form, s, theta, false);
    if (t.bins < 80) return false;
    r = t.r.back();
    v = t.v.back();
    return true;
}

}  // namespace spikemass::learn
