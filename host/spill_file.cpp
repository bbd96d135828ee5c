#include "host/spill_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "models/base/error.hpp"

namespace spikemass {

namespace {

constexpr const char* stem = ".spikemass-spill-";

int open_nameless(const std::filesystem::path& folder) {
#ifdef O_TMPFILE
    if (const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600); fd >= 0) return fd;
#endif
    std::string name = (folder / stem).string() + "XXXXXX";
    const int fd = ::mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) ::unlink(name.c_str());
    return fd;
}

/// Of a chunk on disk; rate and v follow, for each population the number of values and the values.
struct Head {
    std::int64_t point, trial, first_bin, bins;
    std::uint64_t populations_rate, populations_v;
    std::uint8_t reference, forget, unused[6];
};

/// As ::pwrite and ::pread, until all bytes are there.
template <class Call, class Byte>
bool whole(Call call, int fd, Byte* bytes, std::size_t n, std::uint64_t at) {
    while (n > 0) {
        const ssize_t done = call(fd, bytes, n, static_cast<off_t>(at));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        bytes += done;
        n -= static_cast<std::size_t>(done);
        at += static_cast<std::uint64_t>(done);
    }
    return true;
}

}  // namespace

SpillFile::~SpillFile() {
    if (fd_ >= 0) ::close(fd_);
}

bool SpillFile::append(const RateChunk& c) {
    if (fd_ < 0 && (fd_ = open_nameless(folder_)) < 0) return false;
    const Head head{c.point, c.trial, c.first_bin, c.bins, c.rate.size(), c.v.size(), c.reference, c.forget, {}};
    std::vector<char> bytes(sizeof head);
    std::memcpy(bytes.data(), &head, sizeof head);
    for (const auto* series : {&c.rate, &c.v})
        for (const std::vector<double>& x : *series) {
            const std::uint64_t n = x.size();
            const auto* from = reinterpret_cast<const char*>(&n);
            bytes.insert(bytes.end(), from, from + sizeof n);
            from = reinterpret_cast<const char*>(x.data());
            bytes.insert(bytes.end(), from, from + n * sizeof(double));
        }
    if (!whole(::pwrite, fd_, static_cast<const char*>(bytes.data()), bytes.size(), end_)) return false;   // the next one overwrites it
    end_ += bytes.size();
    return true;
}

RateChunk SpillFile::take() {
    Head head;
    RateChunk c;
    errno = 0;
    const auto read = [&](void* to, std::size_t n) {
        const bool good = whole(::pread, fd_, static_cast<char*>(to), n, begin_);
        begin_ += n;
        return good;
    };
    bool good = read(&head, sizeof head);
    if (good) {
        c.point = head.point;
        c.trial = head.trial;
        c.first_bin = head.first_bin;
        c.bins = head.bins;
        c.reference = head.reference != 0;
        c.forget = head.forget != 0;
        for (auto [series, populations] : {std::pair{&c.rate, head.populations_rate}, std::pair{&c.v, head.populations_v}})
            for (std::uint64_t p = 0; p < populations && good; ++p) {
                std::uint64_t n = 0;
                good = read(&n, sizeof n);
                auto& x = series->emplace_back(static_cast<std::size_t>(good ? n : 0));
                good = good && read(x.data(), x.size() * sizeof(double));
            }
    }
    if (!good) throw IoError(fmt::format("{}: bins that waited on disk cannot be read back ({}); the disk may be faulty.", folder_.string(), errno ? std::strerror(errno) : "the file is too short"));
    return c;
}

void SpillFile::clear() {
    begin_ = end_ = 0;
    if (fd_ >= 0 && ::ftruncate(fd_, 0) != 0) return;   // it stays as long as it is; the next chunks overwrite it
}

void SpillFile::remove_leftovers(const std::filesystem::path& folder) {
    std::error_code ignored;
    for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
        if (entry.path().filename().string().starts_with(stem)) std::filesystem::remove(entry.path(), ignored);
}

}  // namespace spikemass
