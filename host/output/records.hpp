#pragma once
// What a sweep must remember, independent of how it is stored.  A single run is a sweep of one point and one trial.

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "kernels/network.hpp"
#include "kernels/observables.hpp"

namespace spikemass::output {

/// A swept value.  Strings become string coordinates; booleans 8-bit integers with flag meanings.
using AxisValue = std::variant<double, std::int64_t, std::string, bool>;

/// What produced the numbers: root attributes of every dataset.
struct Provenance {
    std::string program_version, git_commit, backend, device, compiler;
    int graph_recipe = 0;                                ///< kernels::graph_recipe; 0 = not told
};

/// One sweep: its configuration and its plan.  Times in the file's time unit.
struct SweepHeader {
    std::string network_toml;                            ///< the network file as the user wrote it
    nlohmann::ordered_json resolved;                     ///< the resolved configuration
    std::string sha256;                                  ///< of the resolved configuration; two sweeps with equal sha256 are the same
    std::string time_unit = "tau";                       ///< "tau" or "ms"
    std::vector<double> tau_ms;                          ///< [population]; empty unless time_unit is "ms".  Of points that do not sweep it, as dt
    double dt = 0.0, bin = 0.0, warmup = 0.0, duration = 0.0;
    RecordFlags record;                                  ///< which optional observables the dataset has

    std::vector<std::string> axes;                       ///< swept paths with dots, as "projection.EE.strength"
    std::vector<std::string> axis_units;                 ///< [axis], or empty = all dimensionless
    std::vector<std::vector<AxisValue>> points;          ///< [point][axis]
    std::int64_t trials = 1;
    std::int64_t first_trial = 0;                        ///< `run --trial t` alone: the coordinate `trial` counts from here
    std::vector<std::string> populations, projections;   ///< names, file order
    std::vector<std::vector<std::int64_t>> n_neurons;    ///< [point][population]
    /// Mean of each population's stimuli over each bin: [point or 1][population][bin]; empty = none anywhere.
    std::vector<std::vector<std::vector<double>>> stimulus;
    std::vector<std::int64_t> same_as;                   ///< [point]: the first point with an equal resolved network (often itself); empty = all differ
    std::vector<std::int64_t> reference_index;           ///< [point]: its paired all-to-all run, counted from 0, -1 = none; empty = no references
    Provenance provenance;

    std::int64_t n_points() const { return static_cast<std::int64_t>(points.size()); }
    std::int64_t n_references() const;
    std::int64_t n_bins() const;
    /// The point whose runs serve `point`: itself or the equal point that came first.
    std::int64_t representative(std::int64_t point) const { return same_as.empty() ? point : same_as[static_cast<std::size_t>(point)]; }
    /// Throws ConfigurationError where shapes contradict each other.
    void check() const;
};

enum class RunKind : int { point = 0, reference = 1 };
enum class TrialStatus : std::int8_t { missing = 0, ok = 1, failed = 2 };

/// One run of a sweep: `index` counts points or reference runs, `trial` counts from 0.
struct TrialId {
    RunKind kind = RunKind::point;
    std::int64_t index = 0, trial = 0;
    auto operator<=>(const TrialId&) const = default;
};

/// What a finished run leaves.  A failed one has a message, seeds, and an empty result.
struct TrialRecord {
    TrialId id;
    TrialStatus status = TrialStatus::ok;
    std::string message;
    Seeds seeds;
    RunResult result;
};

/// Every run that the sweep needs, equal points once: points x trials, then references x trials.
std::vector<TrialId> planned_trials(const SweepHeader&);

/// Exact to the last bit, NaN and infinity included.  Throws IoError on bytes that are not a header.
std::vector<std::uint8_t> encode_header(const SweepHeader&);
SweepHeader decode_header(const std::vector<std::uint8_t>&);

/// One line per difference, "path: old -> new", sorted by path; empty when equal.  At most `limit` lines and a count of the rest.
std::string configuration_difference(const nlohmann::ordered_json& stored, const nlohmann::ordered_json& requested, std::size_t limit = 20);

}  // namespace spikemass::output
