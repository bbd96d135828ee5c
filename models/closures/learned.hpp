#pragma once
// Closures that are learned from networks: a formula or a small network in the place of (p, q), read from a closure file.
// Theory note 4, section 2, forms A (static) and B (hidden).

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/closures/closure.hpp"
#include "models/closures/expression.hpp"

namespace spikemass::closures {

/// Invariants of one afferent: they do not change when time and current are scaled together, and stay bounded for every (r, v).
template <class T>
struct Features {
    T s{};        ///< v/|W|
    T c{};        ///< pi rho/|W|
    T eps{};      ///< J^2/(K |W|^2)
    T h{};        ///< eps/(1 + eps)
    T sg{};       ///< sign of J
};
inline constexpr std::array<std::string_view, 5> feature_names{"s", "c", "eps", "h", "sg"};

/// `w`: W of the target; coupling J, mean_indegree K.
template <class T, class S>
Features<T> features(const Complex<T>& w, const S& coupling, double mean_indegree) {
    using std::sqrt;
    const T norm2 = w.re * w.re + w.im * w.im + 1e-12, size = sqrt(norm2);
    const T eps = coupling * coupling / mean_indegree / norm2;
    return {-w.im / size, w.re / size, eps, eps / (1.0 + eps), T(coupling < 0.0 ? -1.0 : coupling > 0.0 ? 1.0 : 0.0)};
}

/// What a network sees of them: three inputs, or five with the hidden states; `strength`: A of all afferents.
template <class T, class S>
void network_inputs(const Features<T>& f, const T* hidden, const S& strength, T* x) {
    using std::log, std::tanh;
    x[0] = f.s;
    x[1] = log(1.0 + f.eps);
    x[2] = f.sg;
    if (!hidden) return;
    const S scale = strength > 0.0 ? S(2.0 / strength) : S(0.0);
    x[3] = tanh(hidden[0] * scale);
    x[4] = tanh(hidden[1] * scale);
}

/// One hidden layer of tanh: out_k = scale (b_k + sum_j w_kj tanh(a_j + sum_i u_ji x_i)).  Parameters: per unit its inputs' weights and its bias, then per output its weights and its bias.
struct TanhNetwork {
    int inputs = 0, units = 0, outputs = 0;
    double scale = 0.1;
    std::vector<double> theta;

    static int size(int inputs, int units, int outputs) { return units * (inputs + 1) + outputs * (units + 1); }
    int size() const { return size(inputs, units, outputs); }

    template <class T>
    void operator()(const T* x, T* out) const {
        using std::tanh;
        const double* u = theta.data();
        const double* w = u + units * (inputs + 1);
        for (int k = 0; k < outputs; ++k) out[k] = T(scale * w[k * (units + 1) + units]);
        for (int j = 0; j < units; ++j, u += inputs + 1) {
            T a = T(u[inputs]);
            for (int i = 0; i < inputs; ++i) a = a + x[i] * u[i];
            a = tanh(a);
            for (int k = 0; k < outputs; ++k) out[k] = out[k] + a * (scale * w[k * (units + 1) + j]);
        }
    }
};

/// What a closure file says.  Either the network or the formulas; hidden forms have a network.
struct LearnedForm {
    std::string title;
    bool hidden = false;
    TanhNetwork network;
    Expression p, q;
    double largest_eps = 0.0;   ///< of the training data
    double lowest_s = -1.0, highest_s = 1.0;
    bool formula() const { return network.theta.empty(); }
};

/// Static: p = sum A p^(s, eps, sign J), q the same, A = J^2 (1 - K/N)/K.
/// Hidden: p' = 2 D + 4 (p v - pi rho q) + 10 A |W| n_p, q' = 4 (pi rho p + q v) + 10 A |W| n_q, D = sum A rate/2, where the network n also sees tanh(2 p/A), tanh(2 q/A); A is that of all afferents.
struct Learned {
    static constexpr std::string_view name = "learned";
    static constexpr bool uses_ratio = false, degree_classes = false, from_file = true;
    std::shared_ptr<const LearnedForm> form;

    template <class A = const Afferent>
    std::size_t hidden_size(std::span<A>) const { return form && form->hidden ? 2 : 0; }

    template <class A = const Afferent, class T>
    Correction<T> eval(std::span<A> afferents, const Complex<T>& w, const Presynaptic<T>* presynaptic, const T* hidden, T* d_hidden) const {
        using std::sqrt;
        Correction<T> sum;
        if (!form) return sum;
        T drive_p{}, drive_q{}, intensity{};
        decltype(afferents[0].noise_strength()) all{};
        for (const auto& a : afferents) all += a.noise_strength();
        for (std::size_t i = 0; i < afferents.size(); ++i) {
            const auto& a = afferents[i];
            const auto strength = a.noise_strength();
            if (strength == 0.0) continue;
            const Features<T> f = features(w, a.coupling, a.mean_indegree);
            T out[2];
            if (form->formula()) {
                const T x[] = {f.s, f.c, f.eps, f.h, f.sg};
                out[0] = form->p(x);
                out[1] = form->q(x);
            } else {
                T x[5];
                network_inputs(f, form->hidden ? hidden : nullptr, all, x);
                form->network(x, out);
            }
            intensity = intensity + presynaptic[i].rate * (0.5 * strength);
            drive_p = drive_p + out[0] * strength;
            drive_q = drive_q + out[1] * strength;
        }
        if (!form->hidden) return {drive_p, drive_q};
        const T size = sqrt(w.re * w.re + w.im * w.im + 1e-12) * 10.0;
        const Complex<T> w2{hidden[0], hidden[1]};
        const Complex<T> turn = times_i(w * w2) * 4.0;
        d_hidden[0] = 2.0 * intensity + turn.re + drive_p * size;
        d_hidden[1] = turn.im + drive_q * size;
        return {w2.re, w2.im};
    }
};
static_assert(Closure<Learned>);

}  // namespace spikemass::closures
