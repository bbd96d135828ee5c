#include "host/compare/remarks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

namespace spikemass {

namespace {

const std::regex percentage(R"(([0-9]+(?:\.[0-9]+)?) %)");

}  // namespace

void Remarks::add(std::size_t point, const std::string& text) {
    std::smatch found;
    if (!std::regex_search(text, found, percentage)) return add(point, text, text);
    const std::string key = found.prefix().str() + "%" + found.suffix().str();
    const double value = std::stod(found[1].str());
    Remark& r = remarks_[key];
    r.differs = r.differs || (!r.points.empty() && value != r.percentage);
    r.points.insert(point);
    if (value <= r.percentage) return;
    r.percentage = value;
    r.text = text;
}

void Remarks::add(std::size_t point, const std::string& key, const std::string& text) {
    Remark& r = remarks_[key];
    if (r.points.empty()) r.text = text;
    r.points.insert(point);
}

std::vector<std::string> Remarks::lines(std::size_t points) const {
    std::vector<std::string> out;
    for (const auto& [key, r] : remarks_) {
        std::string line = r.differs ? std::regex_replace(r.text, percentage, "up to $1 %", std::regex_constants::format_first_only) : r.text;
        if (r.points.size() < points) line += fmt::format(" At {} of {} points.", r.points.size(), points);
        else if (points > 1) line += fmt::format(" At all {} points.", points);
        out.push_back(std::move(line));
    }
    return out;
}

}  // namespace spikemass
