#include "host/output/records.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "models/base/error.hpp"

namespace spikemass::output {

using nlohmann::ordered_json;

std::int64_t SweepHeader::n_references() const {
    return reference_index.empty() ? 0 : *std::max_element(reference_index.begin(), reference_index.end()) + 1;
}

std::int64_t SweepHeader::n_bins() const { return std::llround(duration / bin); }

void SweepHeader::check() const {
    const auto fail = [](const std::string& what) { throw ConfigurationError("sweep header: " + what); };
    if (time_unit != "tau" && time_unit != "ms") fail(fmt::format("time_unit is \"{}\"; it must be \"tau\" or \"ms\".", time_unit));
    if (!(bin > 0.0) || !(duration > 0.0) || n_bins() < 1) fail(fmt::format("bin = {} and duration = {} must give at least one bin.", bin, duration));
    if (points.empty()) fail("the sweep has no points; every swept list needs at least one value.");
    if (trials < 1) fail(fmt::format("trials = {} must be >= 1.", trials));
    if (populations.empty()) fail("there is no population.");
    if (!tau_ms.empty() && tau_ms.size() != populations.size()) fail("tau_ms must be given for every population.");
    if (!axis_units.empty() && axis_units.size() != axes.size()) fail("axis_units must have one unit per axis.");
    for (const auto& point : points)
        if (point.size() != axes.size()) fail(fmt::format("a point has {} values for {} axes.", point.size(), axes.size()));
    if (n_neurons.size() != points.size()) fail("n_neurons must have one row per point.");
    for (const auto& row : n_neurons)
        if (row.size() != populations.size()) fail("n_neurons must have one column per population.");
    if (!stimulus.empty() && stimulus.size() != 1 && stimulus.size() != points.size()) fail("stimulus must be given once or for every point.");
    for (const auto& point : stimulus) {
        if (point.size() != populations.size()) fail("stimulus must have one row per population.");
        for (const auto& row : point)
            if (static_cast<std::int64_t>(row.size()) != n_bins()) fail(fmt::format("a stimulus has {} samples for {} bins.", row.size(), n_bins()));
    }
    for (const auto* index : {&same_as, &reference_index})
        if (!index->empty() && index->size() != points.size()) fail("same_as and reference_index must have one entry per point.");
    for (std::int64_t p = 0; p < static_cast<std::int64_t>(same_as.size()); ++p) {
        const auto q = same_as[static_cast<std::size_t>(p)];
        if (q < 0 || q > p || same_as[static_cast<std::size_t>(q)] != q) fail(fmt::format("same_as[{}] = {} is not an earlier representative.", p, q));
    }
    for (const auto r : reference_index)
        if (r < -1) fail("reference_index must be -1 (none) or count from 0.");
}

std::vector<TrialId> planned_trials(const SweepHeader& header) {
    std::vector<TrialId> ids;
    for (std::int64_t p = 0; p < header.n_points(); ++p)
        if (header.representative(p) == p)
            for (std::int64_t t = 0; t < header.trials; ++t) ids.push_back({RunKind::point, p, t});
    for (std::int64_t r = 0; r < header.n_references(); ++r)
        for (std::int64_t t = 0; t < header.trials; ++t) ids.push_back({RunKind::reference, r, t});
    return ids;
}

namespace {

ordered_json to_json(const AxisValue& value) {
    return std::visit([](const auto& v) { return ordered_json(v); }, value);
}

AxisValue axis_value(const ordered_json& j) {
    if (j.is_boolean()) return j.get<bool>();
    if (j.is_number_integer()) return j.get<std::int64_t>();
    if (j.is_number_float()) return j.get<double>();
    return j.get<std::string>();
}

}  // namespace

std::vector<std::uint8_t> encode_header(const SweepHeader& h) {
    ordered_json points = ordered_json::array();
    for (const auto& point : h.points) {
        ordered_json row = ordered_json::array();
        for (const auto& value : point) row.push_back(to_json(value));
        points.push_back(std::move(row));
    }
    ordered_json j = {{"network_toml", h.network_toml}, {"resolved", h.resolved}, {"sha256", h.sha256}, {"time_unit", h.time_unit},
                      {"dt", h.dt}, {"bin", h.bin}, {"warmup", h.warmup}, {"duration", h.duration},
                      {"record", {{"v", h.record.v}, {"order_parameter", h.record.order_parameter}, {"spikes", h.record.spikes}, {"statistics", h.record.statistics}}},
                      {"axes", h.axes}, {"axis_units", h.axis_units}, {"points", std::move(points)},
                      {"trials", h.trials}, {"first_trial", h.first_trial}, {"populations", h.populations}, {"projections", h.projections},
                      {"n_neurons", h.n_neurons}, {"stimulus", h.stimulus}, {"same_as", h.same_as}, {"reference_index", h.reference_index},
                      {"provenance", {{"program_version", h.provenance.program_version}, {"git_commit", h.provenance.git_commit},
                                      {"backend", h.provenance.backend}, {"device", h.provenance.device}, {"compiler", h.provenance.compiler},
                                      {"graph_recipe", h.provenance.graph_recipe}}}};
    if (!h.tau_ms.empty()) j["tau_ms"] = h.tau_ms;
    return ordered_json::to_cbor(j);
}

SweepHeader decode_header(const std::vector<std::uint8_t>& bytes) try {
    const auto j = ordered_json::from_cbor(bytes);
    SweepHeader h;
    j.at("network_toml").get_to(h.network_toml);
    h.resolved = j.at("resolved");
    j.at("sha256").get_to(h.sha256);
    j.at("time_unit").get_to(h.time_unit);
    j.at("dt").get_to(h.dt);
    j.at("bin").get_to(h.bin);
    j.at("warmup").get_to(h.warmup);
    j.at("duration").get_to(h.duration);
    j.at("record").at("v").get_to(h.record.v);
    j.at("record").at("order_parameter").get_to(h.record.order_parameter);
    j.at("record").at("spikes").get_to(h.record.spikes);
    h.record.statistics = j.at("record").value("statistics", false);
    j.at("axes").get_to(h.axes);
    j.at("axis_units").get_to(h.axis_units);
    for (const auto& row : j.at("points")) {
        auto& point = h.points.emplace_back();
        for (const auto& value : row) point.push_back(axis_value(value));
    }
    j.at("trials").get_to(h.trials);
    j.at("first_trial").get_to(h.first_trial);
    j.at("populations").get_to(h.populations);
    j.at("projections").get_to(h.projections);
    if (const auto tau = j.find("tau_ms"); tau != j.end()) {
        if (tau->is_number()) h.tau_ms.assign(h.populations.size(), tau->get<double>());   // the one of all
        else tau->get_to(h.tau_ms);
    }
    j.at("n_neurons").get_to(h.n_neurons);
    j.at("stimulus").get_to(h.stimulus);
    j.at("same_as").get_to(h.same_as);
    j.at("reference_index").get_to(h.reference_index);
    const auto& p = j.at("provenance");
    p.at("program_version").get_to(h.provenance.program_version);
    p.at("git_commit").get_to(h.provenance.git_commit);
    p.at("backend").get_to(h.provenance.backend);
    p.at("device").get_to(h.provenance.device);
    p.at("compiler").get_to(h.provenance.compiler);
    h.provenance.graph_recipe = p.value("graph_recipe", 0);
    return h;
} catch (const nlohmann::json::exception& e) {
    throw IoError(fmt::format("a stored sweep header cannot be read ({}); the file is damaged or was written by another version of the program.", e.what()));
}

namespace {

/// "/population/E/size" -> "population.E.size".
std::string dotted(std::string pointer) {
    if (!pointer.empty()) pointer.erase(0, 1);
    std::replace(pointer.begin(), pointer.end(), '/', '.');
    return pointer;
}

std::map<std::string, std::string> leaves(const ordered_json& document) {
    std::map<std::string, std::string> out;
    const auto flat = document.flatten();
    for (const auto& [pointer, value] : flat.items()) out[dotted(pointer)] = value.dump();
    return out;
}

}  // namespace

std::string configuration_difference(const ordered_json& stored, const ordered_json& requested, std::size_t limit) {
    const auto before = leaves(stored), after = leaves(requested);
    std::vector<std::string> lines;
    for (const auto& [path, value] : before) {
        const auto other = after.find(path);
        if (other == after.end()) lines.push_back(fmt::format("{}: {} -> (absent)", path, value));
        else if (other->second != value) lines.push_back(fmt::format("{}: {} -> {}", path, value, other->second));
    }
    for (const auto& [path, value] : after)
        if (!before.contains(path)) lines.push_back(fmt::format("{}: (absent) -> {}", path, value));
    std::sort(lines.begin(), lines.end());
    const auto rest = lines.size() > limit ? lines.size() - limit : 0;
    lines.resize(lines.size() - rest);
    if (rest) lines.push_back(fmt::format("... and {} more", rest));
    return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace spikemass::output
