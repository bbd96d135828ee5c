#include "host/output/sha256.hpp"

#include <fstream>
#include <memory>
#include <vector>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "models/base/error.hpp"

namespace spikemass::output {

namespace {

class Hasher {
public:
    Hasher() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) { require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1); }
    void add(const void* data, std::size_t size) { require(EVP_DigestUpdate(context_.get(), data, size) == 1); }
    Sha256 finish() {
        Sha256 out;
        require(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr) == 1);
        return out;
    }

private:
    static void require(bool ok) {
        if (!ok) throw Error(ExitCode::runtime, "SHA-256 is not available from the installed libcrypto.");
    }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

std::string hex(const Sha256& digest) {
    std::string out;
    for (const auto byte : digest) out += fmt::format("{:02x}", byte);
    return out;
}

}  // namespace

Sha256 sha256(std::span<const std::uint8_t> bytes) {
    Hasher hasher;
    hasher.add(bytes.data(), bytes.size());
    return hasher.finish();
}

std::string sha256_hex(std::string_view text) {
    Hasher hasher;
    hasher.add(text.data(), text.size());
    return hex(hasher.finish());
}

std::string sha256_of_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw IoError(fmt::format("{}: cannot be opened for reading; check that it exists and may be read.", path.string()));
    Hasher hasher;
    std::vector<char> buffer(1 << 20);
    while (in) {
        in.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
        hasher.add(buffer.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) throw IoError(fmt::format("{}: reading failed; the disk or the connection to it may be faulty.", path.string()));
    return hex(hasher.finish());
}

}  // namespace spikemass::output
