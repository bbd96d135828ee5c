#pragma once
// Theta neuron, tau dtheta/dt = (1 - cos theta) + (1 + cos theta) I, spike at theta = pi.  Ermentrout, Kopell 1986,
// doi:10.1137/0146017.  It is the QIF under V = tan(theta/2); the state kept is the half-angle phasor
// (sin(theta/2), cos(theta/2)), on which the Moebius flow is a 2 x 2 matrix, so that the resolution is uniform in theta.

#include "models/neurons/qif.hpp"

namespace spikemass::models {

struct Theta : Quadratic {
    static constexpr const char* name = "theta";
    static constexpr int columns = 2;
    using Step = MoebiusFlow::Step;
    /// Columns: sin(theta/2), cos(theta/2) >= 0.
    struct State {
        float s, c;
    };
    static Step prepare(double dt_over_tau) { return MoebiusFlow::prepare(dt_over_tau); }
    static Step prepare(double dt, const double* p) { return prepare(dt / p[0]); }
    static State at_potential(const double*, double v) { return at_potential(v); }
    static State at_potential(double v) {
        const double w = v < -1e15 ? -1e15 : (v > 1e15 ? 1e15 : v);
        const double norm = math::sqrt(w * w + 1.0);
        return {static_cast<float>(w / norm), static_cast<float>(1.0 / norm)};
    }

    SPIKEMASS_HD static State load(const float* const* column, std::int64_t i) { return {column[0][i], column[1][i]}; }
    SPIKEMASS_HD static void store(float* const* column, std::int64_t i, State s) {
        column[0][i] = s.s;
        column[1][i] = s.c;
    }

    SPIKEMASS_HD static float advance(const Step& k, State& s, float input) {
        const MoebiusFlow f(k, input);
        return finish(s, math::fma(f.input * f.hp, s.c, s.s * f.q), math::fma(-s.s, f.hp, s.c * f.q));
    }
    SPIKEMASS_HD static float advance_observed(const Step& k, State& s, float input, float& v_integral) {
        const MoebiusFlow f(k, input);
        const float num = math::fma(f.input * f.hp, s.c, s.s * f.q), den = math::fma(-s.s, f.hp, s.c * f.q);
        const float n = num < 0.0f ? -num : num, a = den < 0.0f ? -den : den;
        const float floor = n * 1e-15f;
        const float after = a < floor ? floor : a, before = s.c < 1e-15f ? 1e-15f : s.c;
        v_integral = v_integral + (f.log_norm() + math::log_positive_normal(before) - math::log_positive_normal(after));
        return finish(s, num, den);
    }
    SPIKEMASS_HD static void phasor(State s, float& re, float& im) {
        re = math::fma(s.c, s.c, -(s.s * s.s));
        im = 2.0f * s.s * s.c;
    }

private:
    SPIKEMASS_HD static float finish(State& s, float num, float den) {
        // num and den reach 1e13 at the clamp of x; their squares stay below float's 3e38.
        const float norm = 1.0f / math::sqrt(math::fma(num, num, den * den));
        const float signed_norm = den < 0.0f ? -norm : norm;
        s.s = num * signed_norm;
        s.c = den * signed_norm;
        return den;
    }
};

}  // namespace spikemass::models
