#include "host/config/network_builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <numbers>

#include "host/config/wording.hpp"
#include "host/config/schema.hpp"
#include "host/input/synapse_file.hpp"
#include "kernels/delays.hpp"
#include "kernels/distributions.hpp"
#include "kernels/recipes.hpp"
#include "kernels/weights.hpp"
#include "models/base/error.hpp"
#include "models/base/random.hpp"
#include "models/registry.hpp"

namespace spikemass::config {
namespace {

using Json = nlohmann::ordered_json;

/// The enumerator of a name: enums list what is available in the order of the schema.
template <class E>
E enumerator(const Json& table, const char* key, const Section& section) {
    const auto& names = section.find(key)->available;
    return static_cast<E>(std::find(names.begin(), names.end(), table.at(key).get_ref<const std::string&>()) - names.begin());
}

class Builder {
public:
    Builder(const Reading& reading, Configuration& out) : reading_(reading), out_(out), net_(out.network) {}

    void build() {
        run();
        for (const auto& [name, table] : out_.resolved.at("population").items()) population(name, table);
        if (net_.populations.empty())
            throw problem(fmt::format("{}: there is no population: a network needs at least one. Add [population.E] with model and size.",
                                                 reading_.root.origin.text()));
        check_unit_of_time();
        for (auto& [name, table] : out_.resolved.at("projection").items()) projection(name, table);
        for (const auto& [name, table] : out_.resolved.at("stimulus").items()) stimulus(name, table);
        check_distinct_keys(reading_, "population", names(net_.populations), [](std::string_view s) { return name_key(s); });
        check_distinct_keys(reading_, "stimulus", names(net_.stimuli), [](std::string_view s) { return name_key(s); });
        check_distinct_keys(reading_, "projection", names(net_.projections), [](std::string_view s) { return name_key(s); });
    }

private:
    void run() {
        Json& run = out_.resolved.at("run");
        RunSettings& r = out_.run;
        r.seed = run.at("seed").get<std::uint64_t>();
        r.time_unit = run.at("time_unit").get<std::string>();
        r.dt = net_.dt = run.at("dt").get<double>();
        r.warmup = run.at("warmup").get<double>();
        r.duration = run.at("duration").get<double>();
        r.bin = run.at("bin").get<double>();
        net_.allow_capped = run.at("allow_capped").get<bool>();
        net_.seeds = trial_seeds(r.seed, 0);
        for (const Json& name : run.at("record")) {
            r.record.v |= name == "v";
            r.record.order_parameter |= name == "order_parameter";
            r.record.spikes |= name == "spikes";
            r.record.statistics |= name == "statistics";
        }
        ms_ = r.time_unit == "ms";

        RunPlan& plan = out_.plan;
        plan.record = r.record;
        plan.warmup_steps = steps("run.warmup", r.warmup);
        plan.steps_per_bin = steps("run.bin", r.bin);
        const std::int64_t recorded = steps("run.duration", r.duration);
        if (recorded % plan.steps_per_bin != 0) {
            const std::int64_t below = recorded / plan.steps_per_bin;
            reading_.fail("run.duration", fmt::format("must be a whole number of bins, and bin = {}", r.bin),
                          below > 0 ? fmt::format("Nearest: {:.12g} or {:.12g}.", static_cast<double>(below) * r.bin, static_cast<double>(below + 1) * r.bin)
                                    : fmt::format("It must be at least one bin: {}.", r.bin));
        }
        plan.bins = recorded / plan.steps_per_bin;
        if (static_cast<double>(plan.warmup_steps) + static_cast<double>(recorded) > max_steps)
            reading_.fail("run.dt", fmt::format("warmup and duration are {:.3g} steps, and a run has at most 2^44", static_cast<double>(plan.warmup_steps) + static_cast<double>(recorded)),
                          "Use a larger dt or a shorter duration.");
        statistics(run, recorded);
    }

