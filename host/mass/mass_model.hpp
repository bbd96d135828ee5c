#pragma once
// The right-hand side of the mass: for runs, fixed points, stability, continuation and fits alike.

#include <array>
#include <cmath>
#include <numbers>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "host/mass/afferents.hpp"
#include "host/mass/mass.hpp"
#include "models/closures/registry.hpp"
#include "models/masses/mpr.hpp"
#include "models/masses/poles.hpp"

namespace spikemass::mass {

/// A network's mass as delay differential equations of a flat state y [size()]:
///   per population: rho = tau r and v of every class (rho_0, v_0, rho_1, ...), then the closure's hidden states; where eta has poles, a class is
///   the complex variable w_k = pi rho_k - i v_k of models/masses/poles.hpp, and r, v are those of sum_k c_k w_k;
///   then of every projection whose synapse is not delta: s (a rate), and x, the stage before it, where there are two.
/// dy/dt is per time unit of the network.  Delayed rates are arguments, so that whoever integrates keeps the history.
/// S: type of the parameters, double (MassModel) or the dual numbers of a fit that differentiates by them; states are then of that type too.
template <class S>
class BasicMassModel {
public:
    /// Throws ConfigurationError: eta without exact mass, unknown closure.  `initial.rate` must have been resolved (resolve_initial).  S = double alone.
    explicit BasicMassModel(const Network& network, const MassOptions& options = {});
    /// The same mass with parameters of another type, constants to differentiation until somebody sets them.
    template <class R>
        requires(!std::is_same_v<R, S>)
    explicit BasicMassModel(const BasicMassModel<R>& other);

    struct PopulationLayout {
        std::string name;
        S eta{}, delta{}, tau = S(1.0);
        S noise{};                                      ///< intensity D of white Gaussian noise from outside
        std::size_t first = 0;                          ///< offset of (rho_0, v_0) in the state
        std::vector<double> class_weight;               ///< P_k; one class of weight 1 without `degree_classes`; real parts of the poles' weights
        models::BasicPoles<S> poles;                    ///< of a rational eta: one class each; size 0: none
        std::vector<double> class_normal;               ///< in-degree deviation of the class in standard deviations (binomial)
        std::vector<std::size_t> class_quantile;        ///< index into ProjectionLayout::quantile_deviation (lorentzian)
        std::size_t hidden = 0, hidden_size = 0;        ///< offset and number of hidden states
        std::size_t afferent_begin = 0, afferent_end = 0;   ///< range of `afferents()`
        std::size_t classes() const { return class_weight.size(); }
        /// Classes of which each is a Lorentzian density of voltages, so that rho_k >= 0: all but the higher coefficients of a chain.
        std::size_t densities() const { return poles.chain ? 1 : classes(); }
        double class_imaginary(std::size_t k) const { return poles.size > 0 ? poles.weight[k].im : 0.0; }
        S spread() const { return delta + poles.reach(); }   ///< scale of eta around its centre
    };
    struct ProjectionLayout {                           ///< in the order of `afferents()`: grouped by target
        std::size_t index = 0;                          ///< in Network::projections
        std::size_t source = 0, target = 0;
        std::vector<BasicLag<S>> lags;                  ///< delays of its synapses; 0 = undelayed
        S mean_delay() const {                          ///< time units
            S mean{};
            for (const auto& lag : lags) mean += lag.weight * lag.delay;
            return mean;
        }
        S longest_delay() const {
            S longest{};
            for (const auto& lag : lags)
                if (lag.delay > longest) longest = lag.delay;
            return longest;
        }
        S synapse_tau{};                                ///< time units; 0 = delta
        S synapse_rise{};                               ///< time units; 0 = one stage
        std::size_t stages() const { return (synapse_tau > 0.0) + (synapse_rise > 0.0); }
        std::size_t synapse = 0;                        ///< offset of s in the state, followed by x where there are two stages
        double relative_sd = 0.0;                       ///< sqrt(Var K)/K of binomial in-degrees
        std::vector<double> quantile_deviation;         ///< (k - K)/K of the Lorentzian classes
    };
    /// Buffers of `derivative`, one per thread.
    template <class T>
    struct Workspace {
        std::vector<closures::Presynaptic<T>> presynaptic;
        explicit Workspace(const BasicMassModel& model) : presynaptic(model.projections().size()) {}
    };

