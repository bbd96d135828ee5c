#pragma once
// What this program was built from; written by cmake/version.cmake at every build.

namespace spikemass {

extern const char* const version;
extern const char* const git_commit;   ///< "-dirty" appended where tracked files differed; "unknown" outside a repository
extern const char* const compiler;

}  // namespace spikemass