    /// Defaults stand in the resolved configuration only where they are used.
    void statistics(Json& run, std::int64_t recorded) {
        for (const char* key : {"statistics_window", "statistics_sample"})
            if (run.contains(key) && !out_.run.record.statistics)
                reading_.fail(std::string("run.") + key, "is not used unless run.record has \"statistics\"", "Add \"statistics\" to run.record or remove the key.");
        if (!out_.run.record.statistics) return;
        RunPlan& plan = out_.plan;
        const double window = run.value("statistics_window", std::max(1.0, std::round((ms_ ? 100.0 : 10.0) / net_.dt)) * net_.dt);
        const std::int64_t sample = run.value("statistics_sample", std::int64_t{1000});
        for (const char* key : {"statistics_window", "statistics_sample"}) run.erase(key);
        run["statistics_window"] = window;   // in the schema's order, whichever was given
        run["statistics_sample"] = sample;
        plan.statistics_window = steps("run.statistics_window", window);
        plan.statistics_sample = sample;
        if (recorded / plan.statistics_window < 2)
            reading_.fail("run.duration", fmt::format("statistics need at least 2 windows of run.statistics_window = {:.12g}", window), "Use a longer duration (100 windows and more) or a shorter window.");
        if (recorded >= std::int64_t{1} << 32)
            reading_.fail("run.duration", fmt::format("is {:.3g} steps, and statistics take fewer than 2^32", static_cast<double>(recorded)), "Use a larger dt or a shorter duration.");
    }

    /// t / dt, which must be whole to 1e-9 relative.
    std::int64_t steps(const std::string& path, double t) const {
        if (t == 0) return 0;
        const double n = t / net_.dt, whole = std::round(n);
        if (n > max_steps)
            reading_.fail(path, fmt::format("is {:.3g} steps of dt = {}, and a run has at most 2^44", n, net_.dt), "Use a larger dt.");
        if (std::abs(n - whole) > 1e-9 * whole) {
            const double below = std::floor(n) * net_.dt, above = std::ceil(n) * net_.dt;
            reading_.fail(path, fmt::format("must be a whole number of steps dt = {}, and is {:.10g} of them", net_.dt, n),
                          below > 0 ? fmt::format("Nearest: {:.12g} or {:.12g}.", below, above) : fmt::format("Nearest: {:.12g}.", above));
        }
        return static_cast<std::int64_t>(whole);
    }

    void population(const std::string& name, const Json& table) {
        const std::string path = "population." + name;
        Population p;
        p.name = name;
        p.model = enumerator<NeuronKind>(table, "model", *section_of(path));
        p.size = table.at("size").get<std::int64_t>();

        const std::string drive = model(path, table.at("params"), p);
        const Json& eta = table.at("params").at(drive);
        const Section& eta_section = *section_of(path + ".params." + drive);
        p.eta.distribution = enumerator<Distribution>(eta, "distribution", eta_section);
        p.eta.center = eta.at("center").get<double>();
        if (p.eta.distribution != Distribution::constant) {
            const DistributionFacts& law = facts_of(p.eta.distribution);
            p.eta.width = eta.at(law.width_key).get<double>();
            p.eta.draw = enumerator<Draw>(eta, "draw", eta_section);
            if (law.draws == std::string_view(quantiles_or_random) && (p.eta.draw == Draw::mpr_quantiles || p.eta.draw == Draw::compensated_quantiles))
                reading_.fail(path + ".params." + drive + ".draw", "belongs to the lorentzian distribution", fmt::format("For {} use midpoint_quantiles or random.", law.name));
            if (*law.shape_key) p.eta.shape = eta.at(law.shape_key).get<double>();
        }
        if (p.eta.distribution == Distribution::q_gaussian) shape_of_q(path + ".params." + drive, p.eta);

        const Json& initial = table.at("initial");
        const Section& initial_section = *section_of(path + ".initial");
        p.initial.kind = enumerator<InitialKind>(initial, "kind", initial_section);
        if (p.initial.kind == InitialKind::fixed_point && !dimensionless(p))
            reading_.fail(path + ".initial.kind", fmt::format("is the fixed point of a mass, and model = {} has none", table.at("model").dump()), "Use \"asynchronous\" or \"lorentzian\".");
        if (p.initial.kind == InitialKind::fixed_point) {
            p.initial.branch = enumerator<Branch>(initial, "branch", initial_section);
        } else {
            p.initial.rate = per_time(initial.at("rate").get<double>());
        }
        if (p.initial.kind == InitialKind::lorentzian) {
            p.initial.center = initial.at("center").get<double>();
            p.initial.half_width = initial.at("half_width").get<double>();
        }
        net_.populations.push_back(std::move(p));
    }

