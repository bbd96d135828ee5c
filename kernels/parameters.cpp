#include "kernels/parameters.hpp"

#include <optional>
#include <string>
#include <utility>

#include "kernels/distributions.hpp"
#include "models/base/error.hpp"
#include "models/base/math.hpp"
#include "models/base/random.hpp"

namespace spikemass {
namespace {

template <int n> double polynomial(const double (&coefficients)[n], double x) {  // highest power last
    double p = coefficients[n - 1];
    for (int k = n - 2; k >= 0; --k) p = math::fma(p, x, coefficients[k]);
    return p;
}

/// Normal quantile from the distance to the median and the smaller tail probability, both exact to rounding.
/// Rational approximations of Wichura 1988, algorithm AS 241 (doi:10.2307/2347330), relative error 1e-16.
double gaussian_quantile_of(double from_median, double tail) {
    static constexpr double a[] = {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
                                   4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3};
    static constexpr double b[] = {1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3,
                                   2.1213794301586595867e4, 3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3};
    static constexpr double c[] = {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
                                   1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static constexpr double d[] = {1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
                                   1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9};
    static constexpr double e[] = {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
                                   2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static constexpr double f[] = {1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
                                   7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15};
    if (math::abs(from_median) <= 0.425) {
        const double r = 0.180625 - from_median * from_median;
        return from_median * polynomial(a, r) / polynomial(b, r);
    }
    const double r = math::sqrt(-math::log(tail));
    const double z = r <= 5.0 ? polynomial(c, r - 1.6) / polynomial(d, r - 1.6) : polynomial(e, r - 5.0) / polynomial(f, r - 5.0);
    return math::with_sign(z, from_median);
}

/// Standard quantiles of a parameter's law.
class Law {
public:
    explicit Law(const Parameter& parameter) : parameter_(parameter) {
        if (parameter.distribution != Distribution::lorentzian && parameter.distribution != Distribution::gaussian) other_.emplace(parameter.distribution, parameter.shape);
    }
    double at(std::int64_t i, std::int64_t n) const {
        const std::int64_t numerator = 2 * i + 1 - n;
        if (parameter_.draw == Draw::compensated_quantiles) return lorentzian_compensated(i, n);
        const std::int64_t denominator = parameter_.draw == Draw::mpr_quantiles ? n + 1 : n;
        if (other_) {
            const double twice = 2.0 * static_cast<double>(denominator);
            return other_->quantile(static_cast<double>(numerator) / twice, static_cast<double>(denominator - (numerator < 0 ? -numerator : numerator)) / twice);
        }
        return parameter_.distribution == Distribution::lorentzian ? lorentzian_quantile(numerator, denominator) : gaussian_quantile(numerator, denominator);
    }
    double at(double u) const {
        if (other_) return other_->quantile(u - 0.5, u < 0.5 ? u : 1.0 - u);
        return parameter_.distribution == Distribution::lorentzian ? -math::cotpi(u) : gaussian_quantile(u);
    }

private:
    const Parameter& parameter_;
    std::optional<StandardLaw> other_;
};

void shuffle(std::vector<double>& values, std::uint64_t seed_init, std::uint64_t population_key) {
    const RandomKey key = random_key(seed_init, population_key, Stream::shuffle);
    for (std::size_t i = values.size(); i-- > 1;) std::swap(values[i], values[mulhi64(key.draw64(i, 0, 0), i + 1)]);
}

void check(const Parameter& parameter, std::int64_t size) {
    if (size < 0) throw ConfigurationError("Drawing a neuron parameter: population size " + std::to_string(size) + " is negative; give a size >= 1.");
    if (!(math::abs(parameter.center) < math::infinity<double>()))
        throw ConfigurationError("Drawing a neuron parameter: the centre is " + std::to_string(parameter.center) + "; give a finite number.");
    if (parameter.distribution == Distribution::constant) return;
    if (!(parameter.width >= 0.0 && parameter.width < math::infinity<double>()))
        throw ConfigurationError("Drawing a neuron parameter: the width (half_width or sd) is " + std::to_string(parameter.width) +
                                 "; it must be finite and >= 0.");
    if (parameter.distribution != Distribution::lorentzian && parameter.draw == Draw::compensated_quantiles)
        throw ConfigurationError("Drawing a neuron parameter: draw = \"compensated_quantiles\" is defined for the lorentzian distribution only; "
                                 "use \"midpoint_quantiles\", \"mpr_quantiles\" or \"random\" with distribution = \"" + std::string(facts_of(parameter.distribution).name) + "\".");
    if (parameter.distribution == Distribution::rational && !is_rational_order(parameter.shape))
        throw ConfigurationError("Drawing a neuron parameter: n = " + std::to_string(parameter.shape) + " of the rational distribution must be a whole number from 1 to " + std::to_string(most_poles) + ".");
    if (parameter.distribution == Distribution::q_gaussian && !(parameter.shape >= 1.0 && parameter.shape <= most_q_gaussian_n))
        throw ConfigurationError("Drawing a neuron parameter: n = 1/(q - 1) = " + std::to_string(parameter.shape) + " of the q_gaussian distribution must be from 1 (q = 2) to 1000 (q = 1.001); "
                                 "below q = 1.001 use a gaussian.");
}

}  // namespace

double lorentzian_quantile(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t magnitude = numerator < 0 ? -numerator : numerator;
    const double twice = 2.0 * static_cast<double>(denominator);
    const double tan = 2 * magnitude <= denominator ? math::tanpi(static_cast<double>(magnitude) / twice)
                                                    : math::cotpi(static_cast<double>(denominator - magnitude) / twice);
    return numerator < 0 ? -tan : tan;
}

double lorentzian_compensated(std::int64_t i, std::int64_t n) {
    const std::int64_t side = 2 * i + 1 - n;
    if (side == 0) return 0.0;
    if (side < 0) return -lorentzian_compensated(n - 1 - i, n);
    // With t = sqrt(tan theta), the integral of sqrt(tan theta) is (A(t) - L(t))/sqrt(2), A = arg(1 - t^2 + i sqrt(2) t),
    // L = artanh(sqrt(2) t/(1 + t^2)).  Differences over the bin [theta1, theta2] by the addition theorems of arg and
    // artanh, t = a/b with a = sqrt(sin theta), b = sqrt(cos theta): no cancellation, no infinity at theta = pi/2.
    const double size = static_cast<double>(n), k1 = static_cast<double>(2 * i - n), k2 = k1 + 2.0, scale = 0.5 / size;
    const double sin1 = math::sinpi(k1 * scale), cos1 = math::sinpi((size - k1) * scale);
    const double sin2 = math::sinpi(k2 * scale), cos2 = math::sinpi((size - k2) * scale);
    const double a1 = math::sqrt(sin1), b1 = math::sqrt(cos1), a2 = math::sqrt(sin2), b2 = math::sqrt(cos2);
    const double root2 = 0x1.6a09e667f3bcdp+0, pi = 0x1.921fb54442d18p+1;
    const double step = root2 * math::sinpi(1.0 / size) / (a2 * b1 + a1 * b2);
    const double product = 2.0 * (a1 * a2) * (b1 * b2);
    const double arg = math::atan2(step * (b1 * b2 + a1 * a2), (cos1 - sin1) * (cos2 - sin2) + product);
    const double w = step * (b1 * b2 - a1 * a2) / ((cos1 + sin1) * (cos2 + sin2) - product);
    const double artanh = 0.5 * math::log1p(2.0 * w / (1.0 - w));
    const double mean = (arg - artanh) * size / (pi * root2);
    return mean * mean;
}

double gaussian_quantile(std::int64_t numerator, std::int64_t denominator) {
    const std::int64_t magnitude = numerator < 0 ? -numerator : numerator;
    const double twice = 2.0 * static_cast<double>(denominator);
    return gaussian_quantile_of(static_cast<double>(numerator) / twice, static_cast<double>(denominator - magnitude) / twice);
}

double gaussian_quantile(double u) { return gaussian_quantile_of(u - 0.5, u < 0.5 ? u : 1.0 - u); }

std::vector<double> draw_parameter(const Parameter& parameter, std::int64_t size, std::uint64_t seed_init, std::uint64_t population_key) {
    check(parameter, size);
    std::vector<double> values(static_cast<std::size_t>(size), parameter.center);
    if (parameter.distribution == Distribution::constant) return values;
    const Law law(parameter);
    if (parameter.draw == Draw::random) {
        const RandomKey key = random_key(seed_init, population_key, Stream::eta);
        for (std::size_t i = 0; i < values.size(); ++i) values[i] = parameter.center + parameter.width * law.at(key.uniform(i, 0, 0));
        return values;
    }
    for (std::int64_t i = 0; i < size; ++i) values[static_cast<std::size_t>(i)] = parameter.center + parameter.width * law.at(i, size);
    shuffle(values, seed_init, population_key);
    return values;
}

std::vector<double> initial_phases(std::int64_t size, std::uint64_t seed_init, std::uint64_t population_key) {
    const RandomKey key = random_key(seed_init, population_key, Stream::initial_phase);
    std::vector<double> phases(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < phases.size(); ++i) phases[i] = key.uniform(i, 0, 0);
    return phases;
}

double initial_v(const InitialState& state, double input, double u) {
    if (state.kind == InitialKind::lorentzian) return state.center - state.half_width * math::cotpi(u);
    return input > 0.0 ? -math::sqrt(input) * math::cotpi(u) : -math::sqrt(math::abs(input));
}

}  // namespace spikemass
