#pragma once
// Leaky integrate-and-fire, tau_m dV/dt = -(V - E_L) + R I, R = tau_m/C_m; V >= V_th: spike, V = V_reset, held there for t_ref.  mV, ms, pF, pA.
// Lapicque 1907, doi:10.1007/s00422-007-0189-6 (translation).  Defaults are those of NEST's iaf_psc_delta.

#include "models/base/math.hpp"
#include "models/neurons/parameter.hpp"

namespace spikemass::models {

/// One step at constant input is exact; spikes fall on the ends of steps.  A synaptic weight is in mV: one spike moves V by w in all (of it, exp(-dt/tau_m) on average
/// is there at the end of its step), since its charge is spread over the step.  What arrives while a neuron is refractory is lost.
struct Lif {
    static constexpr const char* name = "lif";
    static constexpr int columns = 2;
    static constexpr bool dimensionless = false;   ///< V and drive have units, times are in ms
    static constexpr bool has_phase = false;       ///< no order parameter
    static constexpr int ports = 1;
    static constexpr ParameterSpec parameters[] = {
        {"tau_m_ms", 10.0, Rule::positive, "membrane time constant"},
        {"C_m_pF", 250.0, Rule::positive, "membrane capacitance; tau_m/C_m is the resistance"},
        {"E_L_mV", -70.0, Rule::any, "resting potential"},
        {"V_th_mV", -55.0, Rule::any, "threshold"},
        {"V_reset_mV", -70.0, Rule::any, "potential after a spike"},
        {"t_ref_ms", 2.0, Rule::non_negative, "refractory time, whole steps"},
    };
    enum { tau_m, C_m, E_L, V_th, V_reset, t_ref };
    static constexpr DriveSpec drive{"I_e_pA", "0.0", "constant current"};

    static Broken check(double dt, const double* p) {
        if (!(p[V_reset] < p[V_th])) return {V_reset, "must be below the threshold V_th_mV"};
        if (whole_steps(p[t_ref], dt) < 0) return {t_ref, "must be a whole number of steps dt"};
        return {};
    }
    /// mV of input per pA of drive.
    static double input_scale(const double* p) { return p[tau_m] / p[C_m]; }
    static StartRange start_range(const double* p) { return {p[V_reset], p[V_th]}; }

    struct Step {
        float decay;                   ///< exp(-dt/tau_m) - 1
        float theta, reset, rest;      ///< mV; threshold and reset count from E_L
        float refractory;              ///< steps
        float h, mean_start;           ///< dt/tau_m; integral of exp(-t/tau_m) over the step, in tau_m
    };
    static Step prepare(double dt, const double* p) {
        const double h = dt / p[tau_m], decay = math::exp(-h) - 1.0;
        return {static_cast<float>(decay),          static_cast<float>(p[V_th] - p[E_L]), static_cast<float>(p[V_reset] - p[E_L]), static_cast<float>(p[E_L]),
                static_cast<float>(whole_steps(p[t_ref], dt)), static_cast<float>(h),      static_cast<float>(-decay)};
    }
    /// Columns: V - E_L, steps for which it is still refractory.
    struct State {
        float v, left;
    };
    static State at_potential(const double* p, double v) {
        const double top = p[V_th] - p[E_L], x = v - p[E_L];
        return {static_cast<float>(x < -1e15 ? -1e15 : x > top ? top : x), 0.0f};
    }

    SPIKEMASS_HD static State load(const float* const* column, std::int64_t i) { return {column[0][i], column[1][i]}; }
    SPIKEMASS_HD static void store(float* const* column, std::int64_t i, State s) {
        column[0][i] = s.v;
        column[1][i] = s.left;
    }

    SPIKEMASS_HD static float advance(const Step& k, State& s, float input) {
        const bool free = s.left == 0.0f;
        const float v = free ? math::fma(s.v - input, k.decay, s.v) : s.v;
        const bool spiked = v >= k.theta;
        s.left = spiked ? k.refractory : math::max(s.left - 1.0f, 0.0f);
        s.v = spiked ? k.reset : v;
        return spiked ? -1.0f : 1.0f;
    }
    /// Adds the integral of V over the step, in mV tau_m; a spike ends its step.
    SPIKEMASS_HD static float advance_observed(const Step& k, State& s, float input, float& v_integral) {
        const bool free = s.left == 0.0f;
        const float moving = math::fma(s.v - input, k.mean_start, input * k.h), still = s.v * k.h;
        v_integral = v_integral + math::fma(k.rest, k.h, free ? moving : still);
        return advance(k, s, input);
    }
};

}  // namespace spikemass::models
