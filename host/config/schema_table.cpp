// The table.  Adding a key = one row here and one line where network_builder.cpp reads it.  Rows of neuron models are made from their own lists.

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <limits>

#include "host/config/schema.hpp"
#include "host/config/schema_table.hpp"
#include "kernels/distributions.hpp"
#include "models/registry.hpp"

namespace spikemass::config {

constexpr double largest = std::numeric_limits<double>::max();
const Range any_number{-largest, largest, false, "must be a finite number"};
const Range positive{0.0, largest, true, "must be > 0"};
const Range non_negative{0.0, largest, false, "must be >= 0"};
const Range probability_range{0.0, 1.0, true, "must be > 0 and <= 1"};
const Range share_range{0.0, 1.0, false, "must be >= 0 and <= 1"};
const Range correlation_range{-1.0, 1.0, false, "must be >= -1 and <= 1"};
const Range above_one{1.0, largest, true, "must be > 1"};
const Range size_range{1.0, 0x1p40, false, "must be >= 1 and <= 2^40 = 1099511627776"};
const Range sample_range{2.0, 10000.0, false, "must be >= 2 and <= 10000"};
const Range count_range{1.0, 0x1p31 - 1, false, "must be >= 1 and < 2^31"};
const Range q_range{1.0, 2.0, false, "must be >= 1 (Gaussian) and <= 2 (Lorentzian)"};
const Range poles_range{1.0, most_poles, false, "must be >= 1 and <= 32"};
static_assert(most_poles == 32);

namespace {

constexpr const char* draws = "midpoint_quantiles compensated_quantiles mpr_quantiles random";

/// Texts that rows point at.
const char* kept(std::string text) {
    static std::deque<std::string> texts;
    return texts.emplace_back(std::move(text)).c_str();
}

/// f.template operator()<M>() for every neuron model.
template <class F>
void for_each_model(F&& f) {
    [&]<class... M>(models::TypeList<M...>) { (f.template operator()<M>(), ...); }(models::NeuronModels{});
}

std::string model_names() {
    std::string names;
    for_each_model([&]<class M>() { names += (names.empty() ? "" : " ") + std::string(M::name); });
    return names;
}

/// Names of the distributions for which `f` holds.
template <class F>
const char* distribution_names(F&& f) {
    std::string names;
    for (const DistributionFacts& d : distributions)
        if (f(d)) names += (names.empty() ? "" : " ") + std::string(d.name);
    return kept(std::move(names));
}

/// The row of a key that several models have in common is one row.
void add_row(std::vector<Key>& keys, Key key, const std::string& model) {
    for (Key& k : keys)
        if (k.name == key.name && std::string(k.doc) == key.doc && std::string(k.fallback ? k.fallback : "") == (key.fallback ? key.fallback : "")) {
            k.rules.used_by = kept(std::string(k.rules.used_by) + " " + model);
            return;
        }
    key.rules.used_by = kept(model);
    keys.push_back(std::move(key));
}

Section params_section() {
    Section s{.path = "population.*.params", .doc = "parameters of the neuron model", .outer = "model"};
    for_each_model([&]<class M>() { add_row(s.keys, {M::drive.key, Type::table, M::drive.fallback}, M::name); });
    for_each_model([&]<class M>() {
        for (const models::ParameterSpec& p : M::parameters) {
            const Range& range = p.rule == models::Rule::positive ? positive : p.rule == models::Rule::non_negative ? non_negative : any_number;
            const Quantity quantity = std::string_view(p.key).ends_with("_ms") ? Quantity::ms : Quantity::one;
            add_row(s.keys, {p.key, Type::number, kept(fmt::format("{:.1f}", p.fallback)), p.doc, {.range = &range, .quantity = quantity}}, M::name);
        }
    });
    return s;
}

std::vector<Section> drive_sections() {
    std::vector<Section> sections;
    const auto of_width = [](std::string_view key) { return distribution_names([&](const auto& d) { return d.width_key == key; }); };
    for_each_model([&]<class M>() {
        const std::string path = std::string("population.*.params.") + M::drive.key;
        for (const Section& s : sections)
            if (s.path == path) return;
        const std::string fallback = M::drive.fallback ? std::string("; default ") + M::drive.fallback : "";
        sections.push_back({.path = path,
                            .doc = kept(std::string(M::drive.doc) + "; a number, or a distribution over the population" + fallback),
                            .selector = "distribution",
                            .scalar = "center",
                            .keys = {{"distribution", Type::choice, nullptr, "law over the population", {.choices = distribution_names([](const auto&) { return true; })}},
                                     {"center", Type::number, nullptr, "centre of the law"},
                                     {"half_width", Type::number, nullptr, "half width at half maximum", {.range = &non_negative, .used_by = of_width("half_width")}},
                                     {"sd", Type::number, nullptr, "standard deviation", {.range = &non_negative, .used_by = of_width("sd")}},
                                     {"q", Type::number, nullptr, "law ~ (1 + (2^(q - 1) - 1) (x/half_width)^2)^(-1/(q - 1)); q = 1 + 1/n has an exact mass of n complex variables",
                                      {.range = &q_range, .used_by = "q_gaussian"}},
                                     {"n", Type::integer, nullptr, "law ~ 1/(1 + (x/half_width)^(2n)); exact mass of n complex variables", {.range = &poles_range, .used_by = "rational"}},
                                     {"draw", Type::choice, "\"midpoint_quantiles\"", "how the values are drawn; quantiles are shuffled",
                                      {.choices = draws, .used_by = distribution_names([](const auto& d) { return *d.draws != 0; })}}}});
    });
    return sections;
}

}  // namespace

std::vector<Section> schema_table() {
    const char* const random_topologies =
        "erdos_renyi fixed_indegree fixed_outdegree lorentzian_indegree annealed fixed_total small_world chung_lu spatial modular";
    const char* const topologies =
        "all_to_all erdos_renyi fixed_indegree fixed_outdegree lorentzian_indegree annealed fixed_total small_world chung_lu spatial modular from_file";
    std::vector<Section> table{
        {.path = "run",
         .doc = "how long, how fine, what is kept",
         .keys = {{"seed", Type::seed, "1", "seed of graphs, initial states and noise"},
                  {"time_unit", Type::choice, "\"tau\"", "unit of every time: the membrane time constant, or milliseconds",
                   {.choices = "tau ms", .sweepable = false}},
                  {"dt", Type::number, nullptr, "time step", {.range = &positive, .quantity = Quantity::time}},
                  {"warmup", Type::number, "0.0", "simulated, not recorded; whole steps", {.range = &non_negative, .sweepable = false,
                   .quantity = Quantity::time}},
                  {"duration", Type::number, nullptr, "recorded; whole bins", {.range = &positive, .sweepable = false, .quantity = Quantity::time}},
                  {"bin", Type::number, nullptr, "observables are averaged over bins of this width; whole steps", {.range = &positive,
                   .sweepable = false, .quantity = Quantity::time}},
                  {"record", Type::choices, "[\"rate\"]", "observables kept; the rate always is",
                   {.choices = "rate v order_parameter spikes statistics | synapse adaptation", .sweepable = false}},
                  {"allow_capped", Type::boolean, "false", "run although more than 2 % of the neurons would fire once per step"},
                  {"statistics_window", Type::number, "", "spikes are counted in windows of this width for statistics; whole steps; default 10 tau or 100 ms",
                   {.range = &positive, .sweepable = false, .quantity = Quantity::time}},
                  {"statistics_sample", Type::integer, "", "neurons of each population whose pairs are correlated; default 1000",
                   {.range = &sample_range, .sweepable = false}}}},
        {.path = "population.*",
         .doc = "neurons of one model",
         .selector = "model",
         .keys = {{"model", Type::choice, nullptr, "neuron model",
                   {.choices = kept(model_names() + " | glif1 glif2 glif3 glif4 glif5 gif izhikevich")}},
                  {"size", Type::integer, nullptr, "number of neurons", {.range = &size_range}},
                  {"params", Type::table}, {"initial", Type::table}}},
        params_section(),
        {.path = "population.*.initial",
         .doc = "state at time zero",
         .selector = "kind",
         .keys = {{"kind", Type::choice, "\"asynchronous\"", "phases uniform (V of leaky neurons: from reset to threshold); V Lorentzian; or the mass's fixed point",
                   {.choices = "asynchronous lorentzian fixed_point"}},
                  {"center", Type::number, nullptr, "centre of V", {.used_by = "lorentzian"}},
                  {"half_width", Type::number, nullptr, "half width of V", {.range = &non_negative, .used_by = "lorentzian"}},
                  {"rate", Type::number, "0.0", "rate before time zero, 1/tau, or Hz when time_unit = \"ms\"", {.range = &non_negative,
                   .used_by = "asynchronous lorentzian", .quantity = Quantity::rate}},
                  {"branch", Type::choice, "\"low\"", "which fixed point", {.choices = "low high", .used_by = "fixed_point"}}}},
        {.path = "projection.*",
         .doc = "synapses from one population to another",
         .keys = {{"source", Type::name, nullptr, "population that spikes"},
                  {"target", Type::name, nullptr, "population that receives"},
                  {"topology", Type::table}, {"strength", Type::table},
                  {"normalise", Type::choice, "\"mean_indegree\"", "what the strength J is divided by",
                   {.choices = "mean_indegree realised_mean_indegree indegree sqrt_mean_indegree none"}},
                  {"synapse", Type::table},
                  {"delay", Type::table, nullptr, "", {.quantity = Quantity::time}}}},
        {.path = "projection.*.topology",
         .doc = "who is connected to whom",
         .selector = "kind",
         .keys = {{"kind", Type::choice, nullptr, "connectivity structure", {.choices = topologies}},
                  {"mean_indegree", Type::number, "", "mean number K of sources per target", {.range = &positive,
                   .used_by = random_topologies, .rivals = "probability synapses", .counts = true}},
                  {"probability", Type::number, "", "instead of mean_indegree: K / number of possible sources", {.range = &probability_range,
                   .used_by = random_topologies, .rivals = "mean_indegree synapses"}},
                  {"synapses", Type::integer, "", "instead of mean_indegree: number of synapses in all", {.range = &size_range, .used_by = "fixed_total",
                   .rivals = "mean_indegree probability"}},
                  {"half_width", Type::number, nullptr, "half width at half maximum of the in-degrees", {.range = &positive,
                   .used_by = "lorentzian_indegree"}},
                  {"self_connections", Type::boolean, "true", "may a neuron be its own source", {.used_by = "all_to_all annealed fixed_total"}},
                  {"self_connections", Type::boolean, "false", "may a neuron be its own source",
                   {.used_by = "erdos_renyi fixed_indegree fixed_outdegree lorentzian_indegree small_world chung_lu spatial modular"}},
                  {"rewiring", Type::number, nullptr, "probability that a source on the ring is replaced by any other", {.range = &share_range, .used_by = "small_world"}},
                  {"exponent_in", Type::number, nullptr, "in-degrees follow k^-exponent_in", {.range = &non_negative, .used_by = "chung_lu"}},
                  {"exponent_out", Type::number, nullptr, "out-degrees follow k^-exponent_out", {.range = &non_negative, .used_by = "chung_lu"}},
                  {"cutoff", Type::number, "10.0", "largest degree in units of the mean", {.range = &above_one, .used_by = "chung_lu"}},
                  {"correlation", Type::number, "0.0", "rank correlation of a neuron's in- and out-degree", {.range = &correlation_range, .used_by = "chung_lu"}},
                  {"geometry", Type::choice, "\"ring\"", "where neurons are, by index", {.choices = "ring torus", .used_by = "spatial"}},
                  {"sigma", Type::number, nullptr, "width of the Gaussian of distances: share of the ring's length or the torus's side", {.range = &positive, .used_by = "spatial"}},
                  {"modules", Type::integer, nullptr, "number of equal modules, by index", {.range = &count_range, .used_by = "modular"}},
                  {"within", Type::number, nullptr, "share of a neuron's inputs that come from its own module", {.range = &share_range, .used_by = "modular"}},
                  {"file", Type::text, nullptr, "HDF5 file of synapses; the path is relative to the network file", {.used_by = "from_file"}},
                  {"group", Type::text, "", "where they are in the file, if it holds several graphs", {.used_by = "from_file"}},
                  {"checksum", Type::text, "", "of the synapses; another file is refused", {.used_by = "from_file", .sweepable = false}}}},
        {.path = "projection.*.strength",
         .doc = "coupling J; a number, or a distribution over synapses (lorentzian: over targets)",
         .selector = "distribution",
         .scalar = "mean",
         .keys = {{"distribution", Type::choice, nullptr, "law over synapses, or targets", {.choices = "constant gaussian truncated_gaussian lognormal lorentzian"}},
                  {"mean", Type::number, nullptr, "mean of J (truncated_gaussian: before it is cut)", {.used_by = "constant gaussian truncated_gaussian lognormal"}},
                  {"sd", Type::number, nullptr, "standard deviation of J (truncated_gaussian: before it is cut)", {.range = &non_negative, .used_by = "gaussian truncated_gaussian lognormal"}},
                  {"low", Type::number, nullptr, "smallest J", {.used_by = "truncated_gaussian"}},
                  {"high", Type::number, nullptr, "largest J", {.used_by = "truncated_gaussian"}},
                  {"center", Type::number, nullptr, "centre of J over targets", {.used_by = "lorentzian"}},
                  {"half_width", Type::number, nullptr, "half width of J over targets", {.range = &non_negative, .used_by = "lorentzian"}},
                  {"draw", Type::choice, "\"midpoint_quantiles\"", "how the values are drawn; quantiles are shuffled", {.choices = draws, .used_by = "lorentzian"}}}},
        {.path = "projection.*.delay",
         .doc = "from spike to arrival; a number, or a distribution over synapses",
         .selector = "distribution",
         .scalar = "mean",
         .keys = {{"distribution", Type::choice, "\"constant\"", "law over synapses, cut to [low, high] and rounded to whole steps", {.choices = "constant uniform gaussian lognormal exponential"}},
                  {"mean", Type::number, "0.0", "0 = one step, else whole steps", {.range = &non_negative, .used_by = "constant", .quantity = Quantity::time}},
                  {"mean", Type::number, nullptr, "mean before it is cut", {.range = &positive, .used_by = "gaussian lognormal exponential", .quantity = Quantity::time}},
                  {"sd", Type::number, nullptr, "standard deviation before it is cut", {.range = &positive, .used_by = "gaussian lognormal", .quantity = Quantity::time}},
                  {"low", Type::number, "0.0", "shortest delay: 0 = one step, else whole steps", {.range = &non_negative,
                   .used_by = "uniform gaussian lognormal exponential", .quantity = Quantity::time}},
                  {"high", Type::number, nullptr, "longest delay: whole steps", {.range = &positive, .used_by = "uniform gaussian lognormal exponential", .quantity = Quantity::time}}}},
        {.path = "projection.*.synapse",
         .doc = "post-synaptic current",
         .selector = "kind",
         .keys = {{"kind", Type::choice, "\"delta\"", "shape, of unit area", {.choices = "delta exponential double_exponential alpha"}},
                  {"tau", Type::number, nullptr, "decay time", {.range = &positive, .used_by = "exponential", .quantity = Quantity::time}},
                  {"tau", Type::number, nullptr, "time of the peak", {.range = &positive, .used_by = "alpha", .quantity = Quantity::time}},
                  {"tau_rise", Type::number, nullptr, "rise time", {.range = &positive, .used_by = "double_exponential", .quantity = Quantity::time}},
                  {"tau_decay", Type::number, nullptr, "decay time", {.range = &positive, .used_by = "double_exponential", .quantity = Quantity::time}},
                  {"conductance", Type::future}}},
        {.path = "stimulus.*",
         .doc = "current added to every neuron of a population, in the unit of its drive (eta, I_e_pA); times count from the start of the simulation",
         .selector = "kind",
         .keys = {{"target", Type::name, nullptr, "population that receives"},
                  {"kind", Type::choice, nullptr, "time course",
                   {.choices = "step pulse_train ramp sine samples chirp white_noise ornstein_uhlenbeck poisson"}},
                  {"start", Type::number, "0.0", "begin", {.range = &non_negative, .quantity = Quantity::time}},
                  {"stop", Type::number, "1e300", "end; 1e300 = never", {.range = &positive, .used_by = "step pulse_train sine samples white_noise ornstein_uhlenbeck poisson",
                   .quantity = Quantity::time}},
                  {"stop", Type::number, nullptr, "end of the rise", {.range = &positive, .used_by = "ramp", .quantity = Quantity::time}},
                  {"stop", Type::number, nullptr, "time of the final frequency, and end", {.range = &positive, .used_by = "chirp", .quantity = Quantity::time}},
                  {"amplitude", Type::number, nullptr, "height; of a ramp: final value", {.used_by = "step pulse_train ramp sine chirp"}},
                  {"from", Type::number, "0.0", "value at the start", {.used_by = "ramp"}},
                  {"hold", Type::boolean, "false", "keep the final value after stop", {.used_by = "ramp"}},
                  {"period", Type::number, nullptr, "from one pulse to the next", {.range = &positive, .used_by = "pulse_train", .quantity = Quantity::time}},
                  {"width", Type::number, nullptr, "length of a pulse, at most the period", {.range = &positive, .used_by = "pulse_train",
                   .quantity = Quantity::time}},
                  {"frequency", Type::number, nullptr, "1/tau, or Hz when time_unit = \"ms\"; of a chirp: at start", {.range = &positive, .used_by = "sine chirp", .quantity = Quantity::rate}},
                  {"final_frequency", Type::number, nullptr, "at stop", {.range = &positive, .used_by = "chirp", .quantity = Quantity::rate}},
                  {"method", Type::choice, "\"linear\"", "how the frequency moves", {.choices = "linear logarithmic", .used_by = "chirp"}},
                  {"phase", Type::number, "0.0", "radians at start", {.used_by = "sine chirp"}},
                  {"offset", Type::number, "0.0", "value around which it swings", {.used_by = "sine chirp"}},
                  {"interval", Type::number, nullptr, "length of one sample", {.range = &positive, .used_by = "samples", .quantity = Quantity::time}},
                  {"values", Type::numbers, nullptr, "one value per interval", {.used_by = "samples", .sweepable = false}},
                  {"law", Type::choice, "\"gaussian\"", "of the noise", {.choices = "gaussian cauchy", .used_by = "white_noise"}},
                  {"intensity", Type::number, "", "D of gaussian noise, <xi(t) xi(t')> = 2 D delta((t - t')/tau)", {.range = &non_negative, .used_by = "white_noise"}},
                  {"scale", Type::number, "", "half width of cauchy noise", {.range = &non_negative, .used_by = "white_noise"}},
                  {"sd", Type::number, nullptr, "standard deviation", {.range = &non_negative, .used_by = "ornstein_uhlenbeck"}},
                  {"tau", Type::number, nullptr, "correlation time", {.range = &positive, .used_by = "ornstein_uhlenbeck", .quantity = Quantity::time}},
                  {"rate", Type::number, nullptr, "spikes per neuron, 1/tau, or Hz when time_unit = \"ms\"", {.range = &non_negative, .used_by = "poisson", .quantity = Quantity::rate}},
                  {"weight", Type::number, nullptr, "of a spike, as the strength of a synapse", {.used_by = "poisson"}}}},
        {.path = "sweep",
         .doc = "quoted paths of the keys above with lists of values, and:",
         .keys = {{"design", Type::table},
                  {"trials", Type::integer, "1", "repetitions with other seeds", {.range = &count_range, .sweepable = false}},
                  {"seeds", Type::choice, "\"common\"", "the same seeds for every point, or seeds of its own for each",
                   {.choices = "common independent", .sweepable = false}},
                  {"reference", Type::choice, "\"none\"", "adds the paired all-to-all run of the same parameter draws",
                   {.choices = "none all_to_all", .sweepable = false}}}},
        {.path = "sweep.design",
         .doc = "a bare kind, or a table; samples take ranges [low, high] instead of lists (of words: lists)",
         .selector = "kind",
         .word = "kind",
         .keys = {{"kind", Type::choice, "\"grid\"", "all combinations, the lists side by side, or points that fill a box",
                   {.choices = "grid zip latin_hypercube sobol", .sweepable = false}},
                  {"points", Type::integer, nullptr, "number of points", {.range = &count_range, .used_by = "latin_hypercube sobol", .sweepable = false}},
                  {"seed", Type::seed, "1", "of the points; the networks have run.seed", {.used_by = "latin_hypercube sobol", .sweepable = false}},
                  {"logarithmic", Type::paths, "[]", "paths whose logarithm is sampled evenly", {.used_by = "latin_hypercube sobol", .sweepable = false}}}},
    };
    const auto params = std::find_if(table.begin(), table.end(), [](const Section& s) { return s.path == "population.*.params"; });
    const std::vector<Section> drives = drive_sections();
    table.insert(params + 1, drives.begin(), drives.end());
    return table;
}

}  // namespace spikemass::config
