#pragma once
// One finished run as bytes: what a journal stores.
// Little endian: "SMRUN\0" | u16 version | u64 size of the description | description (CBOR) | arrays, 8 bytes per element | SHA-256 of all before.
// The description holds every scalar and the lengths of the arrays, in the order in which the arrays follow.  Unknown entries are ignored,
// absent ones take their defaults: adding a field needs one line here and no new version.

#include <cstdint>
#include <span>
#include <vector>

#include "host/output/records.hpp"

namespace spikemass::output {

/// Exact to the last bit.  `id`, `status` and `message` are not part of it.
std::vector<std::uint8_t> encode_run(const Seeds&, const RunResult&);

struct DecodedRun { Seeds seeds; RunResult result; };
/// Throws IoError if the bytes are not a whole and unaltered run.
DecodedRun decode_run(std::span<const std::uint8_t> bytes);

}  // namespace spikemass::output
