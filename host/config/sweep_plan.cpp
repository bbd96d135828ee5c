#include "host/config/sweep_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "host/config/design.hpp"
#include "host/config/file_document.hpp"
#include "host/config/fingerprint.hpp"
#include "host/config/layers.hpp"
#include "host/config/schema.hpp"
#include "host/config/wording.hpp"
#include "models/base/error.hpp"

namespace spikemass {
namespace config {
namespace {

using Json = nlohmann::ordered_json;

ConfigurationError axis_error(const Origin& origin, const std::string& path, const std::string& rule) {
    return problem(fmt::format("{}: sweep axis `{}`: {}", origin.text(), path, rule));
}

/// May this path be swept, with this list of values?  Returns its row of the schema.
const Key& check_axis(const Document& document, const Entry& axis) {
    const auto fail = [&](const std::string& rule) { return axis_error(axis.value.origin, axis.key, rule); };
    // A misspelt option of [sweep] is neither a path nor one of its keys.
    if (axis.key.find('.') == std::string::npos && !is_named(axis.key) && axis.key != "run")
        throw fail(fmt::format("[sweep] has no such key, and a path to sweep looks like \"projection.EE.strength\". {}",
                               suggestion(axis.key, section_of("sweep")->names(), "Its keys")));
    const Key& key = key_at(document.root, axis.key, axis.value.origin, "sweep axis");
    if (!key.rules.sweepable || (key.type == Type::table && !*key.section->scalar))
        throw fail(key.type == Type::table ? fmt::format("this is a whole table and cannot be swept. Sweep one of its keys: {}.", fmt::join(key.section->names(), ", "))
                                           : "it cannot be swept. Time unit, warmup, duration, bin, record, lists and the set of populations and "
                                             "projections are the same for all points; write separate files.");
    if (key.type == Type::table) {
        const Node* law = node_at(document.root, axis.key + ".distribution");
        if (law && law->string() && *law->string() != "constant")
            throw fail(fmt::format("it is a distribution here, which single values would replace. Sweep {}.{}.", axis.key, key.section->scalar));
    }
    const std::vector<Node>* values = axis.value.list();
    if (!values) throw fail(fmt::format("must be a list of values, and is {}. Write for example [1, 2, 3].", axis.value.describe()));
    if (values->empty()) throw fail("the list is empty: an axis needs at least one value. Add values or remove the axis.");
    for (const Node& value : *values) {
        if (!value.is_number() && !value.string() && !std::holds_alternative<bool>(value.value))
            throw axis_error(value.origin, axis.key, fmt::format("{} cannot be swept over: values are numbers, strings or true and false.", value.describe()));
        if (const double* x = std::get_if<double>(&value.value); x && !std::isfinite(*x))
            throw axis_error(value.origin, axis.key, fmt::format("{} must be a finite number.", value.describe()));
        if (value.is_number() != values->front().is_number() || (!value.is_number() && value.value.index() != values->front().value.index()))
            throw axis_error(value.origin, axis.key, fmt::format("{} and {} are of different types: an axis is one coordinate of the dataset. "
                                                                 "Use values of one type.", values->front().describe(), value.describe()));
    }
    return key;
}

/// Two axes must not set the same thing.
void check_overlap(const std::vector<Entry>& axes) {
    for (std::size_t i = 0; i < axes.size(); ++i)
        for (std::size_t j = 0; j < axes.size(); ++j) {
            if (i == j) continue;
            const std::string &a = axes[i].key, &b = axes[j].key;
            const auto dot = a.rfind('.');
            const Section* holder = dot == std::string::npos ? nullptr : section_of(a.substr(0, dot));
            const Key* key = holder ? holder->find(a.substr(dot + 1)) : nullptr;
            const bool rivals = key && std::any_of(key->rivals.begin(), key->rivals.end(), [&](const std::string& rival) { return b == a.substr(0, dot + 1) + rival; });
            if ((a == b && i < j) || b.starts_with(a + ".") || rivals)
                throw axis_error(axes[j].value.origin, b, fmt::format("it sets the same thing as the axis `{}`. Keep one of the two.", a));
        }
}

std::vector<SweepValue> typed_values(const Key& key, const std::vector<Node>& values) {
    const bool reals = key.type == Type::number || key.type == Type::table ||
                       std::any_of(values.begin(), values.end(), [](const Node& v) { return std::holds_alternative<double>(v.value); });
    std::vector<SweepValue> out;
    for (const Node& value : values) {
        if (const std::int64_t* whole = std::get_if<std::int64_t>(&value.value))
            reals ? out.emplace_back(static_cast<double>(*whole)) : out.emplace_back(*whole);
        else if (const double* x = std::get_if<double>(&value.value))
            out.emplace_back(*x);
        else if (const bool* flag = std::get_if<bool>(&value.value))
            out.emplace_back(*flag);
        else
            out.emplace_back(*value.string());
    }
    return out;
}

std::string value_text(const SweepValue& value) {
    struct Visitor {
        std::string operator()(double v) const { return fmt::format("{}", v); }
        std::string operator()(std::int64_t v) const { return fmt::format("{}", v); }
        std::string operator()(bool v) const { return v ? "true" : "false"; }
        std::string operator()(const std::string& v) const { return v; }
    };
    return std::visit(Visitor{}, value);
}

Json value_json(const SweepValue& value) {
    return std::visit([](const auto& v) { return Json(v); }, value);
}

class Expansion {
public:
    explicit Expansion(std::shared_ptr<const Document> document) : document_(*document) { plan_.document = std::move(document); }

