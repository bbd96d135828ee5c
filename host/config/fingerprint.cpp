#include "host/config/fingerprint.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <stdexcept>
#include <vector>

#include "host/config/wording.hpp"

namespace spikemass {
namespace {

using Json = nlohmann::ordered_json;

std::string shown(const Json& value) { return config::shorten(value.dump()); }

bool holds_objects(const Json& list) {
    for (const Json& element : list)
        if (element.is_structured()) return true;
    return false;
}

void compare(const Json& a, const Json& b, const std::string& path, std::vector<std::string>& lines) {
    const auto child = [&path](const std::string& key) { return path.empty() ? key : path + "." + key; };
    if (a.is_object() && b.is_object()) {
        for (const auto& [key, value] : a.items())
            if (b.contains(key))
                compare(value, b.at(key), child(key), lines);
            else
                lines.push_back(fmt::format("{}: {} -> (absent)", child(key), shown(value)));
        for (const auto& [key, value] : b.items())
            if (!a.contains(key)) lines.push_back(fmt::format("{}: (absent) -> {}", child(key), shown(value)));
        // Storage and output follow the order of the populations.
        std::vector<std::string> order_a, order_b;
        for (const auto& [key, value] : a.items())
            if (b.contains(key)) order_a.push_back(key);
        for (const auto& [key, value] : b.items())
            if (a.contains(key)) order_b.push_back(key);
        if (order_a != order_b) lines.push_back(fmt::format("{}: order {} -> {}", path, shown(order_a), shown(order_b)));
    } else if (a.is_array() && b.is_array() && a.size() == b.size() && holds_objects(a)) {
        for (std::size_t i = 0; i < a.size(); ++i) compare(a[i], b[i], fmt::format("{}[{}]", path, i), lines);
    } else if (a.dump() != b.dump()) {
        lines.push_back(fmt::format("{}: {} -> {}", path, shown(a), shown(b)));
    }
}

}  // namespace

std::string sha256(std::string_view bytes) {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1) throw std::runtime_error("SHA-256 is not available in libcrypto.");
    std::string hex;
    hex.reserve(2 * length);
    for (unsigned int i = 0; i < length; ++i) {
        hex += "0123456789abcdef"[digest[i] >> 4];
        hex += "0123456789abcdef"[digest[i] & 15];
    }
    return hex;
}

std::string difference(const Json& before, const Json& after, std::size_t limit) {
    std::vector<std::string> lines;
    compare(before, after, "", lines);
    std::string out;
    for (std::size_t i = 0; i < lines.size() && i < limit; ++i) out += (i ? "\n" : "") + lines[i];
    if (lines.size() > limit) out += fmt::format("\n... and {} more", lines.size() - limit);
    return out;
}

}  // namespace spikemass
