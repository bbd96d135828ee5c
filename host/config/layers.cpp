#include "host/config/layers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <sstream>

#include "host/config/wording.hpp"
#include "host/config/schema.hpp"
#include "models/base/error.hpp"

namespace spikemass::config {
namespace {

namespace fs = std::filesystem;

std::string child_path(const std::string& path, std::string_view key) { return path.empty() ? std::string(key) : path + "." + std::string(key); }

std::optional<std::string> contents(const fs::path& file) {
    std::error_code error;
    if (fs::is_directory(file, error)) return std::nullopt;
    std::ifstream in(file, std::ios::binary);
    std::ostringstream out;
    if (!in || !(out << in.rdbuf() || in.peek() == std::ifstream::traits_type::eof())) return std::nullopt;
    return out.str();
}

Node parse(const std::string& text, const fs::path& file, int layer = 0) {
    Node root;
    if (file.extension() == ".json") {
        const auto json = nlohmann::ordered_json::parse(text, nullptr, false);
        if (!json.is_object()) throw problem(fmt::format("{}: not a JSON object; expected a resolved configuration.", file.string()));
        root = from_json(json, {file.string(), layer});
    } else {
        root = parse_toml(text, {file.string(), layer});
    }
    expand_scalars(root);
    return root;
}

/// Paths of synapse files become absolute: they are relative to the file that says them, which need not be the one that is read first.  True if there was one.
bool find_synapse_files(Node& node, const fs::path& folder, const std::string& path = "") {
    bool found = false;
    const auto is_file = [&](std::string_view p) {
        if (p.starts_with("sweep.")) p.remove_prefix(6);
        return p.starts_with("projection.") && p.ends_with(".topology.file");
    };
    const auto make_absolute = [&](Node& n) {
        if (n.string() && !n.string()->empty()) {
            n.value = fs::absolute(folder / *n.string()).lexically_normal().string();
            found = true;
        }
    };
    for (Entry& entry : *node.table()) {
        const std::string here = join(split_path(child_path(path, entry.key)), ".");
        if (entry.value.table()) {
            found |= find_synapse_files(entry.value, folder, here);
        } else if (is_file(here)) {
            if (const auto* list = entry.value.list()) {
                auto elements = *list;
                for (Node& n : elements) make_absolute(n);
                entry.value.value = std::make_shared<const std::vector<Node>>(std::move(elements));
            } else {
                make_absolute(entry.value);
            }
        }
    }
    return found;
}

/// `chain`: the files that led here.
Node read_chain(Node root, const fs::path& file, std::vector<fs::path> chain) {
    chain.push_back(fs::weakly_canonical(file));
    const Node* extends = root.find("extends");
    find_synapse_files(root, file.parent_path());
    if (!extends) return root;
    const auto fail = [&](const std::string& rule) -> ConfigurationError {
        return problem(fmt::format("{}: extends = {}: {}", extends->origin.text(), extends->describe(), rule));
    };
    if (!extends->string() || extends->string()->empty()) throw fail("must be the name of a network file in quotes.");
    const fs::path base_file = file.parent_path() / *extends->string();
    if (std::find(chain.begin(), chain.end(), fs::weakly_canonical(base_file)) != chain.end()) {
        std::string circle;
        for (const fs::path& link : chain) circle += link.filename().string() + " -> ";
        throw fail(fmt::format("the files extend each other in a circle ({}{}). Remove one of these `extends`.", circle, base_file.filename().string()));
    }
    const auto base_text = contents(base_file);
    if (!base_text) throw fail(fmt::format("{} cannot be read; the path is relative to the file that extends it.", base_file.string()));
    Node base = read_chain(parse(*base_text, base_file, -static_cast<int>(chain.size())), base_file, chain);
    root.erase("extends");
    const Origin origin = root.origin;
    merge(base, std::move(root));
    base.origin = origin;
    return base;
}

}  // namespace

void drop_left_behind(Node& node, const std::set<std::string>& swept, const std::string& path, const Node* around) {
    Node::Table* table = node.table();
    if (!table || path == "sweep") return;
    const Section* section = section_of(path);
    const Node* holder = section && *section->outer ? around : &node;
    const Node* selected = section && holder && *section->deciding() ? holder->find(section->deciding()) : nullptr;
    if (selected && selected->string() && !swept.count(section->deciding_path(path))) {
        const std::string kind = *selected->string();
        const int layer = selected->origin.layer();
        std::erase_if(*table, [&](const Entry& entry) {
            return section->find(entry.key) && !section->find(entry.key, kind) && entry.value.origin.layer() < layer;
        });
    }
    for (Entry& entry : *table) drop_left_behind(entry.value, swept, child_path(path, entry.key), &node);
}

const Key& key_at(const Node& root, const std::string& path, const Origin& origin, std::string_view role) {
    const auto fail = [&](const std::string& rule, const std::string& remedy) {
        return problem(fmt::format("{}: {} `{}`: {}. {}", origin.text(), role, shorten(path, 160), rule, remedy));
    };
    const std::vector<std::string> parts = split_path(path);
    if (parts[0] == "extends" || std::find(top_level_names().begin(), top_level_names().end(), parts[0]) == top_level_names().end())
        throw fail(fmt::format("there is no section `{}`", shorten(parts[0])), suggestion(parts[0], {"run", "population", "projection", "stimulus"}));
    std::size_t next = 1;
    std::string at = parts[0];
    if (is_named(at)) {
        std::vector<std::string> names;
        if (const Node* objects = root.find(at); objects && objects->table())
            for (const Entry& entry : *objects->table()) names.push_back(entry.key);
        if (parts.size() < 2) throw fail(fmt::format("this is the whole of [{}], not a value", at), fmt::format("Name one and a key of it; there are: {}.", join(names)));
        if (std::find(names.begin(), names.end(), parts[1]) == names.end())
            throw fail(fmt::format("there is no {} `{}`", at, shorten(parts[1])), suggestion(parts[1], names, fmt::format("Names in [{}]", at)));
        at += "." + parts[1];
        next = 2;
    }
    const Section* section = section_of(at);
    for (; next < parts.size(); ++next) {
        const Key* key = section->find(parts[next]);
        if (!key || key->type == Type::future) {
            std::vector<std::string> candidates;
            for (const std::string& name : section->names()) candidates.push_back(at + "." + name);
            throw fail(fmt::format("[{}] has no key `{}`", at, shorten(parts[next])), suggestion(at + "." + parts[next], candidates));
        }
        at += "." + parts[next];
        if (next + 1 == parts.size()) return *key;
        if (key->type != Type::table) throw fail(fmt::format("`{}` is a value and has no keys", at), fmt::format("Set {} itself.", at));
        section = key->section;
    }
    throw fail("this is a whole table, not a value", fmt::format("Name one of its keys: {}.", join(section->names())));
}

Layers read_layers(const fs::path& file) {
    const auto read = contents(file);
    if (!read)
        throw IoError(fmt::format("{}: this network file cannot be read{}. Check the path and its permissions.", file.string(),
                                  fs::exists(file) ? "" : ", there is no such file"));
    const bool toml = file.extension() != ".json";
    Layers out{parse(*read, file), *read, toml};
    if (out.root.find("extends")) {
        out.root = read_chain(std::move(out.root), file, {});
        out.as_written = false;
    } else if (find_synapse_files(out.root, file.parent_path())) {
        out.as_written = false;
    }
    return out;
}

void merge(Node& base, Node&& over, const std::string& path) {
    if (!base.table() || !over.table()) {
        base = std::move(over);
        return;
    }
    const Section* section = section_of(path);
    for (Entry& entry : *over.table()) {
        const Key* key = section ? section->find(entry.key) : nullptr;
        if (key)
            for (const std::string& rival : key->rivals)
                if (!over.find(rival)) base.erase(rival);
        if (Node* old = base.find(entry.key))
            merge(*old, std::move(entry.value), child_path(path, entry.key));
        else
            base.put(entry.key, std::move(entry.value));
    }
}

void expand_scalars(Node& node, const std::string& path) {
    const Section* section = section_of(path);
    if (section && *section->scalar && node.is_number()) {
        Node kind{std::string("constant"), node.origin};
        const Origin origin = node.origin;
        Node number = std::move(node);
        node = Node{Node::Table{}, origin};
        node.put("distribution", std::move(kind));
        node.put(section->scalar, std::move(number));
    } else if (section && *section->word && node.string()) {
        Node word = std::move(node);
        node = Node{Node::Table{}, word.origin};
        node.put(section->word, std::move(word));
    } else if (Node::Table* table = node.table()) {
        for (Entry& entry : *table)
            if (path != "sweep" || section->find(entry.key)) expand_scalars(entry.value, child_path(path, entry.key));   // axes are lists, not values
    }
}

void assign(Node& root, const std::string& path, Node value, std::string_view role) {
    const Key& key = key_at(root, path, value.origin, role);
    const std::vector<std::string> parts = split_path(path);
    Node* node = &root;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        Node* child = node->find(parts[i]);
        if (!child) child = &node->put(parts[i], Node{Node::Table{}, value.origin});
        if (!child->table())
            throw problem(fmt::format("{}: {} `{}`: {} = {} is not a table.", value.origin.text(), role, path, parts[i], child->describe()));
        node = child;
    }
    for (const std::string& rival : key.rivals) node->erase(rival);
    expand_scalars(value, path);
    if (Node* old = node->find(parts.back()); old && key.type == Type::table)
        merge(*old, std::move(value), path);
    else
        node->put(parts.back(), std::move(value));
}

