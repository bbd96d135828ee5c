#include "host/learn/trajectory.hpp"

#include <algorithm>
#include <cmath>
#include <complex>

namespace spikemass::learn {

namespace {

constexpr int most = 4;   ///< states of any form

template <int n>
class Stepper {
public:
    Stepper(const Form& form, const Point& point, std::span<const double> theta, bool sensitivities)
        : form_(form), point_(point), theta_(theta), size_(sensitivities ? theta.size() : 0) {
        for (auto* m : {&stage_, &k_, &sum_}) m->assign(n * size_, 0.0);
    }

    /// y and S (n x P) one step of h on.
    void step(double* y, std::vector<double>& s, double h, double input) {
        double at[most] = {}, k[most], total[most];
        std::copy_n(y, n, at);
        stage_ = s;
        constexpr double weight[] = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6}, ahead[] = {0.5, 0.5, 1.0};
        for (int i = 0; i < 4; ++i) {
            derivative(at, input, k);
            for (int a = 0; a < n; ++a) total[a] = (i == 0 ? 0.0 : total[a]) + weight[i] * k[a];
            for (std::size_t e = 0; e < k_.size(); ++e) sum_[e] = (i == 0 ? 0.0 : sum_[e]) + weight[i] * k_[e];
            if (i == 3) break;
            for (int a = 0; a < n; ++a) at[a] = y[a] + ahead[i] * h * k[a];
            for (std::size_t e = 0; e < k_.size(); ++e) stage_[e] = s[e] + ahead[i] * h * k_[e];
        }
        for (int a = 0; a < n; ++a) y[a] += h * total[a];
        for (std::size_t e = 0; e < k_.size(); ++e) s[e] += h * sum_[e];
    }

private:
    void derivative(const double* y, double input, double* dy) {
        double x[14];
        if (size_ == 0) {
            form_.features(point_, y, x);
            form_.eval_values(x, theta_.data(), out_);
            form_.derivative(point_, y, out_.value.data(), input, dy);
            return;
        }
        using Inner = ceres::Jet<double, n>;
        using Outer = ceres::Jet<double, n + 2>;
        Inner state[most], feature[14];
        for (int a = 0; a < n; ++a) state[a] = Inner(y[a], a);
        form_.features(point_, state, feature);
        const int inputs = form_.inputs();
        for (int i = 0; i < inputs; ++i) x[i] = feature[i].a;
        form_.eval(x, theta_.data(), out_);
        Outer full[most], learned[2], slope[most];
        for (int a = 0; a < n; ++a) full[a] = Outer(y[a], a);
        for (int o = 0; o < 2; ++o) learned[o] = Outer(out_.value[static_cast<std::size_t>(o)], n + o);
        form_.derivative(point_, full, learned, input, slope);
        double by_state[2][n] = {};   // of the learned outputs
        for (int o = 0; o < 2; ++o)
            for (int i = 0; i < inputs; ++i)
                for (int a = 0; a < n; ++a) by_state[o][a] += out_.by_input[static_cast<std::size_t>(o)][static_cast<std::size_t>(i)] * feature[i].v[a];
        for (int a = 0; a < n; ++a) {
            dy[a] = slope[a].a;
            double* to = k_.data() + static_cast<std::size_t>(a) * size_;
            const double f0 = slope[a].v[n], f1 = slope[a].v[n + 1];
            const double *t0 = out_.by_theta[0].data(), *t1 = out_.by_theta[1].data();
            for (std::size_t e = 0; e < size_; ++e) to[e] = f0 * t0[e] + f1 * t1[e];
            for (int b = 0; b < n; ++b) {
                const double j = slope[a].v[b] + f0 * by_state[0][b] + f1 * by_state[1][b];
                const double* from = stage_.data() + static_cast<std::size_t>(b) * size_;
                for (std::size_t e = 0; e < size_; ++e) to[e] += j * from[e];
            }
        }
    }

    const Form& form_;
    const Point& point_;
    std::span<const double> theta_;
    std::size_t size_;
    Outputs out_;
    std::vector<double> stage_, k_, sum_;
};

template <int n>
Trajectory run(const Form& form, const Segment& segment, std::span<const double> theta, bool sensitivities) {
    const std::size_t bins = segment.input.size(), size = sensitivities ? theta.size() : 0;
    Trajectory t;
    t.r.assign(bins, 0.0);
    t.v = t.r;
    t.r_by_theta.assign(bins * size, 0.0);
    t.v_by_theta = t.r_by_theta;
    const std::vector<double> start = start_state(form, segment);
    double y[most] = {};
    std::copy_n(start.data(), n, y);
    std::vector<double> s(n * size, 0.0);
    const int steps = std::max(1, static_cast<int>(std::ceil(segment.bin / largest_step - 1e-9)));
    const double h = segment.bin / steps;
    Stepper<n> stepper(form, segment.point, theta, sensitivities);
    const auto add = [&](std::size_t bin, double weight) {
        t.r[bin] += weight * y[0];
        t.v[bin] += weight * y[1];
        for (std::size_t e = 0; e < size; ++e) {
            t.r_by_theta[bin * size + e] += weight * s[e];
            t.v_by_theta[bin * size + e] += weight * s[size + e];
        }
    };
    for (std::size_t bin = 0; bin < bins; ++bin) {
        add(bin, 0.5 / steps);
        for (int i = 0; i < steps; ++i) {
            stepper.step(y, s, h, segment.input[bin]);
            if (y[0] < lowest_r) {
                y[0] = lowest_r;
                std::fill_n(s.begin(), size, 0.0);
            }
            if (!(std::abs(y[1]) < highest_v) || !(y[0] < highest_r)) return t;
            add(bin, (i + 1 < steps ? 1.0 : 0.5) / steps);
        }
        t.bins = static_cast<int>(bin) + 1;
    }
    return t;
}

}  // namespace

std::vector<double> start_state(const Form& form, const Segment& segment) {
    std::vector<double> y{std::max(segment.start_r, lowest_r), segment.start_v};
    if (!form.hidden()) return y;
    const std::complex<double> w(std::numbers::pi * y[0], -y[1]), w2 = std::complex<double>(0.0, 0.25 * segment.point.strength * y[0]) / w;
    y.push_back(w2.real());
    y.push_back(w2.imag());
    return y;
}

Trajectory integrate(const Form& form, const Segment& segment, std::span<const double> theta, bool sensitivities) {
    return form.hidden() ? run<4>(form, segment, theta, sensitivities) : run<2>(form, segment, theta, sensitivities);
}

}  // namespace spikemass::learn