    SweepPlan expand() {
        if (!document_.has_sweep)
            throw problem(fmt::format("{}: there is no [sweep] section, so there is nothing to sweep. Add one, or use `run`.", document_.file));
        options();
        const std::size_t points = check_axes();
        plan_.points.reserve(points);
        for (std::size_t i = 0; i < points; ++i) add_point(indices(i));
        check_used();
        fingerprint();
        return std::move(plan_);
    }

private:
    void options() {
        plan_.file = document_.file;
        plan_.design = document_.sweep.at("design").at("kind").get<std::string>();
        sampled_ = document_.sweep.at("design").contains("points");
        plan_.trials = document_.sweep.at("trials").get<std::int64_t>();
        plan_.independent_seeds = document_.independent_seeds();
        with_reference_ = document_.sweep.at("reference") == "all_to_all";
        if (document_.axes.empty() && sampled_)
            throw problem(fmt::format("{}: design = \"{}\" samples ranges, and [sweep] has none. Add for example \"projection.EE.strength\" = [5.0, 20.0].", document_.sweep_origin.text(), plan_.design));
        if (document_.axes.empty() && plan_.trials == 1)
            throw problem(fmt::format("{}: [sweep] is empty: it has neither an axis nor more than one trial. Add for example "
                                                 "\"projection.EE.strength\" = [5, 10] or trials = 8.", document_.sweep_origin.text()));
    }

    std::size_t check_axes() {
        double grid = 1;
        std::vector<const Key*> keys;
        for (const Entry& axis : document_.axes) {
            const Key& key = check_axis(document_, axis);
            keys.push_back(&key);
            plan_.axes.push_back(axis.key);
            plan_.axis_values.push_back(typed_values(key, *axis.value.list()));
            grid *= static_cast<double>(axis.value.list()->size());
        }
        check_overlap(document_.axes);
        if (sampled_) {
            sample(keys);
            grid = static_cast<double>(plan_.axis_values[0].size());
        }
        if (plan_.design == "zip" && !plan_.axes.empty()) {
            const std::size_t length = plan_.axis_values[0].size();
            for (std::size_t a = 1; a < plan_.axes.size(); ++a)
                if (plan_.axis_values[a].size() != length)
                    throw axis_error(document_.axes[a].value.origin, plan_.axes[a],
                                     fmt::format("it has {} values and `{}` has {}: design = \"zip\" takes lists side by side, so they must be equally long.",
                                                 plan_.axis_values[a].size(), plan_.axes[0], length));
            grid = static_cast<double>(length);
        }
        if (grid > max_points)
            throw problem(fmt::format("{}: the sweep has {:.3g} points, and at most {:.0g} are possible. Use fewer values, design = \"zip\", "
                                                 "or several files.", document_.sweep_origin.text(), grid, max_points));
        used_.assign(plan_.axes.size(), false);
        return static_cast<std::size_t>(grid);
    }

