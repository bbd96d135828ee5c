#pragma once
// One dataset of synapses, read in pieces.  Included by sources that link HDF5 only.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "host/output/hdf5_handle.hpp"

namespace spikemass::input {

[[noreturn]] inline void refuse(const std::string& where, const std::string& what) { throw ConfigurationError(fmt::format("{}: {}", where, what)); }

/// A one-dimensional dataset of integers or of floating-point numbers.  read() calls HDF5; indices() and weights(), which check what was read, do not.
class Column {
public:
    using Handle = output::Handle;
    /// Room for what was read, in the native type that loses nothing: 4 or 8 bytes per element.
    using Raw = std::vector<std::uint64_t>;

    Column(hid_t group, const std::string& name, const std::string& where, bool integers) : where_(where + "/" + name), data_(H5Dopen2(group, name.c_str(), H5P_DEFAULT), H5Dclose, "opening a dataset") {
        const Handle space(H5Dget_space(data_), H5Sclose, "reading a dataset"), type(H5Dget_type(data_), H5Tclose, "reading a dataset");
        hsize_t n = 0;
        if (H5Sget_simple_extent_ndims(space) != 1) refuse(where_, "must have one dimension. Write a flat array.");
        H5Sget_simple_extent_dims(space, &n, nullptr);
        size_ = n;
        const std::size_t bytes = H5Tget_size(type);
        const H5T_class_t kind = H5Tget_class(type);
        if (integers ? kind != H5T_INTEGER || bytes > 8 : kind != H5T_FLOAT || bytes > 8)
            refuse(where_, fmt::format("must hold {}. Write it as {}.", integers ? "integers" : "floating-point numbers", integers ? "int32, uint32, int64 or uint64" : "float32 or float64"));
        wide_ = bytes > 4;
        signed_ = integers && (H5Tget_sign(type) != H5T_SGN_NONE || bytes < 4);   // int32 holds what is shorter
        native_ = integers ? wide_ ? signed_ ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64 : signed_ ? H5T_NATIVE_INT32 : H5T_NATIVE_UINT32 : wide_ ? H5T_NATIVE_DOUBLE : H5T_NATIVE_FLOAT;
    }
    std::uint64_t size() const { return size_; }
    const std::string& where() const { return where_; }

    void read(std::uint64_t first, std::uint64_t n, Raw& raw) const {
        if (raw.size() < (wide_ ? n : (n + 1) / 2)) raw.resize(wide_ ? n : (n + 1) / 2);
        read(first, n, native_, raw.data());
    }
    std::vector<std::int64_t> read_all() const {
        std::vector<std::int64_t> out(size_);
        read(0, size_, H5T_NATIVE_INT64, out.data());
        return out;
    }

    /// Elements [first, first + n), which lie in `raw` and must be in [0, limit): there, or in `narrowed` if they had 8 bytes.
    const std::uint32_t* indices(std::uint64_t first, std::uint64_t n, std::uint64_t limit, const char* of, const Raw& raw, std::vector<std::uint32_t>& narrowed) const {
        const auto check_each = [&](const auto* x) {
            for (std::uint64_t i = 0; i < n; ++i)
                if (static_cast<std::uint64_t>(x[i]) >= limit)
                    refuse(where_, fmt::format("element {} is {}, and {} has {} neurons, counted from 0. Check the order of the populations and their sizes.", first + i, x[i], of, limit));
        };
        std::uint32_t worst = 0;
        if (!wide_) {
            const auto* x = reinterpret_cast<const std::uint32_t*>(raw.data());
#pragma omp simd reduction(max : worst)
            for (std::uint64_t i = 0; i < n; ++i) worst = std::max(worst, x[i]);
            if (worst >= limit) signed_ ? check_each(reinterpret_cast<const std::int32_t*>(x)) : check_each(x);
            return x;
        }
        if (narrowed.size() < n) narrowed.resize(n);
        const std::uint64_t* x = raw.data();
        std::uint32_t* out = narrowed.data();
        std::uint64_t bits = 0;
#pragma omp simd reduction(max : worst) reduction(| : bits)
        for (std::uint64_t i = 0; i < n; ++i) {
            bits |= x[i];
            out[i] = static_cast<std::uint32_t>(x[i]);
            worst = std::max(worst, static_cast<std::uint32_t>(x[i]));
        }
        if (bits >> 32 != 0 || worst >= limit) signed_ ? check_each(reinterpret_cast<const std::int64_t*>(x)) : check_each(x);
        return out;
    }
    /// The n elements in `raw`: there, or in `widened` if they had 4 bytes.
    const double* weights(std::uint64_t n, const Raw& raw, std::vector<double>& widened) const {
        if (wide_) return reinterpret_cast<const double*>(raw.data());
        if (widened.size() < n) widened.resize(n);
        std::copy_n(reinterpret_cast<const float*>(raw.data()), n, widened.data());
        return widened.data();
    }

private:
    void read(std::uint64_t first, std::uint64_t n, hid_t type, void* out) const {
        if (n == 0) return;
        const hsize_t at = first, count = n;
        const Handle file_space(H5Dget_space(data_), H5Sclose, "reading synapses"), memory(H5Screate_simple(1, &count, nullptr), H5Sclose, "reading synapses");
        output::require(H5Sselect_hyperslab(file_space, H5S_SELECT_SET, &at, nullptr, &count, nullptr), "reading synapses");
        if (H5Dread(data_, type, memory, file_space, H5P_DEFAULT, out) < 0) throw IoError(fmt::format("{} cannot be read: the file is cut short or damaged. Write it again.", where_));
    }

    std::string where_;
    Handle data_;
    std::uint64_t size_ = 0;
    hid_t native_ = -1;
    bool wide_ = false, signed_ = false;
};

}  // namespace spikemass::input
