#include "host/backend.hpp"

#include <gtest/gtest.h>

#include "host/simulation.hpp"
#include "models/base/error.hpp"

namespace spikemass {
namespace {

GpuSupport gpus(std::vector<std::string> why_not) {
    GpuSupport s;
    s.built = true;
    s.driver = 13000;
    for (std::size_t i = 0; i < why_not.size(); ++i) {
        GpuDevice d;
        d.ordinal = static_cast<int>(i);
        d.name = "GPU number " + std::to_string(i);
        d.multiprocessors = 10;
        d.free_bytes = 8'000'000'000;
        d.shared_bytes_per_block = 232448;
        d.why_not = why_not[i];
        s.devices.push_back(d);
    }
    if (why_not.empty()) s.why_none = "No driver, said the test: install one.";
    return s;
}

/// A machine that counts how often it is asked.
struct Fake : Machine {
    explicit Fake(GpuSupport support, DeviceCosts costs = predicted_device_costs) {
        built = true;
        device_costs = costs;
        ask = [this, support] {
            ++asked;
            return support;
        };
    }
    Fake(const Fake&) = delete;
    int asked = 0;
};

DeviceCosts fast(bool measured = true) {
    return {.start = 0.5, .alone = {.launch = 1e-6, .update = 1e-11, .event = 1e-11}, .block = {.step = 2e-6, .update = 4e-10, .event = 2e-10}, .multiprocessors = 10, .measured = measured};
}
Workload alone(Work work) { return {work, {}, 0}; }
Workload long_work() { return alone({.steps = 1e6, .launches = 4e6, .neurons = 1e5, .updates = 1e11, .events = 1e11}); }   // about 190 s here
Workload short_work() { return alone({.steps = 1e3, .launches = 4e3, .neurons = 1e3, .updates = 1e6}); }
Workload never() {
    ADD_FAILURE() << "work was asked for";
    return {};
}

Network network(std::int64_t size, TopologyKind kind, double indegree = 10) {
    Network n;
    n.populations.push_back({"E", NeuronKind::qif, size, {}, 1.0, {}});
    Projection p;
    p.name = "EE";
    p.topology.kind = kind;
    p.topology.mean_indegree = indegree;
    p.topology.self_connections = true;
    n.projections.push_back(p);
    return n;
}

TEST(Backend, CpuNeverAsksTheDriver) {
    const Fake machine(gpus({""}), fast());
    const Backend b = choose_backend("cpu", {never, {}}, machine);
    EXPECT_EQ(b.name, "cpu");
    EXPECT_FALSE(b.on_device());
    EXPECT_EQ(machine.asked, 0);
}

TEST(Backend, CudaTakesEveryDeviceThatWorks) {
    const Fake machine(gpus({"This program has no code for it.", "", ""}));
    const Backend b = choose_backend("cuda", {never, {}}, machine);
    EXPECT_EQ(b.name, "cuda");
    EXPECT_TRUE(b.on_device());
    ASSERT_EQ(b.devices.size(), 2u);
    EXPECT_EQ(b.devices[0].name, "GPU number 1");
    EXPECT_EQ(b.devices[1].name, "GPU number 2");
    EXPECT_EQ(b.device_names(), "GPU number 1, GPU number 2");
    EXPECT_EQ(b.devices[0].memory_bytes, 8e9);
    EXPECT_EQ(b.devices[0].block_bytes, 232448u);
    EXPECT_EQ(b.devices[0].together, 20u);
    EXPECT_EQ(machine.asked, 1);
}

template <class E>
std::string refusal(const std::function<void()>& f) {
    try {
        f();
    } catch (const E& e) {
        return e.what();
    }
    return "";
}

TEST(Backend, NamedDevicesAreTakenInTheirOrder) {
    const Fake machine(gpus({"This program has no code for it.", "", ""}));
    for (const char* request : {"cuda", "auto"}) {   // to name any is to ask for them
        const Backend b = choose_backend(request, {never, {}}, machine, {2, 1});
        EXPECT_EQ(b.name, "cuda");
        EXPECT_EQ(b.device_names(), "GPU number 2, GPU number 1");
    }
    const std::string none = refusal<ConfigurationError>([&] { choose_backend("cuda", {never, {}}, machine, {1, 7}); });
    for (const char* part : {"--devices 7", "0 (GPU number 0), 1 (GPU number 1), 2 (GPU number 2)", "CUDA_VISIBLE_DEVICES", "doctor"}) EXPECT_NE(none.find(part), std::string::npos) << none;
    const std::string broken = refusal<DeviceError>([&] { choose_backend("cuda", {never, {}}, machine, {0}); });
    EXPECT_NE(broken.find("no code for it"), std::string::npos) << broken;
    EXPECT_NE(refusal<ConfigurationError>([&] { choose_backend("cpu", {never, {}}, machine, {1}); }).find("--backend cpu"), std::string::npos);
    Fake without(gpus({""}));
    without.built = false;
    EXPECT_NE(refusal<ConfigurationError>([&] { choose_backend("auto", {never, {}}, without, {0}); }).find("no CUDA backend"), std::string::npos);
    EXPECT_EQ(without.asked, 0);
}

TEST(Backend, ListsOfDevicesAreReadStrictly) {
    EXPECT_EQ(parse_devices("0"), (std::vector<int>{0}));
    EXPECT_EQ(parse_devices("2,0,11"), (std::vector<int>{2, 0, 11}));
    for (const char* bad : {"", ",", "0,", ",0", "a", "0;1", "-1", "0,0", "1 ,2", "99999999999"})
        EXPECT_NE(refusal<ConfigurationError>([&] { parse_devices(bad); }).find("separated by commas"), std::string::npos) << bad;
}

TEST(Backend, EqualDevicesAreCounted) {
    Backend b;
    EXPECT_EQ(b.device_names(), "");
    for (const char* name : {"A", "B", "A"}) b.devices.emplace_back().name = name;
    EXPECT_EQ(b.device_names(), "2 x A, B");
}

TEST(Backend, CudaIsRefusedWithTheReason) {
    const Fake machine(gpus({}));
    try {
        choose_backend("cuda", {never, {}}, machine);
        FAIL() << "not refused";
    } catch (const DeviceError& e) {
        EXPECT_NE(std::string(e.what()).find("No driver, said the test: install one."), std::string::npos) << e.what();
        EXPECT_FALSE(e.lost());
    }
    Fake without(gpus({""}));
    without.built = false;
    EXPECT_THROW(choose_backend("cuda", {never, {}}, without), ConfigurationError);
    EXPECT_EQ(without.asked, 0);
    EXPECT_THROW(choose_backend("tpu", {never, {}}, machine), ConfigurationError);
}

TEST(Backend, AutoTakesAGpuThatIsClearlyFasterForWorkThatIsWorthIt) {
    const Fake machine(gpus({""}), fast());
    EXPECT_EQ(choose_backend("auto", {short_work, {}}, machine).name, "cpu");
    EXPECT_EQ(machine.asked, 0);   // too short to ask
    const Backend b = choose_backend("auto", {long_work, {}}, machine);
    EXPECT_EQ(b.name, "cuda");
    EXPECT_NE(b.reason.find("estimates"), std::string::npos) << b.reason;
    EXPECT_EQ(machine.asked, 1);
    DeviceCosts slower = fast();
    slower.alone = cpu_costs;
    slower.alone.update /= 1.9;
    slower.alone.event /= 1.9;
    const Fake level(gpus({""}), slower);
    EXPECT_EQ(choose_backend("auto", {long_work, {}}, level).name, "cpu");
    EXPECT_EQ(level.asked, 0);
    const Fake none(gpus({}), fast());
    const Backend without = choose_backend("auto", {long_work, {}}, none);
    EXPECT_EQ(without.name, "cpu");
    EXPECT_NE(without.reason.find("said the test"), std::string::npos) << without.reason;
}

TEST(Backend, AutoCountsThreads) {
    Fake machine(gpus({""}), fast());   // about 6.5 s there
    machine.threads = 8;
    EXPECT_EQ(choose_backend("auto", {long_work, {}}, machine).name, "cuda");
    machine.threads = 32;
    const Backend b = choose_backend("auto", {long_work, {}}, machine);
    EXPECT_EQ(b.name, "cpu");
    EXPECT_NE(b.reason.find("32 threads"), std::string::npos) << b.reason;
}

TEST(Backend, AutoAsksMoreOfPredictionsAndSaysSo) {
    Workload w = long_work();
    w.alone.launches = 78e6;   // about 80 s there, so 2.4 times faster
    const Fake measured(gpus({""}), fast()), predicted(gpus({""}), fast(false));
    const auto work = [&] { return w; };
    EXPECT_EQ(choose_backend("auto", {work, {}}, measured).name, "cuda");
    const Backend b = choose_backend("auto", {work, {}}, predicted);
    EXPECT_EQ(b.name, "cpu");
    EXPECT_NE(b.reason.find("prediction"), std::string::npos) << b.reason;
    EXPECT_EQ(predicted.asked, 0);
}

TEST(Backend, AutoLooksAtTheDeviceThatIsThere) {
    GpuSupport small = gpus({""});
    small.devices[0].multiprocessors = 1;   // a tenth of what the costs are for
    Workload w = long_work();
    w.alone.updates = w.alone.events = 5e12;   // 100 s on the one, 1000 s on the other, 9500 s here
    const auto work = [&] { return w; };
    const Fake machine(small, fast());
    EXPECT_EQ(choose_backend("auto", {work, {}}, machine).name, "cuda");
    Fake threads(small, fast());
    threads.threads = 16;
    EXPECT_EQ(choose_backend("auto", {work, {}}, threads).name, "cpu");
    EXPECT_EQ(threads.asked, 1);   // a typical one would have done
    int checked = 0;
    const Network huge = network(1000003, TopologyKind::erdos_renyi, 3000);
    const auto check = [&](std::span<const Device> devices) {
        ++checked;
        check_device_memory(huge, devices);
    };
    EXPECT_EQ(choose_backend("auto", {short_work, check}, machine).name, "cpu");
    EXPECT_EQ(choose_backend("cuda", {never, check}, machine).name, "cuda");
    EXPECT_EQ(checked, 0);   // it does not matter
    const Backend b = choose_backend("auto", {work, check}, machine);
    EXPECT_EQ(b.name, "cpu");
    EXPECT_EQ(checked, 1);
    EXPECT_NE(b.reason.find("GiB are free on GPU number 0"), std::string::npos) << b.reason;
}

TEST(Backend, ManySmallNetworksShareADevice) {
    Work one{.steps = 1e5, .updates = 1e9, .events = 1e9};
    Workload w;
    for (int i = 0; i < 20; ++i) w += {{}, one, 1};
    const DeviceCosts c = fast();
    EXPECT_DOUBLE_EQ(c.of(w, 20, 10), 0.5 + 0.2 + 0.4 + 0.2);
    EXPECT_DOUBLE_EQ(c.of(w, 10, 10), 0.5 + 2 * (0.2 + 0.4 + 0.2));
    EXPECT_DOUBLE_EQ(c.of({{}, one, 1}, 20, 10), 0.5 + 0.2 + 0.4 + 0.2);
}

TEST(Backend, CostsAddUp) {
    const Costs c{.step = 2, .launch = 1, .neuron = 3, .synapse = 11, .update = 5, .observation = 7, .event = 13, .annealed_event = 17};
    Work w{.steps = 1, .launches = 1, .neurons = 1, .synapses = 1, .updates = 1, .observations = 1, .events = 1, .annealed_events = 1};
    EXPECT_EQ(c.of(w), 59);
    EXPECT_EQ(c.of_building(w), 14);
    w += w;
    EXPECT_EQ(c.of(w), 2 * 59);
    w *= 2.5;
    EXPECT_EQ(c.of(w), 5 * 59);
    Workload small{{}, w, 2};
    small *= 3;
    EXPECT_EQ(c.of(small.all()), 15 * 59);
    EXPECT_EQ(small.networks, 6);
}

TEST(Backend, DeviceMemoryIsEstimatedBeforeItIsTaken) {
    const Network n = network(1000003, TopologyKind::erdos_renyi, 100);
    const double need = estimate_device_memory(n);
    EXPECT_GT(need, 4e8);   // 1e8 targets of 4 bytes
    EXPECT_LT(need, 8e8);
    const Network narrow = network(60000, TopologyKind::erdos_renyi, 1000);
    EXPECT_GT(estimate_device_memory(narrow), device_context_bytes + 1.2e8);   // 6e7 targets of 2 bytes ...
    EXPECT_LT(estimate_device_memory(narrow), device_context_bytes + 1.5e8);   // ... and what building takes beside them
    const Fake machine(gpus({""}));
    Backend b = choose_backend("cuda", {never, {}}, machine);
    b.devices[0].memory_bytes = 1.06 * need;
    EXPECT_NO_THROW(check_device_memory(n, b.devices));
    b.devices[0].memory_bytes = 1.04 * need;   // a part of it is never usable
    b.devices.push_back(b.devices[0]);
    b.devices[1].memory_bytes = 1.06 * need;   // one that holds it is enough
    EXPECT_NO_THROW(check_device_memory(n, b.devices));
    b.devices.pop_back();
    try {
        check_device_memory(n, b.devices);
        FAIL() << "not refused";
    } catch (const CapacityError& e) {
        EXPECT_NE(std::string(e.what()).find("GPU number 0"), std::string::npos) << e.what();
    }
    EXPECT_NO_THROW(check_device_memory(n, Backend{}.devices));
}

TEST(Backend, GraphsOfADeviceTakeNoMemoryHere) {
    const Network n = network(1000003, TopologyKind::erdos_renyi, 100);
    const Fake machine(gpus({""}));
    const MemoryEstimate here = estimate_memory(n, Backend{}, 2), there = estimate_memory(n, choose_backend("cuda", {never, {}}, machine), 2);
    EXPECT_EQ(here.bytes, estimate_memory(n, CpuOptions{2, ""}).bytes);
    EXPECT_EQ(here.synapses, there.synapses);
    EXPECT_GT(here.bytes, 2e8);
    EXPECT_LT(there.bytes, 6e7);
    EXPECT_GT(there.bytes, 3.9e7);   // draws of 1e6 neurons
}

TEST(Backend, WorkloadsTellSmallNetworksFromLarge) {
    RunPlan plan;
    plan.warmup_steps = 10;
    plan.bins = 3;
    plan.steps_per_bin = 5;
    const Workload small = estimate_workload(network(1000, TopologyKind::erdos_renyi), plan, false), large = estimate_workload(network(100000, TopologyKind::erdos_renyi), plan, false);
    EXPECT_EQ(small.networks, 1);
    EXPECT_EQ(small.together.steps, 25);
    EXPECT_EQ(small.together.synapses, 1e4);
    EXPECT_EQ(small.alone.steps, 0);
    EXPECT_EQ(large.networks, 0);
    EXPECT_EQ(large.alone.launches, 25 * 4);
    EXPECT_EQ(estimate_workload(network(1000, TopologyKind::erdos_renyi), plan, true).networks, 0);
}

TEST(Backend, BlocksHaveTheLargestOfEach) {
    BlockMemory a(network(1001, TopologyKind::erdos_renyi)), b(network(2003, TopologyKind::all_to_all));
    EXPECT_EQ(a.counts, 1001u);
    EXPECT_EQ(b.counts, 0u);
    EXPECT_EQ(b.scalars, 1u);
    EXPECT_EQ(b.state * 1001, a.state * 2003);
    a.widen(b);
    EXPECT_EQ(a.state, b.state);
    EXPECT_EQ(a.counts, 1001u);
    EXPECT_GE(a.bytes(), 4 * (a.state + a.counts));
}

}  // namespace
}  // namespace spikemass