    /// `eta.shape` is q; it becomes n = 1/(q - 1).  q = 1 is a Gaussian.
    void shape_of_q(const std::string& path, Parameter& eta) const {
        const double q = eta.shape;
        if (q == 1.0) {
            eta.distribution = Distribution::gaussian;
            eta.width /= std::sqrt(2.0 * std::numbers::ln2);
            eta.shape = 1.0;
            return;
        }
        eta.shape = q_gaussian_order(q);
        if (!(eta.shape <= most_q_gaussian_n)) reading_.fail(path + ".q", "must be 1 or >= 1.001", "So close to 1 it is a Gaussian: use q = 1.");
    }

    static bool dimensionless(const Population& p) {
        return models::with_model(models::NeuronModels{}, static_cast<int>(p.model), []<class M>() { return M::dimensionless; });
    }

    /// Reads the parameters that the neuron's model lists; returns the key of its drive.
    std::string model(const std::string& path, const Json& params, Population& p) const {
        return models::with_model(models::NeuronModels{}, static_cast<int>(p.model), [&]<class M>() {
            if (!ms_ && !M::dimensionless)
                reading_.fail(path + ".model", "has parameters in mV and ms, which need time_unit = \"ms\"", "Set run.time_unit = \"ms\"; all times of the file are in ms then, rates in Hz.");
            const std::string tau = M::parameters[0].key;
            if (ms_ && M::dimensionless && !node_at(reading_.root, path + ".params." + tau))
                reading_.fail(path + ".params." + tau, "is missing: time_unit = \"ms\" needs the membrane time constant of every population", "Add for example tau_ms = 10.0 to params.");
            p.tau = ms_ ? params.at(tau).template get<double>() : 1.0;
            if (M::dimensionless) return std::string(M::drive.key);
            for (const models::ParameterSpec& spec : M::parameters) p.parameters.push_back(params.at(spec.key).template get<double>());
            if (const models::Broken broken = M::check(net_.dt, p.parameters.data()); broken.rule) {
                const char* key = M::parameters[broken.parameter].key;
                reading_.fail(fmt::format("{}.params.{}", path, key), fmt::format("is {:.10g} and {}", p.parameters[static_cast<std::size_t>(broken.parameter)], broken.rule),
                              fmt::format("dt = {:.10g}.", net_.dt));
            }
            return std::string(M::drive.key);
        });
    }

    /// Rates are in Hz in files whose times are in ms.
    double per_time(double rate) const { return ms_ ? rate / 1000.0 : rate; }

    void check_unit_of_time() const {
        if (ms_) return;
        const Json& populations = out_.resolved.at("population");
        const double first = populations.front().at("params").at("tau_ms").get<double>();
        for (const auto& [name, table] : populations.items())
            if (table.at("params").at("tau_ms").get<double>() != first)
                reading_.fail(fmt::format("population.{}.params.tau_ms", name), "with time_unit = \"tau\" every population has the same tau_ms: it is the unit of time",
                              "Use time_unit = \"ms\" for populations with different time constants.");
    }

