#pragma once
// A synapse of unit area as a chain of up to two first-order stages, t1 x' = -x + spikes, t2 s' = -s + x: what engines step.
// Which synapse it is lies in the coefficients alone.  Exact for arrivals spread evenly over the step.

#include "models/base/host_device.hpp"
#include "models/base/math.hpp"

namespace spikemass::models {

/// One stage: s' = keep s + gain count; mean of s over the step: mean_keep s + mean_gain count.
struct Stage {
    float keep, gain, mean_keep, mean_gain;

    /// Mean of s over the step; s is advanced.  Values within 1e-30 of 0 become 0: no subnormals, the same on every machine.
    SPIKEMASS_HD static float advance(const Stage& k, float& s, float count) {
        const float mean = math::fma(k.mean_keep, s, k.mean_gain * count);
        const float next = math::fma(k.keep, s, k.gain * count);
        s = next < 1e-30f && next > -1e-30f ? 0.0f : next;   // sums of weights may be negative
        return mean;
    }
};

struct Cascade {
    Stage first{};                                             ///< with two stages x, and what x and the arrivals give to the mean of s
    float keep = 0, from_first = 0, gain = 0, mean_keep = 0;   ///< with two: s' = keep s + from_first x + gain count; mean: mean_keep s + that

    /// Two stages of time constants t1, t2 > 0, in any order and equal or not.
    static Cascade two_stages(double dt, double t1, double t2) {
        // With a = count/dt: x' = E1 x + (1 - E1) a, s' = E2 s + D x + (1 - E2 - D) a, D = (1/t2) integral exp(-(dt - u)/t2 - u/t1) du over the step.
        // The mean of s follows from t2 (s' - s) = dt (mean of x - mean of s).
        const double e1 = math::exp(-dt / t1), e2 = math::exp(-dt / t2);
        const double z = math::abs(dt / t2 - dt / t1), d = dt / t2 * (e1 > e2 ? e1 : e2) * mean_exponential(z);
        const double a1 = (1.0 - e1) * t1 / dt, a2 = (1.0 - e2) * t2 / dt, b = a1 - t2 / dt * d;
        Cascade c;
        c.first = {static_cast<float>(e1), static_cast<float>((1.0 - e1) / dt), static_cast<float>(b), static_cast<float>((1.0 - a2 - b) / dt)};
        c.keep = static_cast<float>(e2);
        c.from_first = static_cast<float>(d);
        c.gain = static_cast<float>((1.0 - e2 - d) / dt);
        c.mean_keep = static_cast<float>(a2);
        return c;
    }

    /// The second stage of a step: from x before the step and what the first stage gave, the mean of s; s is advanced.
    SPIKEMASS_HD static float advance_second(const Cascade& k, float x, float first, float& s, float count) {
        const float mean = math::fma(k.mean_keep, s, first);
        const float next = math::fma(k.keep, s, math::fma(k.from_first, x, k.gain * count));
        s = next < 1e-30f && next > -1e-30f ? 0.0f : next;
        return mean;
    }
    /// Mean of s over the step; both stages are advanced.
    SPIKEMASS_HD static float advance(const Cascade& k, float& x, float& s, float count) {
        const float before = x, first = Stage::advance(k.first, x, count);
        return advance_second(k, before, first, s, count);
    }

private:
    /// (1 - exp(-z))/z, z >= 0.
    static double mean_exponential(double z) {
        if (z > 0.5) return (1.0 - math::exp(-z)) / z;
        double sum = 1.0, term = 1.0;
        for (int k = 2; k < 18; ++k) sum += term *= -z / k;
        return sum;
    }
};

}  // namespace spikemass::models
