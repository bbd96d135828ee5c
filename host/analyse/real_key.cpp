#include "host/analyse/real_key.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

#include "host/config/schema.hpp"
#include "host/config/wording.hpp"
#include "host/output/layout.hpp"
#include "models/base/error.hpp"

namespace spikemass {

namespace {

double number(const std::string& option, const std::string& text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value))
        throw config::problem(fmt::format("{}: \"{}\" is no number. Write PATH LOW HIGH, for example projection.EE.strength 5 20.", option, config::shorten(text)));
    return value;
}

/// The key of a path, and the path of the number where it names a table that a number may stand for.
const config::Key* key_of(std::string& path) {
    const auto find = [](const std::string& p) -> const config::Key* {
        const auto dot = p.rfind('.');
        const config::Section* section = dot == std::string::npos ? nullptr : config::section_of(p.substr(0, dot));
        return section ? section->find(p.substr(dot + 1)) : nullptr;
    };
    const config::Key* key = find(path);
    if (key && key->type == config::Type::table && *key->section->scalar) key = find(path += std::string(".") + key->section->scalar);
    return key;
}

std::string units_of(config::Quantity quantity, const std::string& time_unit) {
    using output::layout::Unit;
    switch (quantity) {
        case config::Quantity::one: return "1";
        case config::Quantity::time: return output::layout::unit_name(Unit::time, time_unit);
        case config::Quantity::rate: return output::layout::unit_name(Unit::rate, time_unit);
        case config::Quantity::ms: return "ms";
    }
    return "1";
}

std::optional<double> value_in(const nlohmann::ordered_json& resolved, const std::string& path) {
    const nlohmann::ordered_json* at = &resolved;
    const std::vector<std::string> parts = config::split_path(path);
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (at->is_number() && i + 1 == parts.size()) break;   // a table that has come down to its scalar
        if (!at->is_object() || !at->contains(parts[i])) return std::nullopt;
        at = &at->at(parts[i]);
    }
    return at->is_number() ? std::optional(at->get<double>()) : std::nullopt;
}

}  // namespace

std::string RealKey::short_name() const {
    const std::vector<std::string> parts = config::split_path(path);
    return parts.size() < 2 ? path : parts[parts.size() - 2] + "." + parts.back();
}

RealKey make_real_key(const NetworkFile& file, const Configuration& base, const std::string& option, const std::vector<std::string>& words) {
    RealKey p;
    p.path = words[0];
    p.range = {number(option, words[1]), number(option, words[2])};
    const std::string said = fmt::format("{} {} {} {}", option, config::shorten(words[0]), words[1], words[2]);
    if (!(p.range.low < p.range.high)) throw config::problem(fmt::format("{}: the range must go from a lower to a higher value. Write PATH LOW HIGH.", said));

    const config::Key* key = key_of(p.path);
    const auto resolved = [&](double value) { return file.resolve({{p.path, value}}); };
    if (!key || key->type == config::Type::table || key->type == config::Type::future) {
        resolved(p.range.low);   // says which part of the path is wrong
        throw config::problem(fmt::format("{}: this is no key of the network file. `spikemass info --keys` lists them.", said));
    }
    if (key->type != config::Type::number || !key->rules.sweepable) {
        const char* what = key->type == config::Type::integer || key->type == config::Type::seed ? "is a whole number"
                           : key->type == config::Type::number                                    ? "is no parameter of the network"
                                                                                                  : "is no number";
        throw config::problem(fmt::format("{}: `{}` {}, and a continuation varies a real number. Choose one such as population.E.params.eta.center, projection.EE.strength, "
                                          "projection.EE.synapse.tau; `spikemass sweep` takes lists of any values.", said, p.path, what));
    }
    const auto value = value_in(base.resolved, p.path);
    if (!value) {
        resolved(p.range.low);   // says what is wrong: no such population, a key that the chosen kind does not use
        throw config::problem(fmt::format("{}: this network does not use the key. `spikemass info --keys` says which kinds use it.", said));
    }
    p.value = *value;
    for (const double share : {0.0, 1.0, 0.3819660112501051, 0.7320508075688772}) {
        const double value = p.range.low + share * (p.range.high - p.range.low);
        try {
            resolved(value);
        } catch (const ConfigurationError& e) {
            throw config::problem(fmt::format("{}: the network file refuses the value {:.6g}, and a continuation needs every real value of the range. Choose another range; or, where only whole "
                                              "numbers of steps or synapses are allowed, another key or topology. {}", said, value, e.what()));
        }
    }
    p.units = units_of(key->rules.quantity, base.run.time_unit);
    return p;
}

}  // namespace spikemass
