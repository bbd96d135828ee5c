// Sweeps and runs on a device, which here is made of fibers: the CPU's values bit for bit, and what becomes of errors.

#include <atomic>
#include <cmath>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "host/output/dataset.hpp"
#include "host/output/journal.hpp"
#include "host/output/sweep_folder.hpp"
#include "host/sweep/sweep.hpp"
#include "kernels/spike_statistics.hpp"
#include "models/base/error.hpp"
#include "tests/host/shim_backend.hpp"
#include "tests/host/sweep/support.hpp"

namespace spikemass::test {
namespace {

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

/// 4 points x 2 trials and 2 runs of references.
std::string small(std::string text = sweep_toml) {
    for (const auto& [from, to] : {std::pair{"warmup    = 1.0", "warmup    = 0.7"}, {"duration  = 2.0", "duration  = 0.4"}, {"size   = 300", "size   = 101"}, {"trials    = 3", "trials    = 2"},
                                   {"dt        = 0.01", "dt        = 0.02"}})
        text = replaced(text, from, to);
    return text;
}

SweepOutcome run(const std::filesystem::path& out, const std::string& text, const Backend& backend, SweepOptions o = {}) {
    const NetworkFile file = network_file(text);
    o.out = out;
    o.quiet = true;
    o.backend = backend;
    return run_sweep(file, file.sweep(), o);
}

void expect_equal(const RunResult& a, const RunResult& b) {
    EXPECT_EQ(a.digest, b.digest);
    EXPECT_EQ(a.steps, b.steps);
    EXPECT_EQ(a.spikes, b.spikes);
    EXPECT_EQ(a.synapses, b.synapses);
    EXPECT_EQ(a.capped_fraction, b.capped_fraction);
    ASSERT_EQ(a.populations.size(), b.populations.size());
    for (std::size_t i = 0; i < a.populations.size(); ++i) {
        EXPECT_EQ(a.populations[i].spike_count, b.populations[i].spike_count);
        EXPECT_EQ(a.populations[i].rate, b.populations[i].rate);
        EXPECT_EQ(a.populations[i].v, b.populations[i].v);
        EXPECT_EQ(a.populations[i].z_re, b.populations[i].z_re);
        EXPECT_EQ(a.populations[i].z_im, b.populations[i].z_im);
    }
    ASSERT_EQ(a.statistics.size(), b.statistics.size());
    for (std::size_t i = 0; i < a.statistics.size(); ++i)
        for (const auto& number : spike_statistics_list) {
            const double x = a.statistics[i].*number.member, y = b.statistics[i].*number.member;
            EXPECT_TRUE(x == y || (std::isnan(x) && std::isnan(y))) << number.name;
        }
    for (std::size_t i = 0; i < a.projections.size(); ++i) EXPECT_EQ(a.projections[i].graph_checksum, b.projections[i].graph_checksum);
}

/// Of those in small().
bool same(const Network& a, const Network& b) {
    const Topology &s = a.projections[0].topology, &t = b.projections[0].topology;
    return a.seeds.graph == b.seeds.graph && s.kind == t.kind && s.mean_indegree == t.mean_indegree;
}

output::Journal journal_of(const std::filesystem::path& folder) { return output::Journal::open(output::journal_path(folder, 1, 1)); }

/// Every good run of `device` is that of `cpu`; returns how many there are.
int expect_same_runs(const std::filesystem::path& cpu, const std::filesystem::path& device, const std::string& strategy = "") {
    const auto a = journal_of(cpu), b = journal_of(device);
    int good = 0;
    for (const auto& [id, state] : b.states()) {
        if (state.status != output::TrialStatus::ok) continue;
        const auto x = a.load(id), y = b.load(id);
        if (!x || !y) {
            ADD_FAILURE() << "point " << id.index << ", trial " << id.trial << " is not in both";
            continue;
        }
        EXPECT_EQ(x->seeds.graph, y->seeds.graph);
        expect_equal(x->result, y->result);
        EXPECT_GT(y->result.spikes, 0u);
        EXPECT_EQ(y->result.backend, "cuda");
        if (!strategy.empty()) {
            EXPECT_EQ(y->result.strategy, strategy);
        }
        ++good;
    }
    return good;
}

/// The CPU's sweep, once for all tests.
const std::filesystem::path& on_cpu() {
    static const Folder folder;
    static const std::filesystem::path out = [] {
        EXPECT_EQ(run(folder / "cpu", small(), {}).done, 10);
        return folder / "cpu";
    }();
    return out;
}

TEST(OnADevice, ARunIsTheCpus) {
    const SweepPlan plan = network_file(small()).sweep();
    const Configuration c = plan.configuration(plan.points[1], 1);
    SimulationOptions o;
    const RunResult cpu = run_spiking(c.network, c.plan, o);
    o.backend = shim_backend();
    const RunResult device = run_spiking(c.network, c.plan, o);
    EXPECT_EQ(cpu.backend, "cpu");
    EXPECT_EQ(device.backend, "cuda");
    EXPECT_EQ(device.strategy, "R/shim");
    expect_equal(cpu, device);
}

TEST(OnADevice, ARunThatDoesNotFitIsRefusedBeforeAnythingIsBuilt) {
    const SweepPlan plan = network_file(small()).sweep();
    const Configuration c = plan.configuration(plan.points[1], 1);
    SimulationOptions o;
    o.backend = shim_backend();
    o.backend.devices[0].memory_bytes = 1e6;
    o.backend.devices[0].engine = [](const Network&) -> std::unique_ptr<Engine> {
        ADD_FAILURE() << "was built";
        return {};
    };
    EXPECT_THROW(run_spiking(c.network, c.plan, o), CapacityError);
    const Folder folder;
    EXPECT_THROW(run(folder / "out", small(), o.backend), CapacityError);
    EXPECT_FALSE(std::filesystem::exists(folder / "out"));
}

TEST(OnADevice, SweepsRunInEnsembles) {
    const Folder folder;
    std::vector<std::size_t> sizes;
    Backend b = shim_backend(4);
    b.devices[0].ensemble = [&, make = b.devices[0].ensemble] {
        return std::make_unique<WatchedEnsemble>(make(), [&, fresh = true](const std::vector<Network>& n) mutable { if (std::exchange(fresh, false)) sizes.push_back(n.size()); });
    };
    const SweepOutcome outcome = run(folder / "out", small(), b);
    EXPECT_EQ(outcome.code, ExitCode::ok);
    EXPECT_EQ(outcome.done, 10);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{4, 4, 2}));
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out", "A/shim"), 10);
    const auto header = journal_of(folder / "out").header();
    EXPECT_EQ(header.provenance.backend, "cuda");
    EXPECT_EQ(header.provenance.device, "shim");
}

