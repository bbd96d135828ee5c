// The derivatives of every residual by parameters and start states against differences: delays, synapses, two populations, every closure, segments.

#include <gtest/gtest.h>

#include "host/mass/closure_file.hpp"
#include "models/closures/registry.hpp"
#include "tests/host/fit/support.hpp"

namespace spikemass::fit {
namespace {

void expect_derivatives(const Configuration& c, const std::vector<std::string>& free, const ShootingOptions& options, double tolerance = 1e-6) {
    const Recording recording = recording_of(c, options.mass);
    const std::vector<Parameter> parameters = free.empty() ? parameters_of(c) : chosen(c, free);
    Shooting shooting(recording, parameters, options);
    std::vector<double> theta;
    for (const Parameter& p : parameters) theta.push_back(p.value * (1.0 + 0.03 * jitter(static_cast<int>(theta.size()))) + (p.kind == Parameter::Kind::delay ? 0.0037 : 0.0));
    shooting.use_substeps(shooting.substeps(theta));
    std::vector<double> states = shooting.guess(theta);
    for (std::size_t i = 0; i < states.size(); ++i) states[i] *= 1.0 + 0.02 * jitter(static_cast<int>(i) + 50);
    const auto at = shooting.evaluate(theta.data(), states.data(), true);
    ASSERT_EQ(at.diverged, "");
    const auto column = [&](double& x, Eigen::Index k, const std::string& what) {
        const double kept = x, h = 3e-6 * std::max(1.0, std::abs(x));
        Eigen::VectorXd difference[2];
        for (int scale : {1, 2}) {
            x = kept + scale * h;
            const auto high = shooting.evaluate(theta.data(), states.data(), false).residuals;
            x = kept - scale * h;
            const auto low = shooting.evaluate(theta.data(), states.data(), false).residuals;
            x = kept;
            difference[scale - 1] = (high - low) / (2.0 * scale * h);
        }
        const Eigen::VectorXd d = (4.0 * difference[0] - difference[1]) / 3.0;   // Richardson
        const double size = std::max(d.cwiseAbs().maxCoeff(), 1e-3);
        EXPECT_LT((d - at.jacobian.col(k)).cwiseAbs().maxCoeff(), tolerance * size) << what << " of " << size;
    };
    for (std::size_t k = 0; k < theta.size(); ++k) column(theta[k], static_cast<Eigen::Index>(k), parameters[k].path);
    for (std::size_t i = 0; i < states.size(); ++i) column(states[i], static_cast<Eigen::Index>(theta.size() + i), "state " + std::to_string(i));
}

Network delayed(double delay, double tau_s) {
    Network n = mass::one_population(-1.0, 8.0, 1.0);
    n.projections[0].delay_steps = std::llround(delay / 0.01);
    if (tau_s > 0.0) mass::synapse(n, tau_s);
    return n;
}

TEST(Derivatives, OfDelaysAndSynapses) {
    for (const auto& [delay, tau_s] : {std::pair{0.01, 0.0}, {0.35, 0.0}, {0.35, 0.4}})
        for (const bool from_network : {false, true}) expect_derivatives(configuration(delayed(delay, tau_s), 15.0), {}, {.from_network = from_network});
}

TEST(Derivatives, OfSegments) {
    for (const double continuity : {0.0, 1.0}) expect_derivatives(configuration(delayed(0.35, 0.4), 15.0), {}, {.segment = 5.0, .continuity = continuity});
    expect_derivatives(configuration(delayed(0.01, 0.0), 15.0), {}, {.mass = {"none", true}, .segment = 4.0});   // no lag: segments do not feel each other
}

TEST(Derivatives, OfAllSynapses) {
    for (const SynapseKind kind : {SynapseKind::alpha, SynapseKind::double_exponential}) {
        Network n = delayed(0.05, 0.4);
        n.projections[0].synapse = {kind, 0.4, kind == SynapseKind::double_exponential ? 0.15 : 0.0};
        expect_derivatives(configuration(n, 10.0), {}, {.mass = {"none", false}});
    }
}

TEST(Derivatives, OfEveryClosure) {
    for (const auto name : closures::closure_names) {
        const bool classes = name == "degree_classes";
        for (const TopologyKind kind : {TopologyKind::erdos_renyi, TopologyKind::lorentzian_indegree}) {
            Network n = mass::sparse_population(-1.0, 8.0, 1.0, kind, 60.0);
            if (kind == TopologyKind::lorentzian_indegree) n.projections[0].topology.half_width = 5.0;
            else mass::synapse(n, 0.3);
            SCOPED_TRACE(std::string(name));
            expect_derivatives(configuration(n, classes ? 3.0 : 8.0), classes ? std::vector<std::string>{"eta", "strength", "delay"} : std::vector<std::string>{}, {.mass = {std::string(name), false}, .from_network = classes}, name == "resonant" ? 2e-6 : 1e-6);
        }
    }
}

TEST(Derivatives, OfTwoPopulationsInMilliseconds) {
    Network n = mass::excitation_inhibition();
    for (auto& p : n.populations) p.tau = 1.3;
    n.projections[1].delay_steps = 20;
    mass::synapse(n, 0.4);
    Configuration c = configuration(n, 8.0);
    c.run.time_unit = "ms";
    expect_derivatives(c, {}, {.mass = {"none", false}, .robust = 2.0});
}

TEST(Derivatives, OfPolesAndLorentzianStrengths) {
    for (const Distribution d : {Distribution::rational, Distribution::q_gaussian}) {
        Network n = delayed(0.02, 0.0);
        n.populations[0].eta.distribution = d;
        n.populations[0].eta.shape = 3.0;
        n.projections[0].strength_half_width = 0.7;
        expect_derivatives(configuration(n, 6.0), {}, {.from_network = true});
    }
}

TEST(Derivatives, OfALearnedClosure) {
    closures::LearnedForm f;
    f.title = "formula";
    f.p = closures::Expression("-0.08*s*c", closures::feature_names);
    f.q = closures::Expression("0.08*c^2/sqrt(1 + eps)", closures::feature_names);
    const auto file = std::filesystem::path(testing::TempDir()) / "fit_closure.toml";
    FILE* out = fopen(file.c_str(), "w");
    fputs(mass::closure_text(f).c_str(), out);
    fclose(out);
    expect_derivatives(configuration(mass::sparse_population(-1.0, 8.0, 1.0, TopologyKind::fixed_indegree, 60.0), 8.0), {}, {.mass = {file.string(), false}});
    std::filesystem::remove(file);
}

}  // namespace
}  // namespace spikemass::fit
