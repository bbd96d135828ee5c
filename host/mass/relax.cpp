#include <algorithm>
#include <cmath>
#include <numbers>

#include "host/mass/mass.hpp"

namespace spikemass::mass {

std::vector<MassState> relax(const Network& network, const MassOptions& options, const std::vector<MassState>& from, const std::vector<double>& input, double time, double average) {
    Network n = network;
    std::erase_if(n.stimuli, [](const Stimulus& s) { return s.kind != StimulusKind::white_noise && s.kind != StimulusKind::poisson; });
    for (std::size_t p = 0; p < n.populations.size(); ++p) {
        Population& a = n.populations[p];
        a.eta.center += input[p];
        a.initial = {};
        a.initial.kind = InitialKind::lorentzian;
        a.initial.center = from[p].v;
        a.initial.half_width = std::numbers::pi * a.tau * from[p].rate;
        a.initial.rate = from[p].rate;
    }
    RunPlan plan;
    plan.warmup_steps = std::llround(time / n.dt);
    plan.steps_per_bin = std::max<std::int64_t>(1, std::llround(average / n.dt));
    plan.bins = 1;
    plan.record.v = true;
    const RunResult run = run_mass(n, plan, options);
    std::vector<MassState> to;
    for (const PopulationBins& b : run.populations) to.push_back({b.rate[0], b.v[0]});
    return to;
}

}  // namespace spikemass::mass