TEST(OnADevice, WhatDoesNotFitIntoABlockRunsAlone) {
    const Folder folder;
    Backend b = shim_backend();
    b.devices[0].block_bytes = 100;
    EXPECT_EQ(run(folder / "blocks", small(), b).done, 10);
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "blocks", "R/shim"), 10);
}

TEST(OnADevice, RunsWithStatisticsOfSpikesAreAlone) {
    const Folder folder;
    const std::string text = replaced(small(), "[\"rate\", \"v\"]", "[\"rate\", \"v\", \"statistics\"]\nstatistics_window = 0.1\nstatistics_sample = 30");
    EXPECT_EQ(run(folder / "cpu", text, {}).done, 10);
    EXPECT_EQ(run(folder / "out", text, shim_backend()).done, 10);
    EXPECT_EQ(expect_same_runs(folder / "cpu", folder / "out", "R/shim"), 10);
    const auto record = journal_of(folder / "out").load({output::RunKind::reference, 0, 1});
    ASSERT_TRUE(record && record->result.statistics.size() == 1);
    EXPECT_GT(record->result.statistics[0].fano_neurons, 10);
    EXPECT_EQ(record->result.digest, journal_of(on_cpu()).load({output::RunKind::reference, 0, 1})->result.digest);
}

/// Looks at every ensemble before its first launch.
Backend watched(Backend b, std::function<void(const std::vector<Network>&)> look) {
    b.devices[0].ensemble = [look, make = b.devices[0].ensemble] {
        return std::make_unique<WatchedEnsemble>(make(), [look, fresh = true](const std::vector<Network>& n) mutable { if (std::exchange(fresh, false)) look(n); });
    };
    return b;
}

