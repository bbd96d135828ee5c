#include "host/config/canonical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cctype>
#include <cmath>

#include "host/config/wording.hpp"
#include "host/config/schema.hpp"
#include "models/base/error.hpp"

namespace spikemass::config {
namespace {

using Json = nlohmann::ordered_json;

std::string child_path(const std::string& path, std::string_view key) { return path.empty() ? std::string(key) : path + "." + std::string(key); }

bool is_identifier(std::string_view name) {
    const auto letter = [](unsigned char c) { return c < 0x80 && (std::isalpha(c) || c == '_'); };
    return !name.empty() && letter(static_cast<unsigned char>(name[0])) &&
           std::all_of(name.begin(), name.end(), [&](unsigned char c) { return letter(c) || (c < 0x80 && std::isdigit(c)); });
}

/// What decided in the section around one.
struct Outer {
    std::string kind;
    const Node* selected = nullptr;
};

class Canonicaliser {
public:
    explicit Canonicaliser(Reading& reading) : reading_(reading) {}

    Json section(const Section& section, const Node* node, const std::string& path, const Outer& outer = {}) {
        if (node && !node->table())
            reading_.fail(path, *section.scalar ? "must be a number or a table" : *section.word ? "must be a name in quotes or a table" : "must be a table",
                          fmt::format("Write {} with the keys {}.", path, join(section.names())));
        std::string kind;
        const Node* selected = nullptr;
        if (*section.outer) {
            kind = outer.kind;
            selected = outer.selected;
        } else if (*section.selector) {
            const Key& selector = *section.find(section.selector);
            selected = node ? node->find(selector.name) : nullptr;
            kind = value(selector, selected, path, {}).get<std::string>();
        }
        if (node) check_names(section, *node, selected, kind, path);

        Json out = Json::object();
        for (const Key& key : section.keys) {
            if (key.type == Type::future || !key.used_with(kind)) continue;
            const Node* child = node ? node->find(key.name) : nullptr;
            if (!child && key.fallback && !*key.fallback) continue;
            out[key.name] = key.name == section.selector ? Json(kind) : value(key, child, path, {kind, selected});
        }
        return out;
    }

    /// [population], [projection] or [stimulus]: one object per name.
    Json named(const char* what) {
        Json out = Json::object();
        const Node* node = reading_.root.find(what);
        if (!node) return out;
        if (!node->table()) reading_.fail(what, "must be a table of named tables", fmt::format("Write [{}.NAME].", what));
        const Section& section_row = *section_of(std::string(what) + ".*");
        for (const Entry& entry : *node->table()) {
            const std::string path = child_path(what, entry.key);
            if (!is_identifier(entry.key))
                throw problem(fmt::format("{}: the {} name \"{}\" is not an identifier: it must be letters, digits and "
                                                     "underscores and must not start with a digit. Rename it.",
                                                     entry.value.origin.text(), what, shorten(entry.key)));
            if (!entry.value.table() && section_row.find(entry.key))
                reading_.fail(path, fmt::format("stands directly in [{}], which holds named tables", what),
                              fmt::format("Give it a name: [{}.NAME].", what));
            out[entry.key] = section(section_row, &entry.value, path);
        }
        return out;
    }

private:
    void check_names(const Section& section, const Node& node, const Node* selected, const std::string& kind, const std::string& path) {
        const bool kind_swept = *section.deciding() && reading_.swept.count(section.deciding_path(path)) > 0;
        for (const Entry& entry : *node.table()) {
            const std::string here = child_path(path, entry.key);
            const Key* known = section.find(entry.key);
            if (!known) {
                if (section.path == "sweep") continue;    // an axis
                reading_.fail(here, fmt::format("[{}] has no such key", path), suggestion(entry.key, section.names()));
            }
            if (known->type == Type::future)
                reading_.fail(here, "is known to the format but not available in this version",
                              fmt::format("Remove it; available keys: {}.", join(section.names())));
            if (section.find(entry.key, kind)) continue;
            // An unused key is a mistake, except where a later layer or a sweep changed the kind and left it behind.
            const bool left_behind = selected && selected->origin.layer() > entry.value.origin.layer();
            if (!left_behind && !kind_swept)
                reading_.fail(here, fmt::format("is not used when {} = \"{}\"", section.deciding(), kind),
                              fmt::format("It belongs to {}. Remove it or change {}.", used_by(section, entry.key), section.deciding()));
            reading_.ignored.push_back(here);
        }
    }

