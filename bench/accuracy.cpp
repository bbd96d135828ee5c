// Time to a stationary rate within 1 %: the engine, and clipped Euler with a refractory time, each at its largest step of a
// fine ladder that is good enough.  All-to-all network in the high state (eta = -5, J = 15, Delta = 1).

#include <cmath>
#include <cstdlib>
#include <memory>
#include <numeric>

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
        args_ = {v_.data(), eta_.data(), waiting_.data(), n, static_cast<float>(dt), 0.0f, static_cast<float>(v_peak), static_cast<std::int32_t>(std::llround(2.0 / v_peak / dt))};
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
/// Largest dt from which on every smaller one of the next two is within the tolerance too: a crossing of zero is no accuracy.
template <class Method>
Choice largest_sufficient(const std::vector<double>& ladder, std::int64_t n, double expected) {
    std::vector<Choice> tried;
    for (double dt : ladder) {
        Method m(n, dt);
        tried.push_back({dt, relative_error(m, n, expected)});
        const std::size_t k = tried.size();
        if (k >= 3 && std::abs(tried[k - 1].error) <= tolerance && std::abs(tried[k - 2].error) <= tolerance && std::abs(tried[k - 3].error) <= tolerance) return tried[k - 3];
    }
    require(settings().tiny, "accuracy: no dt of the ladder reaches 1 %");
    return tried.back();
}

}  // namespace

void register_benchmarks() {
    add("accuracy/one_percent", []() -> Round {
        const auto n = sized<std::int64_t>(100000, 1000);
        const double expected = mean_field_rate(finite_set(n));
        // Divisors of one time constant, about a quarter apart; Euler needs whole steps in its refractory time 2/V_peak = 0.02.
        const Choice ours = largest_sufficient<Spikemass>(sized<std::vector<double>>({0.2, 1.0 / 6, 0.125, 0.1, 0.08, 0.0625, 0.05, 0.04, 0.025, 0.02}, {0.1}), n, expected);
        const Choice theirs = largest_sufficient<Euler>(sized<std::vector<double>>({0.01, 0.02 / 3, 0.005, 0.004, 0.02 / 6, 0.0025, 0.002, 0.001, 0.0005}, {0.005}), n, expected);
        auto spikemass = std::make_shared<Spikemass>(n, ours.dt);
        auto euler = std::make_shared<Euler>(n, theirs.dt);
        const double turn = sized(1.0, 0.1);
        const std::vector<Call> calls = {[=] { spikemass->advance(2 * turn); }, [=] { euler->advance(turn); }};
        return [=] {
            std::vector<double> t = interleaved(calls);
            t[0] /= 2;
            return Numbers{{"speedup", t[1] / t[0]},
                           {"spikemass_ms_per_tau", 1e3 * t[0] / turn}, {"euler_ms_per_tau", 1e3 * t[1] / turn},
                           {"spikemass_dt", ours.dt},    {"euler_dt", theirs.dt},
                           {"spikemass_error", ours.error}, {"euler_error", theirs.error},
                           {"step_cost_ratio", t[0] * ours.dt / (t[1] * theirs.dt)}};
        };
    });
}