TEST(OnADevice, EnsemblesStayWithinTheMemoryOfBlocks) {
    const Folder folder;
    const std::string text = small(net_toml + "[sweep]\ntrials    = 3\n\"population.E.size\" = [103, 50]\n\"projection.EE.topology.kind\" = [\"erdos_renyi\", \"all_to_all\"]\n"
                                              "\"projection.EE.topology.self_connections\" = [true]\n");
    const SweepPlan plan = network_file(text).sweep();
    const auto block = [&](std::size_t point) { return BlockMemory(plan.configuration(plan.points[point]).network); };
    Backend b = shim_backend(8);
    b.devices[0].block_bytes = std::max(block(1).bytes(), block(2).bytes());   // 103 all to all; 50 random: each has what the other lacks
    BlockMemory both = block(1);
    both.widen(block(2));
    ASSERT_GT(both.bytes(), b.devices[0].block_bytes);
    std::size_t inside = 0;
    b = watched(b, [&](const std::vector<Network>& all) {
        BlockMemory widest(all.front());
        for (const Network& n : all) widest.widen(BlockMemory(n));
        EXPECT_LE(widest.bytes(), b.devices[0].block_bytes);
        inside += all.size();
    });
    EXPECT_EQ(run(folder / "out", text, b).done, 8);
    EXPECT_EQ(inside, 6u);   // 103 random ones are too large
    EXPECT_EQ(run(folder / "cpu", text, {}).done, 8);
    EXPECT_EQ(expect_same_runs(folder / "cpu", folder / "out"), 8);
}

TEST(OnADevice, EnsemblesStayWithinTheMemoryOfTheDevice) {
    const Folder folder;
    const std::string text = replaced(replaced(small(net_toml + "[sweep]\ntrials    = 3\n\"population.E.size\" = [31]\n"), "bin       = 0.1", "bin       = 0.02"), "trials    = 2", "trials    = 250");
    Backend b = shim_backend(1000);
    b.devices[0].memory_bytes = 75e6;
    std::vector<std::size_t> sizes;
    const SweepPlan plan = network_file(text).sweep();
    const Configuration c = plan.configuration(plan.points[0]);
    const double each = estimate_ensemble_memory(c.network, c.plan);
    EXPECT_EQ(run(folder / "out", text, watched(b, [&](const std::vector<Network>& n) { sizes.push_back(n.size()); })).done, 250);
    ASSERT_GT(sizes.size(), 1u);
    for (const std::size_t n : sizes) EXPECT_LE(static_cast<double>(n) * each, 0.8 * b.devices[0].memory_bytes);
    EXPECT_GT(static_cast<double>(sizes.front() + 1) * each, 0.8 * b.devices[0].memory_bytes);   // and fill it
}

TEST(OnADevice, TheBlockEstimateIsWhatTheLaunchTakes) {
    const SweepPlan plan = network_file(small()).sweep();
    for (const SweepPoint* point : {&plan.points[0], &plan.references[0]}) {
        const Configuration c = plan.configuration(*point);
        struct Tight : gpu::ShimDevice {
            using ShimDevice::ShimDevice;
            std::size_t shared_limit() const { return limit; }
            std::size_t limit = 0;
        };
        for (const bool enough : {false, true}) {
            const auto device = std::make_shared<Tight>(gpu::ShimDevice::Layout{1, 32});
            device->limit = BlockMemory(c.network).bytes() - (enough ? 0 : 1);
            gpu::EnsembleOn<Tight> ensemble(device);
            ensemble.add(c.network);
            std::vector<std::vector<PopulationBins>> out;
            const auto launch = [&] { ensemble.record(1, 1, {}, out); };
            if (enough) EXPECT_NO_THROW(launch());
            else EXPECT_THROW(launch(), CapacityError);
        }
    }
}

