// Forward sensitivities against the same steps in dual numbers and against differences; the cost's derivatives; training on data that a form has made.

#include "host/learn/trajectory.hpp"

#include <gtest/gtest.h>

#include "host/learn/symbolic.hpp"
#include "host/learn/train.hpp"

namespace spikemass::learn {
namespace {

Segment made_segment(double input = 1.5) {
    Segment s;
    s.point = {.eta = -2.0, .delta = 1.0, .coupling = 10.0, .mean_indegree = 50.0, .strength = 10.0 * 10.0 * 0.95 / 50.0, .delay = 0.002};
    s.start_r = 0.2;
    s.start_v = -1.1;
    for (int b = 0; b < 40; ++b) s.input.push_back(b < 10 ? 0.0 : input);
    s.r.assign(40, 0.3);
    s.v.assign(40, -0.5);
    s.weight.assign(40, 1.0);
    s.steady = {{30, 40}};
    s.noise = 0.01;
    return s;
}

std::vector<double> some_parameters(const Form& form) {
    std::vector<double> theta = initial_parameters(form, 5);
    for (std::size_t i = 0; i < theta.size(); ++i) theta[i] += 0.3 * std::sin(1.7 * static_cast<double>(i) + 0.4);
    if (form.is_symbolic())
        for (double& x : theta) x *= 0.1;
    return theta;
}

/// The library alone or the network in dual numbers that carry all of theta: slow, and the same arithmetic.
template <int P>
void expect_equal_to_jets(const Form& form) {
    using J = ceres::Jet<double, P>;
    const Segment s = made_segment();
    const std::vector<double> theta = some_parameters(form);
    ASSERT_EQ(theta.size(), static_cast<std::size_t>(P));
    std::vector<J> dual;
    for (int i = 0; i < P; ++i) dual.emplace_back(theta[static_cast<std::size_t>(i)], i);
    const auto learned = [&](const J* x, J* out) {
        if (form.is_symbolic()) {
            out[0] = out[1] = J(0.0);
            std::size_t at = 0;
            for (std::size_t k = 0; k < form.active().size(); ++k)
                if (form.active()[k]) {
                    out[k / library_terms.size()] += dual[at] * x[k % library_terms.size()];
                    ++at;
                }
            return;
        }
        const int n = form.inputs(), h = form.units();
        for (int k = 0; k < 2; ++k) out[k] = dual[static_cast<std::size_t>(h * (n + 1) + k * (h + 1) + h)] * 0.1;
        for (int j = 0; j < h; ++j) {
            J a = dual[static_cast<std::size_t>(j * (n + 1) + n)];
            for (int i = 0; i < n; ++i) a += dual[static_cast<std::size_t>(j * (n + 1) + i)] * x[i];
            a = tanh(a);
            for (int k = 0; k < 2; ++k) out[k] += dual[static_cast<std::size_t>(h * (n + 1) + k * (h + 1) + j)] * 0.1 * a;
        }
    };
    const Trajectory t = integrate(form, s, theta, true);
    ASSERT_EQ(t.bins, 40);
    const int n = form.states();
    std::vector<J> y;
    for (double x : start_state(form, s)) y.emplace_back(x);
    const int steps = 4;
    const double h = s.bin / steps;
    const auto slope = [&](const std::vector<J>& at, double input) {
        J x[14], out[2];
        std::vector<J> d(static_cast<std::size_t>(n));
        form.features(s.point, at.data(), x);
        learned(x, out);
        form.derivative(s.point, at.data(), out, input, d.data());
        return d;
    };
    const auto ahead = [&](const std::vector<J>& k, double step) {
        std::vector<J> at = y;
        for (std::size_t i = 0; i < at.size(); ++i) at[i] += k[i] * step;
        return at;
    };
    for (std::size_t b = 0; b < s.input.size(); ++b) {
        J r(0.0), v(0.0);
        const auto add = [&](double w) {
            r += y[0] * w;
            v += y[1] * w;
        };
        add(0.5 / steps);
        for (int i = 0; i < steps; ++i) {
            const auto k1 = slope(y, s.input[b]), k2 = slope(ahead(k1, 0.5 * h), s.input[b]), k3 = slope(ahead(k2, 0.5 * h), s.input[b]), k4 = slope(ahead(k3, h), s.input[b]);
            for (std::size_t a = 0; a < y.size(); ++a) y[a] += (k1[a] + (k2[a] + k3[a]) * 2.0 + k4[a]) * (h / 6.0);
            add((i + 1 < steps ? 1.0 : 0.5) / steps);
        }
        EXPECT_NEAR(t.r[b], r.a, 1e-12);
        EXPECT_NEAR(t.v[b], v.a, 1e-12);
        for (int i = 0; i < P; ++i) {
            const auto at = b * static_cast<std::size_t>(P) + static_cast<std::size_t>(i);
            EXPECT_NEAR(t.r_by_theta[at], r.v[i], 1e-10 * (1.0 + std::abs(r.v[i])));
            EXPECT_NEAR(t.v_by_theta[at], v.v[i], 1e-10 * (1.0 + std::abs(v.v[i])));
        }
    }
}

TEST(Sensitivities, OfAStaticNetworkAreThoseOfJets) { expect_equal_to_jets<26>(Form::network(false, 4)); }
TEST(Sensitivities, OfAHiddenNetworkAreThoseOfJets) { expect_equal_to_jets<34>(Form::network(true, 4)); }
TEST(Sensitivities, OfTheLibraryAreThoseOfJets) { expect_equal_to_jets<28>(Form::symbolic(std::vector<bool>(28, true))); }

TEST(Sensitivities, OfTheCostAreThoseOfDifferences) {
    for (const Form& form : {Form::network(false, 4), Form::network(true, 3), Form::symbolic(std::vector<bool>(28, true))}) {
        TrainingData data;
        data.segments = {made_segment()};
        data.full = {made_segment(0.7)};
        data.steady = {{made_segment().point, 0.5, 0.3, -0.6, 0.002, "window"}};
        std::vector<double> theta = some_parameters(form);
        for (Stage stage : {Stage::steady, Stage::joint}) {
            if (stage == Stage::steady && form.hidden()) continue;
            Eigen::VectorXd r, low, high;
            Eigen::MatrixXd j;
            ASSERT_TRUE(residuals(form, data, stage, theta, 1, r, &j));
            for (std::size_t i = 0; i < theta.size(); ++i) {
                const double at = theta[i], step = 3e-6;
                theta[i] = at + step;
                residuals(form, data, stage, theta, 1, high, nullptr);
                theta[i] = at - step;
                residuals(form, data, stage, theta, 1, low, nullptr);
                theta[i] = at;
                const Eigen::VectorXd difference = (high - low) / (2.0 * step), column = j.col(static_cast<Eigen::Index>(i));
                EXPECT_LT((difference - column).cwiseAbs().maxCoeff(), 1e-6 * (1.0 + column.cwiseAbs().maxCoeff())) << stage_name(stage) << ", parameter " << i;
            }
        }
    }
}

TEST(Train, StartsAtTheExactMass) {
    const Form form = Form::network(false, 4);
    const std::vector<double> theta = initial_parameters(form, 1);
    const Form nothing = Form::symbolic(std::vector<bool>(28, false));
    const Trajectory a = integrate(form, made_segment(), theta, false), b = integrate(nothing, made_segment(), {}, false);
    EXPECT_EQ(a.r, b.r);
    EXPECT_EQ(a.v, b.v);
}

/// Data from a known law, without noise: q^ = 0.07 c, p^ = -0.03 s c.
TrainingData made_by_a_law() {
    TrainingData data;
    std::vector<bool> active(28, false);
    active[5] = active[14 + 4] = true;
    const Form law = Form::symbolic(active);
    const std::vector<double> theta{-0.03, 0.07};
    for (const auto& [eta, j] : {std::pair{-5.0, 15.0}, {5.0, -10.0}, {0.0, 5.0}, {-2.0, 10.0}})
        for (double k : {30.0, 100.0, 1000.0}) {
            Segment s = made_segment(j > 0 ? 3.0 : -3.0);
            s.point.eta = eta;
            s.point.coupling = j;
            s.point.mean_indegree = k;
            s.point.strength = j * j * (1.0 - k / 1e4) / k;
            const Trajectory t = integrate(law, s, theta, false);
            if (t.bins < 40) continue;
            s.r = t.r;
            s.v = t.v;
            s.scale = std::hypot(3.14 * t.r[20], t.v[20]);
            data.segments.push_back(s);
            double r = t.r.back(), v = t.v.back();
            if (relax(law, s.point, s.input.back(), theta, r, v)) data.steady.push_back({s.point, s.input.back(), r, v, 1e-4, ""});
        }
    return data;
}

TEST(Train, FindsTheLawThatMadeTheData) {
    const TrainingData data = made_by_a_law();
    ASSERT_GE(data.segments.size(), 10u);
    for (bool hidden : {false, true}) {
        const Form form = Form::network(hidden, 4);
        std::vector<double> theta = initial_parameters(form, 3);
        Eigen::VectorXd r;
        ASSERT_TRUE(residuals(form, data, Stage::segments, theta, 1, r, nullptr));
        const double before = 0.5 * r.squaredNorm();
        if (!hidden) train(form, data, Stage::steady, theta, {.ridge = 1e-4, .iterations = 60, .progress = {}});
        const TrainResult result = train(form, data, Stage::segments, theta, {.ridge = 1e-4, .iterations = 60, .progress = {}});
        EXPECT_LT(result.loss * static_cast<double>(data.segments.size()), 0.02 * before) << hidden;
    }
}

TEST(Eliminate, LeavesTheTermsThatMadeTheData) {
    const TrainingData data = made_by_a_law();
    EliminationOptions o;
    o.training.ridge = 1e-6;
    const auto front = eliminate(data, nullptr, o);
    ASSERT_EQ(front.size(), 28u);
    const Candidate& two = front[26];
    ASSERT_EQ(two.terms(), 2);
    EXPECT_TRUE(two.active[5]) << formula_text(two, 0);
    EXPECT_TRUE(two.active[18]) << formula_text(two, 1);
    EXPECT_NEAR(two.theta[0], -0.03, 1e-4);
    EXPECT_NEAR(two.theta[1], 0.07, 1e-4);
    EXPECT_GT(front[27].loss, 100.0 * two.loss);
    EXPECT_EQ(formula_text(two, 1), "0.07*c");
}

}  // namespace
}  // namespace spikemass::learn
