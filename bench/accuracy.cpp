// Time to a stationary rate within 1 %: the engine, and clipped Euler with a refractory time, each at its largest step of a
// fine ladder that is good enough.  All-to-all network in the high state (eta = -5, J = 15, Delta = 1).
// Simulators count the refractory time in two ways, which differ by one step and much in accuracy; both are measured:
//   held     the potential waits 2/V_peak after the step of the spike
//   counted  the time runs from the beginning of the step of the spike, so the potential waits one step less

#include <algorithm>
#include <cmath>
#include <memory>

#include "bench/harness.hpp"
#include "bench/loops.hpp"
#include "bench/networks.hpp"
#include "host/cpu/buffer.hpp"
#include "kernels/engine.hpp"
#include "kernels/parameters.hpp"
#include "models/base/random.hpp"

using namespace spikemass;
using namespace spikemass::bench;

namespace {

constexpr double tolerance = 0.01, v_peak = 100.0;

std::vector<double> finite_set(std::int64_t n) { return draw_parameter({Distribution::lorentzian, high_center, 1.0, Draw::midpoint_quantiles}, n, 2, name_key("E")); }

/// Rate of these neurons in the asynchronous state, r = mean_j sqrt((eta_j + J r)_+) / pi: the stable high solution.
double mean_field_rate(const std::vector<double>& eta) {
    double r = high_rate;
    for (int i = 0; i < 500; ++i) {
        double sum = 0;
        for (double e : eta) sum += std::sqrt(std::max(e + high_strength * r, 0.0));
        r = sum / static_cast<double>(eta.size()) / 3.14159265358979323846;
    }
    return r;
}

/// A simulation that can be advanced by a whole number of time constants.
struct Simulation {
    virtual ~Simulation() = default;
    virtual void advance(double tau) = 0;
    virtual std::uint64_t spikes() const = 0;
};

class Spikemass final : public Simulation {
public:
    Spikemass(std::int64_t n, double dt) : dt_(dt), engine_(make_cpu_engine(high_state(n, projection(TopologyKind::all_to_all, static_cast<double>(n)), dt), {1, ""})) {}
    void advance(double tau) override { engine_->advance(std::llround(tau / dt_)); }
    std::uint64_t spikes() const override { return engine_->spikes(); }

private:
    double dt_;
    std::unique_ptr<Engine> engine_;
};

template <int steps_less>
class Euler final : public Simulation {
public:
    Euler(std::int64_t n, double dt) : v_(static_cast<std::size_t>(n)), eta_(v_.size()), waiting_(v_.size()), dt_(dt), arrived_(high_rate) {
        const std::vector<double> eta = finite_set(n), phase = initial_phases(n, 2, name_key("E"));
        for (std::size_t i = 0; i < v_.size(); ++i) {
            eta_[i] = static_cast<float>(eta[i]);
            const double v = initial_v({}, eta[i] + high_strength * high_rate, phase[i]);
            v_[i] = static_cast<float>(std::min(std::max(v, -v_peak), v_peak));
        }
        const Loops& best = loops_of(cpu::best_isa());
        euler_ = best.euler;
        args_ = {v_.data(), eta_.data(), waiting_.data(), n, static_cast<float>(dt), 0.0f, static_cast<float>(v_peak), static_cast<std::int32_t>(std::llround(2.0 / v_peak / dt)) - steps_less};
    }
    void advance(double tau) override {
        for (std::int64_t k = std::llround(tau / dt_); k > 0; --k) {
            args_.input = static_cast<float>(high_strength * arrived_);
            const std::int64_t fired = euler_(args_);
            spikes_ += static_cast<std::uint64_t>(fired);
            arrived_ = static_cast<double>(fired) / (static_cast<double>(args_.n) * dt_);
        }
    }
    std::uint64_t spikes() const override { return spikes_; }

private:
    cpu::Buffer<float> v_, eta_;
    cpu::Buffer<std::int32_t> waiting_;
    double dt_, arrived_;
    std::uint64_t spikes_ = 0;
    EulerArgs args_;
    std::int64_t (*euler_)(const EulerArgs&) = nullptr;
};

double relative_error(Simulation& s, std::int64_t n, double expected) {
    const double settle = sized(20.0, 1.0), measure = sized(60.0, 1.0);
    s.advance(settle);
    const std::uint64_t before = s.spikes();
    s.advance(measure);
    return static_cast<double>(s.spikes() - before) / (static_cast<double>(n) * measure) / expected - 1.0;
}

struct Choice {
    double dt, error;
};
/// Largest dt that is within the tolerance together with the next two smaller ones: a crossing of zero is no accuracy.
template <class Method>
Choice largest_sufficient(const std::vector<double>& ladder, std::int64_t n, double expected) {
    std::vector<Choice> tried;
    for (double dt : ladder) {
        Method m(n, dt);
        tried.push_back({dt, relative_error(m, n, expected)});
        const std::size_t k = tried.size();
        if (k >= 3 && std::all_of(tried.end() - 3, tried.end(), [&](const Choice& c) { return std::abs(c.error) <= tolerance; })) return tried[k - 3];
    }
    require(settings().tiny, "accuracy: no dt of the ladder is good enough");
    return tried.back();
}

}  // namespace

void register_benchmarks() {
    add("accuracy/one_percent", []() -> Round {
        const auto n = sized<std::int64_t>(100000, 1000);
        const double expected = mean_field_rate(finite_set(n));
        // Divisors of one time constant, about a quarter apart; Euler needs whole steps in its refractory time 2/V_peak = 0.02.
        const std::vector<double> ladder = sized<std::vector<double>>({0.2, 1.0 / 6, 0.125, 0.1, 1.0 / 11, 1.0 / 12, 0.08, 0.0625, 0.05, 0.04, 0.025, 0.02, 0.01}, {0.1});
        const std::vector<double> euler_ladder = sized<std::vector<double>>({0.01, 0.02 / 3, 0.005, 0.004, 0.02 / 6, 0.0025, 0.002, 0.001, 0.0005}, {0.005});
        const Choice ours = largest_sufficient<Spikemass>(ladder, n, expected);
        const Choice held = largest_sufficient<Euler<0>>(euler_ladder, n, expected), counted = largest_sufficient<Euler<1>>(euler_ladder, n, expected);
        const auto engine = std::make_shared<Spikemass>(n, ours.dt);
        const auto euler_held = std::make_shared<Euler<0>>(n, held.dt);
        const auto euler_counted = std::make_shared<Euler<1>>(n, counted.dt);
        const double turn = sized(0.5, 0.1);
        const std::vector<Call> calls = {[=] { engine->advance(4 * turn); }, [=] { euler_held->advance(turn); }, [=] { euler_counted->advance(turn); }};
        return [=] {
            const std::vector<double> t = interleaved(calls);
            const double engine_tau = t[0] / (4 * turn), held_tau = t[1] / turn, counted_tau = t[2] / turn;
            return Numbers{{"speedup_held", held_tau / engine_tau},
                           {"speedup_counted", counted_tau / engine_tau},
                           {"engine_ms_per_tau", 1e3 * engine_tau}, {"engine_dt", ours.dt}, {"engine_error", ours.error},
                           {"held_ms_per_tau", 1e3 * held_tau}, {"held_dt", held.dt}, {"held_error", held.error},
                           {"counted_ms_per_tau", 1e3 * counted_tau}, {"counted_dt", counted.dt}, {"counted_error", counted.error},
                           {"step_cost_ratio", engine_tau * ours.dt / (held_tau * held.dt)}};
        };
    });
}