TEST(OnADevice, AnEnsembleThatFailsIsTakenApartUntilTheCulpritStandsAlone) {
    const Folder folder;
    const SweepPlan plan = network_file(small()).sweep();
    const Network bad = plan.configuration(plan.points[1], 1).network;
    const auto is_bad = [&](const Network& n) { return same(n, bad); };
    Backend b = shim_backend(10);
    b.devices[0].ensemble = [&, make = b.devices[0].ensemble] {
        return std::make_unique<WatchedEnsemble>(make(), [&](const std::vector<Network>& all) {
            for (const Network& n : all)
                if (is_bad(n)) throw DeviceError("a launch failed");
        });
    };
    b.devices[0].engine = [&, make = b.devices[0].engine](const Network& n) -> std::unique_ptr<Engine> {
        if (!is_bad(n)) return make(n);
        return std::make_unique<FailingEngine<CapacityError>>(make(n), CapacityError("device memory ran out"));
    };
    const SweepOutcome outcome = run(folder / "out", small(), b);
    EXPECT_EQ(outcome.code, ExitCode::failed_points);
    EXPECT_EQ(outcome.failed, 1);
    EXPECT_EQ(outcome.done, 9);
    EXPECT_TRUE(outcome.message.empty());
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 9);
    const auto record = journal_of(folder / "out").load({output::RunKind::point, 1, 1});
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->status, output::TrialStatus::failed);
    EXPECT_EQ(record->message, "device memory ran out");
    SweepOptions o;
    o.resume = true;
    EXPECT_EQ(run(folder / "out", small(), shim_backend(), o).code, ExitCode::ok);   // only that one is missing
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 10);
}

TEST(OnADevice, ALostDeviceEndsTheSweepAndItCanBeResumed) {
    for (const bool ensembles : {true, false}) {
        const Folder folder;
        std::atomic<int> launches{0};
        Backend b = shim_backend(4);
        const auto fail = [&] {
            if (++launches > 4) throw DeviceError("illegal address", true);
        };
        if (ensembles) {
            b.devices[0].ensemble = [&, make = b.devices[0].ensemble] {
                return std::make_unique<WatchedEnsemble>(make(), [&, fresh = true](const std::vector<Network>&) mutable {
                    if (std::exchange(fresh, false)) launches += 3;   // the second ensemble is lost
                    if (launches > 4) throw DeviceError("illegal address", true);
                });
            };
        } else {
            b.devices[0].ensemble = nullptr;
            b.devices[0].engine = [&, make = b.devices[0].engine](const Network& n) {
                fail();
                return make(n);
            };
        }
        const SweepOutcome outcome = run(folder / "out", small(), b);
        EXPECT_EQ(outcome.code, ExitCode::resumable);
        EXPECT_EQ(outcome.done, 4);
        EXPECT_EQ(outcome.failed, ensembles ? 0 : 1);
        EXPECT_EQ(outcome.missing, ensembles ? 6 : 5);
        EXPECT_NE(outcome.message.find("illegal address"), std::string::npos);
        EXPECT_NE(outcome.message.find("--resume"), std::string::npos);
        SweepOptions o;
        o.resume = true;
        EXPECT_EQ(run(folder / "out", small(), Backend{}, o).code, ExitCode::ok);   // the rest on the CPU
        EXPECT_EQ(journal_of(folder / "out").remaining().size(), 0u);
    }
}

TEST(OnADevice, ALostDeviceIsToldEvenByTheLastRun) {
    const Folder folder;
    Backend b = shim_backend();
    b.devices[0].ensemble = nullptr;
    b.devices[0].engine = [](const Network&) -> std::unique_ptr<Engine> { throw DeviceError("illegal address", true); };
    const SweepOutcome outcome = run(folder / "out", small(net_toml + "[sweep]\ntrials    = 3\n\"population.E.size\" = [101]\n"), b);
    EXPECT_EQ(outcome.code, ExitCode::resumable);
    EXPECT_EQ(outcome.failed + outcome.missing, 2);
}

TEST(OnADevice, StopsBetweenLaunches) {
    const Folder folder;
    StopFlag stop{0};
    Backend b = shim_backend(4);
    int launches = 0;
    b.devices[0].ensemble = [&, make = b.devices[0].ensemble] {
        return std::make_unique<WatchedEnsemble>(make(), [&, fresh = true](const std::vector<Network>&) mutable {
            if (std::exchange(fresh, false) && ++launches == 2) stop = static_cast<int>(ExitCode::interrupted);
        });
    };
    SweepOptions o;
    o.stop = &stop;
    const SweepOutcome outcome = run(folder / "out", small(), b, o);
    EXPECT_EQ(outcome.code, ExitCode::interrupted);
    EXPECT_EQ(outcome.done, 4);
    EXPECT_EQ(outcome.missing, 6);
    stop = 0;
    o.resume = true;
    EXPECT_EQ(run(folder / "out", small(), shim_backend(), o).code, ExitCode::ok);
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out", "A/shim"), 10);
}

