#pragma once
// dataset.nc: netCDF-4 that ncdump, xarray, h5py and NCDatasets.jl open without us.  Layout: host/output/layout.hpp.
// In memory rates are always in 1/time_unit; in the file they are in "1/tau" or "Hz".  Safe from several threads,
// which take turns.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/output/records.hpp"

namespace spikemass::output {

/// Gives the record of a planned run, or nothing if it is missing.  Asked once per point and trial (equal points: the representative).
using TrialSource = std::function<std::optional<TrialRecord>(const TrialId&)>;

/// Writes the whole dataset (and its .sha256) atomically, one trial in memory at a time.  The bytes depend on header and records only.
/// wide_counts: 64-bit spike counts, where a bin of some run holds more than 32 bits do.
/// Errors: IoError (also a full disk; the part is removed), ConfigurationError (a header that contradicts itself).
void write_dataset(const std::filesystem::path& file, const SweepHeader&, const TrialSource&, bool wide_counts = false);
/// A single run: one point, one trial.
void write_dataset(const std::filesystem::path& file, const SweepHeader&, const TrialRecord&);

/// Upper bound on the size of the dataset without other levels: that much must be free when it is written.
std::uint64_t dataset_size_bound(const SweepHeader&);

/// A variable of a group other than the root.  Values in row-major order of `dimensions`.
struct GroupVariable {
    std::string name;
    std::vector<std::string> dimensions;       ///< of the dataset ("point", "trial", "time", "population", "projection") or of the group
    std::string units;
    std::string long_name;
    std::variant<std::vector<double>, std::vector<std::int64_t>, std::vector<std::int8_t>, std::vector<std::string>> values;
    bool single_precision = false;             ///< store doubles as f32
    std::map<std::string, std::string> attributes;   ///< flag_meanings gives flag_values 0, 1, ... too
    std::map<std::string, double> numbers = {};      ///< attributes that are numbers
};

/// A group of the dataset: another level, /compare, /theory.
struct Group {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::vector<std::pair<std::string, std::size_t>> dimensions;   ///< new ones: name, size
    std::vector<GroupVariable> variables;
    std::map<std::string, double> numbers = {};
};

/// Every swept value as a coordinate of `point`, with the attribute `path`; numbers f64 or i64, text as strings, booleans as i8 with flag meanings.
/// points: those that are wanted, in this order.
std::vector<GroupVariable> swept_variables(const SweepHeader&, const std::vector<std::size_t>& points);

/// A netCDF-4 file of its own whose root is this group (its name is not written), atomically.  Variables along `point` name those with a `path` as their coordinates.
/// Errors: IoError, also of a full disk.
void write_group_file(const std::filesystem::path& file, const Group&);

/// One level's trajectories.  Shapes: [point][trial][time][population], without trial if !per_trial; empty = not there.  Rates in 1/time_unit.
struct LevelSeries {
    std::string level;                         ///< group name: "mass", "mass.two_cumulant", "stochastic-mass"
    bool per_trial = false;
    std::vector<double> rate, v, z_re, z_im;
    std::vector<std::int8_t> status;           ///< [point] or [point][trial], values of TrialStatus; empty = all ok
    std::map<std::string, std::string> attributes;   ///< as "closure"
};
Group level_group(const LevelSeries&, const std::string& time_unit);

/// One figure of merit.  Shapes: [level][point][population], without population if !per_population.  lo, hi: confidence interval.
struct Metric {
    std::string name, units, long_name, method;
    bool per_population = true;
    std::vector<double> value, lo, hi;
};
/// /compare: for each metric the variables <name>, <name>_lo, <name>_hi with attribute `method`, over the dimension `level`.
Group compare_group(const std::vector<std::string>& levels, const std::vector<Metric>&);

/// Adds groups to a dataset, replacing those of the same name.  The file is verified, copied to a part, extended there and renamed:
/// at every moment the old or the new dataset is whole.  Coordinates are repeated in each group, so that it can be opened alone.
void write_groups(const std::filesystem::path& file, const std::vector<Group>&);
/// Doubles for every real or integer variable, strings for strings.  IoError if the group is not there.
Group read_group(const std::filesystem::path& file, const std::string& name);

/// The runs of a dataset at f64.  Shapes: series [run][trial][time][population], runs [run][trial], facts [run][trial][projection].
/// NaN where missing; v, z empty where not recorded.  Rates in 1/time_unit.
struct RunArrays {
    std::vector<double> rate, v, z_re, z_im;
    std::vector<std::uint64_t> spike_count;
    std::vector<TrialStatus> status;
    std::vector<std::string> message, warnings;
    std::vector<std::uint64_t> digest, seed_graph, seed_init, seed_noise, steps, spikes;
    std::vector<double> capped_fraction, capped_rate_bound;
    std::vector<std::uint64_t> synapses, graph_checksum;
    std::vector<double> k_mean, k_var, degree_correlation, weight, weight_unit;
    std::vector<SpikeStatistics> statistics;   ///< [run][trial][population]; empty where not recorded
    std::vector<double> effective_delay;       ///< [run][projection]
    std::vector<std::int64_t> n_neurons;       ///< [run][population]
};

struct Dataset {
    std::filesystem::path path;
    SweepHeader header;                        ///< as written; `network_toml` included
    std::vector<std::string> axis_names;       ///< coordinate variables, one per header.axes
    std::vector<double> time;                  ///< bin centres
    RunArrays runs;                            ///< run = point
    RunArrays references;                      ///< run = reference; empty without references
    std::vector<std::string> groups;           ///< other levels, "compare", "theory"
};

/// Verifies checksum and structure, then reads.  series = false leaves spike_count, rate, v and z empty.
/// IoError names file, fault and remedy if the dataset is truncated, altered or not one of ours.
Dataset read_dataset(const std::filesystem::path& file, bool series = true);
/// Checksum, profile, dimensions, types, units of every variable, readable content; IoError at the first fault.
void validate_dataset(const std::filesystem::path& file);

/// What a dataset holds, for `info --json`; info_text is the same for people.
nlohmann::ordered_json dataset_info(const std::filesystem::path& file);
std::string info_text(const nlohmann::ordered_json& info);

}  // namespace spikemass::output
