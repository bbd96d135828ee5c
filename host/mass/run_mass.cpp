#include <algorithm>
#include <chrono>
#include <cmath>

#include <fmt/format.h>

#include "host/mass/afferents.hpp"
#include "host/mass/closure_file.hpp"
#include "host/mass/integrator.hpp"
#include "kernels/stimulus.hpp"

namespace spikemass::mass {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Input currents of all populations, step by step.
class Inputs {
public:
    explicit Inputs(const Network& network) : network_(network), input_(network.populations.size(), 0.0) {}
    const std::vector<double>& at(std::int64_t step) {
        if (network_.stimuli.empty()) return input_;
        for (std::size_t a = 0; a < input_.size(); ++a) input_[a] = mean_input(network_, a, step);
        return input_;
    }
    double largest(std::int64_t steps) {
        double most = 0.0;
        if (network_.stimuli.empty()) return most;
        for (std::int64_t n = 0; n < steps; ++n)
            for (const double x : at(n)) most = std::max(most, std::abs(x));
        return most;
    }

private:
    const Network& network_;
    std::vector<double> input_;
};

/// Time that the recorded part of a run spent outside the range in which its closure was derived or trained.
class Validity {
public:
    explicit Validity(const MassModel& model) : model_(model), strong_(model.populations().size()), clipped_(strong_), beyond_eps_(strong_), beyond_s_(strong_) {
        std::visit([&](const auto& c) {
            using C = std::decay_t<decltype(c)>;
            if constexpr (std::is_same_v<C, closures::Learned>) form_ = c.form.get();
            expansion_ = !std::is_same_v<C, closures::None> && !std::is_same_v<C, closures::Learned> && !C::degree_classes;
            ratio_ = C::uses_ratio;
        }, model.closure());
    }
    void look(const std::vector<double>& y) {
        ++looked_;
        if (form_ && form_->largest_eps > 0.0) look_at_training_range(y);
        if (!expansion_) return;
        for (std::size_t i = 0; i < strong_.size(); ++i) {
            const auto& a = model_.populations()[i];
            const double pi_rho = std::numbers::pi * y[a.first], x = -y[a.first + 1] / pi_rho;
            double strength = 0.0;
            for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j) strength += model_.afferents()[j].noise_strength();
            strong_[i] += strength > pi_rho * pi_rho;
            clipped_[i] += ratio_ && strength > 0.0 && !(-x >= closures::lowest_ratio && -x <= closures::highest_ratio);
        }
    }
    std::vector<std::string> warnings() const {
        std::vector<std::string> list;
        for (std::size_t i = 0; i < strong_.size(); ++i) {
            const auto& a = model_.populations()[i];
            if (beyond_eps_[i] > 0)
                list.push_back(fmt::format("Population \"{}\", closure {}: J^2/(K |W|^2) was above {:.3g}, the largest of the networks it was learned from, for {:.1f} % of the recorded time; it extrapolates there.",
                                           a.name, form_->title, form_->largest_eps, percent(beyond_eps_[i])));
            if (beyond_s_[i] > 0)
                list.push_back(fmt::format("Population \"{}\", closure {}: v/|W| was outside [{:.3g}, {:.3g}], the range of the networks it was learned from, for {:.1f} % of the recorded time; it extrapolates there.",
                                           a.name, form_->title, form_->lowest_s, form_->highest_s, percent(beyond_s_[i])));
            if (strong_[i] > 0)
                list.push_back(fmt::format(
                    "Population \"{}\", closure {}: J^2 (1 - K/N)/(K pi^2 tau^2 r^2) was above 1 for {:.1f} % of the recorded time; the "
                    "closure is an expansion in it and is not to be trusted there (few, strong, or rare inputs).",
                    a.name, model_.closure_name(), percent(strong_[i])));
            if (clipped_[i] > 0)
                list.push_back(fmt::format(
                    "Population \"{}\", closure {}: v/(pi tau r) was outside [{:g}, {:g}] for {:.1f} % of the recorded time and was "
                    "clipped to it in the resonance term.",
                    a.name, model_.closure_name(), closures::lowest_ratio, closures::highest_ratio, percent(clipped_[i])));
        }
        return list;
    }

private:
    void look_at_training_range(const std::vector<double>& y) {
        for (std::size_t i = 0; i < beyond_s_.size(); ++i) {
            const auto& a = model_.populations()[i];
            bool any = false, strong = false;
            double s = 0.0;
            for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j) {
                const closures::Afferent& from = model_.afferents()[j];
                if (from.noise_strength() == 0.0) continue;
                const closures::Features<double> f = closures::features(closures::Complex<double>{std::numbers::pi * y[a.first], -y[a.first + 1]}, from.coupling, from.mean_indegree);
                any = true;
                s = f.s;
                strong = strong || f.eps > form_->largest_eps;
            }
            beyond_eps_[i] += strong;
            beyond_s_[i] += any && !(s >= form_->lowest_s && s <= form_->highest_s);
        }
    }
    double percent(std::int64_t count) const { return 100.0 * static_cast<double>(count) / static_cast<double>(looked_); }
    const MassModel& model_;
    std::vector<std::int64_t> strong_, clipped_, beyond_eps_, beyond_s_;
    const closures::LearnedForm* form_ = nullptr;
    std::int64_t looked_ = 0;
    bool expansion_ = false, ratio_ = false;
};

