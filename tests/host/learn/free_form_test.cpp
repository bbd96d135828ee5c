// Free-form formulas: constants in a text, their derivatives along trajectories, bounds, LaTeX.

#include "host/learn/free_form.hpp"

#include <gtest/gtest.h>

namespace spikemass::learn {
namespace {

using closures::Expression;

Expression formula(const std::string& text) { return Expression(text, closures::feature_names); }

TEST(FreeForm, ConstantsAreNumbersWithAPoint) {
    const Expression e = formula("-0.5*s^2 + 1/(2 + 1e-3*c)");
    EXPECT_EQ(e.constants(), (std::vector<double>{0.5, 1e-3}));
    const double x[] = {0.3, 0.9, 0.5, 1.0 / 3, -1.0}, k[] = {0.25, 0.2};
    EXPECT_DOUBLE_EQ(e(x, k), -0.25 * 0.09 + 1.0 / (2.0 + 0.18));
    EXPECT_DOUBLE_EQ(e(x, e.constants().data()), e(x));
}

TEST(FreeForm, TextsTakeOtherConstantsOfEitherSign) {
    const double x[] = {0.3, 0.9, 0.5, 1.0 / 3, -1.0};
    for (const char* text : {"0.5*s - 0.25*c", "-0.5*s + 0.25", "c/(0.5 + s) - (-0.25*h)", "s*0.5 - 0.25^2", "sqrt(0.5 - 0.25*s)", "-(0.5 - 0.25)", "--0.5*s - -0.25", "2*0.5/0.25"})
        for (const auto& [a, b] : {std::pair{0.7, 0.3}, {-0.7, 0.3}, {0.7, -0.3}, {-0.7, -0.3}}) {
            const Expression e = formula(text);
            const double k[] = {a, b};
            const Expression other = formula(e.text_with(k));
            const double expected = e(x, k), value = other(x);
            if (std::isfinite(expected)) EXPECT_NEAR(value, expected, 1e-12) << text << " -> " << other.text();
        }
    const double k[] = {-0.125, 2.0};
    EXPECT_EQ(formula("0.5*s - 0.25*c").text_with(k), "-0.125*s - 2.0*c");
}

Segment made_segment() {
    Segment s;
    s.point = {.eta = -2.0, .delta = 1.0, .coupling = 10.0, .mean_indegree = 50.0, .strength = 10.0 * 10.0 * 0.95 / 50.0, .delay = 0.002};
    s.start_r = 0.2;
    s.start_v = -1.1;
    for (int b = 0; b < 40; ++b) s.input.push_back(b < 10 ? 0.0 : 1.5);
    s.r.assign(40, 0.3);
    s.v.assign(40, -0.5);
    s.weight.assign(40, 1.0);
    s.steady = {{30, 40}};
    s.noise = 0.01;
    return s;
}

TEST(FreeForm, DerivativesAlongTrajectoriesAreThoseOfDifferences) {
    TrainingData data;
    data.segments = {made_segment()};
    // 10 and 4 constants: more than one pass of dual numbers.
    const Form form = Form::expressions(formula("0.01 - 0.04*s*c + 0.02*c/sqrt(s^2 + 0.05) + 0.01*h*s - 0.03*h*c + 0.02*tanh(0.7*s) + 0.01*exp(-0.4*eps)"), formula("0.08*c^2/(1 + 0.3*h) + 0.01*s + 0.002*eps"));
    ASSERT_EQ(form.size(), 14);
    std::vector<double> theta = initial_parameters(form, 0);
    Eigen::VectorXd r, low, high;
    Eigen::MatrixXd j;
    ASSERT_TRUE(residuals(form, data, Stage::segments, theta, 1, r, &j));
    for (std::size_t i = 0; i < theta.size(); ++i) {
        const double at = theta[i], step = 3e-6;
        theta[i] = at + step;
        residuals(form, data, Stage::segments, theta, 1, high, nullptr);
        theta[i] = at - step;
        residuals(form, data, Stage::segments, theta, 1, low, nullptr);
        theta[i] = at;
        const Eigen::VectorXd difference = (high - low) / (2.0 * step), column = j.col(static_cast<Eigen::Index>(i));
        EXPECT_LT((difference - column).cwiseAbs().maxCoeff(), 1e-6 * (1.0 + column.cwiseAbs().maxCoeff())) << "constant " << i;
    }
}

TEST(FreeForm, ConstantsOfTheLawThatMadeTheDataAreFound) {
    const Form law = Form::expressions(formula("-0.03*s*c"), formula("0.07*c^2"));
    Segment s = made_segment();
    const Trajectory t = integrate(law, s, initial_parameters(law, 0), false);
    ASSERT_EQ(t.bins, 40);
    s.r = t.r;
    s.v = t.v;
    TrainingData data;
    data.segments = {s};
    const Form other = Form::expressions(formula("-0.01*s*c"), formula("0.02*c^2"));
    std::vector<double> theta = initial_parameters(other, 0);
    train(other, data, Stage::segments, theta, {.ridge = 1e-8, .iterations = 40, .progress = {}});
    EXPECT_NEAR(theta[0], 0.03, 1e-4);
    EXPECT_NEAR(theta[1], 0.07, 1e-4);
}

TEST(FreeForm, WhatIsNotBoundedForEveryStateIsRefused) {
    for (const char* good : {"0.08*c", "0.1*s*c/(1 + h)", "0.1*c/sqrt(s^2 + 0.0025)", "0"}) EXPECT_TRUE(bounded(formula(good), 3.0)) << good;
    for (const char* bad : {"1/s", "1/c", "log(c)", "sqrt(s)", "0.1/(s - 0.2)^2", "exp(eps)", "11.0"}) EXPECT_FALSE(bounded(formula(bad), 3.0)) << bad;
}

TEST(FreeForm, Latex) {
    EXPECT_EQ(latex_of("-0.08*s*sqrt(c + (h))/(1 + eps)"), "-0.08\\,s\\,\\sqrt{c + (h)}/(1 + \\varepsilon)");
    EXPECT_EQ(latex_of("1e-05*tanh(sg)"), "1 \\cdot 10^{-5}\\,\\tanh(\\sigma)");
}

TEST(Train, TrajectoriesThatLeaveTheirRangeAreNamed) {
    TrainingData data;
    data.segments = {made_segment(), made_segment()};
    data.segments[0].name = "tame";
    data.segments[1].name = "wild";
    data.segments[1].start_r = 39.0;
    data.segments[1].start_v = 79.0;
    const Form form = Form::expressions(formula("0.01*c"), formula("0.02*c"));
    std::vector<double> theta = initial_parameters(form, 0);
    const TrainResult r = train(form, data, Stage::segments, theta, {.iterations = 10, .progress = {}});
    EXPECT_EQ(r.left_out, std::vector<std::string>{"wild"});
    EXPECT_GT(r.iterations, 1);
    EXPECT_TRUE(std::isinf(r.loss));
    for (double x : theta) EXPECT_TRUE(std::isfinite(x));
}

}  // namespace
}  // namespace spikemass::learn
