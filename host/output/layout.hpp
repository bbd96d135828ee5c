#pragma once
// The layout of dataset.nc, written once: writer, reader and validation follow this list.  docs/dataset.md shows it to users.

#include <string>
#include <string_view>
#include <vector>

#include "host/output/records.hpp"

namespace spikemass::output::layout {

inline constexpr const char* profile = "spikemass";
inline constexpr int version_major = 1, version_minor = 2;
inline constexpr const char* reference_group = "reference";

/// Dimensions of a variable; `run` stands for "point" in the root group and "reference_point" in /reference.  The last is the fastest.
enum class Shape {
    series,            ///< run, trial, time, population
    run,               ///< run, trial
    run_projection,    ///< run, trial, projection
    run_population,    ///< run, trial, population
    point_population,  ///< run, population
    point_projection,  ///< run, projection
};
enum class Type { count, f32, f64, i8, i64, u64, text };   // count: u32, or u64 where a bin needs it
enum class Unit { one, rate, time, mV };
enum class Presence { always, if_v, if_v_mV, if_order_parameter, if_statistics, if_projections };

struct VariableSpec {
    const char* name;
    Type type;
    Shape shape;
    Unit unit;
    Presence presence;
    const char* long_name;
    int since_minor = 0;                             ///< older datasets lack it
};

inline constexpr VariableSpec run_variables[] = {
    {"spike_count", Type::count, Shape::series, Unit::one, Presence::always, "spikes per bin (0 where status is not ok)"},
    {"rate", Type::f32, Shape::series, Unit::rate, Presence::always, "firing rate per neuron, bin average"},
    {"v", Type::f32, Shape::series, Unit::one, Presence::if_v, "mean membrane potential, time-averaged principal value, bin average"},
    {"v_mV", Type::f32, Shape::series, Unit::mV, Presence::if_v_mV, "mean membrane potential of populations whose model has units, bin average", 2},
    {"z_re", Type::f32, Shape::series, Unit::one, Presence::if_order_parameter, "Kuramoto order parameter, real part, bin average"},
    {"z_im", Type::f32, Shape::series, Unit::one, Presence::if_order_parameter, "Kuramoto order parameter, imaginary part, bin average"},
    {"isi_cv", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "coefficient of variation of the intervals between spikes, mean over neurons", 2},
    {"isi_cv_sd", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "its standard deviation over neurons", 2},
    {"isi_lv", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "local variation of the intervals (Shinomoto), mean over neurons", 2},
    {"isi_lv_sd", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "its standard deviation over neurons", 2},
    {"isi_neurons", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "neurons with at least 10 intervals, on which these four rest", 2},
    {"fano_factor", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "variance / mean of a neuron's spike counts in windows, mean over neurons", 2},
    {"fano_factor_sd", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "its standard deviation over neurons", 2},
    {"fano_neurons", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "neurons that fired in some window", 2},
    {"count_correlation", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "Pearson coefficient of spike counts in windows, mean over the pairs of a sample", 2},
    {"count_correlation_sd", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "its standard deviation over the pairs", 2},
    {"count_correlation_se", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "standard error of the mean, from the number of windows", 2},
    {"correlation_neurons", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "neurons of the sample whose counts vary", 2},
    {"count_variance", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "variance of a neuron's counts in windows, mean over all neurons", 2},
    {"count_covariance", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "covariance of counts in windows, mean over all pairs", 2},
    {"count_covariance_se", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "its standard error, from the number of windows", 2},
    {"synchrony", Type::f64, Shape::run_population, Unit::one, Presence::if_statistics, "chi of Golomb and Rinzel from counts in bins: 1 = in unison, 1/sqrt(N) = independent", 2},
    {"status", Type::i8, Shape::run, Unit::one, Presence::always, "state of the run"},
    {"message", Type::text, Shape::run, Unit::one, Presence::always, "why a run failed"},
    {"warnings", Type::text, Shape::run, Unit::one, Presence::always, "what the reader of the run should know, one sentence per line"},
    {"digest", Type::u64, Shape::run, Unit::one, Presence::always, "digest of all spikes"},
    {"seed_graph", Type::u64, Shape::run, Unit::one, Presence::always, "seed of the graph"},
    {"seed_init", Type::u64, Shape::run, Unit::one, Presence::always, "seed of parameters and initial states"},
    {"seed_noise", Type::u64, Shape::run, Unit::one, Presence::always, "seed of the noise"},
    {"steps", Type::u64, Shape::run, Unit::one, Presence::always, "time steps, warm-up included"},
    {"spikes", Type::u64, Shape::run, Unit::one, Presence::always, "spikes of the whole run, warm-up included"},
    {"capped_fraction", Type::f64, Shape::run, Unit::one, Presence::always, "fraction of neurons limited to one spike per step"},
    {"capped_rate_bound", Type::f64, Shape::run, Unit::rate, Presence::always, "bound on the rate lost to that limit"},
    {"synapses", Type::u64, Shape::run_projection, Unit::one, Presence::if_projections, "synapses built"},
    {"k_mean", Type::f64, Shape::run_projection, Unit::one, Presence::if_projections, "realised mean in-degree"},
    {"k_var", Type::f64, Shape::run_projection, Unit::one, Presence::if_projections, "realised variance of the in-degree"},
    {"degree_correlation", Type::f64, Shape::run_projection, Unit::one, Presence::if_projections, "realised correlation of the in- and the out-degree of a neuron; NaN between populations and where either is the same for all", 2},
    {"graph_checksum", Type::u64, Shape::run_projection, Unit::one, Presence::if_projections, "order-free checksum of the graph"},
    {"weight", Type::f64, Shape::run_projection, Unit::one, Presence::if_projections, "weight of one synapse, mean over targets"},
    {"weight_unit", Type::f64, Shape::run_projection, Unit::one, Presence::if_projections, "power of two of which drawn strengths J are multiples; NaN where all are equal", 1},
    {"effective_delay", Type::f64, Shape::point_projection, Unit::time, Presence::if_projections, "realised delay"},
    {"n_neurons", Type::i64, Shape::point_population, Unit::one, Presence::always, "neurons"},
};

std::vector<std::string> dimension_names(Shape, const std::string& run_dimension);
bool is_present(Presence, const SweepHeader&);
/// Whether V of a population is in mV.  Of its model in the resolved configuration, as dt.
bool in_millivolts(const SweepHeader&, std::size_t population);

/// "1/tau" or "Hz".
std::string rate_unit(std::string_view time_unit);
/// What a rate in 1/time_unit is multiplied by to have rate_unit: 1, or 1000 for "ms".
double rate_scale(std::string_view time_unit);
std::string unit_name(Unit, std::string_view time_unit);

/// What an attribute holds of one value per population: one number where all agree.
std::vector<double> one_if_equal(std::vector<double> per_population);

/// One short name per swept path, unique and safe in netCDF, xarray and Julia: the last path elements that tell the paths apart, joined by "_".
std::vector<std::string> axis_names(const std::vector<std::string>& paths);

}  // namespace spikemass::output::layout
