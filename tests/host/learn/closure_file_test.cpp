// Closure files: formulas and networks are read back as they were written, run as masses, and are refused with the place of the fault.

#include "host/mass/closure_file.hpp"

#include <gtest/gtest.h>

#include "host/learn/form.hpp"
#include "host/mass/mass.hpp"

namespace spikemass::test {
namespace {

using closures::Expression;

double value(const std::string& text, double s = 0.3, double c = 0.9) {
    const double x[] = {s, c, 0.5, 1.0 / 3, -1.0};
    return Expression(text, closures::feature_names)(x);
}

TEST(Expression, FollowsTheRulesOfArithmetic) {
    EXPECT_DOUBLE_EQ(value("1 + 2*3"), 7.0);
    EXPECT_DOUBLE_EQ(value("-s^2 + c/2 - 1e-1"), -0.09 + 0.45 - 0.1);
    EXPECT_DOUBLE_EQ(value("2 - 3 - 4"), -5.0);
    EXPECT_DOUBLE_EQ(value("8/4/2"), 1.0);
    EXPECT_DOUBLE_EQ(value("(s + c)*(s - c)"), 1.2 * -0.6);
    EXPECT_DOUBLE_EQ(value("c^-2"), 1.0 / 0.81);
    EXPECT_DOUBLE_EQ(value("sqrt(s^2+0.0025)*abs(sg) + tanh(0) + log(exp(h))"), std::sqrt(0.0925) + 1.0 / 3);
    EXPECT_DOUBLE_EQ(value("--eps"), 0.5);
}

TEST(Expression, SaysWhereItIsWrong) {
    const std::pair<const char*, const char*> cases[] = {{"1 + ", "character 5"}, {"2 * x", "\"x\""}, {"(s", "closing parenthesis"}, {"s c", "operator"}, {"s^0.5", "whole number"}, {"s^100", "whole number"}, {"", "a number"}, {"sqrt s", "parenthesis"}, {"1..2", "operator"}, {"s + $", "\"$\""}};
    for (const auto& [text, part] : cases) try {
            value(text);
            FAIL() << text;
        } catch (const ConfigurationError& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
            EXPECT_NE(std::string(e.what()).find("s, c, eps, h, sg"), std::string::npos) << e.what();
        }
    EXPECT_THROW(value(std::string(100000, '(')), ConfigurationError);
    EXPECT_THROW(value(std::string(100000, '-') + "s"), ConfigurationError);
    std::string deep = "s";
    for (int i = 0; i < 60; ++i) deep = "(c + " + deep + ")";
    EXPECT_THROW(value(deep), ConfigurationError);
}

closures::LearnedForm network_form(bool hidden) {
    closures::LearnedForm f;
    f.title = "net";
    f.hidden = hidden;
    f.network = {hidden ? 5 : 3, 4, 2, 0.1, {}};
    for (int i = 0; i < f.network.size(); ++i) f.network.theta.push_back(std::sin(1.3 * i) / 3.0);
    f.largest_eps = 2.5;
    return f;
}

TEST(ClosureFile, IsReadBackAsItWasWritten) {
    for (bool hidden : {false, true}) {
        const closures::LearnedForm f = network_form(hidden), back = mass::parse_closure(mass::closure_text(f, {{"note", "\"x\""}}), "f.toml");
        EXPECT_EQ(back.network.theta, f.network.theta);
        EXPECT_EQ(back.hidden, hidden);
        EXPECT_EQ(back.title, "net");
        EXPECT_EQ(back.largest_eps, 2.5);
    }
    closures::LearnedForm f;
    f.title = "formula";
    f.p = Expression("-0.02*s*c", closures::feature_names);
    f.q = Expression("0.08*c", closures::feature_names);
    const closures::LearnedForm back = mass::parse_closure(mass::closure_text(f), "f.toml");
    EXPECT_EQ(back.p.text(), "-0.02*s*c");
    EXPECT_TRUE(back.formula());
}

TEST(ClosureFile, WhatIsWrongIsSaid) {
    const std::pair<const char*, const char*> cases[] = {{"[closure", "f.toml:1"}, {"x = 1", "no table [closure]"}, {"[closure]\nform = \"static\"", "closure.title"}, {"[closure]\ntitle = \"a b\"\nform = \"static\"", "letters"},
                                                         {"[closure]\ntitle = \"none\"\nform = \"static\"", "built in"}, {"[closure]\ntitle = \"a\"\nform = \"fast\"", "\"hidden\""}, {"[closure]\ntitle = \"a\"\nform = \"static\"\np = \"s +\"\nq = \"0\"", "closure.p"},
                                                         {"[closure]\ntitle = \"a\"\nform = \"static\"\np = \"s\"", "closure.q"}, {"[closure]\ntitle = \"a\"\nform = \"hidden\"\np = \"s\"\nq = \"s\"", "closure.network"},
                                                         {"[closure]\ntitle = \"a\"\nform = \"static\"\nnetwork = { units = 4, theta = [1.0] }", "has 1 numbers"}, {"[closure]\ntitle = \"a\"\nform = \"static\"\nnetwork = { units = 0, theta = [] }", "units"},
                                                         {"[closure]\ntitle = \"a\"\nform = \"static\"\nr = 1", "no key"}};
    for (const auto& [text, part] : cases) try {
            mass::parse_closure(text, "f.toml");
            FAIL() << text;
        } catch (const ConfigurationError& e) {
            EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
            EXPECT_NE(std::string(e.what()).find("f.toml"), std::string::npos) << e.what();
        }
    EXPECT_THROW(mass::find_closure("/nowhere/closure.toml"), IoError);
    EXPECT_THROW(mass::find_closure("nonesuch"), ConfigurationError);
}

TEST(ClosureFile, TheClosureIsTheFormThatWasTrained) {
    // The same network as trained (host/learn/form.hpp) and as run (models/closures/learned.hpp).
    for (bool hidden : {false, true}) {
        const closures::LearnedForm f = network_form(hidden);
        const learn::Form form = learn::Form::network(hidden, 4);
        closures::Afferent a;
        a.coupling = -12.0;
        a.mean_indegree = 40.0;
        a.candidates = 1000.0;
        const learn::Point point{1.0, 1.0, a.coupling, a.mean_indegree, a.noise_strength(), 0.0};
        const double y[4] = {0.4, -0.7, 0.05, 0.11};
        double x[5], n[2], dy[4], d_hidden[2];
        form.features(point, y, x);
        learn::Outputs out;
        form.eval(x, f.network.theta.data(), out);
        n[0] = out.value[0];
        n[1] = out.value[1];
        form.derivative(point, y, n, 0.0, dy);
        const closures::Learned closure{std::make_shared<const closures::LearnedForm>(f)};
        const closures::Presynaptic<double> pre{y[0], y[0], {}};
        const closures::Complex<double> w{std::numbers::pi * y[0], -y[1]};
        const auto c = closure.eval(std::span(&a, 1), w, &pre, y + 2, d_hidden);
        if (!hidden) {
            EXPECT_NEAR(c.p, point.strength * out.value[0], 1e-14);
            EXPECT_NEAR(c.q, point.strength * out.value[1], 1e-14);
        } else {
            EXPECT_NEAR(d_hidden[0], dy[2], 1e-12);
            EXPECT_NEAR(d_hidden[1], dy[3], 1e-12);
        }
    }
}

}  // namespace
}  // namespace spikemass::test
