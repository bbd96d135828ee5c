#pragma once
// A real number of the network file that can be varied continuously.

#include <string>

#include "host/config/configuration.hpp"
#include "host/mass/continuation.hpp"

namespace spikemass {

struct RealKey {
    std::string path;            ///< of the number itself: projection.EE.strength means projection.EE.strength.mean
    mass::Interval range;
    double value = 0.0;          ///< what the file says
    std::string units;           ///< in datasets

    /// The last two parts of the path, for tables and pictures: "eta.center".
    std::string short_name() const;
};

/// `option` and `words` (PATH LOW HIGH) as given on the command line.  Throws ConfigurationError: no such key, no real number, an empty range, values
/// in the range that the network file refuses (what it rounds to whole numbers cannot vary continuously).
RealKey make_real_key(const NetworkFile& file, const Configuration& base, const std::string& option, const std::vector<std::string>& words);

}  // namespace spikemass
