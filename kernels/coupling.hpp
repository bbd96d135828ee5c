#pragma once
// What a projection's `normalise` makes of its strength J, seen by a mean field.

#include "kernels/network.hpp"
#include "models/base/math.hpp"

namespace spikemass {

/// J' of the mass: mean input of a target = J' tau s.  mean, realised and own in-degree: J; sqrt: J sqrt(K); none: J K.
inline double effective_coupling(const Projection& p) {
    switch (p.normalise) {
        case Normalise::sqrt_mean_indegree: return p.strength * math::sqrt(p.topology.mean_indegree);
        case Normalise::none: return p.strength * p.topology.mean_indegree;
        default: return p.strength;
    }
}

}  // namespace spikemass
