#pragma once
// Checkpoint bytes: little endian, length-prefixed arrays, CRC-32 at the end.

#include <zlib.h>

#include <cstring>
#include <istream>
#include <ostream>
#include <span>
#include <string>
#include <type_traits>

#include "models/base/error.hpp"

namespace spikemass::spiking {

class ArchiveWriter {
public:
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void value(const T& x) { bytes_.append(reinterpret_cast<const char*>(&x), sizeof(T)); }
    template <class T>
    void array(const T* data, std::size_t n) {
        value(static_cast<std::uint64_t>(n));
        if (n > 0) bytes_.append(reinterpret_cast<const char*>(data), n * sizeof(T));
    }
    void finish(std::ostream& out) {
        const auto crc = static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes_.data()), bytes_.size()));
        const std::uint64_t size = bytes_.size();
        out.write("SPKMCKP1", 8);
        out.write(reinterpret_cast<const char*>(&size), 8);
        out.write(bytes_.data(), static_cast<std::streamsize>(size));
        out.write(reinterpret_cast<const char*>(&crc), 4);
        if (!out) throw IoError("checkpoint: writing failed. The disk may be full: free some space and save again.");
    }

private:
    std::string bytes_;
};

class ArchiveReader {
public:
    explicit ArchiveReader(std::istream& in) {
        char magic[8] = {};
        std::uint64_t size = 0;
        in.read(magic, 8);
        in.read(reinterpret_cast<char*>(&size), 8);
        if (!in || std::memcmp(magic, "SPKMCKP1", 8) != 0) damaged("it does not start as a checkpoint");
        // Read in pieces: a damaged size must not become one huge allocation.
        for (std::uint64_t left = size; left > 0;) {
            const std::size_t piece = static_cast<std::size_t>(left < (1u << 24) ? left : (1u << 24)), at = bytes_.size();
            bytes_.resize(at + piece);
            in.read(bytes_.data() + at, static_cast<std::streamsize>(piece));
            if (!in) damaged("it ends early");
            left -= piece;
        }
        std::uint32_t crc = 0;
        in.read(reinterpret_cast<char*>(&crc), 4);
        if (!in || crc != static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes_.data()), bytes_.size()))) damaged("its checksum does not match");
    }
    template <class T>
        requires std::is_trivially_copyable_v<T>
    T value() {
        T x;
        std::memcpy(&x, take(sizeof(T)), sizeof(T));
        return x;
    }
    /// The array's length must be n.
    template <class T>
    void array(T* data, std::size_t n) {
        if (value<std::uint64_t>() != n) damaged("an array has another length than this network's");
        if (n > 0) std::memcpy(data, take(n * sizeof(T)), n * sizeof(T));
    }
    template <class T>
    std::vector<T> array() {
        const auto n = value<std::uint64_t>();
        if (n > bytes_.size() / sizeof(T)) damaged("an array is longer than the file");
        std::vector<T> x(static_cast<std::size_t>(n));
        if (n > 0) std::memcpy(x.data(), take(x.size() * sizeof(T)), x.size() * sizeof(T));
        return x;
    }

    [[noreturn]] static void damaged(const char* why) {
        throw IoError(std::string("checkpoint: ") + why + ". A checkpoint is read only when it is whole and of this network: use an older one, or start again.");
    }

private:
    const char* take(std::size_t n) {
        if (at_ + n > bytes_.size()) damaged("it ends early");
        at_ += n;
        return bytes_.data() + at_ - n;
    }
    std::string bytes_;
    std::size_t at_ = 0;
};

}  // namespace spikemass::spiking
