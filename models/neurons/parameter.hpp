#pragma once
// What a neuron model says of itself: keys of the network file, their defaults and rules.  Schema rows and tables of the documentation follow from these lists.

#include <cstdint>

#include "models/base/host_device.hpp"

namespace spikemass::models {

enum class Rule { any, positive, non_negative };

/// A number that all neurons of a population share.  The first parameter of every model is its membrane time constant, tau_ms or tau_m_ms.
struct ParameterSpec {
    const char* key;       ///< with its unit: "C_m_pF"
    double fallback;       ///< default
    Rule rule;
    const char* doc;
};

/// The constant drive, which differs between neurons: a number, or a distribution over the population.
struct DriveSpec {
    const char* key;       ///< "eta", "I_e_pA"
    const char* fallback;  ///< "0.0"; nullptr: it must be given
    const char* doc;
};

/// A rule between parameters that is broken; `rule` is null where none is.
struct Broken {
    int parameter = 0;
    const char* rule = nullptr;
};

/// Bounds of V in the model's unit, between which neurons start: uniform.
struct StartRange {
    double low, high;
};

/// Whole steps of a time that is at least 0; negative where it is no whole number of them (to 1e-9, relative).
inline std::int64_t whole_steps(double time, double dt) {
    const double x = time / dt;
    const auto n = static_cast<std::int64_t>(x + 0.5);
    const double off = x - static_cast<double>(n);
    return (off < 0 ? -off : off) <= 1e-9 * x ? n : -1;
}

}  // namespace spikemass::models
