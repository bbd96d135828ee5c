#pragma once
// The numbers of a network file that a fit may change, and what of the mass they move.

#include <string>
#include <vector>

#include "host/config/configuration.hpp"
#include "host/mass/afferents.hpp"
#include "host/mass/mass_model.hpp"
#include "kernels/coupling.hpp"

namespace spikemass::fit {

struct Parameter {
    enum class Kind { eta_center, eta_half_width, tau, strength, strength_sd, strength_half_width, synapse_tau, synapse_rise, delay, amplitude };
    std::string path;                  ///< of the network file; where a table stands for its mean, the table's
    Kind kind = Kind::eta_center;
    std::size_t index = 0;             ///< of the population, the projection or the stimulus in its Network
    double value = 0.0;                ///< what the network has; of a delay the realised one
    double start = 0.0;                ///< where a fit begins
    double lower = 0.0, upper = 0.0;   ///< between which it looks
    std::string units;
};

/// All that the mass of this network depends on and that may be any real number.  In the order of the file: populations, projections, stimuli.
std::vector<Parameter> parameters_of(const Configuration& configuration);

/// Those that `names` ask for: paths, or ends of paths ("strength", "eta": every path that ends so; "eta": center and half width).  Empty: centre and half width of every eta and
/// every strength.  Throws ConfigurationError: unknown names, with what there is.
std::vector<Parameter> choose_parameters(const std::vector<Parameter>& all, const std::vector<std::string>& names, const std::string& option);

/// Whether a path of a sweep's axis or of an option means this parameter.
bool means(const Parameter& parameter, std::string path);

/// Values [parameter] in the place of those that the mass was made with.  Amplitudes are not the mass's: inputs take them.
template <class S>
void set_parameters(mass::BasicMassModel<S>& model, const Network& network, const std::vector<Parameter>& parameters, const S* value) {
    using Kind = Parameter::Kind;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        const Parameter& p = parameters[k];
        const S& x = value[k];
        if (p.kind == Kind::eta_center || p.kind == Kind::eta_half_width || p.kind == Kind::tau) {
            auto& a = model.populations()[p.index];
            const Population& population = network.populations[p.index];
            if (p.kind == Kind::eta_center) a.eta = x;
            if (p.kind == Kind::tau) a.tau = x;
            if (p.kind == Kind::eta_half_width && a.poles.size > 0) a.poles.scale(S(x / population.eta.width));
            if (p.kind == Kind::eta_half_width && a.poles.size == 0) a.delta = x + (mass::half_width(network, p.index) - population.eta.width);
            continue;
        }
        for (std::size_t j = 0; j < model.projections().size(); ++j) {
            auto& layout = model.projections()[j];
            if (p.kind == Kind::amplitude || layout.index != p.index) continue;
            const Projection& projection = network.projections[p.index];
            auto& afferent = model.afferents()[j];
            switch (p.kind) {
                case Kind::strength: afferent.coupling = x * (coupling_factor(projection) * (projection.topology.file ? projection.topology.file->mean_weight : 1.0)); break;
                case Kind::strength_sd: afferent.coupling_sd = x * coupling_factor(projection); break;
                case Kind::strength_half_width: afferent.coupling_half_width = x * coupling_factor(projection); break;
                case Kind::synapse_tau:
                    layout.synapse_tau = x;
                    if (projection.synapse.kind == SynapseKind::alpha) layout.synapse_rise = x;
                    break;
                case Kind::synapse_rise: layout.synapse_rise = x; break;
                case Kind::delay: layout.lags = {{x, 1.0}}; break;
                default: break;
            }
        }
    }
    for (std::size_t i = 0; i < model.populations().size(); ++i) {   // what depends on the membrane's time constant
        auto& a = model.populations()[i];
        const double tau = network.populations[i].tau;
        for (const Stimulus& s : network.stimuli)
            if (s.target == i && s.kind == StimulusKind::poisson) a.noise += 0.5 * s.weight * s.weight * s.rate * (a.tau - tau);
        for (std::size_t j = a.afferent_begin; j < a.afferent_end; ++j) {
            const S &t1 = model.projections()[j].synapse_tau, &t2 = model.projections()[j].synapse_rise;
            if (t1 > 0.0) model.afferents()[j].synapse_tau = (t1 * t1 + t1 * t2 + t2 * t2) / (t1 + t2) / a.tau;   // make_afferent
        }
    }
}

}  // namespace spikemass::fit
