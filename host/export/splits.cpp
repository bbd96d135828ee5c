#include "host/export/splits.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "host/config/wording.hpp"
#include "host/output/layout.hpp"
#include "models/base/error.hpp"

namespace spikemass::handover {

namespace {

using output::AxisValue;

std::optional<double> number(const AxisValue& v) {
    if (const auto* x = std::get_if<double>(&v)) return *x;
    if (const auto* x = std::get_if<std::int64_t>(&v)) return static_cast<double>(*x);
    return std::nullopt;
}

std::string text(const AxisValue& v) {
    return std::visit([](const auto& x) { return fmt::format("{}", x); }, v);
}

bool means(const AxisValue& v, const std::string& said) {
    const auto x = number(v);
    if (!x) return text(v) == said;
    double y = 0.0;
    const auto [end, error] = std::from_chars(said.data(), said.data() + said.size(), y);
    return error == std::errc() && end == said.data() + said.size() && std::abs(*x - y) <= 1e-9 * std::max(std::abs(*x), std::abs(y));
}

/// Values of one swept key that are set apart.
struct Rule {
    std::size_t axis = 0;
    std::vector<AxisValue> values;
};

class Splitter {
public:
    Splitter(const output::SweepHeader& h, const std::vector<std::size_t>& points, const std::string& where) : h_(h), points_(points), where_(where), names_(output::layout::axis_names(h.axes)) {}

