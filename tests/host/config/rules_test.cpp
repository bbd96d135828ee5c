// Every rule of the format, broken once: exit code 2 and a message that names place, key, rule and remedy.

#include <fmt/format.h>

#include "host/config/canonical.hpp"
#include "host/config/network_builder.hpp"
#include "host/config/sweep_plan.hpp"
#include "tests/host/config/support.hpp"

namespace spikemass::test {
namespace {

struct Broken {
    const char* name;
    std::string from, to;              ///< in net_toml
    std::vector<std::string> parts;    ///< of the message
};

const std::string er = "kind = \"erdos_renyi\", mean_indegree = 50";
const std::string fi = "kind = \"fixed_indegree\", mean_indegree = 20";
const std::string kick = "kind      = \"step\"\nstart     = 0.5\nstop      = 1.5\namplitude = 3.0";
const std::string eta = "distribution = \"lorentzian\", center = 1.0, half_width = 0.5";

const std::vector<Broken> cases = {
    // Syntax and structure
    {"syntax", "dt        = 0.01", "dt = 0.01.1", {"net.toml:4:", "not valid TOML"}},
    {"duplicate_key", "dt        = 0.01", "dt = 0.01\ndt = 0.02", {"net.toml:5:", "defined once"}},
    {"duplicate_population", "[population.I]", "[population.E]", {"net.toml:15:", "defined once", "E"}},
    {"duplicate_projection", "[projection.EI]", "[projection.EE]", {"net.toml:26:", "defined once"}},
    {"unknown_section", "[stimulus.kick]", "[stimulis.kick]", {"net.toml:34:", "stimulis", "no such section", "`stimulus`"}},
    {"unknown_key", "seed      = 3", "sed = 3", {"net.toml:2:7: run.sed = 3", "no such key", "Did you mean `seed`?"}},
    {"unknown_key_far", "seed      = 3", "zzz = 3", {"run.zzz", "Valid: seed, time_unit, dt"}},
    {"unknown_nested_key", er, "kind = \"erdos_renyi\", mean_indegre = 50", {"net.toml:23:", "projection.EE.topology.mean_indegre = 50", "`mean_indegree`"}},
    {"table_expected", "[population.E]", "[[population.E]]", {"net.toml:10:", "population.E", "must be a table"}},
    {"section_is_value", "[stimulus.kick]\n", "[run.seeds]\n", {"run.seeds", "no such key"}},
    {"nameless_population", "[population.I]", "[population]", {"population.model", "[population.NAME]"}},
    {"empty_name", "[population.I]", "[population.\"\"]", {"net.toml:15:", "not an identifier"}},
    {"name_with_dot", "[population.I]", "[population.\"I.2\"]", {"I.2", "not an identifier", "Rename"}},
    {"name_with_space", "[projection.EI]", "[projection.\"E I\"]", {"projection name \"E I\"", "not an identifier"}},
    {"name_starts_with_digit", "[stimulus.kick]", "[stimulus.1st]", {"stimulus name \"1st\"", "not an identifier"}},
    {"date", "seed      = 3", "seed = 1979-05-27", {"run.seed", "must be an integer >= 0"}},
    {"missing_key", "duration  = 2.0\n", "", {"net.toml:1:1: run.duration is missing", "must be > 0", "Add duration"}},
    {"missing_choice", "model  = \"qif\"\n", "", {"population.E.model is missing", "qif, theta"}},
    {"missing_table", "params = { eta = 2.0 }\n", "", {"net.toml:15:1: population.I.params.eta is missing"}},
    // Types and ranges
    {"string_for_number", "dt        = 0.01", "dt = \"0.01\"", {"net.toml:4:6: run.dt = \"0.01\"", "must be a number", "a string", "without quotes"}},
    {"number_for_string", "model  = \"qif\"", "model = 3", {"population.E.model = 3", "name in quotes", "qif, theta"}},
    {"float_for_integer", "size   = 500", "size = 5e2", {"population.E.size = 500.0", "must be an integer", "Write 500"}},
    {"bool", "seed      = 3", "allow_capped = 1", {"run.allow_capped = 1", "true or false"}},
    {"list_for_scalar", "strength = 5.0", "strength = [5.0]", {"net.toml:24:12: projection.EE.strength = [5.0]", "number or a table"}},
    {"scalar_for_table", "topology = { " + er + " }", "topology = \"erdos_renyi\"", {"projection.EE.topology", "must be a table", "kind"}},
    {"scalar_for_list", "[\"rate\", \"v\"]", "\"rate\"", {"net.toml:8:", "run.record = \"rate\"", "must be a list"}},
    {"name_is_number", "source   = \"I\"", "source = 1", {"projection.EI.source = 1", "name of a population"}},
    {"zero_dt", "dt        = 0.01", "dt = 0.0", {"run.dt = 0.0", "must be > 0"}},
    {"nan", "strength = 5.0", "strength = nan", {"net.toml:24:12:", "strength", "nan", "finite"}},
    {"infinity", "dt        = 0.01", "dt = inf", {"run.dt = inf", "finite"}},
    {"negative_size", "size   = 500", "size = -500", {"net.toml:12:", "population.E.size = -500", "must be >= 1"}},
    {"zero_size", "size   = 500", "size = 0", {"population.E.size = 0", ">= 1"}},
    {"huge_size", "size   = 500", "size = 1099511627777", {"population.E.size = 1099511627777", "2^40"}},
    {"negative_seed", "seed      = 3", "seed = -1", {"run.seed = -1", ">= 0"}},
    {"too_large_seed", "seed      = 3", "seed = \"18446744073709551616\"", {"run.seed", "2^64"}},
    {"seed_text", "seed      = 3", "seed = \"12a\"", {"run.seed = \"12a\"", "integer"}},
    {"negative_width", eta, "distribution = \"lorentzian\", center = 1.0, half_width = -1", {"population.E.params.eta.half_width = -1", ">= 0"}},
    // Times
    {"dt_too_small", "dt        = 0.01", "dt = 1e-200", {"run.", "2^44", "larger dt"}},
    {"too_many_steps", "dt        = 0.01\nwarmup    = 1.0\nduration  = 2.0", "dt = 1e-3\nwarmup = 1e10\nduration = 1e10", {"run.dt", "2^44"}},
    {"negative_warmup", "warmup    = 1.0", "warmup = -1.0", {"run.warmup = -1.0", ">= 0"}},
    {"warmup_not_whole", "warmup    = 1.0", "warmup = 1.005", {"net.toml:5:", "run.warmup = 1.005", "whole number of steps dt = 0.01", "100.5", "Nearest: 1 or 1.01"}},
    {"bin_not_whole", "bin       = 0.1", "bin = 0.105", {"run.bin = 0.105", "whole number of steps"}},
    {"bin_below_dt", "bin       = 0.1", "bin = 0.001", {"run.bin = 0.001", "Nearest: 0.01"}},
    {"duration_not_whole", "duration  = 2.0", "duration = 2.0000001", {"run.duration", "whole number of steps"}},
    {"duration_not_bins", "duration  = 2.0", "duration = 2.05", {"run.duration = 2.05", "whole number of bins", "Nearest: 2 or 2.1"}},
    {"duration_below_bin", "duration  = 2.0", "duration = 0.05", {"run.duration = 0.05", "at least one bin: 0.1"}},
    {"zero_duration", "duration  = 2.0", "duration = 0", {"run.duration = 0", "must be > 0"}},
    {"delay_not_whole", "delay    = 0.03", "delay = 0.033", {"net.toml:32:9: projection.EI.delay.mean = 0.033", "dt = 0.01", "Nearest: 0.03 or 0.04"}},
    {"delay_below_dt", "delay    = 0.03", "delay = 0.001", {"projection.EI.delay", "Nearest: 0.01"}},
    {"negative_delay", "delay    = 0.03", "delay = -0.01", {"projection.EI.delay.mean = -0.01", ">= 0"}},
    {"delay_law_unknown", "delay    = 0.03", "delay = { distribution = \"gausian\", mean = 1.0, sd = 0.1, high = 2.0 }", {"projection.EI.delay.distribution", "Did you mean \"gaussian\"?"}},
    {"delay_without_high", "delay    = 0.03", "delay = { distribution = \"exponential\", mean = 1.0 }", {"projection.EI.delay.high is missing", "longest delay"}},
    {"delay_bounds_not_whole", "delay    = 0.03", "delay = { distribution = \"uniform\", low = 0.015, high = 2.0 }", {"projection.EI.delay.low = 0.015", "Nearest: 0.01 or 0.02"}},
    {"delay_bounds_reversed", "delay    = 0.03", "delay = { distribution = \"uniform\", low = 0.5, high = 0.2 }", {"projection.EI.delay.high = 0.2", "at least low"}},
    {"delay_too_long_to_draw", "delay    = 0.03", "delay = { distribution = \"uniform\", high = 700.0 }", {"projection.EI.delay.high = 700.0", "65535"}},
    {"delay_law_outside_its_bounds", "delay    = 0.03", "delay = { distribution = \"gaussian\", mean = 5.0, sd = 0.1, high = 2.0 }", {"projection.EI.delay.high = 2.0", "at least 1 %"}},
    {"huge_delay", "delay    = 0.03", "delay = 3e7", {"projection.EI.delay", "2^31"}},
    {"tau_ms_missing", "time_unit = \"tau\"", "time_unit = \"ms\"", {"population.E.params.tau_ms", "is missing", "time_unit = \"ms\"", "tau_ms = 10.0"}},
    {"tau_ms_differs", "params = { eta = 2.0 }", "params = { eta = 2.0, tau_ms = 5.0 }", {"population.I.params.tau_ms = 5.0", "unit of time", "\"ms\""}},
    {"unknown_time_unit", "time_unit = \"tau\"", "time_unit = \"s\"", {"run.time_unit = \"s\"", "tau, ms"}},
    // Names and kinds
    {"missing_source", "source   = \"I\"", "source = \"Inh\"", {"net.toml:27:10: projection.EI.source = \"Inh\"", "no population \"Inh\"", "Did you mean `I`?"}},
    {"missing_target", "source   = \"I\"\ntarget   = \"E\"", "source = \"I\"\ntarget = \"X\"", {"projection.EI.target = \"X\"", "Populations of this file: E, I"}},
    {"stimulus_target", "target    = \"E\"\nkind", "target = \"EE\"\nkind", {"stimulus.kick.target = \"EE\"", "no population"}},
    {"model_unavailable", "model  = \"theta\"\nsize   = 100\nparams = { eta = 2.0 }", "model = \"gif\"\nsize = 100\nparams = { V_th_mV = -50.0 }",
     {"net.toml:16:9: population.I.model = \"gif\"", "known to the format but not available in this version", "Available: qif, theta, lif, iaf_psc_exp"}},
    {"model_in_ms", "model  = \"theta\"\nsize   = 100\nparams = { eta = 2.0 }", "model = \"lif\"\nsize = 100\nparams = { V_th_mV = -50.0 }", {"population.I.model = \"lif\"", "time_unit = \"ms\""}},
    {"parameter_of_another_model", "params = { eta = 2.0 }", "params = { eta = 2.0, V_th_mV = -50.0 }", {"population.I.params.V_th_mV", "not used when model = \"theta\"", "lif | iaf_psc_exp"}},
    {"parameter_unknown", "params = { eta = 2.0 }", "params = { eta = 2.0, V_th = -50.0 }", {"population.I.params.V_th", "V_th_mV"}},
    {"noise_without_intensity", kick, "kind = \"white_noise\"", {"stimulus.kick.intensity", "is missing", "law = \"gaussian\""}},
    {"noise_of_two_laws", kick, "kind = \"white_noise\"\nlaw = \"cauchy\"\nscale = 1.0\nintensity = 1.0", {"stimulus.kick.intensity", "not used when law = \"cauchy\""}},
    {"noise_start_not_whole", kick, "kind = \"white_noise\"\nintensity = 1.0\nstart = 0.015", {"stimulus.kick.start", "whole number of steps"}},
    {"too_many_poisson_spikes", kick, "kind = \"poisson\"\nweight = 0.1\nrate = 1e4", {"stimulus.kick.rate", "100 spikes per step", "white_noise"}},
    {"model_unknown", "model  = \"theta\"", "model = \"tetha\"", {"population.I.model", "Did you mean \"theta\"?"}},
    {"topology_unknown", er, "kind = \"erdos_reny\", mean_indegree = 50", {"projection.EE.topology.kind", "Did you mean \"erdos_renyi\"?"}},
    {"synapse_unknown", "kind = \"exponential\", tau = 0.5", "kind = \"alhpa\", tau = 0.5", {"projection.EI.synapse.kind", "Did you mean \"alpha\"?"}},
    {"synapse_without_rise", "kind = \"exponential\", tau = 0.5", "kind = \"double_exponential\", tau_decay = 0.5", {"projection.EI.synapse.tau_rise is missing", "rise time"}},
    {"synapse_tau_of_two", "kind = \"exponential\", tau = 0.5", "kind = \"double_exponential\", tau = 0.5, tau_rise = 0.1", {"projection.EI.synapse.tau", "not used when kind = \"double_exponential\""}},
    {"conductance", "kind = \"exponential\", tau = 0.5", "kind = \"delta\", conductance = { reversal = 1.0 }", {"projection.EI.synapse.conductance", "not available"}},
    {"chirp_without_stop", kick, "kind = \"chirp\"\namplitude = 1.0\nfrequency = 1.0\nfinal_frequency = 2.0", {"stimulus.kick.stop is missing"}},
    {"record_unavailable", "[\"rate\", \"v\"]", "[\"rate\", \"adaptation\"]", {"run.record", "\"adaptation\"", "not available"}},
    {"record_unknown", "[\"rate\", \"v\"]", "[\"rates\"]", {"run.record", "Did you mean \"rate\"?"}},
    {"normalise_unknown", "delay    = 0.03", "normalise = \"indegrees\"", {"projection.EI.normalise", "\"indegree\""}},
    {"unused_key", er, "kind = \"erdos_renyi\", mean_indegree = 50, half_width = 3", {"net.toml:23:", "projection.EE.topology.half_width = 3", "not used when kind = \"erdos_renyi\"", "lorentzian_indegree"}},
    {"unused_by_default_kind", "synapse  = { kind = \"exponential\", tau = 0.5 }", "synapse = { tau = 0.5 }", {"projection.EI.synapse.tau", "not used when kind = \"delta\"", "exponential"}},
    {"unused_sd", eta, "distribution = \"lorentzian\", center = 1.0, half_width = 0.5, sd = 1", {"population.E.params.eta.sd", "gaussian"}},
    {"draw_of_gaussian", eta, "distribution = \"gaussian\", center = 1.0, sd = 0.5, draw = \"mpr_quantiles\"", {"population.E.params.eta.draw", "lorentzian", "random"}},
    {"draw_of_uniform", eta, "distribution = \"uniform\", center = 1.0, half_width = 0.5, draw = \"compensated_quantiles\"", {"population.E.params.eta.draw", "lorentzian", "For uniform"}},
    {"q_too_large", eta, "distribution = \"q_gaussian\", center = 1.0, half_width = 0.5, q = 2.5", {"population.E.params.eta.q = 2.5", ">= 1 (Gaussian) and <= 2 (Lorentzian)"}},
    {"q_almost_one", eta, "distribution = \"q_gaussian\", center = 1.0, half_width = 0.5, q = 1.0002", {"population.E.params.eta.q", "1.001", "use q = 1"}},
    {"n_not_whole", eta, "distribution = \"rational\", center = 1.0, half_width = 0.5, n = 2.5", {"population.E.params.eta.n"}},
    {"n_of_uniform", eta, "distribution = \"uniform\", center = 1.0, half_width = 0.5, n = 2", {"population.E.params.eta.n", "not used when distribution = \"uniform\"", "rational"}},
    {"sd_of_q_gaussian", eta, "distribution = \"q_gaussian\", center = 1.0, sd = 0.5, q = 1.5", {"population.E.params.eta"}},
    {"eta_without_law", eta, "center = 1.0, half_width = 1.0", {"population.E.params.eta.distribution is missing"}},
    // Graphs
    {"k_above_n", er, "kind = \"erdos_renyi\", mean_indegree = 500", {"net.toml:23:", "projection.EE.topology.mean_indegree = 500", "499 sources", "no self-connection", "<= 499"}},
    {"k_above_n_fixed_in", fi, "kind = \"fixed_indegree\", mean_indegree = 101", {"projection.EI.topology.mean_indegree = 101", "100 sources"}},
    {"k_above_n_fixed_out", er, "kind = \"fixed_outdegree\", mean_indegree = 500", {"projection.EE.topology.mean_indegree", "499"}},
    {"k_zero", er, "kind = \"erdos_renyi\", mean_indegree = 0", {"projection.EE.topology.mean_indegree = 0", "> 0"}},
    {"probability_above_one", er, "kind = \"erdos_renyi\", probability = 1.5", {"projection.EE.topology.probability = 1.5", "<= 1"}},
    {"probability_and_k", er, "kind = \"erdos_renyi\", probability = 0.5, mean_indegree = 50", {"projection.EE.topology.probability = 0.5", "Keep one"}},
    {"k_missing", er, "kind = \"erdos_renyi\"", {"projection.EE.topology.mean_indegree", "missing", "probability"}},
    {"fixed_in_not_whole", fi, "kind = \"fixed_indegree\", mean_indegree = 20.5", {"projection.EI.topology.mean_indegree = 20.5", "whole", "20 or 21"}},
    {"fixed_in_below_one", fi, "kind = \"fixed_indegree\", mean_indegree = 0.5", {"projection.EI.topology.mean_indegree = 0.5", "whole number >= 1", "Nearest: mean_indegree = 1"}},
    {"fixed_out_not_whole", fi, "kind = \"fixed_outdegree\", mean_indegree = 0.3", {"projection.EI.topology.mean_indegree = 0.3", "mean_indegree * 500 / 100", "1.5", "0.2 or 0.4"}},
    {"annealed_not_whole", er, "kind = \"annealed\", mean_indegree = 7.5", {"projection.EE.topology.mean_indegree", "whole"}},
    {"annealed_without_self", er, "kind = \"annealed\", mean_indegree = 7, self_connections = false", {"projection.EE.topology.self_connections", "annealed"}},
    {"lorentzian_width", er, "kind = \"lorentzian_indegree\", mean_indegree = 50, half_width = 0", {"projection.EE.topology.half_width = 0", "> 0"}},
    {"lorentzian_width_missing", er, "kind = \"lorentzian_indegree\", mean_indegree = 50", {"projection.EE.topology.half_width is missing"}},
    {"lorentzian_k", er, "kind = \"lorentzian_indegree\", mean_indegree = 250, half_width = 5", {"projection.EE.topology.mean_indegree = 250", "[0, 500]", "249.5"}},
    {"synapses", er, "kind = \"erdos_renyi\", mean_indegree = 50, synapses = 100", {"projection.EE.topology.synapses = 100", "not used when kind", "fixed_total"}},
    {"synapses_twice", er, "kind = \"fixed_total\", mean_indegree = 50, synapses = 100", {"projection.EE.topology.synapses = 100", "Keep one"}},
    {"small_world_odd", er, "kind = \"small_world\", mean_indegree = 51, rewiring = 0.1", {"net.toml:23:", "projection.EE", "mean_indegree = 51", "even"}},
    {"small_world_dense", er, "kind = \"small_world\", mean_indegree = 300, rewiring = 0.1", {"net.toml:23:", "300", "half of the 499", "fixed_indegree"}},
    {"rewiring_above_one", er, "kind = \"small_world\", mean_indegree = 50, rewiring = 1.1", {"projection.EE.topology.rewiring = 1.1", ">= 0 and <= 1"}},
    {"rewiring_missing", er, "kind = \"small_world\", mean_indegree = 50", {"projection.EE.topology.rewiring is missing"}},
    {"cutoff", er, "kind = \"chung_lu\", mean_indegree = 50, exponent_in = 2, exponent_out = 2", {"net.toml:23:", "out-degrees", "10 times", "half of the 499"}},
    {"cutoff_one", er, "kind = \"chung_lu\", mean_indegree = 50, exponent_in = 2, exponent_out = 2, cutoff = 1.0", {"projection.EE.topology.cutoff = 1.0", "> 1"}},
    {"correlation_of_two", fi, "kind = \"chung_lu\", mean_indegree = 10, exponent_in = 2, exponent_out = 2, cutoff = 2, correlation = 0.5", {"projection.EI", "one population to another"}},
    {"torus", er, "kind = \"spatial\", mean_indegree = 50, sigma = 0.2, geometry = \"torus\"", {"net.toml:23:", "500 neurons", "484 or 529"}},
    {"sigma_too_small", er, "kind = \"spatial\", mean_indegree = 50, sigma = 0.01", {"net.toml:23:", "sigma = 0.01", "no room for mean_indegree = 50"}},
    {"modules", er, "kind = \"modular\", mean_indegree = 50, modules = 7, within = 0.5", {"net.toml:23:", "modules = 7", "500"}},
    {"within", er, "kind = \"modular\", mean_indegree = 60, modules = 10, within = 1.0", {"net.toml:23:", "60 sources in its module", "offers 49"}},
    {"file_missing", er, "kind = \"from_file\"", {"projection.EE.topology.file is missing"}},
    {"file_empty", er, "kind = \"from_file\", file = \"\"", {"projection.EE.topology.file", "must be text in quotes"}},
    {"lognormal_of_mean_0", "strength = 5.0", "strength = { distribution = \"lognormal\", mean = 0, sd = 1 }", {"projection.EE.strength.mean = 0", "must not be 0"}},
    {"lognormal_too_wide", "strength = 5.0", "strength = { distribution = \"lognormal\", mean = 1, sd = 4 }", {"projection.EE.strength.sd = 4", "at most 3 abs(mean) = 3"}},
    {"truncated_to_nothing", "strength = 5.0", "strength = { distribution = \"truncated_gaussian\", mean = 1, sd = 1, low = 4, high = 9 }", {"projection.EE.strength.low = 4", "at least 1 %"}},
    {"truncated_reversed", "strength = 5.0", "strength = { distribution = \"truncated_gaussian\", mean = 1, sd = 1, low = 2, high = 0 }", {"projection.EE.strength.high = 0", "larger than low"}},
    {"delays_all_to_all", "topology = { " + er + " }\nstrength = 5.0", "topology = { kind = \"all_to_all\" }\nstrength = 5.0\ndelay = { distribution = \"uniform\", high = 0.1 }",
     {"projection.EE.delay.distribution = \"uniform\"", "all_to_all", "single delay"}},
    {"weights_all_to_all", "topology = { " + er + " }\nstrength = 5.0", "topology = { kind = \"all_to_all\" }\nstrength = { distribution = \"gaussian\", mean = 1, sd = 1 }",
     {"projection.EE.strength.sd = 1", "all_to_all", "constant"}},
    {"tau_zero", "tau = 0.5", "tau = 0.0", {"projection.EI.synapse.tau = 0.0", "> 0"}},
    // Statistics of spikes
    {"statistics_unused", "dt        = 0.01", "dt = 0.01\nstatistics_window = 1.0", {"net.toml:5:", "run.statistics_window = 1.0", "not used unless", "\"statistics\"", "run.record"}},
    {"statistics_too_short", "record    = [\"rate\", \"v\"]", "record = [\"statistics\"]", {"run.duration = 2.0", "at least 2 windows", "run.statistics_window = 10", "shorter window"}},
    {"statistics_window_broken", "record    = [\"rate\", \"v\"]", "record = [\"statistics\"]\nstatistics_window = 0.255", {"run.statistics_window = 0.255", "whole number of steps", "0.25 or 0.26"}},
    {"statistics_sample_one", "record    = [\"rate\", \"v\"]", "record = [\"statistics\"]\nstatistics_window = 0.2\nstatistics_sample = 1", {"run.statistics_sample = 1", ">= 2 and <= 10000"}},
    // Stimuli
    {"stop_before_start", kick, "kind = \"step\"\nstart = 2.0\nstop = 1.0\namplitude = 1", {"net.toml:38:", "stimulus.kick.stop = 1.0", "later than start = 2"}},
    {"ramp_without_stop", kick, "kind = \"ramp\"\namplitude = 1", {"stimulus.kick.stop is missing"}},
    {"pulse_too_wide", kick, "kind = \"pulse_train\"\namplitude = 1\nperiod = 1\nwidth = 2", {"stimulus.kick.width = 2", "period = 1"}},
    {"samples_empty", kick, "kind = \"samples\"\ninterval = 1\nvalues = []", {"stimulus.kick.values", "must not be empty"}},
    {"samples_element", kick, "kind = \"samples\"\ninterval = 1\nvalues = [1.0,\n\"a\"]", {"net.toml:39:1:", "stimulus.kick.values", "\"a\"", "finite number"}},
    {"samples_nan", kick, "kind = \"samples\"\ninterval = 1\nvalues = [nan]", {"stimulus.kick.values", "finite"}},
    {"frequency", kick, "kind = \"sine\"\namplitude = 1\nfrequency = 0", {"stimulus.kick.frequency = 0", "> 0"}},
    {"amplitude_missing", kick, "kind = \"step\"", {"net.toml:34:1: stimulus.kick.amplitude is missing"}},
};

class Rules : public testing::TestWithParam<Broken> {};

TEST_P(Rules, GiveOneClearError) {
    Folder folder;
    const auto file = folder.write("net.toml", replaced(net_toml, GetParam().from, GetParam().to));
    expect_error([&] { NetworkFile::load(file).resolve(); }, GetParam().parts);
}

INSTANTIATE_TEST_SUITE_P(Format, Rules, testing::ValuesIn(cases), [](const auto& info) { return std::string(info.param.name); });

TEST(Rules, TheFileThatTheyBreakIsRight) {
    Folder folder;
    EXPECT_NO_THROW(NetworkFile::load(folder.write("net.toml", net_toml)).resolve());
}

TEST(Rules, EmptyFiles) {
    Folder folder;
    expect_error([&] { NetworkFile::load(folder.write("net.toml", "")).resolve(); }, {"net.toml", "run.dt is missing"});
    expect_error([&] { NetworkFile::load(folder.write("net.toml", "[run]\ndt = 1\nduration = 1\nbin = 1\n")).resolve(); }, {"net.toml", "no population", "[population.E]"});
    expect_error([&] { NetworkFile::load(folder.write("net.toml", "\xff\xfe")).resolve(); }, {"net.toml:1:", "not valid TOML"});
    expect_error([&] { NetworkFile::load(folder.write("net.json", "[1]")); }, {"net.json", "JSON object"});
    expect_error([&] { NetworkFile::load(folder.write("net.json", "{\"run\": null}")).resolve(); }, {"net.json", "run", "must be a table"});
}

TEST(Rules, UnreadableFilesAreIoErrors) {
    Folder folder;
    expect_error([&] { NetworkFile::load(folder.path() / "none.toml"); }, {"none.toml", "no such file"}, ExitCode::io);
    expect_error([&] { NetworkFile::load(folder.path()); }, {"cannot be read"}, ExitCode::io);
}

TEST(Rules, SizeOneNeedsItself) {
    Folder folder;
    const std::string text = replaced(net_toml, "size   = 500", "size = 1");
    expect_error([&] { NetworkFile::load(folder.write("net.toml", text)).resolve(); }, {"projection.EE.topology", "no source but itself"});
}

TEST(Rules, NamesWithOneKeyCollide) {
    // Two identifiers with one FNV-1a-64 hash take 2^32 tries to find; the check is given a weaker hash instead.
    const config::Node root = config::parse_toml("[population.Ab]\n[population.Cd]\n[population.xy]\n", {"net.toml"});
    const std::set<std::string> swept;
    const config::Reading reading{root, swept};
    const auto length = [](std::string_view name) -> std::uint64_t { return name[0] < 'a'; };
    EXPECT_NO_THROW(config::check_distinct_keys(reading, "population", {"Ab", "xy"}, length));
    expect_error([&] { config::check_distinct_keys(reading, "population", {"Ab", "xy", "Cd"}, length); },
                 {"net.toml:2:1", "population.Cd", "population.Ab", "same 64-bit key", "Rename"});
}

}  // namespace
}  // namespace spikemass::test
