#include "host/learn/samples.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include <fmt/format.h>

namespace spikemass::learn {

namespace {

constexpr double steady_noise = 0.004, least_spread = 0.003;

double size_of(double r, double v) { return std::numbers::pi * std::numbers::pi * r * r + v * v; }

closures::Features<double> features_at(const Point& p, double r, double v) { return closures::features(closures::Complex<double>{std::numbers::pi * r, -v}, p.coupling, p.mean_indegree); }

}  // namespace

std::vector<Sample> visited(const TrainingData& data, Stage stage, std::size_t stride) {
    std::vector<Sample> out;
    if (stage != Stage::steady)
        for (const Segment& s : data.segments)
            for (std::size_t b = 0; b < s.r.size(); b += stride) out.push_back({s.point, s.r[b], s.v[b]});
    if (out.empty())
        for (const SteadyWindow& w : data.steady) out.push_back({w.point, w.r, w.v});
    return out;
}

std::vector<SampleRow> sample_rows(const Form& network, const std::vector<double>& theta, const std::vector<std::vector<double>>& networks, const std::vector<Sample>& places, const std::vector<SteadyWindow>& windows) {
    std::vector<SampleRow> rows;
    for (const Sample& at : places) {
        const double y[4] = {at.r, at.v, 0.0, 0.0};
        double x[14];
        network.features(at.point, y, x);
        Outputs out;
        const auto value = [&](const std::vector<double>& t) {
            network.eval(x, t.data(), out);
            return out.value;
        };
        const auto best = value(theta);
        double spread = 0.0;
        for (const auto& other : networks) {
            const auto there = value(other);
            spread += std::pow(there[0] - best[0], 2) + std::pow(there[1] - best[1], 2);
        }
        spread = networks.size() > 1 ? std::sqrt(spread / 2.0 / static_cast<double>(networks.size() - 1)) : 0.0;
        rows.push_back({features_at(at.point, at.r, at.v), best[0], best[1], std::hypot(std::max(spread, least_spread), 2.0 * size_of(at.r, at.v) * steady_noise / at.point.strength), false});
    }
    for (const SteadyWindow& w : windows) {
        const double pi_r = std::numbers::pi * w.r, a = w.point.strength;
        rows.push_back({features_at(w.point, w.r, w.v), (pi_r * pi_r - w.v * w.v - w.point.eta - w.input - w.point.coupling * w.r) / a, (-w.point.delta - 2.0 * pi_r * w.v) / a, 2.0 * size_of(w.r, w.v) * (steady_noise + w.sem) / a, true});
    }
    return rows;
}

std::string csv_of(const std::vector<SampleRow>& rows) {
    std::string out = "s,c,eps,h,sg,p,q,sigma,measured\n";
    for (const SampleRow& r : rows) out += fmt::format("{:.10g},{:.10g},{:.10g},{:.10g},{:g},{:.10g},{:.10g},{:.6g},{}\n", r.features.s, r.features.c, r.features.eps, r.features.h, r.features.sg, r.p, r.q, r.sigma, static_cast<int>(r.measured));
    return out;
}

Size rms(const std::vector<SampleRow>& rows) {
    double p = 0.0, q = 0.0, n = 0.0;
    for (const SampleRow& r : rows)
        if (!r.measured) p += r.p * r.p, q += r.q * r.q, n += 1.0;
    return {std::sqrt(p / std::max(1.0, n)), std::sqrt(q / std::max(1.0, n))};
}

}  // namespace spikemass::learn
