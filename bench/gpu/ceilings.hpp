#pragma once
// What the machine can do at most, B0 to B8: bandwidths, atomics, barriers, generators.  Later results are ratios to these, of the same run.
// Apart from run_ceilings.hpp because nvcc reads this one.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "bench/gpu/ceiling_kernels.hpp"
#include "models/base/error.hpp"

namespace spikemass::bench {

/// One number to be measured.
struct Point {
    std::string id, what;                                     ///< "B2", "red.add"
    std::vector<std::pair<std::string, double>> parameters;
    double operations = 1;                                    ///< of one call
    std::string unit;                                         ///< of `operations`
    /// Allocates; returns what makes so many calls, checks their sums, and returns the seconds of all.  Errors: DeviceError for a wrong sum, CapacityError.
    std::function<std::function<double(std::int64_t calls)>()> prepare;
};

/// Sizes; the defaults are for a GPU.
struct CeilingSizes {
    unsigned multiprocessors = 132, blocks_each = 8, threads = 256, wide = 1024;   ///< grids have multiprocessors x blocks_each blocks
    std::uint64_t stream_bytes = std::uint64_t{4} << 30;
    std::vector<std::uint64_t> read_bytes = {std::uint64_t{4} << 20, std::uint64_t{256} << 20, std::uint64_t{16} << 30}, chase_bytes = {std::uint64_t{4} << 20, std::uint64_t{256} << 20};
    std::vector<std::uint64_t> red_bytes = {40'000, 400'000, 4'000'000, 40'000'000, 400'000'000, 4'000'000'000};
    std::vector<unsigned> shared_bytes = {4096, 40'960, 102'400, 204'800};
    std::uint64_t shared_limit = 227 * 1024;                                       ///< of a multiprocessor, with 1 KiB per block of the system's own
    std::vector<unsigned> clusters = {2, 4, 8};                                    ///< empty before sm_90
    unsigned each = 32, rounds = 256;
};

/// `Device`: Array, upload, download as in host/gpu/reference_engine.hpp, and
///   launch_as(kernel, dims)      seconds(work) -> seconds of the launches in it, which are over when it returns
template <class Device>
std::vector<Point> ceiling_points(std::shared_ptr<Device> device, const CeilingSizes& z) {
    using Words = typename Device::template Array<u32>;
    using Quads = typename Device::template Array<Quad>;
    std::vector<Point> all;
    const unsigned grid = z.multiprocessors * z.blocks_each;
    const u64 threads = u64{grid} * z.threads;
    const Dims plain{grid, z.threads, 1, 0, false};

    const auto require = [](const std::string& what, u32 got, u32 want) {
        if (got != want) throw DeviceError(what + ": the sum is " + std::to_string(got) + ", and " + std::to_string(want) + " (modulo 2^32) is right.");
    };
    // Calls of `make(sum)` in turn; every call must have added `want` to the sum.
    const auto summed = [device, require]<class Make>(const std::string& what, Make make, const Dims& dims, u32 want) {
        auto sum = std::make_shared<Words>(*device, 1);
        return [=](std::int64_t calls) {
            u32 got = 0;
            device->upload(*sum, &got, 1);
            const auto kernel = make(sum->view());
            const double seconds = device->seconds([&] {
                for (std::int64_t i = 0; i < calls; ++i) device->launch_as(kernel, dims);
            });
            device->download(*sum, &got, 1);
            require(what, got, want * static_cast<u32>(calls));
            return seconds;
        };
    };
    const auto sum_of = [device, plain](Global<const Quad> x) {
        Words sum(*device, 1);
        device->seconds([&] { device->launch_as(ReadAll{x, sum.view()}, plain); });
        u32 got = 0;
        device->download(sum, &got, 1);
        return got;
    };
    const auto filled = [device, plain](u64 bytes) {
        auto x = std::make_shared<Quads>(*device, bytes / sizeof(Quad));
        device->seconds([&] { device->launch_as(WriteAll{x->view()}, plain); });
        return x;
    };
    /// 0 + 1 + ... + (n - 1)
    const auto triangle = [](u64 n) { return static_cast<u32>(n % 2 == 0 ? (n / 2) * (n - 1) : n * ((n - 1) / 2)); };

    {   // B0
        const u64 n = z.stream_bytes / sizeof(Quad);
        const u32 want = triangle(4 * n);
        const double bytes = static_cast<double>(n * sizeof(Quad));
        all.push_back({"B0", "read", {{"bytes", bytes}}, bytes, "bytes", [=] { return summed("read", [x = filled(z.stream_bytes)](Global<u32> sum) { return ReadAll{x->view(), sum}; }, plain, want); }});
        all.push_back({"B0", "write", {{"bytes", bytes}}, bytes, "bytes", [=] {
                           auto x = std::make_shared<Quads>(*device, n);
                           return [=](std::int64_t calls) {
                               const double seconds = device->seconds([&] {
                                   for (std::int64_t i = 0; i < calls; ++i) device->launch_as(WriteAll{x->view()}, plain);
                               });
                               require("write", sum_of(x->view()), want);
                               return seconds;
                           };
                       }});
        all.push_back({"B0", "copy", {{"bytes", bytes}}, 2 * bytes, "bytes read + written", [=] {
                           auto x = filled(z.stream_bytes), y = std::make_shared<Quads>(*device, n);
                           return [=](std::int64_t calls) {
                               const double seconds = device->seconds([&] {
                                   for (std::int64_t i = 0; i < calls; ++i) device->launch_as(CopyAll{x->view(), y->view()}, plain);
                               });
                               require("copy", sum_of(y->view()), want);
                               return seconds;
                           };
                       }});
    }
    for (const u64 bytes : z.read_bytes)   // B1
        for (const u32 piece : {32u, 64u, 128u, 4096u}) {
            const u32 quads = piece / sizeof(Quad), group = quads < warp_size ? quads : warp_size;
            const u64 pieces = bytes / piece, reads = threads / group * z.each;
            all.push_back({"B1", "random read", {{"bytes", static_cast<double>(bytes)}, {"piece_bytes", piece}}, static_cast<double>(reads) * piece, "bytes", [=] {
                               u32 want = 0;
                               for (u64 r = 0; r < reads; ++r) want += static_cast<u32>(4 * (place(r, pieces) * quads * quads + u64{quads} * (quads - 1) / 2));
                               return summed("random read", [=, x = filled(pieces * piece), each = z.each](Global<u32> sum) { return RandomRead{x->view(), quads, each, sum}; }, plain, want);
                           }});
        }
    for (const u64 bytes : z.chase_bytes)
        all.push_back({"B1", "dependent read", {{"bytes", static_cast<double>(bytes)}}, static_cast<double>(z.rounds) * 16, "reads", [=] {
                           const u64 n = bytes / 128;
                           std::vector<u32> cycle(n), next(n * 32);
                           std::iota(cycle.begin(), cycle.end(), 0u);
                           for (u64 i = n - 1; i > 0; --i) std::swap(cycle[i], cycle[place(i, i)]);   // Sattolo: one cycle
                           for (u64 i = 0; i < n; ++i) next[u64{32} * i] = 32 * cycle[i];
                           u32 want = 0;
                           for (u32 k = 0; k < z.rounds * 16; ++k) want = next[want];
                           auto x = std::make_shared<Words>(*device, next.size());
                           device->upload(*x, next.data(), next.size());
                           return summed("dependent read", [=, steps = z.rounds * 16](Global<u32> sum) { return Chase{x->view(), steps, sum}; }, Dims{1, 32, 1, 0, false}, want + 1);
                       }});
    const auto red = [&](u64 places, u64 spacing) {   // B2
        const double ops = static_cast<double>(threads) * z.each;
        all.push_back({"B2", "red.add", {{"places", static_cast<double>(places)}, {"spacing_bytes", 4.0 * static_cast<double>(spacing)}}, ops, "operations", [=] {
                           const u64 quads = (places * spacing + 3) / 4;
                           auto counts = std::make_shared<Quads>(*device, quads);
                           auto before = std::make_shared<u32>(0);
                           return [=, each = z.each](std::int64_t calls) {
                               const RandomRed kernel{{reinterpret_cast<u32*>(counts->view().data()), 4 * quads}, places, spacing, each};
                               const double seconds = device->seconds([&] {
                                   for (std::int64_t i = 0; i < calls; ++i) device->launch_as(kernel, plain);
                               });
                               const u32 now = sum_of(counts->view());
                               require("red.add", now - *before, static_cast<u32>(threads) * each * static_cast<u32>(calls));
                               *before = now;
                               return seconds;
                           };
                       }});
    };
    for (const u64 bytes : z.red_bytes) {
        red(bytes / 4, 1);
        red((bytes + 127) / 128, 32);
    }
    red(1, 32);
    red(1024, 32);
    const auto shared = [&]<SharedForm form>(const char* what) {   // B3
        for (const unsigned per : {1u, 2u, 4u})
            for (const unsigned bytes : z.shared_bytes) {
                if (u64{per} * (bytes + 1024) > z.shared_limit) continue;
                const unsigned block = std::min(z.wide, 2048 / per / warp_size * warp_size);
                const Dims dims{z.multiprocessors * per, block, 1, bytes, false};
                const u32 words = bytes / 4, each = z.each * 8, weight = 3;
                const u64 adders = u64{dims.grid} * block;
                all.push_back({"B3", what, {{"bytes", bytes}, {"blocks_per_multiprocessor", per}, {"threads", block}}, static_cast<double>(adders) * each, "operations", [=] {
                                   u32 want = static_cast<u32>(adders) * each * (form == SharedForm::weight ? weight : 1u);
                                   if (form == SharedForm::packed) {
                                       want = 0;
                                       for (u64 t = 0; t < adders; ++t) {
                                           u32 r = static_cast<u32>(mix64(t));
                                           for (u32 k = 0; k < each; ++k) want += 1u << ((r = next_random(r)) & 16u);
                                       }
                                   }
                                   return summed(what, [=](Global<u32> sum) { return SharedAdd<form>{words, each, weight, sum}; }, dims, want);
                               }});
            }
    };
    shared.template operator()<SharedForm::one>("shared += 1");
    shared.template operator()<SharedForm::weight>("shared += w");
    shared.template operator()<SharedForm::packed>("shared += 1 in a half");
    for (const unsigned block : {z.threads, z.wide})   // B4
        all.push_back({"B4", "grid barrier", {{"blocks", z.multiprocessors}, {"threads", block}}, static_cast<double>(z.rounds), "barriers", [=] {
                           auto state = std::make_shared<Words>(*device, 2), said = std::make_shared<Words>(*device, 2 * z.multiprocessors);
                           u32 want = 0;
                           for (u32 b = 0; b < z.multiprocessors; ++b) want += triangle(z.rounds) + z.rounds * b;
                           // A launch leaves a multiple of the grid's size in the state: the next one goes on from there.
                           return summed("grid barrier", [=, rounds = z.rounds](Global<u32> sum) { return GridSync{{state->view()}, rounds, said->view(), sum}; }, Dims{z.multiprocessors, block, 1, 0, true}, want);
                       }});
    for (const unsigned cluster : z.clusters) {   // B5
        const unsigned blocks = std::max(cluster, z.multiprocessors / cluster * cluster);
        all.push_back({"B5", "cluster barrier", {{"cluster", cluster}, {"blocks", blocks}, {"threads", z.threads}}, static_cast<double>(z.rounds), "barriers", [=] {
                           u32 want = 0;
                           for (u32 b = 0; b < blocks; ++b) want += triangle(z.rounds) + z.rounds * (b % cluster);
                           return summed("cluster barrier", [=, rounds = z.rounds](Global<u32> sum) { return ClusterSync{rounds, sum}; }, Dims{blocks, z.threads, cluster, 16, false}, want);
                       }});
    }
    // B6: launches one by one; what a graph of them costs is measured where there is CUDA (gpu_ceilings.cu).
    all.push_back({"B6", "launch", {{"blocks", z.multiprocessors}, {"threads", z.wide}}, 1, "launches", [=] { return summed("launch", [](Global<u32> sum) { return Node{sum}; }, Dims{z.multiprocessors, z.wide, 1, 0, false}, 1); }});
    {   // B7
        const Dims dims{z.multiprocessors, z.wide, 1, 16, false};
        const u64 each_thread = u64{dims.grid} * dims.block;
        all.push_back({"B7", "block barrier with broadcast", {{"threads", z.wide}}, static_cast<double>(z.rounds), "barriers", [=] {
                           return summed("block barrier", [rounds = z.rounds](Global<u32> sum) { return BlockSync{rounds, sum}; }, dims, triangle(z.rounds) * static_cast<u32>(each_thread));
                       }});
        all.push_back({"B7", "ballot, append, barrier", {{"threads", z.wide}}, static_cast<double>(z.rounds), "rounds", [=] {
                           u32 want = 0;
                           for (u64 t = 0; t < each_thread; ++t)
                               for (u32 r = 0; r < z.rounds; ++r) want += Append::has(t, r);
                           return summed("append", [rounds = z.rounds](Global<u32> sum) { return Append{rounds, sum}; }, dims, want);
                       }});
    }
    {   // B8
        const RandomKey key = random_key(1, name_key("ceilings"), Stream::picks);
        const double calls = static_cast<double>(threads) * z.each;
        const auto by_thread = [=](auto&& of) {
            u32 want = 0;
            for (u64 t = 0; t < threads; ++t)
                for (u32 k = 0; k < z.each; ++k) want += of(t, k);
            return want;
        };
        all.push_back({"B8", "Philox4x32-10", {}, 4 * calls, "words", [=, each = z.each] {
                           return summed("Philox", [=](Global<u32> sum) { return Philox{key, each, sum}; }, plain, by_thread([&](u64 t, u32 k) { return Philox::words(key, t, k); }));
                       }});
        all.push_back({"B8", "4 distinct of 4096", {}, 4 * calls, "picks", [=, each = z.each] {
                           return summed("picks", [=](Global<u32> sum) { return Picks{key, each, sum}; }, plain, by_thread([&](u64 t, u32 k) { return Picks::four(key, t, k); }));
                       }});
        all.push_back({"B8", "IEEE divide, f32", {}, calls, "divides", [=, each = z.each] {
                           u32 want = 0;
                           for (u64 t = 0; t < threads; ++t) want += Divide::chain(t, each);
                           return summed("divide", [=](Global<u32> sum) { return Divide{each, sum}; }, plain, want);
                       }});
    }
    return all;
}

/// Those of the first GPU: sizes from its properties, and B6 as a CUDA graph too.
std::vector<Point> ceilings_of_gpu();

/// How many clusters of so many blocks, one on a multiprocessor, run at once on the first GPU; 0 before sm_90.
int resident_clusters(unsigned blocks);

}  // namespace spikemass::bench
