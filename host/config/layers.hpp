#pragma once
// A document is built in layers: the bases of `extends`, the file, options.  Later layers win, key by key.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/document.hpp"
#include "host/config/schema.hpp"

namespace spikemass::config {

struct Layers {
    Node root;               ///< merged
    std::string text;        ///< the file itself
    bool as_written = true;  ///< `text` says it all: TOML without `extends`
};

/// Reads a file (TOML, or a resolved .json) and the files it extends.
/// Throws IoError if the file cannot be read, ConfigurationError for everything in it.
Layers read_layers(const std::filesystem::path& file);

/// Merges `over` into `base`: tables key by key, everything else is replaced.  `path` is where both stand.
void merge(Node& base, Node&& over, const std::string& path = "");

/// Numbers that stand for tables (eta = 1.0) become { distribution = "constant", center = 1.0 }.
void expand_scalars(Node& node, const std::string& path = "");

/// Removes keys that the chosen kind does not use, where a later layer changed the kind and left them behind; not where
/// the kind is `swept` (paths of axes).  Afterwards the document means the same in one layer.
void drop_left_behind(Node& node, const std::set<std::string>& swept, const std::string& path = "", const Node* around = nullptr);

/// The row of the schema that `path` names, in an object that the document has; throws ConfigurationError with `origin`
/// and the nearest valid name.  `role` says in messages what the path is ("option", "sweep axis").
const Key& key_at(const Node& root, const std::string& path, const Origin& origin, std::string_view role);

/// Sets the value of a key; the path must be one that key_at accepts.  A rival of the key goes.
void assign(Node& root, const std::string& path, Node value, std::string_view role);

/// Applies --set PATH=VALUE: VALUE is a TOML value, a bare word is a string.  `source`: the file and the layer.
void apply_option(Node& root, const std::string& path, const std::string& value, Source source);

/// The axes of [sweep]: path and list of values, in the order of the file; nested tables are flattened.
std::vector<Entry> sweep_axes(const Node& root);

}  // namespace spikemass::config
