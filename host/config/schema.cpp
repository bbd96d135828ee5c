#include "host/config/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "host/config/wording.hpp"
#include "host/config/schema_table.hpp"

namespace spikemass::config {
namespace {

std::vector<std::string> words(std::string_view text) {
    std::istringstream in{std::string(text)};
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
}

std::vector<Section> build() {
    std::vector<Section> sections = schema_table();
    for (Section& section : sections)
        for (Key& key : section.keys) {
            const std::string_view choices = key.rules.choices;
            const auto bar = choices.find('|');
            key.available = words(choices.substr(0, bar));
            if (bar != std::string_view::npos) key.unavailable = words(choices.substr(bar + 1));
            key.kinds = words(key.rules.used_by);
            key.rivals = words(key.rules.rivals);
            // Defaults are written as TOML values that are also JSON.
            if (key.fallback && *key.fallback) key.default_value = nlohmann::ordered_json::parse(key.fallback);
            if (key.type == Type::table)
                key.section = &*std::find_if(sections.begin(), sections.end(),
                                             [&](const Section& other) { return other.path == section.path + "." + key.name; });
        }
    return sections;
}

std::string type_text(const Key& key) {
    switch (key.type) {
        case Type::number: return "number";
        case Type::integer: return "integer";
        case Type::boolean: return "true or false";
        case Type::choice: return join(key.available, " | ");
        case Type::choices: return "list of " + join(key.available, " | ");
        case Type::name: return "name of a population";
        case Type::seed: return "integer >= 0, < 2^64";
        case Type::numbers: return "list of numbers";
        case Type::paths: return "list of swept paths";
        case Type::text: return "text";
        case Type::table: return "table";
        case Type::future: return "";
    }
    return "";
}

}  // namespace

bool Key::used_with(std::string_view kind) const { return kinds.empty() || std::find(kinds.begin(), kinds.end(), kind) != kinds.end(); }

const Key* Section::find(std::string_view name) const {
    for (const Key& key : keys)
        if (key.name == name) return &key;
    return nullptr;
}

const Key* Section::find(std::string_view name, std::string_view kind) const {
    for (const Key& key : keys)
        if (key.name == name && key.used_with(kind)) return &key;
    return nullptr;
}

std::string Section::deciding_path(std::string_view path) const {
    return std::string(*outer ? path.substr(0, path.rfind('.')) : path) + "." + deciding();
}

std::vector<std::string> Section::names() const {
    std::vector<std::string> out;
    for (const Key& key : keys)
        if (key.type != Type::future && std::find(out.begin(), out.end(), key.name) == out.end()) out.push_back(key.name);
    return out;
}

const std::vector<Section>& schema() {
    static const std::vector<Section> sections = build();    // built in place: keys point at sections
    return sections;
}

const Section* section_of(std::string_view path) {
    std::vector<std::string> parts = split_path(path);
    if (parts.size() > 1 && is_named(parts[0])) parts[1] = "*";
    const std::string pattern = join(parts, ".");
    for (const Section& section : schema())
        if (section.path == pattern) return &section;
    return nullptr;
}

Quantity quantity_of(std::string_view path) {
    const auto dot = path.rfind('.');
    const Section* section = dot == std::string_view::npos ? nullptr : section_of(path.substr(0, dot));
    const Key* key = section ? section->find(path.substr(dot + 1)) : nullptr;
    return key ? key->rules.quantity : Quantity::one;
}

const std::vector<std::string>& top_level_names() {
    static const std::vector<std::string> names{"run", "population", "projection", "stimulus", "sweep", "extends"};
    return names;
}

bool is_named(std::string_view top_level) { return top_level == "population" || top_level == "projection" || top_level == "stimulus"; }

std::string describe_keys() {
    std::string out = "extends = \"base.toml\": the file that this one changes; the path is relative to it\n";
    for (const Section& section : schema()) {
        std::string header = section.path;
        if (const auto star = header.find('*'); star != std::string::npos) header.replace(star, 1, "NAME");
        out += fmt::format("\n[{}]  {}\n", header, section.doc);
        for (const Key& key : section.keys) {
            if (key.type == Type::table || key.type == Type::future) continue;
            std::string facts = type_text(key);
            if (key.rules.range != &any_number) facts += std::string(", ") + key.rules.range->text;
            if (!key.fallback)
                facts += ", required";
            else if (*key.fallback)
                facts += std::string(", default ") + key.fallback;
            if (!key.kinds.empty()) facts += fmt::format(", for {} = {}", section.deciding(), join(key.kinds, " | "));
            if (!key.unavailable.empty()) facts += fmt::format(" (not in this version: {})", join(key.unavailable, ", "));
            out += fmt::format("  {:<17} {}\n  {:<17} {}\n", key.name, key.doc, "", facts);
        }
    }
    return out;
}

}  // namespace spikemass::config
