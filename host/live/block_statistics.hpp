#pragma once
// Mean and standard error of a series that is still growing, in memory that does not.

#include <cstddef>
#include <span>
#include <vector>

namespace spikemass {

/// One quantity of one point: `trials` series of `bins` values, each cut into at most 16 blocks of equal length (to one value).
/// The result depends on the values alone, not on the pieces or the order in which trials come.
class BlockStatistics {
public:
    static constexpr std::size_t most_blocks = 16;

    BlockStatistics(std::size_t trials, std::size_t bins);
    /// The values of one trial come in order, from 0.
    void add(std::size_t trial, std::span<const double> values);
    void forget(std::size_t trial);

    /// NaN where there is nothing to tell.
    struct Result {
        double mean, standard_error;   ///< of all values; from the spread between the means of whole blocks
        std::size_t values = 0, trials = 0;   ///< trials: whole ones
    };
    Result result() const;

private:
    std::size_t end_of(std::size_t block) const { return (block + 1) * bins_ / blocks_; }

    std::size_t trials_, bins_, blocks_;
    std::vector<double> sums_;         ///< [trial][block]
    std::vector<std::size_t> have_;    ///< [trial]: values
};

}  // namespace spikemass