    std::size_t size() const { return size_; }
    const std::vector<PopulationLayout>& populations() const { return populations_; }
    const std::vector<ProjectionLayout>& projections() const { return projections_; }
    const std::vector<closures::BasicAfferent<S>>& afferents() const { return afferents_; }
    /// For fits: numbers may change, shapes must not, and no time constant from 0 or to 0.
    std::vector<PopulationLayout>& populations() { return populations_; }
    std::vector<ProjectionLayout>& projections() { return projections_; }
    std::vector<closures::BasicAfferent<S>>& afferents() { return afferents_; }
    const closures::AnyClosure& closure() const { return closure_; }
    std::string_view closure_name() const {
        if (const auto* learned = std::get_if<closures::Learned>(&closure_)) return learned->form->title;
        return std::visit([](const auto& c) { return std::string_view(c.name); }, closure_);
    }
    /// Whether it knows of white Gaussian noise from outside.
    bool takes_noise() const {
        return std::visit([](const auto& c) { return closures::takes_noise<std::decay_t<decltype(c)>>; }, closure_);
    }

    /// The state that matches the network's initial voltages (the mean over classes is every class's: the network draws them so).
    const std::vector<S>& initial_state() const { return initial_state_; }
    /// The same at the parameters that the model has now.
    std::vector<S> initial_state_of(const Network& network) const;
    /// Rate of every population before time zero, 1/time unit.
    const std::vector<double>& rates_before() const { return rates_before_; }

    /// Population rate (1/time unit) and mean v of a state.
    template <class T>
    T rate(const T* y, std::size_t population) const { return mean(y, population, 0, std::numbers::inv_pi) / populations_[population].tau; }
    template <class T>
    T v(const T* y, std::size_t population) const { return mean(y, population, 1, -std::numbers::pi); }
    /// Kuramoto order parameter.
    models::Complex<double> order_parameter(const double* y, std::size_t population) const;

    /// dy/dt.  Shapes: y, dy [size()], delayed_rate [projections()] r_source(t - delay), averaged over the lags, in 1/time unit, input [population].
    /// For T = double nothing is allocated.
    template <class T>
    void derivative(const T* y, const T* delayed_rate, const T* input, T* dy, Workspace<T>& workspace) const {
        std::visit([&](const auto& closure) { derivative_of(closure, y, delayed_rate, input, dy, workspace); }, closure_);
    }

private:
    /// sum_k c_k w_k of w_k = pi rho_k - i v_k: the imaginary part of a weight turns v into rho / pi and -rho pi into v (`turn`).
    template <class T>
    T mean(const T* y, std::size_t population, std::size_t variable, double turn) const {
        const PopulationLayout& a = populations_[population];
        T sum = y[a.first + variable] * a.class_weight[0];
        for (std::size_t k = 1; k < a.classes(); ++k) sum = sum + y[a.first + 2 * k + variable] * a.class_weight[k];
        for (std::size_t k = 0; k < static_cast<std::size_t>(a.poles.size); ++k)
            if (const double c = a.poles.weight[k].im; c != 0.0) sum = sum + y[a.first + 2 * k + 1 - variable] * (c * turn);
        return sum;
    }
    template <class C, class T>
    void derivative_of(const C& closure, const T* y, const T* delayed_rate, const T* input, T* dy, Workspace<T>& workspace) const;

    std::vector<PopulationLayout> populations_;
    std::vector<ProjectionLayout> projections_;
    std::vector<closures::BasicAfferent<S>> afferents_;
    closures::AnyClosure closure_;
    std::size_t size_ = 0;
    std::vector<S> initial_state_;
    std::vector<double> rates_before_;

