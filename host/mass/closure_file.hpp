#pragma once
// Closures by name or from a file: closure.toml, which `spikemass learn` writes and every --closure takes.

#include <filesystem>
#include <map>
#include <string>

#include "models/closures/registry.hpp"

namespace spikemass::mass {

/// "two_cumulant", or the path of a closure file (it ends in .toml).
/// Errors: ConfigurationError (no such name; what is wrong with the file and where), IoError (no such file).
closures::AnyClosure find_closure(const std::string& name_or_path);
/// What it is called in results: the name, or the file's title.
std::string closure_title(const std::string& name_or_path);

closures::LearnedForm parse_closure(const std::string& text, const std::string& file);
/// The text that parse_closure reads back bit for bit.  `notes`: keys of the table [training], already written as TOML values.
std::string closure_text(const closures::LearnedForm& form, const std::map<std::string, std::string>& notes = {});

}  // namespace spikemass::mass
