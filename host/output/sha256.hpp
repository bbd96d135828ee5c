#pragma once
// SHA-256 by OpenSSL's libcrypto.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace spikemass::output {

using Sha256 = std::array<std::uint8_t, 32>;

Sha256 sha256(std::span<const std::uint8_t> bytes);
/// 64 lower-case hex digits.
std::string sha256_hex(std::string_view text);
/// Reads the file in pieces.  Throws IoError if it cannot be read.
std::string sha256_of_file(const std::filesystem::path&);

}  // namespace spikemass::output
