#include <algorithm>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/group_variable.hpp"
#include "host/output/hdf5_lock.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace {

nc_type storage_type(const GroupVariable& v) {
    struct Visitor {
        bool single;
        nc_type operator()(const std::vector<double>&) const { return single ? NC_FLOAT : NC_DOUBLE; }
        nc_type operator()(const std::vector<std::int64_t>&) const { return NC_INT64; }
        nc_type operator()(const std::vector<std::int8_t>&) const { return NC_BYTE; }
        nc_type operator()(const std::vector<std::string>&) const { return NC_STRING; }
    };
    return std::visit(Visitor{v.single_precision}, v.values);
}

}  // namespace

void write_variable(int group, const std::string& group_name, const GroupVariable& v, const std::string& point_coordinates) {
    std::vector<nc::Dimension> dimensions;
    std::size_t expected = 1;
    for (const auto& name : v.dimensions) {
        const auto dimension = nc::find_dimension(group, name);
        if (!dimension) throw Error(ExitCode::runtime, fmt::format("dataset variable {}/{}: there is no dimension {}.", group_name, v.name, name));
        dimensions.push_back(*dimension);
        expected *= dimension->size;
    }
    const auto size = std::visit([](const auto& values) { return values.size(); }, v.values);
    if (size != expected)
        throw Error(ExitCode::runtime, fmt::format("dataset variable {}/{}: {} values for dimensions ({}) of {} values.", group_name, v.name, size,
                                                   fmt::join(v.dimensions, ", "), expected));
    const int id = nc::define_variable(group, v.name, storage_type(v), dimensions, v.units, v.long_name);
    for (const auto& [name, text] : v.attributes) nc::put_attribute(group, id, name, text);
    for (const auto& [name, number] : v.numbers) nc::put_attribute(group, id, name, number);
    if (const auto meanings = v.attributes.find("flag_meanings"); meanings != v.attributes.end()) {
        std::vector<std::int8_t> flags(1 + static_cast<std::size_t>(std::count(meanings->second.begin(), meanings->second.end(), ' ')));
        std::iota(flags.begin(), flags.end(), std::int8_t{0});
        nc::put_attribute(group, id, "flag_values", flags);
    }
    if (!point_coordinates.empty() && std::find(v.dimensions.begin(), v.dimensions.end(), "point") != v.dimensions.end())
        nc::put_attribute(group, id, "coordinates", point_coordinates);
    std::visit([&](const auto& values) { nc::put(group, id, values); }, v.values);
}

void write_attributes(int group, const Group& g) {
    constexpr std::size_t longest_text = 30000;   // HDF5's compact attributes end at 64 KiB
    for (const auto& [name, text] : g.attributes) {
        if (text.size() > longest_text) nc::put_long_attribute(group, NC_GLOBAL, name, text);
        else nc::put_attribute(group, NC_GLOBAL, name, text);
    }
    for (const auto& [name, number] : g.numbers) nc::put_attribute(group, NC_GLOBAL, name, number);
}

std::uint64_t size_bound(const Group& group) {
    std::uint64_t bound = 0;
    for (const auto& [name, text] : group.attributes) bound += text.size() + 64;
    for (const auto& v : group.variables) {
        bound += 65536 + std::visit([](const auto& values) -> std::uint64_t { return 9 * values.size(); }, v.values);
        if (const auto* text = std::get_if<std::vector<std::string>>(&v.values))
            for (const auto& t : *text) bound += t.size() + 64;
    }
    return bound;
}

void write_group_file(const std::filesystem::path& path, const Group& group) {
    const auto lock = hdf5_lock();
    PartFile part(path);
    const std::uint64_t bound = size_bound(group) + (std::uint64_t{1} << 20);
    part.reserve(bound);
    auto file = nc::File::create(part.path());
    part.reserve(bound);
    write_attributes(file.id(), group);
    for (const auto& [name, size] : group.dimensions) nc::define_dimension(file.id(), name, size);
    std::vector<std::string> along_point;
    for (const auto& v : group.variables)
        if (v.attributes.contains("path")) along_point.push_back(v.name);
    for (const auto& v : group.variables) write_variable(file.id(), group.name, v, v.attributes.contains("path") ? "" : fmt::format("{}", fmt::join(along_point, " ")));
    file.close();
    part.commit();
}

}  // namespace spikemass::output
