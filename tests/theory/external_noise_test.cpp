// Noise from outside against what is exact: the stationary W of QIF neurons with white Gaussian noise (Airy functions), Cauchy noise as a wider Lorentzian,
// and the rate of leaky neurons (Siegert).

#include "host/mass/mass.hpp"
#include "host/simulation.hpp"
#include "tests/theory/confidence.hpp"
#include "tests/theory/networks.hpp"

namespace spikemass::theory {
namespace {

constexpr int trials = 4;

struct Measured {
    analysis::Estimate rate, v;
};
Measured measure(const Network& network, double warmup, double duration, bool v) {
    std::vector<double> r(trials), u(trials);
    for_each_trial(trials, [&](int t) {
        Network n = network;
        n.seeds = seeds_of(static_cast<std::uint64_t>(t));
        const RunResult result = run_spiking(n, plan(n.dt, warmup, duration, duration, v), {});
        r[static_cast<std::size_t>(t)] = result.populations[0].rate[0];
        if (v) u[static_cast<std::size_t>(t)] = result.populations[0].v[0];
    });
    return {analysis::mean_over_trials(r), analysis::mean_over_trials(u)};
}

Network noisy(double eta, double strength, double delta, NoiseLaw law, double size_of_noise) {
    Network n = all_to_all(20000, eta, strength, 4e-3, Draw::compensated_quantiles, delta);
    n.populations[0].initial = {};
    Stimulus s;
    s.name = "noise";
    s.kind = StimulusKind::white_noise;
    s.law = law;
    (law == NoiseLaw::gaussian ? s.intensity : s.scale) = size_of_noise;
    n.stimuli = {s};
    return n;
}

/// W = pi r - i v = -a Ai'(z)/Ai(z), a = D^(1/3) exp(i pi/6), z = (eta + J r + i Delta)/a^2, solved for r by tests/theory/airy_reference.py.
struct Gaussian {
    double eta, strength, delta, intensity, r, v;
};
constexpr Gaussian gaussian[] = {
    {1, 0, 0.5, 0.5, 0.344443194582, -0.322522908402},
    {-1, 0, 0.3, 1.0, 0.111658672688, -0.839557418405},
    {0.5, 3, 0.3, 0.4, 0.432396221653, -0.162720874498},
    {2, -3, 0.5, 1.0, 0.353334821361, -0.38705473572},
};

/// 3 s.e. and, for the time step, 0.3 % of |W| (ten s.e. and more: chance plays no part).
TEST(Noise, WhiteGaussianNoiseHasItsExactMass) {
    for (const Gaussian& g : gaussian) {
        const Measured m = measure(noisy(g.eta, g.strength, g.delta, NoiseLaw::gaussian, g.intensity), 15, 25, true);
        const double scale = std::hypot(std::acos(-1.0) * g.r, g.v);
        expect_theory("rate, Gaussian noise", m.rate, g.r, 3.0, 3e-3 * scale / std::acos(-1.0));
        expect_theory("v, Gaussian noise", m.v, g.v, 3.0, 3e-3 * scale);
    }
}

TEST(Noise, WhiteCauchyNoiseWidensTheLorentzian) {
    for (const auto& [eta, strength] : {std::pair{1.0, 0.0}, std::pair{0.5, 3.0}}) {
        const Network n = noisy(eta, strength, 0.3, NoiseLaw::cauchy, 0.4);
        Network exact = n;
        exact.stimuli.clear();
        exact.populations[0].eta.width = 0.7;
        const RunPlan long_enough = plan(4e-3, 60, 4, 4, true);
        const PopulationBins theory = mass::run_mass(exact, long_enough, {}).populations[0], mass = mass::run_mass(n, long_enough, {}).populations[0];
        EXPECT_DOUBLE_EQ(theory.rate[0], mass.rate[0]);
        const Measured m = measure(n, 15, 25, true);
        const double scale = std::hypot(std::acos(-1.0) * theory.rate[0], theory.v[0]);
        expect_theory("rate, Cauchy noise", m.rate, theory.rate[0], 3.0, 3e-3 * scale / std::acos(-1.0));
        expect_theory("v, Cauchy noise", m.v, theory.v[0], 3.0, 3e-3 * scale);
    }
}

/// The closure's own stationary equations, 2 i W W_2 = -D: solved by tests/theory/airy_reference.py; within 1.6 % of the exact r, 0.07 of v (docs/models.md has the table).
TEST(Noise, TwoCumulantKnowsOfGaussianNoise) {
    const double r[] = {0.3446172253, 0.1133725178, 0.4317520461, 0.3546598595}, v[] = {-0.3285656973, -0.7691320676, -0.1641570976, -0.4025095324};
    for (std::size_t i = 0; i < std::size(gaussian); ++i) {
        const Gaussian& g = gaussian[i];
        const Network n = noisy(g.eta, g.strength, g.delta, NoiseLaw::gaussian, g.intensity);
        const RunPlan long_enough = plan(4e-3, 80, 4, 4, true);
        const RunResult closed = mass::run_mass(n, long_enough, {.closure = "two_cumulant"}), plain = mass::run_mass(n, long_enough, {});
        EXPECT_NEAR(closed.populations[0].rate[0], r[i], 1e-8);
        EXPECT_NEAR(closed.populations[0].v[0], v[i], 1e-8);
        EXPECT_TRUE(closed.warnings.empty());
        ASSERT_EQ(plain.warnings.size(), 1u);
        EXPECT_NE(plain.warnings[0].find("two_cumulant"), std::string::npos);
    }
}

TEST(Noise, OfAMassLasts) {
    Network n = noisy(1, 0, 0.5, NoiseLaw::gaussian, 0.5);
    n.stimuli[0].start = 1.0;
    EXPECT_THROW(mass::run_mass(n, plan(4e-3, 1, 1, 1), {}), ConfigurationError);
}

Network leaky(double current, double dt) {
    Network n;
    n.dt = dt;
    Population p;
    p.name = "L";
    p.model = NeuronKind::lif;
    p.size = 4000;
    p.tau = 10.0;
    p.eta.center = current;
    n.populations = {p};
    return n;
}

/// Steps from reset to threshold, and the refractory ones: exact, for every current.
TEST(Leaky, FrequencyOfConstantCurrents) {
    for (const double current : {376.0, 400.0, 550.0, 1200.0}) {
        Network n = leaky(current, 0.1);
        n.populations[0].size = 3;
        n.populations[0].initial = {InitialKind::lorentzian, -70.0, 0.0};
        const double input = current * 10.0 / 250.0;   // mV, threshold 15 mV above rest
        const double time = 10.0 * std::log(input / (input - 15.0));
        const auto period = static_cast<std::int64_t>(std::ceil(time / 0.1) + 20);
        ASSERT_GT(std::abs(time / 0.1 - std::round(time / 0.1)), 1e-3);
        const auto engine = make_cpu_engine(n, {1, ""});
        std::vector<std::int64_t> spikes;
        engine->set_spike_sink([&](std::size_t, std::int64_t step, std::span<const std::uint32_t> ids) {
            if (!ids.empty()) spikes.push_back(step);
        });
        engine->advance(20 * period);
        ASSERT_EQ(spikes.size(), 20u);
        for (std::size_t k = 1; k < spikes.size(); ++k) EXPECT_EQ(spikes[k] - spikes[k - 1], period) << current;
    }
}

/// Siegert's rate, for the threshold that a look once per step makes of it: higher by 0.5826 sigma sqrt(dt/tau) (Broadie, Glasserman, Kou 1997, doi:10.1111/1467-9965.00035).
double siegert(double mu, double sigma, double threshold) {
    const auto f = [](double x) { return std::exp(x * x) * std::erfc(-x); };
    const double from = -mu / sigma, to = (threshold - mu) / sigma;
    double sum = 0.0;
    constexpr int n = 20000;
    for (int k = 0; k < n; ++k) sum += f(from + (k + 0.5) * (to - from) / n);
    return 1.0 / (2.0 + 10.0 * std::sqrt(std::acos(-1.0)) * sum * (to - from) / n);
}

/// 3 s.e. and 0.5 %.
TEST(Leaky, RateWithWhiteNoiseIsSiegerts) {
    EXPECT_NEAR(1000.0 * siegert(14.0, 2.0 * std::sqrt(2.0), 15.0), 27.97072891, 1e-5);
    for (const auto& [current, intensity] : {std::pair{350.0, 2500.0}, std::pair{300.0, 10000.0}}) {
        Network n = leaky(current, 0.02);
        Stimulus s;
        s.name = "noise";
        s.kind = StimulusKind::white_noise;
        s.intensity = intensity;
        n.stimuli = {s};
        const Measured m = measure(n, 100, 400, false);
        const double mu = current * 0.04, sigma = 0.04 * std::sqrt(2.0 * intensity);
        const double theory = siegert(mu, sigma, 15.0 + 0.5826 * sigma * std::sqrt(n.dt / 10.0));
        expect_theory("rate, leaky neurons", m.rate, theory, 3.0, 5e-3 * theory);
    }
}

}  // namespace
}  // namespace spikemass::theory
