// What a fit refuses, what it remarks, and what it does when a trajectory leaves its range.

#include <gtest/gtest.h>

#include <limits>

#include "models/base/error.hpp"
#include "models/base/random.hpp"
#include "tests/host/fit/support.hpp"

namespace spikemass::fit {
namespace {

Recording plain() { return recording_of(configuration(mass::one_population(-1.0, 8.0, 1.0), 10.0)); }

template <class F>
void expect_refused(F&& f, const std::vector<std::string>& says) {
    try {
        f();
        FAIL() << "nothing was refused";
    } catch (const ConfigurationError& e) {
        for (const std::string& part : says) EXPECT_NE(std::string(e.what()).find(part), std::string::npos) << e.what();
    }
}

TEST(BadData, IsRefused) {
    Recording r = plain();
    r.trials[0].rate[0][17] = std::numeric_limits<double>::quiet_NaN();
    expect_refused([&] { summarise(r); }, {"point 0", "the rate of population \"E\"", "bin 17", "marked ok"});
    r = plain();
    r.trials[0].v[0][3] = std::numeric_limits<double>::infinity();
    expect_refused([&] { summarise(r); }, {"v of population \"E\"", "bin 3"});
    r = plain();
    r.trials[0].rate[0].pop_back();
    expect_refused([&] { summarise(r); }, {"99 bins", "100", "equal width"});
    r = plain();
    r.trials.clear();
    r.left_out = 2;
    expect_refused([&] { fit({r}, {}, {}); }, {"none of its trials is ok"});
}

TEST(BadOptions, AreRefused) {
    FitOptions o;
    o.free = {"strenght"};
    expect_refused([&] { fit({plain()}, {}, o); }, {"--free strenght", "projection.EE.strength"});
    o = {};
    o.solve.shooting.segment = 0.25;
    expect_refused([&] { fit({plain()}, {}, o); }, {"--segment", "whole number of bins"});
    o = {};
    o.free = {"strength"};
    Recording other = plain();
    other.point = 1;
    expect_refused([&] { fit({plain(), other}, {"projection.EE.strength"}, o); }, {"the sweep varies it", "--each"});
    expect_refused([&] { fit({plain(), other}, {"projection.EE.strength.mean"}, o); }, {"the sweep varies it"});
    o = {};
    o.start = {{"strength", 50.0}};
    o.bounds = {{"strength", {0.0, 20.0}}};
    expect_refused([&] { fit({plain()}, {}, o); }, {"outside the bounds"});
    o = {};
    o.bounds = {{"half_width", {-1.0, 2.0}}};
    expect_refused([&] { fit({plain()}, {}, o); }, {"above 0"});
    o = {};
    o.mass.closure = "degree_classes";
    Recording sparse = recording_of(configuration(mass::sparse_population(-1.0, 8.0, 1.0, TopologyKind::erdos_renyi, 60.0), 5.0));
    expect_refused([&] { fit({sparse}, {}, o); }, {"20 classes", "--initial network"});
    for (const char* text : {"strength", "=3", "strength=x", "strength=1e999"}) expect_refused([&] { parse_start(text); }, {"--start"});
    for (const char* text : {"strength=3", "strength=3,2", "strength=,", "strength=1,nan"}) expect_refused([&] { parse_bounds(text); }, {"--bounds"});
    expect_refused([&] { closure_of_model("nonesuch"); }, {"nonesuch"});
}

TEST(Fit, WithoutVSaysSo) {
    Recording r = plain();
    r.trials[0].v[0].clear();
    FitOptions o;
    o.free = {"eta.center"};
    const FitReport report = fit({r}, {}, o);
    ASSERT_TRUE(report.any_converged()) << report.fits[0].error;
    ASSERT_EQ(report.warnings.size(), 1u);
    EXPECT_NE(report.warnings[0].find("v was not recorded"), std::string::npos);
    EXPECT_NEAR(report.fits[0].solution.estimates[0].value, -1.0, 1e-5);
}

TEST(Fit, LeavesOutWhatTheSweepVariesAndFailedPoints) {
    Recording other = plain(), failed = plain();
    other.point = 1;
    failed.point = 2;
    failed.name = "point 2";
    failed.trials.clear();
    const FitReport report = fit({plain(), other, failed}, {"projection.EE.strength"}, {});
    ASSERT_EQ(report.fits.size(), 1u);
    ASSERT_EQ(report.fits[0].solution.estimates.size(), 2u);
    ASSERT_EQ(report.warnings.size(), 2u);
    EXPECT_NE(report.warnings[0].find("projection.EE.strength: not free"), std::string::npos);
    EXPECT_NE(report.warnings[1].find("point 2: left out"), std::string::npos);
    FitOptions each;
    each.each = true;
    const FitReport apart = fit({plain(), other, failed}, {"projection.EE.strength"}, each);
    ASSERT_EQ(apart.fits.size(), 3u);
    EXPECT_EQ(apart.fits[0].error, "");
    EXPECT_NE(apart.fits[2].error.find("none of its trials"), std::string::npos);
    EXPECT_EQ(apart.fits[0].solution.estimates[2].value, apart.fits[1].solution.estimates[2].value);
}

TEST(Divergence, AtTheStartIsToldAndOtherStartsGoOn) {
    FitOptions o;
    o.start = {{"strength", 1e7}};
    const FitReport report = fit({plain()}, {}, o);
    EXPECT_FALSE(report.any_converged());
    EXPECT_NE(report.fits[0].error.find("left its range"), std::string::npos) << report.fits[0].error;
    EXPECT_NE(report.fits[0].error.find("--start"), std::string::npos);
    o.bounds = {{"strength", {1.0, 1e7}}};
    o.solve.starts = 3;
    o.start = {{"strength", 1e7}};
    EXPECT_GT(fit({plain()}, {}, o).fits[0].solution.shortened, 0);
}

TEST(Output, NetworkLayerHasWholeSteps) {
    FitOptions o;
    o.free = {"eta.center", "delay"};
    Network n = mass::one_population(-1.0, 8.0, 1.0);
    n.projections[0].delay_steps = 20;
    Recording r = recording_of(configuration(n, 15.0), {});
    o.solve.shooting.from_network = true;
    o.start = {{"delay", 0.253}};
    const FitReport report = fit({r}, {}, o);
    ASSERT_TRUE(report.any_converged()) << report.fits[0].error;
    const std::string text = network_layer(report.fits[0], "base.toml", 0.01);
    EXPECT_NE(text.find("extends = \"base.toml\"\n"), std::string::npos);
    EXPECT_NE(text.find("projection.EE.delay = 0.2"), std::string::npos) << text;
    const auto j = to_json(report);
    EXPECT_EQ(j["fits"][0]["parameters"].size(), 2u);
    EXPECT_TRUE(j["fits"][0]["parameters"][0]["low"].is_number());
}

}  // namespace
}  // namespace spikemass::fit
