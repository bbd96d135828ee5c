#include <algorithm>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/layout.hpp"

namespace spikemass::output {

using nlohmann::ordered_json;

namespace {

/// Distinct values in order of first appearance.
ordered_json distinct(const std::vector<std::vector<AxisValue>>& points, std::size_t axis) {
    ordered_json out = ordered_json::array();
    for (const auto& point : points) {
        const auto value = std::visit([](const auto& v) { return ordered_json(v); }, point[axis]);
        if (std::find(out.begin(), out.end(), value) == out.end()) out.push_back(value);
    }
    return out;
}

ordered_json status_counts(const std::vector<TrialStatus>& status) {
    const auto count = [&](TrialStatus s) { return std::count(status.begin(), status.end(), s); };
    return {{"ok", count(TrialStatus::ok)}, {"failed", count(TrialStatus::failed)}, {"missing", count(TrialStatus::missing)}};
}

ordered_json populations(const SweepHeader& h) {
    ordered_json out;
    for (std::size_t p = 0; p < h.populations.size(); ++p) {
        auto smallest = h.n_neurons.front()[p], largest = smallest;
        for (const auto& row : h.n_neurons) smallest = std::min(smallest, row[p]), largest = std::max(largest, row[p]);
        if (smallest == largest) out[h.populations[p]] = {{"size", smallest}};
        else out[h.populations[p]] = {{"size_min", smallest}, {"size_max", largest}};
    }
    return out;
}

void append_text(std::string& out, const ordered_json& j, int depth) {
    for (const auto& [key, value] : j.items()) {
        if (value.is_object() && !value.empty()) {
            out += fmt::format("{:{}}{}:\n", "", 2 * depth, key);
            append_text(out, value, depth + 1);
        } else if (value.is_array()) {
            std::vector<std::string> items;
            for (const auto& x : value) items.push_back(x.is_string() ? x.get<std::string>() : x.dump());
            out += fmt::format("{:{}}{}: {}\n", "", 2 * depth, key, fmt::join(items, ", "));
        } else {
            out += fmt::format("{:{}}{}: {}\n", "", 2 * depth, key, value.is_string() ? value.get<std::string>() : value.dump());
        }
    }
}

}  // namespace

ordered_json dataset_info(const std::filesystem::path& path) {
    const auto d = read_dataset(path, false);
    const auto& h = d.header;
    ordered_json j = {{"file", path.string()}, {"size_bytes", std::filesystem::file_size(path)},
                      {"profile", fmt::format("{} {}.{}", layout::profile, layout::version_major, layout::version_minor)},
                      {"program_version", h.provenance.program_version}, {"git_commit", h.provenance.git_commit}, {"backend", h.provenance.backend},
                      {"device", h.provenance.device}, {"compiler", h.provenance.compiler},
                      {"graph_recipe", h.provenance.graph_recipe}, {"resolved_sha256", h.sha256},
                      {"time_unit", h.time_unit}, {"warmup", h.warmup}, {"duration", h.duration}, {"bin", h.bin}, {"dt", h.dt},
                      {"bins", h.n_bins()}, {"points", h.n_points()}, {"trials", h.trials}, {"references", h.n_references()}};
    if (const auto tau = layout::one_if_equal(h.tau_ms); !tau.empty()) {
        if (tau.size() == 1) j["tau_ms"] = tau.front();
        else j["tau_ms"] = tau;
    }
    j["populations"] = populations(h);
    j["projections"] = h.projections;
    ordered_json swept = ordered_json::object();
    for (std::size_t a = 0; a < h.axes.size(); ++a) swept[h.axes[a]] = distinct(h.points, a);
    j["swept"] = std::move(swept);
    ordered_json recorded = {"rate"};
    if (h.record.v) recorded.push_back("v");
    if (h.record.order_parameter) recorded.push_back("order_parameter");
    if (h.record.statistics) recorded.push_back("statistics");
    j["recorded"] = std::move(recorded);
    j["levels"] = ordered_json::array({"spiking"});
    for (const auto& group : d.groups) j["levels"].push_back(group);
    j["status"] = status_counts(d.runs.status);
    if (d.runs.digest.size() == 1) j["digest"] = fmt::format("{:016x}", d.runs.digest.front());
    return j;
}

std::string info_text(const ordered_json& info) {
    std::string out;
    append_text(out, info, 0);
    return out;
}

}  // namespace spikemass::output
