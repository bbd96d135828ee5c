// Statistics of spike trains whose law is known.  Time is discrete, and the theory is that of discrete time: no error of order dt is allowed for.

#include <cmath>
#include <random>

#include "host/simulation.hpp"
#include "host/spike_statistics.hpp"
#include "tests/theory/confidence.hpp"

namespace spikemass::theory {
namespace {

constexpr int trials = 12;
constexpr std::int64_t neurons = 157, steps = 200'000, bin = 10, window = 1000;

/// fire(random, ids) says who fires in the next step; the result of every trial.
template <class Make>
std::vector<SpikeStatistics> trials_of(Make make, std::int64_t steps_per_window = window) {
    std::vector<SpikeStatistics> out(trials);
    for_each_trial(trials, [&](int t) {
        std::mt19937_64 random(static_cast<std::uint64_t>(1000 + t));
        std::vector<std::uint32_t> all(neurons);
        for (std::uint32_t i = 0; i < neurons; ++i) all[i] = i;
        SpikeTrainStatistics s(neurons, steps, bin, steps_per_window, all);
        auto fire = make(random);
        std::vector<std::uint32_t> ids;
        for (std::int64_t k = 0; k < steps; ++k) {
            ids.clear();
            fire(k, ids);
            s.add(ids);
        }
        out[static_cast<std::size_t>(t)] = s.result();
    });
    return out;
}

analysis::Estimate mean_of(const std::vector<SpikeStatistics>& all, double SpikeStatistics::*member) {
    std::vector<double> x;
    for (const SpikeStatistics& s : all) x.push_back(s.*member);
    return analysis::mean_over_trials(x);
}

double squared_mean_of(const std::vector<SpikeStatistics>& all, double SpikeStatistics::*member) {
    double sum = 0;
    for (const SpikeStatistics& s : all) sum += s.*member * (s.*member);
    return sum / static_cast<double>(all.size());
}

/// Neurons that fire with probability `own` in every step, and a common source that fires with probability `common` and takes each neuron along with probability `share`.
auto bernoulli(double own, double common = 0.0, double share = 0.0) {
    return [=](std::mt19937_64& random) {
        return [=, &random](std::int64_t, std::vector<std::uint32_t>& ids) {
            std::uniform_real_distribution<double> u;
            const bool source = common > 0.0 && u(random) < common;
            for (std::uint32_t i = 0; i < neurons; ++i) {
                const bool self = u(random) < own;
                if (self || (source && u(random) < share)) ids.push_back(i);
            }
        };
    };
}

TEST(SpikeTrainTheory, Poisson) {
    constexpr double p = 0.02, q = 1 - p, intervals = p * steps;
    const auto s = trials_of(bernoulli(p));
    const double errors = allowed_errors(trials, 7);
    // sd/mean of m geometric intervals is biased by about -1/m; E[(S - 2)/S] over the sum S of two of them.
    expect_theory("CV", mean_of(s, &SpikeStatistics::isi_cv), std::sqrt(q), errors, 2 / intervals);
    expect_theory("local variation", mean_of(s, &SpikeStatistics::isi_lv), 1 - 2 * p * p / (q * q) * (q * q / p + std::log(p) + q), errors);
    expect_theory("Fano factor", mean_of(s, &SpikeStatistics::fano_factor), q, errors, 1e-4);   // a ratio: its bias is 1/(spikes of a neuron)
    expect_theory("variance of counts", mean_of(s, &SpikeStatistics::count_variance), window * p * q, errors);
    expect_theory("correlation", mean_of(s, &SpikeStatistics::count_correlation), 0.0, errors);
    expect_theory("covariance", mean_of(s, &SpikeStatistics::count_covariance), 0.0, errors);
    expect_theory("chi^2 N", {squared_mean_of(s, &SpikeStatistics::synchrony) * neurons, mean_of(s, &SpikeStatistics::synchrony).standard_error * 2 * std::sqrt(neurons), 0, 0, trials}, 1.0, errors);
}

TEST(SpikeTrainTheory, StandardErrorsAreTheSpreadBetweenTrials) {
    const auto s = trials_of(bernoulli(0.02));
    for (const auto& [value, error] : {std::pair{&SpikeStatistics::count_correlation, &SpikeStatistics::count_correlation_se}, {&SpikeStatistics::count_covariance, &SpikeStatistics::count_covariance_se}}) {
        double squares = 0;   // of value / error: chi-square with `trials` degrees of freedom, since the true value is 0
        for (const SpikeStatistics& t : s) squares += (t.*value / (t.*error)) * (t.*value / (t.*error));
        std::printf("  chi-square %.3g of %d trials\n", squares, trials);
        EXPECT_GT(squares, analysis::chi_square_quantile(false_alarm / 4, trials));
        EXPECT_LT(squares, analysis::chi_square_quantile(1 - false_alarm / 4, trials));
    }
}

TEST(SpikeTrainTheory, GammaProcess) {
    constexpr int order = 4;
    constexpr double p = 0.05, cv = 0.48733971724044817 /* sqrt((1 - p)/4) */, interval = order / p, per_window = 8000 / interval;
    const auto make = [](std::mt19937_64& random) {
        // Each neuron fires at every 4th success of a coin; its place in the cycle at time zero is uniform: a stationary process.
        std::vector<int> stage(neurons);
        for (int& x : stage) x = std::uniform_int_distribution<int>(0, order - 1)(random);
        return [stage, &random](std::int64_t, std::vector<std::uint32_t>& ids) mutable {
            std::uniform_real_distribution<double> u;
            for (std::uint32_t i = 0; i < neurons; ++i)
                if (u(random) < p && ++stage[i] == order) {
                    stage[i] = 0;
                    ids.push_back(i);
                }
        };
    };
    const auto s = trials_of(make, 8000);
    const double errors = allowed_errors(trials, 3);
    expect_theory("CV", mean_of(s, &SpikeStatistics::isi_cv), cv, errors, cv * 2 * interval / steps);
    // Var N(T) = T cv^2/mu + (1 - 1/k^2)/6 + ... for a stationary renewal process of gamma intervals (Cox 1962, section 4.5); the discrete clock changes the second term by O(p).
    expect_theory("Fano factor", mean_of(s, &SpikeStatistics::fano_factor), cv * cv + (1 - 1.0 / (order * order)) / 6 / per_window, errors, p / per_window);
    expect_theory("correlation", mean_of(s, &SpikeStatistics::count_correlation), 0.0, errors);
}

TEST(SpikeTrainTheory, CommonSource) {
    constexpr double own = 0.01, common = 0.02, share = 0.4;
    const double silent = (1 - own) * (1 - common * share), p = 1 - silent;
    const double both_silent = (1 - own) * (1 - own) * (1 - common + common * (1 - share) * (1 - share)), covariance = both_silent - silent * silent, rho = covariance / (p * silent);
    const auto s = trials_of(bernoulli(own, common, share));
    const double errors = allowed_errors(trials, 4);
    expect_theory("correlation", mean_of(s, &SpikeStatistics::count_correlation), rho, errors, rho / (2.0 * steps / window));   // bias of Pearson's coefficient: -rho/(2W)
    expect_theory("covariance", mean_of(s, &SpikeStatistics::count_covariance), window * covariance, errors);
    expect_theory("Fano factor", mean_of(s, &SpikeStatistics::fano_factor), silent, errors, 1e-4);
    const double chi2 = 1.0 / neurons + (1 - 1.0 / neurons) * rho;
    expect_theory("chi", mean_of(s, &SpikeStatistics::synchrony), std::sqrt(chi2), errors, std::sqrt(chi2) / (steps / bin));
}

RunPlan plan(double dt, double warmup, double duration) {
    RunPlan p;
    p.warmup_steps = std::llround(warmup / dt);
    p.steps_per_bin = std::llround(0.1 / dt);
    p.bins = std::llround(duration / 0.1);
    p.record.statistics = true;
    p.statistics_window = std::llround(10.0 / dt);
    p.statistics_sample = 300;
    return p;
}

/// Without input QIF neurons are clocks, and a spike time is known to one step: sd <= dt/2.
TEST(SpikeTrainTheory, UncoupledNeuronsAreRegular) {
    Network n;
    n.dt = 0.01;
    n.populations.push_back({"E", NeuronKind::qif, 403, {Distribution::gaussian, 4.0, 0.3, Draw::midpoint_quantiles}, 1.0, {}});
    const SpikeStatistics s = run_spiking(n, plan(n.dt, 1.0, 100.0), {}).statistics.front();
    const double shortest = M_PI / std::sqrt(4.0 + 4 * 0.3);
    std::printf("  CV %.2g, LV %.2g, Fano factor %.2g, chi %.2g\n", s.isi_cv, s.isi_lv, s.fano_factor, s.synchrony);
    EXPECT_EQ(s.isi_neurons, 403);
    EXPECT_LT(s.isi_cv, n.dt / 2 / shortest);
    EXPECT_LT(s.isi_lv, 3 * std::pow(n.dt / shortest / 2, 2));   // intervals differ by one step at most
    EXPECT_LT(s.fano_factor, 0.25 / (10 / (M_PI / 2)) * 1.2);    // counts differ by one: variance <= 1/4, over the mean count
}

/// Sparse inhibition balances a strong constant drive (van Vreeswijk & Sompolinsky 1996): what is left are fluctuations, and neurons fire irregularly, each for itself.
/// Irregular is CV of order 1 (0.7 to 1.3); each for itself is a correlation below a hundredth and chi near 1/sqrt(N).
TEST(SpikeTrainTheory, BalancedNetworkIsIrregularAndAsynchronous) {
    Network n;
    n.dt = 2e-3;
    n.populations.push_back({"I", NeuronKind::qif, 2003, {Distribution::constant, 40.0, 0.0, Draw::midpoint_quantiles}, 1.0, {}});
    Projection p;
    p.name = "II";
    p.topology = {TopologyKind::erdos_renyi, 50.0, 0.0, false};
    p.strength = -40.0;
    p.normalise = Normalise::sqrt_mean_indegree;
    n.projections.push_back(p);
    n.seeds = {1, 2, 3};
    const SpikeStatistics s = run_spiking(n, plan(n.dt, 20.0, 300.0), {}).statistics.front();
    std::printf("  CV %.3g (sd %.2g), LV %.3g, Fano factor %.3g, correlation %.2g, chi %.3g\n", s.isi_cv, s.isi_cv_sd, s.isi_lv, s.fano_factor, s.count_correlation, s.synchrony);
    EXPECT_GT(s.isi_neurons, 1500);
    EXPECT_GT(s.isi_cv, 0.7);
    EXPECT_LT(s.isi_cv, 1.3);
    EXPECT_LT(std::abs(s.count_correlation), 0.01);
    EXPECT_LT(s.synchrony, 3 / std::sqrt(2003.0));
}

}  // namespace
}  // namespace spikemass::theory
