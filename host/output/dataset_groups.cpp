#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/dataset_check.hpp"
#include "host/output/files.hpp"
#include "host/output/group_variable.hpp"
#include "host/output/hdf5_lock.hpp"
#include "host/output/layout.hpp"
#include "host/output/netcdf.hpp"
#include "host/output/netcdf_copy.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

Group level_group(const LevelSeries& level, const std::string& time_unit) {
    Group group{level.level, level.attributes, {}, {}};
    group.attributes["level"] = level.level;
    std::vector<std::string> dimensions = {"point", "time", "population"};
    if (level.per_trial) dimensions.insert(dimensions.begin() + 1, "trial");
    const auto add = [&](const char* name, const std::vector<double>& values, const std::string& units, const char* long_name, double scale) {
        if (values.empty()) return;
        auto scaled = values;
        for (auto& x : scaled) x *= scale;
        group.variables.push_back({name, dimensions, units, long_name, std::move(scaled), true, {}});
    };
    add("rate", level.rate, layout::rate_unit(time_unit), "firing rate per neuron, bin average", layout::rate_scale(time_unit));
    add("v", level.v, "1", "mean membrane potential, bin average", 1.0);
    add("z_re", level.z_re, "1", "Kuramoto order parameter, real part, bin average", 1.0);
    add("z_im", level.z_im, "1", "Kuramoto order parameter, imaginary part, bin average", 1.0);
    if (!level.status.empty()) {
        std::vector<std::string> run = {"point"};
        if (level.per_trial) run.push_back("trial");
        group.variables.push_back({"status", run, "1", "state of the run", level.status, false, {{"flag_meanings", "missing ok failed"}}});
    }
    return group;
}

Group compare_group(const std::vector<std::string>& levels, const std::vector<Metric>& metrics) {
    Group group{"compare", {}, {{"level", levels.size()}}, {}};
    group.variables.push_back({"level", {"level"}, "1", "level of description", levels, false, {}});
    for (const auto& metric : metrics) {
        std::vector<std::string> dimensions = {"level", "point"};
        if (metric.per_population) dimensions.push_back("population");
        const auto add = [&](const char* suffix, const std::vector<double>& values, const char* what) {
            if (!values.empty())
                group.variables.push_back({metric.name + suffix, dimensions, metric.units, metric.long_name + what, values, false, {{"method", metric.method}}});
        };
        add("", metric.value, "");
        add("_lo", metric.lo, ", lower end of the confidence interval");
        add("_hi", metric.hi, ", upper end of the confidence interval");
    }
    return group;
}

namespace {

/// Repeats the root's coordinates of the dimensions that the group uses; returns the names of those along `point`.
std::string repeat_coordinates(int root, int id, const Group& group) {
    std::set<std::string> used, own;
    for (const auto& v : group.variables) {
        used.insert(v.dimensions.begin(), v.dimensions.end());
        own.insert(v.name);
    }
    std::vector<std::string> along_point;
    for (const auto& v : nc::variables(root)) {
        const bool dimension_coordinate = v.dimensions.size() == 1 && v.dimensions[0].name == v.name && used.contains(v.name);
        const bool swept = nc::text_attribute(root, v.id, "path") && used.contains("point");
        if ((!dimension_coordinate && !swept) || own.contains(v.name)) continue;
        nc::copy_variable(root, v, id);
        if (swept) along_point.push_back(v.name);
    }
    return fmt::format("{}", fmt::join(along_point, " "));
}

void write_group(int root, const Group& group) {
    int id = -1;
    nc::check(nc_def_grp(root, group.name.c_str(), &id), "defining group " + group.name);
    write_attributes(id, group);
    for (const auto& [name, size] : group.dimensions) nc::define_dimension(id, name, size);
    const auto coordinates = repeat_coordinates(root, id, group);
    for (const auto& v : group.variables) write_variable(id, group.name, v, coordinates);
}

/// Upper bound on the size of the extended file: the old content in the same chunks, the new one uncompressed.
std::uint64_t size_bound(const std::filesystem::path& path, const std::vector<Group>& groups) {
    std::uint64_t bound = std::filesystem::file_size(path) * 11 / 10 + (std::uint64_t{1} << 20);
    for (const auto& g : groups) bound += size_bound(g);
    return bound;
}

}  // namespace

void write_groups(const std::filesystem::path& path, const std::vector<Group>& groups) {
    const auto lock = hdf5_lock();
    validate_dataset(path);
    std::vector<std::string> replaced;
    for (const auto& g : groups) {
        if (g.name == layout::reference_group) throw Error(ExitCode::runtime, "the group \"reference\" belongs to the spiking level and is written with it.");
        replaced.push_back(g.name);
    }
    PartFile part(path);
    const auto bound = size_bound(path, groups);
    part.reserve(bound);
    auto file = nc::File::create(part.path());
    part.reserve(bound);
    {
        const auto old = nc::File::open(path);
        nc::copy_content(old.id(), file.id(), replaced);
    }
    for (const auto& g : groups) write_group(file.id(), g);
    file.close();
    part.commit_with_checksum();
}

Group read_group(const std::filesystem::path& path, const std::string& name) {
    const auto lock = hdf5_lock();
    verify_checksum(path, dataset_remedy(path));
    const auto file = nc::File::open(path);
    const auto id = nc::find_group(file.id(), name);
    if (!id) throw IoError(fmt::format("{}: has no group \"{}\"; `spikemass info` lists what it has, `spikemass compare` adds levels.", path.string(), name));
    Group group;
    group.name = name;
    int n_attributes = 0;
    nc::check(nc_inq_natts(*id, &n_attributes), "reading attributes");
    for (int a = 0; a < n_attributes; ++a) {
        char attribute[NC_MAX_NAME + 1];
        nc::check(nc_inq_attname(*id, NC_GLOBAL, a, attribute), "reading attributes");
        if (const auto text = nc::text_attribute(*id, NC_GLOBAL, attribute)) group.attributes[attribute] = *text;
    }
    for (const auto& d : nc::dimensions_of(*id)) group.dimensions.emplace_back(d.name, d.size);
    for (const auto& v : nc::variables(*id)) {
        GroupVariable out;
        out.name = v.name;
        for (const auto& d : v.dimensions) out.dimensions.push_back(d.name);
        out.units = nc::text_attribute(*id, v.id, "units").value_or("1");
        out.long_name = nc::text_attribute(*id, v.id, "long_name").value_or("");
        out.single_precision = v.type == NC_FLOAT;
        if (const auto method = nc::text_attribute(*id, v.id, "method")) out.attributes["method"] = *method;
        if (v.type == NC_STRING) out.values = nc::get_strings(*id, v);
        else out.values = nc::get_doubles(*id, v);
        group.variables.push_back(std::move(out));
    }
    return group;
}

}  // namespace spikemass::output
