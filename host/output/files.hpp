#pragma once
// Files appear whole or not at all: written beside their place, synced, renamed.  All errors are IoError unless said otherwise.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace spikemass::output {

/// A file being written as "<final>.<host>.<pid>.part"; removed by the destructor unless committed.
/// The constructor also removes parts of the same file that dead processes of this host have left.
class PartFile {
public:
    explicit PartFile(std::filesystem::path final_path);
    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    const std::filesystem::path& path() const { return part_; }
    const std::filesystem::path& final_path() const { return final_; }
    /// Makes sure that the part can grow to `bytes` without meeting a full disk; IoError if it cannot.  HDF5 does not survive a full disk:
    /// call it before handing the file over, and again after HDF5 has created (and so emptied) it.
    void reserve(std::uint64_t bytes);
    std::uint64_t size() const;
    /// Syncs the part, renames it to its final name and syncs the folder.
    void commit();
    /// The same, and "<final>.sha256" beside it (the format of sha256sum).  A crash between the two renames is healed by verify_checksum().
    void commit_with_checksum();

private:
    void release_reserved();
    std::filesystem::path final_, part_;
    int fd_ = -1;
    bool committed_ = false;
};

/// Writes a whole text file atomically.
void write_file(const std::filesystem::path&, std::string_view text);
std::string read_file(const std::filesystem::path&);

/// Throws unless `file` has the SHA-256 that was written beside it.  `remedy` ends the message, as "rebuild it with ...".
void verify_checksum(const std::filesystem::path& file, std::string_view remedy);

/// Creates the folder where needed and proves by a probe file that it can be written: call before any computation.
void check_writable(const std::filesystem::path& folder);
/// Throws CapacityError if the file system of `folder` (or of its nearest existing parent) has less than `bytes` free.
void check_disk_space(const std::filesystem::path& folder, std::uint64_t bytes);

/// "1.5 GiB".
std::string human_bytes(std::uint64_t bytes);
std::string host_name();
/// "No space left on device" and a remedy for an errno; used in messages.
std::string io_reason(int error_number);

}  // namespace spikemass::output