std::vector<ProjectionFacts> projection_facts(const Network& network, const MassModel& model) {
    std::vector<ProjectionFacts> facts(network.projections.size());
    for (std::size_t j = 0; j < facts.size(); ++j) {
        const auto& layout = model.projections()[j];
        const Projection& projection = network.projections[layout.index];
        ProjectionFacts& fact = facts[layout.index];
        fact.k_mean = projection.topology.mean_indegree;
        fact.k_var = indegree_variance(network, projection);
        fact.effective_delay = layout.mean_delay();
        fact.weight = model.afferents()[j].coupling / fact.k_mean;
    }
    return facts;
}

}  // namespace

RunResult run_mass(const Network& network, const RunPlan& plan, const MassOptions& options) {
    const auto build_start = Clock::now();
    Network resolved = network;
    resolve_initial(resolved);
    const MassModel model(resolved, options);
    const std::int64_t steps = plan.warmup_steps + plan.steps_per_bin * plan.bins;
    Inputs inputs(resolved);
    Integrator integrator(model, resolved.dt, choose_substeps(model, resolved.dt, inputs.largest(steps)), model.initial_state(),
                          model.rates_before());
    integrator.record_order_parameter(plan.record.order_parameter);
    Validity validity(model);

    RunResult result;
    result.level = options.closure == closures::None::name ? "mass" : "mass." + closure_title(options.closure);
    result.strategy = "rk4";
    result.steps = steps;
    result.projections = projection_facts(resolved, model);
    result.populations.resize(resolved.populations.size());
    const auto bins = static_cast<std::size_t>(plan.bins);
    for (PopulationBins& population : result.populations) {
        population.rate.assign(bins, 0.0);
        population.v.assign(bins, 0.0);
        if (plan.record.order_parameter) {
            population.z_re.assign(bins, 0.0);
            population.z_im.assign(bins, 0.0);
        }
    }
    result.build_seconds = seconds_since(build_start);

    const auto start = Clock::now();
    const double share = 1.0 / static_cast<double>(std::max<std::int64_t>(plan.steps_per_bin, 1));
    for (std::int64_t n = 0; n < steps; ++n) {
        integrator.step(inputs.at(n));
        if (n < plan.warmup_steps) continue;
        validity.look(integrator.state());
        const auto bin = static_cast<std::size_t>((n - plan.warmup_steps) / plan.steps_per_bin);
        const Integrator::StepMeans& means = integrator.means();
        for (std::size_t a = 0; a < result.populations.size(); ++a) {
            PopulationBins& population = result.populations[a];
            population.rate[bin] += share * means.rate[a];
            population.v[bin] += share * means.v[a];
            if (!plan.record.order_parameter) continue;
            population.z_re[bin] += share * means.z_re[a];
            population.z_im[bin] += share * means.z_im[a];
        }
    }
    result.wall_seconds = seconds_since(start);
    result.warnings = validity.warnings();
    for (std::string& w : noise_warnings(resolved, model.closure_name(), model.takes_noise())) result.warnings.push_back(std::move(w));
    return result;
}

}  // namespace spikemass::mass
