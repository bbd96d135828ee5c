#pragma once
// Chunks that wait on disk, first in, first out.  The file has no name, so nothing is left behind, however the process ends.

#include <cstdint>
#include <filesystem>
#include <vector>

#include "host/rate_chunk.hpp"

namespace spikemass {

/// One thread may append while another takes what has been appended before.
class SpillFile {
public:
    /// The file is made at the first chunk.
    explicit SpillFile(std::filesystem::path folder) : folder_(std::move(folder)) {}
    ~SpillFile();
    SpillFile(const SpillFile&) = delete;
    SpillFile& operator=(const SpillFile&) = delete;

    /// False: it could not be written (disk full, folder gone), and nothing of it is there.
    bool append(const RateChunk& chunk);
    /// The oldest that is there.  IoError if it cannot be read.
    RateChunk take();
    /// Gives the disk back.  Nothing may be waiting, nobody appending or taking.
    void clear();
    std::uint64_t bytes() const { return end_; }   ///< of the file; the appending thread alone may ask

    /// On file systems without nameless files a name exists for a moment: removes those of processes that were killed just then.
    static void remove_leftovers(const std::filesystem::path& folder);

private:
    std::filesystem::path folder_;
    int fd_ = -1;
    std::uint64_t begin_ = 0, end_ = 0;
};

}  // namespace spikemass