    std::size_t population_index(const std::string& path, const std::string& name) const {
        const auto found = std::find_if(net_.populations.begin(), net_.populations.end(), [&](const Population& p) { return p.name == name; });
        if (found == net_.populations.end())
            reading_.fail(path, fmt::format("there is no population \"{}\"", shorten(name)), suggestion(name, names(net_.populations), "Populations of this file"));
        return static_cast<std::size_t>(found - net_.populations.begin());
    }

    void projection(const std::string& name, Json& table) {
        const std::string path = "projection." + name;
        const Section& section = *section_of(path);
        Projection p;
        p.name = name;
        p.source = population_index(path + ".source", table.at("source").get<std::string>());
        p.target = population_index(path + ".target", table.at("target").get<std::string>());
        topology(path + ".topology", table.at("topology"), p);
        strength(path + ".strength", table.at("strength"), table.at("topology").at("kind"), p);
        if (p.topology.file) file_weights(path, p);
        p.normalise = enumerator<Normalise>(table, "normalise", section);
        p.synapse.kind = enumerator<SynapseKind>(table.at("synapse"), "kind", *section_of(path + ".synapse"));
        for (const auto& [key, time] : {std::pair{"tau", &p.synapse.tau}, {"tau_decay", &p.synapse.tau}, {"tau_rise", &p.synapse.tau_rise}})
            if (table.at("synapse").contains(key)) *time = table.at("synapse").at(key).get<double>();
        if (const Population& target = net_.populations[p.target]; target.model == NeuronKind::iaf_psc_exp) {
            if (p.synapse.kind != SynapseKind::delta)
                reading_.fail(path + ".synapse.kind", fmt::format("population \"{}\" of iaf_psc_exp has synaptic currents of its own", target.name),
                              "Remove it, and set tau_syn_ex_ms and tau_syn_in_ms of the population.");
            one_sign(path + ".strength", p);
        }
        delay(path + ".delay", table.at("delay"), table.at("topology").at("kind"), p);
        net_.projections.push_back(std::move(p));
    }

    /// A file's weights multiply the strength.
    void file_weights(const std::string& path, Projection& p) const {
        const bool own = p.topology.file->weighted && p.strength_half_width > 0;
        if (p.strength_sd > 0 || own)
            reading_.fail(path + (own ? ".strength.half_width" : ".strength.sd"), "synapses of a file have the weights of the file, or all the same one", "Use a constant strength; a file's weights multiply it.");
        p.topology.weight_factor = p.strength;
        p.strength_sd = p.topology.file->weighted ? std::abs(p.strength) * p.topology.file->weight_sd : 0.0;
        p.strength *= p.topology.file->mean_weight;
    }

    /// One delay for all resolves to a number.
    void delay(const std::string& path, Json& table, const Json& topology, Projection& p) {
        if (table.is_number()) table = {{"distribution", "constant"}, {"mean", table}};
        const Section& section = *section_of(path);
        p.delay_law = enumerator<DelayLaw>(table, "distribution", section);
        if (p.delay_law == DelayLaw::constant) {
            p.delay = table.at("mean").get<double>();
            p.delay_steps = std::max<std::int64_t>(1, steps(path + ".mean", p.delay));
            if (static_cast<double>(p.delay_steps) >= 0x1p31)
                reading_.fail(path + ".mean", fmt::format("is {} steps, and a delay has fewer than 2^31", p.delay_steps), "Use a larger dt or a shorter delay.");
            table = Json(p.delay);
            return;
        }
        if (p.topology.kind == TopologyKind::all_to_all || p.topology.kind == TopologyKind::annealed)
            reading_.fail(path + ".distribution", fmt::format("kind = {} stores no synapses that could have delays of their own", topology.dump()),
                          "Use a single delay, or a kind of graph that is stored, such as erdos_renyi.");
        p.shortest_delay = std::max<std::int64_t>(1, steps(path + ".low", table.at("low").get<double>()));
        p.delay_steps = steps(path + ".high", table.at("high").get<double>());
        if (p.delay_steps > kernels::longest_drawn_delay)
            reading_.fail(path + ".high", fmt::format("is {} steps, and delays that differ between synapses are at most {}", p.delay_steps, kernels::longest_drawn_delay),
                          "Use a larger dt or a shorter delay; every step up to the longest takes memory for each target.");
        if (p.delay_steps < p.shortest_delay)
            reading_.fail(path + ".high", fmt::format("must be at least low, and at least one step of {}", net_.dt), "Use a longer delay.");
        if (table.contains("mean")) p.delay_mean = table.at("mean").get<double>() / net_.dt;
        if (table.contains("sd")) p.delay_sd = table.at("sd").get<double>() / net_.dt;
        if (const double kept = kernels::kept_delays(p); kept < 0.01)
            reading_.fail(path + ".high", fmt::format("[low, high] keeps {:.3g} % of the distribution, and at least 1 % is needed", 100 * kept), "Use wider bounds, or a mean between them.");
        p.delay = kernels::mean_delay_steps(p) * net_.dt;
    }

