#pragma once
// HDF5 identifiers that close themselves, errors as IoError, one thread at a time.  Included by sources that link HDF5 only.

#include <fmt/format.h>
#include <hdf5.h>

#include <cerrno>
#include <mutex>
#include <string>
#include <utility>

#include "host/output/files.hpp"
#include "host/output/hdf5_lock.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

/// Owner of an HDF5 identifier and of the way to close it.
class Handle {
public:
    Handle() = default;
    Handle(hid_t id, herr_t (*close)(hid_t), const char* doing) : id_(id), close_(close) {
        if (id_ < 0) fail(doing);
    }
    ~Handle() { if (id_ >= 0) close_(id_); }
    Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
    Handle& operator=(Handle&& other) noexcept {
        std::swap(id_, other.id_);
        std::swap(close_, other.close_);
        return *this;
    }
    operator hid_t() const { return id_; }
    hid_t release() { return std::exchange(id_, -1); }

    [[noreturn]] static void fail(const std::string& doing) {
        const int reason = errno;
        throw IoError(fmt::format("{} failed: {}", doing, reason ? io_reason(reason) : "HDF5 refused."));
    }

private:
    hid_t id_ = -1;
    herr_t (*close_)(hid_t) = nullptr;
};

inline void require(herr_t code, const char* doing) {
    if (code < 0) Handle::fail(doing);
}

/// Around every use of HDF5: one thread at a time, and no messages (libraries never print).  Restores what was set before.
class Hdf5Session {
public:
    Hdf5Session() : lock_(hdf5_lock()) {
        H5Eget_auto2(H5E_DEFAULT, &handler_, &data_);
        H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
        errno = 0;
    }
    ~Hdf5Session() { H5Eset_auto2(H5E_DEFAULT, handler_, data_); }
    Hdf5Session(const Hdf5Session&) = delete;
    Hdf5Session& operator=(const Hdf5Session&) = delete;

private:
    std::unique_lock<std::recursive_mutex> lock_;
    H5E_auto2_t handler_ = nullptr;
    void* data_ = nullptr;
};

inline void write_attribute(hid_t object, const char* name, hid_t type, hid_t space, const void* value) {
    const Handle attribute(H5Acreate2(object, name, type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose, "writing an HDF5 attribute");
    require(H5Awrite(attribute, type, value), "writing an HDF5 attribute");
}

inline void write_text_attribute(hid_t object, const char* name, const std::string& text) {
    const Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "writing an HDF5 attribute");
    H5Tset_size(type, text.size());
    H5Tset_cset(type, H5T_CSET_UTF8);
    const Handle scalar(H5Screate(H5S_SCALAR), H5Sclose, "writing an HDF5 attribute");
    write_attribute(object, name, type, scalar, text.data());
}

}  // namespace spikemass::output
