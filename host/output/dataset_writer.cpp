#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/hdf5_lock.hpp"
#include "host/output/journal.hpp"
#include "host/output/layout.hpp"
#include "host/output/netcdf.hpp"
#include "host/output/run_variables.hpp"
#include "models/base/error.hpp"

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
void write_axis(int root, const nc::Dimension& point, const std::string& name, const std::string& path, const std::string& units,
                const std::vector<AxisValue>& values) {
    const auto all = [&](auto is) { return std::all_of(values.begin(), values.end(), is); };
    const auto holds = [](auto tag) { return [](const AxisValue& v) { return std::holds_alternative<typename decltype(tag)::type>(v); }; };
    const auto is_real = holds(std::type_identity<double>{});
    const auto is_integer = holds(std::type_identity<std::int64_t>{});
    const auto is_bool = holds(std::type_identity<bool>{});
    const auto define = [&](nc_type type) {
        const int id = nc::define_variable(root, name, type, {point}, units, "swept value of " + path);
        nc::put_attribute(root, id, "path", path);
        return id;
    };
    if (all(is_bool)) {
        std::vector<std::int8_t> out;
        for (const auto& v : values) out.push_back(std::get<bool>(v) ? 1 : 0);
        const int id = define(NC_BYTE);
        nc::put_attribute(root, id, "flag_values", std::vector<std::int8_t>{0, 1});
        nc::put_attribute(root, id, "flag_meanings", std::string("false true"));
        nc::put(root, id, out);
    } else if (all(is_integer)) {
        std::vector<std::int64_t> out;
        for (const auto& v : values) out.push_back(std::get<std::int64_t>(v));
        nc::put(root, define(NC_INT64), out);
    } else if (all([&](const AxisValue& v) { return is_real(v) || is_integer(v); })) {
        std::vector<double> out;
        for (const auto& v : values) out.push_back(is_real(v) ? std::get<double>(v) : static_cast<double>(std::get<std::int64_t>(v)));
        nc::put(root, define(NC_DOUBLE), out);
    } else {
        std::vector<std::string> out;
        for (const auto& v : values)
            out.push_back(std::visit([](const auto& x) -> std::string {
                if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::string>) return x;
                else return fmt::format("{}", x);
            }, v));
        nc::put(root, define(NC_STRING), out);
    }
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

/// [time][population], or [point][time][population] where it differs between points.
void write_stimulus(int root, const SweepHeader& h, const nc::Dimension& point) {
    std::vector<nc::Dimension> dimensions = {*nc::find_dimension(root, "time"), *nc::find_dimension(root, "population")};
    const bool per_point = h.stimulus.size() > 1 && std::any_of(h.stimulus.begin(), h.stimulus.end(), [&](const auto& s) { return s != h.stimulus.front(); });
    if (per_point) dimensions.insert(dimensions.begin(), point);
    const auto n = h.populations.size(), bins = static_cast<std::size_t>(h.n_bins());
    std::vector<double> values;
    for (std::size_t p = 0; p < (per_point ? h.stimulus.size() : 1); ++p)
        for (std::size_t b = 0; b < bins; ++b)
            for (std::size_t k = 0; k < n; ++k) values.push_back(h.stimulus.empty() ? 0.0 : h.stimulus[p][k][b]);
    nc::put(root, nc::define_variable(root, "stimulus", NC_DOUBLE, dimensions, "1", "sum of the stimuli, mean over each bin"), values);
}

std::vector<std::int64_t> flattened(const std::vector<std::vector<std::int64_t>>& rows) {
    std::vector<std::int64_t> out;
    for (const auto& row : rows) out.insert(out.end(), row.begin(), row.end());
    return out;
}

/// The sizes of a reference run are those of the points that it belongs to.
std::vector<std::int64_t> reference_sizes(const SweepHeader& h) {
    std::vector<std::vector<std::int64_t>> rows(static_cast<std::size_t>(h.n_references()), std::vector<std::int64_t>(h.populations.size(), 0));
    for (std::size_t p = 0; p < h.reference_index.size(); ++p)
        if (h.reference_index[p] >= 0) rows[static_cast<std::size_t>(h.reference_index[p])] = h.n_neurons[p];
    return flattened(rows);
}

std::optional<TrialRecord> checked(const SweepHeader& header, const TrialSource& source, const TrialId& id) {
    auto record = source(id);
    if (record) check_record(header, *record);
    return record;
}

}  // namespace

