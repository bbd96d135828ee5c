#pragma once
// What a projection's `normalise` makes of its strength J, seen by a mean field.

#include "kernels/network.hpp"
#include "models/base/math.hpp"

namespace spikemass {

/// What a mean field sees of a strength J: J times 1 (mean, realised and own in-degree), sqrt(K) or K.
inline double coupling_factor(const Projection& p) {
    switch (p.normalise) {
        case Normalise::sqrt_mean_indegree: return math::sqrt(p.topology.mean_indegree);
        case Normalise::none: return p.topology.mean_indegree;
        default: return 1.0;
    }
}

/// J' of the mass: mean input of a target = J' tau s.
inline double effective_coupling(const Projection& p) { return p.strength * coupling_factor(p); }

}  // namespace spikemass
