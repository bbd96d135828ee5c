#pragma once
// Live files and datasets, read as anybody would: by netCDF.

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "host/output/hdf5_lock.hpp"
#include "host/output/netcdf.hpp"

namespace spikemass::output::test {

/// Values of a variable, "rate" or "reference/rate", as f32 (that is how they are stored).
inline std::vector<float> values(const std::filesystem::path& path, const std::string& group, const std::string& name) {
    const auto lock = hdf5_lock();
    const auto file = nc::File::open(path);
    const int id = group.empty() ? file.id() : nc::find_group(file.id(), group).value();
    const auto x = nc::get_doubles(id, nc::find_variable(id, name).value());
    return {x.begin(), x.end()};
}

inline std::size_t finite(const std::vector<float>& x) {
    std::size_t n = 0;
    for (const float y : x) n += std::isfinite(y) ? 1 : 0;
    return n;
}

inline bool same_values(const std::vector<float>& a, const std::vector<float>& b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i)
        if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i]) && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
    return true;
}

/// Every variable of the live file is in the dataset, with the same dimensions, units, names and bits.
inline void expect_live_is_dataset(const std::filesystem::path& live, const std::filesystem::path& dataset, const std::vector<std::string>& series) {
    const auto lock = hdf5_lock();
    const auto a = nc::File::open(live), b = nc::File::open(dataset);
    std::size_t found = 0;
    const auto compare = [&](int x, int y, const std::string& prefix) {
        for (const nc::Variable& v : nc::variables(x)) {
            SCOPED_TRACE(prefix + v.name);
            const auto w = nc::find_variable(y, v.name);
            ASSERT_TRUE(w.has_value());
            ASSERT_EQ(v.dimensions.size(), w->dimensions.size());
            for (std::size_t d = 0; d < v.dimensions.size(); ++d) {
                EXPECT_EQ(v.dimensions[d].name, w->dimensions[d].name);
                EXPECT_EQ(v.dimensions[d].size, w->dimensions[d].size);
            }
            EXPECT_EQ(v.type, w->type);
            for (const char* attribute : {"units", "long_name", "coordinates", "path", "flag_meanings"})
                EXPECT_EQ(nc::text_attribute(x, v.id, attribute), nc::text_attribute(y, w->id, attribute)) << attribute;
            if (v.type == NC_STRING) {
                EXPECT_EQ(nc::get_strings(x, v), nc::get_strings(y, *w));
                continue;
            }
            const auto p = nc::get_doubles(x, v), q = nc::get_doubles(y, *w);
            EXPECT_TRUE(same_values({p.begin(), p.end()}, {q.begin(), q.end()}));
            found += std::count(series.begin(), series.end(), prefix + v.name);
        }
    };
    compare(a.id(), b.id(), "");
    for (const auto& [name, id] : nc::groups(a.id())) compare(id, nc::find_group(b.id(), name).value(), name + "/");
    EXPECT_EQ(found, series.size());
    for (const char* attribute : {"profile", "time_unit", "resolved_sha256", "resolved_configuration"})
        EXPECT_EQ(nc::text_attribute(a.id(), NC_GLOBAL, attribute), nc::text_attribute(b.id(), NC_GLOBAL, attribute)) << attribute;
}

}  // namespace spikemass::output::test
