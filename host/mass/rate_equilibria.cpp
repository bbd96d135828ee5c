#include "host/mass/rate_equilibria.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "host/mass/afferents.hpp"

namespace spikemass::mass {

namespace {

constexpr double pi = std::numbers::pi;

struct Gain {
    double rate, slope, by_width;   ///< Phi and its derivatives by the input and by Delta
};

Gain gain(double input, double delta) {
    const double modulus = std::sqrt(input * input + delta * delta);
    if (modulus == 0.0) return {0.0, 0.0, 0.0};
    double re, im;   // of sqrt(I + i Delta), whose derivatives are 1/(2 W) and i/(2 W)
    if (input >= 0.0) {
        re = std::sqrt(0.5 * (modulus + input));
        im = 0.5 * delta / re;
    } else {
        im = std::sqrt(0.5 * (modulus - input));
        re = 0.5 * delta / im;
    }
    return {re / pi, 0.5 * re / (modulus * pi), 0.5 * im / (modulus * pi)};
}

Gain gain(const RateLaw& law, double input, double delta) {
    if (law.plain()) return gain(input, delta);
    models::Complex<double> w{}, slope{};
    if (law.uniform > 0.0) {
        w = models::uniform_asynchronous(law.uniform, input, delta);
        slope = models::uniform_slope(law.uniform, input, delta);
    } else {
        std::array<models::Complex<double>, models::Poles::most> each;
        models::pole_asynchronous(law.poles, input, delta, each.data());
        for (int k = 0; k < law.poles.size; ++k) w = w + models::times(law.poles.weight[k], each[k]);
        slope = models::pole_slope(law.poles, each.data());
    }
    return {std::max(0.0, w.re / pi), slope.re / pi, -slope.im / pi};   // far below threshold rounding may leave it below 0
}

/// Root of f between lo and hi, f(lo) and f(hi) of different sign, to the last bit.
template <class F>
double bisect(F f, double lo, double hi) {
    const bool low_negative = f(lo) < 0.0;
    while (true) {
        const double middle = 0.5 * (lo + hi);
        if (middle == lo || middle == hi) return middle;
        ((f(middle) < 0.0) == low_negative ? lo : hi) = middle;
    }
}

/// Solves a x = b in place (x in b) by elimination with column pivots; false when singular.
bool solve(std::vector<double>& a, std::vector<double>& b, std::size_t n) {
    for (std::size_t c = 0; c < n; ++c) {
        std::size_t pivot = c;
        for (std::size_t r = c + 1; r < n; ++r)
            if (std::abs(a[r * n + c]) > std::abs(a[pivot * n + c])) pivot = r;
        if (!(std::abs(a[pivot * n + c]) > 1e-300)) return false;
        const std::size_t columns = b.size() / n;
        for (std::size_t k = 0; k < n; ++k) std::swap(a[pivot * n + k], a[c * n + k]);
        for (std::size_t k = 0; k < columns; ++k) std::swap(b[pivot * columns + k], b[c * columns + k]);
        for (std::size_t r = 0; r < n; ++r) {
            if (r == c) continue;
            const double factor = a[r * n + c] / a[c * n + c];
            for (std::size_t k = c; k < n; ++k) a[r * n + k] -= factor * a[c * n + k];
            for (std::size_t k = 0; k < columns; ++k) b[r * columns + k] -= factor * b[c * columns + k];
        }
    }
    const std::size_t columns = b.size() / n;
    for (std::size_t r = 0; r < n; ++r)
        for (std::size_t k = 0; k < columns; ++k) b[r * columns + k] /= a[r * n + r];
    return true;
}

/// delta = 0: rho = 0 where eta <= 0, and the positive roots of pi^2 rho^2 - J rho - eta.
std::vector<double> homogeneous_roots(double eta, double coupling) {
    std::vector<double> roots;
    if (eta <= 0.0) roots.push_back(0.0);
    const double discriminant = coupling * coupling + 4.0 * pi * pi * eta;
    if (discriminant < 0.0) return roots;
    for (const double sign : {-1.0, 1.0}) {
        const double rho = (coupling + sign * std::sqrt(discriminant)) / (2.0 * pi * pi);
        if (rho > 0.0 && (roots.empty() || rho > roots.back())) roots.push_back(rho);
    }
    return roots;
}

/// One population: eta(rho) - eta is monotonic between the folds, so each piece holds at most one root.
std::vector<double> one_population_roots(double eta, double coupling, double delta) {
    if (delta == 0.0) return homogeneous_roots(eta, coupling);
    const auto f = [&](double rho) { return eta_of_rate(rho, coupling, delta) - eta; };
    const Folds folds = saddle_nodes(coupling, delta);
    double low = folds.exist ? folds.rho_low : 1.0, high = folds.exist ? folds.rho_high : 1.0;
    while (f(low) >= 0.0) low *= 0.5;
    while (f(high) <= 0.0) high *= 2.0;
    std::vector<double> edges{low};
    if (folds.exist && low < folds.rho_low) edges.push_back(folds.rho_low);
    if (folds.exist) edges.push_back(folds.rho_high);
    if (high > edges.back()) edges.push_back(high);
    std::vector<double> roots;
    for (std::size_t i = 0; i + 1 < edges.size(); ++i)
        if ((f(edges[i]) < 0.0) != (f(edges[i + 1]) < 0.0)) roots.push_back(bisect(f, edges[i], edges[i + 1]));
    return roots;
}

/// One population whose width grows with its rate: eta(rho) - eta need not be monotonic between folds, so its sign is looked at on a grid.
std::vector<double> spread_roots(double eta, double coupling, double delta, double spread) {
    std::vector<double> roots;
    if (delta == 0.0 && eta <= 0.0) roots.push_back(0.0);
    const auto f = [&](double rho) { return eta_of_rate(rho, coupling, delta + spread * rho) - eta; };
    double high = 1.0;
    while (f(high) <= 0.0) high *= 2.0;
    for (double low = 1e-9; low < high; low *= 1.01)
        if ((f(low) < 0.0) != (f(1.01 * low) < 0.0)) roots.push_back(bisect(f, low, 1.01 * low));
    return roots;
}

/// One population of any law: sign changes of rho - Phi on a grid.
std::vector<double> law_roots(const RateSystem& system) {
    const double spread = system.spread.empty() ? 0.0 : system.spread[0];
    const auto f = [&](double rho) { return rho - gain(system.law[0], system.eta[0] + system.coupling[0] * rho, system.delta[0] + spread * rho).rate; };
    std::vector<double> roots;
    constexpr double lowest = 1e-9;
    if (f(lowest) >= 0.0) roots.push_back(f(0.0) < 0.0 ? bisect(f, 0.0, lowest) : 0.0);
    double high = 1.0;
    while (f(high) <= 0.0) high *= 2.0;
    for (double low = lowest; low < high; low *= 1.01)
        if ((f(low) < 0.0) != (f(1.01 * low) < 0.0)) roots.push_back(bisect(f, low, 1.01 * low));
    return roots;
}

/// Newton's method for all populations from one start; false when it does not converge to rho >= 0.
bool newton(const RateSystem& system, std::vector<double>& rho) {
    const std::size_t n = system.size();
    std::vector<double> jacobian(n * n), step(n), trial(n);
    const auto evaluate = [&](const std::vector<double>& x, bool with_jacobian) {
        double worst = 0.0;
        for (std::size_t a = 0; a < n; ++a) {
            double input = system.eta[a];
            for (std::size_t b = 0; b < n; ++b) input += system.coupling[a * n + b] * x[b];
            const Gain g = gain(system.law[a], input, system.width(a, x));
            const double residual = x[a] - g.rate;
            worst = std::max(worst, std::abs(residual));
            if (!with_jacobian) continue;
            step[a] = residual;
            for (std::size_t b = 0; b < n; ++b) jacobian[a * n + b] = (a == b ? 1.0 : 0.0) - g.slope * system.coupling[a * n + b] - (system.spread.empty() ? 0.0 : g.by_width * system.spread[a * n + b]);
        }
        return worst;
    };
    for (int iteration = 0; iteration < 100; ++iteration) {
        const double residual = evaluate(rho, true);
        if (!solve(jacobian, step, n)) return false;
        double fraction = 1.0, reached = residual;
        for (int halving = 0; halving < 30; ++halving, fraction *= 0.5) {
            for (std::size_t a = 0; a < n; ++a) trial[a] = rho[a] - fraction * step[a];
            reached = evaluate(trial, false);
            if (reached < residual) break;
        }
        if (!(reached < residual)) break;   // as close as rounding allows, or stuck
        rho = trial;
    }
    double scale = 1.0;
    for (const double r : rho) {
        if (!(r >= 0.0)) return false;
        scale = std::max(scale, r);
    }
    return evaluate(rho, false) < 1e-13 * scale;
}

void keep_new(std::vector<std::vector<double>>& found, const std::vector<double>& rho) {
    for (const auto& other : found) {
        double distance = 0.0, scale = 1e-12;
        for (std::size_t a = 0; a < rho.size(); ++a) {
            distance = std::max(distance, std::abs(rho[a] - other[a]));
            scale = std::max(scale, std::max(rho[a], other[a]));
        }
        if (distance < 1e-7 * scale) return;
    }
    found.push_back(rho);
}

}  // namespace

RateSystem rate_system(const Network& network, double input) {
    const std::size_t n = network.populations.size();
    RateSystem system{std::vector<double>(n), std::vector<double>(n), std::vector<double>(n * n, 0.0), std::vector<double>(n * n, 0.0)};
    for (std::size_t a = 0; a < n; ++a) {
        system.eta[a] = network.populations[a].eta.center + input;
        system.delta[a] = half_width(network, a);
        system.law[a].poles = poles_of(network.populations[a]);
        if (const Parameter& eta = network.populations[a].eta; eta.distribution == Distribution::uniform) system.law[a].uniform = eta.width;
    }
    for (const Projection& p : network.projections) {
        system.coupling[p.target * n + p.source] +=
            effective_coupling(p) * network.populations[p.target].tau / network.populations[p.source].tau;
        system.spread[p.target * n + p.source] +=
            p.strength_half_width * coupling_factor(p) * network.populations[p.target].tau / network.populations[p.source].tau;
    }
    return system;
}

double eta_of_rate(double rho, double coupling, double delta) {
    const double pi_rho = pi * rho, v = 0.5 * delta / pi_rho;
    return pi_rho * pi_rho - v * v - coupling * rho;
}

Folds saddle_nodes(double coupling, double delta) {
    if (!(delta > 0.0)) return {};
    // The slope 2 pi^2 rho + delta^2/(2 pi^2 rho^3) - J is convex with its minimum at the cusp's rate.
    const auto slope = [&](double rho) { return 2.0 * pi * pi * rho + delta * delta / (2.0 * pi * pi * rho * rho * rho) - coupling; };
    const double cusp = std::sqrt(std::sqrt(0.75 * delta * delta)) / pi;
    if (slope(cusp) >= 0.0) return {};
    double low = cusp, high = cusp;
    while (slope(low) < 0.0) low *= 0.5;
    while (slope(high) < 0.0) high *= 2.0;
    return {true, bisect(slope, low, cusp), bisect(slope, cusp, high)};
}

std::vector<std::vector<double>> rate_equilibria(const RateSystem& system) {
    const std::size_t n = system.size();
    std::vector<std::vector<double>> found;
    if (n == 1) {
        const bool spread = !system.spread.empty() && system.spread[0] > 0.0;
        for (const double rho : !system.law[0].plain() ? law_roots(system)
                                : spread ? spread_roots(system.eta[0], system.coupling[0], system.delta[0], system.spread[0])
                                         : one_population_roots(system.eta[0], system.coupling[0], system.delta[0]))
            found.push_back({rho});
        return found;
    }
    // Starts: a grid of levels, as fine as 4096 points allow, in units of the largest rate scale.
    double scale = 1.0;
    for (std::size_t a = 0; a < n; ++a) {
        double reach = std::sqrt(std::abs(system.eta[a]) + system.delta[a] + system.law[a].uniform + system.law[a].poles.reach()) / pi;
        for (std::size_t b = 0; b < n; ++b) reach = std::max(reach, std::abs(system.coupling[a * n + b]) / (pi * pi));
        scale = std::max(scale, reach);
    }
    const double levels[] = {0.02, 1.0, 0.3, 0.1, 2.0, 0.5, 0.05, 0.0};
    std::size_t used = 8;
    const auto points = [&](std::size_t count) {
        std::size_t total = 1;
        for (std::size_t a = 0; a < n && total <= 4096; ++a) total *= count;
        return total;
    };
    while (used > 2 && points(used) > 4096) --used;
    const std::size_t starts = std::min<std::size_t>(points(used), 4096);
    for (std::size_t start = 0; start < starts; ++start) {
        std::vector<double> rho(n);
        std::size_t digits = start;
        for (std::size_t a = 0; a < n; ++a, digits /= used) rho[a] = scale * levels[digits % used];
        if (newton(system, rho)) keep_new(found, rho);
    }
    const auto total = [](const std::vector<double>& rho) {
        double sum = 0.0;
        for (const double r : rho) sum += r;
        return sum;
    };
    std::stable_sort(found.begin(), found.end(), [&](const auto& x, const auto& y) { return total(x) < total(y); });
    return found;
}

bool is_stable(const Network& network, const std::vector<double>& rho) {
    const std::size_t populations = network.populations.size();
    const RateSystem system = rate_system(network);
    const auto input_of = [&](std::size_t i) {
        double input = system.eta[i];
        for (std::size_t b = 0; b < populations; ++b) input += system.coupling[i * populations + b] * rho[b];
        return input;
    };
    const bool finite = std::all_of(system.law.begin(), system.law.end(), [](const RateLaw& law) { return law.uniform == 0.0; });
    std::size_t n = 0;
    std::vector<std::size_t> first(populations);   // of (rho, v), or of (rho_0, v_0, rho_1, ...) of the poles
    for (std::size_t i = 0; i < populations; ++i) {
        first[i] = n;
        n += finite ? 2 * static_cast<std::size_t>(std::max(1, system.law[i].poles.size)) : 1;
    }
    std::vector<std::size_t> synapse(network.projections.size());
    for (std::size_t p = 0; p < network.projections.size() && finite; ++p)
        if (const auto [tau, rise] = synapse_times(network.projections[p].synapse); tau > 0.0) {   // s, and x before it
            synapse[p] = n;
            n += rise > 0.0 ? 2 : 1;
        }

    std::vector<double> a(n * n, 0.0);
    const auto at = [&](std::size_t row, std::size_t column) -> double& { return a[row * n + column]; };
    for (std::size_t i = 0; i < populations && !finite; ++i) {
        const Gain g = gain(system.law[i], input_of(i), system.width(i, rho));
        for (std::size_t b = 0; b < populations; ++b) at(i, b) = g.slope * system.coupling[i * populations + b] + g.by_width * system.spread[i * populations + b] - (i == b ? 1.0 : 0.0);
    }
    for (std::size_t i = 0; i < populations && finite; ++i) {
        const double per_tau = 1.0 / network.populations[i].tau;
        const models::Poles& poles = system.law[i].poles;
        const double width = system.width(i, rho);
        std::array<models::Complex<double>, models::Poles::most> w;   // of the poles, W = pi rho - i v
        std::size_t size = 1;
        bool chain = false;
        if (poles.size > 0) {
            models::pole_asynchronous(poles, input_of(i), width, w.data());
            size = static_cast<std::size_t>(poles.size);
            chain = poles.chain;
        } else {
            double v = 0.0;
            if (width > 0.0) {
                v = -0.5 * width / (pi * rho[i]);
            } else if (rho[i] == 0.0) {
                v = -std::sqrt(std::max(0.0, -input_of(i)));
            }
            w[0] = {pi * rho[i], -v};
        }
        // d w_k' = 2 i sum_j w_(k-j) d w_j along a chain, 2 i w_k d w_k of simple poles.
        for (std::size_t k = 0; k < size; ++k)
            for (std::size_t j = chain ? 0 : k; j <= k; ++j) {
                const models::Complex<double>& of = w[chain ? k - j : k];
                const std::size_t row = first[i] + 2 * k, column = first[i] + 2 * j;
                at(row, column) = at(row + 1, column + 1) = -2.0 * of.im * per_tau;
                at(row, column + 1) = 2.0 * of.re / pi * per_tau;
                at(row + 1, column) = -2.0 * pi * of.re * per_tau;
            }
    }
    // Whatever `column` stands for times by_input is a current into all neurons of a population, times by_width a half width of it.
    const auto act = [&](std::size_t target, std::size_t column, double by_input, double by_width) {
        const models::Poles& poles = system.law[target].poles;
        const std::size_t driven = poles.size == 0 || poles.chain ? 1 : static_cast<std::size_t>(poles.size);
        for (std::size_t k = 0; k < driven; ++k) {
            at(first[target] + 2 * k + 1, column) += by_input;
            at(first[target] + 2 * k, column) += by_width;
        }
    };
    // The rate of a population is a sum over its columns.
    const auto for_each_part = [&](std::size_t source, auto&& f) {
        const models::Poles& poles = system.law[source].poles;
        if (poles.size == 0) f(first[source], 1.0);
        for (std::size_t k = 0; k < static_cast<std::size_t>(poles.size); ++k) {
            f(first[source] + 2 * k, poles.weight[k].re);
            f(first[source] + 2 * k + 1, poles.weight[k].im / pi);
        }
    };
    for (std::size_t p = 0; p < network.projections.size() && finite; ++p) {
        const Projection& projection = network.projections[p];
        const double j = effective_coupling(projection), by_width = projection.strength_half_width * coupling_factor(projection) / pi, per_tau = 1.0 / network.populations[projection.source].tau;
        if (const auto [tau, rise] = synapse_times(projection.synapse); tau > 0.0) {
            const std::size_t s = synapse[p], x = s + 1;
            act(projection.target, s, j, by_width);
            at(s, s) = -1.0 / tau;
            if (rise > 0.0) {
                at(s, x) = 1.0 / tau;
                at(x, x) = -1.0 / rise;
            }
            for_each_part(projection.source, [&, tau = tau, rise = rise](std::size_t column, double weight) { at(rise > 0.0 ? x : s, column) += weight * per_tau / (rise > 0.0 ? rise : tau); });
        } else {
            for_each_part(projection.source, [&](std::size_t column, double weight) { act(projection.target, column, weight * j * per_tau, weight * by_width * per_tau); });
        }
    }
    // Stable iff the Cayley transform (1 - hA)^-1 (1 + hA) has its spectrum inside the unit circle: its powers vanish.
    double norm = 0.0;
    for (std::size_t r = 0; r < n; ++r) {
        double row = 0.0;
        for (std::size_t c = 0; c < n; ++c) row += std::abs(at(r, c));
        norm = std::max(norm, row);
    }
    if (norm == 0.0) return false;
    std::vector<double> left(n * n), power(n * n), square(n * n);
    for (std::size_t k = 0; k < n * n; ++k) {
        const double one = k % (n + 1) == 0 ? 1.0 : 0.0;
        left[k] = one - a[k] / norm;
        power[k] = one + a[k] / norm;
    }
    if (!solve(left, power, n)) return false;
    for (int doubling = 0; doubling < 40; ++doubling) {
        double size = 0.0;
        for (const double x : power) size = std::max(size, std::abs(x));
        if (!(size < 1e100)) return false;
        if (size * static_cast<double>(n) < 0.5) return true;
        for (std::size_t r = 0; r < n; ++r)
            for (std::size_t c = 0; c < n; ++c) {
                double sum = 0.0;
                for (std::size_t k = 0; k < n; ++k) sum += power[r * n + k] * power[k * n + c];
                square[r * n + c] = sum;
            }
        std::swap(power, square);
    }
    // Neither: 2^40 steps without decay or growth.  Damping by poles near the real axis falls exponentially with their number and may be lost in rounding.
    return std::any_of(system.law.begin(), system.law.end(), [](const RateLaw& law) { return law.poles.size > 0; });
}

}  // namespace spikemass::mass
