#include "host/input/synapse_facts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "models/base/arithmetic.hpp"
#include "models/base/error.hpp"
#include "models/base/random.hpp"

namespace spikemass::input {

namespace {

std::uint64_t pair_of(std::uint32_t source, std::uint32_t target) { return static_cast<std::uint64_t>(source) << 32 | target; }

/// Synapses of one source: its hash is taken once.
std::uint64_t hash_run(std::uint64_t source, const std::uint32_t* target, const double* weight, std::size_t n) {
    const std::uint64_t row = mix64(source);
    std::uint64_t hash = 0;
    if (weight) {
#pragma omp simd reduction(+ : hash)
        for (std::size_t i = 0; i < n; ++i) hash += mix64(mix64(row + target[i]) + math::bits(weight[i] + 0.0));   // -0 and 0 are one weight
    } else {
#pragma omp simd reduction(+ : hash)
        for (std::size_t i = 0; i < n; ++i) hash += mix64(row + target[i]);
    }
    return hash;
}
std::uint64_t hash_any(const std::uint32_t* source, const std::uint32_t* target, const double* weight, std::size_t n) {
    std::uint64_t hash = 0;
    if (weight) {
#pragma omp simd reduction(+ : hash)
        for (std::size_t i = 0; i < n; ++i) hash += mix64(mix64(mix64(source[i]) + target[i]) + math::bits(weight[i] + 0.0));
    } else {
#pragma omp simd reduction(+ : hash)
        for (std::size_t i = 0; i < n; ++i) hash += mix64(mix64(source[i]) + target[i]);
    }
    return hash;
}

}  // namespace

SynapseFacts::SynapseFacts(SynapseSource& out, std::int64_t n_targets, std::string weights) : out_(out), weights_(std::move(weights)) {
    out_.indegree.assign(static_cast<std::size_t>(n_targets), 0);
    if (!weights_.empty()) absolute_sum_.assign(static_cast<std::size_t>(n_targets), 0.0);
    out_.largest_weight = weights_.empty() ? 1.0 : 0.0;
}

void SynapseFacts::add(const SynapseBlock& block) {
    const std::size_t n = block.source.size();
    if (n == 0) return;
    const std::uint32_t *source = block.source.data(), *target = block.target.data();
    const double* weight = block.weight.empty() ? nullptr : block.weight.data();
    if (weight) weigh(block);
    order(block);
    for (std::size_t i = 0; i < n; ++i) ++out_.indegree[target[i]];
    constexpr std::size_t long_run = 32;   // from here on it pays to look for the end of a run
    if (ascending_ && source[n - 1] - source[0] < n / long_run) {
        for (std::size_t i = 0; i < n;) {
            const auto end = static_cast<std::size_t>(std::upper_bound(source + i, source + n, source[i]) - source);
            out_.checksum += hash_run(source[i], target + i, weight ? weight + i : nullptr, end - i);
            i = end;
        }
    } else {
        out_.checksum += hash_any(source, target, weight, n);
    }
    out_.synapses += n;
}

void SynapseFacts::order(const SynapseBlock& block) {
    const std::uint32_t *s = block.source.data(), *t = block.target.data();
    const std::size_t n = block.source.size();
    const std::uint64_t first = pair_of(s[0], t[0]);
    unsigned falls = first < last_, repeats = first == last_ && out_.synapses > 0;
#pragma omp simd reduction(| : falls, repeats)
    for (std::size_t i = 1; i < n; ++i) {
        const unsigned same = s[i] == s[i - 1];
        falls |= static_cast<unsigned>(s[i] < s[i - 1]) | (same & static_cast<unsigned>(t[i] < t[i - 1]));
        repeats |= same & static_cast<unsigned>(t[i] == t[i - 1]);
    }
    ascending_ &= !falls;
    repeats_ |= repeats != 0;
    last_ = pair_of(s[n - 1], t[n - 1]);
}

void SynapseFacts::weigh(const SynapseBlock& block) {
    const double* w = block.weight.data();
    const std::size_t n = block.weight.size();
    if (out_.synapses == 0) first_weight_ = w[0] + 0.0;
    const double first = first_weight_;
    double largest = out_.largest_weight;
    unsigned odd = 0, differ = 0;
#pragma omp simd reduction(max : largest) reduction(| : odd, differ)
    for (std::size_t i = 0; i < n; ++i) {
        const double size = std::abs(w[i]);
        odd |= !(size < std::numeric_limits<double>::infinity());
        differ |= w[i] != first;
        largest = std::max(largest, size);
    }
    if (odd)
        for (std::size_t i = 0; i < n; ++i)
            if (!std::isfinite(w[i]))
                throw ConfigurationError(fmt::format("{}: element {} is not a finite number. Every synapse needs a weight; leave out those that do not exist.", weights_, out_.synapses + i));
    out_.largest_weight = largest;
    out_.weighted |= differ != 0;
    double sum = sum_, squares = squares_;
    for (std::size_t i = 0; i < n; ++i) {
        const double d = w[i] - first;
        sum += d;
        squares += d * d;
        absolute_sum_[block.target[i]] += std::abs(w[i]);
    }
    sum_ = sum;
    squares_ = squares;
}

void SynapseFacts::finish() {
    const auto n = static_cast<double>(out_.synapses), targets = static_cast<double>(out_.indegree.size());
    double square = 0.0;
    for (std::uint32_t k : out_.indegree) square += static_cast<double>(k) * k;
    out_.indegree_variance = square / targets - (n / targets) * (n / targets);
    out_.sorted = ascending_;
    if (weights_.empty()) return;
    out_.mean_weight = first_weight_ + sum_ / n;
    out_.weight_sd = std::sqrt(std::max(0.0, squares_ / n - (sum_ / n) * (sum_ / n)));
    out_.weighted &= out_.weight_sd > 0.0;
    out_.sorted &= !out_.weighted || !repeats_;   // weights of one pair have an order, too
    for (double x : absolute_sum_) out_.largest_sum = std::max(out_.largest_sum, x);
}

}  // namespace spikemass::input
