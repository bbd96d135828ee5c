#pragma once
// netCDF-C and HDF5 keep global state and are not thread-safe everywhere: whoever calls them holds this lock.

#include <mutex>

namespace spikemass::output {

/// Held for as long as the returned object lives; the same thread may take it again.
inline std::unique_lock<std::recursive_mutex> hdf5_lock() {
    static std::recursive_mutex mutex;
    return std::unique_lock(mutex);
}

}  // namespace spikemass::output