    void strength(const std::string& path, const Json& table, const Json& topology, Projection& p) {
        const std::string& law = table.at("distribution").get_ref<const std::string&>();
        if (law == "lorentzian") {
            p.strength = table.at("center").get<double>();
            p.strength_half_width = table.at("half_width").get<double>();
            p.strength_draw = enumerator<Draw>(table, "draw", *section_of(path));
            return;
        }
        p.strength = table.at("mean").get<double>();
        if (law == "constant") return;
        p.strength_sd = table.at("sd").get<double>();
        if (p.strength_sd > 0 && (p.topology.kind == TopologyKind::all_to_all || p.topology.kind == TopologyKind::annealed))
            reading_.fail(path + ".sd", fmt::format("kind = {} stores no synapses that could have weights of their own", topology.dump()),
                          "Use a constant or lorentzian strength, or a kind of graph that is stored, such as erdos_renyi.");
        if (law == "lognormal") {
            p.strength_law = WeightLaw::lognormal;
            if (p.strength == 0) reading_.fail(path + ".mean", "must not be 0: a lognormal strength has one sign, that of its mean", "Use gaussian for strengths of both signs.");
            if (p.strength_sd > 3 * std::abs(p.strength))
                reading_.fail(path + ".sd", fmt::format("must be at most 3 abs(mean) = {:.10g}: beyond it 16-bit weights are too coarse for the many small strengths beside the few large ones", 3 * std::abs(p.strength)),
                              "Use a smaller sd.");
        }
        if (law == "truncated_gaussian") {
            p.strength_law = WeightLaw::truncated_gaussian;
            p.parent_mean = p.strength;
            p.parent_sd = p.strength_sd;
            p.strength_low = table.at("low").get<double>();
            p.strength_high = table.at("high").get<double>();
            if (p.strength_low >= p.strength_high) reading_.fail(path + ".high", fmt::format("must be larger than low = {}", p.strength_low), "Both are strengths, as mean is.");
            if (p.strength_sd == 0) {
                if (p.strength < p.strength_low || p.strength > p.strength_high) reading_.fail(path + ".mean", "lies outside [low, high], and sd = 0 leaves nothing else", "Use a mean between them.");
                return;
            }
            const kernels::WeightMoments m = kernels::weight_moments(p);
            if (m.kept < 0.01 || !(m.sd > 0))
                reading_.fail(path + ".low", fmt::format("[low, high] keeps {:.3g} % of a Gaussian of this mean and sd, and draws are repeated until one lies inside: at least 1 % is needed", 100 * m.kept),
                              "Use wider bounds, or a mean between them.");
            p.strength = m.mean;
            p.strength_sd = m.sd;
        }
    }

