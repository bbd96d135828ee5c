#pragma once
#include <vector>

#include "host/config/schema.hpp"

namespace spikemass::config {

/// The rows as written; schema() adds what can be derived from them.
std::vector<Section> schema_table();

}  // namespace spikemass::config
