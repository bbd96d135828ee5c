#include "host/mass/closure_file.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "models/base/error.hpp"

namespace spikemass::mass {

namespace {

bool is_file(const std::string& name) { return name.size() > 5 && name.ends_with(".toml"); }

class Reader {
public:
    Reader(const std::string& text, std::string file) : file_(std::move(file)) {
        try {
            root_ = toml::parse(text, file_);
        } catch (const toml::parse_error& e) {
            throw ConfigurationError(fmt::format("{}:{}: this is no TOML: {}. A closure file is written by `spikemass learn`.", file_, e.source().begin.line, e.description()));
        }
    }
    closures::LearnedForm form() const {
        closures::LearnedForm f;
        const toml::table* closure = root_["closure"].as_table();
        if (!closure) fail("", "has no table [closure]");
        for (const auto& [key, value] : *closure) {
            constexpr std::array<std::string_view, 5> known{"title", "form", "p", "q", "network"};
            if (std::find(known.begin(), known.end(), key.str()) == known.end()) fail(std::string(key.str()), "is no key of a closure; they are title, form, p, q and network");
        }
        f.title = text(*closure, "title");
        if (f.title.empty() || f.title.size() > 100 || f.title.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") != std::string::npos)
            fail("title", "must be letters, digits, _ and -: results are called by it");
        for (std::string_view taken : closures::closure_names)
            if (f.title == taken) fail("title", "is the name of a closure that is built in");
        const std::string kind = text(*closure, "form");
        if (kind != "static" && kind != "hidden") fail("form", "must be \"static\" or \"hidden\"");
        f.hidden = kind == "hidden";
        const toml::table* network = closure->contains("network") ? (*closure)["network"].as_table() : nullptr;
        if (network) read_network(*network, f);
        else {
            if (f.hidden) fail("form", "\"hidden\" needs a table [closure.network]");
            f.p = formula(*closure, "p");
            f.q = formula(*closure, "q");
        }
        if (const toml::table* training = root_["training"].as_table()) {
            f.largest_eps = (*training)["largest_eps"].value_or(0.0);
            f.lowest_s = (*training)["lowest_s"].value_or(-1.0);
            f.highest_s = (*training)["highest_s"].value_or(1.0);
        }
        return f;
    }

private:
    [[noreturn]] void fail(const std::string& key, const std::string& why) const { throw ConfigurationError(fmt::format("{}: {}{}. A closure file is written by `spikemass learn`; docs/learning.md has its keys.", file_, key.empty() ? "" : "closure." + key + " ", why)); }
    std::string text(const toml::table& t, const char* key) const {
        const auto value = t[key].value<std::string>();
        if (!value) fail(key, "is missing, or no text");
        return *value;
    }
    closures::Expression formula(const toml::table& t, const char* key) const {
        try {
            return closures::Expression(text(t, key), closures::feature_names);
        } catch (const ConfigurationError& e) {
            throw ConfigurationError(fmt::format("{}: closure.{}: {}", file_, key, e.what()));
        }
    }
    void read_network(const toml::table& t, closures::LearnedForm& f) const {
        closures::TanhNetwork& n = f.network;
        n.inputs = f.hidden ? 5 : 3;
        n.outputs = 2;
        n.units = static_cast<int>(t["units"].value_or(std::int64_t{0}));
        n.scale = t["scale"].value_or(0.1);
        if (n.units < 1 || n.units > 1000) fail("network.units", "must be a whole number from 1 to 1000");
        if (const toml::array* theta = t["theta"].as_array())
            for (const toml::node& x : *theta) {
                const auto value = x.value<double>();
                if (!value || !std::isfinite(*value)) fail("network.theta", "must be finite numbers");
                n.theta.push_back(*value);
            }
        if (n.theta.size() != static_cast<std::size_t>(n.size())) fail("network.theta", fmt::format("has {} numbers, and {} units of a {} closure have {}", n.theta.size(), n.units, f.hidden ? "hidden" : "static", n.size()));
    }

    std::string file_;
    toml::table root_;
};

}  // namespace

closures::LearnedForm parse_closure(const std::string& text, const std::string& file) { return Reader(text, file).form(); }

closures::AnyClosure find_closure(const std::string& name) {
    if (!is_file(name)) return closures::make_closure(name);
    std::ifstream in(name, std::ios::binary);
    if (!in) throw IoError(fmt::format("--closure {}: the file cannot be read. Name a closure file, or one of the closures that `spikemass doctor` lists.", name));
    std::stringstream all;
    all << in.rdbuf();
    return closures::Learned{std::make_shared<const closures::LearnedForm>(parse_closure(all.str(), name))};
}

std::string closure_title(const std::string& name) {
    const closures::AnyClosure closure = find_closure(name);
    if (const auto* learned = std::get_if<closures::Learned>(&closure)) return learned->form->title;
    return name;
}

std::string closure_text(const closures::LearnedForm& f, const std::map<std::string, std::string>& notes) {
    std::string out = "# What sparsity adds to the mass: (p, q) = sum over projections of A (p^, q^), A = J^2 (1 - K/N)/K, W = pi tau r - i v:\n"
                      "#   tau r' = (Delta + q)/(pi tau) + 2 r v,   tau v' = v^2 + eta + I + J tau s - (pi tau r)^2 + p.\n"
                      "# s = v/|W|, c = pi tau r/|W|, eps = J^2/(K |W|^2), h = eps/(1 + eps), sg = sign J.\n";
    out += fmt::format("[closure]\ntitle = \"{}\"\nform = \"{}\"\n", f.title, f.hidden ? "hidden" : "static");
    if (f.formula()) {
        out += fmt::format("p = \"{}\"\nq = \"{}\"\n", f.p.text(), f.q.text());
    } else {
        out += fmt::format("\n[closure.network]   # one hidden layer of tanh; inputs s, ln(1 + eps), sg{}\nunits = {}\nscale = {}\ntheta = [", f.hidden ? ", tanh(2 p/A), tanh(2 q/A)" : "", f.network.units, f.network.scale);
        for (std::size_t i = 0; i < f.network.theta.size(); ++i) out += fmt::format("{}{}", i == 0 ? "" : i % 8 == 0 ? ",\n         " : ", ", f.network.theta[i] == 0.0 ? std::string("0.0") : fmt::format("{:.17g}", f.network.theta[i]));
        out += "]\n";
    }
    out += fmt::format("\n[training]\nlargest_eps = {:.6g}\nlowest_s = {:.6g}\nhighest_s = {:.6g}\n", f.largest_eps, f.lowest_s, f.highest_s);
    for (const auto& [key, value] : notes) out += fmt::format("{} = {}\n", key, value);
    return out;
}

}  // namespace spikemass::mass
