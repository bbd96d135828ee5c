#pragma once
// The network file: read, checked, resolved.  config::describe_keys() (schema.hpp) lists every key of the format.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "kernels/network.hpp"

namespace spikemass {

namespace config {
struct Document;
}
struct SweepPlan;

/// [run], times in the file's unit.
struct RunSettings {
    std::uint64_t seed = 1;
    std::string time_unit = "tau";
    double dt = 0.0, warmup = 0.0, duration = 0.0, bin = 0.0;
    RecordFlags record;
};

/// From `--set path=value`: the value is a TOML value; a bare word is a string.
struct Override {
    std::string path, value;
};
/// Splits "a.b=c" at its first '='.  Throws ConfigurationError.
Override parse_override(std::string_view text);

using SweepValue = std::variant<double, std::int64_t, std::string, bool>;

/// One key set to one value, e.g. a point on the way along a parameter.
struct Assignment {
    std::string path;
    SweepValue value;
};

/// One network, ready to run.
struct Configuration {
    std::string file;
    RunSettings run;
    Network network;
    RunPlan plan;
    nlohmann::ordered_json resolved;    ///< every key that is used, defaults filled in; NetworkFile::from_json reads it back
};

/// The seeds of a trial: mix64(mix64(seed + purpose) + trial).
Seeds trial_seeds(std::uint64_t seed, std::uint64_t trial);

/// A network file with its bases and options.  Cheap to copy.
/// Every problem is a ConfigurationError that names file, line, column, key, value, rule and remedy; a file that cannot be
/// read is an IoError.
class NetworkFile {
public:
    /// Checks syntax, `extends` and options; the keys are checked by resolve and sweep.  A name ending in .json is a resolved configuration.
    static NetworkFile load(const std::filesystem::path& file, const std::vector<Override>& overrides = {}, std::optional<std::uint64_t> seed = {});
    /// From the text of a file that stands alone, as text() gives it; `name` stands in messages.
    static NetworkFile from_toml(const std::string& text, const std::string& name);
    /// From Configuration::resolved; `name` stands in messages.
    static NetworkFile from_json(const nlohmann::ordered_json& resolved, const std::string& name);

    /// The network as written, with `assignments` on top.  Sweep axes do not apply, but `[sweep] seeds = "independent"` does:
    /// with the values of a sweep point set, this is that point.
    Configuration resolve(std::uint64_t trial = 0) const { return resolve({}, trial); }
    Configuration resolve(const std::vector<Assignment>& assignments, std::uint64_t trial = 0) const;

    bool has_sweep() const;
    /// Expands and checks every point.  Throws ConfigurationError if there is no [sweep].
    SweepPlan sweep() const;

    /// The file as written; with `extends`, options or JSON in play, the TOML text that says the same by itself.
    const std::string& text() const;

private:
    explicit NetworkFile(std::shared_ptr<const config::Document> document) : document_(std::move(document)) {}
    std::shared_ptr<const config::Document> document_;
};

}  // namespace spikemass
