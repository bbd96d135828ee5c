#pragma once
// Recordings of masses with known parameters.

#include <cmath>

#include "host/fit/fit.hpp"
#include "host/mass/mass.hpp"
#include "models/base/random.hpp"
#include "tests/host/mass/networks.hpp"

namespace spikemass::fit {

/// dt = 0.01, bins of 0.1, 2 of warm-up and `duration` recorded, with steps of the input.
inline Configuration configuration(Network network, double duration = 30.0, bool stimulus = true) {
    Configuration c;
    network.dt = 0.01;
    if (stimulus) {
        Stimulus s;
        s.name = "step";
        s.kind = StimulusKind::step;
        s.start = 7.0;
        s.stop = 17.0;
        s.amplitude = 2.0;
        network.stimuli.push_back(s);
    }
    c.network = network;
    c.run.dt = network.dt;
    c.run.bin = 0.1;
    c.run.warmup = 5.0;
    c.run.duration = duration;
    c.plan.warmup_steps = 500;
    c.plan.steps_per_bin = 10;
    c.plan.bins = std::llround(duration / c.run.bin);
    c.plan.record.v = true;
    mass::resolve_initial(c.network);
    return c;
}

/// What the mass of this configuration gives.
inline Recording recording_of(const Configuration& c, const mass::MassOptions& options = {}) {
    Recording r;
    r.name = "point 0";
    r.configuration = c;
    const RunResult result = mass::run_mass(c.network, c.plan, options);
    Trial t;
    for (const PopulationBins& p : result.populations) {
        t.rate.push_back(p.rate);
        t.v.push_back(p.v);
    }
    r.trials = {t};
    summarise(r);
    return r;
}

inline std::vector<Parameter> chosen(const Configuration& c, const std::vector<std::string>& names) { return choose_parameters(parameters_of(c), names, "--free"); }

/// A deterministic number in (-1, 1).
inline double jitter(int k) { return std::sin(12.9898 * k + 4.1414); }

/// Normal numbers by Box and Muller from mix64.
class Normal {
public:
    explicit Normal(std::uint64_t seed) : state_(seed) {}
    double operator()() {
        const double u = uniform(), v = uniform();
        return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
    }

private:
    double uniform() { return (static_cast<double>(mix64(++state_ * 0x9e3779b97f4a7c15ULL) >> 11) + 0.5) * 0x1p-53; }
    std::uint64_t state_;
};

}  // namespace spikemass::fit