    /// The sign of the strength chooses the synaptic current of iaf_psc_exp.
    void one_sign(const std::string& path, const Projection& p) const {
        const std::string why = "must leave the strength one sign, which chooses the synaptic current of iaf_psc_exp";
        if (p.strength_half_width > 0) reading_.fail(path + ".half_width", why, "Use another distribution.");
        if (p.strength_sd == 0 || p.strength_law == WeightLaw::lognormal) return;
        if (p.strength_law == WeightLaw::truncated_gaussian) {
            if (p.strength_low < 0 && p.strength_high > 0) reading_.fail(path + ".low", why, "Use bounds of one sign, or one projection for each sign.");
        } else if (!p.topology.file && std::abs(p.strength) < 4.0 * p.strength_sd)
            reading_.fail(path + ".sd", why + ": at most a quarter of the mean", "Use a smaller sd, or one projection for each sign.");
    }

    /// What is possible: K sources for every target, none of them twice.
    void topology(const std::string& path, Json& table, Projection& p) {
        Topology& t = p.topology;
        t.kind = enumerator<TopologyKind>(table, "kind", *section_of(path));
        t.self_connections = !table.contains("self_connections") || table.at("self_connections").get<bool>();
        const Population& source = net_.populations[p.source];
        const Population& target = net_.populations[p.target];
        const std::int64_t self = p.source == p.target && !t.self_connections ? 1 : 0;
        const std::int64_t sources = source.size - self, targets = target.size - self;
        if (sources < 1)
            reading_.fail(path, fmt::format("population \"{}\" of size 1 has no source but itself", source.name),
                          "Use a larger size or self_connections = true.");
        if (t.kind == TopologyKind::all_to_all) {
            t.mean_indegree = static_cast<double>(sources);
            return;
        }
        if (t.kind == TopologyKind::annealed && !t.self_connections && p.source == p.target)
            reading_.fail(path + ".self_connections", "annealed draws the targets of every spike from all neurons, its own included", "Remove self_connections = false.");
        if (t.kind == TopologyKind::from_file) return from_file(path, table, p);
        const bool by_probability = table.contains("probability"), by_number = table.contains("synapses");
        if (by_probability + by_number + table.contains("mean_indegree") > 1)
            reading_.fail(path + (by_probability ? ".probability" : ".synapses"), fmt::format("mean_indegree{} and probability say the same in {} ways", by_number ? ", synapses" : "", by_number ? "three" : "two"),
                          "Keep one of them.");
        const std::string key = path + (by_probability ? ".probability" : by_number ? ".synapses" : ".mean_indegree");
        if (by_number) {
            t.mean_indegree = static_cast<double>(table.at("synapses").get<std::int64_t>()) / static_cast<double>(target.size);
            table.erase("synapses");
        } else if (by_probability) {
            t.mean_indegree = table.at("probability").get<double>() * static_cast<double>(sources);
            table.erase("probability");
        } else if (table.contains("mean_indegree")) {
            t.mean_indegree = table.at("mean_indegree").get<double>();
        } else {
            reading_.fail(key, fmt::format("is missing: kind = {} needs it", table.at("kind").dump()),
                          reading_.swept.count(key) ? fmt::format("The sweep gives it; for a single run use --set {}=100.", key)
                                                    : fmt::format("Add mean_indegree = ... (or probability = ...) to {}.", path));
        }
        double& k = t.mean_indegree;
        const auto offered = [&] {
            return fmt::format("population \"{}\" offers each neuron {} sources (size {}{})", source.name, sources, source.size, self ? ", no self-connection" : "");
        };
        if (t.kind != TopologyKind::annealed && t.kind != TopologyKind::fixed_total && k > static_cast<double>(sources))
            reading_.fail(key, fmt::format("the mean in-degree is {:.10g} and {}", k, offered()),
                          fmt::format("Use mean_indegree <= {}, a larger size, or kind = \"annealed\", which draws with repetition.", sources));
        if (t.kind == TopologyKind::fixed_indegree) k = whole(key, k, "the in-degree of fixed_indegree", 1.0);
        if (t.kind == TopologyKind::fixed_outdegree || t.kind == TopologyKind::annealed) {
            const double ratio = static_cast<double>(target.size) / static_cast<double>(source.size);
            const std::string what = fmt::format("the out-degree mean_indegree * {} / {}", target.size, source.size);
            const double out_degree = whole(key, k * ratio, what, ratio);
            if (t.kind == TopologyKind::fixed_outdegree && out_degree > static_cast<double>(targets))
                reading_.fail(key, fmt::format("the out-degree is {:.10g} and population \"{}\" offers {} targets", out_degree, target.name, targets),
                              "Use a smaller mean_indegree.");
        }
        if (t.kind == TopologyKind::lorentzian_indegree) {
            t.half_width = table.at("half_width").get<double>();
            if (2.0 * k > static_cast<double>(sources))
                reading_.fail(key, fmt::format("in-degrees are drawn from [0, 2 mean_indegree] = [0, {:.10g}] and {}", 2.0 * k, offered()),
                              fmt::format("Use mean_indegree <= {:.10g} or a larger size.", 0.5 * static_cast<double>(sources)));
        }
        structure(table, t);
        try {
            kernels::check_recipe(p, source.size, target.size, p.source == p.target);
        } catch (const ConfigurationError& error) {
            throw problem(fmt::format("{}: {}", reading_.place(path), error.what()));
        }
        put_mean_indegree(table, k);
    }

