#include "host/learn/form.hpp"

#include <algorithm>
#include <random>

namespace spikemass::learn {

Form Form::network(bool hidden, int units) {
    Form f;
    f.hidden_ = hidden;
    f.units_ = units;
    f.size_ = closures::TanhNetwork::size(hidden ? 5 : 3, units, 2);
    return f;
}

Form Form::symbolic(std::vector<bool> active) {
    Form f;
    f.kind_ = Kind::library;
    f.active_ = std::move(active);
    for (bool on : f.active_) f.size_ += on;
    return f;
}

Form Form::expressions(closures::Expression p, closures::Expression q) {
    Form f;
    f.kind_ = Kind::expressions;
    f.size_ = static_cast<int>(p.constants().size() + q.constants().size());
    f.formulas_ = {std::move(p), std::move(q)};
    return f;
}

/// Dual numbers carry eight derivatives at a time: by s, c, eps, h and the first four constants, then by eight more constants a pass.
void Form::eval_expressions(const double* x, const double* theta, Outputs& out) const {
    constexpr int wide = 8, by_input = 4;
    using Jet = ceres::Jet<double, wide>;
    std::size_t first = 0;
    for (std::size_t k = 0; k < 2; ++k) {
        const std::size_t count = formulas_[k].constants().size();
        std::vector<Jet> constants(count);
        for (std::size_t done = 0, pass = 0; pass == 0 || done < count; ++pass) {
            Jet in[5];
            for (int i = 0; i < 5; ++i) in[i] = pass == 0 && i < by_input ? Jet(x[i], i) : Jet(x[i]);
            const std::size_t from = pass == 0 ? by_input : 0, now = std::min(count - done, wide - from);
            for (std::size_t i = 0; i < count; ++i) constants[i] = i >= done && i < done + now ? Jet(theta[first + i], static_cast<int>(from + i - done)) : Jet(theta[first + i]);
            const Jet y = formulas_[k](in, constants.data());
            if (pass == 0)
                for (int i = 0; i < by_input; ++i) out.by_input[k][static_cast<std::size_t>(i)] = y.v[i];
            for (std::size_t i = 0; i < now; ++i) out.by_theta[k][first + done + i] = y.v[static_cast<Eigen::Index>(from + i)];
            out.value[k] = y.a;
            done += now;
        }
        first += count;
    }
}

void Form::eval(const double* x, const double* theta, Outputs& out) const {
    const auto size = static_cast<std::size_t>(size_);
    for (int k = 0; k < 2; ++k) {
        out.value[k] = 0.0;
        out.by_input[k].fill(0.0);
        out.by_theta[k].assign(size, 0.0);
    }
    if (is_expression()) {
        eval_expressions(x, theta, out);
        return;
    }
    if (is_symbolic()) {
        std::size_t at = 0;
        for (std::size_t i = 0; i < active_.size(); ++i) {
            if (!active_[i]) continue;
            const std::size_t k = i / library_terms.size(), term = i % library_terms.size();
            out.value[k] += theta[at] * x[term];
            out.by_input[k][term] += theta[at];
            out.by_theta[k][at] = x[term];
            ++at;
        }
        return;
    }
    constexpr double scale = 0.1;
    const int n = inputs();
    const double* u = theta;
    const double* w = theta + units_ * (n + 1);
    const std::size_t first_w = static_cast<std::size_t>(units_ * (n + 1));
    for (int k = 0; k < 2; ++k) {
        const std::size_t bias = first_w + static_cast<std::size_t>(k * (units_ + 1) + units_);
        out.value[k] = scale * w[k * (units_ + 1) + units_];
        out.by_theta[k][bias] = scale;
    }
    for (int j = 0; j < units_; ++j, u += n + 1) {
        double a = u[n];
        for (int i = 0; i < n; ++i) a += u[i] * x[i];
        a = std::tanh(a);
        const double slope = 1.0 - a * a;
        for (int k = 0; k < 2; ++k) {
            const double weight = scale * w[k * (units_ + 1) + j];
            out.value[k] += weight * a;
            out.by_theta[k][first_w + static_cast<std::size_t>(k * (units_ + 1) + j)] = scale * a;
            const std::size_t first_u = static_cast<std::size_t>(j * (n + 1));
            for (int i = 0; i < n; ++i) {
                out.by_input[k][static_cast<std::size_t>(i)] += weight * slope * u[i];
                out.by_theta[k][first_u + static_cast<std::size_t>(i)] = weight * slope * x[i];
            }
            out.by_theta[k][first_u + static_cast<std::size_t>(n)] = weight * slope;
        }
    }
}

void Form::eval_values(const double* x, const double* theta, Outputs& out) const {
    if (!is_expression()) {
        eval(x, theta, out);
        return;
    }
    out.value = {formulas_[0](x, theta), formulas_[1](x, theta + formulas_[0].constants().size())};
}

std::vector<double> initial_parameters(const Form& form, std::uint64_t seed) {
    std::vector<double> theta(static_cast<std::size_t>(form.size()), 0.0);
    if (form.is_symbolic()) return theta;
    if (form.is_expression()) {
        const auto &p = form.expression(0).constants(), &q = form.expression(1).constants();
        std::copy(q.begin(), q.end(), std::copy(p.begin(), p.end(), theta.begin()));
        return theta;
    }
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(0.0, 0.7);
    for (int i = 0; i < form.units() * (form.inputs() + 1); ++i) theta[static_cast<std::size_t>(i)] = normal(random);
    return theta;
}

}  // namespace spikemass::learn
