// The same bits for every compiler, optimisation level and instruction set: committed hashes, checked for loops that were
// compiled without optimisation, without vectorisation, and vectorised for x86-64-v3 and -v4.

#include <gtest/gtest.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <string>
#include <vector>

#include "models/base/math.hpp"
#include "models/base/random.hpp"
#include "tests/models/math_batch.hpp"

namespace spikemass {
namespace {

using math_batch::Function;

struct Variant { const char* name; const Function* functions; bool runs; };

std::vector<Variant> variants() {
    const bool v4 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return {{"O0, v3", math_batch::O0_v3::functions(), true}, {"O2 not vectorised, v3", math_batch::scalar_v3::functions(), true},
            {"O3 vectorised, v3", math_batch::O3_v3::functions(), true}, {"O3 vectorised, v4", math_batch::O3_v4::functions(), v4}};
}

template <class T> T input(std::uint64_t index, int salt, double low, double high) {
    const std::uint64_t word = mix64(mix64(index) + static_cast<std::uint64_t>(salt));
    if (index % 2 == 0) return math::from_bits(static_cast<decltype(math::bits(T{}))>(word));
    return static_cast<T>(low + (high - low) * (static_cast<double>(word >> 11) * 0x1p-53));
}

/// The bits of x, one pattern for all NaNs: signs and payloads of NaNs are nobody's promise (clang folds selects of them).
template <class T> auto canonical_bits(T x) { return x == x ? math::bits(x) : math::bits(math::quiet_nan<T>()); }

/// Order-free, so that it can be recomputed in any order or in parts.
template <class T> std::uint64_t hash_of(const Function& f, void (*loop)(const T*, const T*, T*, long)) {
    constexpr long block = 4096 - 3;                      // never a multiple of a SIMD width
    std::vector<T> a(block), b(block), out(block);
    std::uint64_t hash = 0;
    for (long start = 0; start < math_batch::inputs; start += block) {
        const long n = std::min(block, math_batch::inputs - start);
        for (long i = 0; i < n; ++i) {
            const auto index = static_cast<std::uint64_t>(start + i);
            a[i] = input<T>(index, 1, f.low, f.high);
            b[i] = input<T>(index / 2, 2, f.low, f.high);  // pairs every kind of a with every kind of b
        }
        loop(a.data(), b.data(), out.data(), n);
        for (long i = 0; i < n; ++i) hash += mix64(mix64(static_cast<std::uint64_t>(start + i)) ^ canonical_bits(out[i]));
    }
    return hash;
}

std::uint64_t hash_of(const Function& f) { return f.f32 ? hash_of<float>(f, f.f32) : hash_of<double>(f, f.f64); }

TEST(MathBits, CommittedHashesHoldForEverySetOfFlags) {
    for (const Variant& variant : variants()) {
        if (!variant.runs) {
            std::printf("[ NOTE     ] %s: this processor lacks it, not checked\n", variant.name);
            continue;
        }
        for (int k = 0; k < math_batch::function_count; ++k) {
            const Function& f = variant.functions[k];
            const std::uint64_t hash = hash_of(f);
            EXPECT_EQ(hash, f.hash) << f.name << ", " << variant.name;
            if (hash != f.hash) std::printf("  %s: 0x%016" PRIx64 "\n", f.name, hash);
        }
    }
}

// The same comparison value by value on other inputs: says which input differs.
TEST(MathBits, VectorisedLoopsEqualOneValueAtATime) {
    constexpr long n = 20011;
    const auto compare = [&](auto zero, const Function& wide, const Function& reference, auto member) {
        using T = decltype(zero);
        std::vector<T> a(n), b(n), out(n);
        for (long i = 0; i < n; ++i) a[i] = input<T>(i + (1u << 23), 3, wide.low, wide.high), b[i] = input<T>((i + 7) / 2, 4, wide.low, wide.high);
        (wide.*member)(a.data(), b.data(), out.data(), n);
        for (long i = 0; i < n; ++i) {
            T one;
            (reference.*member)(&a[i], &b[i], &one, 1);
            ASSERT_EQ(canonical_bits(out[i]), canonical_bits(one)) << wide.name << " of " << a[i] << ", " << b[i];
        }
    };
    const std::vector<Variant> all = variants();
    for (std::size_t v = 2; v < all.size(); ++v) {
        if (!all[v].runs) continue;
        for (int k = 0; k < math_batch::function_count; ++k) {
            const Function &wide = all[v].functions[k], &reference = all[1].functions[k];
            if (wide.f32) compare(0.0f, wide, reference, &Function::f32);
            else compare(0.0, wide, reference, &Function::f64);
        }
    }
}

}  // namespace
}  // namespace spikemass
