#include "kernels/distributions.hpp"

#include "models/base/math.hpp"
#include "models/masses/poles.hpp"

namespace spikemass {

static_assert(most_poles == models::Poles::most);

namespace {

/// The continued fraction f of the incomplete beta function, B_x(a, b) = x^a (1 - x)^b/(a f), x < (a + 1)/(a + b + 2), by Lentz's method.
double beta_fraction(double a, double b, double x) {
    double c = 1.0, d = 1.0 / (1.0 - (a + b) * x / (a + 1.0)), f = d;
    for (int m = 1; m <= 300; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m));
        d = 1.0 / (1.0 + even * d);
        c = 1.0 + even / c;
        f *= c * d;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0));
        d = 1.0 / (1.0 + odd * d);
        c = 1.0 + odd / c;
        const double change = c * d;
        f *= change;
        if (math::abs(change - 1.0) < 1e-16) break;
    }
    return 1.0 / f;
}

/// sum_k (-y)^k/(step k + first), 0 <= y <= 1: Cohen, Rodriguez Villegas, Zagier 2000, algorithm 1; the error of 24 terms is below 1e-18.
double alternating(double y, double step, double first) {
    constexpr int terms = 24;
    double d = 1.0;
    for (int k = 0; k < terms; ++k) d *= 0x1.7504f333f9de6p+2;   // 3 + sqrt(8)
    d = 0.5 * (d + 1.0 / d);
    double b = -1.0, c = -d, sum = 0.0, power = 1.0;
    for (int k = 0; k < terms; ++k) {
        c = b - c;
        sum += c * power / (step * k + first);
        power *= y;
        b *= (k + terms) * (k - static_cast<double>(terms)) / ((k + 0.5) * (k + 1.0));
    }
    return sum / d;
}

double whole_power(double x, int n) {
    double result = 1.0;
    for (; n > 0; n >>= 1, x *= x)
        if (n & 1) result *= x;
    return result;
}

}  // namespace

double q_gaussian_order(double q) {
    const double n = q >= 1.001 ? math::min(1.0 / (q - 1.0), most_q_gaussian_n) : 1.0 / (q - 1.0), whole = math::round(n);
    return whole >= 1.0 && whole <= most_poles && math::abs(q - (1.0 + 1.0 / whole)) <= 1e-6 ? whole : n;
}

StandardLaw::StandardLaw(Distribution distribution, double shape) : distribution_(distribution), n_(shape) {
    if (distribution == Distribution::q_gaussian) {
        split_ = math::sqrt(1.5 / (n_ + 0.5));
        unit_ = models::q_gaussian_scale(n_);
    }
    if (distribution == Distribution::uniform) return;
    const double below = core(split_).value;
    half_ = below + math::exp(log_tail(split_).value);
    core_share_ = 0.5 * below / half_;
}

// q_gaussian, x in units of the pole's distance: both parts are incomplete beta functions of 1/(1 + x^2).
StandardLaw::Part StandardLaw::core(double x) const {
    const double square = x * x;
    if (distribution_ == Distribution::rational) {
        const double y = whole_power(square, static_cast<int>(n_));
        return {x * alternating(y, 2.0 * n_, 1.0), 1.0 / (1.0 + y)};
    }
    const double density = math::exp(-n_ * math::log1p(square));
    return {x * density / beta_fraction(0.5, n_ - 0.5, square / (1.0 + square)), density};
}

StandardLaw::Part StandardLaw::log_tail(double x) const {
    if (distribution_ == Distribution::rational) {
        const double y = whole_power(1.0 / (x * x), static_cast<int>(n_)), sum = alternating(y, 2.0 * n_, 2.0 * n_ - 1.0);
        return {(1.0 - 2.0 * n_) * math::log(x) + math::log(sum), 1.0 / ((1.0 + y) * sum)};
    }
    const double square = x * x, slope = (2.0 * n_ - 1.0) * beta_fraction(n_ - 0.5, 0.5, 1.0 / (1.0 + square));
    return {math::log(x) - n_ * math::log1p(square) - math::log(slope), slope};
}

double StandardLaw::quantile(double from_median, double tail) const {
    const double p = math::abs(from_median);
    if (p == 0.0) return 0.0;
    if (distribution_ == Distribution::uniform) return 2.0 * from_median;
    constexpr double enough = 1e-9;   // the next step would be its square
    double x = 0.0;
    if (p <= core_share_) {
        const double wanted = 2.0 * p * half_;
        x = wanted;                   // the first step from 0, where the density is 1
        for (int k = 0; k < 60; ++k) {
            const Part at = core(x);
            const double step = (wanted - at.value) / at.slope;
            x += step;
            if (math::abs(step) <= enough * x) break;
        }
    } else {
        const double wanted = math::log(2.0 * tail * half_);
        x = split_;
        for (int k = 0; k < 60; ++k) {
            const Part at = log_tail(x);
            const double step = (at.value - wanted) / at.slope;
            x *= math::exp(step);
            if (math::abs(step) <= enough) break;
        }
    }
    return math::with_sign(unit_ * x, from_median);
}

}  // namespace spikemass
