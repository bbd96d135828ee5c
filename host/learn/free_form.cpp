#include "host/learn/free_form.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/output/files.hpp"
#include "host/python.hpp"
#include "models/base/error.hpp"

namespace spikemass::learn {

namespace {

using Json = nlohmann::json;
constexpr const char* packages = "pyoperon (packaging/python.txt), numpy and scipy";
constexpr std::size_t most_of_each = 8, most_fitted = 12;
constexpr double least_gain = 0.95;   ///< of the error on the samples, for a longer formula to be scored

struct Formula {
    closures::Expression text;
    double error = 0.0;
};

/// The front of one output, thinned; 0 is always in it.
std::vector<Formula> read_front(const Json& front, double largest_eps) {
    std::vector<Formula> all{{closures::Expression("0", closures::feature_names), 1.0}};
    for (const Json& each : front) {
        Formula f{closures::Expression(each.at("text").get<std::string>(), closures::feature_names), each.at("error").get<double>()};
        if (f.error < least_gain * all.back().error && bounded(f.text, largest_eps)) all.push_back(std::move(f));
    }
    while (all.size() > most_of_each) {   // the one that brings least over the one before it
        std::size_t weakest = 1;
        for (std::size_t i = 2; i + 1 < all.size(); ++i)
            if (all[i].error / all[i - 1].error > all[weakest].error / all[weakest - 1].error) weakest = i;
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(weakest));
    }
    return all;
}

double largest_eps_of(const TrainingData& data) {
    double largest = 0.0;
    const auto see = [&](const Point& p, double r, double v) { largest = std::max(largest, p.coupling * p.coupling / p.mean_indegree / (std::pow(std::numbers::pi * r, 2) + v * v)); };
    for (const auto* list : {&data.segments, &data.full})
        for (const Segment& s : *list)
            for (std::size_t b = 0; b < s.r.size(); ++b) see(s.point, s.r[b], s.v[b]);
    for (const SteadyWindow& w : data.steady) see(w.point, w.r, w.v);
    return largest;
}

Json run_search(const std::filesystem::path& samples, const FreeFormOptions& o) {
    std::string seeds;
    for (int i = 0; i < o.seeds; ++i) seeds += fmt::format("{}{}", i ? "," : "", o.first_seed + static_cast<std::uint64_t>(i));
    const std::filesystem::path result = samples.parent_path() / "free_form.json", part = result.string() + ".part";
    std::string said;
    bool going = true;
    const int code = run_python("learn --free-form", python_script("spikemass_search.py"), {samples.string(), "--seeds", seeds, "--symbols", o.symbols, "--variables", o.variables, "--jobs", std::to_string(o.training.threads)},
                                {.packages = packages, .output = part, .line = [&](const std::string& line) {
                                     int done = 0, all = 1;
                                     const bool is_progress = std::sscanf(line.c_str(), "progress %d/%d", &done, &all) == 2;
                                     if (!line.empty() && !is_progress) said = line;
                                     if (o.progress && (line.empty() || is_progress)) going = o.progress(is_progress ? 0.7 * done / all : -1.0, is_progress ? line.substr(9) : "");
                                     return going;
                                 }});
    if (!going || code != 0) std::filesystem::remove(part);
    if (!going) return nullptr;
    if (code != 0) throw Error(ExitCode::runtime, fmt::format("learn --free-form: the search ended with exit code {}: {} The networks are kept: say the same command again with --resume, or without --free-form.", code, said.empty() ? "it said nothing." : said));
    std::filesystem::rename(part, result);
    try {
        return Json::parse(output::read_file(result));
    } catch (const Json::exception&) {
        throw Error(ExitCode::runtime, fmt::format("learn --free-form: {} is no JSON. Run python/spikemass_search.py {} by hand to see why.", result.string(), samples.string()));
    }
}

}  // namespace

void require_search(const std::string& symbols, const std::string& variables) {
    const auto check = [](const char* option, const std::string& list, const std::string& known) {
        for (std::size_t at = 0; at <= list.size();) {
            const std::size_t end = std::min(list.find(',', at), list.size());
            const std::string name = list.substr(at, end - at);
            if (name.empty() || ("," + known + ",").find("," + name + ",") == std::string::npos) throw ConfigurationError(fmt::format("{} {}: \"{}\" must be among {}.", option, list, name, known));
            at = end + 1;
        }
    };
    check("--free-form-symbols", symbols, "add,sub,mul,div,sqrt,square,exp,log,tanh,abs");
    check("--free-form-variables", variables, "s,c,eps,h,sg");
    if (python_has("numpy, scipy, pyoperon.sklearn")) return;
    throw Error(ExitCode::runtime, fmt::format("learn --free-form: {} cannot import pyoperon. Install {} for it, for instance in a virtual environment (python3 -m venv V; V/bin/pip install -r packaging/python.txt) and name that by "
                                               "SPIKEMASS_PYTHON=V/bin/python3, or leave --free-form out.", python_interpreter(), packages));
}

bool bounded(const closures::Expression& formula, double largest_eps, double limit) {
    for (double sg : {-1.0, 1.0})
        for (int k = 0; k <= 12; ++k)
            for (int i = 0; i <= 400; ++i) {
                const double eps = k == 0 ? 0.0 : largest_eps * std::pow(10.0, 1.0 - (12 - k) / 3.0), angle = std::numbers::pi * (i - 200) / 400.0;
                const double x[5] = {std::sin(angle), i == 0 || i == 400 ? 0.0 : std::cos(angle), eps, eps / (1.0 + eps), sg};
                if (!(std::abs(formula(x)) <= limit)) return false;
            }
    return true;
}