    Splits run(const SplitOptions& o) {
        Splits s;
        const bool none = o.hold_out.size() == 1 && o.hold_out[0] == "none";
        std::vector<Rule> held, validating;
        if (o.hold_out.empty()) {
            held = {default_rule()};
            s.notes.push_back(fmt::format("--hold-out was not given: of {} the lowest value, {}, tests extrapolation and the second largest, {}, interpolation.", h_.axes[held[0].axis], text(held[0].values[0]), text(held[0].values[1])));
        }
        for (const std::string& said : o.hold_out)
            if (!none) held.push_back(rule("--hold-out", said));
        for (const std::string& said : o.validation) validating.push_back(rule("--validation", said));
        s.of.assign(points_.size(), Split::train);
        for (std::size_t i = 0; i < points_.size(); ++i) {
            if (std::any_of(validating.begin(), validating.end(), [&](const Rule& r) { return applies(r, i); })) s.of[i] = Split::validation;
            if (std::any_of(held.begin(), held.end(), [&](const Rule& r) { return applies(r, i); })) s.of[i] = Split::test_interpolation;
        }
        const std::vector<Split> before = s.of;   // ranges are those of the points that do not test
        for (const Rule& r : held)
            for (std::size_t i = 0; i < points_.size(); ++i)
                if (applies(r, i) && outside(r, i, before)) s.of[i] = Split::test_extrapolation;
        const auto count = [&](Split x) { return std::count(s.of.begin(), s.of.end(), x); };
        if (count(Split::train) == 0)
            throw ConfigurationError(fmt::format("{}: what is held out or validates leaves none of the {} points to train on. Name fewer values with --hold-out and --validation.", where_, points_.size()));
        s.hold_out = none ? "none" : words(held);
        s.validation = words(validating);
        if (!validating.empty() && count(Split::validation) == 0) s.notes.push_back("Every point that --validation names is held out as well, and tests: nothing validates.");
        return s;
    }

private:
    const AxisValue& value(const Rule& r, std::size_t i) const { return h_.points[points_[i]][r.axis]; }
    bool applies(const Rule& r, std::size_t i) const { return std::find(r.values.begin(), r.values.end(), value(r, i)) != r.values.end(); }
    bool outside(const Rule& r, std::size_t i, const std::vector<Split>& split) const {
        const auto x = number(value(r, i));
        if (!x) return true;
        bool below = true, above = true;
        for (std::size_t k = 0; k < points_.size(); ++k) {
            if (split[k] == Split::test_interpolation) continue;
            const double y = number(value(r, k)).value();
            below = below && *x < y;
            above = above && *x > y;
        }
        return below || above;
    }
    /// Values of an axis at the exported points, numbers ascending, others in the order of the sweep.
    std::vector<AxisValue> levels(std::size_t axis) const {
        std::vector<AxisValue> list;
        for (const std::size_t p : points_)
            if (std::find(list.begin(), list.end(), h_.points[p][axis]) == list.end()) list.push_back(h_.points[p][axis]);
        if (std::all_of(list.begin(), list.end(), [](const AxisValue& v) { return number(v).has_value(); }))
            std::sort(list.begin(), list.end(), [](const AxisValue& a, const AxisValue& b) { return *number(a) < *number(b); });
        return list;
    }
    std::string listed(const std::vector<AxisValue>& values) const {
        std::vector<std::string> list;
        for (const AxisValue& v : values) list.push_back(text(v));
        return config::shorten(config::join(list), 300);
    }
    Rule rule(const char* option, const std::string& said) const {
        const std::size_t split = said.find('=');
        if (split == std::string::npos || split == 0 || split + 1 == said.size())
            throw ConfigurationError(fmt::format("{} {}: must be a swept key and its values, PATH=v1,v2{}.", option, said, std::string(option) == "--hold-out" ? ", or none alone" : ""));
        const std::string path = said.substr(0, split);
        Rule r;
        for (r.axis = 0; r.axis < h_.axes.size() && h_.axes[r.axis] != path && names_[r.axis] != path; ++r.axis) {}
        if (r.axis == h_.axes.size()) {
            std::vector<std::string> candidates = h_.axes;
            candidates.insert(candidates.end(), names_.begin(), names_.end());
            throw ConfigurationError(fmt::format("{} {}: {} was not swept in {}. {}", option, said, path, where_, h_.axes.empty() ? "It has one point: nothing can be held out; use --hold-out none." : config::suggestion(path, candidates, "Swept keys and their short names")));
        }
        const std::vector<AxisValue> known = levels(r.axis);
        for (std::size_t at = split + 1; at <= said.size();) {
            const std::size_t end = std::min(said.find(',', at), said.size());
            const std::string one = said.substr(at, end - at);
            const auto found = std::find_if(known.begin(), known.end(), [&](const AxisValue& v) { return means(v, one); });
            if (found == known.end()) throw ConfigurationError(fmt::format("{} {}: no point of {} has {} = {}. Its values: {}.", option, said, where_, path, one, listed(known)));
            r.values.push_back(*found);
            at = end + 1;
        }
        return r;
    }
    Rule default_rule() const {
        constexpr const char* remedy = "Say what to hold out, --hold-out PATH=v1,v2, or --hold-out none to train on everything.";
        std::vector<std::size_t> found;
        for (std::size_t a = 0; a < h_.axes.size(); ++a)
            if (h_.axes[a].ends_with(".mean_indegree")) found.push_back(a);
        if (found.size() != 1)
            throw ConfigurationError(fmt::format("{}: by default values of mean_indegree are held out for the test, and {}. {}", where_, found.empty() ? "none was swept" : fmt::format("{} were swept", found.size()), remedy));
        const std::vector<AxisValue> known = levels(found[0]);
        if (known.size() < 4 || !number(known[0]))
            throw ConfigurationError(fmt::format("{}: by default the lowest and the second largest mean_indegree are held out for the test and at least two others train, and there {} {} ({}). {}", where_, known.size() == 1 ? "is" : "are only", known.size(), listed(known), remedy));
        return {found[0], {known[0], known[known.size() - 2]}};
    }
    std::string words(const std::vector<Rule>& rules) const {
        std::vector<std::string> list;
        for (const Rule& r : rules) list.push_back(h_.axes[r.axis] + "=" + [&] {
            std::vector<std::string> values;
            for (const AxisValue& v : r.values) values.push_back(text(v));
            return config::join(values, ",");
        }());
        return config::join(list, "; ");
    }

    const output::SweepHeader& h_;
    const std::vector<std::size_t>& points_;
    const std::string& where_;
    std::vector<std::string> names_;
};

}  // namespace

Splits make_splits(const output::SweepHeader& header, const std::vector<std::size_t>& points, const SplitOptions& options, const std::string& where) {
    return Splitter(header, points, where).run(options);
}

}  // namespace spikemass::handover
