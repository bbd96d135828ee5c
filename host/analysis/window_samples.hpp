#pragma once
// One level in one stationary window as repetitions: trials, or blocks of one trial.

#include "host/analysis/comparison_parts.hpp"
#include "host/analysis/delta_method.hpp"

namespace spikemass::analysis {

/// Columns of the repetitions of one level; potentials are 0 where the level lacks v, the coupling is filled in by set_coupling.
enum Column : Eigen::Index { rate, potential, rate_variance, potential_variance, coupling, column_count };

/// Trials where there are several or where the level is deterministic, else blocks.
Repetitions repetitions(const Slice& slice, bool deterministic);

/// J times what the graph of each trial realised of K.
void set_coupling(Repetitions& network, const Slice& slice, const CouplingFacts& facts);

/// The network and its all-to-all reference, whose columns follow from column_count on.  Trials are paired where the same ones are ok in both: they
/// share eta and initial state, and their covariance belongs in the error of a difference.
std::vector<Repetitions> with_reference(Repetitions network, const Slice& slice, const Slice& reference);

}  // namespace spikemass::analysis