FreeFormResult free_form(const std::filesystem::path& samples, const TrainingData& data, const TrainingData& validation, const FreeFormOptions& o) {
    FreeFormResult out;
    const Json found = run_search(samples, o);
    if (found.is_null()) return out;
    const double largest_eps = largest_eps_of(data);
    const std::vector<Formula> p = read_front(found.at("p").at("front"), largest_eps), q = read_front(found.at("q").at("front"), largest_eps);
    std::vector<FreeFormCandidate> pairs;
    for (const Formula& a : p)
        for (const Formula& b : q) {
            FreeFormCandidate c{a.text, b.text, std::max(a.error, b.error), 0.0, 0.0, {}};
            const Form form = Form::expressions(c.p, c.q);
            c.loss = loss(form, data, initial_parameters(form, 0), o.training.threads, o.stage);
            pairs.push_back(std::move(c));
            if (o.progress && !o.progress(0.7 + 0.1 * static_cast<double>(pairs.size()) / static_cast<double>(p.size() * q.size()), fmt::format("formulas on trajectories: pair {} of {}, loss {:.4g}", pairs.size(), p.size() * q.size(), pairs.back().loss)))
                return out;
        }
    out.pairs = pairs.size();
    std::stable_sort(pairs.begin(), pairs.end(), [](const auto& a, const auto& b) { return a.length() != b.length() ? a.length() < b.length() : a.loss < b.loss; });
    // Constants move the loss, so pairs that are somewhat worse than shorter ones are fitted too.
    std::vector<FreeFormCandidate> worth;
    double best = std::numeric_limits<double>::infinity();
    for (FreeFormCandidate& c : pairs)
        if (c.constants() > 0 && c.loss < 1.2 * best) {
            best = std::min(best, c.loss);
            worth.push_back(std::move(c));
        }
    while (worth.size() > most_fitted) worth.erase(std::max_element(worth.begin() + 1, worth.end() - 1, [](const auto& a, const auto& b) { return a.loss * a.length() < b.loss * b.length(); }));
    std::vector<FreeFormCandidate> fitted;
    for (FreeFormCandidate& c : worth) {
        const Form form = Form::expressions(c.p, c.q);
        std::vector<double> theta = initial_parameters(form, 0);
        const TrainResult r = train(form, data, o.stage, theta, o.training);
        const auto cut = theta.begin() + static_cast<std::ptrdiff_t>(c.p.constants().size());
        closures::Expression fitted_p(c.p.text_with(std::vector<double>(theta.begin(), cut)), closures::feature_names), fitted_q(c.q.text_with(std::vector<double>(cut, theta.end())), closures::feature_names);
        if (bounded(fitted_p, largest_eps) && bounded(fitted_q, largest_eps)) c.p = std::move(fitted_p), c.q = std::move(fitted_q);
        c.diverged = r.diverged;
        const Form now = Form::expressions(c.p, c.q);
        theta = initial_parameters(now, 0);
        c.loss = loss(now, data, theta, o.training.threads, o.stage);
        c.validation = loss(now, validation, theta, o.training.threads, o.stage);
        fitted.push_back(std::move(c));
        if (o.progress && !o.progress(0.8 + 0.2 * static_cast<double>(fitted.size()) / static_cast<double>(worth.size()), fmt::format("constants of formula {} of {} fitted: loss {:.4g}, on validation {:.4g}", fitted.size(), worth.size(), fitted.back().loss, fitted.back().validation)))
            return out;
    }
    best = std::numeric_limits<double>::infinity();
    for (FreeFormCandidate& c : fitted)   // shortest first
        if (c.loss < best || out.front.empty()) {
            best = std::min(best, c.loss);
            out.front.push_back(std::move(c));
        }
    std::reverse(out.front.begin(), out.front.end());
    return out;
}

std::string latex_of(const std::string& text) {
    std::string out;
    std::vector<char> closing;   // of parentheses that are open
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (std::isalpha(static_cast<unsigned char>(c))) {
            std::size_t n = 1;
            while (i + n < text.size() && std::isalnum(static_cast<unsigned char>(text[i + n]))) ++n;
            const std::string name = text.substr(i, n);
            i += n;
            if (name == "sqrt" || name == "abs") {   // their parenthesis becomes a brace or a bar
                out += name == "sqrt" ? "\\sqrt{" : "|";
                closing.push_back(name == "sqrt" ? '}' : '|');
                i = text.find('(', i) + 1;
            } else {
                out += name == "eps" ? "\\varepsilon" : name == "sg" ? "\\sigma" : name == "log" ? "\\ln" : name == "exp" || name == "tanh" ? "\\" + name : name;
            }
        } else if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') {
            char* end = nullptr;
            std::strtod(text.c_str() + i, &end);
            std::string value = text.substr(i, static_cast<std::size_t>(end - text.c_str()) - i);
            i += value.size();
            const std::size_t e = value.find_first_of("eE");
            out += e == std::string::npos ? value : fmt::format("{} \\cdot 10^{{{}}}", value.substr(0, e), std::stoi(value.substr(e + 1)));
        } else {
            ++i;
            if (c == '(') closing.push_back(')');
            if (c == '*') out += "\\,";
            else if (c == ')' && !closing.empty()) out += closing.back(), closing.pop_back();
            else out += c;
        }
    }
    return out;
}

}  // namespace spikemass::learn
