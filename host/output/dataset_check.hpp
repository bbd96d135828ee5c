#pragma once
// Is a file one of our datasets, whole and of this version?  Private to host/output.

#include <filesystem>
#include <string>

#include "models/base/error.hpp"

namespace spikemass::output {

/// How to get a good dataset in place of `file`: ends error messages.
std::string dataset_remedy(const std::filesystem::path& file);

/// Runs `body`; an IoError that does not name the file yet is completed by its path and the remedy.
template <class Body>
auto reading(const std::filesystem::path& file, Body&& body) {
    try {
        return body();
    } catch (const IoError& e) {
        const std::string what = e.what();
        if (what.find(file.string()) != std::string::npos) throw;
        throw IoError(file.string() + ": damaged: " + what + " " + dataset_remedy(file));
    }
}

/// Profile, dimensions, types and units of an open file (its netCDF id).  IoError at the first fault.
void check_structure(int root, const std::filesystem::path& file);

}  // namespace spikemass::output
