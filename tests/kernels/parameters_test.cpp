#include "kernels/parameters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "models/base/error.hpp"
#include "models/base/math.hpp"
#include "models/base/random.hpp"

namespace spikemass {
namespace {

using Sizes = std::vector<std::int64_t>;

const long double pi = std::acos(-1.0L);
constexpr std::uint64_t seed = 0x5eed, key = name_key("E");

Parameter parameter(Distribution distribution, Draw draw, double center = 0.0, double width = 1.0) { return {distribution, center, width, draw}; }
std::vector<double> draw(const Parameter& p, std::int64_t size) { return draw_parameter(p, size, seed, key); }
std::vector<double> sorted(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values;
}

/// tan(pi/2 numerator/denominator) without loss at the poles.
long double lorentzian(std::int64_t numerator, std::int64_t denominator) {
    const long double a = std::abs(numerator), n = denominator;
    const long double t = 2 * a <= n ? std::tan(pi / 2 * (a / n)) : 1 / std::tan(pi / 2 * ((n - a) / n));
    return numerator < 0 ? -t : t;
}

TEST(LorentzianQuantiles, AccurateInTheFarTails) {
    for (const std::int64_t n : Sizes{1, 2, 3, 10, 10'001, 1'000'000, 100'000'000})
        for (const std::int64_t i : Sizes{0, 1, 2, 7, n / 4, n / 3, n / 2 - 1, n / 2, n / 2 + 1, 2 * n / 3, n - 2, n - 1}) {
            if (i < 0 || i >= n) continue;
            for (const std::int64_t denominator : {n, n + 1}) {
                const long double exact = lorentzian(2 * i + 1 - n, denominator);
                EXPECT_LE(std::fabs(lorentzian_quantile(2 * i + 1 - n, denominator) - exact), 4e-16L * std::fabs(exact)) << i << " of " << n;
            }
        }
}

/// Integral of exp(-x^2/2)/sqrt(2 pi) from z to infinity, z >= 0.
long double normal_tail(long double z) { return 0.5L * std::erfc(z / std::sqrt(2.0L)); }

TEST(GaussianQuantiles, InvertTheNormalDistribution) {
    const auto check = [](double z, long double tail) {   // one Newton step of the exact inverse is the error of z
        const long double density = std::exp(-static_cast<long double>(z) * z / 2) / std::sqrt(2 * pi);
        const long double error = (normal_tail(z) - tail) / density;
        EXPECT_LE(std::fabs(error), 1e-15L * std::fabs(static_cast<long double>(z))) << "tail " << static_cast<double>(tail);
    };
    for (const std::int64_t n : Sizes{3, 10, 9'999, 100'000'000})
        for (const std::int64_t i : Sizes{n - 1, n - 2, n - 3, 99 * n / 100, 9 * n / 10, 3 * n / 4, 2 * n / 3, n / 2 + 1}) {
            const std::int64_t numerator = 2 * i + 1 - n;
            if (i >= n || numerator <= 0) continue;
            check(gaussian_quantile(numerator, n), (static_cast<long double>(n) - numerator) / (2 * static_cast<long double>(n)));
            check(gaussian_quantile(numerator, n + 1), (static_cast<long double>(n) + 1 - numerator) / (2 * (static_cast<long double>(n) + 1)));
        }
    for (int k = 1; k < 54; ++k) check(-gaussian_quantile(std::ldexp(1.0, -k - 1)), std::ldexp(1.0L, -k - 1));
    EXPECT_EQ(gaussian_quantile(0.5), 0.0);
    EXPECT_EQ(gaussian_quantile(0.25), -gaussian_quantile(0.75));
}

/// Mean of sqrt(tan(pi s)) over s in [k1, k1 + 2]/(2 n) by tanh-sinh quadrature; distances to the ends stay exact.
long double mean_root(std::int64_t k1, std::int64_t n) {
    const long double width = 1.0L / n, to_pole = (static_cast<long double>(n) - k1 - 2) / (2.0L * n), from_zero = static_cast<long double>(k1) / (2 * n);
    long double sum = 0;
    const long double h = 1.0L / 32;
    for (int j = -160; j <= 160; ++j) {
        const long double t = j * h, u = pi / 2 * std::sinh(t), weight = pi / 2 * std::cosh(t) / std::pow(std::cosh(u), 2.0L) / 2;
        const long double left = width / (1 + std::exp(-2 * u)), right = width / (1 + std::exp(2 * u));     // distances to the ends
        const long double s = from_zero + left, to_half = to_pole + right;
        const long double value = s < 0.25L ? std::tan(pi * s) : 1 / std::tan(pi * to_half);
        if (weight > 0) sum += weight * std::sqrt(value);
    }
    return sum * h;
}

TEST(CompensatedQuantiles, AreBinMeansOfTheRoot) {
    for (const std::int64_t n : Sizes{2, 3, 4, 5, 10, 101, 10'000, 1'000'000, 100'000'000})
        for (const std::int64_t i : Sizes{n - 1, n - 2, n - 3, 3 * n / 4, 2 * n / 3, n / 2 + 2, n / 2 + 1, n / 2}) {
            if (i >= n || 2 * i + 1 <= n) continue;
            const long double root = mean_root(2 * i - n, n);
            const double offset = lorentzian_compensated(i, n);
            EXPECT_LE(std::fabs(offset - root * root), 2e-15L * (1 + root * root)) << i << " of " << n;
            EXPECT_EQ(lorentzian_compensated(n - 1 - i, n), -offset);
        }
    EXPECT_EQ(lorentzian_compensated(0, 1), 0.0);
    EXPECT_EQ(lorentzian_compensated(5, 11), 0.0);
    EXPECT_NEAR(lorentzian_compensated(1, 2), 2.0, 4e-15);                                     // the mean of sqrt(tan) is sqrt(2)
    EXPECT_NEAR(lorentzian_compensated(9999, 10000) / (4 * 10000 / static_cast<double>(pi)), 1.0, 1e-7);   // 4 N/pi
}

TEST(DrawParameter, IsCenterPlusWidthTimesTheStandardQuantiles) {
    for (const std::int64_t n : Sizes{1, 2, 3, 7, 1000}) {
        std::map<Draw, std::vector<double>> expected;
        for (std::int64_t i = 0; i < n; ++i) {
            expected[Draw::midpoint_quantiles].push_back(-5.0 + 0.3 * lorentzian_quantile(2 * i + 1 - n, n));
            expected[Draw::mpr_quantiles].push_back(-5.0 + 0.3 * lorentzian_quantile(2 * i + 1 - n, n + 1));
            expected[Draw::compensated_quantiles].push_back(-5.0 + 0.3 * lorentzian_compensated(i, n));
        }
        for (const auto& [kind, values] : expected) EXPECT_EQ(sorted(draw(parameter(Distribution::lorentzian, kind, -5.0, 0.3), n)), values);
        for (const bool mpr : {false, true}) {
            std::vector<double> gaussian;
            for (std::int64_t i = 0; i < n; ++i) gaussian.push_back(2.0 + 0.5 * gaussian_quantile(2 * i + 1 - n, mpr ? n + 1 : n));
            EXPECT_EQ(sorted(draw(parameter(Distribution::gaussian, mpr ? Draw::mpr_quantiles : Draw::midpoint_quantiles, 2.0, 0.5), n)), gaussian);
        }
    }
    EXPECT_EQ(draw({Distribution::constant, 1.25, 0.0, Draw::random}, 3), (std::vector<double>{1.25, 1.25, 1.25}));
    EXPECT_TRUE(draw(parameter(Distribution::lorentzian, Draw::midpoint_quantiles), 0).empty());
}

TEST(DrawParameter, QuantilesAreSymmetricAndKnown) {
    for (const Draw kind : {Draw::midpoint_quantiles, Draw::mpr_quantiles, Draw::compensated_quantiles})
        for (const Distribution distribution : {Distribution::lorentzian, Distribution::gaussian}) {
            if (kind == Draw::compensated_quantiles && distribution == Distribution::gaussian) continue;
            for (const std::int64_t n : Sizes{1, 2, 9, 64}) {
                const auto values = sorted(draw(parameter(distribution, kind), n));
                for (std::int64_t i = 0; i < n; ++i) EXPECT_EQ(values[i], -values[n - 1 - i]);
                if (n % 2) { EXPECT_EQ(values[n / 2], 0.0); }
                EXPECT_TRUE(std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end());
            }
        }
    EXPECT_EQ(sorted(draw(parameter(Distribution::lorentzian, Draw::midpoint_quantiles), 2)), (std::vector<double>{-1.0, 1.0}));
    EXPECT_EQ(sorted(draw(parameter(Distribution::lorentzian, Draw::mpr_quantiles), 3)), (std::vector<double>{-1.0, 0.0, 1.0}));
}

// A uniform permutation: positions of a marked value are uniform over seeds, and neighbours are not kept together.
TEST(DrawParameter, ShuffleIsUniform) {
    constexpr int n = 8, trials = 16'000;
    const auto ordered = sorted(draw(parameter(Distribution::lorentzian, Draw::midpoint_quantiles), n));
    int at[n][n] = {};
    for (int trial = 0; trial < trials; ++trial) {
        const auto values = draw_parameter(parameter(Distribution::lorentzian, Draw::midpoint_quantiles), n, trial_seed(1, SeedPurpose::init, trial), key);
        for (int i = 0; i < n; ++i) ++at[std::lower_bound(ordered.begin(), ordered.end(), values[i]) - ordered.begin()][i];
    }
    double chi2 = 0;
    for (const auto& row : at)
        for (int count : row) chi2 += std::pow(count - trials / n, 2) * n / trials;
    EXPECT_LT(chi2, 85.4);   // 49 degrees of freedom: a fair shuffle exceeds 85.35 once in 1000
    EXPECT_GT(chi2, 23.9);   // and is below 23.98 once in 1000
}

TEST(DrawParameter, RandomDrawsFollowTheDistribution) {
    constexpr std::int64_t n = 100'000;
    for (const Distribution distribution : {Distribution::lorentzian, Distribution::gaussian}) {
        const auto values = sorted(draw(parameter(distribution, Draw::random, 1.0, 2.0), n));
        double distance = 0;   // Kolmogorov and Smirnov
        for (std::int64_t i = 0; i < n; ++i) {
            const double z = (values[i] - 1.0) / 2.0;
            const double u = distribution == Distribution::lorentzian ? 0.5 + std::atan(z) / static_cast<double>(pi) : 0.5 * std::erfc(-z / std::sqrt(2.0));
            distance = std::max({distance, std::fabs(u - static_cast<double>(i) / n), std::fabs(u - static_cast<double>(i + 1) / n)});
        }
        EXPECT_LT(distance * std::sqrt(static_cast<double>(n)), 1.95);   // exceeded once in 1000
    }
}

TEST(DrawParameter, DependsOnSeedAndPopulationOnly) {
    for (const Draw kind : {Draw::midpoint_quantiles, Draw::random}) {
        const Parameter p = parameter(Distribution::lorentzian, kind);
        EXPECT_EQ(draw_parameter(p, 100, seed, key), draw_parameter(p, 100, seed, key));
        EXPECT_NE(draw_parameter(p, 100, seed, key), draw_parameter(p, 100, seed + 1, key));
        EXPECT_NE(draw_parameter(p, 100, seed, key), draw_parameter(p, 100, seed, name_key("I")));
    }
    const auto few = draw(parameter(Distribution::gaussian, Draw::random), 10), many = draw(parameter(Distribution::gaussian, Draw::random), 1000);
    EXPECT_TRUE(std::equal(few.begin(), few.end(), many.begin()));   // a neuron's draw does not depend on the size
}

TEST(DrawParameter, RefusesWhatIsNotDefined) {
    EXPECT_THROW(draw(parameter(Distribution::gaussian, Draw::compensated_quantiles), 10), ConfigurationError);
    EXPECT_THROW(draw(parameter(Distribution::lorentzian, Draw::random, 0.0, -1.0), 10), ConfigurationError);
    EXPECT_THROW(draw(parameter(Distribution::lorentzian, Draw::random, std::nan(""), 1.0), 10), ConfigurationError);
    EXPECT_THROW(draw(parameter(Distribution::lorentzian, Draw::random, 0.0, INFINITY), 10), ConfigurationError);
    EXPECT_THROW(draw(parameter(Distribution::lorentzian, Draw::random), -1), ConfigurationError);
    try {
        draw(parameter(Distribution::gaussian, Draw::compensated_quantiles), 10);
    } catch (const ConfigurationError& error) {
        EXPECT_NE(std::string(error.what()).find("lorentzian distribution only"), std::string::npos);
    }
}

// Theory: uncoupled QIF neurons fire at sqrt(eta)/pi; for a Lorentzian with centre 1 and half width 1 the mean rate is
// Re sqrt(1 + i)/pi.  The midpoint rule misses part of the upper tail sqrt(width/(pi (1 - u))): zeta(1/2, 1/2) h^(1/2) with
// h = 1/N, that is (sqrt(2) - 1) zeta(1/2) pi^(-3/2) (width/N)^(1/2) = -0.0010863 at N = 1e4.  Compensated quantiles do not.  What remains is the
// kink of the rate at eta = 0: at most (2/pi)^(1/2) |zeta(-1/2)| = 0.166 N^(-3/2).
TEST(DrawParameter, CompensatedQuantilesRemoveTheFiniteSizeBiasOfTheRate) {
    constexpr double exact = 0.349722015110;
    const auto rate = [](Draw kind, std::int64_t n) {
        long double sum = 0;
        for (double eta : draw(parameter(Distribution::lorentzian, kind, 1.0, 1.0), n)) sum += eta > 0 ? std::sqrt(static_cast<long double>(eta)) : 0;
        return static_cast<double>(sum / (pi * n));
    };
    const double missed = (std::sqrt(2.0) - 1.0) * -1.4603545088095868 / std::pow(static_cast<double>(pi), 1.5);
    for (const std::int64_t n : {1'000, 10'000, 1'000'000}) {
        const double size = static_cast<double>(n);
        EXPECT_NEAR((rate(Draw::midpoint_quantiles, n) - exact) * std::sqrt(size), missed, 0.2 / size) << n;
        EXPECT_NEAR(rate(Draw::compensated_quantiles, n), exact, 0.2 / size / std::sqrt(size)) << n;
    }
}

TEST(InitialState, PhasesAreUniform) {
    constexpr std::int64_t n = 100'000;
    auto phases = sorted(initial_phases(n, seed, key));
    EXPECT_GT(phases.front(), 0.0);
    EXPECT_LT(phases.back(), 1.0);
    double distance = 0;
    for (std::int64_t i = 0; i < n; ++i) distance = std::max(distance, std::fabs(phases[i] - (i + 0.5) / n) + 0.5 / n);
    EXPECT_LT(distance * std::sqrt(static_cast<double>(n)), 1.95);
    EXPECT_NE(initial_phases(10, seed, key), initial_phases(10, seed, name_key("I")));
}

TEST(InitialState, VoltagesFollowTheOscillation) {
    for (const InitialKind kind : {InitialKind::asynchronous, InitialKind::fixed_point}) {
        const InitialState state{kind, 7.0, 3.0, 0.0, Branch::low};
        EXPECT_EQ(initial_v(state, 4.0, 0.25), -2.0);
        EXPECT_EQ(initial_v(state, 4.0, 0.5), 0.0);
        EXPECT_EQ(initial_v(state, 4.0, 0.75), 2.0);
        EXPECT_EQ(initial_v(state, -9.0, 0.3), -3.0);
        EXPECT_EQ(initial_v(state, 0.0, 0.3), 0.0);
        for (const double u : {0x1p-54, 1e-9, 0.1, 0.4999, 0.9, 1 - 0x1p-53}) {
            const long double p = u, cot = u < 0.25 ? 1 / std::tan(pi * p) : u > 0.75 ? -1 / std::tan(pi * (1 - p)) : std::tan(pi * (0.5L - p));
            const long double v = initial_v(state, 2.0, u), exact = -std::sqrt(2.0L) * cot;
            EXPECT_LE(std::fabs(v - exact), 5e-16L * std::fabs(exact)) << u;
        }
    }
    const InitialState state{InitialKind::lorentzian, 7.0, 3.0, 0.0, Branch::low};
    EXPECT_EQ(initial_v(state, -100.0, 0.5), 7.0);
    EXPECT_EQ(initial_v(state, -100.0, 0.75), 10.0);
    EXPECT_EQ(initial_v(state, -100.0, 0.25), 4.0);
}

std::uint64_t hash_of(const std::vector<double>& values) {
    std::uint64_t hash = 0;
    for (std::size_t i = 0; i < values.size(); ++i) hash += mix64(mix64(i) ^ math::bits(values[i]));
    return hash;
}

// Every machine must draw these bits: they feed every spike.
TEST(DrawParameter, CommittedHashes) {
    constexpr std::int64_t n = 100'003;
    const auto lorentzian_of = [&](Draw kind) { return hash_of(draw(parameter(Distribution::lorentzian, kind, -5.0, 1.25), n)); };
    const auto gaussian_of = [&](Draw kind) { return hash_of(draw(parameter(Distribution::gaussian, kind, 0.5, 1.25), n)); };
    EXPECT_EQ(lorentzian_of(Draw::midpoint_quantiles), 0x4e6c76c462b466cfu);
    EXPECT_EQ(lorentzian_of(Draw::compensated_quantiles), 0x9a4c7d26335a227bu);
    EXPECT_EQ(lorentzian_of(Draw::mpr_quantiles), 0x697bcf88afa60eb7u);
    EXPECT_EQ(lorentzian_of(Draw::random), 0x17eef031f82b3339u);
    EXPECT_EQ(gaussian_of(Draw::midpoint_quantiles), 0x21440343c96d7ee6u);
    EXPECT_EQ(gaussian_of(Draw::mpr_quantiles), 0x51a2b0ee5cad2990u);
    EXPECT_EQ(gaussian_of(Draw::random), 0xa7e1b77d6f5bd8b8u);
    const auto other_of = [&](Distribution law, double shape, Draw kind) {
        Parameter p = parameter(law, kind, 0.5, 1.25);
        p.shape = shape;
        return hash_of(draw(p, n));
    };
    EXPECT_EQ(other_of(Distribution::q_gaussian, 2.0, Draw::midpoint_quantiles), 0xfd4f370b2098560fu);
    EXPECT_EQ(other_of(Distribution::q_gaussian, 4.6, Draw::random), 0xbf4ddb876c8cc5aeu);
    EXPECT_EQ(other_of(Distribution::rational, 3.0, Draw::midpoint_quantiles), 0x62a02c778c303f38u);
    EXPECT_EQ(other_of(Distribution::rational, 32.0, Draw::random), 0x7b46bc8a4ad6d11du);
    EXPECT_EQ(other_of(Distribution::uniform, 1.0, Draw::midpoint_quantiles), 0x55a7d66042c51206u);
    EXPECT_EQ(other_of(Distribution::uniform, 1.0, Draw::random), 0xf935f96ae959e1ccu);
    const auto phases = initial_phases(n, seed, key), inputs = draw(parameter(Distribution::gaussian, Draw::random, 0.5, 1.25), n);
    EXPECT_EQ(hash_of(phases), 0xaf71d57cb29c4862u);
    std::vector<double> v(n), w(n);
    for (std::int64_t i = 0; i < n; ++i) v[i] = initial_v({}, inputs[i], phases[i]), w[i] = initial_v({InitialKind::lorentzian, 0.5, 2.0, 0.0, Branch::low}, 0.0, phases[i]);
    EXPECT_EQ(hash_of(v), 0x1723231b1504f983u);
    EXPECT_EQ(hash_of(w), 0xd9337cb0570f3157u);
}

}  // namespace
}  // namespace spikemass
