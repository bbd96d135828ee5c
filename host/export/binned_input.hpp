#pragma once
// The input of a run as its bins see it, and where it jumps.

#include <cstddef>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/export/local_derivative.hpp"

namespace spikemass::handover {

struct BinnedInput {
    std::vector<double> mean;          ///< [bin][population]: of the stimuli, noise by its mean, in the unit of eta
    std::vector<Stretch> stretches;    ///< between jumps of any population's input; bins with a jump inside belong to none
};

/// `shortest`: samples that are held for fewer bins are taken for a curve, not for jumps.
BinnedInput binned_input(const Configuration& configuration, int shortest);

}  // namespace spikemass::handover
