#pragma once
// The one list of closures.  Adding one = one header and one entry here; names, masses and tests follow from it.

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "models/base/error.hpp"
#include "models/closures/cauchy.hpp"
#include "models/closures/degree_classes.hpp"
#include "models/closures/indegree_lorentzian.hpp"
#include "models/closures/learned.hpp"
#include "models/closures/none.hpp"
#include "models/closures/resonant.hpp"
#include "models/closures/resonant_static.hpp"
#include "models/closures/two_cumulant.hpp"

namespace spikemass::closures {

using AnyClosure = std::variant<None, IndegreeLorentzian, TwoCumulant, Cauchy, DegreeClasses, ResonantStatic, Resonant, Learned>;

/// Those that a name stands for: all but Learned, the last, which comes from a file (host/mass/closure_file.hpp).
inline constexpr auto closure_names = []<std::size_t... i>(std::index_sequence<i...>) {
    return std::array<std::string_view, sizeof...(i)>{std::variant_alternative_t<i, AnyClosure>::name...};
}(std::make_index_sequence<std::variant_size_v<AnyClosure> - 1>{});

/// The closure of this name, with its default parameters.  Throws ConfigurationError for any other name.
inline AnyClosure make_closure(std::string_view name) {
    AnyClosure found;
    const bool known = [&]<std::size_t... i>(std::index_sequence<i...>) {
        return ((std::variant_alternative_t<i, AnyClosure>::name == name
                     ? (found = std::variant_alternative_t<i, AnyClosure>{}, true) : false) || ...);
    }(std::make_index_sequence<closure_names.size()>{});
    if (known) return found;
    std::string list;
    for (std::string_view each : closure_names) (list += list.empty() ? "" : ", ") += each;
    throw ConfigurationError("Closure \"" + std::string(name) + "\" is not known. Valid: " + list + ", or a closure file (.toml).");
}

}  // namespace spikemass::closures
