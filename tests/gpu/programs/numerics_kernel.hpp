#pragma once
// Every function that may feed a spike, over inputs that are a function of their index: one 64-bit hash per block of inputs, so that 2^28 results of a
// GPU and a CPU are compared by 2^16 words.  The same source on a GPU, on the shim and as plain calls (numerics.hpp).

#include <cstdint>

#include "kernels/device/arch.hpp"
#include "kernels/device/reference.hpp"
#include "models/base/math.hpp"
#include "models/base/random.hpp"
#include "models/neurons/theta.hpp"
#include "models/synapses/exponential.hpp"

namespace spikemass::numerics {

using arch::Global;

/// What a function is applied to.
template <class T>
struct Arguments {
    T a, b, c;              ///< a: the input proper; b: any pattern, every other time of an exponent near a's; c: ordinary, 2^-9 <= |c| < 2^9
    std::uint32_t choice;   ///< random bits
};

/// Input k of 2^log2_inputs (at most 2^32).  float: a runs through all 2^32 patterns in equal strides, a random one of each; double: a is any
/// pattern for odd k, else any with an exponent between -40 and 39.
template <class T>
SPIKEMASS_HD Arguments<T> arguments(std::uint64_t k, unsigned log2_inputs);

template <>
SPIKEMASS_HD Arguments<float> arguments<float>(std::uint64_t k, unsigned log2_inputs) {
    const unsigned shift = 32 - log2_inputs;
    const std::uint64_t r = mix64(k + 0x9e3779b97f4a7c15u), s = mix64(r + 1);
    const auto a = static_cast<std::uint32_t>((k << shift) | (r & ((std::uint64_t{1} << shift) - 1)));
    const auto any = static_cast<std::uint32_t>(r >> 32), near = ((a & 0x7f800000u) ^ (any & 0x01000000u)) | (any & 0x807fffffu);
    const auto ordinary = static_cast<std::uint32_t>(s >> 32);
    return {math::from_bits(a), math::from_bits((s & 1) != 0 ? any : near), math::from_bits((ordinary & 0x807fffffu) | (118u + (static_cast<std::uint32_t>(s >> 1) & 15u)) << 23),
            static_cast<std::uint32_t>(s) >> 5};
}

template <>
SPIKEMASS_HD Arguments<double> arguments<double>(std::uint64_t k, unsigned) {
    const std::uint64_t r = mix64(k + 0x9e3779b97f4a7c15u), s = mix64(r + 1), t = mix64(s + 1), fraction = 0x800fffffffffffffu;
    const std::uint64_t a = (k & 1) != 0 ? r : (r & fraction) | ((983u + (r >> 52) % 80u) << 52);
    const std::uint64_t near = ((a & 0x7ff0000000000000u) ^ (s & 0x0020000000000000u)) | (s & fraction);
    return {math::from_bits(a), math::from_bits((t & 1) != 0 ? s : near), math::from_bits((t & fraction) | ((1014u + (t >> 52) % 18u) << 52)), static_cast<std::uint32_t>(t) >> 1};
}

/// The bits of a result as a word; every NaN is the same NaN (models/base/arithmetic.hpp).
SPIKEMASS_HD std::uint64_t word(float x) { return x == x ? math::bits(x) : 0x7fc00000u; }
SPIKEMASS_HD std::uint64_t word(double x) { return x == x ? math::bits(x) : 0x7ff8000000000000u; }
SPIKEMASS_HD std::uint64_t word(std::int32_t x) { return static_cast<std::uint32_t>(x); }
SPIKEMASS_HD std::uint64_t word(std::int64_t x) { return static_cast<std::uint64_t>(x); }
SPIKEMASS_HD std::uint64_t word(float x, float y) { return word(x) << 32 | word(y); }
SPIKEMASS_HD std::uint64_t word(float x, float y, float z) { return mix64(word(x, y)) ^ word(z); }

// ---- functions: Type, name, log2 of the inputs in a full sweep, result as a word ----

#define SPIKEMASS_FUNCTION(Name, text, log2_f32, expression)                                                  \
    template <class T>                                                                                        \
    struct Name {                                                                                             \
        using Type = T;                                                                                       \
        static constexpr const char* name = text;                                                             \
        static constexpr unsigned log2_inputs = sizeof(T) == 4 ? log2_f32 : 24;                               \
        SPIKEMASS_HD std::uint64_t operator()(const Arguments<T>& x) const { return word(expression); }       \
    };
SPIKEMASS_FUNCTION(Exp, "exp", 28, math::exp(x.a))
SPIKEMASS_FUNCTION(Log, "log", 28, math::log(x.a))
SPIKEMASS_FUNCTION(Divide, "a/b", 28, x.a / x.b)
SPIKEMASS_FUNCTION(Reciprocal, "1/a", 26, T(1) / x.a)
SPIKEMASS_FUNCTION(SquareRoot, "sqrt", 28, math::sqrt(x.a))
SPIKEMASS_FUNCTION(Fma, "fma(a, c, b)", 26, math::fma(x.a, x.c, x.b))
SPIKEMASS_FUNCTION(Unfused, "a c + b", 26, x.a * x.c + x.b)   // must not be contracted
SPIKEMASS_FUNCTION(Round, "round", 26, math::round(x.a))
SPIKEMASS_FUNCTION(Floor, "floor", 26, math::floor(x.a))
SPIKEMASS_FUNCTION(ToInt, "to_int", 26, math::to_int(x.a))
SPIKEMASS_FUNCTION(Clamp, "clamp(a, -|c|, |c|)", 26, math::clamp(x.a, -math::abs(x.c), math::abs(x.c)))
SPIKEMASS_FUNCTION(Sin, "sin", 26, math::sin(x.a))
SPIKEMASS_FUNCTION(Cos, "cos", 26, math::cos(x.a))
SPIKEMASS_FUNCTION(Tan, "tan", 26, math::tan(x.a))
SPIKEMASS_FUNCTION(Atan, "atan", 26, math::atan(x.a))
SPIKEMASS_FUNCTION(Pow, "pow(a, c)", 26, math::pow(x.a, x.c))
SPIKEMASS_FUNCTION(Log1p, "log1p", 0, math::log1p(x.a))
SPIKEMASS_FUNCTION(SinPi, "sinpi", 0, math::sinpi(x.a))
SPIKEMASS_FUNCTION(CosPi, "cospi", 0, math::cospi(x.a))
SPIKEMASS_FUNCTION(TanPi, "tanpi", 0, math::tanpi(x.a))
SPIKEMASS_FUNCTION(CotPi, "cotpi", 0, math::cotpi(x.a))
SPIKEMASS_FUNCTION(Atan2, "atan2(a, b)", 0, math::atan2(x.a, x.b))
SPIKEMASS_FUNCTION(FloatOf, "float of double", 0, static_cast<float>(x.a))
#undef SPIKEMASS_FUNCTION

/// The logarithm of the hot loops: positive normal arguments alone.
struct LogPositiveNormal {
    using Type = float;
    static constexpr const char* name = "log_positive_normal";
    static constexpr unsigned log2_inputs = 26;
    SPIKEMASS_HD std::uint64_t operator()(const Arguments<float>& x) const {
        return word(math::log_positive_normal(math::from_bits(0x00800000u + static_cast<std::uint32_t>(std::uint64_t{math::bits(x.a)} * 0x7f000000u >> 32))));
    }
};

enum class Part { advance, advance_observed, phasor };

/// A step of a neuron: V = a held within the flow's range, input = c or (every other time) b held within +-1e30, dt/tau one of four.
template <class M, Part part>
struct Neuron {
    using Type = float;
    static constexpr unsigned log2_inputs = part == Part::phasor ? 26 : 28;
    typename M::Step step[4];

