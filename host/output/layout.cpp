#include "host/output/layout.hpp"

#include <algorithm>
#include <cctype>
#include <functional>
#include <map>
#include <set>

#include <fmt/format.h>

#include "models/registry.hpp"

namespace spikemass::output::layout {

std::vector<std::string> dimension_names(Shape shape, const std::string& run) {
    switch (shape) {
        case Shape::series: return {run, "trial", "time", "population"};
        case Shape::run: return {run, "trial"};
        case Shape::run_population: return {run, "trial", "population"};
        case Shape::run_projection: return {run, "trial", "projection"};
        case Shape::point_population: return {run, "population"};
        case Shape::point_projection: return {run, "projection"};
    }
    return {};
}

bool is_present(Presence presence, const SweepHeader& header) {
    switch (presence) {
        case Presence::always: return true;
        case Presence::if_v:
        case Presence::if_v_mV: {
            bool any = false;
            for (std::size_t p = 0; p < header.populations.size(); ++p) any |= in_millivolts(header, p) == (presence == Presence::if_v_mV);
            return header.record.v && any;
        }
        case Presence::if_order_parameter: return header.record.order_parameter;
        case Presence::if_statistics: return header.record.statistics;
        case Presence::if_projections: return !header.projections.empty();
    }
    return false;
}

bool in_millivolts(const SweepHeader& header, std::size_t population) {
    const auto all = header.resolved.find("population");
    if (all == header.resolved.end()) return false;
    const auto own = all->find(header.populations[population]);
    if (own == all->end() || !own->contains("model")) return false;
    const std::string model = own->at("model").get<std::string>();
    bool units = false;
    [&]<class... M>(models::TypeList<M...>) { ((units |= model == M::name && !M::dimensionless), ...); }(models::NeuronModels{});
    return units;
}

std::string rate_unit(std::string_view time_unit) { return time_unit == "ms" ? "Hz" : "1/tau"; }
double rate_scale(std::string_view time_unit) { return time_unit == "ms" ? 1000.0 : 1.0; }

std::string unit_name(Unit unit, std::string_view time_unit) {
    switch (unit) {
        case Unit::one: return "1";
        case Unit::rate: return rate_unit(time_unit);
        case Unit::time: return std::string(time_unit);
        case Unit::mV: return "mV";
    }
    return "1";
}

std::vector<double> one_if_equal(std::vector<double> x) {
    if (std::adjacent_find(x.begin(), x.end(), std::not_equal_to<>()) == x.end() && x.size() > 1) x.resize(1);
    return x;
}

namespace {

std::vector<std::string> elements(const std::string& path) {
    std::vector<std::string> out(1);
    for (const char c : path) {
        if (c == '.') out.emplace_back();
        else out.back() += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
    }
    return out;
}

std::string last(const std::vector<std::string>& path, std::size_t n) {
    std::string out;
    for (std::size_t i = path.size() - std::min(n, path.size()); i < path.size(); ++i) out += (out.empty() ? "" : "_") + path[i];
    return out.empty() || std::isdigit(static_cast<unsigned char>(out.front())) ? "_" + out : out;
}

std::set<std::string> reserved_names() {
    std::set<std::string> names = {"point", "trial", "time", "population", "projection", "reference_point", "reference_index", "level", "stimulus", "same_as"};
    for (const auto& v : run_variables) names.insert(v.name);
    return names;
}

}  // namespace

std::vector<std::string> axis_names(const std::vector<std::string>& paths) {
    const auto reserved = reserved_names();
    std::vector<std::vector<std::string>> split;
    for (const auto& path : paths) split.push_back(elements(path));
    std::vector<std::size_t> length(paths.size(), 1);
    std::vector<std::string> names(paths.size());
    for (bool changed = true; changed;) {
        changed = false;
        std::map<std::string, int> uses;
        for (std::size_t i = 0; i < paths.size(); ++i) ++uses[names[i] = last(split[i], length[i])];
        for (std::size_t i = 0; i < paths.size(); ++i)
            if ((uses[names[i]] > 1 || reserved.contains(names[i])) && length[i] < split[i].size()) ++length[i], changed = true;
    }
    std::set<std::string> taken = reserved;   // what whole paths cannot tell apart gets a number
    for (auto& name : names) {
        const auto stem = name;
        for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}_{}", stem, n);
    }
    return names;
}

}  // namespace spikemass::output::layout
