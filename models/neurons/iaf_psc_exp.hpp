#pragma once
// NEST's iaf_psc_exp: leaky integrate-and-fire with exponential postsynaptic currents (Tsodyks, Uziel, Markram 2000, doi:10.1523/JNEUROSCI.20-01-j0003.2000; exact integration:
// Rotter, Diesmann 1999, doi:10.1007/s004220050570).  tau_m dV/dt = -(V - E_L) + (tau_m/C_m)(I_ex + I_in + I), tau_syn dI_syn/dt = -I_syn.  mV, ms, pF, pA.

#include "models/base/math.hpp"
#include "models/neurons/parameter.hpp"

namespace spikemass::models {

/// In NEST's order: V moves with the currents of the step's beginning, currents decay, arrivals are added to them as impulses, threshold.  A weight is in pA; its sign
/// chooses the current, I_ex or I_in.  Currents go on while V is refractory.  Without NEST's `delta` (stochastic threshold) and `receptor_type` 1.
struct IafPscExp {
    static constexpr const char* name = "iaf_psc_exp";
    static constexpr int columns = 4;
    static constexpr bool dimensionless = false, has_phase = false;
    static constexpr int ports = 3;                ///< input: current, arrivals at I_ex, arrivals at I_in
    static constexpr ParameterSpec parameters[] = {
        {"tau_m_ms", 10.0, Rule::positive, "membrane time constant"},
        {"C_m_pF", 250.0, Rule::positive, "membrane capacitance; tau_m/C_m is the resistance"},
        {"E_L_mV", -70.0, Rule::any, "resting potential"},
        {"V_th_mV", -55.0, Rule::any, "threshold"},
        {"V_reset_mV", -70.0, Rule::any, "potential after a spike"},
        {"t_ref_ms", 2.0, Rule::non_negative, "refractory time, whole steps"},
        {"tau_syn_ex_ms", 2.0, Rule::positive, "decay time of currents of positive weights"},
        {"tau_syn_in_ms", 2.0, Rule::positive, "decay time of currents of negative weights"},
    };
    enum { tau_m, C_m, E_L, V_th, V_reset, t_ref, tau_ex, tau_in };
    static constexpr DriveSpec drive{"I_e_pA", "0.0", "constant current"};

    static Broken check(double dt, const double* p) {
        if (!(p[V_reset] < p[V_th])) return {V_reset, "must be below the threshold V_th_mV"};
        if (whole_steps(p[t_ref], dt) < 0) return {t_ref, "must be a whole number of steps dt"};
        return {};
    }
    /// Input is in pA, as the drive.
    static double input_scale(const double*) { return 1.0; }
    static StartRange start_range(const double* p) { return {p[V_reset], p[V_th]}; }

    struct Step {
        float decay, decay_ex, decay_in;   ///< exp(-dt/tau) - 1
        float from_ex, from_in, from_input;   ///< mV per pA
        float theta, reset, rest;          ///< mV; threshold and reset count from E_L
        float refractory;                  ///< steps
        float h;                           ///< dt/tau_m
    };
    /// V after dt of a current that is 1 at first and decays with tau_s.
    static double propagator(double dt, double tau_m, double tau_s, double c_m) {
        const double x = dt / tau_s - dt / tau_m;   // phi = (e^x - 1)/x has no pole at equal time constants
        const double phi = math::abs(x) < 1e-3 ? 1.0 + x * (0.5 + x * (1.0 / 6.0 + x * (1.0 / 24.0 + x * (1.0 / 120.0)))) : (math::exp(x) - 1.0) / x;
        return dt / c_m * math::exp(-dt / tau_s) * phi;
    }
    static Step prepare(double dt, const double* p) {
        const auto decay = [&](double tau) { return math::exp(-dt / tau) - 1.0; };
        const auto f = [](double x) { return static_cast<float>(x); };
        return {f(decay(p[tau_m])), f(decay(p[tau_ex])), f(decay(p[tau_in])),
                f(propagator(dt, p[tau_m], p[tau_ex], p[C_m])), f(propagator(dt, p[tau_m], p[tau_in], p[C_m])), f(-decay(p[tau_m]) * p[tau_m] / p[C_m]),
                f(p[V_th] - p[E_L]), f(p[V_reset] - p[E_L]), f(p[E_L]), static_cast<float>(whole_steps(p[t_ref], dt)), f(dt / p[tau_m])};
    }
    /// Columns: V - E_L, steps for which it is still refractory, I_ex, I_in.
    struct State {
        float v, left, ex, in;
    };
    static State at_potential(const double* p, double v) {
        const double top = p[V_th] - p[E_L], x = v - p[E_L];
        return {static_cast<float>(x < -1e15 ? -1e15 : x > top ? top : x), 0.0f, 0.0f, 0.0f};
    }

    SPIKEMASS_HD static State load(const float* const* column, std::int64_t i) { return {column[0][i], column[1][i], column[2][i], column[3][i]}; }
    SPIKEMASS_HD static void store(float* const* column, std::int64_t i, State s) {
        column[0][i] = s.v;
        column[1][i] = s.left;
        column[2][i] = s.ex;
        column[3][i] = s.in;
    }

    SPIKEMASS_HD static float advance(const Step& k, State& s, float input, float ex, float in) {
        const float kick = math::fma(s.ex, k.from_ex, math::fma(s.in, k.from_in, input * k.from_input));
        const bool free = s.left == 0.0f;
        const float v = free ? s.v + math::fma(s.v, k.decay, kick) : s.v;
        const bool spiked = v >= k.theta;
        s.left = spiked ? k.refractory : math::max(s.left - 1.0f, 0.0f);
        s.v = spiked ? k.reset : v;
        s.ex = settled(math::fma(s.ex, k.decay_ex, s.ex)) + ex;
        s.in = settled(math::fma(s.in, k.decay_in, s.in)) + in;
        return spiked ? -1.0f : 1.0f;
    }
    /// Adds the integral of V over the step by the trapezoidal rule, in mV tau_m; a spike ends its step.
    SPIKEMASS_HD static float advance_observed(const Step& k, State& s, float input, float ex, float in, float& v_integral) {
        const float before = s.v;
        const float margin = advance(k, s, input, ex, in);
        const float after = margin < 0.0f ? k.theta : s.v;
        v_integral = v_integral + k.h * math::fma(0.5f, before + after, k.rest);
        return margin;
    }

private:
    /// No subnormals, the same on every machine.
    SPIKEMASS_HD static float settled(float x) { return x < 1e-30f && x > -1e-30f ? 0.0f : x; }
};

}  // namespace spikemass::models