    template <class>
    friend class BasicMassModel;
};

using MassModel = BasicMassModel<double>;
template <>
MassModel::BasicMassModel(const Network& network, const MassOptions& options);
template <>
models::Complex<double> MassModel::order_parameter(const double* y, std::size_t population) const;

template <class S>
template <class R>
    requires(!std::is_same_v<R, S>)
BasicMassModel<S>::BasicMassModel(const BasicMassModel<R>& other) : closure_(other.closure_), size_(other.size_), rates_before_(other.rates_before_) {
    for (const auto& a : other.populations_)
        populations_.push_back({a.name, S(a.eta), S(a.delta), S(a.tau), S(a.noise), a.first, a.class_weight, a.poles.template as<S>(), a.class_normal, a.class_quantile, a.hidden, a.hidden_size, a.afferent_begin, a.afferent_end});
    for (const auto& p : other.projections_) {
        projections_.push_back({p.index, p.source, p.target, {}, S(p.synapse_tau), S(p.synapse_rise), p.synapse, p.relative_sd, p.quantile_deviation});
        for (const auto& lag : p.lags) projections_.back().lags.push_back({S(lag.delay), lag.weight});
    }
    for (const auto& a : other.afferents_) afferents_.push_back(a.template as<S>());
    for (const auto& y : other.initial_state_) initial_state_.push_back(S(y));
}

template <class S>
std::vector<S> BasicMassModel<S>::initial_state_of(const Network& network) const {
    std::vector<S> y(size_, S(0.0));
    for (std::size_t i = 0; i < populations_.size(); ++i) {
        const PopulationLayout& a = populations_[i];
        const InitialState& initial = network.populations[i].initial;
        std::array<models::Complex<S>, models::Poles::most> w;   // of every class; a density that is the same for all eta has no higher Taylor coefficients
        for (std::size_t k = 0; k < static_cast<std::size_t>(a.poles.size); ++k)
            w[k] = k < a.densities() ? models::Complex<S>{S(initial.half_width), S(-initial.center)} : models::Complex<S>{};
        S rho = S(initial.half_width * std::numbers::inv_pi), v = S(initial.center);
        if (initial.kind != InitialKind::lorentzian) {
            S input = a.eta, width = a.delta;
            for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j) {
                input += afferents_[j].coupling * a.tau * rates_before_[projections_[j].source];
                width += afferents_[j].coupling_half_width * a.tau * rates_before_[projections_[j].source];
            }
            models::pole_asynchronous(a.poles, input, width, w.data());
            const models::Complex<S> single = models::mpr_asynchronous(input, width);
            rho = single.re * std::numbers::inv_pi;
            v = -single.im;
        }
        for (std::size_t k = 0; k < a.classes(); ++k) {
            y[a.first + 2 * k] = a.poles.size > 0 ? S(w[k].re * std::numbers::inv_pi) : rho;
            y[a.first + 2 * k + 1] = a.poles.size > 0 ? S(-w[k].im) : v;
        }
    }
    for (const ProjectionLayout& projection : projections_) {
        if (projection.synapse_tau > 0.0) y[projection.synapse] = S(rates_before_[projection.source]);
        if (projection.synapse_rise > 0.0) y[projection.synapse + 1] = S(rates_before_[projection.source]);
    }
    return y;
}

