#include "host/output/sweep_folder.hpp"

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

TEST(SweepFolder, HoldsTheConfigurationAndFindsItsJournals) {
    const TemporaryFolder folder;
    const auto h = make_header();
    const auto sweep = folder / "sweep";
    prepare_folder(sweep, h);
    EXPECT_EQ(read_file(sweep / "network.toml"), h.network_toml);
    EXPECT_EQ(nlohmann::ordered_json::parse(read_file(sweep / "resolved.json")), h.resolved);
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { sweep_status(sweep); }), "no journal"));
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { resolve_dataset(sweep); }), "not the folder of a sweep"));
    error_of(ExitCode::io, [&] { resolve_dataset(folder / "none"); });
    { auto journal = Journal::create(journal_path(sweep), h); }
    EXPECT_EQ(find_journals(sweep), std::vector{journal_path(sweep)});   // the lock file is no journal
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { resolve_dataset(sweep); }), "status --write"));
    write_sweep_dataset(sweep);
    EXPECT_EQ(resolve_dataset(sweep), dataset_path(sweep));
    EXPECT_EQ(resolve_dataset(dataset_path(sweep)), dataset_path(sweep));
}

TEST(SweepFolder, StatusCountsWhileASweepIsWriting) {
    const TemporaryFolder folder;
    const auto h = make_header();
    auto journal = std::make_optional(Journal::create(journal_path(folder.path()), h));
    journal->record(make_record(h, {RunKind::point, 0, 0}));
    journal->record(make_record(h, {RunKind::reference, 1, 1}));
    journal->record({{RunKind::point, 1, 1}, TrialStatus::failed, "it diverged", {}, {}});
    auto status = sweep_status(folder.path());
    EXPECT_EQ(status.planned, 8);
    EXPECT_EQ(status.done, 2);
    EXPECT_EQ(status.failed, 1);
    EXPECT_EQ(status.missing, 5);
    ASSERT_EQ(status.failures.size(), 1u);
    EXPECT_EQ(status.failures[0].message, "it diverged");
    ASSERT_EQ(status.journals.size(), 1u);
    EXPECT_TRUE(status.journals[0].being_written);
    EXPECT_EQ(status.journals[0].writer.pid, ::getpid());
    EXPECT_NEAR(status.wall_seconds, make_record(h, {RunKind::point, 0, 0}).result.wall_seconds + make_record(h, {RunKind::reference, 1, 1}).result.wall_seconds, 1e-5);
    write_sweep_dataset(folder.path());   // status --write
    journal.reset();
    status = sweep_status(folder.path());
    EXPECT_FALSE(status.journals[0].being_written);
    EXPECT_EQ(status.dataset, "present");
    const auto d = read_dataset(dataset_path(folder.path()));
    EXPECT_EQ(d.runs.status[0], TrialStatus::ok);
    EXPECT_EQ(d.runs.status[4], TrialStatus::ok);   // point 2 equals point 0
    EXPECT_EQ(d.runs.message[3], "it diverged");
    EXPECT_EQ(to_json(status)["failures"][0]["trial"], 1);
}

TEST(SweepFolder, ShardsBecomeOneDatasetEqualToThatOfOneWriter) {
    const TemporaryFolder sharded, whole;
    const auto h = make_header();
    const auto ids = planned_trials(h);
    for (int shard = 1; shard <= 3; ++shard) {
        auto journal = Journal::create(journal_path(sharded.path(), shard, 3), h);
        for (std::size_t i = 0; i < ids.size(); ++i)
            if (i % 3 == static_cast<std::size_t>(shard - 1)) journal.record(make_record(h, ids[i]));
        if (shard == 2) journal.record({ids[0], TrialStatus::failed, "a failure that another shard made good", {}, {}});
    }
    {
        auto journal = Journal::create(journal_path(whole.path()), h);
        for (const auto& id : ids) journal.record(make_record(h, id));
    }
    EXPECT_EQ(sweep_status(sharded.path()).done, 8);
    write_sweep_dataset(sharded.path());
    write_sweep_dataset(whole.path());
    EXPECT_EQ(sha256_of_file(dataset_path(sharded.path())), sha256_of_file(dataset_path(whole.path())));

    const TemporaryFolder target;
    merge_sweeps(target / "merged", {sharded.path()});
    EXPECT_EQ(sha256_of_file(dataset_path(target / "merged")), sha256_of_file(dataset_path(whole.path())));
    EXPECT_TRUE(Journal::open(journal_path(target / "merged")).remaining().empty());
    merge_sweeps(sharded.path(), {sharded.path()});   // in place
    EXPECT_TRUE(Journal::open(journal_path(sharded.path())).remaining().empty());
}

TEST(SweepFolder, JournalsOfDifferentSweepsAreNotMixed) {
    const TemporaryFolder folder, other;
    auto h = make_header();
    { auto journal = Journal::create(journal_path(folder.path(), 1, 2), h); }
    h.resolved["run"]["seed"] = 2;
    h.sha256 = sha256_hex(h.resolved.dump());
    { auto journal = Journal::create(journal_path(folder.path(), 2, 2), h); }
    { auto journal = Journal::create(journal_path(other.path()), h); }
    EXPECT_TRUE(contains(error_of(ExitCode::configuration, [&] { sweep_status(folder.path()); }), "run.seed: 1 -> 2"));
    EXPECT_TRUE(contains(error_of(ExitCode::configuration, [&] { merge_sweeps(other.path(), {folder.path()}); }), "run.seed"));
}

TEST(SweepFolder, EstimateIsAnUpperBoundOfTheRightSize) {
    const TemporaryFolder folder;
    auto h = make_header();
    h.duration = 500.0;   // random numbers: nothing to compress
    h.stimulus.clear();
    {
        auto journal = Journal::create(journal_path(folder.path()), h);
        for (const auto& id : planned_trials(h)) journal.record(make_record(h, id));
    }
    write_sweep_dataset(folder.path());
    const auto used = fs::file_size(journal_path(folder.path())) + 2 * fs::file_size(dataset_path(folder.path()));
    EXPECT_LE(used, estimate_output_bytes(h));
    EXPECT_GE(2 * used, estimate_output_bytes(h));
}

}  // namespace
}  // namespace spikemass::output::test
