#include "host/output/live_file.hpp"

#include <fstream>

#include "host/output/dataset.hpp"
#include "tests/host/output/fixtures.hpp"
#include "tests/host/output/live_reading.hpp"

namespace spikemass::output::test {
namespace {

const std::vector<std::string> series = {"rate", "v", "reference/rate", "reference/v"};

/// All runs of a sweep, chunk by chunk, runs mixed.
void write_all(LiveFile& file, const SweepHeader& h, std::size_t bins_of_a_chunk) {
    for (std::size_t first = 0; first < static_cast<std::size_t>(h.n_bins()); first += bins_of_a_chunk)
        for (const TrialId& id : planned_trials(h)) {
            const TrialRecord record = make_record(h, id);
            if (record.status != TrialStatus::ok) continue;
            const auto cut = [&](const std::vector<double>& x) {
                if (x.empty()) return x;
                return std::vector<double>(x.begin() + static_cast<std::ptrdiff_t>(first), x.begin() + static_cast<std::ptrdiff_t>(std::min(x.size(), first + bins_of_a_chunk)));
            };
            std::vector<std::vector<double>> rate, v;
            for (const auto& p : record.result.populations) rate.push_back(cut(p.rate)), v.push_back(cut(p.v));
            file.write(id, static_cast<std::int64_t>(first), rate, v);
        }
}

TEST(LiveFile, IsTheDatasetWhenAllHasCome) {
    for (const char* unit : {"tau", "ms"}) {
        const TemporaryFolder folder;
        SweepHeader h = make_header();
        h.time_unit = unit;
        if (h.time_unit == "ms") h.tau_ms = {10.0, 20.0};
        LiveFile file(folder / "live.h5", h);
        EXPECT_EQ(finite(values(folder / "live.h5", "", "rate")), 0u);
        EXPECT_EQ(values(folder / "live.h5", "", "rate").size(), 3u * 2 * 37 * 2);
        write_all(file, h, 5);
        file.sync();
        write_dataset(folder / "dataset.nc", h, [&](const TrialId& id) { return std::optional(make_record(h, id)); }, true);
        expect_live_is_dataset(folder / "live.h5", folder / "dataset.nc", series);
        EXPECT_LE(fs::file_size(folder / "live.h5"), LiveFile::size_bound(h));
        EXPECT_TRUE(leftovers(folder.path()).empty());
    }
}

TEST(LiveFile, HasWhatHasComeAndNothingElse) {
    const TemporaryFolder folder;
    const SweepHeader h = make_header();
    LiveFile file(folder / "live.h5", h);
    const std::vector<std::vector<double>> rate = {{1, 2, 3}, {4, 5, 6}};
    file.write({RunKind::point, 0, 1}, 30, rate, {});
    auto now = values(folder / "live.h5", "", "rate");   // [point][trial][time][population]
    EXPECT_EQ(finite(now), 12u);                         // points 0 and 2 are equal
    for (const std::size_t point : {0, 2})
        for (std::size_t b = 0; b < 3; ++b)
            for (std::size_t p = 0; p < 2; ++p) EXPECT_EQ(now[((point * 2 + 1) * 37 + 30 + b) * 2 + p], static_cast<float>(rate[p][b]));
    EXPECT_EQ(finite(values(folder / "live.h5", "", "v")), 0u);
    file.write({RunKind::reference, 1, 0}, 0, rate, {});
    EXPECT_EQ(finite(values(folder / "live.h5", "reference", "rate")), 6u);
    file.clear({RunKind::point, 0, 1});
    EXPECT_EQ(finite(values(folder / "live.h5", "", "rate")), 0u);
    EXPECT_EQ(finite(values(folder / "live.h5", "reference", "rate")), 6u);
}

TEST(LiveFile, ADamagedOneIsReplacedUnread) {
    const TemporaryFolder folder;
    const SweepHeader h = make_header();
    std::ofstream(folder / "live.h5") << "this is no HDF5 file";
    LiveFile file(folder / "live.h5", h);
    EXPECT_EQ(finite(values(folder / "live.h5", "", "rate")), 0u);
    fs::remove(folder / "live.h5");   // somebody tidies up: nobody is disturbed
    EXPECT_NO_THROW(write_all(file, h, 37));
    EXPECT_NO_THROW(file.sync());
    error_of(ExitCode::io, [&] { LiveFile(folder / "missing" / "live.h5", h); });
}

TEST(LiveFile, OnlyWhatIsRecorded) {
    const TemporaryFolder folder;
    SweepHeader h = make_header();
    h.record.v = false;
    h.reference_index.clear();
    h.axes.clear();
    h.axis_units.clear();
    for (auto& p : h.points) p.clear();
    const LiveFile file(folder / "live.h5", h);
    const auto lock = hdf5_lock();
    const auto read = nc::File::open(folder / "live.h5");
    EXPECT_TRUE(nc::find_variable(read.id(), "rate"));
    EXPECT_FALSE(nc::find_variable(read.id(), "v"));
    EXPECT_FALSE(nc::find_group(read.id(), "reference"));
}

}  // namespace
}  // namespace spikemass::output::test