std::uint64_t dataset_size_bound(const SweepHeader& h) {
    constexpr std::uint64_t fixed = std::uint64_t{1} << 20;   // names, attributes and HDF5's own tables
    const auto runs = static_cast<std::uint64_t>(h.n_points() + h.n_references()) * static_cast<std::uint64_t>(h.trials);
    const auto cells = static_cast<std::uint64_t>(h.n_bins()) * h.populations.size();
    const std::uint64_t series = 12 + (h.record.v ? 4 : 0) + (h.record.order_parameter ? 8 : 0);   // bytes per cell; counts may need 8
    const auto per_run = series * cells + series * cells / 50 + 4096 + 128 * h.projections.size();   // deflate may add a little
    return fixed + runs * per_run + std::max<std::uint64_t>(1, h.stimulus.size()) * 8 * cells + 64 * static_cast<std::uint64_t>(h.n_bins()) +
           h.network_toml.size() + h.resolved.dump().size() + 256 * static_cast<std::uint64_t>(h.n_points()) * (1 + h.axes.size());
}

void write_dataset(const std::filesystem::path& path, const SweepHeader& h, const TrialSource& source, bool wide_counts) {
    const auto lock = hdf5_lock();
    h.check();
    PartFile part(path);
    part.reserve(dataset_size_bound(h));
    auto file = nc::File::create(part.path());
    part.reserve(dataset_size_bound(h));
    const int root = file.id();
    write_attributes(root, h);
    const auto point = nc::define_dimension(root, "point", static_cast<std::size_t>(h.n_points()));
    nc::define_dimension(root, "trial", static_cast<std::size_t>(h.trials));
    nc::define_dimension(root, "time", static_cast<std::size_t>(h.n_bins()));
    nc::define_dimension(root, "population", h.populations.size());
    if (!h.projections.empty()) nc::define_dimension(root, "projection", h.projections.size());
    write_coordinates(root, h);

    const auto names = layout::axis_names(h.axes);
    for (std::size_t a = 0; a < names.size(); ++a) {
        std::vector<AxisValue> values;
        for (const auto& p : h.points) values.push_back(p[a]);
        write_axis(root, point, names[a], h.axes[a], h.axis_units.empty() ? "1" : h.axis_units[a], values);
    }
    std::vector<std::int64_t> same_as;
    for (std::int64_t p = 0; p < h.n_points(); ++p) same_as.push_back(h.representative(p));
    nc::put(root, nc::define_variable(root, "same_as", NC_INT64, {point}, "1", "first point with the same network; equal points are run once"), same_as);
    write_stimulus(root, h, point);

    RunVariables runs(root, h, "point", h.points.size(), fmt::format("{}", fmt::join(names, " ")), wide_counts);
    for (std::int64_t p = 0; p < h.n_points(); ++p)
        for (std::int64_t t = 0; t < h.trials; ++t)
            runs.write(static_cast<std::size_t>(p), static_cast<std::size_t>(t), checked(h, source, {RunKind::point, h.representative(p), t}));
    runs.finish(flattened(h.n_neurons));

    if (h.n_references() > 0) {
        int group = -1;
        nc::check(nc_def_grp(root, layout::reference_group, &group), "defining group reference");
        nc::put_attribute(group, NC_GLOBAL, "level", std::string("spiking"));
        nc::put_attribute(group, NC_GLOBAL, "topology", std::string("all_to_all"));
        nc::define_dimension(group, "reference_point", static_cast<std::size_t>(h.n_references()));
        write_coordinates(group, h);
        nc::put(group, nc::define_variable(group, "reference_index", NC_INT64, {point}, "1", "index into reference_point of each point's paired all-to-all run, -1: none"),
                h.reference_index);
        RunVariables references(group, h, "reference_point", static_cast<std::size_t>(h.n_references()), "", wide_counts);
        for (std::int64_t r = 0; r < h.n_references(); ++r)
            for (std::int64_t t = 0; t < h.trials; ++t)
                references.write(static_cast<std::size_t>(r), static_cast<std::size_t>(t), checked(h, source, {RunKind::reference, r, t}));
        references.finish(reference_sizes(h));
    }
    file.close();
    part.commit_with_checksum();
}

void write_dataset(const std::filesystem::path& path, const SweepHeader& header, const TrialRecord& record) {
    bool wide = false;
    for (const auto& bins : record.result.populations)
        for (const auto count : bins.spike_count) wide = wide || count > std::numeric_limits<std::uint32_t>::max();
    write_dataset(path, header, [&](const TrialId& id) { return id == record.id ? std::optional(record) : std::nullopt; }, wide);
}

}  // namespace spikemass::output
