#pragma once
// The one list of synapse models.  Adding one = one header and one entry here, in the order of SynapseKind: engines step a chain of
// `stages` first-order filters whose coefficients the model gives, masses follow the same chain (host/mass).

#include "models/registry.hpp"
#include "models/synapses/alpha.hpp"
#include "models/synapses/delta.hpp"
#include "models/synapses/double_exponential.hpp"
#include "models/synapses/exponential.hpp"

namespace spikemass::models {

/// In the order of SynapseKind.
using SynapseModels = TypeList<Delta, Exponential, DoubleExponential, Alpha>;

/// First-order stages of a synapse: columns of its trace.
inline int stages_of(int synapse_kind) {
    return with_model(SynapseModels{}, synapse_kind, []<class S>() { return S::stages; });
}

}  // namespace spikemass::models
