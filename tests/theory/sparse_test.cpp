// Sparse networks against all-to-all networks of the same neurons: what annealed and quenched graphs add to the exact mass.

#include "tests/theory/sparse_shift.hpp"

namespace spikemass::theory {
namespace {

using Complex = std::complex<double>;
constexpr double pi = std::numbers::pi;

/// Shot noise of annealed synapses, W_2 at given W, beyond the white Gaussian noise i D/(2W) of `two_cumulant`, D = J^2 r/(2K):
/// pulses of the width h of a step have the autocovariance 2D (1 - t/h)/h on [0, h), which makes it (i D/(2W)) F(2iWh),
/// F(s) = 2 (e^s - 1 - s)/s^2; and jumps of finite size J/K add W_3/W, where 2 W W_3 = -K r (J/K)^3/6 - W_2^2 (third pseudo-cumulant,
/// the fourth neglected).
Complex shot_noise(double strength, double k, Complex w, double h, bool third) {
    const double r = w.real() / pi;
    const Complex s = Complex(0.0, 2.0 * h) * w, white = Complex(0.0, 0.25 * strength * strength * r / k) / w;
    const Complex second = h > 0.0 ? white * 2.0 * (std::exp(s) - 1.0 - s) / (s * s) : white;
    if (!third) return second;
    return second + (-k * r * std::pow(strength / k, 3) / 6.0 - second * second) / (2.0 * w * w);
}

/// Fixed point W^2 = eta + J r + i Delta + W_2(W) with Delta = 1, by iteration (a contraction in the high state).
template <class F>
Complex fixed_point(double eta, double strength, F&& w2) {
    Complex w(pi, 0.2);
    for (int i = 0; i < 400; ++i) w = std::sqrt(Complex(eta + strength * w.real() / pi, 1.0) + w2(w));
    return w;
}

/// K = 100 in the high state of (-5, 15).  Against shot noise with the step's width and the third cumulant: chance alone.  Against
/// `two_cumulant`: chance plus what those two terms are worth (at dt = 0.02 half of dr: printed, not tested).  s.e. about 1.5e-4 in r and
/// in v, the effects are +3e-3 and -2.7e-2.
void expect_annealed(double dt, double duration) {
    constexpr int trials = 16;
    constexpr double eta = -5, strength = 15, k = 100;
    const Network network = sparse(10000, eta, strength, dt, TopologyKind::annealed, k);
    const Shift shift = measure_shift(network, trials, 15, duration);
    const Complex exact = fixed_point(eta, strength, [](Complex) { return Complex(); });
    const Complex noisy = fixed_point(eta, strength, [&](Complex w) { return shot_noise(strength, k, w, dt, true); });
    const mass::FixedPoint gaussian = mass::fixed_points(network, {"two_cumulant", true}).back();
    const double dr = (noisy - exact).real() / pi, dv = -(noisy - exact).imag();
    const double dr_gaussian = gaussian.r[0] - exact.real() / pi, dv_gaussian = gaussian.v[0] + exact.imag();
    const double errors = allowed_errors(trials, 6);
    std::printf("annealed, K = 100, dt = %g\n", dt);
    expect_theory("dr, shot noise", shift.dr, dr, errors);
    expect_theory("dv, shot noise", shift.dv, dv, errors);
    std::printf("  two_cumulant: dr = %.6f (%+.1f s.e.), dv = %.6f (%+.1f s.e.)\n", dr_gaussian, (shift.dr.value - dr_gaussian) / shift.dr.standard_error,
                dv_gaussian, (shift.dv.value - dv_gaussian) / shift.dv.standard_error);
    if (dt <= 2e-3) {
        expect_theory("dr, two_cumulant", shift.dr, dr_gaussian, errors, std::abs(dr - dr_gaussian));
        expect_theory("dv, two_cumulant", shift.dv, dv_gaussian, errors, std::abs(dv - dv_gaussian));
    }
    // Power: quenched graphs shift r by +0.024 and v by -0.069; without noise both are 0.
    EXPECT_LT(errors * shift.dr.standard_error, 0.5 * dr_gaussian);
    EXPECT_LT(errors * shift.dv.standard_error, 0.1 * -dv_gaussian);
}

TEST(Annealed, ShotNoiseOfFineSteps) { expect_annealed(2e-3, 20); }
TEST(Annealed, ShotNoiseOfCoarseSteps) { expect_annealed(0.02, 60); }

TEST(FixedIndegree, SecondCumulantAt300) { expect_fixed_indegree(300, {32, 64, 32}); }

/// Spread of the in-degrees lowers r where temporal fluctuations raise it: the effect on r is about half of fixed_indegree's (theory 0.62).
TEST(ErdosRenyi, AboutHalfTheEffectOfFixedIndegree) {
    constexpr int graphs = 32;
    constexpr double dt = 0.01, k = 100;
    Network network = sparse(10000, -5, 15, dt, TopologyKind::fixed_indegree, k);
    const auto theory = [](const Network& n) {
        return mass::fixed_points(n, {"resonant_static", true}).back().r[0] - mass::fixed_points(n, {"none", true}).back().r[0];
    };
    const Shift fixed = measure_shift(network, graphs, 20, 40);
    const double fixed_theory = theory(network);
    network.projections[0].topology.kind = TopologyKind::erdos_renyi;
    network.projections[0].normalise = Normalise::realised_mean_indegree;   // the realised mean alone would move r by 0.003 per graph
    const Shift random = measure_shift(network, graphs, 20, 40);
    const double random_theory = theory(network);
    const double ratio = random.dr.value / fixed.dr.value;
    analysis::Estimate estimate = random.dr;
    estimate.value = ratio;
    estimate.standard_error = ratio * std::hypot(random.dr.standard_error / random.dr.value, fixed.dr.standard_error / fixed.dr.value);
    std::printf("K = 100: dr fixed_indegree %.5f (s.e. %.1g, theory %.5f), erdos_renyi %.5f (s.e. %.1g, theory %.5f)\n", fixed.dr.value, fixed.dr.standard_error,
                fixed_theory, random.dr.value, random.dr.standard_error, random_theory);
    const double errors = allowed_errors(graphs, 2);
    expect_theory("ratio of the effects on r", estimate, random_theory / fixed_theory, errors, 0.15 * random_theory / fixed_theory);
    EXPECT_LT(ratio + errors * estimate.standard_error, 0.85);   // certainly smaller
    EXPECT_GT(ratio - errors * estimate.standard_error, 0.30);
}

}  // namespace
}  // namespace spikemass::theory
