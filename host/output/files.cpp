#include "host/output/files.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <fstream>
#include <system_error>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "host/output/sha256.hpp"
#include "models/base/error.hpp"

namespace spikemass::output {

namespace fs = std::filesystem;

namespace {

class Descriptor {
public:
    Descriptor(const fs::path& path, int flags, mode_t mode = 0666) : fd_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~Descriptor() { if (fd_ >= 0) ::close(fd_); }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    explicit operator bool() const { return fd_ >= 0; }
    int get() const { return fd_; }

private:
    int fd_;
};

[[noreturn]] void fail(const fs::path& path, std::string_view doing, int error_number) {
    throw IoError(fmt::format("{}: {} failed: {}", path.string(), doing, io_reason(error_number)));
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

void sync(const fs::path& path, int flags) {
    const Descriptor fd(path, flags);
    if (!fd) fail(path, "opening to sync", errno);
    if (::fsync(fd.get()) != 0 && errno != EINVAL) fail(path, "fsync", errno);   // EINVAL: a file system without sync of folders
}

void rename_file(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) fail(to, "renaming the finished file into place", errno);
}

/// Renames of one folder's files are made one process at a time, so that a file and its checksum stay a pair.
class FolderLock {
public:
    explicit FolderLock(const fs::path& folder) : fd_(folder, O_RDONLY | O_DIRECTORY) {
        if (fd_) ::flock(fd_.get(), LOCK_EX);   // file systems without flock go on without it
    }

private:
    Descriptor fd_;
};

void write_and_sync(const fs::path& path, std::string_view text) {
    const Descriptor fd(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (!fd) fail(path, "creating the file", errno);
    while (!text.empty()) {
        const auto written = ::write(fd.get(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path, "writing", errno);
        text.remove_prefix(static_cast<std::size_t>(written));
    }
    if (::fsync(fd.get()) != 0) fail(path, "fsync", errno);
}

fs::path with_suffix(fs::path path, std::string_view suffix) { return path += suffix; }

/// Removes "<name>.<this host>.<pid>.part" of processes that are gone.
void remove_dead_parts(const fs::path& final_path) {
    const auto prefix = final_path.filename().string() + "." + host_name() + ".";
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_of(final_path), ignored)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with(prefix) || !name.ends_with(".part")) continue;
        pid_t pid = 0;
        const auto end = name.data() + name.size() - 5;
        const auto parsed = std::from_chars(name.data() + prefix.size(), end, pid);
        if (parsed.ec == std::errc() && parsed.ptr == end && pid > 0 && ::kill(pid, 0) != 0 && errno == ESRCH) fs::remove(entry.path(), ignored);
    }
}

std::uint64_t free_bytes(const fs::path& folder) {
    struct statvfs status = {};
    if (::statvfs(folder.c_str(), &status) != 0) fail(folder, "asking for free space", errno);
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
}

/// The hex digest of a checksum file, or empty.
std::string stored_checksum(const fs::path& path) {
    std::ifstream in(path);
    std::string digest;
    in >> digest;
    return digest;
}

}  // namespace

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

std::string io_reason(int error_number) {
    const std::string what = std::strerror(error_number);
    switch (error_number) {
        case ENOSPC:
        case EDQUOT: return what + "; free some space or choose another folder. What was finished before is kept.";
        case EACCES:
        case EPERM:
        case EROFS: return what + "; choose a folder that you may write to, or change its permissions.";
        case ENOTDIR: return what + "; a part of the path is a file. Choose another path.";
        case ENOENT: return what + "; check the path.";
        default: return what + ".";
    }
}

std::string human_bytes(std::uint64_t bytes) {
    constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = static_cast<double>(bytes);
    std::size_t u = 0;
    for (; value >= 1024.0 && u + 1 < std::size(units); ++u) value /= 1024.0;
    return u == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[u]);
}

PartFile::PartFile(fs::path final_path)
    : final_(std::move(final_path)), part_(with_suffix(final_, fmt::format(".{}.{}.part", host_name(), ::getpid()))) {
    remove_dead_parts(final_);
    fd_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd_ < 0) fail(final_, "creating the file", errno);
}

PartFile::~PartFile() {
    ::close(fd_);
    std::error_code ignored;
    if (!committed_) fs::remove(part_, ignored);
}

