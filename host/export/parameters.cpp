#include "host/export/parameters.hpp"

#include "host/mass/afferents.hpp"
#include "kernels/delays.hpp"

namespace spikemass::handover {

std::vector<NamedParameter> parameters_of(const Network& n, const std::string& time_unit) {
    std::vector<NamedParameter> list;
    for (std::size_t i = 0; i < n.populations.size(); ++i) {
        const Population& p = n.populations[i];
        list.push_back({"eta_" + p.name, "1", "centre of the law of eta", p.eta.center});
        list.push_back({"Delta_" + p.name, "1", "half width of the law of eta, white Cauchy noise included", mass::half_width(n, i)});
        list.push_back({"tau_" + p.name, time_unit, "membrane time constant", p.tau});
        list.push_back({"N_" + p.name, "1", "neurons", static_cast<double>(p.size)});
    }
    for (const Projection& p : n.projections) {
        const closures::Afferent a = mass::make_afferent(n, p);
        const double tau = n.populations[p.target].tau;
        const mass::SynapseTimes synapse = mass::synapse_times(p.synapse);
        list.push_back({"J_" + p.name, "1", "strength that the mass sees: mean input of a target = J tau r", a.coupling});
        list.push_back({"K_" + p.name, "1", "mean in-degree", a.mean_indegree});
        list.push_back({"var_K_" + p.name, "1", "variance of the in-degree that its law gives", mass::indegree_variance(n, p)});
        list.push_back({"A_" + p.name, "1", "noise strength (J^2 (1 - K/N) + var J)/K, without 1 - K/N where targets are redrawn (annealed)", a.noise_strength()});
        list.push_back({"delay_" + p.name, "1", "effective delay, mean over synapses, in units of the target's tau", kernels::mean_delay_steps(p) * n.dt / tau});
        list.push_back({"tau_s_" + p.name, "1", "decay time of the synapse in units of the target's tau, 0: delta", synapse.tau / tau});
        list.push_back({"tau_rise_" + p.name, "1", "rise time of the synapse in units of the target's tau, 0: none", synapse.rise / tau});
    }
    return list;
}

}  // namespace spikemass::handover
