#pragma once
// Misspelt names: which valid name was meant.

#include <string>
#include <string_view>
#include <vector>

namespace spikemass::config {

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate closest to `name`, or "" if none is close enough to be a misspelling of it.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// "Did you mean `x`?" when there is a near candidate, else "Valid: a, b, c."  `what` replaces "Valid" ("Populations of this file").
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates, std::string_view what = "Valid");

/// "a, b, c"
std::string join(const std::vector<std::string>& items, std::string_view separator = ", ");

}  // namespace spikemass::config