TEST(OnADevice, NetworksOfDifferentDtDoNotShareALaunch) {
    const Folder folder;
    const std::string text = small(net_toml + "[sweep]\ntrials    = 3\n\"run.dt\" = [0.02, 0.01]\n");
    EXPECT_EQ(run(folder / "cpu", text, {}).done, 4);
    EXPECT_EQ(run(folder / "out", text, shim_backend(4)).done, 4);
    EXPECT_EQ(expect_same_runs(folder / "cpu", folder / "out", "A/shim"), 4);
}

/// As `watched`, for one of several devices.
Device watched_part(Device d, std::function<void(const std::vector<Network>&)> look) {
    d.ensemble = [look, make = d.ensemble] {
        return std::make_unique<WatchedEnsemble>(make(), [look, fresh = true](const std::vector<Network>& n) mutable { if (std::exchange(fresh, false)) look(n); });
    };
    return d;
}

TEST(SeveralDevices, ShareOneQueueAndGiveTheSameRuns) {
    for (const std::size_t n : {2, 3}) {
        const Folder folder;
        Backend b = shim_backend(100, n);
        std::mutex mutex;
        std::map<std::size_t, std::size_t> runs;
        std::set<std::thread::id> threads;
        for (std::size_t i = 0; i < n; ++i)
            b.devices[i] = watched_part(b.devices[i], [&, i](const std::vector<Network>& all) {
                const std::lock_guard lock(mutex);
                runs[i] += all.size();
                threads.insert(std::this_thread::get_id());
            });
        const SweepOutcome outcome = run(folder / "out", small(), b);
        EXPECT_EQ(outcome.code, ExitCode::ok);
        EXPECT_EQ(outcome.done, 10);
        EXPECT_TRUE(outcome.message.empty());
        EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 10);
        EXPECT_EQ(journal_of(folder / "out").header().provenance.device, std::to_string(n) + " x shim");
        EXPECT_EQ(runs.size(), n);   // each has its share, although one could hold all
        EXPECT_EQ(threads.size(), n);
        for (const auto& [device, count] : runs) EXPECT_LE(count, (10 + n - 1) / n) << device;
    }
}

TEST(SeveralDevices, ALostOneEndsAloneAndTheOthersTakeItsRuns) {
    for (const bool ensembles : {true, false}) {
        const Folder folder;
        Backend b = shim_backend(2, 3);
        std::atomic<int> lost_after{0};
        const auto lose = [&] {
            ++lost_after;
            throw DeviceError("illegal address on the second", true);
        };
        if (ensembles) {
            b.devices[1] = watched_part(b.devices[1], [&](const std::vector<Network>&) { lose(); });
        } else {
            for (Device& d : b.devices) d.ensemble = nullptr;
            b.devices[1].engine = [&](const Network&) -> std::unique_ptr<Engine> { return lose(), nullptr; };
        }
        const SweepOutcome outcome = run(folder / "out", small(), b);
        EXPECT_EQ(outcome.code, ExitCode::ok);
        EXPECT_EQ(outcome.done, 10);
        EXPECT_EQ(outcome.failed + outcome.missing, 0);
        EXPECT_EQ(lost_after, 1);   // it is not asked again
        EXPECT_NE(outcome.message.find("illegal address on the second"), std::string::npos) << outcome.message;
        EXPECT_NE(outcome.message.find("done by the others"), std::string::npos) << outcome.message;
        EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 10);
    }
}

TEST(SeveralDevices, ALostOneIsTakenApartInTheMiddle) {   // what is left of a halved ensemble comes back too
    const Folder folder;
    Backend b = shim_backend(10, 2);
    std::atomic<int> launches{0};
    const auto fail = [&](const std::vector<Network>&) {
        if (++launches == 1) throw DeviceError("a launch failed");
        throw DeviceError("illegal address", true);
    };
    b.devices[0] = watched_part(b.devices[0], fail);
    const SweepOutcome outcome = run(folder / "out", small(), b);
    EXPECT_EQ(launches, 2);
    EXPECT_EQ(outcome.code, ExitCode::ok);
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 10);
}