    /// Ranges become one value per point.
    void sample(const std::vector<const Key*>& keys) {
        const Json& design = document_.sweep.at("design");
        const auto points = design.at("points").get<std::int64_t>();
        if (static_cast<double>(points) > max_points)
            throw problem(fmt::format("{}: the sweep has {} points, and at most {:.0g} are possible.", document_.sweep_origin.text(), points, max_points));
        if (plan_.design == "sobol" && plan_.axes.size() > most_sobol_axes)
            throw problem(fmt::format("{}: design = \"sobol\" is tabulated for {} axes. Use latin_hypercube.", document_.sweep_origin.text(), most_sobol_axes));
        std::vector<std::string> logarithmic;
        design.at("logarithmic").get_to(logarithmic);
        for (const std::string& path : logarithmic)
            if (std::find(plan_.axes.begin(), plan_.axes.end(), path) == plan_.axes.end())
                throw problem(fmt::format("{}: sweep.design.logarithmic names `{}`, which is not swept. {}", document_.sweep_origin.text(), path, suggestion(path, plan_.axes, "Swept are")));
        const auto n = static_cast<std::size_t>(points);
        const auto u = unit_points(plan_.design, n, plan_.axes.size(), design.at("seed").get<std::uint64_t>());
        for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
            const std::vector<SweepValue> range = std::move(plan_.axis_values[a]);
            const bool in_logarithm = std::find(logarithmic.begin(), logarithmic.end(), plan_.axes[a]) != logarithmic.end();
            const auto fail = [&](const std::string& rule) { return axis_error(document_.axes[a].value.origin, plan_.axes[a], fmt::format("design = \"{}\" {}", plan_.design, rule)); };
            const auto number = [](const SweepValue& v) { return std::holds_alternative<double>(v) ? std::get<double>(v) : static_cast<double>(std::get<std::int64_t>(v)); };
            const bool words = std::holds_alternative<std::string>(range[0]) || std::holds_alternative<bool>(range[0]), whole = std::holds_alternative<std::int64_t>(range[0]);
            if (words && in_logarithm) throw fail("has no logarithm of words.");
            if (!words && range.size() != 2) throw fail(fmt::format("takes a range [low, high], and here are {} values.", range.size()));
            if (!words && !(number(range[0]) < number(range[1]))) throw fail("takes a range [low, high] with low < high.");
            if (in_logarithm && !(number(range[0]) > 0)) throw fail("takes the logarithm of this axis, so low must be > 0.");
            const bool counts = keys[a]->rules.counts;
            if (counts && (std::floor(number(range[0])) != number(range[0]) || std::floor(number(range[1])) != number(range[1]))) throw fail("samples this axis in whole numbers, so its ends must be whole.");
            plan_.axis_values[a].clear();
            for (const double x : u[a]) {
                if (words) plan_.axis_values[a].push_back(range[static_cast<std::size_t>(x * static_cast<double>(range.size()))]);
                else if (const double value = scaled(x, number(range[0]), number(range[1]), in_logarithm, whole || counts); whole) plan_.axis_values[a].emplace_back(static_cast<std::int64_t>(value));
                else plan_.axis_values[a].emplace_back(value);
            }
        }
    }

    /// Which value of each axis point i has; the last axis is fastest.
    std::vector<std::size_t> indices(std::size_t i) const {
        std::vector<std::size_t> at(plan_.axes.size(), i);
        if (plan_.design == "grid")
            for (std::size_t a = plan_.axes.size(); a-- > 0;) {
                at[a] = i % plan_.axis_values[a].size();
                i /= plan_.axis_values[a].size();
            }
        return at;
    }

