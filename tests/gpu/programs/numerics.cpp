#include "tests/gpu/programs/numerics.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <thread>

#include "host/cpu/floating_point.hpp"
#include "tests/gpu/programs/numerics_sweep.hpp"

namespace spikemass::numerics {

std::string input_text(const Arguments<float>& x) {
    char text[200];
    std::snprintf(text, sizeof text, "a = %.9g (%08x), b = %.9g (%08x), c = %.9g (%08x), choice %08x", static_cast<double>(x.a), math::bits(x.a), static_cast<double>(x.b), math::bits(x.b),
                  static_cast<double>(x.c), math::bits(x.c), x.choice);
    return text;
}
std::string input_text(const Arguments<double>& x) {
    char text[240];
    const auto u = [](double y) { return static_cast<unsigned long long>(math::bits(y)); };
    std::snprintf(text, sizeof text, "a = %.17g (%016llx), b = %.17g (%016llx), c = %.17g (%016llx), choice %08x", x.a, u(x.a), x.b, u(x.b), x.c, u(x.c), x.choice);
    return text;
}

std::vector<Sweep> host_sweeps(int threads) {
    std::vector<Sweep> all;
    for_each_function([&]<class F>(const std::string& name, const F& function) {
        Sweep s;
        s.name = name;
        s.log2_inputs = F::log2_inputs;
        s.hashes = [threads, function](std::uint64_t first, std::uint64_t count, unsigned log2_inputs, unsigned log2_block, std::vector<std::uint64_t>* words) {
            const std::uint64_t inputs = std::uint64_t{1} << log2_block;
            std::vector<std::uint64_t> hashes(count);
            if (words) words->resize(count * inputs);
            std::atomic<std::uint64_t> next = 0;
            const auto work = [&] {
                const cpu::FloatingPointGuard guard;
                for (std::uint64_t b; (b = next++) < count;) {
                    std::uint64_t sum = 0;
                    for (std::uint64_t j = 0; j < inputs; ++j) {
                        const std::uint64_t k = (first + b) * inputs + j, w = function(arguments<typename F::Type>(k, log2_inputs));
                        if (words) (*words)[b * inputs + j] = w;
                        sum += contribution(k, w);
                    }
                    hashes[b] = sum;
                }
            };
            std::vector<std::jthread> others;
            for (int t = 1; t < threads; ++t) others.emplace_back(work);
            work();
            others.clear();
            return hashes;
        };
        s.input = [](std::uint64_t k, unsigned log2_inputs) { return input_text(arguments<typename F::Type>(k, log2_inputs)); };
        all.push_back(std::move(s));
    });
    return all;
}

}  // namespace spikemass::numerics

namespace spikemass::programs {

bool run_numerics(const std::vector<numerics::Sweep>& host, const std::vector<numerics::Sweep>& device, const NumericsPlan& plan, Json& out) {
    using Clock = std::chrono::steady_clock;
    if (host.size() != device.size()) throw std::logic_error("numerics: the lists of functions differ");
    std::uint64_t total = 0, differing = 0;
    out["rows"] = Json::array();
    for (std::size_t i = 0; i < host.size(); ++i) {
        const numerics::Sweep &h = host[i], &d = device[i];
        if (h.name != d.name) throw std::logic_error("numerics: " + h.name + " is compared with " + d.name);
        const unsigned log2_inputs = std::min(h.log2_inputs, plan.most_log2_inputs), log2_block = std::min(plan.log2_block, log2_inputs);
        const std::uint64_t blocks = std::uint64_t{1} << (log2_inputs - log2_block), inputs = blocks << log2_block;
        std::uint64_t wrong = 0;
        double host_seconds = 0, device_seconds = 0;
        Json first;
        for (std::uint64_t at = 0; at < blocks; at += plan.blocks_at_once) {
            const std::uint64_t count = std::min(plan.blocks_at_once, blocks - at);
            const auto start = Clock::now();
            const auto from_device = d.hashes(at, count, log2_inputs, log2_block, nullptr);
            const auto middle = Clock::now();
            const auto from_host = h.hashes(at, count, log2_inputs, log2_block, nullptr);
            host_seconds += std::chrono::duration<double>(Clock::now() - middle).count();
            device_seconds += std::chrono::duration<double>(middle - start).count();
            for (std::uint64_t b = 0; b < count; ++b) {
                if (from_host[b] == from_device[b]) continue;
                if (++wrong > 1) continue;
                std::vector<std::uint64_t> expected, got;
                h.hashes(at + b, 1, log2_inputs, log2_block, &expected);
                d.hashes(at + b, 1, log2_inputs, log2_block, &got);
                const auto place = std::mismatch(expected.begin(), expected.end(), got.begin());
                if (place.first == expected.end()) {   // the second time they agree
                    first = "block " + std::to_string(at + b) + " differed once and not again";
                    continue;
                }
                const std::uint64_t k = ((at + b) << log2_block) + static_cast<std::uint64_t>(place.first - expected.begin());
                first = {{"index", k}, {"input", h.input(k, log2_inputs)}, {"cpu", hex(*place.first)}, {"device", hex(*place.second)}};
            }
        }
        total += inputs;
        differing += wrong;
        Json row{{"function", h.name}, {"inputs", inputs}, {"blocks", blocks}, {"differing_blocks", wrong}, {"seconds_cpu", host_seconds}, {"seconds_device", device_seconds}};
        if (wrong) row["first"] = first;
        out["rows"].push_back(row);
        std::printf("%-28s 2^%u inputs, %llu of %llu blocks differ%s%s\n", h.name.c_str(), log2_inputs, static_cast<unsigned long long>(wrong), static_cast<unsigned long long>(blocks), wrong ? ": " : "",
                    wrong ? first.dump().c_str() : "");
        std::fflush(stdout);
    }
    out["inputs"] = total;
    out["differing_blocks"] = differing;
    return differing == 0 && total > 0;
}

}  // namespace spikemass::programs