    /// Keys of one kind each.
    void structure(const Json& table, Topology& t) const {
        const auto number = [&table](const char* key, double& x) {
            if (table.contains(key)) x = table.at(key).get<double>();
        };
        number("rewiring", t.rewiring);
        number("exponent_in", t.exponent_in);
        number("exponent_out", t.exponent_out);
        number("cutoff", t.cutoff);
        number("correlation", t.correlation);
        number("sigma", t.sigma);
        number("within", t.within);
        if (table.contains("modules")) t.modules = table.at("modules").get<std::int64_t>();
        if (table.contains("geometry")) t.geometry = table.at("geometry") == "torus" ? Geometry::torus : Geometry::ring;
    }

    /// Reads and checks the file; its checksum joins the resolved configuration.
    void from_file(const std::string& path, Json& table, Projection& p) const {
        Topology& t = p.topology;
        const auto file = std::filesystem::absolute(table.at("file").get<std::string>()).lexically_normal();
        const std::string group = table.contains("group") ? table.at("group").get<std::string>() : "";
        try {
            t.file = input::open_synapses(file, group, net_.populations[p.source].size, net_.populations[p.target].size);
        } catch (const Error& error) {
            throw Error(error.code(), fmt::format("{}: {}.file: {}", reading_.place(path + ".file"), path, error.what()));
        }
        const std::string checksum = fmt::format("{:016x}", t.file->checksum);
        if (table.contains("checksum") && table.at("checksum") != checksum)
            reading_.fail(path + ".checksum", fmt::format("the synapses of {} have the checksum {}: it is another graph than the one that is meant", file.string(), checksum),
                          "Give the file that was used before, or remove checksum.");
        t.mean_indegree = static_cast<double>(t.file->synapses) / static_cast<double>(net_.populations[p.target].size);
        table["file"] = file.string();
        table["checksum"] = checksum;
    }

    /// x rounded to the whole number >= 1 that it is to 1e-9; `per_k`: x for mean_indegree = 1.
    double whole(const std::string& key, double x, const std::string& what, double per_k) const {
        const double n = std::round(x);
        if (n >= 1.0 && std::abs(x - n) <= 1e-9 * n) return n;
        const double below = std::floor(x) / per_k, above = std::ceil(x) / per_k;
        reading_.fail(key, fmt::format("{} must be a whole number >= 1, and is {:.10g}", what, x),
                      below > 0 ? fmt::format("Nearest: mean_indegree = {:.10g} or {:.10g}.", below, above) : fmt::format("Nearest: mean_indegree = {:.10g}.", above));
    }

    /// In the schema's place, right after `kind`.
    static void put_mean_indegree(Json& table, double k) {
        Json out = Json::object();
        for (const auto& [name, value] : table.items()) {
            if (name == "mean_indegree") continue;
            out[name] = value;
            if (name == "kind") out["mean_indegree"] = k;
        }
        table = std::move(out);
    }

