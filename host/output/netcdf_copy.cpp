#include "host/output/netcdf_copy.hpp"

#include <algorithm>
#include <cerrno>

#include <fmt/format.h>

#include "models/base/error.hpp"

namespace spikemass::output::nc {

namespace {

void copy_attributes(int from, int source, int to, int target, int n) {
    for (int a = 0; a < n; ++a) {
        char name[NC_MAX_NAME + 1];
        check(nc_inq_attname(from, source, a, name), "copying attributes");
        if (std::string(name) == "_FillValue") continue;   // set by define_variable
        check(nc_copy_att(from, source, name, to, target), fmt::format("copying attribute {}", name));
    }
}

/// Calls body(start, count) for every chunk of the variable.
template <class Body>
void for_each_chunk(const Variable& variable, const std::vector<std::size_t>& chunk, Body&& body) {
    const auto n = variable.dimensions.size();
    std::vector<std::size_t> start(n, 0), count(n);
    for (;;) {
        for (std::size_t d = 0; d < n; ++d) count[d] = std::min(chunk[d], variable.dimensions[d].size - start[d]);
        body(start, count);
        std::size_t d = n;
        while (d-- > 0) {
            start[d] += chunk[d];
            if (start[d] < variable.dimensions[d].size) break;
            start[d] = 0;
        }
        if (d == static_cast<std::size_t>(-1)) return;
    }
}

}  // namespace

void copy_variable(int from, const Variable& source, int to) {
    const auto doing = "copying variable " + source.name;
    std::vector<Dimension> dimensions;
    for (const auto& d : source.dimensions) {
        const auto found = find_dimension(to, d.name);
        if (!found) throw Error(ExitCode::runtime, fmt::format("{}: dimension {} is not there.", doing, d.name));
        dimensions.push_back(*found);
    }
    std::vector<std::size_t> chunk(dimensions.size());
    int storage = NC_CONTIGUOUS;
    check(nc_inq_var_chunking(from, source.id, &storage, chunk.data()), doing);
    if (storage != NC_CHUNKED) chunk.clear();
    const int target = define_variable(to, source.name, source.type, dimensions, "", "", chunk);
    int n_attributes = 0;
    check(nc_inq_varnatts(from, source.id, &n_attributes), doing);
    copy_attributes(from, source.id, to, target, n_attributes);

    if (source.type == NC_STRING) {
        const auto values = get_strings(from, source);
        return put(to, target, values);
    }
    if (chunk.empty())
        for (const auto& d : source.dimensions) chunk.push_back(d.size);
    std::size_t type_bytes = 0;
    check(nc_inq_type(from, source.type, nullptr, &type_bytes), doing);
    std::vector<unsigned char> buffer;
    for_each_chunk(source, chunk, [&](const std::vector<std::size_t>& start, const std::vector<std::size_t>& count) {
        std::size_t n = type_bytes;
        for (const auto c : count) n *= c;
        buffer.resize(n);
        check(nc_get_vara(from, source.id, start.data(), count.data(), buffer.data()), doing);
        errno = 0;
        check(nc_put_vara(to, target, start.data(), count.data(), buffer.data()), doing);
    });
}

void copy_content(int from, int to, const std::vector<std::string>& without) {
    for (const auto& d : dimensions_of(from)) define_dimension(to, d.name, d.size);
    int n_attributes = 0;
    check(nc_inq_natts(from, &n_attributes), "copying attributes");
    copy_attributes(from, NC_GLOBAL, to, NC_GLOBAL, n_attributes);
    for (const auto& v : variables(from)) copy_variable(from, v, to);
    for (const auto& [name, child] : groups(from)) {
        if (std::find(without.begin(), without.end(), name) != without.end()) continue;
        int copy = -1;
        check(nc_def_grp(to, name.c_str(), &copy), "copying group " + name);
        copy_content(child, copy);
    }
}

}  // namespace spikemass::output::nc
