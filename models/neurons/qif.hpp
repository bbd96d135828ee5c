#pragma once
// Quadratic integrate-and-fire, tau dV/dt = V^2 + I, spike when V -> +inf, reset to -inf.  V, I dimensionless.
// Montbrio, Pazo, Roxin 2015, doi:10.1103/PhysRevX.5.021028.

#include "models/base/host_device.hpp"
#include "models/base/math.hpp"
#include "models/neurons/parameter.hpp"

namespace spikemass::models {

/// One step of the exact flow for constant input I.  With z^2 = x = I h^2 (h = dt/tau) the flow is the Moebius map
/// V -> (V + I h t) / (1 - V h t), t = tan(z)/z, and t = P/Q is its [1/2] Pade approximant P = 105 - 10x, Q = 105 - 45x + x^2.
/// No peak, no reset, no refractory time: V passes through infinity, which is the spike.  The map is right up to one spike
/// per step (x = pi^2); above x = 9.8 a neuron fires once per step.  Fixed points +-sqrt(-I) are exact.
struct MoebiusFlow {
    static constexpr float x_low = -1e6f, x_high = 9.8f;   ///< clamp of x
    static constexpr float v_max = 1e15f;                  ///< clamp of V: infinity, for float

    /// Constants of a step, computed once on the host.
    struct Step {
        float h = 0, h2 = 0, input_low = 0, input_high = 0;
        float v_low = -v_max, v_high = v_max;   // as data: compilers then emit one max and one min
    };
    static Step prepare(double dt_over_tau) {
        const float h = static_cast<float>(dt_over_tau);
        const float h2 = h * h;
        return {h, h2, x_low / h2, x_high / h2, -v_max, v_max};
    }

    float hp, q, input;   // of one neuron and step: h P, Q, clamped input

    SPIKEMASS_HD MoebiusFlow(const Step& c, float i) {
        input = math::min(math::max(i, c.input_low), c.input_high);
        const float x = input * c.h2;
        hp = c.h * math::fma(x, -10.0f, 105.0f);
        q = math::fma(x, x - 45.0f, 105.0f);
    }
    SPIKEMASS_HD float num(float v) const { return math::fma(input, hp, v * q); }
    /// < 0: passed through infinity.  At an exact 0 V ends on +infinity (the clamp) and passes in the next step.
    SPIKEMASS_HD float den(float v) const { return math::fma(-v, hp, q); }

    /// ln sqrt(Q^2 + x P^2): the part of the principal value of the integral of V that does not depend on V.
    SPIKEMASS_HD float log_norm() const { return 0.5f * math::log_positive_normal(math::fma(q, q, input * hp * hp)); }
};

/// What the file says of both forms of the neuron: V, eta and input have no unit, times are those of the file.
struct Quadratic {
    static constexpr bool dimensionless = true, has_phase = true;
    static constexpr int ports = 1;
    static constexpr ParameterSpec parameters[] = {{"tau_ms", 10.0, Rule::positive, "membrane time constant in ms; must be given when time_unit = \"ms\""}};
    static constexpr DriveSpec drive{"eta", nullptr, "excitability"};
    static Broken check(double, const double*) { return {}; }
    static double input_scale(const double*) { return 1.0; }
};

struct Qif : Quadratic {
    static constexpr const char* name = "qif";
    static constexpr int columns = 1;
    using Step = MoebiusFlow::Step;
    /// State of one neuron: column 0 = V.
    struct State {
        float v;
    };
    static Step prepare(double dt_over_tau) { return MoebiusFlow::prepare(dt_over_tau); }
    static Step prepare(double dt, const double* p) { return prepare(dt / p[0]); }
    static State at_potential(const double*, double v) { return at_potential(v); }
    static State at_potential(double v) { return {static_cast<float>(v < -1e15 ? -1e15 : (v > 1e15 ? 1e15 : v))}; }

    SPIKEMASS_HD static State load(const float* const* column, std::int64_t i) { return {column[0][i]}; }
    SPIKEMASS_HD static void store(float* const* column, std::int64_t i, State s) { column[0][i] = s.v; }

    /// Margin to the spike: < 0 = spiked in this step.
    SPIKEMASS_HD static float advance(const Step& c, State& s, float input) {
        const MoebiusFlow f(c, input);
        const float num = f.num(s.v), den = f.den(s.v);
        return finish(c, s, num, den);
    }
    /// Adds the principal value of the integral of V over the step (in units of tau), theory: int V dt = ln(norm) - ln|den|.
    SPIKEMASS_HD static float advance_observed(const Step& c, State& s, float input, float& v_integral) {
        const MoebiusFlow f(c, input);
        const float num = f.num(s.v), den = f.den(s.v);
        const float a = den < 0.0f ? -den : den;
        const float n = num < 0.0f ? -num : num;
        const float floor = n * 1e-15f;
        const float safe = a < floor ? floor : a;
        v_integral = v_integral + (f.log_norm() - math::log_positive_normal(safe));
        return finish(c, s, num, den);
    }
    /// Order parameter of one neuron, exp(i theta) = (1 + iV)/(1 - iV).
    SPIKEMASS_HD static void phasor(State s, float& re, float& im) {
        const float d = 1.0f / math::fma(s.v, s.v, 1.0f);
        re = math::fma(2.0f, d, -1.0f);
        im = 2.0f * s.v * d;
    }

private:
    SPIKEMASS_HD static float finish(const Step& c, State& s, float num, float den) {
        s.v = math::min(math::max(num / den, c.v_low), c.v_high);
        return den;
    }
};

}  // namespace spikemass::models
