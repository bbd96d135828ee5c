#pragma once
// What is trained: the mass of one population with (p, q) from a small network, a sum of library terms or a formula with constants, and the derivatives that training needs.
// Theory note 4, sections 2 and 6.  Dimensionless: times in tau, rates times tau.

#include <array>
#include <cmath>
#include <numbers>
#include <string>
#include <string_view>
#include <vector>

#include <ceres/jet.h>

#include "models/closures/learned.hpp"
#include "models/masses/mpr.hpp"

namespace spikemass::learn {

/// Parameters of one point of a sweep, in units of tau.
struct Point {
    double eta = 0.0, delta = 1.0;
    double coupling = 0.0;          ///< J
    double mean_indegree = 1.0;     ///< K
    double strength = 0.0;          ///< A = J^2 (1 - K/N)/K; 0 trains nothing
    double delay = 0.0;             ///< effective, of a delta synapse
};

/// Terms of the symbolic library; the same for p^ and q^.
inline constexpr std::array<std::string_view, 14> library_terms{"1",     "s",       "s^2",     "s^3",     "c",                     "s*c", "h",
                                                                "h*s",   "h*s^2",   "h*c",     "c/sqrt(s^2+0.0025)",    "sg",  "sg*s", "sg*h"};

template <class T>
std::array<T, library_terms.size()> library(const closures::Features<T>& f) {
    using std::sqrt;
    const T s2 = f.s * f.s;
    return {T(1.0), f.s, s2, s2 * f.s, f.c, f.s * f.c, f.h, f.h * f.s, f.h * s2, f.h * f.c, f.c / sqrt(s2 + 0.0025), f.sg, f.sg * f.s, f.sg * f.h};
}

/// Two outputs n_p, n_q of the part that is learned, and their derivatives by its inputs (up to 5) and by theta.
struct Outputs {
    std::array<double, 2> value{};
    std::array<std::array<double, 14>, 2> by_input{};
    std::vector<double> by_theta[2];
};

/// The trained part.  Inputs: of a network the five of closures::Learned (hidden: all, static: three); of a library its 14 terms; of formulas the five features.
class Form {
public:
    static Form network(bool hidden, int units);
    /// `active`: which of the 28 terms (p^'s, then q^'s).
    static Form symbolic(std::vector<bool> active);
    /// theta: the constants of p^, then those of q^.
    static Form expressions(closures::Expression p, closures::Expression q);

    bool hidden() const { return hidden_; }
    bool is_symbolic() const { return kind_ == Kind::library; }
    bool is_expression() const { return kind_ == Kind::expressions; }
    int states() const { return hidden_ ? 4 : 2; }
    int inputs() const { return is_symbolic() ? static_cast<int>(library_terms.size()) : hidden_ || is_expression() ? 5 : 3; }
    int size() const { return size_; }
    int units() const { return units_; }
    const std::vector<bool>& active() const { return active_; }
    const closures::Expression& expression(int output) const { return formulas_[static_cast<std::size_t>(output)]; }
    void eval(const double* x, const double* theta, Outputs& out) const;
    /// The values alone.
    void eval_values(const double* x, const double* theta, Outputs& out) const;

    /// Inputs of the learned part at a state (r, v, or r, v, p, q).
    template <class T>
    void features(const Point& at, const T* y, T* x) const {
        const closures::Complex<T> w{y[0] * std::numbers::pi, -y[1]};
        const closures::Features<T> f = closures::features(w, at.coupling, at.mean_indegree);
        if (is_symbolic()) {
            const auto terms = library(f);
            for (std::size_t i = 0; i < terms.size(); ++i) x[i] = terms[i];
            return;
        }
        if (is_expression()) {
            x[0] = f.s, x[1] = f.c, x[2] = f.eps, x[3] = f.h, x[4] = f.sg;
            return;
        }
        closures::network_inputs(f, hidden_ ? y + 2 : nullptr, at.strength, x);
    }

    /// dy/dt with the learned outputs n and the constant input: r' first, whose value the delayed rate r - delay r' takes.
    template <class T>
    void derivative(const Point& at, const T* y, const T* n, double input, T* dy) const {
        using std::sqrt;
        const T pi_r = y[0] * std::numbers::pi, v = y[1];
        T p, q;
        if (hidden_) {
            p = y[2];
            q = y[3];
        } else {
            p = n[0] * at.strength;
            q = n[1] * at.strength;
        }
        const T width = closures::positive_width(at.delta, q);
        dy[0] = width * std::numbers::inv_pi + 2.0 * y[0] * v;
        const T arriving = y[0] - dy[0] * at.delay;
        dy[1] = v * v + (at.eta + input) + arriving * at.coupling - pi_r * pi_r + p;
        if (hidden_) {
            const T size = sqrt(pi_r * pi_r + v * v + 1e-12) * (10.0 * at.strength);
            const T turn_p = (p * v - pi_r * q) * 4.0, turn_q = (pi_r * p + q * v) * 4.0;
            dy[2] = arriving * at.strength + turn_p + size * n[0];
            dy[3] = turn_q + size * n[1];
        }
    }

private:
    enum class Kind { network, library, expressions };
    void eval_expressions(const double* x, const double* theta, Outputs& out) const;

    Kind kind_ = Kind::network;
    bool hidden_ = false;
    int units_ = 0, size_ = 0;
    std::vector<bool> active_;
    std::array<closures::Expression, 2> formulas_;
};

/// theta before training.  Network: first layer N(0, 0.7), last layer 0, so that training starts at the exact mass; library: 0; formulas: the constants that are written in them.
std::vector<double> initial_parameters(const Form& form, std::uint64_t seed);

}  // namespace spikemass::learn
