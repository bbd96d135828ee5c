#pragma once
// Synapses of HDF5 files: compressed rows (indptr, indices, weights) or SONATA edges (docs/network-file.md, "Synapses from a file").

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "kernels/synapse_source.hpp"

namespace spikemass::input {

/// Reads the whole file once: every index, pointer and weight is checked, and the facts are filled in.  The same file (path, time, size) is not read again
/// by this process.  `group`: "" finds the only graph of the file.
/// Errors: IoError (cannot be read, is not HDF5), ConfigurationError (what it holds is no graph of these populations).
std::shared_ptr<const SynapseSource> open_synapses(const std::filesystem::path& file, const std::string& group, std::int64_t n_sources, std::int64_t n_targets);

}  // namespace spikemass::input
