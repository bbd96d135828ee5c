// The record ring of the device engine: bins and chunks of every proportion, in both strategies, against the CPU engine; and that a missing wait is seen.

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <tuple>
#include <vector>

#include "host/gpu/ensemble.hpp"
#include "host/gpu/record.hpp"
#include "host/gpu/reference_engine.hpp"
#include "host/gpu/shim_device.hpp"
#include "tests/golden/networks.hpp"

namespace {

using namespace spikemass;
using gpu::ShimDevice;

/// Two populations of two models, scalar and counted terms, delays; `stimuli`: with or without.
Network small_network(bool stimuli, std::uint64_t seed) {
    Network n = golden::named("excitatory_inhibitory").network;
    n.populations[0].size = 111;
    n.populations[1].size = 55;
    for (Projection& p : n.projections)
        if (p.topology.kind != TopologyKind::all_to_all) p.topology.mean_indegree = 12;
    n.projections[2].topology.mean_indegree = 12.0 * 111.0 / 55.0;
    n.seeds.graph += seed;
    n.seeds.init += seed;
    if (!stimuli) n.stimuli.clear();
    else for (Stimulus& s : n.stimuli) s.start = 0;
    return n;
}

void expect_equal(const std::vector<PopulationBins>& a, const std::vector<PopulationBins>& b, const std::string& what) {
    ASSERT_EQ(a.size(), b.size()) << what;
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].spike_count, b[i].spike_count) << what;
        EXPECT_EQ(a[i].rate, b[i].rate) << what;
        EXPECT_EQ(a[i].v, b[i].v) << what;
        EXPECT_EQ(a[i].z_re, b[i].z_re) << what;
        EXPECT_EQ(a[i].z_im, b[i].z_im) << what;
    }
}

/// Calls of record in a row: bins, steps of a bin, flags.
struct Call {
    std::int64_t bins, steps_per_bin;
    RecordFlags flags;
};
const std::vector<Call> calls = {{2, 9, {}}, {7, 1, {true, false, false}}, {3, 4, {true, true, false}}, {1, 13, {false, true, false}}, {2, 9, {}}, {5, 3, {true, true, false}}};
const std::int64_t chunks[] = {1, 2, 3, 5, 9, 12, 4096};

std::string what(std::int64_t chunk, const Call& c) { return "chunks of " + std::to_string(chunk) + ", " + std::to_string(c.bins) + " bins of " + std::to_string(c.steps_per_bin); }

TEST(Record, BinsAndChunksOfAllProportionsOneByOne) {
    const Network n = small_network(true, 0);
    for (const std::int64_t chunk : chunks) {
        const auto cpu = make_cpu_engine(n, {1, ""});
        gpu::ReferenceEngine<ShimDevice> device(n, std::make_shared<ShimDevice>(ShimDevice::Layout{2, 64, chunk}));
        for (const Call& c : calls) {
            std::vector<PopulationBins> a, b;
            cpu->record(c.bins, c.steps_per_bin, c.flags, a);
            device.record(c.bins, c.steps_per_bin, c.flags, b);
            expect_equal(a, b, what(chunk, c));
            EXPECT_EQ(cpu->spikes(), device.spikes());
            EXPECT_EQ(cpu->step(), device.step());
            EXPECT_EQ(cpu->digest(), device.digest());
        }
        EXPECT_GT(cpu->spikes(), 30u);
    }
}

