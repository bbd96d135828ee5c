#include "host/live/block_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/analysis/statistics.hpp"

namespace spikemass {

BlockStatistics::BlockStatistics(std::size_t trials, std::size_t bins)
    : trials_(trials), bins_(bins), blocks_(std::clamp<std::size_t>(bins, 1, most_blocks)), sums_(trials * blocks_, 0.0), have_(trials, 0) {}

void BlockStatistics::add(std::size_t trial, std::span<const double> values) {
    std::size_t& have = have_.at(trial);
    std::size_t block = 0;
    for (const double x : values) {
        while (have >= end_of(block)) ++block;
        sums_[trial * blocks_ + block] += x;
        ++have;
    }
}

void BlockStatistics::forget(std::size_t trial) {
    have_.at(trial) = 0;
    std::fill_n(sums_.begin() + static_cast<std::ptrdiff_t>(trial * blocks_), blocks_, 0.0);
}

BlockStatistics::Result BlockStatistics::result() const {
    Result r{std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::quiet_NaN(), 0, 0};
    double sum = 0;
    std::vector<double> means;
    for (std::size_t t = 0; t < trials_; ++t) {
        r.values += have_[t];
        r.trials += have_[t] == bins_ ? 1 : 0;
        for (std::size_t k = 0; k < blocks_; ++k) {
            sum += sums_[t * blocks_ + k];
            if (have_[t] >= end_of(k)) means.push_back(sums_[t * blocks_ + k] / static_cast<double>(end_of(k) - (k > 0 ? end_of(k - 1) : 0)));
        }
    }
    if (r.values > 0) r.mean = sum / static_cast<double>(r.values);
    if (means.size() > 1) r.standard_error = std::sqrt(analysis::variance(means) / static_cast<double>(means.size()));
    return r;
}

}  // namespace spikemass
