#pragma once
// A sweep, expanded: its points, which of them are the same network, and the all-to-all runs that go with them.

#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/config/configuration.hpp"

namespace spikemass {

struct SweepPoint {
    std::vector<SweepValue> values;     ///< one per axis
    std::string sha256;                 ///< of the dump of its resolved configuration
    std::uint64_t seed = 1;             ///< what its trials are seeded from
    std::int64_t same_as = -1;          ///< index into points of an earlier point (of a reference: of any) with the same configuration; run it once
    std::int64_t reference = -1;        ///< index into references
    bool all_to_all = false;            ///< this is the reference of a point with these values
};

struct SweepPlan {
    std::string file;
    std::vector<std::string> axes;                        ///< paths, in the order of the file
    std::vector<std::vector<SweepValue>> axis_values;     ///< as listed, or one per point; one type per axis
    std::string design;                                   ///< "grid": the last axis is fastest; "zip", "latin_hypercube", "sobol": values side by side
    std::vector<SweepPoint> points;                       ///< no axes: one point
    std::vector<SweepPoint> references;                   ///< one per distinct all-to-all configuration; empty without `reference`
    std::int64_t trials = 1;
    bool independent_seeds = false;
    nlohmann::ordered_json resolved;                      ///< {"sweep": options and axes, "network": the first point, "points_sha256"}
    std::string sha256;                                   ///< of resolved.dump()

    /// The network of a point or a reference of this plan; `trial` chooses the seeds.
    Configuration configuration(const SweepPoint& point, std::uint64_t trial = 0) const;

    std::shared_ptr<const config::Document> document;
};

/// The seeds of one trial of a point or a reference: equal to configuration(point, trial).network.seeds.
Seeds point_seeds(const SweepPoint& point, std::uint64_t trial);

/// "a = 1, b = x": the values of a point, for messages.
std::string describe_point(const SweepPlan& plan, const SweepPoint& point);

namespace config {
/// Throws ConfigurationError.
SweepPlan expand_sweep(std::shared_ptr<const Document> document);
constexpr double max_points = 1e6;
}  // namespace config

}  // namespace spikemass
