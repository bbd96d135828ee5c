#include "host/live/consumers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "host/live/rates_writer.hpp"
#include "host/live/running_comparison.hpp"
#include "host/live/running_fit.hpp"
#include "host/output/live_file.hpp"
#include "models/base/error.hpp"

namespace spikemass {

namespace {

struct Entry {
    const char* name;
    const char* value;   ///< what stands after "name=", nullptr: nothing does
    void (*check)(const std::string& value);
    std::shared_ptr<LiveConsumer> (*make)(const LiveContext&, const std::string& value);
    std::uint64_t (*bytes)(const output::SweepHeader&);
};

/// A new consumer is one class and one line here.
constexpr Entry entries[] = {
    {"rates", nullptr, nullptr, [](const LiveContext& c, const std::string&) -> std::shared_ptr<LiveConsumer> { return std::make_shared<RatesWriter>(c); }, output::LiveFile::size_bound},
    {"compare", nullptr, nullptr, [](const LiveContext& c, const std::string&) -> std::shared_ptr<LiveConsumer> { return std::make_shared<RunningComparison>(c); }, RunningComparison::size_bound},
    {"fit", "MODEL",
     [](const std::string& model) {
         try {
             fit::closure_of_model(model);
         } catch (const ConfigurationError& e) {
             throw ConfigurationError(fmt::format("--live fit={}: {}", model, e.what()));
         }
     },
     [](const LiveContext& c, const std::string& model) -> std::shared_ptr<LiveConsumer> { return std::make_shared<RunningFit>(c, model); }, RunningFit::size_bound},
};

std::string name_of(const std::string& text) { return text.substr(0, text.find('=')); }
std::string value_of(const std::string& text) { return text.find('=') == std::string::npos ? "" : text.substr(text.find('=') + 1); }

/// Of "name" or "name=value".
const Entry& entry_of(const std::string& text) {
    const std::string name = name_of(text);
    const auto it = std::find_if(std::begin(entries), std::end(entries), [&](const Entry& e) { return e.name == name; });
    if (it != std::end(entries)) return *it;
    std::string known;
    for (const Entry& e : entries) known += (known.empty() ? "" : ", ") + std::string(e.name) + (e.value ? "=" + std::string(e.value) : "");
    throw ConfigurationError(fmt::format("--live: there is no consumer \"{}\". Name some of {}, separated by commas.", name, known));
}

}  // namespace

std::vector<std::string> parse_live(const std::string& text) {
    std::vector<std::string> names(1);
    for (const char c : text) {
        if (c == ',') names.emplace_back();
        else names.back() += c;
    }
    check_live(names);
    return names;
}

void check_live(const std::vector<std::string>& names) {
    std::set<std::string> seen;
    for (const std::string& text : names) {
        const Entry& e = entry_of(text);
        const std::string name = name_of(text), value = value_of(text);
        if (e.value && value.empty()) throw ConfigurationError(fmt::format("--live: {} needs a value. Write {}={}, as fit=mpr (or the name of a closure, fit=two_cumulant).", name, name, e.value));
        if (!e.value && text != name) throw ConfigurationError(fmt::format("--live: {} takes no value. Write {}.", text, name));
        if (e.check) e.check(value);
        if (!seen.insert(name).second) throw ConfigurationError(fmt::format("--live: \"{}\" is named twice. Name each consumer once.", name));
    }
}

std::vector<std::shared_ptr<LiveConsumer>> make_live_consumers(const std::vector<std::string>& names, const LiveContext& context) {
    std::vector<std::shared_ptr<LiveConsumer>> list;
    for (const std::string& name : names) list.push_back(entry_of(name).make(context, value_of(name)));
    return list;
}

std::uint64_t live_bytes(const std::vector<std::string>& names, const output::SweepHeader& header) {
    std::uint64_t bytes = 0;
    for (const std::string& name : names) bytes += entry_of(name).bytes(header);
    return bytes;
}

RateChunk whole_run(const output::TrialId& id, const RunResult& result) {
    RateChunk chunk = last_bins(result.populations, static_cast<std::int64_t>(result.populations.front().rate.size()));
    chunk.reference = id.kind == output::RunKind::reference;
    chunk.point = id.index;
    chunk.trial = id.trial;
    return chunk;
}

}  // namespace spikemass
