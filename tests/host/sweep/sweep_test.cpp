#include "host/sweep/sweep.hpp"

#include <chrono>
#include <thread>

#include "host/output/dataset.hpp"
#include "host/output/journal.hpp"
#include "host/output/sweep_folder.hpp"
#include "models/base/error.hpp"
#include "tests/host/sweep/support.hpp"

namespace spikemass::test {
namespace {

SweepOutcome run(const std::filesystem::path& out, const std::string& text = sweep_toml, SweepOptions o = {}) {
    const NetworkFile file = network_file(text);
    o.out = out;
    o.quiet = true;
    if (o.threads == 1) o.threads = 2;
    return run_sweep(file, file.sweep(), o);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

template <class E>
std::string refusal(const std::filesystem::path& out, const std::string& text, SweepOptions o = {}) {
    try {
        run(out, text, o);
    } catch (const E& e) {
        return e.what();
    }
    return "";
}

TEST(Sweep, EveryRunEqualsItsNetworkAlone) {
    const Folder folder;
    const SweepOutcome outcome = run(folder / "out");
    EXPECT_EQ(outcome.code, ExitCode::ok);
    EXPECT_EQ(outcome.planned, 4 * 3 + 3);
    EXPECT_EQ(outcome.done, 15);
    EXPECT_EQ(outcome.failed + outcome.missing, 0);
    const output::Dataset d = output::read_dataset(output::dataset_path(folder / "out"));
    const SweepPlan plan = network_file().sweep();
    SimulationOptions alone;
    for (std::size_t p = 0; p < 4; ++p)
        for (std::size_t t = 0; t < 3; ++t) {
            const Configuration c = plan.configuration(plan.points[p], t);
            const RunResult r = run_spiking(c.network, c.plan, alone);
            EXPECT_EQ(d.runs.digest[p * 3 + t], r.digest);
            EXPECT_EQ(d.runs.seed_graph[p * 3 + t], c.network.seeds.graph);
            for (std::size_t b = 0; b < 20; ++b) EXPECT_EQ(d.runs.spike_count[(p * 3 + t) * 20 + b], r.populations[0].spike_count[b]);
        }
    const Configuration reference = plan.configuration(plan.references.at(0), 1);
    EXPECT_EQ(d.references.digest[1], run_spiking(reference.network, reference.plan, alone).digest);
}

TEST(Sweep, TheBytesDoNotDependOnThreads) {
    const Folder folder;
    for (const int threads : {2, 3, 7}) {
        SweepOptions o;
        o.threads = threads;
        run(folder / std::to_string(threads), sweep_toml, o);
    }
    const std::string expected = bytes(output::dataset_path(folder / "2"));
    EXPECT_FALSE(expected.empty());
    EXPECT_EQ(bytes(output::dataset_path(folder / "3")), expected);
    EXPECT_EQ(bytes(output::dataset_path(folder / "7")), expected);
}

TEST(Sweep, LargeNetworksShareTheThreadsSmallOnesRunSideBySide) {
    const Folder folder;
    const std::string text = replaced(replaced(replaced(net_toml, "warmup    = 1.0", "warmup    = 0.0"), "duration  = 2.0", "duration  = 0.1"), "mean_indegree = 30", "mean_indegree = 10") +
                             "[sweep]\n\"population.E.size\" = [300, 400000, 500, 450000]\n";
    const SweepPlan plan = network_file(text).sweep();
    const auto seconds_per_step = [&](std::size_t p) {
        const Configuration c = plan.configuration(plan.points[p]);
        return estimate_seconds(c.network, c.plan) / 10;
    };
    ASSERT_GT(seconds_per_step(1), 200e-6);   // what makes a network large
    ASSERT_LT(seconds_per_step(2), 200e-6);
    EXPECT_EQ(run(folder / "out", text).done, 4);
    const output::Dataset d = output::read_dataset(output::dataset_path(folder / "out"), false);
    for (std::size_t p = 0; p < 4; ++p) {
        const Configuration c = plan.configuration(plan.points[p]);
        EXPECT_EQ(d.runs.digest[p], run_spiking(c.network, c.plan, {}).digest) << p;
    }
}

TEST(Sweep, StopsAndResumes) {
    const Folder folder;
    run(folder / "whole");
    for (const ExitCode code : {ExitCode::resumable, ExitCode::interrupted}) {
        StopFlag stop{static_cast<int>(code)};   // before the first run
        SweepOptions o;
        o.stop = &stop;
        o.resume = true;
        const auto out = folder / std::to_string(static_cast<int>(code));
        const SweepOutcome stopped = run(out, sweep_toml, o);
        EXPECT_EQ(stopped.code, code);
        EXPECT_EQ(stopped.missing, 15);
        EXPECT_EQ(output::read_dataset(output::dataset_path(out)).runs.status[0], output::TrialStatus::missing);
        stop = 0;
        const SweepOutcome resumed = run(out, sweep_toml, o);
        EXPECT_EQ(resumed.code, ExitCode::ok);
        EXPECT_EQ(resumed.done, 15);
        EXPECT_EQ(bytes(output::dataset_path(out)), bytes(output::dataset_path(folder / "whole")));
    }
}

TEST(Sweep, StopsInTheMiddleOfARun) {
    const Folder folder;
    StopFlag stop{0};
    SweepOptions o;
    o.stop = &stop;
    std::thread later([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(300));
        stop = static_cast<int>(ExitCode::resumable);
    });
    const auto start = std::chrono::steady_clock::now();
    const SweepOutcome outcome = run(folder / "out", replaced(sweep_toml, "duration  = 2.0", "duration  = 100000.0"), o);
    later.join();
    EXPECT_EQ(outcome.code, ExitCode::resumable);
    EXPECT_EQ(outcome.missing, 15);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Sweep, TimeLimit) {
    const Folder folder;
    SweepOptions o;
    o.max_wall_seconds = 0.3;
    const SweepOutcome outcome = run(folder / "out", replaced(sweep_toml, "duration  = 2.0", "duration  = 100000.0"), o);
    EXPECT_EQ(outcome.code, ExitCode::resumable);
    EXPECT_LT(outcome.wall_seconds, 30);
}

TEST(Sweep, ShardsMakeOneSweep) {
    const Folder folder;
    run(folder / "whole");
    SweepOptions o;
    o.shards = 2;
    std::int64_t done = 0;
    for (o.shard = 1; o.shard <= 2; ++o.shard) {
        const SweepOutcome part = run(folder / "out", sweep_toml, o);
        EXPECT_EQ(part.code, ExitCode::ok);
        EXPECT_EQ(part.planned, o.shard == 1 ? 8 : 7);
        done += part.done;
    }
    EXPECT_EQ(done, 15);
    EXPECT_EQ(output::find_journals(folder / "out").size(), 2u);
    EXPECT_EQ(bytes(output::dataset_path(folder / "out")), bytes(output::dataset_path(folder / "whole")));
}

TEST(Sweep, FailedRunsAreKeptAndTriedAgain) {
    const Folder folder;
    const std::string text = replaced(replaced(net_toml, "center = 1.0", "center = 8.0"), "bin       = 0.1", "bin       = 1.0") + "[sweep]\ntrials = 2\n\"run.dt\" = [0.01, 1.0]\n";
    const SweepOutcome outcome = run(folder / "out", text);
    EXPECT_EQ(outcome.code, ExitCode::failed_points);
    EXPECT_EQ(outcome.done, 2);
    EXPECT_EQ(outcome.failed, 2);
    const auto states = output::Journal::open(output::journal_path(folder / "out")).states();
    EXPECT_NE(states.at({output::RunKind::point, 1, 0}).message.find("once per step"), std::string::npos);
    SweepOptions o;
    o.resume = true;
    EXPECT_EQ(run(folder / "out", text, o).code, ExitCode::failed_points);
}

TEST(Sweep, FinishedOnesAreLeftAlone) {
    const Folder folder;
    run(folder / "out");
    const auto file = output::dataset_path(folder / "out");
    output::write_groups(file, {{"mine", {{"note", "kept"}}, {}, {}}});
    const std::string before = bytes(file);
    SweepOptions o;
    o.resume = true;
    EXPECT_EQ(run(folder / "out", sweep_toml, o).done, 15);
    EXPECT_EQ(bytes(file), before);
    std::filesystem::remove(file);
    run(folder / "out", sweep_toml, o);
    EXPECT_TRUE(std::filesystem::exists(file));
}

TEST(Sweep, RefusesBeforeTheFolderIsMade) {
    const Folder folder;
    const auto out = folder / "out";
    EXPECT_NE(refusal<CapacityError>(out, replaced(sweep_toml, "size   = 300", "size   = 500000000000")).find("memory"), std::string::npos);
    EXPECT_NE(refusal<CapacityError>(out, replaced(sweep_toml, "trials    = 3", "trials    = 2000000000")).find("list of"), std::string::npos);
    EXPECT_NE(refusal<CapacityError>(out, replaced(sweep_toml, "duration  = 2.0", "duration  = 1e11")).find("run.bin"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(out));
    run(out);
    EXPECT_NE(refusal<ConfigurationError>(out, sweep_toml).find("--resume"), std::string::npos);
    SweepOptions o;
    o.resume = true;
    EXPECT_NE(refusal<ConfigurationError>(out, replaced(sweep_toml, "strength = 5.0", "strength = 6.0"), o).find("5.0 -> 6.0"), std::string::npos);
}

TEST(Sweep, EstimateCountsEqualPointsOnce) {
    const NetworkFile file = network_file(replaced(sweep_toml, "\"fixed_indegree\"", "\"all_to_all\""));
    const SweepEstimate e = estimate_sweep(file, file.sweep(), 2);
    EXPECT_EQ(e.points, 4);
    EXPECT_EQ(e.runs, 3 * 3 + 3);   // two sparse points, one dense one, and the reference
    EXPECT_NEAR(e.synapses, 300 * 30, 300);
    EXPECT_GT(e.memory_bytes, 0);
    EXPECT_GT(e.core_seconds, 0);
    EXPECT_GT(e.disk_bytes, 1000);
}

TEST(Sweep, SpikeFilesWhereTheFileOrTheCallerAsks) {
    const Folder folder;
    run(folder / "none");
    EXPECT_FALSE(std::filesystem::exists(output::spikes_folder(folder / "none")));
    SweepOptions o;
    o.spikes = true;
    run(folder / "caller", sweep_toml, o);
    run(folder / "file", replaced(sweep_toml, "\"v\"]", "\"v\", \"spikes\"]"));
    for (const char* name : {"caller", "file"}) {
        std::size_t files = 0;
        for (const auto& entry : std::filesystem::directory_iterator(output::spikes_folder(folder / name))) files += entry.path().extension() == ".h5";
        EXPECT_EQ(files, 12u) << name;   // points, not references
    }
}

}  // namespace
}  // namespace spikemass::test