    static std::string used_by(const Section& section, std::string_view name) {
        std::vector<std::string> kinds;
        for (const Key& key : section.keys)
            if (key.name == name) kinds.insert(kinds.end(), key.kinds.begin(), key.kinds.end());
        return join(kinds, " | ");
    }

    Json value(const Key& key, const Node* node, const std::string& parent, const Outer& outer) {
        if (key.type == Type::table) {
            const std::string path = child_path(parent, key.name);
            if (!node && key.default_value) return Json{{"distribution", "constant"}, {key.section->scalar, *key.default_value}};
            if (!node && *key.section->scalar && !key.section->find(key.section->selector)->default_value)
                throw problem(fmt::format("{}: {} is missing ({}). Add {} = ... to {}.", reading_.place(path), path, key.section->doc, key.name, parent));
            return section(*key.section, node, path, outer);
        }
        if (!node) {
            if (key.default_value) return *key.default_value;
            const std::string rule = key.rules.range == &any_number ? "" : std::string("; it ") + key.rules.range->text;
            const std::string choices = key.available.empty() ? "" : "; one of " + join(key.available, ", ");
            const std::string path = child_path(parent, key.name);
            throw problem(fmt::format("{}: {} is missing ({}{}{}). {}", reading_.place(path), path, key.doc, rule, choices,
                                                 reading_.swept.count(path) ? fmt::format("The sweep gives it; for a single run use --set {}=VALUE.", path)
                                                                            : fmt::format("Add {} = ... to {}.", key.name, parent)));
        }
        const auto path = [&] { return child_path(parent, key.name); };
        switch (key.type) {
            case Type::number: return number(key, *node, path);
            case Type::integer: return integer(key, *node, path);
            case Type::boolean:
                if (const bool* flag = std::get_if<bool>(&node->value)) return *flag;
                reading_.fail(path(), fmt::format("must be true or false, and this is {}", node->type()), "Write true or false without quotes.");
            case Type::choice: return choice(key, *node, path());
            case Type::choices: return choices(key, *node, path());
            case Type::name:
                if (node->string()) return *node->string();
                reading_.fail(path(), fmt::format("must be the name of a population in quotes, and this is {}", node->type()));
            case Type::seed: return seed(*node, path());
            case Type::numbers: return numbers(*node, path());
            case Type::paths: return paths(*node, path());
            case Type::text:
                if (node->string() && !node->string()->empty()) return *node->string();
                reading_.fail(path(), fmt::format("must be text in quotes, and this is {}", node->string() ? "empty" : node->type()));
            default: break;
        }
        return {};
    }

    template <class Path>
    Json number(const Key& key, const Node& node, const Path& path) const {
        if (!node.is_number())
            reading_.fail(path(), fmt::format("must be a number, and this is {}", node.type()), node.string() ? "Write it without quotes." : "");
        const std::int64_t* whole = std::get_if<std::int64_t>(&node.value);
        const double x = whole ? static_cast<double>(*whole) : std::get<double>(node.value);
        if (!std::isfinite(x)) reading_.fail(path(), "must be a finite number");
        if (!key.rules.range->contains(x)) reading_.fail(path(), key.rules.range->text);
        return x + 0.0;    // -0 and 0 are one value
    }

    template <class Path>
    Json integer(const Key& key, const Node& node, const Path& path) const {
        const std::int64_t* whole = std::get_if<std::int64_t>(&node.value);
        if (!whole) {
            const double* x = std::get_if<double>(&node.value);
            const bool is_whole = x && std::floor(*x) == *x && std::abs(*x) < 0x1p53;
            reading_.fail(path(), fmt::format("must be an integer, and this is {}", node.type()),
                          is_whole ? fmt::format("Write {}.", static_cast<std::int64_t>(*x)) : "");
        }
        if (!key.rules.range->contains(static_cast<double>(*whole))) reading_.fail(path(), key.rules.range->text);
        return *whole;
    }

    Json choice(const Key& key, const Node& node, const std::string& path) const {
        const std::string* name = node.string();
        const std::string valid = join(key.available);
        if (!name) reading_.fail(path, fmt::format("must be a name in quotes, and this is {}", node.type()), fmt::format("Available: {}.", valid));
        const auto among = [&](const std::vector<std::string>& list) { return std::find(list.begin(), list.end(), *name) != list.end(); };
        if (among(key.unavailable))
            reading_.fail(path, fmt::format("\"{}\" is known to the format but not available in this version", *name),
                          fmt::format("Available: {}.", valid));
        if (!among(key.available)) {
            const std::string near = nearest_name(*name, key.available);
            reading_.fail(path, fmt::format("there is no {} \"{}\"", key.name, shorten(*name)),
                          near.empty() ? fmt::format("Available: {}.", valid) : fmt::format("Did you mean \"{}\"? Available: {}.", near, valid));
        }
        return *name;
    }

