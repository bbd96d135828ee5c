#pragma once
// What a network file may say: one table (schema_table.cpp) drives types, ranges, defaults, unknown names and the printed listing.

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/config/document.hpp"

namespace spikemass::config {

enum class Type {
    number,     ///< f64, finite; integers are accepted
    integer,
    boolean,
    choice,     ///< one name of `choices`
    choices,    ///< list of names of `choices`
    name,       ///< name of a population
    seed,       ///< u64; a string of digits where TOML's signed integers end
    numbers,    ///< list of numbers
    paths,      ///< list of strings
    text,       ///< a string
    table,      ///< a nested section
    future      ///< a name of the format that this version does not offer
};

/// What a number measures; its unit follows `run.time_unit`, except that of `ms`.
enum class Quantity { one, time, rate, ms };

struct Range {
    double low, high;
    bool above_low;                ///< low itself is excluded
    const char* text;              ///< "must be > 0"
    bool contains(double x) const { return (above_low ? x > low : x >= low) && x <= high; }
};
extern const Range any_number, positive, non_negative, probability_range, share_range, correlation_range, above_one, size_range, sample_range, count_range, q_range, poles_range;

struct Section;

/// One key of a section.  `fallback` and `used_by` are as in the listing: a TOML value, and names of kinds.
struct Key {
    struct Rules {
        const Range* range = &any_number;
        const char* choices = "";          ///< "qif theta | lif": those after the bar are known to the format but not available
        const char* used_by = "";          ///< kinds (values of the section's selector) that use the key; "": all
        const char* rivals = "";           ///< keys that say the same in another way: the later layer wins
        bool sweepable = true;
        bool counts = false;               ///< samples of it are whole numbers
        Quantity quantity = Quantity::one;
    };
    std::string name;
    Type type = Type::number;
    const char* fallback = nullptr;        ///< nullptr: required; "": may be left out
    const char* doc = "";
    Rules rules = {};

    // Derived once from the text above.
    std::vector<std::string> available = {}, unavailable = {}, kinds = {}, rivals = {};
    std::optional<nlohmann::ordered_json> default_value = {};
    const Section* section = nullptr;      ///< Type::table

    bool used_with(std::string_view kind) const;
};

/// A table of the file.  `path` has "*" where the file has a name of its own ("population.*.params").
struct Section {
    std::string path;
    const char* doc = "";
    const char* selector = "";             ///< key whose value decides which other keys are used ("kind")
    const char* outer = "";                ///< the same, a key of the section around this one ("model" for its params)
    const char* scalar = "";               ///< a bare number stands for { distribution = "constant", <scalar> = number }
    const char* word = "";                 ///< a bare string stands for { <word> = string }
    std::vector<Key> keys = {};

    const Key* find(std::string_view name) const;
    /// The row of a key that applies to a kind, or nullptr.
    const Key* find(std::string_view name, std::string_view kind) const;
    std::vector<std::string> names() const;
    /// The key that decides, here or around; "" if none does.
    const char* deciding() const { return *outer ? outer : selector; }
    /// Its path, of a section that stands at `path`.
    std::string deciding_path(std::string_view path) const;
};

/// All sections, in the order of the listing.
const std::vector<Section>& schema();

/// The section of a path of the file ("population.E.params"), nullptr if it is none.
const Section* section_of(std::string_view path);

/// What the values of a key measure ("projection.EE.delay": time); of tables and of paths that are no key: one.
Quantity quantity_of(std::string_view path);

/// Top-level tables, and those of them whose keys are names that the user chooses.
const std::vector<std::string>& top_level_names();
bool is_named(std::string_view top_level);

/// Every key with type, range, default and meaning, for people.
std::string describe_keys();

}  // namespace spikemass::config
