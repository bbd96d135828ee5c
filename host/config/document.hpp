#pragma once
// A network file as a tree of values that know where they were written: file, line and column, or the option that set them.

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace spikemass::config {

/// What a value was written in.  Later layers win: bases of `extends` are -1, -2, ..., the file 0, options 1, 2, ...
struct Source {
    std::string name;    ///< file name, or "net.toml with --set run.dt=0.01"
    int layer = 0;
};

struct Origin {
    std::shared_ptr<const Source> source;
    std::uint32_t line = 0, column = 0;           ///< from 1; 0: the source has no lines

    /// "net.toml:12:9" or "net.toml with --set run.dt=0.01".
    std::string text() const;
    int layer() const { return source ? source->layer : 0; }
};

struct Entry;

/// A TOML value that the format has no use for (dates, times); `type` is its name.
struct Foreign {
    std::string type;
};

struct Node {
    using List = std::shared_ptr<const std::vector<Node>>;    ///< shared: samples are long and never change
    using Table = std::vector<Entry>;                         ///< in the order of the file
    std::variant<bool, std::int64_t, double, std::string, List, Table, Foreign> value;
    Origin origin;

    const Table* table() const { return std::get_if<Table>(&value); }
    Table* table() { return std::get_if<Table>(&value); }
    const std::vector<Node>* list() const;
    const std::string* string() const { return std::get_if<std::string>(&value); }
    bool is_number() const { return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value); }

    /// The value of a key, nullptr if this is no table or has no such key.
    const Node* find(std::string_view key) const;
    Node* find(std::string_view key);
    /// Removes a key of a table, if there.
    void erase(std::string_view key);
    /// Replaces the value of a key of a table, or appends it.
    Node& put(std::string_view key, Node child);

    /// As in a message: strings quoted, long lists and tables shortened.
    std::string describe() const;
    /// "a string", "an integer", "a table", ...
    std::string type() const;
};

struct Entry {
    std::string key;
    Node value;
};

/// Throws ConfigurationError with line and column if `text` is not TOML 1.0.
Node parse_toml(const std::string& text, Source source);

/// A resolved configuration read back; origins carry the source alone.  Throws ConfigurationError on null values.
Node from_json(const nlohmann::ordered_json& json, Source source);

/// TOML text with the same values in the same order.
std::string to_toml(const Node& root);

/// "a.b.c" -> {"a", "b", "c"}; a dot inside quotes does not split, quotes are dropped.
std::vector<std::string> split_path(std::string_view path);

/// The value at a path, nullptr if absent.
const Node* node_at(const Node& root, std::string_view path);

}  // namespace spikemass::config
