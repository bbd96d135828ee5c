#include "host/learn/form.hpp"

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
    f.active_ = std::move(active);
    for (bool on : f.active_) f.size_ += on;
    return f;
}

void Form::eval(const double* x, const double* theta, Outputs& out) const {
    const auto size = static_cast<std::size_t>(size_);
    for (int k = 0; k < 2; ++k) {
        out.value[k] = 0.0;
        out.by_input[k].fill(0.0);
        out.by_theta[k].assign(size, 0.0);
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

std::vector<double> initial_parameters(const Form& form, std::uint64_t seed) {
    std::vector<double> theta(static_cast<std::size_t>(form.size()), 0.0);
    if (form.is_symbolic()) return theta;
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal(0.0, 0.7);
    for (int i = 0; i < form.units() * (form.inputs() + 1); ++i) theta[static_cast<std::size_t>(i)] = normal(random);
    return theta;
}

}  // namespace spikemass::learn