template <class S>
template <class C, class T>
void BasicMassModel<S>::derivative_of(const C& closure, const T* y, const T* delayed_rate, const T* input, T* dy,
                              Workspace<T>& workspace) const {
    using std::abs, std::sqrt;
    for (std::size_t j = 0; j < projections_.size(); ++j) {
        const ProjectionLayout& projection = projections_[j];
        const PopulationLayout& source = populations_[projection.source];
        const S& tau = populations_[projection.target].tau;
        closures::Presynaptic<T>& pre = workspace.presynaptic[j];
        pre.rate = delayed_rate[j] * tau;
        pre.drive = pre.rate;
        if (projection.synapse_tau > 0.0) {
            const T& s = y[projection.synapse];
            pre.drive = s * tau;
            T arriving = delayed_rate[j];
            if (projection.synapse_rise > 0.0) {
                arriving = y[projection.synapse + 1];
                dy[projection.synapse + 1] = (delayed_rate[j] - arriving) / projection.synapse_rise;
            }
            dy[projection.synapse] = (arriving - s) / projection.synapse_tau;
        }
        if constexpr (C::uses_ratio)
            pre.w = {y[source.first] * (std::numbers::pi * tau / source.tau), -y[source.first + 1] * (tau / source.tau)};
    }
    for (std::size_t i = 0; i < populations_.size(); ++i) {
        const PopulationLayout& a = populations_[i];
        const S per_tau = 1.0 / a.tau;
        const closures::Presynaptic<T>* pre = workspace.presynaptic.data() + a.afferent_begin;
        const std::span<const closures::BasicAfferent<S>> afferents(afferents_.data() + a.afferent_begin, a.afferent_end - a.afferent_begin);
        T total = input[i] + a.eta;
        for (std::size_t j = 0; j < afferents.size(); ++j) total = total + pre[j].drive * afferents[j].coupling;

        const models::Complex<T> w{y[a.first] * std::numbers::pi, -y[a.first + 1]};
        const closures::Correction<T> correction = closure.eval(afferents, w, pre, y + a.hidden, dy + a.hidden);
        if constexpr (closures::takes_noise<C>) dy[a.hidden] = dy[a.hidden] + 2.0 * a.noise;
        for (std::size_t h = 0; h < a.hidden_size; ++h) dy[a.hidden + h] = dy[a.hidden + h] * per_tau;
        total = total + correction.p;
        T width = T(a.delta);
        for (std::size_t j = 0; j < afferents.size(); ++j)   // exact for strengths that are Lorentzian over targets
            if (afferents[j].coupling_half_width > 0.0) width = width + pre[j].drive * afferents[j].coupling_half_width;
        if constexpr (!std::is_same_v<C, closures::None> && !C::degree_classes) width = closures::positive_width(width, correction.q);

        if constexpr (C::degree_classes) {
            T normal{}, variance{};   // standard deviation of the input over neurons with binomial in-degrees
            std::size_t binomial = 0;
            for (std::size_t j = 0; j < afferents.size(); ++j) {
                const double sd = projections_[a.afferent_begin + j].relative_sd;
                if (sd == 0.0) continue;
                const T deviation = pre[j].drive * (afferents[j].coupling * sd);
                normal = deviation;
                variance = variance + deviation * deviation;
                ++binomial;
            }
            if (binomial > 1) normal = sqrt(variance + 1e-300);   // keeps the derivative finite while nothing has arrived
            for (std::size_t k = 0; k < a.classes(); ++k) {
                T class_input = total + normal * a.class_normal[k];
                for (std::size_t j = 0; j < afferents.size(); ++j) {
                    const std::vector<double>& deviation = projections_[a.afferent_begin + j].quantile_deviation;
                    if (!deviation.empty())
                        class_input = class_input + pre[j].drive * (abs(afferents[j].coupling) * deviation[a.class_quantile[k]]);
                }
                const auto d = models::mpr(y[a.first + 2 * k], y[a.first + 2 * k + 1], width, class_input);
                dy[a.first + 2 * k] = d.rho * per_tau;
                dy[a.first + 2 * k + 1] = d.v * per_tau;
            }
        } else if (a.poles.size > 0) {
            models::pole_derivative(a.poles, y + a.first, width, total, dy + a.first);
            for (std::size_t k = 0; k < 2 * a.classes(); ++k) dy[a.first + k] = dy[a.first + k] * per_tau;
        } else {
            const auto d = models::mpr(y[a.first], y[a.first + 1], width, total);
            dy[a.first] = d.rho * per_tau;
            dy[a.first + 1] = d.v * per_tau;
        }
    }
}

}  // namespace spikemass::mass