TEST(Record, BinsAndChunksOfAllProportionsTogether) {
    for (const std::int64_t chunk : chunks) {
        gpu::EnsembleOn<ShimDevice> ensemble(std::make_shared<ShimDevice>(ShimDevice::Layout{2, 64, chunk}));
        std::vector<Engine*> engines;
        std::vector<std::unique_ptr<Engine>> cpu;
        for (std::uint64_t i = 0; i < 3; ++i) {
            const Network n = small_network(i != 1, i);
            engines.push_back(&ensemble.add(n));
            cpu.push_back(make_cpu_engine(n, {1, ""}));
        }
        std::size_t alone = 0;
        for (const Call& c : calls) {
            std::vector<std::vector<PopulationBins>> all;
            ensemble.record(c.bins, c.steps_per_bin, c.flags, all);
            for (std::size_t i = 0; i < cpu.size(); ++i) {
                std::vector<PopulationBins> expected;
                cpu[i]->record(c.bins, c.steps_per_bin, c.flags, expected);
                expect_equal(expected, all[i], what(chunk, c));
                EXPECT_EQ(cpu[i]->spikes(), engines[i]->spikes());
                EXPECT_EQ(cpu[i]->step(), engines[i]->step());
                EXPECT_EQ(cpu[i]->digest(), engines[i]->digest());
            }
            const std::size_t i = alone++ % cpu.size();   // one goes on by itself, and records more than the ensemble has so far
            std::vector<PopulationBins> a, b;
            cpu[i]->record(2, 3, {true, true, false}, a);
            engines[i]->record(2, 3, {true, true, false}, b);
            expect_equal(a, b, what(chunk, c) + ", alone");
        }
    }
}

TEST(Record, NothingToDoIsNoBin) {
    const Network n = small_network(false, 0);
    gpu::EnsembleOn<ShimDevice> ensemble(std::make_shared<ShimDevice>(ShimDevice::Layout{}));
    Engine& engine = ensemble.add(n);
    std::vector<PopulationBins> out;
    engine.record(0, 5, {true, true, false}, out);
    engine.advance(0);
    std::vector<std::vector<PopulationBins>> all;
    ensemble.record(0, 5, {true, true, false}, all);
    ASSERT_EQ(out.size(), 2u);
    ASSERT_EQ(all.at(0).size(), 2u);
    EXPECT_TRUE(out[0].rate.empty());
    EXPECT_TRUE(all[0][0].rate.empty());
    EXPECT_EQ(engine.step(), 0);
}

TEST(Record, SumsCarryIntoTheirHighWord) {
    ShimDevice device({3, 96});
    std::vector<float> x(1003);
    std::int64_t expected = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<float>(i % 3 == 0 ? -7.75 : 5.5) * static_cast<float>(i + 1);   // of both signs, a low word of each nearly always
        expected += static_cast<std::int64_t>(static_cast<double>(x[i] * 0.3f) * 0x1p30);
    }
    ASSERT_GT(std::abs(static_cast<double>(expected)), 0x1p34);
    ShimDevice::Array<float> column(device, x.size());
    ShimDevice::Array<std::uint32_t> sum(device, 2);
    device.upload(column, x.data(), x.size());
    device.launch(device::DrainBin{0.3f, column.view(), sum.view()}, x.size());
    std::uint32_t words[2];
    device.download(sum, words, 2);
    EXPECT_EQ(static_cast<std::int64_t>(static_cast<std::uint64_t>(words[1]) << 32 | words[0]), expected);
    device.download(column, x.data(), x.size());
    EXPECT_EQ(x, std::vector<float>(x.size(), 0.0f));
}

// ---- faults that a GPU would show now and then, and fibers must show always ----

constexpr std::uint32_t poison = 0xa5a5a5a5;

TEST(Shim, APinnedBufferIsPoisonUntilItsWait) {
    ShimDevice device({});
    ShimDevice::Array<std::uint32_t> a(device, 3);
    ShimDevice::Pinned<std::uint32_t> p(device, 3);
    const std::uint32_t x[] = {1, 2, 3}, y[] = {1, 7, 3};
    device.upload(a, x, 3);
    EXPECT_EQ(p.data()[0], poison);
    device.download_later(a, p, 3);
    EXPECT_EQ(p.data()[0], poison);
    device.wait(p);
    EXPECT_EQ(std::vector(p.data(), p.data() + 3), (std::vector<std::uint32_t>{1, 2, 3}));
    device.download_later(a, p, 3);   // and what was there before is gone
    EXPECT_EQ(p.data()[0], poison);
    device.upload(a, y, 3);           // before the wait: nobody knows which of the two is copied
    device.wait(p);
    EXPECT_EQ(std::vector(p.data(), p.data() + 3), (std::vector<std::uint32_t>{1, poison, 3}));
}

