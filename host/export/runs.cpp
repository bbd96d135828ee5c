// What every hand-over says of runs.

#include <fmt/format.h>

#include "host/config/wording.hpp"
#include "host/export/export.hpp"

namespace spikemass::handover {

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

std::string csv_field(const output::AxisValue& value) {
    return std::visit([](const auto& x) -> std::string {
        if constexpr (std::is_same_v<std::decay_t<decltype(x)>, std::string>) return csv_field(x);
        else return fmt::format("{}", x);
    }, value);
}

std::string describe_point(const output::Dataset& d, std::size_t point) {
    std::vector<std::string> values;
    for (std::size_t a = 0; a < d.axis_names.size(); ++a) values.push_back(fmt::format("{} = {}", d.axis_names[a], std::visit([](const auto& x) { return fmt::format("{}", x); }, d.header.points[point][a])));
    return fmt::format("point {}{}", point, values.empty() ? "" : fmt::format(" ({})", config::join(values)));
}

std::vector<std::string> unusable_runs(const output::Dataset& d) {
    std::vector<std::string> list;
    const auto trials = static_cast<std::size_t>(d.header.trials);
    for (std::size_t p = 0; p < static_cast<std::size_t>(d.header.n_points()); ++p) {
        std::vector<std::string> bad;
        std::string reason;
        for (std::size_t t = 0; t < trials; ++t) {
            const output::TrialStatus status = d.runs.status[p * trials + t];
            if (status == output::TrialStatus::ok) continue;
            bad.push_back(fmt::format("{}", d.header.first_trial + static_cast<std::int64_t>(t)));
            if (reason.empty()) reason = status == output::TrialStatus::missing ? "missing" : "failed: " + config::shorten(d.runs.message[p * trials + t], 200);
        }
        if (bad.size() == trials) list.push_back(fmt::format("{} left out: none of its runs is ok ({}).", describe_point(d, p), reason));
        else if (!bad.empty()) list.push_back(fmt::format("{}: trial{} {} left out ({}).", describe_point(d, p), bad.size() == 1 ? "" : "s", config::join(bad), reason));
    }
    return list;
}

}  // namespace spikemass::handover
