#pragma once
// What is found while the synapses of a file go by: the facts of a SynapseSource.

#include <cstdint>
#include <string>
#include <vector>

#include "kernels/synapse_source.hpp"

namespace spikemass::input {

/// Takes all synapses in the order of the file.  Loops are written to be vectorised; sums of floating-point numbers keep the file's order, since their bits
/// are part of the network.
class SynapseFacts {
public:
    /// `weights`: file and dataset of the weights, for messages; "" if there are none.
    SynapseFacts(SynapseSource& out, std::int64_t n_targets, std::string weights);

    /// Throws ConfigurationError for a weight that is not finite.
    void add(const SynapseBlock&);
    /// Once all have been added, one at least.
    void finish();

private:
    void order(const SynapseBlock&);
    void weigh(const SynapseBlock&);

    SynapseSource& out_;
    std::string weights_;
    std::vector<double> absolute_sum_;   ///< [target] of |w|
    double sum_ = 0.0, squares_ = 0.0, first_weight_ = 0.0;   ///< sums of w - first_weight
    std::uint64_t last_ = 0;             ///< source and target of the last synapse
    bool ascending_ = true, repeats_ = false;
};

}  // namespace spikemass::input