/// The host folds without waiting.
struct NeverWaits : ShimDevice {
    using ShimDevice::ShimDevice;
    template <class T>
    void wait(Pinned<T>&) {}
};
/// Its ring has one half on the device, which the next chunk takes before the copy has been waited for.
struct OneHalf : ShimDevice {
    using ShimDevice::ShimDevice;
};

}  // namespace

template <>
class spikemass::gpu::RecordRing<OneHalf> {
public:
    void reserve(OneHalf& device, std::size_t words) {
        half_ = OneHalf::Array<std::uint32_t>(device, words);
        for (auto& h : host_) h = OneHalf::Pinned<std::uint32_t>(device, words);
    }
    arch::Global<std::uint32_t> begin(OneHalf& device, std::size_t words) {
        device.zero(half_, words);
        return half_.view();
    }
    template <class Fold>
    void end(OneHalf& device, std::size_t words, std::int64_t steps, Fold&& fold) {
        device.download_later(half_, host_[queued_ % 2], words);
        ++queued_;
        if (queued_ - folded_ > 1) take(device, fold);
        steps_ = steps;
    }
    template <class Fold>
    void drain(OneHalf& device, Fold&& fold) {
        if (queued_ > folded_) take(device, fold);
    }

private:
    template <class Fold>
    void take(OneHalf& device, Fold&& fold) {
        device.wait(host_[folded_ % 2]);
        fold(host_[folded_++ % 2].data(), steps_);
    }
    OneHalf::Array<std::uint32_t> half_;
    OneHalf::Pinned<std::uint32_t> host_[2];
    std::size_t queued_ = 0, folded_ = 0;
    std::int64_t steps_ = 0;
};

namespace {

/// Bins of both strategies on a device of this kind: 4 chunks.
template <class Device>
std::vector<std::vector<PopulationBins>> recorded(const Network& n) {
    const typename Device::Layout layout{2, 64, 6};
    std::vector<std::vector<PopulationBins>> all(1);
    gpu::ReferenceEngine<Device>(n, std::make_shared<Device>(layout)).record(8, 3, {true, true, false}, all[0]);
    gpu::EnsembleOn<Device> ensemble(std::make_shared<Device>(layout));
    ensemble.add(n);
    std::vector<std::vector<PopulationBins>> together;
    ensemble.record(8, 3, {true, true, false}, together);
    all.push_back(together.at(0));
    return all;
}

TEST(Shim, AFoldWithoutAWaitIsSeen) {
    const Network n = small_network(true, 0);
    const auto right = recorded<ShimDevice>(n), wrong = recorded<NeverWaits>(n);
    for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t p = 0; p < 2; ++p) {
            EXPECT_EQ(right[s][p].spike_count.size(), 8u);
            for (std::size_t bin = 0; bin < 8; ++bin) {
                EXPECT_NE(right[s][p].spike_count[bin], wrong[s][p].spike_count[bin]);
                EXPECT_NE(right[s][p].v[bin], wrong[s][p].v[bin]);
                EXPECT_NE(right[s][p].z_im[bin], wrong[s][p].z_im[bin]);
            }
        }
}

TEST(Shim, AHalfThatIsTakenBeforeItsCopyArrivedIsSeen) {
    const Network n = small_network(true, 0);
    const auto right = recorded<ShimDevice>(n), wrong = recorded<OneHalf>(n);
    for (std::size_t s = 0; s < 2; ++s)
        for (std::size_t p = 0; p < 2; ++p) {
            for (std::size_t bin = 0; bin < 6; ++bin) EXPECT_NE(right[s][p].v[bin], wrong[s][p].v[bin]) << bin;
            for (std::size_t bin = 6; bin < 8; ++bin) EXPECT_EQ(right[s][p].v[bin], wrong[s][p].v[bin]) << bin;   // nobody came after the last one
        }
}

}  // namespace
