#include "host/output/sonata.hpp"

#include <thread>

#include "host/output/files.hpp"
#include "tests/host/output/fixtures.hpp"

namespace spikemass::output::test {
namespace {

bool have_h5py() { return command_works("/usr/bin/python3 -c 'import h5py, numpy'"); }

std::string check(const fs::path& file, const std::string& script, int* status) {
    const auto path = file.string() + ".py";
    write_file(path, "import h5py, numpy as np, sys\nf = h5py.File(sys.argv[1])\n" + script);
    return output_of("/usr/bin/python3 " + path + " " + file.string(), status);
}

TEST(Sonata, H5pyReadsWhatWasWritten) {
    if (!have_h5py()) GTEST_SKIP() << "/usr/bin/python3 has no h5py";
    const TemporaryFolder folder;
    const auto file = folder / "spikes.h5";
    {
        SpikeWriter writer(file, {"E", "I", "silent"}, "ms", 0.1);
        for (std::int64_t step = 0; step < 3000; ++step) {   // more than one chunk of 65536
            std::vector<std::uint32_t> ids;
            for (std::uint32_t k = 0; k < 50; ++k) ids.push_back(static_cast<std::uint32_t>(step) * 50 + k);
            writer.append(0, step, std::span<const std::uint32_t>(ids));
        }
        const std::vector<std::int64_t> steps = {1, 5, 5}, ids = {7, 2, std::int64_t{1} << 40};
        writer.append(1, steps, ids);
        EXPECT_FALSE(fs::exists(file));
        writer.close();
    }
    int status = -1;
    const auto report = check(file, R"(
assert int(f.attrs["magic"]) == 0x0A7A and list(f.attrs["version"]) == [0, 1]
assert set(f["spikes"]) == {"E", "I", "silent"}
E, I = f["spikes/E"], f["spikes/I"]
assert (E["node_ids"][:] == np.arange(150000)).all() and E["node_ids"].dtype == np.uint64
assert (E["timestamps"][:] == np.repeat(np.arange(3000), 50) * 0.1).all() and E["timestamps"].dtype == np.float64
units = E["timestamps"].attrs["units"]
assert (units.decode() if isinstance(units, bytes) else units) == "ms"
assert list(I["node_ids"][:]) == [7, 2, 1 << 40] and list(I["timestamps"][:]) == [0.1, 0.5, 0.5]
assert f["spikes/silent/node_ids"].shape == (0,)
sorting = h5py.check_enum_dtype(E.attrs.get_id("sorting").dtype)
assert sorting == {"none": 0, "by_id": 1, "by_time": 2} and E.attrs["sorting"] == 2
assert E["node_ids"].chunks == (65536,) and E["node_ids"].compression == "gzip" and E["node_ids"].fletcher32
)", &status);
    EXPECT_EQ(status, 0) << report;
    EXPECT_TRUE(leftovers(folder.path()).empty());
}

TEST(Sonata, TauAndUnsortedSpikesSaySo) {
    if (!have_h5py()) GTEST_SKIP() << "/usr/bin/python3 has no h5py";
    const TemporaryFolder folder;
    SpikeWriter writer(folder / "spikes.h5", {"E"}, "tau", 2e-3);
    const std::vector<std::int64_t> id = {3};
    writer.append(0, 10, std::span<const std::int64_t>(id));
    writer.append(0, 4, std::span<const std::int64_t>(id));
    writer.close();
    int status = -1;
    const auto report = check(folder / "spikes.h5", "E = f['spikes/E']\nunits = E['timestamps'].attrs['units']\n"
                              "assert (units.decode() if isinstance(units, bytes) else units) == 'tau' and E.attrs['sorting'] == 0\n"
                              "assert list(E['timestamps'][:]) == [10 * 2e-3, 4 * 2e-3]\n", &status);
    EXPECT_EQ(status, 0) << report;
}

TEST(Sonata, AWriterThatIsNotClosedLeavesNothing) {
    const TemporaryFolder folder;
    {
        SpikeWriter writer(folder / "spikes.h5", {"E"}, "tau", 2e-3);
        const std::vector<std::int64_t> id = {3};
        writer.append(0, 10, std::span<const std::int64_t>(id));
        auto moved = std::move(writer);
    }
    EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Sonata, ManyThreadsWriteTheirOwnFiles) {
    const TemporaryFolder folder;
    std::vector<std::thread> threads;
    for (int k = 0; k < 4; ++k)
        threads.emplace_back([&, k] {
            SpikeWriter writer(folder / ("spikes" + std::to_string(k) + ".h5"), {"E"}, "tau", 1.0);
            const std::vector<std::uint32_t> ids(1000, static_cast<std::uint32_t>(k));
            for (std::int64_t step = 0; step < 200; ++step) writer.append(0, step, std::span<const std::uint32_t>(ids));
            writer.close();
        });
    for (auto& thread : threads) thread.join();
    if (!have_h5py()) GTEST_SKIP() << "/usr/bin/python3 has no h5py to look inside";
    for (int k = 0; k < 4; ++k) {
        int status = -1;
        const auto report = check(folder / ("spikes" + std::to_string(k) + ".h5"),
                                  "ids = f['spikes/E/node_ids'][:]\nassert ids.size == 200000 and (ids == " + std::to_string(k) + ").all()\n", &status);
        EXPECT_EQ(status, 0) << report;
    }
}

TEST(Sonata, WhatWasWrittenIsReadBack) {
    const TemporaryFolder folder;
    const auto file = folder / "spikes.h5";
    {
        SpikeWriter writer(file, {"I", "E", "silent"}, "ms", 0.1);
        for (std::int64_t step = 3; step < 70003; ++step) {   // more than one chunk
            const std::uint32_t id = static_cast<std::uint32_t>(step % 977);
            writer.append(0, step, std::span<const std::uint32_t>(&id, 1));
        }
        const std::vector<std::int64_t> steps = {9, 5}, ids = {7, 2};
        writer.append(1, steps, ids);
        writer.close();
    }
    const SpikeFileContent content = read_spike_file(file);
    ASSERT_EQ(content.populations.size(), 3u);
    EXPECT_EQ(content.time_unit, "ms");
    const auto &e = content.populations[0], &i = content.populations[1];
    EXPECT_EQ(e.name, "E");
    EXPECT_EQ(e.spikes, 2u);
    EXPECT_EQ(e.largest_id, 7u);
    EXPECT_EQ(e.first, 0.5);
    EXPECT_EQ(i.spikes, 70000u);
    EXPECT_EQ(i.largest_id, 976u);
    EXPECT_DOUBLE_EQ(i.last, 7000.2);
    EXPECT_EQ(content.populations[2].spikes, 0u);
}

TEST(Sonata, DamagedFilesAreNotRead) {
    const TemporaryFolder folder;
    const auto file = folder / "spikes.h5";
    {
        SpikeWriter writer(file, {"E"}, "tau", 0.1);
        for (std::int64_t step = 0; step < 70000; ++step) {
            const auto id = static_cast<std::uint32_t>(mix64(static_cast<std::uint64_t>(step)));   // hard to compress
            writer.append(0, step, std::span<const std::uint32_t>(&id, 1));
        }
        writer.close();
    }
    const std::string whole = read_file(file);
    const auto refusal = [&](const std::string& bytes) {
        write_file(file, bytes);
        return error_of(ExitCode::io, [&] { read_spike_file(file); });
    };
    EXPECT_TRUE(contains(refusal("no HDF5"), "cannot be opened"));
    EXPECT_TRUE(contains(refusal(whole.substr(0, whole.size() / 2)), "cannot be opened"));
    std::string flipped = whole;
    flipped[whole.size() / 2] ^= 0x10;   // within a chunk: its checksum tells
    EXPECT_TRUE(contains(refusal(flipped), "cannot be read to its end"));
    write_file(file, whole);
    EXPECT_EQ(read_spike_file(file).populations.at(0).spikes, 70000u);
}

TEST(Sonata, UnwritableFolderIsAClearError) {
    const TemporaryFolder folder;
    write_file(folder / "file", "x");
    EXPECT_TRUE(contains(error_of(ExitCode::io, [&] { SpikeWriter(folder / "file/spikes.h5", {"E"}, "tau", 1.0); }), "Choose another path"));
}

}  // namespace
}  // namespace spikemass::output::test
