#pragma once
// What NetworkFile and SweepPlan share.

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/config/document.hpp"

namespace spikemass::config {

struct Document {
    std::string file, text;
    Node root;                          ///< without [sweep]
    bool has_sweep = false;
    Origin sweep_origin;
    nlohmann::ordered_json sweep;       ///< trials, seeds, reference, design
    std::vector<Entry> axes;            ///< path and list of values, as written
    std::set<std::string> swept;        ///< paths of the axes

    bool independent_seeds() const { return sweep.is_object() && sweep.at("seeds") == "independent"; }
};

struct Resolved {
    Configuration configuration;
    std::uint64_t file_seed = 0;        ///< before `seeds = "independent"` mixed in the swept values
    std::vector<std::string> ignored;   ///< paths that the chosen kinds do not use
};

/// `root`: the document's root with the values of a point assigned.
Resolved resolve_root(const Document& document, const Node& root);

/// The paired all-to-all network of a resolved one: same populations, same draws, same mean input.
/// Strengths normalised by sqrt(K) or not at all become those that give J_eff = J K / norm; weights lose their spread.
Configuration all_to_all_reference(const Document& document, const Node& root, const Configuration& point);

/// A value above all layers; `file` stands in messages.
Node value_node(const SweepValue& value, const std::string& file);

}  // namespace spikemass::config
