#include "host/analysis/windows.hpp"

#include <algorithm>
#include <cmath>

namespace spikemass::analysis {
namespace {

/// A maximal stretch of equal input and how it began.
struct Stretch {
    std::size_t first, last;
    bool after_edge;
    std::size_t edge;
};

std::vector<std::size_t> changes(const std::vector<std::vector<double>>& inputs, std::size_t bins) {
    double largest = 0.0;
    for (const auto& input : inputs)
        for (double value : input) largest = std::max(largest, std::abs(value));
    std::vector<std::size_t> result;
    for (std::size_t b = 1; b < bins; ++b)
        if (std::any_of(inputs.begin(), inputs.end(), [&](const auto& input) { return b < input.size() && std::abs(input[b] - input[b - 1]) > 1e-9 * largest; }))
            result.push_back(b);
    return result;
}

std::vector<Stretch> stretches(const std::vector<std::size_t>& changed, std::size_t bins) {
    std::vector<Stretch> result;
    std::size_t from = 0, edge = 0;
    bool after_edge = false;
    for (std::size_t i = 0; i < changed.size();) {
        std::size_t run = 1;
        while (i + run < changed.size() && changed[i + run] == changed[i] + run) ++run;
        if (changed[i] > from) result.push_back({from, changed[i], after_edge, edge});
        edge = changed[i];
        after_edge = run <= 2;
        from = changed[i] + run - 1;
        i += run;
    }
    if (bins > from) result.push_back({from, bins, after_edge, edge});
    return result;
}

}  // namespace

InputStructure analyse_input(const std::vector<std::vector<double>>& inputs, std::size_t bins, double bin, double start, const WindowOptions& options) {
    InputStructure result;
    const auto all = stretches(changes(inputs, bins), bins);
    const auto shortest = static_cast<std::size_t>(std::ceil(options.shortest / bin - 1e-9));
    const Stretch* longest = nullptr;
    for (const Stretch& s : all) {
        if (s.after_edge) result.edges.push_back({s.edge, s.last});
        const double passed = s.first == 0 ? start : 0.0;
        const double skip = std::max(0.0, options.transient - passed);
        const std::size_t first = s.first + static_cast<std::size_t>(std::ceil(skip / bin - 1e-9));
        if (first + std::max<std::size_t>(shortest, 2) <= s.last) result.stationary.push_back({first, s.last, true});
        if (!longest || s.last - s.first > longest->last - longest->first) longest = &s;
    }
    if (result.stationary.empty() && longest && longest->last - longest->first >= std::max<std::size_t>(shortest, 4))
        result.stationary.push_back({(longest->first + longest->last) / 2, longest->last, false});
    return result;
}

}  // namespace spikemass::analysis
