#pragma once
// Noise in the input of a neuron, constant over a step: one 32-bit word per neuron and step, whatever the law.

#include "models/base/math.hpp"
#include "models/base/random.hpp"

namespace spikemass::models {

/// Two-sided tail probability of a word's low 31 bits, in (0, 1]; the top bit is the sign.
SPIKEMASS_HD float tail_of_word(std::uint32_t word) { return (static_cast<float>(static_cast<std::int32_t>(word & 0x7fffffffu)) + 0.5f) * 0x1p-31f; }

/// Standard normal number of a word: error below 3e-6, |z| <= 6.34, exactly antisymmetric.  sqrt(2) erfinv(x) = x f(w), w = -ln(1 - x^2), by polynomials in w and sqrt(w)
/// (the form is that of Giles 2010, "Approximating the erfinv function"; the coefficients are ours).
SPIKEMASS_HD float standard_normal(std::uint32_t word) {
    const float tail = tail_of_word(word), x = 1.0f - tail;
    const float w = -math::log_positive_normal(tail * (2.0f - tail));
    const float near = w - 2.5f, far = math::sqrt(math::max(w, 1.0f)) - 0x1.be02fap+1f;
    const bool central = w < 5.0f;
    const float t = central ? near : far;
    float p = central ? 0x1.1ae062p-25f : 0x1.2c4b5ap-17f;
    p = math::fma(p, t, central ? 0x1.040fe2p-21f : -0x1.03f036p-12f);
    p = math::fma(p, t, central ? -0x1.48b1b8p-18f : 0x1.9dde50p-11f);
    p = math::fma(p, t, central ? -0x1.a008bcp-18f : -0x1.2e5300p-10f);
    p = math::fma(p, t, central ? 0x1.43c9f6p-12f : 0x1.944390p-10f);
    p = math::fma(p, t, central ? -0x1.d0cc9ap-10f : -0x1.82dd72p-9f);
    p = math::fma(p, t, central ? -0x1.832b1ep-8f : 0x1.39cdacp-8f);
    p = math::fma(p, t, central ? 0x1.652c8ap-2f : 0x1.6caac2p+0f);
    p = math::fma(p, t, central ? 0x1.0fc8bcp+1f : 0x1.2c7a36p+2f);
    const float z = p * x;
    return math::from_bits(math::bits(z) | (word & math::sign_bit_f32));
}

/// Standard Cauchy number (half width 1) of a word: cot(pi/2 tail), relative error below 1e-6 for |x| > 1e-3; |x| <= 2.8e9.
SPIKEMASS_HD float standard_cauchy(std::uint32_t word) {
    const float x = math::max(1.0f / math::tan(tail_of_word(word) * 0x1.921fb6p+0f), 1e-30f);
    return math::from_bits(math::bits(x) | (word & math::sign_bit_f32));
}

/// The noise of one stimulus in the neurons of its target.
struct Noise {
    enum class Kind : std::int32_t { gaussian, cauchy, ornstein_uhlenbeck, poisson };
    static constexpr int most_thresholds = 64;

    Kind kind = Kind::gaussian;
    std::int32_t port = 0;                ///< of the model's inputs
    RandomKey key;
    std::int64_t start = 0, stop = 0;     ///< steps [start, stop) in which it acts
    float scale = 0.0f;                   ///< input per unit of: normal or Cauchy number, process, event
    float keep = 0.0f, kick = 0.0f;       ///< Ornstein-Uhlenbeck process of variance 1: x -> keep x + kick z
    std::int32_t thresholds = 0;
    std::uint32_t threshold[most_thresholds] = {};   ///< poisson: as many events as thresholds that the word reaches

    SPIKEMASS_HD bool acts(std::int64_t step) const { return step >= start && step < stop; }
    SPIKEMASS_HD std::uint32_t word(std::uint64_t neuron, std::uint64_t step) const { return key.block(neuron, step >> 2, 0).word[step & 3]; }
    SPIKEMASS_HD float events(std::uint32_t word) const {
        std::int32_t n = 0;
        for (std::int32_t k = 0; k < thresholds; ++k) n += word >= threshold[k] ? 1 : 0;
        return static_cast<float>(n);
    }
};

}  // namespace spikemass::models