TEST(SeveralDevices, AllLostIsResumable) {
    const Folder folder;
    Backend b = shim_backend(2, 3);
    std::atomic<bool> context_lost{false};
    std::atomic<int> launches{0};
    for (Device& d : b.devices)
        d = watched_part(d, [&](const std::vector<Network>&) {   // one takes the whole process with it: the others fail in the same way
            if (context_lost || ++launches == 3) {
                context_lost = true;
                throw DeviceError("illegal address", true);
            }
        });
    const SweepOutcome outcome = run(folder / "out", small(), b);
    EXPECT_EQ(outcome.code, ExitCode::resumable);
    EXPECT_EQ(outcome.done, 4);
    EXPECT_EQ(outcome.missing, 6);
    EXPECT_NE(outcome.message.find("--resume"), std::string::npos) << outcome.message;
    SweepOptions o;
    o.resume = true;
    EXPECT_EQ(run(folder / "out", small(), shim_backend(2, 2), o).code, ExitCode::ok);
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 10);
}

TEST(SeveralDevices, ARunThatKillsTwoDevicesHasFailed) {
    const Folder folder;
    const SweepPlan plan = network_file(small()).sweep();
    const Network bad = plan.configuration(plan.points[1], 1).network;
    Backend b = shim_backend(1, 3);
    for (Device& d : b.devices)
        d.engine = [bad, make = d.engine](const Network& n) -> std::unique_ptr<Engine> {
            if (same(n, bad)) throw DeviceError("illegal address", true);
            return make(n);
        };
    const SweepOutcome outcome = run(folder / "out", small(), b);
    EXPECT_EQ(outcome.code, ExitCode::failed_points);   // the third device did the others
    EXPECT_EQ(outcome.failed, 1);
    EXPECT_EQ(outcome.done, 9);
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 9);
}

TEST(SeveralDevices, ASmallOneLeavesLargeRunsToTheOthers) {
    const std::string text = small(net_toml + "[sweep]\ntrials    = 3\n\"population.E.size\" = [31, 20011]\n");
    const SweepPlan plan = network_file(text).sweep();
    const auto need = [&](std::size_t point) { return estimate_device_memory(plan.configuration(plan.points[point]).network); };
    ASSERT_GT(need(1), 1.01 * need(0));
    Backend b = shim_backend(4, 2);
    for (Device& d : b.devices) d.ensemble = nullptr;
    b.devices[0].memory_bytes = 1.06 * need(0);
    std::atomic<int> here{0};
    b.devices[0].engine = [&, make = b.devices[0].engine](const Network& n) {
        EXPECT_EQ(n.populations[0].size, 31);
        ++here;
        return make(n);
    };
    const Folder folder;
    EXPECT_EQ(run(folder / "cpu", text, {}).done, 4);
    EXPECT_EQ(run(folder / "out", text, b).done, 4);
    EXPECT_GT(here, 0);
    EXPECT_EQ(expect_same_runs(folder / "cpu", folder / "out"), 4);

    // Without the large one the small one does what it can, and the rest can be resumed.
    b.devices[1].engine = [](const Network&) -> std::unique_ptr<Engine> { throw DeviceError("it fell off the bus", true); };
    const SweepOutcome outcome = run(folder / "lost", text, b);
    EXPECT_EQ(outcome.code, ExitCode::resumable);
    EXPECT_EQ(outcome.done, 2);
    EXPECT_EQ(outcome.missing, 2);
    EXPECT_NE(outcome.message.find("ended early"), std::string::npos) << outcome.message;
    for (Device& d : b.devices) d.memory_bytes = 1.06 * need(0);
    EXPECT_THROW(run(folder / "none", text, b), CapacityError);
}

TEST(SeveralDevices, StopTogether) {
    const Folder folder;
    StopFlag stop{0};
    Backend b = shim_backend(2, 2);
    std::atomic<int> launches{0};
    for (Device& d : b.devices)
        d = watched_part(d, [&](const std::vector<Network>&) {
            if (++launches == 3) stop = static_cast<int>(ExitCode::interrupted);
        });
    SweepOptions o;
    o.stop = &stop;
    const SweepOutcome outcome = run(folder / "out", small(), b, o);
    EXPECT_EQ(outcome.code, ExitCode::interrupted);
    EXPECT_GT(outcome.missing, 3);
    stop = 0;
    o.resume = true;
    EXPECT_EQ(run(folder / "out", small(), shim_backend(4, 2), o).code, ExitCode::ok);
    EXPECT_EQ(expect_same_runs(on_cpu(), folder / "out"), 10);
}

}  // namespace
}  // namespace spikemass::test