    Json choices(const Key& key, const Node& node, const std::string& path) const {
        if (!node.list()) reading_.fail(path, fmt::format("must be a list of names, and this is {}", node.type()), "Write for example [\"rate\", \"v\"].");
        std::vector<std::string> chosen;
        for (const Node& element : *node.list()) chosen.push_back(choice(key, element, path).get<std::string>());
        Json out = Json::array();    // in the schema's order, each once; the first is always there
        for (const std::string& name : key.available)
            if (name == key.available.front() || std::find(chosen.begin(), chosen.end(), name) != chosen.end()) out.push_back(name);
        return out;
    }

    Json seed(const Node& node, const std::string& path) const {
        if (const std::int64_t* whole = std::get_if<std::int64_t>(&node.value); whole && *whole >= 0) return static_cast<std::uint64_t>(*whole);
        if (const std::string* digits = node.string()) {
            std::uint64_t value = 0;
            const auto [end, error] = std::from_chars(digits->data(), digits->data() + digits->size(), value);
            if (error == std::errc{} && !digits->empty() && end == digits->data() + digits->size()) return value;
        }
        reading_.fail(path, "must be an integer >= 0 and < 2^64", "Above 2^63 - 1, where TOML's integers end, write the digits in quotes.");
    }

    Json numbers(const Node& node, const std::string& path) const {
        if (!node.list()) reading_.fail(path, fmt::format("must be a list of numbers, and this is {}", node.type()));
        if (node.list()->empty()) reading_.fail(path, "must not be empty");
        Json out = Json::array();
        for (const Node& element : *node.list()) {
            const std::int64_t* whole = std::get_if<std::int64_t>(&element.value);
            const double* x = std::get_if<double>(&element.value);
            if ((!whole && !x) || (x && !std::isfinite(*x)))
                throw problem(fmt::format("{}: {} holds {}: every element must be a finite number.", element.origin.text(), path,
                                                     element.describe()));
            out.push_back((whole ? static_cast<double>(*whole) : *x) + 0.0);
        }
        return out;
    }

    Json paths(const Node& node, const std::string& path) const {
        if (!node.list()) reading_.fail(path, fmt::format("must be a list of paths in quotes, and this is {}", node.type()));
        Json out = Json::array();
        for (const Node& element : *node.list()) {
            if (!element.string()) throw problem(fmt::format("{}: {} holds {}: every element must be a path in quotes.", element.origin.text(), path, element.describe()));
            out.push_back(join(split_path(*element.string()), "."));
        }
        return out;
    }

    Reading& reading_;
};

}  // namespace

std::string Reading::place(std::string_view path) const {
    while (true) {
        if (const Node* node = node_at(root, path)) return node->origin.text();
        const auto dot = path.rfind('.');
        if (dot == std::string_view::npos) return root.origin.text();
        path = path.substr(0, dot);
    }
}

void Reading::fail(std::string_view path, std::string_view rule, std::string_view remedy) const {
    const Node* node = node_at(root, path);
    std::string message = fmt::format("{}: {}", place(path), shorten(std::string(path), 160));
    if (node && !node->table()) message += " = " + node->describe();
    message += fmt::format(": {}.", rule);
    if (!remedy.empty()) message += fmt::format(" {}", remedy);
    throw problem(message);
}

Json canonical_json(Reading& reading) {
    for (const Entry& entry : *reading.root.table())
        if (std::find(top_level_names().begin(), top_level_names().end(), entry.key) == top_level_names().end())
            reading.fail(entry.key, "a network file has no such section", suggestion(entry.key, top_level_names()));
    Canonicaliser canonicaliser(reading);
    Json out = Json::object();
    out["run"] = canonicaliser.section(*section_of("run"), reading.root.find("run"), "run");
    for (const char* what : {"population", "projection", "stimulus"}) out[what] = canonicaliser.named(what);
    return out;
}

Json canonical_sweep_options(Reading& reading) {
    return Canonicaliser(reading).section(*section_of("sweep"), reading.root.find("sweep"), "sweep");
}

}  // namespace spikemass::config
