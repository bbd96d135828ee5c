#include "host/config/document.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <limits>
#include <sstream>

#include "host/config/wording.hpp"
#include "models/base/error.hpp"

namespace spikemass::config {
namespace {

using SharedSource = std::shared_ptr<const Source>;

Origin origin_of(const toml::source_region& region, const SharedSource& source) {
    return {source, static_cast<std::uint32_t>(region.begin.line), static_cast<std::uint32_t>(region.begin.column)};
}

/// Where a value starts in the file.  Tables that dotted keys imply start at their first key.
std::pair<std::uint32_t, std::uint32_t> position(const Node& node) {
    std::pair<std::uint32_t, std::uint32_t> first{node.origin.line, node.origin.column};
    if (first.first == 0) first = {std::numeric_limits<std::uint32_t>::max(), 0};
    if (const Node::Table* table = node.table())
        for (const Entry& entry : *table) first = std::min(first, position(entry.value));
    return first;
}

Node convert(const toml::node& node, const SharedSource& source) {
    Node out;
    out.origin = origin_of(node.source(), source);
    if (const auto* v = node.as_boolean()) {
        out.value = v->get();
    } else if (const auto* v = node.as_integer()) {
        out.value = v->get();
    } else if (const auto* v = node.as_floating_point()) {
        out.value = v->get();
    } else if (const auto* v = node.as_string()) {
        out.value = v->get();
    } else if (const auto* v = node.as_array()) {
        auto list = std::make_shared<std::vector<Node>>();
        list->reserve(v->size());
        for (const toml::node& element : *v) list->push_back(convert(element, source));
        out.value = Node::List(std::move(list));
    } else if (const auto* v = node.as_table()) {
        // toml++ keeps keys sorted by name; the order of the file is that of their positions.
        Node::Table table;
        for (const auto& [key, child] : *v) {
            Entry entry{std::string(key.str()), convert(child, source)};
            if (entry.value.origin.line == 0) entry.value.origin = origin_of(key.source(), source);
            table.push_back(std::move(entry));
        }
        std::stable_sort(table.begin(), table.end(), [](const Entry& a, const Entry& b) { return position(a.value) < position(b.value); });
        out.value = std::move(table);
    } else {
        std::ostringstream type;
        type << node.type();
        out.value = Foreign{type.str()};
    }
    return out;
}

std::string quoted_text(std::string_view text) {
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += {'\\', c};
        else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else
            out += c;
    }
    return out + '"';
}

std::string number_text(double value) {
    if (value != value) return "nan";
    if (value == std::numeric_limits<double>::infinity()) return "inf";
    if (value == -std::numeric_limits<double>::infinity()) return "-inf";
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

bool is_bare(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-'; });
}

std::string key_text(std::string_view key) { return is_bare(key) ? std::string(key) : quoted_text(key); }

/// One line of TOML.
std::string inline_text(const Node& node) {
    struct Visitor {
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(double v) const { return number_text(v); }
        std::string operator()(const std::string& v) const { return quoted_text(v); }
        std::string operator()(const Node::List& v) const {
            std::string out = "[";
            for (const Node& element : *v) out += (out.size() > 1 ? ", " : "") + inline_text(element);
            return out + "]";
        }
        std::string operator()(const Node::Table& v) const {
            if (v.empty()) return "{}";
            std::string out = "{ ";
            for (const Entry& entry : v) out += (out.size() > 2 ? ", " : "") + key_text(entry.key) + " = " + inline_text(entry.value);
            return out + " }";
        }
        std::string operator()(const Foreign& v) const { return v.type; }
    };
    return std::visit(Visitor{}, node.value);
}

void write_section(const Node::Table& table, const std::string& header, std::string& out) {
    out += (out.empty() ? "[" : "\n[") + header + "]\n";
    for (const Entry& entry : table) out += key_text(entry.key) + " = " + inline_text(entry.value) + "\n";
}

}  // namespace

std::string Origin::text() const {
    if (!source) return "network file";
    return line == 0 ? source->name : fmt::format("{}:{}:{}", source->name, line, column);
}

const std::vector<Node>* Node::list() const {
    const List* list = std::get_if<List>(&value);
    return list ? list->get() : nullptr;
}

const Node* Node::find(std::string_view key) const {
    if (const Table* entries = table())
        for (const Entry& entry : *entries)
            if (entry.key == key) return &entry.value;
    return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

void Node::erase(std::string_view key) {
    if (Table* entries = table()) std::erase_if(*entries, [&](const Entry& entry) { return entry.key == key; });
}

Node& Node::put(std::string_view key, Node child) {
    if (Node* old = find(key)) {
        *old = std::move(child);
        return *old;
    }
    Table& entries = std::get<Table>(value);
    entries.push_back({std::string(key), std::move(child)});
    return entries.back().value;
}

std::string Node::describe() const { return shorten(inline_text(*this)); }

std::string Node::type() const {
    static constexpr const char* names[] = {"a boolean", "an integer", "a number", "a string", "a list", "a table"};
    if (const Foreign* foreign = std::get_if<Foreign>(&value)) return "a " + foreign->type;
    return names[value.index()];
}

Node parse_toml(const std::string& text, Source source) {
    const auto name = std::make_shared<const Source>(std::move(source));
    try {
        Node root = convert(toml::parse(text, name->name), name);
        root.origin = {name, 0, 0};
        return root;
    } catch (const toml::parse_error& error) {
        const std::string what(error.description());
        const bool duplicate = what.find("redefine") != std::string::npos || what.find("duplicate") != std::string::npos;
        throw problem(fmt::format("{}: not valid TOML: {}. {}", origin_of(error.source(), name).text(), what,
                                             duplicate ? "Each key, population, projection and stimulus is defined once; remove or rename one of the two."
                                                       : "A network file is TOML 1.0; see the examples."));
    }
}

Node from_json(const nlohmann::ordered_json& json, Source source) {
    const auto name = std::make_shared<const Source>(std::move(source));
    const auto build = [&name](const auto& self, const nlohmann::ordered_json& item) -> Node {
        Node node;
        node.origin.source = name;
        if (item.is_boolean()) {
            node.value = item.get<bool>();
        } else if (item.is_number_float()) {
            node.value = item.get<double>();
        } else if (item.is_number_unsigned() && item.get<std::uint64_t>() > std::numeric_limits<std::int64_t>::max()) {
            node.value = std::to_string(item.get<std::uint64_t>());    // a 64-bit seed; TOML has no integer for it
        } else if (item.is_number()) {
            node.value = item.get<std::int64_t>();
        } else if (item.is_string()) {
            node.value = item.get<std::string>();
        } else if (item.is_array()) {
            auto list = std::make_shared<std::vector<Node>>();
            for (const auto& element : item) list->push_back(self(self, element));
            node.value = Node::List(std::move(list));
        } else if (item.is_object()) {
            Node::Table table;
            for (const auto& [key, child] : item.items()) table.push_back({key, self(self, child)});
            node.value = std::move(table);
        } else {
            node.value = Foreign{"null"};
        }
        return node;
    };
    return build(build, json);
}

std::string to_toml(const Node& root) {
    std::string out;
    for (const Entry& top : *root.table())
        if (!top.value.table()) out += key_text(top.key) + " = " + inline_text(top.value) + "\n";
    for (const Entry& top : *root.table()) {
        const Node::Table* table = top.value.table();
        if (!table) continue;
        const bool named = top.key == "population" || top.key == "projection" || top.key == "stimulus";
        if (!named) {
            write_section(*table, key_text(top.key), out);
            continue;
        }
        for (const Entry& object : *table) {
            const std::string header = key_text(top.key) + "." + key_text(object.key);
            if (object.value.table()) write_section(*object.value.table(), header, out);
        }
    }
    return out;
}

std::vector<std::string> split_path(std::string_view path) {
    std::vector<std::string> parts(1);
    char quote = 0;
    for (const char c : path) {
        if (quote ? c == quote : c == '"' || c == '\'')
            quote = quote ? '\0' : c;
        else if (c == '.' && !quote)
            parts.emplace_back();
        else
            parts.back() += c;
    }
    return parts;
}

const Node* node_at(const Node& root, std::string_view path) {
    const Node* node = &root;
    for (const std::string& part : split_path(path)) {
        node = node->find(part);
        if (!node) return nullptr;
    }
    return node;
}

}  // namespace spikemass::config