    void add_point(const std::vector<std::size_t>& at) {
        SweepPoint point;
        Node root = document_.root;
        for (std::size_t a = 0; a < at.size(); ++a) {
            point.values.push_back(plan_.axis_values[a][at[a]]);
            const Node& axis = document_.axes[a].value;
            assign(root, plan_.axes[a], sampled_ ? value_node(point.values.back(), plan_.file) : (*axis.list())[at[a]], "sweep axis");
        }
        const std::int64_t index = static_cast<std::int64_t>(plan_.points.size());
        try {
            Resolved resolved = resolve_root(document_, root);
            for (std::size_t a = 0; a < at.size(); ++a)
                if (std::find(resolved.ignored.begin(), resolved.ignored.end(), plan_.axes[a]) == resolved.ignored.end()) used_[a] = true;
            point.seed = resolved.configuration.run.seed;
            point.sha256 = sha256(resolved.configuration.resolved.dump());
            const auto [same, fresh] = index_.emplace(point.sha256, index);
            if (!fresh) point.same_as = same->second;
            if (with_reference_) point.reference = point.same_as >= 0 ? plan_.points[static_cast<std::size_t>(point.same_as)].reference
                                                                      : add_reference(point, all_to_all_reference(document_, root, resolved.configuration));
            if (index == 0) {
                first_ = std::move(resolved.configuration.resolved);
                first_["run"]["seed"] = resolved.file_seed;
            }
        } catch (const ConfigurationError& error) {
            throw problem(fmt::format("{} (Sweep point {}: {}.)", error.what(), index, describe_point(plan_, point)));
        }
        plan_.points.push_back(std::move(point));
    }

    std::int64_t add_reference(const SweepPoint& point, const Configuration& configuration) {
        SweepPoint reference;
        reference.values = point.values;
        reference.seed = point.seed;
        reference.all_to_all = true;
        reference.sha256 = sha256(configuration.resolved.dump());
        const auto [at, fresh] = reference_index_.emplace(reference.sha256, static_cast<std::int64_t>(plan_.references.size()));
        if (fresh) plan_.references.push_back(std::move(reference));
        return at->second;
    }

    void check_used() const {
        for (std::size_t a = 0; a < used_.size(); ++a)
            if (!used_[a])
                throw axis_error(document_.axes[a].value.origin, plan_.axes[a],
                                 "no point of the sweep uses it: the kinds chosen here have no such key. Remove the axis or change the kind.");
    }

    void fingerprint() {
        for (SweepPoint& reference : plan_.references)
            if (const auto same = index_.find(reference.sha256); same != index_.end()) reference.same_as = same->second;
        std::string all;
        for (const SweepPoint& point : plan_.points) all += point.sha256;
        for (const SweepPoint& reference : plan_.references) all += reference.sha256;
        plan_.resolved["sweep"] = document_.sweep;
        Json axes = Json::object();
        for (std::size_t a = 0; a < plan_.axes.size(); ++a) {
            Json values = Json::array();
            for (const SweepValue& value : plan_.axis_values[a]) values.push_back(value_json(value));
            axes[plan_.axes[a]] = std::move(values);
        }
        plan_.resolved["sweep"]["axes"] = std::move(axes);
        plan_.resolved["network"] = std::move(first_);
        plan_.resolved["points_sha256"] = sha256(all);
        plan_.sha256 = sha256(plan_.resolved.dump());
    }

    const Document& document_;
    SweepPlan plan_;
    Json first_;
    std::vector<bool> used_;
    bool with_reference_ = false, sampled_ = false;
    std::unordered_map<std::string, std::int64_t> index_, reference_index_;
};

}  // namespace

SweepPlan expand_sweep(std::shared_ptr<const Document> document) { return Expansion(std::move(document)).expand(); }

}  // namespace config

using namespace config;

Configuration SweepPlan::configuration(const SweepPoint& point, std::uint64_t trial) const {
    Node root = document->root;
    for (std::size_t a = 0; a < axes.size(); ++a) assign(root, axes[a], value_node(point.values[a], file), "sweep axis");
    Configuration out = resolve_root(*document, root).configuration;
    if (point.all_to_all) out = all_to_all_reference(*document, root, out);
    out.network.seeds = trial_seeds(out.run.seed, trial);
    return out;
}

Seeds point_seeds(const SweepPoint& point, std::uint64_t trial) { return trial_seeds(point.seed, trial); }

std::string describe_point(const SweepPlan& plan, const SweepPoint& point) {
    std::string text;
    for (std::size_t a = 0; a < plan.axes.size(); ++a) text += (a ? ", " : "") + plan.axes[a] + " = " + value_text(point.values[a]);
    return text.empty() ? "the file as written" : text;
}

}  // namespace spikemass