std::uint64_t PartFile::size() const {
    struct stat status = {};
    if (::fstat(fd_, &status) != 0) fail(final_, "asking for the size", errno);
    return static_cast<std::uint64_t>(status.st_size);
}

void PartFile::reserve(std::uint64_t bytes) {
    const auto doing = fmt::format("making room for up to {}", human_bytes(bytes));
    if (::fallocate(fd_, FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(bytes)) == 0) return;
    if (errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL) fail(final_, doing, errno);
    // A file system that cannot reserve: ask it what is free.
    const auto present = size();
    if (present < bytes && free_bytes(folder_of(final_)) < bytes - present) fail(final_, doing, ENOSPC);
}

void PartFile::release_reserved() {
    if (::ftruncate(fd_, static_cast<off_t>(size())) != 0) fail(final_, "releasing reserved space", errno);
}

void PartFile::commit() {
    release_reserved();
    sync(part_, O_RDONLY);
    const FolderLock lock(folder_of(final_));
    rename_file(part_, final_);
    committed_ = true;
    sync(folder_of(final_), O_RDONLY | O_DIRECTORY);
}

void PartFile::commit_with_checksum() {
    release_reserved();
    sync(part_, O_RDONLY);
    const auto line = fmt::format("{}  {}\n", sha256_of_file(part_), final_.filename().string());
    const auto checksum = with_suffix(final_, ".sha256"), checksum_part = with_suffix(final_, ".sha256.part");
    const FolderLock lock(folder_of(final_));
    try {
        write_and_sync(checksum_part, line);
        rename_file(part_, final_);
    } catch (...) {
        std::error_code ignored;
        fs::remove(checksum_part, ignored);
        throw;
    }
    committed_ = true;
    rename_file(checksum_part, checksum);
    sync(folder_of(final_), O_RDONLY | O_DIRECTORY);
}

void write_file(const fs::path& path, std::string_view text) {
    PartFile part(path);
    write_and_sync(part.path(), text);
    part.commit();
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw IoError(fmt::format("{}: cannot be opened for reading; check that it exists and may be read.", path.string()));
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (in.bad()) throw IoError(fmt::format("{}: reading failed; the disk or the connection to it may be faulty.", path.string()));
    return text;
}

void verify_checksum(const fs::path& file, std::string_view remedy) {
    if (!fs::exists(file)) throw IoError(fmt::format("{}: no such file; {}", file.string(), remedy));
    const auto checksum = with_suffix(file, ".sha256"), checksum_part = with_suffix(file, ".sha256.part");
    if (!fs::exists(checksum) && !fs::exists(checksum_part))
        throw IoError(fmt::format("{}: its checksum file {} is missing, so nothing proves that it is whole; {}", file.string(), checksum.filename().string(), remedy));
    const auto actual = sha256_of_file(file);
    if (actual == stored_checksum(checksum) || actual == stored_checksum(checksum_part)) return;
    throw IoError(fmt::format("{}: truncated or altered: its SHA-256 is {}..., but {} says {}...; {}", file.string(), actual.substr(0, 16),
                              checksum.filename().string(), stored_checksum(checksum).substr(0, 16), remedy));
}

void check_writable(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) fail(folder, "creating the folder", error.value());
    if (!fs::is_directory(folder)) fail(folder, "opening the folder", ENOTDIR);
    remove_dead_parts(folder / ".writable");   // of processes that were killed just here
    const auto probe = folder / fmt::format(".writable.{}.{}.part", host_name(), ::getpid());
    if (!Descriptor(probe, O_WRONLY | O_CREAT)) fail(folder, "creating a file in it", errno);
    try {
        write_and_sync(probe, "x");
    } catch (const IoError&) {
        fs::remove(probe, error);
        throw;
    }
    fs::remove(probe, error);
}

void check_disk_space(const fs::path& folder, std::uint64_t bytes) {
    auto existing = fs::absolute(folder).lexically_normal();
    while (!fs::exists(existing) && existing.has_parent_path() && existing != existing.parent_path()) existing = existing.parent_path();
    const auto available = free_bytes(existing);
    if (available < bytes)
        throw CapacityError(fmt::format("{}: the output needs about {} but only {} are free there; use another folder, fewer points, trials or bins, or free some space.",
                                        folder.string(), human_bytes(bytes), human_bytes(available)));
}

}  // namespace spikemass::output
