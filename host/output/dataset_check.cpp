#include "host/output/dataset_check.hpp"

#include <charconv>

#include <fmt/format.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/hdf5_lock.hpp"
#include "host/output/layout.hpp"
#include "host/output/netcdf.hpp"
#include "host/output/sweep_folder.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

using layout::Presence;
using layout::Type;

namespace {

bool has_type(const nc::Variable& v, Type type) {
    switch (type) {
        case Type::count: return v.type == NC_UINT || v.type == NC_UINT64;
        case Type::f32: return v.type == NC_FLOAT;
        case Type::f64: return v.type == NC_DOUBLE;
        case Type::i8: return v.type == NC_BYTE;
        case Type::i64: return v.type == NC_INT64;
        case Type::u64: return v.type == NC_UINT64;
        case Type::text: return v.type == NC_STRING;
    }
    return false;
}

class Checker {
public:
    Checker(int root, const std::filesystem::path& file) : root_(root), file_(file) {}

    void run() {
        check_profile();
        for (const char* name : {"resolved_configuration", "resolved_sha256", "network_file", "time_unit", "program_version", "git_commit", "backend", "device", "compiler"})
            if (!nc::text_attribute(root_, NC_GLOBAL, name)) fail(fmt::format("the attribute {} is missing", name));
        for (const char* name : {"dt", "bin", "warmup", "duration"})
            if (!nc::number_attribute(root_, NC_GLOBAL, name)) fail(fmt::format("the attribute {} is missing", name));
        for (const char* name : {"point", "trial", "time", "population"})
            if (!nc::find_dimension(root_, name)) fail(fmt::format("the dimension {} is missing", name));
        for (const char* name : {"trial", "time", "population", "stimulus", "same_as"})
            if (!nc::find_variable(root_, name)) fail(fmt::format("the variable {} is missing", name));
        check_runs(root_, "", "point");
        if (const auto group = nc::find_group(root_, layout::reference_group)) check_runs(*group, "reference/", "reference_point");
        check_units(root_, "");
    }

private:
    [[noreturn]] void fail(const std::string& what) const {
        throw IoError(fmt::format("{}: is no valid dataset: {}; {}", file_.string(), what, dataset_remedy(file_)));
    }

    void check_profile() {
        if (nc::text_attribute(root_, NC_GLOBAL, "profile") != layout::profile) fail(fmt::format("its attribute profile is not \"{}\"", layout::profile));
        const auto version = nc::text_attribute(root_, NC_GLOBAL, "profile_version").value_or("");
        int major = -1;
        const char* const end = version.data() + version.size();
        if (const char* dot = std::from_chars(version.data(), end, major).ptr; dot < end) std::from_chars(dot + 1, end, minor_);
        if (major != layout::version_major)
            fail(fmt::format("its profile_version is \"{}\" and this program reads {}.x (use the version that wrote it)", version, layout::version_major));
    }

    void check_runs(int group, const std::string& prefix, const std::string& run_dimension) const {
        const bool projections = nc::find_dimension(root_, "projection").has_value();
        for (const auto& spec : layout::run_variables) {
            const auto v = nc::find_variable(group, spec.name);
            const bool required = spec.since_minor <= minor_ && (spec.presence == Presence::always || (spec.presence == Presence::if_projections && projections));
            if (!v && required) fail(fmt::format("the variable {}{} is missing", prefix, spec.name));
            if (!v) continue;
            if (!has_type(*v, spec.type)) fail(fmt::format("the variable {}{} has another type", prefix, spec.name));
            std::vector<std::string> names;
            for (const auto& d : v->dimensions) names.push_back(d.name);
            const auto expected = layout::dimension_names(spec.shape, run_dimension);
            if (names != expected)
                fail(fmt::format("the variable {}{} has dimensions ({}) instead of ({})", prefix, spec.name, fmt::join(names, ", "), fmt::join(expected, ", ")));
            const auto units = layout::unit_name(spec.unit, nc::text_attribute(root_, NC_GLOBAL, "time_unit").value_or(""));
            if (const auto stored = nc::text_attribute(group, v->id, "units"); stored && *stored != units)
                fail(fmt::format("the variable {}{} has the units \"{}\" instead of \"{}\"", prefix, spec.name, *stored, units));
        }
    }

    void check_units(int group, const std::string& prefix) const {
        for (const auto& v : nc::variables(group))
            if (!nc::text_attribute(group, v.id, "units")) fail(fmt::format("the variable {}{} has no units", prefix, v.name));
        for (const auto& [name, id] : nc::groups(group)) check_units(id, prefix + name + "/");
    }

    int root_, minor_ = 0;
    const std::filesystem::path& file_;
};

void read_through(int group) {
    for (const auto& v : nc::variables(group)) nc::read_through(group, v);
    for (const auto& [name, id] : nc::groups(group)) read_through(id);
}

}  // namespace

std::string dataset_remedy(const std::filesystem::path& file) {
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    if (!find_journals(folder).empty()) return fmt::format("rebuild it from the journals with `spikemass status --write {}`.", folder.string());
    return "restore it from a copy, or write it again with `spikemass run --out` or `spikemass sweep`.";
}

void check_structure(int root, const std::filesystem::path& file) { Checker(root, file).run(); }

void validate_dataset(const std::filesystem::path& path) {
    const auto lock = hdf5_lock();
    verify_checksum(path, dataset_remedy(path));
    reading(path, [&] {
        const auto file = nc::File::open(path);
        check_structure(file.id(), path);
        read_through(file.id());
    });
}

}  // namespace spikemass::output
