#include "host/analysis/window_samples.hpp"

#include <algorithm>

namespace spikemass::analysis {
namespace {

double mean_square_deviation(std::span<const double> x) {
    const double m = mean(x);
    double sum = 0.0;
    for (double value : x) sum += (value - m) * (value - m);
    return sum / static_cast<double>(x.size());
}

std::vector<double> squared_deviations(std::span<const double> x) {
    const double m = mean(x);
    std::vector<double> result(x.begin(), x.end());
    for (double& value : result) value = (value - m) * (value - m);
    return result;
}

Repetitions by_trials(const Slice& s) {
    Repetitions r{Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(s.rate.size()), column_count), s.rate.size() > 1 ? Method::trials : Method::none, 1.0};
    for (std::size_t t = 0; t < s.rate.size(); ++t) {
        const auto row = static_cast<Eigen::Index>(t);
        r.samples(row, rate) = mean(s.rate[t]);
        r.samples(row, rate_variance) = mean_square_deviation(s.rate[t]);
        if (!s.has_v()) continue;
        r.samples(row, potential) = mean(s.v[t]);
        r.samples(row, potential_variance) = mean_square_deviation(s.v[t]);
    }
    return r;
}

Repetitions by_blocks(const Slice& s) {
    Blocks blocks = choose_blocks(s.rate[0]);
    if (s.has_v()) {
        const Blocks other = choose_blocks(s.v[0]);
        if (other.inefficiency > blocks.inefficiency) blocks = other;
    }
    Repetitions r{Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(blocks.count), column_count), Method::blocks,
                  1.0 / (1.0 - std::min(0.5, blocks.inefficiency / (2.0 * blocks.length)))};
    const auto fill = [&](Column column, std::span<const double> x) {
        const auto averages = block_averages(x, blocks.count);
        for (std::size_t b = 0; b < averages.size(); ++b) r.samples(static_cast<Eigen::Index>(b), column) = averages[b];
    };
    fill(rate, s.rate[0]);
    fill(rate_variance, squared_deviations(s.rate[0]));
    if (s.has_v()) {
        fill(potential, s.v[0]);
        fill(potential_variance, squared_deviations(s.v[0]));
    }
    return r;
}

}  // namespace

Repetitions repetitions(const Slice& s, bool deterministic) {
    return s.rate.size() > 1 || deterministic ? by_trials(s) : by_blocks(s);
}

void set_coupling(Repetitions& r, const Slice& s, const CouplingFacts& c) {
    for (Eigen::Index row = 0; row < r.samples.rows(); ++row) {
        const std::size_t trial = s.trials[r.method == Method::trials ? static_cast<std::size_t>(row) : 0];
        const bool known = trial < c.realised_indegree.size() && c.indegree > 0.0;
        r.samples(row, coupling) = known ? c.strength * c.realised_indegree[trial] / c.indegree : c.strength;
    }
}

std::vector<Repetitions> with_reference(Repetitions network, const Slice& slice, const Slice& reference) {
    const Repetitions other = repetitions(reference, false);
    if (network.method != Method::trials || slice.trials != reference.trials) return {std::move(network), other};
    Eigen::MatrixXd both(network.samples.rows(), 2 * column_count);
    both << network.samples, other.samples;
    network.samples = both;
    return {std::move(network)};
}

}  // namespace spikemass::analysis
