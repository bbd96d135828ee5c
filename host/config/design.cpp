#include "host/config/design.hpp"

#include <algorithm>
#include <boost/random/sobol.hpp>
#include <cmath>
#include <numeric>
#include <random>

#include "models/base/math.hpp"

namespace spikemass::config {
namespace {

/// Standard libraries differ in their distributions, not in this engine.
using Random = std::mt19937_64;

double in_unit(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1p-53; }

std::vector<double> latin(std::size_t n, Random& random) {
    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[std::min(i - 1, static_cast<std::size_t>(in_unit(random()) * static_cast<double>(i)))]);
    std::vector<double> u(n);
    for (std::size_t i = 0; i < n; ++i) u[i] = (static_cast<double>(order[i]) + in_unit(random())) / static_cast<double>(n);
    return u;
}

}  // namespace

std::vector<std::vector<double>> unit_points(const std::string& kind, std::size_t n, std::size_t axes, std::uint64_t seed) {
    Random random(seed);
    std::vector<std::vector<double>> u(axes, std::vector<double>(n));
    if (kind == "latin_hypercube") {
        for (auto& axis : u) axis = latin(n, random);
    } else if (axes > 0) {
        std::vector<std::uint64_t> shift(axes, 0);
        if (seed != 0) std::generate(shift.begin(), shift.end(), std::ref(random));
        boost::random::sobol sequence(axes);   // begins after the origin
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t a = 0; a < axes; ++a) u[a][i] = in_unit((i == 0 ? 0 : sequence()) ^ shift[a]);
    }
    return u;
}

double scaled(double u, double low, double high, bool logarithmic, bool whole) {
    const double end = whole ? high + 1.0 : high;
    const double x = logarithmic ? math::exp(math::log(low) + u * (math::log(end) - math::log(low))) : low + u * (end - low);
    return std::clamp(whole ? std::floor(x) : x, low, high);
}

}  // namespace spikemass::config