    void stimulus(const std::string& name, const Json& table) {
        const std::string path = "stimulus." + name;
        const auto number = [&table](const char* key, double otherwise = 0.0) { return table.contains(key) ? table.at(key).get<double>() : otherwise; };
        Stimulus s;
        s.name = name;
        s.target = population_index(path + ".target", table.at("target").get<std::string>());
        s.kind = enumerator<StimulusKind>(table, "kind", *section_of(path));
        s.start = number("start");
        s.stop = number("stop");
        s.amplitude = number("amplitude");
        s.from = number("from");
        s.hold = table.contains("hold") && table.at("hold").get<bool>();
        s.period = number("period");
        s.width = number("width");
        s.frequency = per_time(number("frequency"));
        s.phase = number("phase");
        s.offset = number("offset");
        s.interval = number("interval");
        if (table.contains("values")) s.values = table.at("values").get<std::vector<double>>();
        s.final_frequency = per_time(number("final_frequency"));
        s.logarithmic = table.contains("method") && table.at("method") == "logarithmic";
        s.intensity = number("intensity");
        s.scale = number("scale");
        s.sd = number("sd");
        s.tau = number("tau");
        s.rate = per_time(number("rate"));
        s.weight = number("weight");
        if (s.kind == StimulusKind::white_noise) {
            s.law = enumerator<NoiseLaw>(table, "law", *section_of(path));
            const bool gaussian = s.law == NoiseLaw::gaussian;
            const char *needs = gaussian ? "intensity" : "scale", *other = gaussian ? "scale" : "intensity";
            if (!table.contains(needs))
                reading_.fail(path + "." + needs, fmt::format("is missing: law = {} needs it", table.at("law").dump()), fmt::format("Add {} = ... to {}.", needs, path));
            if (table.contains(other)) reading_.fail(path + "." + other, fmt::format("is not used when law = {}", table.at("law").dump()), "Remove it or change law.");
        }
        if (is_noise(s.kind)) {
            steps(path + ".start", s.start);
            if (node_at(reading_.root, path + ".stop")) steps(path + ".stop", s.stop);
        }
        if (s.kind == StimulusKind::poisson && s.rate * net_.dt > 20.0)
            reading_.fail(path + ".rate", fmt::format("brings {:.4g} spikes per step, and at most 20 may come", s.rate * net_.dt), "Use a smaller dt, or white_noise of intensity weight^2 rate tau/2 and a step of weight rate tau.");
        if (s.stop <= s.start)
            reading_.fail(path + ".stop", fmt::format("must be later than start = {}", s.start), "Times count from the start of the simulation.");
        if (s.kind == StimulusKind::pulse_train && s.width > s.period)
            reading_.fail(path + ".width", fmt::format("must be at most the period = {}", s.period), "A step stimulus is always on.");
        net_.stimuli.push_back(std::move(s));
    }

    template <class T>
    static std::vector<std::string> names(const std::vector<T>& objects) {
        std::vector<std::string> out;
        for (const T& object : objects) out.push_back(object.name);
        return out;
    }

    const Reading& reading_;
    Configuration& out_;
    Network& net_;
    bool ms_ = false;
};

}  // namespace

void build_network(const Reading& reading, Configuration& out) { Builder(reading, out).build(); }

void check_distinct_keys(const Reading& reading, std::string_view what, const std::vector<std::string>& names, std::uint64_t (*key)(std::string_view)) {
    std::map<std::uint64_t, std::string> seen;
    for (const std::string& name : names)
        if (const auto [at, fresh] = seen.emplace(key(name), name); !fresh)
            reading.fail(fmt::format("{}.{}", what, name), fmt::format("has the same 64-bit key as {}.{} and would share its random numbers", what, at->second),
                         "Rename one of the two.");
}

}  // namespace spikemass::config
