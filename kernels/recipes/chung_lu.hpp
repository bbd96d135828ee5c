#pragma once
// Given degrees (Chung, Lu 2002), by source: out-degrees from a power law; targets with probabilities in proportion to their in-weights, integers from another
// power law, the first k distinct ones of draws j = 0, 1, ... that are not the source itself.

#include <vector>

#include "kernels/laws.hpp"
#include "kernels/recipes/setting.hpp"

namespace spikemass::kernels {

/// Vose's alias method in integers: column c is kept where the rest of the draw is below its threshold, else it stands for its alias.
struct AliasColumn {
    std::uint32_t threshold = 0, alias = 0;
};
std::vector<AliasColumn> alias_table(const std::vector<std::uint32_t>& weight);
SPIKEMASS_HD std::uint32_t alias_pick(const AliasColumn* column, std::uint64_t n, std::uint64_t u) {
    const auto c = static_cast<std::uint32_t>(mulhi64(u, n));
    return static_cast<std::uint32_t>((u * n) >> 32) < column[c].threshold ? c : column[c].alias;   // what the column leaves of the draw
}

/// Degrees as functions of random numbers, for hosts and devices.
struct CorrelatedDegrees {
    std::uint64_t coupled = 0;   ///< |correlation| 2^64: below, the out-degree has the rank of the in-weight ...
    bool opposite = false;       ///< ... or the mirrored one
    RandomKey out, in;

    /// The uniform number behind the out-degree of a source.
    SPIKEMASS_HD std::uint64_t out_rank(std::int64_t source) const {
        const RandomKey::Block b = out.block(static_cast<std::uint64_t>(source), 0, 0);
        const std::uint64_t own = static_cast<std::uint64_t>(b.word[1]) << 32 | b.word[0], choice = static_cast<std::uint64_t>(b.word[3]) << 32 | b.word[2];
        if (coupled == 0 || choice > coupled) return own;
        const std::uint64_t same = in.draw64(static_cast<std::uint64_t>(source), 0, 0);
        return opposite ? ~same : same;
    }
};

struct ChungLu {
    std::int64_t n_targets = 0;
    bool skip_self = false;
    QuantileTable out_law, in_law;
    CorrelatedDegrees degrees;
    std::vector<AliasColumn> alias;   ///< [n_targets]
    RandomKey picks;

    explicit ChungLu(const Setting&);
    void prepare(Scratch& s) const { s.row.reserve(n_targets); }
    std::int64_t in_weight(std::int64_t target) const { return in_law.sample(degrees.in.draw64(static_cast<std::uint64_t>(target), 0, 0)); }
    std::int64_t degree(std::int64_t row) const { return out_law.sample(degrees.out_rank(row)); }
    template <class F>
    void targets(Scratch& s, std::int64_t row, F&& f) const {
        const std::int64_t k = degree(row);
        std::int64_t have = 0;
        for (std::uint32_t block = 0; have < k; block += batch_blocks) {
            std::uint64_t u[2 * batch_blocks];
            std::uint32_t t[2 * batch_blocks];
            draw_all(picks, static_cast<std::uint64_t>(row), 0, block, u);
            for (int j = 0; j < 2 * batch_blocks; ++j) __builtin_prefetch(alias.data() + mulhi64(u[j], static_cast<std::uint64_t>(n_targets)));
            for (int j = 0; j < 2 * batch_blocks; ++j) t[j] = alias_pick(alias.data(), static_cast<std::uint64_t>(n_targets), u[j]);
            for (int j = 0; j < 2 * batch_blocks && have < k; ++j)
                if (!skip_self || t[j] != row) have += s.row.insert(t[j]);
        }
        s.row.drain(f);
    }
};

}  // namespace spikemass::kernels
