// A QIF network written with plain * and + only.  Built with contraction its spikes come out differently: proof that the
// golden digests would notice.

#include <cstdint>
#include <cstdio>
#include <vector>

int main() {
    constexpr int n = 997;
    std::vector<float> v(n), eta(n);
    for (int i = 0; i < n; ++i) {
        v[static_cast<std::size_t>(i)] = -2.0f + 0.004f * static_cast<float>(i);
        eta[static_cast<std::size_t>(i)] = -3.0f + 0.009f * static_cast<float>(i);
    }
    const float h = 0.01f;
    std::uint64_t digest = 0;
    float coupling = 0.0f;
    for (std::uint64_t step = 0; step < 3000; ++step) {
        int spikes = 0;
        for (std::size_t i = 0; i < n; ++i) {
            const float current = eta[i] + coupling, x = current * h * h;
            const float p = x * -10.0f + 105.0f, q = x * (x - 45.0f) + 105.0f, hp = h * p;
            const float num = current * hp + v[i] * q, den = q - v[i] * hp;
            v[i] = num / den;
            if (den <= 0.0f) {
                ++spikes;
                digest += (i * 0x9e3779b97f4a7c15ull + step) * 0xbf58476d1ce4e5b9ull;
            }
        }
        coupling = 5.0f * static_cast<float>(spikes) / (static_cast<float>(n) * h);
    }
    std::printf("%016llx\n", static_cast<unsigned long long>(digest));
}
