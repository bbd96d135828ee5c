#include "host/config/configuration.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "host/config/canonical.hpp"
#include "host/config/file_document.hpp"
#include "host/config/layers.hpp"
#include "host/config/network_builder.hpp"
#include "host/config/sweep_plan.hpp"
#include "host/config/wording.hpp"
#include "kernels/delays.hpp"
#include "models/base/error.hpp"
#include "models/base/random.hpp"

namespace spikemass {
namespace config {
namespace {

using Json = nlohmann::ordered_json;

/// `text`: of the file, if that says it all.
std::shared_ptr<const Document> document_of(Node root, std::string file, std::optional<std::string> text) {
    auto document = std::make_shared<Document>();
    document->file = std::move(file);
    if (const Node* sweep = root.find("sweep")) {
        document->has_sweep = true;
        document->sweep_origin = sweep->origin;
        Reading reading{root, document->swept};
        document->sweep = canonical_sweep_options(reading);
        document->axes = sweep_axes(root);
        for (const Entry& axis : document->axes) document->swept.insert(axis.key);
    }
    drop_left_behind(root, document->swept);
    document->text = text ? std::move(*text) : to_toml(root);
    root.erase("sweep");
    document->root = std::move(root);
    return document;
}

/// Hash of the values at the swept paths, in the order of the paths: 100 and 100.0 are one value, what is not used is none.
std::uint64_t swept_values_hash(const Document& document, const Resolved& resolved) {
    std::string text;
    for (const std::string& path : document.swept) {
        if (std::find(resolved.ignored.begin(), resolved.ignored.end(), path) != resolved.ignored.end()) continue;
        const Json* value = &resolved.configuration.resolved;
        for (std::string part : split_path(path)) {
            if (part == "probability") part = "mean_indegree";    // what it resolves to
            if (value && value->is_number()) break;    // a constant delay resolves to its number
            value = value && value->is_object() && value->contains(part) ? &value->at(part) : nullptr;
        }
        if (value) text += path + "=" + value->dump() + "\n";
    }
    return name_key(text);
}

}  // namespace

Resolved resolve_root(const Document& document, const Node& root) {
    Resolved out;
    Reading reading{root, document.swept};
    Configuration& configuration = out.configuration;
    configuration.file = document.file;
    configuration.resolved = canonical_json(reading);
    build_network(reading, configuration);
    out.ignored = std::move(reading.ignored);
    out.file_seed = configuration.run.seed;
    if (document.independent_seeds()) {
        const std::uint64_t seed = mix64(out.file_seed ^ swept_values_hash(document, out));
        configuration.resolved["run"]["seed"] = seed;
        configuration.run.seed = seed;
        configuration.network.seeds = trial_seeds(seed, 0);
    }
    return out;
}

Configuration all_to_all_reference(const Document& document, const Node& root, const Configuration& point) {
    Configuration out;
    out.file = point.file;
    out.resolved = point.resolved;
    for (const Projection& p : point.network.projections) {
        Json& table = out.resolved["projection"][p.name];
        const bool self_given = node_at(root, "projection." + p.name + ".topology.self_connections") != nullptr;
        table["topology"] = {{"kind", "all_to_all"}, {"self_connections", self_given ? p.topology.self_connections : true}};
        double factor = 1.0;
        if (p.normalise == Normalise::sqrt_mean_indegree) factor = std::sqrt(p.topology.mean_indegree);
        if (p.normalise == Normalise::none) factor = p.topology.mean_indegree;
        if (p.strength_half_width > 0.0) {   // belongs to the targets, not to the graph
            table["strength"]["center"] = p.strength * factor;
            table["strength"]["half_width"] = p.strength_half_width * factor;
        } else {
            table["strength"] = {{"distribution", "constant"}, {"mean", p.strength * factor}};
        }
        if (p.delay_law != DelayLaw::constant)   // of whole steps, as near as possible
            table["delay"] = {{"distribution", "constant"}, {"mean", std::round(kernels::mean_delay_steps(p)) * point.network.dt}};
        if (p.normalise == Normalise::sqrt_mean_indegree || p.normalise == Normalise::none) table["normalise"] = "mean_indegree";
    }
    const Reading reading{root, document.swept};
    build_network(reading, out);
    return out;
}

Node value_node(const SweepValue& value, const std::string& file) {
    Node node;
    std::visit([&node](const auto& v) { node.value = v; }, value);
    node.origin.source = std::make_shared<const Source>(Source{file, std::numeric_limits<int>::max()});
    return node;
}

}  // namespace config

using namespace config;

Override parse_override(std::string_view text) {
    const auto at = text.find('=');
    if (at == std::string_view::npos || at == 0)
        throw problem(fmt::format("option --set {}: must be PATH=VALUE, for example --set projection.EE.strength=10.", text));
    return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

Seeds trial_seeds(std::uint64_t seed, std::uint64_t trial) {
    return {trial_seed(seed, SeedPurpose::graph, trial), trial_seed(seed, SeedPurpose::init, trial), trial_seed(seed, SeedPurpose::noise, trial)};
}

NetworkFile NetworkFile::load(const std::filesystem::path& file, const std::vector<Override>& overrides, std::optional<std::uint64_t> seed) {
    Layers layers = read_layers(file);
    Node& root = layers.root;
    int layer = 0;
    for (const Override& option : overrides) apply_option(root, option.path, option.value, {file.string(), ++layer});
    if (seed) {
        Node node;
        node.value = fmt::format("{}", *seed);
        node.origin.source = std::make_shared<const Source>(Source{fmt::format("{} with --seed {}", file.string(), *seed), ++layer});
        assign(root, "run.seed", std::move(node), "option");
    }
    const bool as_written = layers.as_written && overrides.empty() && !seed;
    return NetworkFile(document_of(std::move(root), file.string(), as_written ? std::optional(std::move(layers.text)) : std::nullopt));
}

NetworkFile NetworkFile::from_toml(const std::string& text, const std::string& name) {
    Node root = parse_toml(text, {name});
    expand_scalars(root);
    return NetworkFile(document_of(std::move(root), name, text));
}

NetworkFile NetworkFile::from_json(const nlohmann::ordered_json& resolved, const std::string& name) {
    if (!resolved.is_object()) throw problem(fmt::format("{}: not a resolved configuration: it must be a JSON object.", name));
    Node root = config::from_json(resolved, {name});
    expand_scalars(root);
    return NetworkFile(document_of(std::move(root), name, std::nullopt));
}

Configuration NetworkFile::resolve(const std::vector<Assignment>& assignments, std::uint64_t trial) const {
    Node root = document_->root;
    for (const Assignment& a : assignments) assign(root, a.path, value_node(a.value, document_->file), "parameter");
    Configuration out = resolve_root(*document_, root).configuration;
    out.network.seeds = trial_seeds(out.run.seed, trial);
    return out;
}

bool NetworkFile::has_sweep() const { return document_->has_sweep; }

const std::string& NetworkFile::text() const { return document_->text; }

SweepPlan NetworkFile::sweep() const { return config::expand_sweep(document_); }

}  // namespace spikemass