    static Neuron make() { return {{M::prepare(1e-4), M::prepare(0.002), M::prepare(0.01), M::prepare(0.2)}}; }
    SPIKEMASS_HD std::uint64_t operator()(const Arguments<float>& x) const {
        const float v = math::clamp(x.a, -models::MoebiusFlow::v_max, models::MoebiusFlow::v_max), input = (x.choice & 1u) != 0 ? x.c : math::clamp(x.b, -1e30f, 1e30f);
        typename M::State s;
        if constexpr (M::columns == 1) {
            s = {v};
        } else {
            const float norm = math::sqrt(math::fma(v, v, 1.0f));
            s = {v / norm, 1.0f / norm};
        }
        const typename M::Step& k = step[(x.choice >> 1) & 3u];
        float first, second = 0.0f;
        if constexpr (part == Part::phasor) {
            M::phasor(s, first, second);
            return word(first, second);
        } else {
            if constexpr (part == Part::advance) first = M::advance(k, s, input);
            else first = M::advance_observed(k, s, input, second);
            if constexpr (M::columns == 1) return word(first, s.v, second);
            else return mix64(word(first, s.s, second)) ^ word(s.c);
        }
    }
};

/// A step of a synapse: trace = a within +-1e30, arrivals = a whole number below 2^20.
struct Synapse {
    using Type = float;
    static constexpr const char* name = "exponential synapse";
    static constexpr unsigned log2_inputs = 26;
    models::Exponential::Step step[4];

    static Synapse make() {
        using models::Exponential;
        return {{Exponential::prepare(0.01, 0.5), Exponential::prepare(0.01, 0.004), Exponential::prepare(0.002, 20.0), Exponential::prepare(0.2, 1.0)}};
    }
    SPIKEMASS_HD std::uint64_t operator()(const Arguments<float>& x) const {
        float s = math::clamp(x.a, -1e30f, 1e30f);
        const float mean = models::Exponential::advance(step[x.choice & 3u], s, static_cast<float>((x.choice >> 2) & 0xfffffu));
        return word(mean, s);
    }
};

// ---- hashes ----

/// Contribution of input k; a block's hash is the sum over its inputs, in any order.
SPIKEMASS_HD std::uint64_t contribution(std::uint64_t k, std::uint64_t word) { return mix64(word + mix64(k)); }

/// Hashes of blocks [first_block, first_block + hashes.size()), one warp per block.
template <class F>
struct Hashes {
    static constexpr const char* name = "numerics";
    static constexpr unsigned max_threads = 256;

    F function;
    std::uint32_t log2_inputs = 0, log2_block = 0;
    std::uint64_t first_block = 0;
    Global<std::uint64_t> hashes;       ///< [block]
    Global<std::uint64_t> words;        ///< [input of these blocks] or empty: the results themselves

    SPIKEMASS_DEVICE void operator()() const {
        const std::uint64_t inputs = std::uint64_t{1} << log2_block, warps = device::all_threads() / arch::warp_size;
        for (std::uint64_t b = device::global_thread() / arch::warp_size; b < hashes.size(); b += warps) {
            std::uint64_t sum = 0;
            for (std::uint64_t j = arch::lane(); j < inputs; j += arch::warp_size) {
                const std::uint64_t k = (first_block + b) * inputs + j, w = function(arguments<typename F::Type>(k, log2_inputs));
                if (words.size() != 0) words.write(b * inputs + j, w);
                sum += contribution(k, w);
            }
            sum = device::warp_sum64(sum);
            if (arch::lane() == 0) hashes.write(b, sum);
        }
    }
};

}  // namespace spikemass::numerics