void apply_option(Node& root, const std::string& path, const std::string& text, Source source) {
    source.name += fmt::format(" with --set {}={}", shorten(path, 120), shorten(text, 120));
    const auto fail = [&](const std::string& rule) { return problem(fmt::format("{}: {}", source.name, rule)); };
    const std::vector<std::string> parts = split_path(path);
    if (parts.size() < 2 || std::any_of(parts.begin(), parts.end(), [](const std::string& part) { return part.empty(); }))
        throw fail("the path must name a key of a section. Write for example --set run.dt=0.01 or --set projection.EE.strength=10.");

    Node value;
    const bool bare_word = !text.empty() && std::isalpha(static_cast<unsigned char>(text[0])) && text != "true" && text != "false" && text != "inf" && text != "nan" &&
                           std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '-' || c == '.'; });
    if (bare_word) {
        value.value = text;
    } else {
        try {
            Node parsed = parse_toml("value = " + text, source);
            if (parsed.table()->size() != 1) throw problem("more than one value");
            value = std::move(parsed.table()->front().value);
        } catch (const ConfigurationError&) {
            throw fail("the value is not a TOML value. Write a number, true, false, a word, or a quoted string, list or table, e.g. --set 'run.record=[\"v\"]'.");
        }
    }
    const auto name = std::make_shared<const Source>(source);
    const auto relabel = [&name](const auto& self, Node& node) -> void {
        node.origin = {name, 0, 0};
        if (Node::Table* table = node.table())
            for (Entry& entry : *table) self(self, entry.value);
        if (const std::vector<Node>* list = node.list()) {
            auto copy = std::make_shared<std::vector<Node>>(*list);
            for (Node& element : *copy) self(self, element);
            node.value = Node::List(std::move(copy));
        }
    };
    relabel(relabel, value);

    if (parts[0] != "sweep") return assign(root, path, std::move(value), "option");
    const Section& sweep = *section_of("sweep");
    if (!root.find("sweep")) root.put("sweep", Node{Node::Table{}, value.origin});
    if (!root.find("sweep")->table()) throw fail("`sweep` is not a table in this file.");
    if (const Key* key = sweep.find(parts[1]); key && key->type == Type::table) {
        Node& options = *root.find("sweep");
        expand_scalars(value, join(parts, "."));
        if (parts.size() == 2) {
            options.put(parts[1], std::move(value));
        } else {
            if (!options.find(parts[1])) options.put(parts[1], Node{Node::Table{}, value.origin});
            if (parts.size() > 3 || !key->section->find(parts[2])) throw fail(fmt::format("[sweep.{}] has no such key. {}", parts[1], suggestion(parts[2], key->section->names())));
            options.find(parts[1])->put(parts[2], std::move(value));
        }
        return;
    }
    const std::string axis = join({parts.begin() + 1, parts.end()}, ".");
    if (!sweep.find(axis) && axis.find('.') == std::string::npos) throw fail(fmt::format("[sweep] has no key `{}`. {}", axis, suggestion(axis, sweep.names())));
    root.find("sweep")->put(axis, std::move(value));
}

std::vector<Entry> sweep_axes(const Node& root) {
    std::vector<Entry> axes;
    const Node* sweep = root.find("sweep");
    if (!sweep || !sweep->table()) return axes;
    const auto collect = [&axes](const auto& self, const Node::Table& table, const std::string& path) -> void {
        for (const Entry& entry : table) {
            const std::string here = join(split_path(child_path(path, entry.key)), ".");
            if (path.empty() && section_of("sweep")->find(here)) continue;
            if (const Node::Table* nested = entry.value.table())
                self(self, *nested, here);
            else
                axes.push_back({here, entry.value});
        }
    };
    collect(collect, *sweep->table(), "");
    return axes;
}

}  // namespace spikemass::config
