#include "host/output/dataset_frame.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>
#include <type_traits>
#include <vector>

#include <fmt/format.h>

#include "host/output/group_variable.hpp"
#include "host/output/layout.hpp"

namespace spikemass::output {

namespace {

void write_attributes(int root, const SweepHeader& h) {
    const auto text = [&](const char* name, const std::string& value) { nc::put_attribute(root, NC_GLOBAL, name, value); };
    text("profile", layout::profile);
    text("profile_version", fmt::format("{}.{}", layout::version_major, layout::version_minor));
    text("level", "spiking");
    text("time_unit", h.time_unit);
    if (!h.tau_ms.empty()) nc::put_attribute(root, NC_GLOBAL, "tau_ms", layout::one_if_equal(h.tau_ms));
    nc::put_attribute(root, NC_GLOBAL, "dt", h.dt);   // of points that do not sweep run.dt
    nc::put_attribute(root, NC_GLOBAL, "bin", h.bin);
    nc::put_attribute(root, NC_GLOBAL, "warmup", h.warmup);
    nc::put_attribute(root, NC_GLOBAL, "duration", h.duration);
    text("program_version", h.provenance.program_version);
    text("git_commit", h.provenance.git_commit);
    text("backend", h.provenance.backend);
    text("device", h.provenance.device);
    text("compiler", h.provenance.compiler);
    if (h.provenance.graph_recipe > 0) nc::put_attribute(root, NC_GLOBAL, "graph_recipe", h.provenance.graph_recipe);
    text("resolved_sha256", h.sha256);
    nc::put_long_attribute(root, NC_GLOBAL, "resolved_configuration", h.resolved.dump());
    nc::put_long_attribute(root, NC_GLOBAL, "network_file", h.network_toml);
}

/// One value of every point as a 1-D coordinate of `point`.
GroupVariable swept_variable(const std::string& name, const std::string& path, const std::string& units, const std::vector<AxisValue>& values) {
    GroupVariable out{name, {"point"}, units, "swept value of " + path, {}, false, {{"path", path}}};
    const auto all = [&](auto is) { return std::all_of(values.begin(), values.end(), is); };
    const auto holds = [](auto tag) { return [](const AxisValue& v) { return std::holds_alternative<typename decltype(tag)::type>(v); }; };
    const auto is_real = holds(std::type_identity<double>{});
    const auto is_integer = holds(std::type_identity<std::int64_t>{});
    const auto is_bool = holds(std::type_identity<bool>{});
    const auto convert = [&]<class T>(std::type_identity<T>, auto one) {
        std::vector<T> list;
        for (const auto& v : values) list.push_back(one(v));
        out.values = std::move(list);
    };
    if (all(is_bool)) {
        out.attributes["flag_meanings"] = "false true";
        convert(std::type_identity<std::int8_t>{}, [](const AxisValue& v) { return static_cast<std::int8_t>(std::get<bool>(v)); });
    } else if (all(is_integer)) {
        convert(std::type_identity<std::int64_t>{}, [](const AxisValue& v) { return std::get<std::int64_t>(v); });
    } else if (all([&](const AxisValue& v) { return is_real(v) || is_integer(v); })) {
        convert(std::type_identity<double>{}, [&](const AxisValue& v) { return is_real(v) ? std::get<double>(v) : static_cast<double>(std::get<std::int64_t>(v)); });
    } else {
        convert(std::type_identity<std::string>{}, [](const AxisValue& v) {
            return std::visit([](const auto& x) -> std::string {
                if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::string>) return x;
                else return fmt::format("{}", x);
            }, v);
        });
    }
    return out;
}

void write_labels(int group, const nc::Dimension& dimension, const std::vector<std::string>& labels) {
    nc::put(group, nc::define_variable(group, dimension.name, NC_STRING, {dimension}, "1", dimension.name + " name"), labels);
}

/// trial, time, population, projection: in every group, so that each opens alone.
void write_coordinates(int group, const SweepHeader& h) {
    std::vector<std::int64_t> trials;
    for (std::int64_t t = 0; t < h.trials; ++t) trials.push_back(h.first_trial + t);
    nc::put(group, nc::define_variable(group, "trial", NC_INT64, {*nc::find_dimension(group, "trial")}, "1", "trial"), trials);
    std::vector<double> time;
    for (std::int64_t b = 0; b < h.n_bins(); ++b) time.push_back(h.warmup + (static_cast<double>(b) + 0.5) * h.bin);
    nc::put(group, nc::define_variable(group, "time", NC_DOUBLE, {*nc::find_dimension(group, "time")}, h.time_unit, "bin centre, from the start of the simulation"), time);
    write_labels(group, *nc::find_dimension(group, "population"), h.populations);
    if (!h.projections.empty()) write_labels(group, *nc::find_dimension(group, "projection"), h.projections);
}

}  // namespace

std::vector<GroupVariable> swept_variables(const SweepHeader& h, const std::vector<std::size_t>& points) {
    std::vector<GroupVariable> list;
    const auto names = layout::axis_names(h.axes);
    for (std::size_t a = 0; a < names.size(); ++a) {
        std::vector<AxisValue> values;
        for (const std::size_t p : points) values.push_back(h.points[p][a]);
        list.push_back(swept_variable(names[a], h.axes[a], h.axis_units.empty() ? "1" : h.axis_units[a], values));
    }
    return list;
}

nc::Dimension define_frame(int root, const SweepHeader& h) {
    write_attributes(root, h);
    const auto point = nc::define_dimension(root, "point", static_cast<std::size_t>(h.n_points()));
    nc::define_dimension(root, "trial", static_cast<std::size_t>(h.trials));
    nc::define_dimension(root, "time", static_cast<std::size_t>(h.n_bins()));
    nc::define_dimension(root, "population", h.populations.size());
    if (!h.projections.empty()) nc::define_dimension(root, "projection", h.projections.size());
    write_coordinates(root, h);
    std::vector<std::size_t> every(static_cast<std::size_t>(h.n_points()));
    std::iota(every.begin(), every.end(), std::size_t{0});
    for (const GroupVariable& v : swept_variables(h, every)) write_variable(root, "", v, "");
    std::vector<std::int64_t> same_as;
    for (std::int64_t p = 0; p < h.n_points(); ++p) same_as.push_back(h.representative(p));
    nc::put(root, nc::define_variable(root, "same_as", NC_INT64, {point}, "1", "first point with the same network; equal points are run once"), same_as);
    return point;
}

int define_reference_frame(int root, const SweepHeader& h, const nc::Dimension& point) {
    int group = -1;
    nc::check(nc_def_grp(root, layout::reference_group, &group), "defining group reference");
    nc::put_attribute(group, NC_GLOBAL, "level", std::string("spiking"));
    nc::put_attribute(group, NC_GLOBAL, "topology", std::string("all_to_all"));
    nc::define_dimension(group, "reference_point", static_cast<std::size_t>(h.n_references()));
    write_coordinates(group, h);
    nc::put(group, nc::define_variable(group, "reference_index", NC_INT64, {point}, "1", "index into reference_point of each point's paired all-to-all run, -1: none"),
            h.reference_index);
    return group;
}

}  // namespace spikemass::output
