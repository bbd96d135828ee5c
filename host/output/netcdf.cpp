#include "host/output/netcdf.hpp"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>
#include <utility>

#include <fmt/format.h>
#include <hdf5.h>

#include "host/output/files.hpp"
#include "models/base/error.hpp"

namespace spikemass::output::nc {

namespace {

constexpr std::size_t chunk_bytes = std::size_t{4} << 20;

std::size_t type_size(nc_type type) {
    switch (type) {
        case NC_BYTE: case NC_UBYTE: case NC_CHAR: return 1;
        case NC_SHORT: case NC_USHORT: return 2;
        case NC_INT: case NC_UINT: case NC_FLOAT: return 4;
        default: return 8;
    }
}

/// The last dimensions whole, earlier ones cut so that a chunk stays below chunk_bytes.
std::vector<std::size_t> whole_or_cut(const std::vector<Dimension>& dimensions, nc_type type) {
    std::vector<std::size_t> chunk(dimensions.size(), 1);
    auto room = chunk_bytes / type_size(type);
    for (std::size_t d = dimensions.size(); d-- > 0;) {
        chunk[d] = std::clamp<std::size_t>(room, 1, dimensions[d].size);
        room /= chunk[d];
    }
    return chunk;
}

/// HDF5 prints its errors, of which netCDF provokes some, unless told otherwise in every thread; netCDF tells it in the first one only.
void be_silent() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

std::string name_buffer() { return std::string(NC_MAX_NAME + 1, '\0'); }
std::string trimmed(const std::string& buffer) { return buffer.c_str(); }

}  // namespace

void check(int code, std::string_view doing) {
    if (code == NC_NOERR) return;
    // HDF5 reports no errno, and netCDF calls any refusal to create a file "permission denied"; what the system said last is the truth.
    const int said = errno == ENOSPC || errno == EDQUOT || errno == EROFS ? errno : code;
    const bool system = said > 0;
    throw IoError(fmt::format("{} failed: {}", doing, system ? io_reason(said) : std::string(nc_strerror(code)) + "."));
}

File File::create(const std::filesystem::path& path) {
    be_silent();
    int id = -1;
    errno = 0;
    check(nc_create(path.c_str(), NC_NETCDF4 | NC_CLOBBER, &id), fmt::format("{}: creating the dataset", path.string()));
    return File(id, path);
}

File File::open(const std::filesystem::path& path, bool writable) {
    be_silent();
    int id = -1;
    const int code = nc_open(path.c_str(), writable ? NC_WRITE : NC_NOWRITE, &id);
    if (code != NC_NOERR) throw IoError(fmt::format("{}: cannot be opened as netCDF-4 ({}); it is no dataset, or damaged.", path.string(), nc_strerror(code)));
    return File(id, path);
}

// After a failed nc_close the handle is given up: HDF5 cannot take it back, and nc_abort would follow dangling pointers.
File::~File() {
    if (id_ >= 0) nc_close(id_);
}

File::File(File&& other) noexcept : id_(std::exchange(other.id_, -1)), path_(std::move(other.path_)) {}

void File::close() {
    errno = 0;
    check(nc_close(std::exchange(id_, -1)), fmt::format("{}: writing the dataset", path_.string()));
}

Dimension define_dimension(int group, const std::string& name, std::size_t size) {
    // Length 0 would mean "unlimited" to netCDF.
    if (size == 0) throw Error(ExitCode::runtime, fmt::format("dataset dimension {} is empty; leave it out.", name));
    Dimension dimension{-1, name, size};
    check(nc_def_dim(group, name.c_str(), size, &dimension.id), fmt::format("defining dimension {}", name));
    return dimension;
}

int define_variable(int group, const std::string& name, nc_type type, const std::vector<Dimension>& dimensions, const std::string& units,
                    const std::string& long_name, std::vector<std::size_t> chunk) {
    const auto doing = fmt::format("defining variable {}", name);
    std::vector<int> ids;
    for (const auto& d : dimensions) ids.push_back(d.id);
    int variable = -1;
    check(nc_def_var(group, name.c_str(), type, static_cast<int>(ids.size()), ids.data(), &variable), doing);
    if (type != NC_STRING && !dimensions.empty()) {
        if (chunk.empty()) chunk = whole_or_cut(dimensions, type);
        check(nc_def_var_chunking(group, variable, NC_CHUNKED, chunk.data()), doing);
        check(nc_def_var_deflate(group, variable, 1, 1, 1), doing);
        check(nc_def_var_fletcher32(group, variable, NC_FLETCHER32), doing);
    }
    constexpr float nan_f32 = std::numeric_limits<float>::quiet_NaN();
    constexpr double nan_f64 = std::numeric_limits<double>::quiet_NaN();
    if (type == NC_FLOAT) check(nc_def_var_fill(group, variable, NC_FILL, &nan_f32), doing);
    if (type == NC_DOUBLE) check(nc_def_var_fill(group, variable, NC_FILL, &nan_f64), doing);
    put_attribute(group, variable, "units", units);
    if (!long_name.empty()) put_attribute(group, variable, "long_name", long_name);
    return variable;
}

void put_attribute(int group, int variable, const std::string& name, const std::string& text) {
    check(nc_put_att_text(group, variable, name.c_str(), text.size(), text.c_str()), "writing attribute " + name);
}
void put_long_attribute(int group, int variable, const std::string& name, const std::string& text) {
    const char* value = text.c_str();
    check(nc_put_att_string(group, variable, name.c_str(), 1, &value), "writing attribute " + name);
}
void put_attribute(int group, int variable, const std::string& name, double value) {
    check(nc_put_att_double(group, variable, name.c_str(), NC_DOUBLE, 1, &value), "writing attribute " + name);
}
void put_attribute(int group, int variable, const std::string& name, int value) {
    check(nc_put_att_int(group, variable, name.c_str(), NC_INT, 1, &value), "writing attribute " + name);
}
void put_attribute(int group, int variable, const std::string& name, const std::vector<double>& values) {
    check(nc_put_att_double(group, variable, name.c_str(), NC_DOUBLE, values.size(), values.data()), "writing attribute " + name);
}
void put_attribute(int group, int variable, const std::string& name, const std::vector<std::int8_t>& values) {
    check(nc_put_att_schar(group, variable, name.c_str(), NC_BYTE, values.size(), values.data()), "writing attribute " + name);
}

namespace {

template <class T, class Put>
void put_all(int group, int variable, std::span<const T> values, Put put) {
    if (values.empty()) return;
    errno = 0;
    check(put(group, variable, values.data()), "writing the dataset");
}

}  // namespace

void put(int group, int variable, std::span<const double> values) { put_all(group, variable, values, nc_put_var_double); }
void put(int group, int variable, std::span<const std::int8_t> values) { put_all(group, variable, values, nc_put_var_schar); }
void put(int group, int variable, std::span<const std::int64_t> values) {
    static_assert(sizeof(long long) == sizeof(std::int64_t));
    put_all(group, variable, values, [](int g, int v, const std::int64_t* p) { return nc_put_var_longlong(g, v, reinterpret_cast<const long long*>(p)); });
}
void put(int group, int variable, std::span<const std::uint64_t> values) {
    put_all(group, variable, values, [](int g, int v, const std::uint64_t* p) { return nc_put_var_ulonglong(g, v, reinterpret_cast<const unsigned long long*>(p)); });
}
void put(int group, int variable, std::span<const std::string> values) {
    std::vector<const char*> pointers;
    for (const auto& s : values) pointers.push_back(s.c_str());
    put_all(group, variable, std::span<const char* const>(pointers), [](int g, int v, const char* const* p) { return nc_put_var_string(g, v, const_cast<const char**>(p)); });
}

void put_slab(int group, int variable, const std::vector<std::size_t>& start, const std::vector<std::size_t>& count, std::span<const float> values) {
    errno = 0;
    check(nc_put_vara_float(group, variable, start.data(), count.data(), values.data()), "writing the dataset");
}
void put_slab(int group, int variable, const std::vector<std::size_t>& start, const std::vector<std::size_t>& count, std::span<const std::uint64_t> values) {
    errno = 0;
    check(nc_put_vara_ulonglong(group, variable, start.data(), count.data(), reinterpret_cast<const unsigned long long*>(values.data())), "writing the dataset");
}

std::size_t Variable::size() const {
    return std::accumulate(dimensions.begin(), dimensions.end(), std::size_t{1}, [](std::size_t n, const Dimension& d) { return n * d.size; });
}

std::optional<int> find_group(int parent, const std::string& name) {
    int id = -1;
    const int code = nc_inq_ncid(parent, name.c_str(), &id);
    if (code == NC_ENOGRP) return std::nullopt;
    check(code, "looking for group " + name);
    return id;
}

std::vector<std::pair<std::string, int>> groups(int parent) {
    int n = 0;
    check(nc_inq_grps(parent, &n, nullptr), "listing groups");
    std::vector<int> ids(static_cast<std::size_t>(n));
    check(nc_inq_grps(parent, &n, ids.data()), "listing groups");
    std::vector<std::pair<std::string, int>> out;
    for (const int id : ids) {
        auto name = name_buffer();
        check(nc_inq_grpname(id, name.data()), "listing groups");
        out.emplace_back(trimmed(name), id);
    }
    return out;
}

namespace {

Dimension dimension(int group, int id) {
    auto name = name_buffer();
    std::size_t size = 0;
    check(nc_inq_dim(group, id, name.data(), &size), "reading a dimension");
    return {id, trimmed(name), size};
}

}  // namespace

std::vector<Dimension> dimensions_of(int group) {
    int n = 0;
    check(nc_inq_dimids(group, &n, nullptr, 0), "listing dimensions");
    std::vector<int> ids(static_cast<std::size_t>(n));
    check(nc_inq_dimids(group, &n, ids.data(), 0), "listing dimensions");
    std::vector<Dimension> out;
    for (const int id : ids) out.push_back(dimension(group, id));
    return out;
}

std::optional<Dimension> find_dimension(int group, const std::string& name) {
    int id = -1;
    const int code = nc_inq_dimid(group, name.c_str(), &id);
    if (code == NC_EBADDIM) return std::nullopt;
    check(code, "looking for dimension " + name);
    return dimension(group, id);
}

namespace {

Variable describe(int group, int id) {
    Variable v;
    v.id = id;
    auto name = name_buffer();
    int n = 0;
    int ids[NC_MAX_VAR_DIMS];
    check(nc_inq_var(group, id, name.data(), &v.type, &n, ids, nullptr), "reading a variable");
    v.name = trimmed(name);
    for (int d = 0; d < n; ++d) v.dimensions.push_back(dimension(group, ids[d]));
    return v;
}

}  // namespace

std::optional<Variable> find_variable(int group, const std::string& name) {
    int id = -1;
    const int code = nc_inq_varid(group, name.c_str(), &id);
    if (code == NC_ENOTVAR) return std::nullopt;
    check(code, "looking for variable " + name);
    return describe(group, id);
}

std::vector<Variable> variables(int group) {
    int n = 0;
    check(nc_inq_nvars(group, &n), "listing variables");
    std::vector<Variable> out;
    for (int id = 0; id < n; ++id) out.push_back(describe(group, id));
    return out;
}

std::optional<std::string> text_attribute(int group, int variable, const std::string& name) {
    nc_type type = NC_NAT;
    std::size_t size = 0;
    const int code = nc_inq_att(group, variable, name.c_str(), &type, &size);
    if (code == NC_ENOTATT) return std::nullopt;
    check(code, "reading attribute " + name);
    if (type == NC_STRING && size == 1) {
        char* value = nullptr;
        check(nc_get_att_string(group, variable, name.c_str(), &value), "reading attribute " + name);
        std::string out = value ? value : "";
        nc_free_string(1, &value);
        return out;
    }
    if (type != NC_CHAR) return std::nullopt;
    std::string out(size, '\0');
    check(nc_get_att_text(group, variable, name.c_str(), out.data()), "reading attribute " + name);
    return out;
}

std::optional<double> number_attribute(int group, int variable, const std::string& name) {
    const auto values = number_attributes(group, variable, name);
    return values.size() == 1 ? std::optional(values.front()) : std::nullopt;
}
std::vector<double> number_attributes(int group, int variable, const std::string& name) {
    std::size_t size = 0;
    if (nc_inq_attlen(group, variable, name.c_str(), &size) != NC_NOERR) return {};
    std::vector<double> values(size);
    if (nc_get_att_double(group, variable, name.c_str(), values.data()) != NC_NOERR) values.clear();
    return values;
}

namespace {

template <class T, class Get>
std::vector<T> get_all(int group, const Variable& variable, Get get) {
    std::vector<T> out(variable.size());
    check(get(group, variable.id, out.data()), "reading variable " + variable.name);
    return out;
}

}  // namespace

std::vector<double> get_doubles(int group, const Variable& v) { return get_all<double>(group, v, nc_get_var_double); }
std::vector<std::int64_t> get_integers(int group, const Variable& v) {
    return get_all<std::int64_t>(group, v, [](int g, int id, std::int64_t* p) { return nc_get_var_longlong(g, id, reinterpret_cast<long long*>(p)); });
}
std::vector<std::uint64_t> get_unsigned(int group, const Variable& v) {
    return get_all<std::uint64_t>(group, v, [](int g, int id, std::uint64_t* p) { return nc_get_var_ulonglong(g, id, reinterpret_cast<unsigned long long*>(p)); });
}
std::vector<std::string> get_strings(int group, const Variable& v) {
    std::vector<char*> pointers(v.size());
    check(nc_get_var_string(group, v.id, pointers.data()), "reading variable " + v.name);
    std::vector<std::string> out;
    for (const char* p : pointers) out.emplace_back(p ? p : "");
    nc_free_string(pointers.size(), pointers.data());
    return out;
}

void read_through(int group, const Variable& v) {
    if (v.type == NC_STRING) {
        get_strings(group, v);
        return;
    }
    std::size_t value_bytes = 0;
    check(nc_inq_type(group, v.type, nullptr, &value_bytes), "reading the type of " + v.name);
    std::vector<std::size_t> start(v.dimensions.size(), 0), count;
    for (const Dimension& d : v.dimensions) count.push_back(d.size);
    const std::size_t slabs = count.empty() ? 1 : std::exchange(count[0], 1);
    std::vector<std::byte> values(value_bytes * std::accumulate(count.begin(), count.end(), std::size_t{1}, std::multiplies<>()));
    for (std::size_t i = 0; i < slabs; ++i) {
        if (!start.empty()) start[0] = i;
        check(nc_get_vara(group, v.id, start.data(), count.data(), values.data()), "reading variable " + v.name);
    }
}

}  // namespace spikemass::output::nc
