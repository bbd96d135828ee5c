#include "host/fit/recording.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "models/base/error.hpp"

namespace spikemass::fit {

namespace {

/// Standard deviation of white noise on something smooth: second differences have 6 times its variance.
double noise_of_differences(const std::vector<double>& x) {
    if (x.size() < 3) return 0.0;
    std::vector<double> square;
    for (std::size_t b = 1; b + 1 < x.size(); ++b) square.push_back(std::pow(x[b - 1] - 2.0 * x[b] + x[b + 1], 2) / 6.0);
    double sum = 0.0;
    for (const double s : square) sum += s;
    return std::sqrt(sum / static_cast<double>(square.size()));
}

}  // namespace

void summarise(Recording& recording) {
    const auto bins = static_cast<std::size_t>(recording.configuration.plan.bins), populations = recording.configuration.network.populations.size();
    const auto refuse = [&](const std::string& why) { throw ConfigurationError(recording.name + ": " + why); };
    if (recording.trials.empty()) refuse("none of its trials is ok, so there is nothing to fit. `spikemass status` says why they failed; fit other points, or run them again.");
    recording.series.clear();
    recording.has_v = true;
    for (std::size_t p = 0; p < populations; ++p)
        for (const bool is_v : {false, true}) {
            Series s{p, is_v, std::vector<double>(bins, 0.0)};
            const auto values = [&](const Trial& t) -> const std::vector<double>& { return (is_v ? t.v : t.rate).at(p); };
            if (is_v && std::any_of(recording.trials.begin(), recording.trials.end(), [&](const Trial& t) { return t.v.size() <= p || t.v[p].empty(); })) {
                recording.has_v = false;
                continue;
            }
            const auto n = static_cast<double>(recording.trials.size());
            for (std::size_t t = 0; t < recording.trials.size(); ++t) {
                const std::vector<double>& x = values(recording.trials[t]);
                const std::string& population = recording.configuration.network.populations[p].name;
                if (x.size() != bins) refuse(fmt::format("trial {} has {} bins of population \"{}\", and its network file says {}. A fit needs bins of equal width over the whole recording: `spikemass validate` checks the dataset.", t, x.size(), population, bins));
                for (std::size_t b = 0; b < bins; ++b) {
                    if (!std::isfinite(x[b])) refuse(fmt::format("{} of population \"{}\" is not a number in bin {} of trial {}, which is marked ok. The dataset is damaged or was changed: `spikemass validate` says more; run the point again.", is_v ? "v" : "the rate", population, b, t));
                    s.mean[b] += x[b] / n;
                }
            }
            double spread = 0.0, square = 0.0;
            for (const Trial& t : recording.trials)
                for (std::size_t b = 0; b < bins; ++b) spread += std::pow(values(t)[b] - s.mean[b], 2);
            for (const double x : s.mean) square += x * x;
            s.scale = std::sqrt(square / static_cast<double>(bins));
            s.noise = n > 1.0 ? std::sqrt(spread / ((n - 1.0) * n * static_cast<double>(bins))) : noise_of_differences(s.mean);
            const double sigma = std::hypot(s.noise, 1e-4 * s.scale);
            s.weight = sigma > 0.0 ? 1.0 / sigma : 1.0;
            recording.series.push_back(std::move(s));
        }
}

}  // namespace spikemass::fit
