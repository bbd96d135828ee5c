#include "host/config/wording.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>

namespace spikemass::config {
namespace {

std::string one_line(std::string text) {
    for (char& c : text)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return text;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before, above(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before = above;
        std::swap(above, row);
    }
    return above[b.size()];
}

std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates) {
    if (name.size() > 100) return "";
    const auto lower = [](std::string_view s) {
        std::string out(s);
        for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        return out;
    };
    std::string best;
    std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
    for (const std::string& candidate : candidates) {
        const std::size_t distance = edit_distance(lower(name), lower(candidate));
        // A short name must keep at least one of its letters, or everything is near everything.
        if (distance < best_distance && distance < std::max(name.size(), candidate.size())) {
            best = candidate;
            best_distance = distance;
        }
    }
    return best;
}

std::string suggestion(std::string_view name, const std::vector<std::string>& candidates, std::string_view what) {
    const std::string near = nearest_name(name, candidates);
    if (!near.empty()) return fmt::format("Did you mean `{}`?", near);
    if (candidates.empty()) return fmt::format("{}: none.", what);
    return fmt::format("{}: {}.", what, shorten(join(candidates), 400));
}

ConfigurationError problem(std::string message) { return ConfigurationError(one_line(std::move(message))); }

std::string shorten(std::string text, std::size_t length) {
    text = one_line(std::move(text));
    if (text.size() <= length) return text;
    std::size_t cut = length - 4;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xc0) == 0x80) --cut;
    return text.substr(0, cut) + " ...";
}

std::string join(const std::vector<std::string>& items, std::string_view separator) { return fmt::format("{}", fmt::join(items, separator)); }

}  // namespace spikemass::config
