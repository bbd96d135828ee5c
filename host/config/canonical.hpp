#pragma once
// Document -> canonical JSON: every key that is used, checked against the schema, defaults filled in, in the schema's order.

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/document.hpp"

namespace spikemass::config {

/// A document being read.
struct Reading {
    const Node& root;
    const std::set<std::string>& swept;      ///< paths of sweep axes; what one of their kinds does not use is no mistake
    std::vector<std::string> ignored = {};   ///< out: keys that the chosen kind does not use

    /// "file:line:column" of `path`, or of what would hold it.
    std::string place(std::string_view path) const;
    /// Throws ConfigurationError "file:line:column: path = value: rule. remedy" with the place of `path`.
    [[noreturn]] void fail(std::string_view path, std::string_view rule, std::string_view remedy = "") const;
};

/// Sections run, population, projection, stimulus.  Names, types, ranges and choices are right afterwards; what concerns
/// more than one key is network_builder's.  Throws ConfigurationError.
nlohmann::ordered_json canonical_json(Reading& reading);

/// The keys of [sweep] that are not axes, checked and completed.
nlohmann::ordered_json canonical_sweep_options(Reading& reading);

}  // namespace spikemass::config
