// A full disk, for real: a small tmpfs.  Needs root (or a user namespace); skipped visibly elsewhere.

#include <cstring>
#include <fstream>

#include <sys/mount.h>

#include "host/output/dataset.hpp"
#include "host/output/files.hpp"
#include "host/output/journal.hpp"
#include "host/output/sonata.hpp"
#include "host/output/sweep_folder.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

class FullDisk : public ::testing::Test {
protected:
    void SetUp() override {
        if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=4m") != 0) GTEST_SKIP() << "mounting a small tmpfs needs root: " << std::strerror(errno);
        mounted = true;
        h.duration = 500.0;
        h.stimulus.clear();
    }
    void TearDown() override {
        if (mounted) ::umount(folder.path().c_str());
    }
    /// Leaves `free_bytes` free.
    void fill(std::uint64_t free_bytes) {
        fs::remove(folder / "ballast");
        const auto space = fs::space(folder.path());
        std::ofstream(folder / "ballast") << std::string(space.available > free_bytes ? space.available - free_bytes : 0, 'x');
    }

    TemporaryFolder folder;
    bool mounted = false;
    SweepHeader h = make_header();
};

TEST_F(FullDisk, JournalKeepsWhatWasCommitted) {
    std::size_t stored = 0;
    fill(1'000'000);
    {
        auto journal = Journal::create(journal_path(folder.path()), h);
        const auto ids = planned_trials(h);
        const auto message = error_of(ExitCode::io, [&] {
            for (const auto& id : ids) journal.record(make_record(h, id)), ++stored;
        });
        EXPECT_TRUE(contains(message, "full") && contains(message, "--resume")) << message;
        EXPECT_GT(stored, 0u);
        EXPECT_LT(stored, ids.size());
        EXPECT_EQ(journal.states().size(), stored);
    }
    auto journal = Journal::open(journal_path(folder.path()));
    for (std::size_t i = 0; i < stored; ++i) expect_equal(*journal.load(planned_trials(h)[i]), make_record(h, planned_trials(h)[i]));
}

TEST_F(FullDisk, DatasetLeavesNothingHalfWritten) {
    const auto source = [&](const TrialId& id) { return make_record(h, id); };
    for (const std::uint64_t room : {0u, 4096u, 60'000u, 300'000u, 1'000'000u}) {
        fill(room);
        const auto message = error_of(ExitCode::io, [&] { write_dataset(folder / "dataset.nc", h, source); });
        EXPECT_TRUE(contains(message, "No space left") && contains(message, "free some space")) << "room " << room << ": " << message;
        EXPECT_FALSE(fs::exists(folder / "dataset.nc"));
        EXPECT_TRUE(leftovers(folder.path()).empty());
    }
    fs::remove(folder / "ballast");
    h.duration = 3.7;
    EXPECT_NO_THROW(write_dataset(folder / "dataset.nc", h, source));   // the library is still of use afterwards
    EXPECT_NO_THROW(validate_dataset(folder / "dataset.nc"));

    // An old dataset stays when its successor does not fit.
    const auto before = sha256_of_file(folder / "dataset.nc");
    fill(20'000);
    LevelSeries mass;
    mass.level = "mass";
    mass.rate.assign(3 * 37 * 2, 0.5);
    error_of(ExitCode::io, [&] { write_groups(folder / "dataset.nc", {level_group(mass, "tau")}); });
    EXPECT_EQ(sha256_of_file(folder / "dataset.nc"), before);
    EXPECT_NO_THROW(validate_dataset(folder / "dataset.nc"));
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST_F(FullDisk, SpikeFileLeavesNothingHalfWritten) {
    const auto message = error_of(ExitCode::io, [&] {
        SpikeWriter writer(folder / "spikes.h5", {"E"}, "tau", 0.01);
        std::mt19937_64 random(1);
        for (std::int64_t step = 0; step < 10'000; ++step) {
            std::vector<std::uint32_t> ids(100);
            for (auto& id : ids) id = static_cast<std::uint32_t>(random());
            writer.append(0, step, std::span<const std::uint32_t>(ids));
        }
        writer.close();
    });
    EXPECT_TRUE(contains(message, "No space left")) << message;
    EXPECT_FALSE(fs::exists(folder / "spikes.h5"));
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST_F(FullDisk, EstimateRefusesBeforeAnythingIsWritten) {
    h.duration = 1e5;
    EXPECT_THROW(check_disk_space(folder.path(), estimate_output_bytes(h)), CapacityError);
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST_F(FullDisk, ProbeFileFindsIt) {
    fill(0);
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { check_writable(folder.path()); }), "No space left"));
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

}  // namespace
}  // namespace spikemass::output::test
