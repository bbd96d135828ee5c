#pragma once
// Words of messages: which valid name was meant, lists, long values cut short.

#include <string>
#include <string_view>
#include <vector>

#include "models/base/error.hpp"

namespace spikemass::config {

/// Number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate closest to `name`, or "" if none is close enough to be a misspelling of it.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// "Did you mean `x`?" when there is a near candidate, else "Valid: a, b, c."  `what` replaces "Valid" ("Populations of this file").
std::string suggestion(std::string_view name, const std::vector<std::string>& candidates, std::string_view what = "Valid");

/// At most `length` bytes, on one line; never cuts inside a UTF-8 character.
std::string shorten(std::string text, std::size_t length = 80);

/// A ConfigurationError of one paragraph: what users wrote may hold line breaks and other control characters.
ConfigurationError problem(std::string message);

/// "a, b, c"
std::string join(const std::vector<std::string>& items, std::string_view separator = ", ");

}  // namespace spikemass::config
